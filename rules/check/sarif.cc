#include "rules/check/sarif.h"

#include <algorithm>
#include <cctype>
#include <map>

#include "engine/base/diagnostic_codes.h"
#include "engine/base/json_writer.h"
#include "rules/reference/remedies.h"

namespace vedette::rules {
namespace {

std::string_view level_of(Severity severity) {
  return severity == Severity::error ? "error" : severity == Severity::warning ? "warning" : "note";
}

// A path as a URI reference: what is neither a letter, a digit nor one of -._~/ is percent-encoded.
std::string uri_of(std::string_view path) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out = path.starts_with('/') ? "file://" : "";
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80 && (std::isalnum(byte) != 0 || std::string_view("-._~/").find(c) != std::string_view::npos)) {
      out += c;
    } else {
      out += {'%', kHex[byte >> 4U], kHex[byte & 15U]};
    }
  }
  return out;
}

class SarifWriter {
 public:
  explicit SarifWriter(std::string& out) : json_(out) {}

  void write(const Diagnostics& diagnostics, std::string_view version) {
    for (const Diagnostic& diagnostic : diagnostics.items()) codes_.emplace(diagnostic.code, 0);
    std::int64_t index = 0;
    for (auto& [code, number] : codes_) number = index++;
    json_.begin_object();
    text("$schema", "https://json.schemastore.org/sarif-2.1.0.json");
    text("version", "2.1.0");
    json_.key("runs");
    json_.begin_array();
    json_.begin_object();
    write_tool(version);
    text("columnKind", "unicodeCodePoints");
    json_.key("results");
    json_.begin_array();
    for (const Diagnostic& diagnostic : diagnostics.items()) write_result(diagnostic);
    json_.end_array();
    json_.end_object();
    json_.end_array();
    json_.end_object();
  }

 private:
  void text(std::string_view key, std::string_view value) {
    json_.key(key);
    json_.string(value);
  }
  void number(std::string_view key, std::int64_t value) {
    json_.key(key);
    json_.number(value);
  }
  void message(std::string_view key, std::string_view value) {
    json_.key(key);
    json_.begin_object();
    text("text", value);
    json_.end_object();
  }

  void write_tool(std::string_view version) {
    json_.key("tool");
    json_.begin_object();
    json_.key("driver");
    json_.begin_object();
    text("name", "vedette");
    text("version", version);
    json_.key("rules");
    json_.begin_array();
    for (const auto& [code, index] : codes_) write_rule(code);
    json_.end_array();
    json_.end_object();
    json_.end_object();
  }

  void write_rule(const std::string& code) {
    const DiagnosticCode* entry = find_diagnostic_code(code);
    const std::string_view explanation = entry != nullptr ? entry->explanation : "A finding without a description.";
    json_.begin_object();
    text("id", code);
    text("name", entry != nullptr ? entry->slug : std::string_view(code));
    message("shortDescription", explanation);
    const std::string_view remedy = reference::remedy_of(code);
    message("help", remedy.empty() ? explanation : remedy);
    json_.key("defaultConfiguration");
    json_.begin_object();
    text("level", level_of(entry != nullptr ? entry->severity : Severity::error));
    json_.end_object();
    json_.end_object();
  }

  void write_result(const Diagnostic& diagnostic) {
    json_.begin_object();
    text("ruleId", diagnostic.code);
    number("ruleIndex", codes_.at(diagnostic.code));
    text("level", level_of(diagnostic.severity));
    message("message", diagnostic.hint.empty() ? diagnostic.message : diagnostic.message + "\n" + diagnostic.hint);
    json_.key("locations");
    json_.begin_array();
    json_.begin_object();
    json_.key("physicalLocation");
    json_.begin_object();
    write_artifact(diagnostic.where.file);
    write_region(diagnostic.where);
    json_.end_object();
    json_.end_object();
    json_.end_array();
    if (diagnostic.fix) write_fix(diagnostic);
    json_.end_object();
  }

  void write_artifact(const std::string& path) {
    json_.key("artifactLocation");
    json_.begin_object();
    text("uri", uri_of(path));
    json_.end_object();
  }

  void write_region(const Location& where) {
    if (where.line <= 0) return;
    json_.key("region");
    json_.begin_object();
    number("startLine", where.line);
    if (where.column > 0) {
      number("startColumn", where.column);
      number("endColumn", where.column + std::max(where.length, 1));
    }
    json_.end_object();
  }

  void write_fix(const Diagnostic& diagnostic) {
    json_.key("fixes");
    json_.begin_array();
    json_.begin_object();
    message("description", diagnostic.fix->title);
    json_.key("artifactChanges");
    json_.begin_array();
    json_.begin_object();
    write_artifact(diagnostic.where.file);
    json_.key("replacements");
    json_.begin_array();
    for (const Edit& edit : diagnostic.fix->edits) {
      json_.begin_object();
      json_.key("deletedRegion");
      json_.begin_object();
      number("byteOffset", static_cast<std::int64_t>(edit.begin));
      number("byteLength", static_cast<std::int64_t>(edit.end - edit.begin));
      json_.end_object();
      message("insertedContent", edit.text);
      json_.end_object();
    }
    json_.end_array();
    json_.end_object();
    json_.end_array();
    json_.end_object();
    json_.end_array();
  }

  JsonWriter json_;
  std::map<std::string, std::int64_t, std::less<>> codes_;
};

}  // namespace

std::string to_sarif(const Diagnostics& diagnostics, std::string_view version) {
  std::string out;
  SarifWriter(out).write(diagnostics, version);
  return out + "\n";
}

}  // namespace vedette::rules
