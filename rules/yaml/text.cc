#include <algorithm>

#include "engine/base/utf8.h"
#include "rules/yaml/node.h"

namespace vedette::yaml {
namespace {

// Byte offset of the node's first character in the file's text.
std::size_t offset_of(std::string_view text, const Location& where) {
  std::size_t at = 0;
  for (int line = 1; line < where.line; ++line) {
    const std::size_t newline = text.find('\n', at);
    if (newline == std::string_view::npos) return text.size();
    at = newline + 1;
  }
  for (int column = 1; column < where.column && at < text.size(); ++column) at += decode_utf8(text, at).length;
  return at;
}

// Bytes of the source that stand for the one decoded character at `at`.
std::size_t quoted_unit(std::string_view text, std::size_t at, char quote) {
  if (quote == '\'' && text[at] == '\'') return 2;
  if (quote == '"' && text[at] == '\\' && at + 1 < text.size()) {
    switch (text[at + 1]) {
      case 'x':
        return 4;
      case 'u':
        return 6;
      case 'U':
        return 10;
      default:
        return 2;
    }
  }
  return decode_utf8(text, at).length;
}

bool is_break_or_blank(char c) { return c == '\n' || c == '\r' || c == ' ' || c == '\t'; }

}  // namespace

const Node* Node::find(std::string_view key) const {
  for (const auto& [name, value] : entries) {
    if (name.text == key) return &value;
  }
  return nullptr;
}

std::string_view line_of(const File& file, int line) {
  std::string_view text = file.text;
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  for (int i = 1; i < line; ++i) {
    const std::size_t newline = text.find('\n');
    if (newline == std::string_view::npos) return {};
    text.remove_prefix(newline + 1);
  }
  text = text.substr(0, text.find('\n'));
  if (text.ends_with('\r')) text.remove_suffix(1);
  return text;
}

std::size_t byte_offset(const File& file, const Location& where) {
  std::string_view text = file.text;
  const std::size_t mark = text.starts_with("\xEF\xBB\xBF") ? 3 : 0;
  return mark + offset_of(text.substr(mark), where);
}

ScalarPlaces::ScalarPlaces(const File& file, const Node& node) : text_(file.text), node_(node) {
  if (text_.starts_with("\xEF\xBB\xBF")) text_.remove_prefix(3);
  start_ = offset_of(text_, node.where);
  rewind();
}

void ScalarPlaces::rewind() {
  decoded_ = 0;
  quote_ = 0;
  source_ = counted_ = start_;
  where_ = node_.where;
  if (source_ < text_.size() && (text_[source_] == '\'' || text_[source_] == '"')) quote_ = text_[source_++];
  if (source_ < text_.size() && quote_ == 0 && node_.quoted)
    source_ = std::min(text_.find('\n', source_), text_.size());  // block
}

// Walks source and decoded text side by side, up to the decoded byte `offset`.
void ScalarPlaces::walk(std::size_t offset) {
  while (decoded_ < offset && source_ < text_.size()) {
    const char want = node_.text[decoded_];
    if (is_break_or_blank(want)) {
      ++decoded_;
      if (text_[source_] == want && want != '\n') {
        ++source_;
        continue;
      }
      const std::size_t begin = source_;
      while (source_ < text_.size() && is_break_or_blank(text_[source_])) ++source_;
      if (source_ == begin) source_ += std::min(quoted_unit(text_, source_, quote_), text_.size() - source_);  // as \n
      while (decoded_ < offset && is_break_or_blank(node_.text[decoded_])) ++decoded_;
      continue;
    }
    if (is_break_or_blank(text_[source_])) {
      ++source_;  // indentation of a block scalar, or what is left of folded blanks
      continue;
    }
    source_ += std::min(quoted_unit(text_, source_, quote_), text_.size() - source_);
    decoded_ += decode_utf8(node_.text, decoded_).length;
  }
  if (offset < node_.text.size() && !is_break_or_blank(node_.text[offset]))
    while (source_ < text_.size() && is_break_or_blank(text_[source_])) ++source_;
}

// Line and column of the source offset reached.
void ScalarPlaces::count() {
  std::size_t from = counted_;
  for (std::size_t i = counted_; i < source_; ++i) {
    if (text_[i] != '\n') continue;
    ++where_.line;
    where_.column = 1;
    from = i + 1;
  }
  where_.column += static_cast<int>(count_code_points(text_.substr(from, source_ - from)));
  counted_ = source_;
}

Location ScalarPlaces::at(std::size_t offset, std::size_t length) {
  offset = std::min(offset, node_.text.size());
  length = std::min(length, node_.text.size() - offset);
  const bool between_words = decoded_ < node_.text.size() && is_break_or_blank(node_.text[decoded_]);
  if (offset < decoded_ || between_words) rewind();
  walk(offset);
  count();
  Location where = where_;
  where.length =
      static_cast<int>(std::max<std::size_t>(1, count_code_points(std::string_view(node_.text).substr(offset, length))));
  return where;
}

Location place_in(const File& file, const Node& node, std::size_t offset, std::size_t length) {
  return ScalarPlaces(file, node).at(offset, length);
}

}  // namespace vedette::yaml
