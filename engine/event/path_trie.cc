#include "engine/event/path_trie.h"

#include <algorithm>

namespace vedette::event {
namespace {

template <typename T>
void add_once(std::vector<T>& list, const T& item) {
  if (std::find(list.begin(), list.end(), item) == list.end()) list.push_back(item);
}

template <typename T>
PathTrie::Range append(std::vector<T>& all, const std::vector<T>& part) {
  const auto begin = static_cast<std::uint32_t>(all.size());
  all.insert(all.end(), part.begin(), part.end());
  return {begin, static_cast<std::uint32_t>(all.size())};
}

bool plain(const plan::FieldPath& path) {
  return std::none_of(path.segments.begin(), path.segments.end(),
                      [](const plan::PathSegment& s) { return s.index >= 0 || s.each; });
}

}  // namespace

std::uint32_t PathTrie::child(std::uint32_t node, const std::string& key) {
  for (const auto& [name, index] : drafts_[node].children) {
    if (name == key) return index;
  }
  const auto index = static_cast<std::uint32_t>(drafts_.size());
  drafts_.emplace_back();
  drafts_[node].children.emplace_back(key, index);
  return index;
}

std::uint32_t PathTrie::member(std::uint32_t node, std::uint32_t ordinal) {
  for (const Member& m : drafts_[node].members) {
    if (m.ordinal == ordinal) return m.node;
  }
  const auto index = static_cast<std::uint32_t>(drafts_.size());
  drafts_.emplace_back();
  drafts_[node].members.push_back({ordinal, index});
  return index;
}

std::uint32_t PathTrie::end_of(const plan::FieldPath& path, std::uint32_t& scope) {
  std::uint32_t node = 0;
  for (const plan::PathSegment& segment : path.segments) {
    node = child(node, segment.key);
    if (segment.index >= 0) node = member(node, static_cast<std::uint32_t>(segment.index));
    if (!segment.each) continue;
    if (drafts_[node].scope == 0) drafts_[node].scope = ++scopes_;
    scope = drafts_[node].scope;
  }
  return node;
}

// The nodes where a path ends: the nested one and the literal dotted key.
std::vector<std::uint32_t> PathTrie::ends_of(const plan::FieldPath& path, std::uint32_t& scope) {
  std::vector<std::uint32_t> ends{end_of(path, scope)};
  if (path.segments.size() > 1 && plain(path)) ends.push_back(child(0, path.keys()));
  return ends;
}

void PathTrie::add(const plan::FieldPath& path, Capture capture) {
  if (path.segments.empty()) return;
  const std::vector<std::uint32_t> ends = ends_of(path, capture.scope);
  capture.objects = path.segments.back().each;
  for (const std::uint32_t end : ends) add_once(drafts_[end].captures, capture);
}

void PathTrie::add(const plan::FieldPath& path, const Presence& presence) {
  if (path.segments.empty()) return;
  std::uint32_t scope = 0;
  for (const std::uint32_t end : ends_of(path, scope)) add_once(drafts_[end].presences, presence);
}

// Children have higher numbers than their parents.
void PathTrie::mark_inside() {
  const auto below = [this](std::uint32_t child) {
    const bool slot = std::any_of(drafts_[child].captures.begin(), drafts_[child].captures.end(),
                                  [](const Capture& capture) { return capture.kind == CaptureKind::slot; });
    return slot || nodes_[child].inside;
  };
  for (std::size_t i = drafts_.size(); i-- > 0;) {
    const Draft& draft = drafts_[i];
    nodes_[i].inside =
        std::any_of(draft.children.begin(), draft.children.end(), [&](const auto& c) { return below(c.second); }) ||
        std::any_of(draft.members.begin(), draft.members.end(), [&](const Member& m) { return below(m.node); }) ||
        (draft.scope != 0 && !draft.captures.empty());
  }
}

void PathTrie::lay_out_children(const Draft& draft, Node& node) {
  std::uint32_t size = 8;
  while (size < draft.children.size() * 4 && size < 1024) size *= 2;
  node.table = static_cast<std::uint32_t>(table_.size());
  node.mask = size - 1;
  node.children = static_cast<std::uint32_t>(draft.children.size());
  table_.resize(table_.size() + size, 0);
  for (const auto& [key, index] : draft.children) {
    const std::string padded = key + std::string(kOverread, '\0');
    const std::uint64_t head = head_word(padded.data(), key.size());
    std::uint32_t& entry = table_[node.table + (hash(head, key.size()) & node.mask)];
    edges_.push_back({head, static_cast<std::uint32_t>(key_bytes_.size()), static_cast<std::uint32_t>(key.size()), index, entry});
    entry = static_cast<std::uint32_t>(edges_.size());
    key_bytes_ += key;
  }
}

void PathTrie::finish() {
  nodes_.resize(drafts_.size());
  for (std::size_t i = 0; i < drafts_.size(); ++i) {
    nodes_[i].captures = append(captures_, drafts_[i].captures);
    nodes_[i].presences = append(presences_, drafts_[i].presences);
    nodes_[i].members = append(members_, drafts_[i].members);
    nodes_[i].scope = drafts_[i].scope;
    lay_out_children(drafts_[i], nodes_[i]);
  }
  mark_inside();
  key_bytes_.append(kOverread, '\0');
  drafts_.clear();
}

}  // namespace vedette::event
