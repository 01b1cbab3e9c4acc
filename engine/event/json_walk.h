// The one walk over an event: follows a PathTrie through simdjson's structural index and captures what the trie names;
// everything else is skipped bracket by bracket. Brackets are matched everywhere, so `[1,2}` and `}{` do not pass.
// One per Decoder; one thread. Captured texts live in the record or in the arena.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "engine/base/arena.h"
#include "engine/event/extraction.h"
#include "engine/event/json_index.h"
#include "engine/event/path_trie.h"

namespace vedette::event {

class JsonWalk {
 public:
  JsonWalk(int depth_limit, Arena& arena) : depth_limit_(depth_limit), arena_(arena) {}

  // All functions return the structural index behind the value, or 0 with flaw() filled.
  // depth: containers around the value.
  [[nodiscard]] std::uint32_t extract(const JsonDoc& doc, std::uint32_t value, int depth, const PathTrie& trie, Extraction& out);
  // Behind the value; containers are skipped by matching brackets only.
  [[nodiscard]] std::uint32_t skip(const JsonDoc& doc, std::uint32_t value, int depth);
  // Checks the whole grammar of the value.
  [[nodiscard]] std::uint32_t check(const JsonDoc& doc, std::uint32_t value, int depth);
  // Hands every scalar except null to `test` until it says true; `found` tells whether it did. The document is known to
  // have matching brackets.
  [[nodiscard]] static bool any_scalar(const JsonDoc& doc, std::uint32_t begin, std::uint32_t end, Arena& arena,
                                       const std::function<bool(std::string_view)>& test);

  [[nodiscard]] const Flaw& flaw() const { return flaw_; }
  // Source text of the value in [begin, end) of the index.
  [[nodiscard]] static std::string_view source(const JsonDoc& doc, std::uint32_t begin, std::uint32_t end);
  // Inside of the string at `value`, still escaped.
  [[nodiscard]] static std::string_view string_source(const JsonDoc& doc, std::uint32_t value);

 private:
  std::uint32_t value(std::uint32_t i, const PathTrie::Node& node);
  std::uint32_t object(std::uint32_t i, const PathTrie::Node& node);
  std::uint32_t array(std::uint32_t i, const PathTrie::Node& node);
  std::uint32_t scalar(std::uint32_t i, const PathTrie::Node& node);
  // json_inside.cc: the string at i, or a text, in which paths go on.
  void look_inside(std::uint32_t i, const PathTrie::Node& node);
  void inside(std::string_view text, const PathTrie::Node& node);
  void json_inside(std::string_view text, const PathTrie::Node& node);
  void pairs_inside(std::string_view text, const PathTrie::Node& node);
  // Whether a part of the document holds a backslash. Parts come mostly in order, so one search serves many.
  bool escaped(std::string_view part) {
    const auto begin = static_cast<std::size_t>(part.data() - doc_.text);
    if (begin < plain_from_ || begin > plain_to_) find_escape(begin);
    return plain_to_ < begin + part.size();
  }
  void find_escape(std::size_t from);
  void use(const JsonDoc& doc) {
    doc_ = doc;
    plain_from_ = plain_to_ = 0;
  }
  bool lookup_escaped(std::uint32_t i, std::string_view key, const PathTrie::Node& node, std::uint32_t& edge);
  std::uint32_t rest_of_object(std::uint32_t i);
  std::uint32_t brackets(std::uint32_t i, std::uint64_t kinds, int open);
  bool read_scalar(std::uint32_t i, Value& value);
  void note_presence(std::uint32_t i, const PathTrie::Node& node);
  void capture(const PathTrie::Node& node, const Value& value);
  std::uint32_t check_value(std::uint32_t i, int depth);
  std::uint32_t check_object(std::uint32_t i, int depth);
  std::uint32_t check_array(std::uint32_t i, int depth);
  std::uint32_t fail(std::string_view what, std::uint32_t i, std::string_view reason = "json");
  [[nodiscard]] bool room(std::uint32_t i, std::uint32_t more) const { return i + more <= doc_.count; }

  int depth_limit_;
  Arena& arena_;
  JsonDoc doc_;
  const PathTrie* trie_ = nullptr;
  Extraction* out_ = nullptr;
  std::size_t plain_from_ = 0, plain_to_ = 0;  // no backslash in [from, to)
  int depth_ = 0;
  std::uint32_t elements_ = 0;         // objects told apart so far
  std::vector<std::uint32_t> scopes_;  // per scope: the object that the walk is in, or was in last
  std::uint64_t serial_ = 0;
  std::vector<std::uint64_t> stamps_;   // per edge: the object in which it was last seen
  static constexpr int kMaxInside = 3;  // strings in strings
  std::array<JsonIndex, kMaxInside> inside_;
  const PathTrie::Node* array_of_ = nullptr;     // of the innermost array around the value
  int nesting_ = 0;                              // strings around the value
  const PathTrie::Node* inside_root_ = nullptr;  // whose string is being read: only its members are captured there
  Flaw flaw_;
};

}  // namespace vedette::event
