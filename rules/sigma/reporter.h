// Adds diagnostics about one file, with source lines, at most 100 errors and 100 warnings. One load, one thread.
#pragma once

#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "engine/base/diagnostic.h"
#include "engine/base/diagnostic_codes.h"
#include "rules/yaml/node.h"

namespace vedette::rules {

class Reporter {
 public:
  Reporter(const yaml::File& file, Diagnostics& diagnostics) : file_(file), diagnostics_(diagnostics) {}

  void at(std::string_view code, const Location& where, std::string message, std::string hint = {}, std::optional<Fix> fix = {}) {
    Diagnostic diagnostic = make_diagnostic(code, where, std::move(message), std::move(hint));
    // A rule served by several sources says the same of each of its fields once.
    const std::string place = diagnostic.code + ' ' + std::to_string(where.line) + ' ' + std::to_string(where.column);
    if (diagnostic.severity != Severity::error && !said_.insert(place + ' ' + diagnostic.message).second) return;
    std::size_t& count = diagnostic.severity == Severity::error ? errors_ : warnings_;
    if (++count > kMaxPerFile) return;
    diagnostic.line_text = yaml::line_of(file_, where.line);
    diagnostic.fix = std::move(fix);
    diagnostics_.add(std::move(diagnostic));
  }
  // Under `length` bytes at `offset` of a scalar's text.
  void inside(std::string_view code, const yaml::Node& node, std::size_t offset, std::size_t length, std::string message,
              std::string hint = {}, std::optional<Fix> fix = {}) {
    at(code, yaml::place_in(file_, node, offset, length), std::move(message), std::move(hint), std::move(fix));
  }
  [[nodiscard]] std::size_t errors() const { return errors_; }
  [[nodiscard]] const yaml::File& file() const { return file_; }

 private:
  static constexpr std::size_t kMaxPerFile = 100;
  const yaml::File& file_;
  Diagnostics& diagnostics_;
  std::size_t errors_ = 0;
  std::size_t warnings_ = 0;
  std::set<std::string> said_;
};

}  // namespace vedette::rules
