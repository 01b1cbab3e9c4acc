// Reading a located YAML tree into typed values: wrong shapes, unknown keys and missing keys become diagnostics with
// carets. Secrets are references, {env: NAME} or {file: PATH}, and never stand in the file. One thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "app/config_place.h"
#include "engine/base/diagnostic.h"
#include "engine/base/time.h"
#include "rules/yaml/node.h"

namespace vedette::app {

class ConfigReader {
 public:
  ConfigReader(const yaml::File& file, Diagnostics& diagnostics)
      : file_(file), folder_(std::filesystem::path(file.path).parent_path()), diagnostics_(diagnostics) {}

  void report(std::string_view code, const yaml::Node& at, std::string message, std::string hint = {});

  [[nodiscard]] ConfigPlace place(const yaml::Node& node) const;
  [[nodiscard]] ConfigPlaces places(const yaml::Node& map) const;

  // False, reported, when the node is no map. `what` names it: "a source".
  bool is_map(const yaml::Node& node, std::string_view what);
  // The map of a key, or null: absent, or reported.
  [[nodiscard]] const yaml::Node* map(const yaml::Node& parent, std::string_view key);
  // Reports keys beyond `known`.
  void keys(const yaml::Node& map, std::span<const std::string_view> known);

  // Absent keys give nothing; wrong shapes are reported and give nothing.
  [[nodiscard]] std::optional<std::string> text(const yaml::Node& map, std::string_view key);
  [[nodiscard]] std::optional<bool> boolean(const yaml::Node& map, std::string_view key);
  [[nodiscard]] std::optional<int> number(const yaml::Node& map, std::string_view key, int low, int high);
  // One of the words, by index.
  [[nodiscard]] std::optional<std::size_t> word(const yaml::Node& map, std::string_view key,
                                                std::span<const std::string_view> words);
  // A text or a sequence of texts.
  [[nodiscard]] std::vector<std::string> texts(const yaml::Node& map, std::string_view key);
  // As text() and texts(), but reported when absent or empty.
  [[nodiscard]] std::string required(const yaml::Node& map, std::string_view key, std::string_view what);
  [[nodiscard]] std::vector<std::string> required_list(const yaml::Node& map, std::string_view key, std::string_view what);
  // "10m"; from `low` to `high`.
  [[nodiscard]] std::optional<DurationUs> duration(const yaml::Node& map, std::string_view key, DurationUs low, DurationUs high);
  // "64MB", in bytes; from `low` to `high`.
  [[nodiscard]] std::optional<std::uint64_t> size(const yaml::Node& map, std::string_view key, std::uint64_t low,
                                                  std::uint64_t high);
  // A path, or paths, from the configuration's folder.
  [[nodiscard]] std::string path(const yaml::Node& map, std::string_view key);
  [[nodiscard]] std::vector<std::string> paths(const yaml::Node& map, std::string_view key);
  [[nodiscard]] std::string required_path(const yaml::Node& map, std::string_view key, std::string_view what);
  [[nodiscard]] std::string absolute(const std::string& path) const;
  // A list of references to secrets, at least one; reported when it is anything else.
  [[nodiscard]] std::vector<std::string> secrets(const yaml::Node& map, std::string_view key, std::string_view what);
  // A reference to a secret; its value.
  [[nodiscard]] std::optional<std::string> secret(const yaml::Node& node);
  // "address:port".
  [[nodiscard]] std::string address(const yaml::Node& map, std::string_view key, std::string_view what);

 private:
  [[nodiscard]] std::optional<std::string> secret_file(const yaml::Node& node, const std::string& path);

  const yaml::File& file_;
  std::filesystem::path folder_;
  Diagnostics& diagnostics_;
};

}  // namespace vedette::app
