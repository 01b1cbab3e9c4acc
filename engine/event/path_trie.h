// The paths that one source type needs, as a trie that the JSON walk follows: slots, id, time and arrival to capture, and
// keys whose mere presence matters (recognition, envelopes). Built once per Decoder; immutable afterwards.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/event/bytes.h"
#include "engine/plan/field_path.h"

namespace vedette::event {

enum class CaptureKind : std::uint8_t { slot, id, time, arrival };

// What to do with a value at the end of a path.
struct Capture {
  CaptureKind kind = CaptureKind::slot;
  bool upper = false;       // slots: ASCII upper-casing of strings
  std::uint32_t index = 0;  // slot, id path or time path
  bool objects = false;     // slots: only objects, the members themselves
  std::uint32_t scope = 0;  // the objects on the way that are told apart; 0 = none
  friend bool operator==(const Capture&, const Capture&) = default;
};

// What to note when a path's last key is there, whatever its value.
struct Presence {
  bool unwrap = false;  // remember the place of the value; else set bit `index`
  std::uint32_t index = 0;
  friend bool operator==(const Presence&, const Presence&) = default;
};

class PathTrie {
 public:
  struct Range {
    std::uint32_t begin = 0, end = 0;
    [[nodiscard]] bool empty() const { return begin == end; }
  };
  struct Node {
    Range captures;
    Range presences;
    Range members;            // edges by array index, into members()
    std::uint32_t table = 0;  // first entry of the child table
    std::uint32_t mask = 0;   // child table size - 1
    std::uint32_t children = 0;
    std::uint32_t scope = 0;  // its objects are told apart under this number
    bool inside = false;      // some slot lies below, so strings that hold structure are of interest
    // Array members and nested arrays are of interest.
    [[nodiscard]] bool descends() const { return children != 0 || !captures.empty() || !members.empty(); }
  };
  struct Edge {
    std::uint64_t head = 0;  // first eight bytes of the key
    std::uint32_t key = 0;   // offset into the key bytes
    std::uint32_t length = 0;
    std::uint32_t node = 0;
    std::uint32_t next = 0;  // next edge of the same table entry + 1, 0 = end
  };
  struct Member {
    std::uint32_t ordinal = 0;
    std::uint32_t node = 0;
  };

  // Building. Each path is also entered as a literal dotted top-level key, unless it picks members or tells them apart.
  void add(const plan::FieldPath& path, Capture capture);
  void add(const plan::FieldPath& path, const Presence& presence);
  void finish();

  [[nodiscard]] const Node& node(std::uint32_t index) const { return nodes_[index]; }
  [[nodiscard]] std::size_t edge_count() const { return edges_.size(); }
  [[nodiscard]] std::size_t scope_count() const { return scopes_; }
  [[nodiscard]] const Edge& edge(std::uint32_t index) const { return edges_[index]; }
  [[nodiscard]] std::span<const Capture> captures(const Node& n) const { return slice(captures_, n.captures); }
  [[nodiscard]] std::span<const Presence> presences(const Node& n) const { return slice(presences_, n.presences); }
  [[nodiscard]] std::span<const Member> members(const Node& n) const { return slice(members_, n.members); }

  // Edge of a child by its key (unescaped bytes), or kNoEdge. Reads up to kOverread bytes beyond the key.
  static constexpr std::uint32_t kNoEdge = 0xffff'ffff;
  [[nodiscard]] std::uint32_t find(const Node& n, const char* key, std::size_t length) const {
    const std::uint64_t head = head_word(key, length);
    for (std::uint32_t entry = table_[n.table + (hash(head, length) & n.mask)]; entry != 0;) {
      const Edge& candidate = edges_[entry - 1];
      if (candidate.head == head && candidate.length == length &&
          (length <= 8 || equal_bytes(key + 8, key_bytes_.data() + candidate.key + 8, length - 8))) {
        return entry - 1;
      }
      entry = candidate.next;
    }
    return kNoEdge;
  }

 private:
  struct Draft {
    std::vector<std::pair<std::string, std::uint32_t>> children;
    std::vector<Member> members;
    std::vector<Capture> captures;
    std::vector<Presence> presences;
    std::uint32_t scope = 0;
  };

  static std::uint32_t hash(std::uint64_t head, std::size_t length) {
    return static_cast<std::uint32_t>(((head + length) * 0x9E37'79B9'7F4A'7C15U) >> 32);
  }
  template <typename T>
  [[nodiscard]] static std::span<const T> slice(const std::vector<T>& all, Range range) {
    return {all.data() + range.begin, range.end - range.begin};
  }

  std::uint32_t child(std::uint32_t node, const std::string& key);
  std::uint32_t member(std::uint32_t node, std::uint32_t ordinal);
  std::uint32_t end_of(const plan::FieldPath& path, std::uint32_t& scope);
  [[nodiscard]] std::vector<std::uint32_t> ends_of(const plan::FieldPath& path, std::uint32_t& scope);
  void lay_out_children(const Draft& draft, Node& node);
  void mark_inside();

  std::vector<Draft> drafts_{1};
  std::vector<Node> nodes_;
  std::vector<Edge> edges_;
  std::vector<std::uint32_t> table_;
  std::vector<Member> members_;
  std::vector<Capture> captures_;
  std::vector<Presence> presences_;
  std::string key_bytes_;
  std::uint32_t scopes_ = 0;
};

}  // namespace vedette::event
