#include "engine/event/json_walk.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace vedette::event {
namespace {

enum : std::uint8_t { kScalar, kOpen, kClose, kComma, kColon };

constexpr std::array<std::uint8_t, 256> kClass = [] {
  std::array<std::uint8_t, 256> table{};
  table['{'] = table['['] = kOpen;
  table['}'] = table[']'] = kClose;
  table[','] = kComma;
  table[':'] = kColon;
  return table;
}();

std::uint8_t class_of(char c) { return kClass[static_cast<std::uint8_t>(c)]; }

}  // namespace

std::string_view JsonWalk::source(const JsonDoc& doc, std::uint32_t begin, std::uint32_t end) {
  const char* const first = doc.text + doc.at[begin];
  const char* last = doc.text + (end < doc.count ? doc.at[end] : doc.length);
  while (last > first && json_blank(last[-1])) --last;
  // A value inside a container is followed by a comma or a bracket, which has its own index; so `last` is its end.
  return {first, static_cast<std::size_t>(last - first)};
}

std::string_view JsonWalk::string_source(const JsonDoc& doc, std::uint32_t value) {
  // Between a string and the next structural character there are only its closing quote and blanks.
  const char* const first = doc.text + doc.at[value] + 1;
  const char* last = doc.text + (value + 1 < doc.count ? doc.at[value + 1] : doc.length) - 1;
  while (*last != '"') --last;
  return {first, static_cast<std::size_t>(last - first)};
}

std::uint32_t JsonWalk::fail(std::string_view what, std::uint32_t i, std::string_view reason) {
  flaw_ = {reason, what, i < doc_.count ? doc_.at[i] : doc_.length};
  return 0;
}

std::uint32_t JsonWalk::extract(const JsonDoc& doc, std::uint32_t i, int depth, const PathTrie& trie, Extraction& out) {
  use(doc);
  trie_ = &trie;
  out_ = &out;
  depth_ = depth;
  elements_ = 0;
  nesting_ = 0;
  array_of_ = nullptr;
  inside_root_ = nullptr;
  if (scopes_.size() <= trie.scope_count()) scopes_.resize(trie.scope_count() + 1);
  if (stamps_.size() < trie.edge_count()) stamps_.resize(trie.edge_count());
  out.reset();
  return object(i, trie.node(0));
}

std::uint32_t JsonWalk::skip(const JsonDoc& doc, std::uint32_t i, int depth) {
  use(doc);
  depth_ = depth;
  return class_of(doc_.head(i)) == kOpen ? brackets(i, 0, 0) : i + 1;
}

// Moves over containers until none of those counted in `open` is left. `kinds` holds one bit per open container, 1 =
// object, the innermost lowest.
std::uint32_t JsonWalk::brackets(std::uint32_t i, std::uint64_t kinds, int open) {
  const char* const text = doc_.text;
  const std::uint32_t* const at = doc_.at;
  const std::uint32_t count = doc_.count;
  const int limit = depth_limit_ - depth_;
  while (i < count) {
    const char c = text[at[i++]];
    if ((c | 0x26) != 0x7f) continue;  // no bracket; of other bytes only a few garbage ones pass
    if (c == '{' || c == '[') {
      if (open >= limit) return fail("nested too deeply", i - 1, "depth");
      kinds = (kinds << 1) | (c == '{' ? 1U : 0U);
      ++open;
    } else if (c == '}' || c == ']') {
      if ((kinds & 1) != (c == '}' ? 1U : 0U)) return fail("brackets do not match", i - 1);
      kinds >>= 1;
      if (--open == 0) return i;
    }
  }
  return fail("no closing bracket", count);
}

// Behind the object of which member i (a key) comes next and nothing more is wanted. depth_ counts the object.
std::uint32_t JsonWalk::rest_of_object(std::uint32_t i) {
  --depth_;
  const std::uint32_t end = brackets(i, 1, 1);
  ++depth_;
  return end;
}

std::uint32_t JsonWalk::value(std::uint32_t i, const PathTrie::Node& node) {
  switch (doc_.head(i)) {
    case '{': {
      if (node.scope != 0) scopes_[node.scope] = ++elements_;
      const std::uint32_t end = node.children != 0 ? object(i, node) : brackets(i, 0, 0);
      if (end != 0 && !node.captures.empty()) {
        const char* const first = doc_.text + doc_.at[i];
        const auto length = static_cast<std::size_t>(doc_.at[end - 1] - doc_.at[i] + 1);
        capture(node, {{first, length}, ValueKind::object, 0});
      }
      return end;
    }
    case '[':
      return node.descends() ? array(i, node) : brackets(i, 0, 0);
    default:
      return scalar(i, node);
  }
}

