#include "engine/base/diagnostic.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "engine/base/diagnostic_codes.h"
#include "engine/base/json_writer.h"
#include "engine/base/utf8.h"

namespace vedette {
namespace {

constexpr std::size_t kMaxShownColumns = 160;

std::string_view severity_name(Severity severity) {
  switch (severity) {
    case Severity::error:
      return "error";
    case Severity::warning:
      return "warning";
    case Severity::note:
      return "note";
  }
  return "error";
}

std::string_view severity_colour(Severity severity) {
  switch (severity) {
    case Severity::error:
      return "\x1b[1;31m";
    case Severity::warning:
      return "\x1b[1;33m";
    case Severity::note:
      return "\x1b[1;36m";
  }
  return "";
}

// One string per code point of the line; what a terminal might act on is replaced, a tab is one blank.
std::vector<std::string> shown_characters(std::string_view line) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at < line.size();) {
    const CodePoint point = decode_utf8(line, at);
    const bool control = point.value < 0x20 || (point.value >= 0x7F && point.value < 0xA0);
    const bool bidi = (point.value >= 0x202A && point.value <= 0x202E) || (point.value >= 0x2066 && point.value <= 0x2069);
    if (point.value == '\t') {
      out.emplace_back(" ");
    } else if (!point.valid || control || bidi) {
      out.emplace_back("\xEF\xBF\xBD");
    } else {
      out.emplace_back(line.substr(at, point.length));
    }
    at += point.length;
  }
  return out;
}

std::string safe_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte < 0x20 && c != '\n') || byte == 0x7F) {
      out += fmt::format("\\x{:02x}", byte);
    } else {
      out += c;
    }
  }
  return out;
}

struct Paint {
  bool on;
  [[nodiscard]] std::string operator()(std::string_view colour, std::string_view text) const {
    return on ? fmt::format("{}{}\x1b[0m", colour, text) : std::string(text);
  }
};

constexpr std::string_view kBlue = "\x1b[1;34m";

// The source line with the caret run below it. Long lines are cut around the caret.
void append_source(std::string& out, const Diagnostic& diagnostic, const std::string& gutter, const Paint& paint) {
  const std::vector<std::string> characters = shown_characters(diagnostic.line_text);
  const std::size_t caret = diagnostic.where.column > 0 ? static_cast<std::size_t>(diagnostic.where.column - 1) : 0;
  std::size_t begin = 0;
  if (characters.size() > kMaxShownColumns && caret > kMaxShownColumns / 2) {
    begin = std::min(caret - kMaxShownColumns / 2, characters.size() - 1);
  }
  const std::size_t end = std::min(characters.size(), begin + kMaxShownColumns);
  std::string line;
  if (begin > 0) line += "...";
  for (std::size_t i = begin; i < end; ++i) line += characters[i];
  if (end < characters.size()) line += "...";
  const std::string bar = paint(kBlue, "|");
  out += fmt::format("{} {}\n", gutter, bar);
  out += fmt::format("{} {} {}\n", paint(kBlue, fmt::format("{}", diagnostic.where.line)), bar, line);
  if (diagnostic.where.column <= 0) return;
  const std::size_t offset = caret - begin + (begin > 0 ? 3 : 0);
  const std::size_t longest = end > caret ? end - caret : 1;
  const std::size_t run = std::clamp<std::size_t>(static_cast<std::size_t>(std::max(diagnostic.where.length, 1)), 1, longest);
  out += fmt::format("{} {} {}{}\n", gutter, bar, std::string(offset, ' '),
                     paint(severity_colour(diagnostic.severity), std::string(run, '^')));
}

void write_fix(JsonWriter& json, const Fix& fix) {
  json.key("fix");
  json.begin_object();
  json.key("title");
  json.string(fix.title);
  json.key("edits");
  json.begin_array();
  for (const Edit& edit : fix.edits) {
    json.begin_object();
    json.key("begin");
    json.number(std::uint64_t{edit.begin});
    json.key("end");
    json.number(std::uint64_t{edit.end});
    json.key("text");
    json.string(edit.text);
    json.end_object();
  }
  json.end_array();
  json.end_object();
}

}  // namespace

