// A located YAML tree: what a person wrote, with the place of every key and value, scalars by source text. Read through
// yaml-cpp's EventHandler (rules/yaml/reader.cc); aliases, merge keys, duplicate keys, tags, control characters, invalid
// UTF-8, over-deep and over-large input are refused with diagnostics. Value type; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/diagnostic.h"

namespace vedette::yaml {

enum class NodeKind : std::uint8_t { null, scalar, sequence, map };

struct Node {
  NodeKind kind = NodeKind::null;                   // null: empty value, or plain ~ / null / Null / NULL
  std::string text = {};                            // scalar: its text after quotes and escapes; null: its source text
  bool quoted = false;                              // 'x', "x" or a block scalar
  Location where = {};                              // of the first character; length = extent on the first line
  std::vector<Node> items = {};                     // sequence
  std::vector<std::pair<Node, Node>> entries = {};  // map, in order; keys are scalars

  bool broken = false;  // root of a document with duplicate keys (diagnosed); the first value of each key is kept

  // The value of a key, or null.
  [[nodiscard]] const Node* find(std::string_view key) const;
  [[nodiscard]] bool is_scalar() const { return kind == NodeKind::scalar; }
  [[nodiscard]] bool is_map() const { return kind == NodeKind::map; }
  [[nodiscard]] bool is_sequence() const { return kind == NodeKind::sequence; }
};

// A YAML file or stream held in memory.
struct File {
  std::string path;  // as shown in diagnostics
  std::string text;
};

// All documents of the file. On errors, documents before the broken one are still returned.
[[nodiscard]] std::vector<Node> parse(const File& file, Diagnostics& diagnostics);

// The text of a 1-based line, for diagnostics.
[[nodiscard]] std::string_view line_of(const File& file, int line);

// Byte offset of a place in the file's text (a byte order mark counts).
[[nodiscard]] std::size_t byte_offset(const File& file, const Location& where);

// ScalarPlaces in one scalar's text (see place_in); those asked for from left to right cost one walk. Keeps references to both.
class ScalarPlaces {
 public:
  ScalarPlaces(const File& file, const Node& node);
  [[nodiscard]] Location at(std::size_t offset, std::size_t length);

 private:
  void rewind();
  void walk(std::size_t offset);
  void count();

  std::string_view text_;  // of the file, without its byte order mark
  const Node& node_;
  std::size_t start_ = 0;    // of the node in the source
  std::size_t decoded_ = 0;  // bytes of the scalar's text walked, and where that is in the source
  std::size_t source_ = 0;
  std::size_t counted_ = 0;  // source bytes that where_ has counted
  Location where_;
  char quote_ = 0;
};

// The place of `length` bytes at byte `offset` of a scalar's text: behind the opening quote, past escapes, on the right
// line of a folded or block scalar.
[[nodiscard]] Location place_in(const File& file, const Node& node, std::size_t offset, std::size_t length);

}  // namespace vedette::yaml