std::uint32_t JsonWalk::object(std::uint32_t i, const PathTrie::Node& node) {
  const char* const text = doc_.text;
  const std::uint32_t* const at = doc_.at;
  const std::uint32_t count = doc_.count;
  if (++depth_ > depth_limit_) return fail("nested too deeply", i, "depth");
  const std::uint64_t serial = ++serial_;
  std::uint32_t wanted = node.children;
  ++i;
  if (i < count && text[at[i]] == '}') {
    --depth_;
    return i + 1;
  }
  while (true) {
    if (i + 4 > count) return fail("no closing bracket", count);
    if (text[at[i]] != '"') return fail("expected a key", i);
    if (text[at[i + 1]] != ':') return fail("expected a colon", i + 1);
    // Between a key and its colon there are only its closing quote and blanks.
    const char* const key = text + at[i] + 1;
    const char* end = text + at[i + 1] - 1;
    while (*end != '"') --end;
    const auto length = static_cast<std::size_t>(end - key);
    std::uint32_t edge = PathTrie::kNoEdge;
    if (!escaped({key, length})) {
      edge = trie_->find(node, key, length);
    } else if (!lookup_escaped(i, {key, length}, node, edge)) {
      return 0;
    }
    i += 2;
    if (edge != PathTrie::kNoEdge && stamps_[edge] != serial) {
      stamps_[edge] = serial;
      const PathTrie::Node& child = trie_->node(trie_->edge(edge).node);
      if (!child.presences.empty()) note_presence(i, child);
      i = value(i, child);
      --wanted;
      if (i == 0) return 0;
    } else {
      const std::uint8_t kind = class_of(text[at[i]]);
      if (kind == kScalar) {
        ++i;
      } else if (kind != kOpen) {
        return fail("expected a value", i);
      } else if ((i = brackets(i, 0, 0)) == 0) {
        return 0;
      }
    }
    if (i >= count) return fail("no closing bracket", count);
    const char c = text[at[i++]];
    if (c == '}') break;
    if (c != ',') return fail("expected a comma or a closing brace", i - 1);
    if (wanted == 0) {
      i = rest_of_object(i);
      break;
    }
  }
  --depth_;
  return i;
}

void JsonWalk::find_escape(std::size_t from) {
  const void* const found = std::memchr(doc_.text + from, '\\', doc_.length - from);
  plain_from_ = from;
  plain_to_ = found == nullptr ? doc_.length : static_cast<std::size_t>(static_cast<const char*>(found) - doc_.text);
}

// The edge of a key that holds escapes; false when they are malformed.
bool JsonWalk::lookup_escaped(std::uint32_t i, std::string_view key, const PathTrie::Node& node, std::uint32_t& edge) {
  char* const plain = static_cast<char*>(arena_.allocate(key.size() + kOverread));
  const auto length = unescape(key, plain);
  if (!length) return fail("unknown escape in a key", i) != 0;
  edge = trie_->find(node, plain, *length);
  return true;
}

std::uint32_t JsonWalk::array(std::uint32_t i, const PathTrie::Node& node) {
  if (++depth_ > depth_limit_) return fail("nested too deeply", i, "depth");
  // An index counts in the array itself, not in arrays inside it.
  const auto members = array_of_ == &node ? std::span<const PathTrie::Member>{} : trie_->members(node);
  const PathTrie::Node* const around = array_of_;
  array_of_ = &node;
  const bool any_member = node.children != 0 || !node.captures.empty();
  ++i;
  std::uint32_t ordinal = 0;
  if (room(i, 1) && doc_.head(i) == ']') {
    capture(node, {{}, ValueKind::null, 0});
    ++i;
  } else {
    for (;; ++ordinal) {
      if (!room(i, 2)) return fail("no closing bracket", doc_.count);
      if (class_of(doc_.head(i)) > kOpen) return fail("expected a value", i);
      const std::uint32_t begin = i;
      i = any_member ? value(begin, node) : class_of(doc_.head(begin)) == kOpen ? brackets(begin, 0, 0) : begin + 1;
      for (const PathTrie::Member& member : members) {
        if (i == 0 || member.ordinal != ordinal) continue;
        const PathTrie::Node& picked = trie_->node(member.node);
        note_presence(begin, picked);
        i = value(begin, picked);
      }
      if (i == 0) return 0;
      if (!room(i, 1)) return fail("no closing bracket", doc_.count);
      const char c = doc_.head(i++);
      if (c == ']') break;
      if (c != ',') return fail("expected a comma or a closing bracket", i - 1);
    }
  }
  array_of_ = around;
  --depth_;
  return i;
}

std::uint32_t JsonWalk::scalar(std::uint32_t i, const PathTrie::Node& node) {
  if (class_of(doc_.head(i)) != kScalar) return fail("expected a value", i);
  if (node.inside && doc_.head(i) == '"') look_inside(i, node);
  if (node.captures.empty()) return i + 1;
  Value captured;
  if (!read_scalar(i, captured)) return 0;
  capture(node, captured);
  return i + 1;
}