bool Diagnostics::has_errors() const { return error_count() > 0; }

std::size_t Diagnostics::error_count() const {
  return static_cast<std::size_t>(
      std::count_if(items_.begin(), items_.end(), [](const Diagnostic& d) { return d.severity == Severity::error; }));
}

std::size_t Diagnostics::warning_count() const {
  return static_cast<std::size_t>(
      std::count_if(items_.begin(), items_.end(), [](const Diagnostic& d) { return d.severity == Severity::warning; }));
}

void Diagnostics::append(const Diagnostics& other) { items_.insert(items_.end(), other.items_.begin(), other.items_.end()); }

void Diagnostics::sort() {
  std::stable_sort(items_.begin(), items_.end(), [](const Diagnostic& a, const Diagnostic& b) {
    return std::tie(a.where.file, a.where.line, a.where.column, a.code, a.message) <
           std::tie(b.where.file, b.where.line, b.where.column, b.code, b.message);
  });
}

Diagnostic make_diagnostic(std::string_view code, Location where, std::string message, std::string hint,
                           std::string_view line_text) {
  const DiagnosticCode* entry = find_diagnostic_code(code);
  Diagnostic diagnostic;
  diagnostic.severity = entry != nullptr ? entry->severity : Severity::error;
  diagnostic.code = code;
  diagnostic.where = std::move(where);
  diagnostic.message = std::move(message);
  diagnostic.hint = std::move(hint);
  diagnostic.line_text = line_text;
  return diagnostic;
}

std::string render_human(const Diagnostic& diagnostic, bool colour) {
  const Paint paint{colour};
  std::string header{severity_name(diagnostic.severity)};
  if (!diagnostic.code.empty()) header += fmt::format("[{}]", diagnostic.code);
  std::string out = fmt::format("{}: {}\n", paint(severity_colour(diagnostic.severity), header), safe_text(diagnostic.message));
  const bool located = diagnostic.where.line > 0;
  const std::string gutter(located ? fmt::format("{}", diagnostic.where.line).size() : 1, ' ');
  if (!diagnostic.where.file.empty()) {
    std::string place = diagnostic.where.file;
    if (located) place += fmt::format(":{}", diagnostic.where.line);
    if (located && diagnostic.where.column > 0) place += fmt::format(":{}", diagnostic.where.column);
    out += fmt::format("{}{} {}\n", gutter, paint(kBlue, "-->"), place);
  }
  if (located && !diagnostic.line_text.empty()) append_source(out, diagnostic, gutter, paint);
  if (!diagnostic.hint.empty()) {
    // Continuation lines of a hint (suggested YAML) are indented under its first.
    const std::string indent = fmt::format("\n{}   ", gutter);
    std::string hint;
    for (const char c : safe_text(diagnostic.hint)) c == '\n' ? hint += indent : hint += c;
    out += fmt::format("{} {} help: {}\n", gutter, paint(kBlue, "="), hint);
  }
  if (diagnostic.fix) out += fmt::format("{} {} fix: `vedette check --fix` does it\n", gutter, paint(kBlue, "="));
  return out;
}

std::string render_json(const Diagnostic& diagnostic) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.key("severity");
  json.string(severity_name(diagnostic.severity));
  json.key("code");
  json.string(diagnostic.code);
  json.key("file");
  json.string(diagnostic.where.file);
  json.key("line");
  json.number(std::int64_t{diagnostic.where.line});
  json.key("column");
  json.number(std::int64_t{diagnostic.where.column});
  json.key("length");
  json.number(std::int64_t{diagnostic.where.length});
  json.key("message");
  json.string(diagnostic.message);
  json.key("hint");
  json.string(diagnostic.hint);
  if (diagnostic.fix) write_fix(json, *diagnostic.fix);
  json.end_object();
  return out;
}

}  // namespace vedette
