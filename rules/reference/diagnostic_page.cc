#include "rules/reference/diagnostic_page.h"

#include <fmt/format.h>

#include "engine/base/utf8.h"
#include "rules/reference/remedies.h"

namespace vedette::rules::reference {
namespace {

constexpr std::size_t kMaxLines = 48;
constexpr std::size_t kMaxLine = 160;

std::string_view severity_name(Severity severity) {
  return severity == Severity::error ? "error" : severity == Severity::warning ? "warning" : "note";
}

// Control characters and malformed bytes as \xNN, so that a page is plain text.
std::string plain(std::string_view text) {
  std::string out;
  const bool utf8 = valid_utf8(text);
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool odd = (byte < 0x20 && c != '\n') || byte == 0x7F || (byte >= 0x80 && !utf8);
    out += odd ? fmt::format("\\x{:02X}", byte) : std::string(1, c);
  }
  return out;
}

// At most so many lines, and no endless ones.
std::string shortened(std::string_view text) {
  std::string out;
  for (std::size_t lines = 0; !text.empty(); ++lines) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    if (lines == kMaxLines) return out + "...\n";
    const std::string line = plain(text.substr(0, end));
    const bool cut = line.size() > kMaxLine && line.find_first_not_of(line.front()) == std::string::npos;
    out += cut ? line.substr(0, kMaxLine) + "..." : line;
    out += '\n';
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

bool begins_block(std::string_view text) {
  return text.starts_with("error[") || text.starts_with("warning[") || text.starts_with("note[");
}

// Of the rendered diagnostics, those of the code.
std::string of_code(std::string_view rendered, std::string_view code) {
  const std::string mark = fmt::format("[{}]", code);
  std::string out;
  std::size_t at = 0;
  while (at < rendered.size()) {
    std::size_t end = at;
    do {
      end = std::min(rendered.find("\n\n", end), rendered.size());
      end = std::min(end + 2, rendered.size());
    } while (end < rendered.size() && !begins_block(rendered.substr(end)));
    const std::string_view block = rendered.substr(at, end - at);
    if (block.substr(0, block.find('\n')).find(mark) != std::string_view::npos) out += block;
    at = end;
  }
  while (out.ends_with("\n\n")) out.pop_back();
  return out;
}

}  // namespace

std::string diagnostic_page(const DiagnosticCode& code, const DiagnosticExample& example) {
  std::string out = fmt::format("# {} {}\n\n{}: {}\n\n", code.code, code.slug, severity_name(code.severity), code.explanation);
  out += fmt::format("## Example\n\n```yaml\n{}```\n\n", shortened(example.input));
  out += fmt::format("```text\n{}```\n\n", shortened(of_code(example.rendered, code.code)));
  const std::string_view remedy = remedy_of(code.code);
  return out + fmt::format("## How to mend it\n\n{}\n", remedy.empty() ? "The help of the diagnostic says how." : remedy);
}

std::string diagnostic_index() {
  std::string out =
      "# Diagnostics\n\nEvery error, warning and note has a code that never changes its meaning. `vedette explain V1004` shows a "
      "page "
      "in "
      "the terminal.\n\n| code | name | severity | meaning |\n|---|---|---|---|\n";
  for (const DiagnosticCode& code : kDiagnosticCodes) {
    out += fmt::format("| [{0}]({0}.md) | {1} | {2} | {3} |\n", code.code, code.slug, severity_name(code.severity),
                       code.explanation);
  }
  return out;
}

std::string_view find_page(std::string_view code) {
  for (const yaml::File& page : builtin_pages()) {
    if (page.path.ends_with(fmt::format("/{}.md", code))) return page.text;
  }
  return {};
}

}  // namespace vedette::rules::reference
