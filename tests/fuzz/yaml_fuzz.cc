// YAML reader: any bytes become a tree or diagnostics with places inside the file; nothing throws, nothing hangs.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "rules/yaml/node.h"

namespace {

using vedette::Location;
using vedette::yaml::File;
using vedette::yaml::Node;

void require(bool holds) {
  if (!holds) std::abort();
}

void check_place(const Location& where, int lines) {
  require(where.line >= 1 && where.line <= lines && where.column >= 1 && where.length >= 1);
}

void walk(const File& file, const Node& node, int lines, int depth) {
  require(depth <= 34);
  check_place(node.where, lines);
  if (node.is_scalar() && node.text.size() < 64) {
    check_place(vedette::yaml::place_in(file, node, node.text.size() / 2, 1), lines);
  }
  for (const Node& item : node.items) walk(file, item, lines, depth + 1);
  for (const auto& [key, value] : node.entries) {
    require(key.is_scalar());
    walk(file, key, lines, depth + 1);
    walk(file, value, lines, depth + 1);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 4096) return 0;  // places are looked up one by one
  const File file{"fuzz.yml", std::string(reinterpret_cast<const char*>(data), size)};
  int lines = 1;
  for (const char c : file.text) lines += c == '\n' ? 1 : 0;
  vedette::Diagnostics diagnostics;
  for (const Node& document : vedette::yaml::parse(file, diagnostics)) walk(file, document, lines, 0);
  for (const vedette::Diagnostic& diagnostic : diagnostics.items()) {
    check_place(diagnostic.where, lines);
    require(!vedette::render_human(diagnostic, true).empty() && !vedette::render_json(diagnostic).empty());
  }
  return 0;
}