bool JsonWalk::read_scalar(std::uint32_t i, Value& out) {
  const char first = doc_.head(i);
  if (first == '"') {
    out.kind = ValueKind::string;
    out.text = string_source(doc_, i);
    if (!escaped(out.text)) return true;
    char* const plain = static_cast<char*>(arena_.allocate(out.text.size()));
    const auto length = unescape(out.text, plain);
    if (!length) return fail("unknown escape in a string", i) != 0;
    out.text = {plain, *length};
    return true;
  }
  const std::string_view text = source(doc_, i, i + 1);
  if (text == "null") {
    out.kind = ValueKind::null;
    return true;
  }
  out.text = text;
  if (text == "true" || text == "false") {
    out.kind = ValueKind::boolean;
    return true;
  }
  out.kind = ValueKind::number;
  return json_number(text) || fail("not a JSON value", i) != 0;
}

void JsonWalk::note_presence(std::uint32_t i, const PathTrie::Node& node) {
  if (nesting_ > 0) return;
  for (const Presence& presence : trie_->presences(node)) {
    if (presence.unwrap) {
      out_->envelopes.push_back({presence.index, i, depth_});
    } else {
      out_->seen[presence.index / 64] |= std::uint64_t{1} << (presence.index % 64);
    }
  }
}

void JsonWalk::capture(const PathTrie::Node& node, const Value& found) {
  const bool text = found.kind == ValueKind::string || found.kind == ValueKind::number;
  const auto first = [&](Value& place) {
    if (text && nesting_ == 0 && place.kind == ValueKind::null) place = found;
  };
  for (const Capture& wanted : trie_->captures(node)) {
    switch (wanted.kind) {
      case CaptureKind::slot:
        if (wanted.objects ? found.kind != ValueKind::object : &node == inside_root_) break;
        out_->add(wanted.index, {wanted.upper && found.kind == ValueKind::string ? upper_ascii(found.text, arena_) : found.text,
                                 found.kind, scopes_[wanted.scope]});
        break;
      case CaptureKind::id:
        first(out_->ids[wanted.index]);
        break;
      case CaptureKind::time:
        first(out_->times[wanted.index]);
        break;
      case CaptureKind::arrival:
        first(out_->arrival);
        break;
    }
  }
}

bool JsonWalk::any_scalar(const JsonDoc& doc, std::uint32_t begin, std::uint32_t end, Arena& arena,
                          const std::function<bool(std::string_view)>& test) {
  for (std::uint32_t i = begin; i < end; ++i) {
    if (class_of(doc.head(i)) != kScalar) continue;
    if (doc.head(i) != '"') {
      const std::string_view text = source(doc, i, i + 1);
      if (text != "null" && test(text)) return true;
      continue;
    }
    if (i + 1 < end && doc.head(i + 1) == ':') continue;  // a key
    std::string_view text = string_source(doc, i);
    if (has_backslash(text.data(), text.size())) {
      char* const plain = static_cast<char*>(arena.allocate(text.size()));
      if (const auto length = unescape(text, plain)) text = {plain, *length};
    }
    if (test(text)) return true;
  }
  return false;
}

std::uint32_t JsonWalk::check(const JsonDoc& doc, std::uint32_t i, int depth) {
  use(doc);
  return check_value(i, depth);
}

std::uint32_t JsonWalk::check_value(std::uint32_t i, int depth) {
  if (!room(i, 1)) return fail("expected a value", i);
  switch (class_of(doc_.head(i))) {
    case kScalar: {
      Value ignored;
      return read_scalar(i, ignored) ? i + 1 : 0;
    }
    case kOpen:
      break;
    default:
      return fail("expected a value", i);
  }
  if (depth >= depth_limit_) return fail("nested too deeply", i, "depth");
  return doc_.head(i) == '{' ? check_object(i + 1, depth + 1) : check_array(i + 1, depth + 1);
}

std::uint32_t JsonWalk::check_object(std::uint32_t i, int depth) {
  if (room(i, 1) && doc_.head(i) == '}') return i + 1;
  while (true) {
    if (!room(i, 3)) return fail("no closing bracket", doc_.count);
    Value key;
    if (doc_.head(i) != '"') return fail("expected a key", i);
    if (!read_scalar(i, key)) return 0;
    if (doc_.head(i + 1) != ':') return fail("expected a colon", i + 1);
    i = check_value(i + 2, depth);
    if (i == 0) return 0;
    if (!room(i, 1)) return fail("no closing bracket", doc_.count);
    const char c = doc_.head(i++);
    if (c == '}') return i;
    if (c != ',') return fail("expected a comma or a closing brace", i - 1);
  }
}

std::uint32_t JsonWalk::check_array(std::uint32_t i, int depth) {
  if (room(i, 1) && doc_.head(i) == ']') return i + 1;
  while (true) {
    i = check_value(i, depth);
    if (i == 0) return 0;
    if (!room(i, 1)) return fail("no closing bracket", doc_.count);
    const char c = doc_.head(i++);
    if (c == ']') return i;
    if (c != ',') return fail("expected a comma or a closing bracket", i - 1);
  }
}

}  // namespace vedette::event
