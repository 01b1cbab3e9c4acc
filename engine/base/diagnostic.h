// Diagnostics: errors and warnings about what a person wrote, with a stable code, an exact place and a remedy.
// A Diagnostics object belongs to one load; not thread-safe. Rendering for terminals and JSON is here so that
// every command prints them alike. The table of codes is engine/base/diagnostic_codes.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace vedette {

enum class Severity : std::uint8_t { error, warning, note };

// A place in a file. line and column are 1-based, in characters (code points); 0 = unknown. length is the caret run's
// length in characters, at least 1 when the column is known.
struct Location {
  std::string file = {};
  int line = 0;
  int column = 0;
  int length = 1;
};

// Bytes [begin, end) of the file become `text`.
struct Edit {
  std::size_t begin = 0, end = 0;
  std::string text = {};
  friend bool operator==(const Edit&, const Edit&) = default;
};

// A remedy that a program may carry out: edits of the diagnostic's file, in ascending order, all or none.
struct Fix {
  std::string title = {};  // "remove `all`"
  std::vector<Edit> edits = {};
};

struct Diagnostic {
  Severity severity = Severity::error;
  std::string code = {};  // "V1004"; every code is listed in diagnostic_codes.h
  Location where = {};
  std::string message = {};    // what is wrong, naming the token
  std::string hint = {};       // the remedy; may be empty
  std::string line_text = {};  // the source line, without its newline; empty when unknown
  std::optional<Fix> fix = {};
};

class Diagnostics {
 public:
  void add(Diagnostic diagnostic) { items_.push_back(std::move(diagnostic)); }
  [[nodiscard]] const std::vector<Diagnostic>& items() const { return items_; }
  [[nodiscard]] bool has_errors() const;
  [[nodiscard]] std::size_t error_count() const;
  [[nodiscard]] std::size_t warning_count() const;
  void append(const Diagnostics& other);
  // Orders by file, line, column, code, so that output does not depend on the order of passes.
  void sort();

 private:
  std::vector<Diagnostic> items_;
};

// The rustc-like block: header, place, source line, caret run, help. Ends with a newline.
[[nodiscard]] std::string render_human(const Diagnostic& diagnostic, bool colour);
// One JSON object without a newline; stable keys: severity, code, file, line, column, length, message, hint; fix where
// there is one.
[[nodiscard]] std::string render_json(const Diagnostic& diagnostic);

}  // namespace vedette
