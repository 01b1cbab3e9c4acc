#include "rules/yaml/edit.h"

#include <algorithm>
#include <cctype>

namespace vedette::yaml {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t'; }

std::size_t past_blanks(std::string_view text, std::size_t at) {
  while (at < text.size() && is_blank(text[at])) ++at;
  return at;
}

std::size_t past_white(std::string_view text, std::size_t at) {
  while (at < text.size() && (is_blank(text[at]) || text[at] == '\r' || text[at] == '\n')) ++at;
  return at;
}

std::string single_quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? "''" : std::string(1, c);
  return out + "'";
}

// True when the text, written without quotes in any context, reads as itself.
bool plain_safe(std::string_view text) {
  constexpr std::string_view kWords[] = {"null", "Null", "NULL", "~", "true", "false"};
  if (text.empty() || std::find(std::begin(kWords), std::end(kWords), text) != std::end(kWords)) return false;
  const bool first = std::isalnum(static_cast<unsigned char>(text.front())) != 0 ||
                     std::string_view("_./\\^($").find(text.front()) != std::string_view::npos;
  return first && !is_blank(text.back()) && text.back() != ':' && text.find_first_of(",[]{}\n\r\t") == std::string_view::npos &&
         text.find(": ") == std::string_view::npos && text.find(" #") == std::string_view::npos;
}

// The scalar's text between its quotes, as the source has it.
std::optional<Span> inner_of(const File& file, const Node& scalar) {
  const auto span = span_of(file, scalar);
  if (!span) return std::nullopt;
  const std::size_t quote = scalar.quoted ? 1 : 0;
  const Span inner{span->begin + quote, span->end - quote};
  if (std::string_view(file.text).substr(inner.begin, inner.end - inner.begin) != scalar.text) return std::nullopt;
  return inner;
}

bool in_flow(const File& file, const Node& sequence) {
  const std::size_t at = byte_offset(file, sequence.where);
  return at < file.text.size() && file.text[at] == '[';
}

}  // namespace

std::optional<Span> span_of(const File& file, const Node& scalar) {
  const std::string_view text = file.text;
  const std::size_t at = byte_offset(file, scalar.where);
  if (!scalar.is_scalar() || at >= text.size()) return std::nullopt;
  if (!scalar.quoted) {
    if (scalar.text.empty() || !text.substr(at).starts_with(scalar.text)) return std::nullopt;
    return Span{at, at + scalar.text.size()};
  }
  const char quote = text[at];
  if (quote != '\'' && quote != '"') return std::nullopt;
  const std::string written = quote == '\'' ? single_quoted(scalar.text) : '"' + scalar.text + '"';
  if (quote == '"' && scalar.text.find_first_of("\\\"\n") != std::string::npos) return std::nullopt;
  if (!text.substr(at).starts_with(written)) return std::nullopt;
  return Span{at, at + written.size()};
}

std::optional<Edit> replace_scalar(const File& file, const Node& scalar, std::string_view text) {
  const auto span = span_of(file, scalar);
  if (!span || text.find_first_of("\n\r") != std::string_view::npos) return std::nullopt;
  const bool twice = scalar.quoted && file.text[span->begin] == '"';
  if (twice && text.find_first_of("\\\"") != std::string_view::npos) return std::nullopt;
  if (twice) return Edit{span->begin, span->end, '"' + std::string(text) + '"'};
  return Edit{span->begin, span->end, scalar.quoted || !plain_safe(text) ? single_quoted(text) : std::string(text)};
}

std::optional<Edit> replace_part(const File& file, const Node& scalar, std::size_t offset, std::size_t length,
                                 std::string_view text) {
  const auto inner = inner_of(file, scalar);
  if (!inner || offset + length > scalar.text.size()) return std::nullopt;
  return Edit{inner->begin + offset, inner->begin + offset + length, std::string(text)};
}

std::optional<Edit> replace_at(const File& file, const Location& where, std::string_view expected, std::string_view text) {
  const std::size_t at = byte_offset(file, where);
  if (!std::string_view(file.text).substr(std::min(at, file.text.size())).starts_with(expected)) return std::nullopt;
  return Edit{at, at + expected.size(), std::string(text)};
}

std::optional<Edit> remove_member(const File& file, const Node& sequence, std::size_t index) {
  const std::string_view text = file.text;
  if (index == 0 || index >= sequence.items.size()) return std::nullopt;
  const auto before = span_of(file, sequence.items[index - 1]);
  const auto member = span_of(file, sequence.items[index]);
  if (!before || !member) return std::nullopt;
  if (in_flow(file, sequence)) {
    const std::size_t comma = past_white(text, before->end);
    if (text.substr(comma, 1) != "," || past_white(text, comma + 1) != member->begin) return std::nullopt;
    return Edit{before->end, member->end, ""};
  }
  const std::size_t newline = text.rfind('\n', member->begin);
  const std::size_t line = newline == std::string_view::npos ? 0 : newline + 1;
  const std::size_t dash = past_blanks(text, line);
  if (text.substr(dash, 1) != "-" || past_blanks(text, dash + 1) != member->begin) return std::nullopt;
  std::size_t end = past_blanks(text, member->end);
  if (text.substr(end, 1) == "\r") ++end;
  if (end == text.size()) return Edit{before->end, member->end, ""};
  if (text[end] != '\n') return std::nullopt;
  return Edit{line, end + 1, ""};
}

std::optional<Edit> unwrap_single(const File& file, const Node& key, const Node& sequence) {
  const std::string_view text = file.text;
  if (sequence.items.size() != 1) return std::nullopt;
  const auto name = span_of(file, key);
  const auto member = span_of(file, sequence.items.front());
  if (!name || !member) return std::nullopt;
  const std::string value{text.substr(member->begin, member->end - member->begin)};
  if (in_flow(file, sequence)) {
    const std::size_t open = byte_offset(file, sequence.where);
    const std::size_t close = past_white(text, member->end);
    if (past_white(text, open + 1) != member->begin || text.substr(close, 1) != "]") return std::nullopt;
    return Edit{open, close + 1, value};
  }
  std::size_t at = past_blanks(text, name->end);
  if (text.substr(at, 1) != ":") return std::nullopt;
  const std::size_t colon = at;
  at = past_white(text, at + 1);
  if (text.substr(at, 1) != "-" || past_blanks(text, at + 1) != member->begin) return std::nullopt;
  return Edit{colon, member->end, ": " + value};
}

}  // namespace vedette::yaml
