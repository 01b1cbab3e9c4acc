#include "rules/reference/json_text.h"

#include <cstddef>

namespace vedette::rules::reference {
namespace {

constexpr std::size_t kLineWidth = 110;

// Without the blanks between tokens, but one behind each comma and colon.
std::string one_line(std::string_view json) {
  std::string out;
  bool quoted = false;
  for (std::size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (quoted) {
      out += c;
      if (c == '\\') out += json[++i];
      if (c == '"') quoted = false;
    } else if (c != ' ' && c != '\n' && c != '\t' && c != '\r') {
      out += c;
      quoted = c == '"';
      if (c == ',' || c == ':') out += ' ';
    }
  }
  return out;
}

// Offset behind the value that starts at `at`.
std::size_t end_of(std::string_view json, std::size_t at) {
  int depth = 0;
  bool quoted = false;
  for (std::size_t i = at; i < json.size(); ++i) {
    const char c = json[i];
    if (quoted) {
      if (c == '\\') ++i;
      if (c == '"') quoted = false;
      continue;
    }
    if (c == '"') quoted = true;
    if (c == '{' || c == '[') ++depth;
    if (c == '}' || c == ']') --depth;
    if (depth < 0 || (depth == 0 && c == ',')) return i;
  }
  return json.size();
}

// `value`: one value of one_line's form, with or without a key before it.
void lay_out(std::string_view value, std::size_t indent, std::string& out) {
  std::size_t open = 0;
  if (value.starts_with('"')) {
    while (++open < value.size() && value[open] != '"') open += value[open] == '\\' ? 1 : 0;
    open += 3;  // behind `": `; beyond the value when it is a text
  }
  const bool container = open < value.size() && (value[open] == '{' || value[open] == '[');
  if (!container || indent + value.size() <= kLineWidth) {
    out += value;
    return;
  }
  out += value.substr(0, open + 1);
  const std::string_view inside = value.substr(open + 1, value.size() - open - 2);
  for (std::size_t at = 0; at < inside.size();) {
    const std::size_t end = end_of(inside, at);
    out += "\n" + std::string(indent + 2, ' ');
    lay_out(inside.substr(at, end - at), indent + 2, out);
    if (end < inside.size()) out += ',';
    at = end + 2;
  }
  out += "\n" + std::string(indent, ' ') + value.back();
}

}  // namespace

std::string pretty_json(std::string_view json) {
  std::string out;
  lay_out(one_line(json), 0, out);
  return out + "\n";
}

}  // namespace vedette::rules::reference
