#include "engine/match/body.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace vedette::match {
namespace {

constexpr double kLaterShare = 0.3;  // how often a conjunct after the first is reached, roughly

}  // namespace

Body::Body(const plan::Arm& arm, std::uint32_t root, const std::vector<CompiledPredicate>& predicates, std::uint32_t implied) {
  nodes_.resize(1);
  place(draft(arm, root, predicates, implied), 0);
}

Body::Draft Body::draft(const plan::Arm& arm, std::uint32_t index, const std::vector<CompiledPredicate>& predicates,
                        std::uint32_t implied) {
  const plan::Node& node = arm.nodes[index];
  Draft out;
  out.kind = node.kind;
  if (node.kind == plan::NodeKind::predicate) {
    if (node.predicate == implied) {
      out.kind = plan::NodeKind::always;
      return out;
    }
    out.predicate = node.predicate;
    out.cost = predicates[node.predicate].cost();
    return out;
  }
  const bool conjunction = node.kind == plan::NodeKind::all_of;
  out.members = node.members;
  for (const std::uint32_t child : node.children) {
    Draft part = draft(arm, child, predicates, conjunction ? implied : plan::kNone);
    if (conjunction && part.kind == plan::NodeKind::always) continue;
    if (part.kind == node.kind && node.kind != plan::NodeKind::negation) {
      std::move(part.children.begin(), part.children.end(), std::back_inserter(out.children));
    } else {
      out.children.push_back(std::move(part));
    }
  }
  std::stable_sort(out.children.begin(), out.children.end(), [](const Draft& a, const Draft& b) { return a.cost < b.cost; });
  double reach = 1;
  for (const Draft& child : out.children) {
    out.cost += child.cost * reach;
    if (conjunction || node.kind == plan::NodeKind::any_member) reach = kLaterShare;
  }
  if (conjunction && out.children.empty()) out.kind = plan::NodeKind::always;
  if ((conjunction || node.kind == plan::NodeKind::any_of) && out.children.size() == 1) {
    Draft only = std::move(out.children.front());
    return only;
  }
  return out;
}

void Body::place(const Draft& draft, std::uint32_t at) {
  nodes_[at].kind = draft.kind;
  nodes_[at].predicate = draft.predicate;
  nodes_[at].members = draft.members;
  const auto first = static_cast<std::uint32_t>(nodes_.size());
  nodes_[at].first = first;
  nodes_[at].count = static_cast<std::uint32_t>(draft.children.size());
  nodes_.resize(nodes_.size() + draft.children.size());
  for (std::uint32_t i = 0; i < draft.children.size(); ++i) place(draft.children[i], first + i);
}

bool Body::holds(std::uint32_t at, const std::vector<CompiledPredicate>& predicates, Values& values) const {
  const Node& node = nodes_[at];
  switch (node.kind) {
    case plan::NodeKind::predicate:
      return predicates[node.predicate].evaluate(values);
    case plan::NodeKind::all_of:
      for (std::uint32_t i = 0; i < node.count; ++i) {
        if (!holds(node.first + i, predicates, values)) return false;
      }
      return true;
    case plan::NodeKind::any_of:
      for (std::uint32_t i = 0; i < node.count; ++i) {
        if (holds(node.first + i, predicates, values)) return true;
      }
      return false;
    case plan::NodeKind::negation:
      return node.count == 0 || !holds(node.first, predicates, values);
    case plan::NodeKind::always:
      return true;
    case plan::NodeKind::any_member:
      return some_member(node, predicates, values);
  }
  return false;
}

bool Body::some_member(const Node& node, const std::vector<CompiledPredicate>& predicates, Values& values) const {
  for (const Cell& member : values.field(node.members)) {
    std::uint32_t met = 0;
    while (met < node.count && predicates[nodes_[node.first + met].predicate].evaluate_in(values, member.value.element)) ++met;
    if (met == node.count) return true;
  }
  return false;
}

}  // namespace vedette::match
