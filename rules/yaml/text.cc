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

// Walks source and decoded text side by side; returns the source offset of the decoded byte `offset`.
std::size_t align(std::string_view text, std::size_t at, const Node& node, std::size_t offset) {
  char quote = 0;
  if (at < text.size() && (text[at] == '\'' || text[at] == '"')) quote = text[at++];
  if (at < text.size() && quote == 0 && node.quoted) at = std::min(text.find('\n', at), text.size());  // block scalar
  for (std::size_t i = 0; i < offset && at < text.size();) {
    const char want = node.text[i];
    if (is_break_or_blank(want)) {
      ++i;
      if (text[at] == want && want != '\n') {
        ++at;
        continue;
      }
      const std::size_t begin = at;
      while (at < text.size() && is_break_or_blank(text[at])) ++at;
      if (at == begin) at += std::min(quoted_unit(text, at, quote), text.size() - at);  // an escape such as \n
      while (i < offset && is_break_or_blank(node.text[i])) ++i;
      continue;
    }
    if (text[at] == '\n' || text[at] == '\r' || ((text[at] == ' ' || text[at] == '\t') && quote != '"')) {
      ++at;  // indentation of a block scalar
      continue;
    }
    at += std::min(quoted_unit(text, at, quote), text.size() - at);
    i += decode_utf8(node.text, i).length;
  }
  while (at < text.size() && offset < node.text.size() && !is_break_or_blank(node.text[offset]) && is_break_or_blank(text[at]))
    ++at;
  return at;
}

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

Location place_in(const File& file, const Node& node, std::size_t offset, std::size_t length) {
  std::string_view text = file.text;
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  offset = std::min(offset, node.text.size());
  length = std::min(length, node.text.size() - offset);
  const std::size_t start = offset_of(text, node.where);
  const std::size_t at = align(text, start, node, offset);
  Location where = node.where;
  std::size_t line_start = start;
  while (line_start > 0 && text[line_start - 1] != '\n') --line_start;
  for (std::size_t i = start; i < at; ++i) {
    if (text[i] != '\n') continue;
    ++where.line;
    line_start = i + 1;
  }
  where.column = static_cast<int>(count_code_points(text.substr(line_start, at - line_start))) + 1;
  where.length =
      static_cast<int>(std::max<std::size_t>(1, count_code_points(std::string_view(node.text).substr(offset, length))));
  return where;
}

}  // namespace vedette::yaml
