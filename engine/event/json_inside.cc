// Strings that hold structure: where a path goes on into a string, the string is read as JSON or as {k=v} text.
#include "engine/event/json_walk.h"
#include "engine/event/pair_text.h"
#include "engine/event/record.h"

namespace vedette::event {
namespace {

std::string_view without_blanks(std::string_view text) {
  while (!text.empty() && json_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && json_blank(text.back())) text.remove_suffix(1);
  return text;
}

}  // namespace

void JsonWalk::look_inside(std::uint32_t i, const PathTrie::Node& node) {
  std::string_view text = string_source(doc_, i);
  const std::string_view content = without_blanks(text);
  if (content.empty() || (content.front() != '{' && content.front() != '[' && content.front() != '\\')) return;
  if (escaped(text)) {
    char* const plain = static_cast<char*>(arena_.allocate(text.size() + kPadding));
    const auto length = unescape(text, plain);
    if (!length) return;
    text = {plain, *length};
  }
  inside(text, node);
}

void JsonWalk::inside(std::string_view text, const PathTrie::Node& node) {
  text = without_blanks(text);
  if (nesting_ == kMaxInside || text.size() < 2 || (text.front() != '{' && text.front() != '[')) return;
  const PathTrie::Node* const around = inside_root_;
  inside_root_ = &node;
  const char next = without_blanks(text.substr(1)).front();
  if (text.front() == '[' || next == '"' || next == '}') {
    json_inside(text, node);
  } else if (is_pair_text(text)) {
    ++nesting_;
    pairs_inside(text, node);
    --nesting_;
  }
  inside_root_ = around;
}

// The text has its own index; the walk over the outer document goes on afterwards.
void JsonWalk::json_inside(std::string_view text, const PathTrie::Node& node) {
  JsonDoc inner;
  Flaw ignored;
  if (!inside_[static_cast<std::size_t>(nesting_)].build(text, inner, ignored)) return;
  const JsonDoc outer = doc_;
  const std::size_t plain_from = plain_from_, plain_to = plain_to_;
  const int depth = depth_;
  ++nesting_;
  // Malformed text is absent as a whole, so nothing may be captured before its end has been seen.
  if (check(inner, 0, depth) == inner.count) (void)value(0, node);
  --nesting_;
  depth_ = depth;
  doc_ = outer;
  plain_from_ = plain_from;
  plain_to_ = plain_to;
}

void JsonWalk::pairs_inside(std::string_view text, const PathTrie::Node& node) {
  if (node.scope != 0) scopes_[node.scope] = ++elements_;
  capture(node, {text, ValueKind::object, 0});
  const std::uint64_t serial = ++serial_;
  PairText pairs(text);
  while (const auto pair = pairs.next()) {
    const std::uint32_t edge = trie_->find(node, pair->key.data(), pair->key.size());
    if (edge == PathTrie::kNoEdge || stamps_[edge] == serial) continue;
    stamps_[edge] = serial;
    const PathTrie::Node& child = trie_->node(trie_->edge(edge).node);
    if (child.inside) inside(pair->value, child);
    capture(child, {pair->value, ValueKind::string, 0});
  }
}

}  // namespace vedette::event
