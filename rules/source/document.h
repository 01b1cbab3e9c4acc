// Reading a located YAML document by expectation: known keys, texts, lists, durations; whatever is otherwise becomes a
// diagnostic. Shared by source types and rule tests, each with its own codes. One reader per file and load; one thread.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/diagnostic.h"
#include "engine/base/time.h"
#include "rules/yaml/node.h"

namespace vedette::rules {

class DocumentReader {
 public:
  struct Codes {
    std::string_view unknown_key, missing_key, wrong_type, bad_duration;
  };

  DocumentReader(const yaml::File& file, Codes codes, Diagnostics& diagnostics)
      : file_(file), codes_(codes), diagnostics_(diagnostics) {}

  void report(std::string_view code, const yaml::Node& at, std::string message, std::string hint = {});
  // Reports every key of the map that is not among `known`; `what` names the map: "a source type".
  void check_keys(const yaml::Node& map, std::span<const std::string_view> known, std::string_view what);
  // The value of a required key; reports it when absent or empty.
  const yaml::Node* require(const yaml::Node& map, std::string_view key, std::string_view what);
  // The value of an optional key: null when absent, empty or ~.
  static const yaml::Node* optional(const yaml::Node& map, std::string_view key);

  void wrong_type(const yaml::Node& at, std::string_view wanted);
  bool expect_map(const yaml::Node& node);
  // Null (and a diagnostic) when the node is not a scalar.
  const std::string* text(const yaml::Node& node);
  // Members of a sequence; a lone scalar or map counts as a sequence of one; empty for null.
  static std::vector<const yaml::Node*> members(const yaml::Node& node);
  // The texts of a list (or lone) of scalars; others are reported.
  std::vector<std::string> texts(const yaml::Node& node);
  std::optional<DurationUs> duration(const yaml::Node& node);

  [[nodiscard]] const yaml::File& file() const { return file_; }
  [[nodiscard]] Diagnostics& diagnostics() { return diagnostics_; }

 private:
  const yaml::File& file_;
  Codes codes_;
  Diagnostics& diagnostics_;
};

}  // namespace vedette::rules
