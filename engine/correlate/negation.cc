#include "engine/correlate/negation.h"

#include <algorithm>

namespace vedette::correlate {

Negation::Negation(const WindowContext& context, const plan::CorrelationPlan& plan)
    : Window(context, plan.window, 1), plan_(plan), ordered_(plan.type == plan::CorrelationType::temporal_ordered), before_(1) {
  for (std::uint32_t i = 0; i < plan.inputs.size(); ++i) {
    if (plan.inputs[i].negated) {
      before_.back().push_back(i);
      negated_.push_back(i);
    } else {
      positives_.push_back(i);
      before_.emplace_back();
    }
  }
  if (!ordered_ || !before_.back().empty()) wait_ = plan.window;
  present_.resize(plan.inputs.size());
}

void Negation::recheck(Group& group, std::uint32_t index, std::vector<std::uint32_t>& triggers) {
  const TimeUs t = group.hits[index].t;
  for (std::uint32_t i = group.hits.lower_bound(t); i < group.hits.size() && group.hits[i].t <= t + width_; ++i) {
    if ((group.hits[i].info & kTriggerBit) != 0 || !complete(group, i, kAnyStamp)) continue;
    group.hits[i].info |= kTriggerBit;
    triggers.push_back(i);
  }
}

bool Negation::may_end(const GroupHit& hit) const { return ordered_ ? input_of(hit) == positives_.back() : !negated(hit); }

bool Negation::holds(const Group& group, std::uint32_t index, TimeUs limit) { return search(group, index, limit, true); }
bool Negation::complete(const Group& group, std::uint32_t index, TimeUs limit) { return search(group, index, limit, false); }

bool Negation::search(const Group& group, std::uint32_t index, TimeUs limit, bool with_negations) {
  const GroupHit& hit = group.hits[index];
  if (!may_end(hit) || !known(hit, limit)) return false;
  chosen_.assign(1, index);
  if (ordered_) {
    if (with_negations && cancelled(group, before_.back(), hit.t + 1, hit.t + width_, limit)) return false;
    return fill(group, limit, with_negations);
  }
  if (!expression(group, hit.t, limit)) return false;
  return !with_negations || !cancelled(group, negated_, hit.t - width_, hit.t + width_, limit);
}

// A negated hit in [from, to] that is none of the chosen events.
bool Negation::cancelled(const Group& group, const std::vector<std::uint32_t>& inputs, TimeUs from, TimeUs to,
                         TimeUs limit) const {
  if (inputs.empty()) return false;
  const bool open_edge = mutated(Mutation::negation_open_edge);
  for (std::uint32_t i = group.hits.lower_bound(from); i < group.hits.size() && group.hits[i].t <= to; ++i) {
    const GroupHit& hit = group.hits[i];
    if (open_edge && (hit.t == from || hit.t == to)) continue;
    if (std::find(inputs.begin(), inputs.end(), input_of(hit)) == inputs.end() || !known(hit, limit)) continue;
    const std::uint32_t base = context_.records.base_of(hit.record);
    const bool used = std::any_of(chosen_.begin(), chosen_.end(), [&](std::uint32_t chosen) {
      return context_.records.base_of(group.hits[chosen].record) == base;
    });
    if (!used) return true;
  }
  return false;
}

// All gaps of a full choice.
bool Negation::free_of_negations(const Group& group, TimeUs limit) const {
  const auto time_of = [&](std::size_t position) { return group.hits[chosen_[positives_.size() - 1 - position]].t; };
  for (std::size_t p = 0; p < positives_.size(); ++p) {
    const TimeUs to = time_of(p);
    if (cancelled(group, before_[p], p == 0 ? to - width_ : time_of(p - 1), to, limit)) return false;
  }
  const TimeUs last = group.hits[chosen_.front()].t;
  return !cancelled(group, before_.back(), last, last + width_, limit);
}

// Chooses the positives before those in chosen_, latest first. An event that is chosen cancels nothing, so gaps are judged for
// good only when all are chosen; a negated hit strictly inside a gap can never be one of them, and an earlier choice only
// widens the gap.
bool Negation::fill(const Group& group, TimeUs limit, bool with_negations) {
  if (chosen_.size() == positives_.size()) return !with_negations || free_of_negations(group, limit);
  const std::size_t position = positives_.size() - 1 - chosen_.size();
  const TimeUs next = group.hits[chosen_.back()].t;
  const TimeUs begin = group.hits[chosen_.front()].t - width_;
  for (std::uint32_t i = group.hits.upper_bound(next); i > 0 && group.hits[i - 1].t >= begin; --i) {
    const GroupHit& hit = group.hits[i - 1];
    if (with_negations && cancelled(group, before_[position + 1], hit.t + 1, next - 1, limit)) return false;
    if (input_of(hit) != positives_[position] || !known(hit, limit)) continue;
    const std::uint32_t base = context_.records.base_of(hit.record);
    const bool taken = std::any_of(chosen_.begin(), chosen_.end(), [&](std::uint32_t chosen) {
      return context_.records.base_of(group.hits[chosen].record) == base;
    });
    if (taken) continue;
    chosen_.push_back(i - 1);
    if (fill(group, limit, with_negations)) return true;
    chosen_.pop_back();
  }
  return false;
}

bool Negation::expression(const Group& group, TimeUs t, TimeUs limit) {
  std::fill(present_.begin(), present_.end(), 0);
  for (std::uint32_t i = group.hits.lower_bound(t - width_); i < group.hits.size() && group.hits[i].t <= t; ++i) {
    if (known(group.hits[i], limit)) present_[input_of(group.hits[i])] = 1;
  }
  return evaluate(plan_.condition.root);
}

bool Negation::evaluate(std::uint32_t node) const {
  const plan::ExprNode& expr = plan_.condition.nodes[node];
  const auto holds = [this](std::uint32_t child) { return evaluate(child); };
  if (expr.kind == plan::ExprKind::present) return present_[expr.index] != 0;
  if (expr.kind == plan::ExprKind::any_of) return std::any_of(expr.children.begin(), expr.children.end(), holds);
  return std::all_of(expr.children.begin(), expr.children.end(), holds);
}

// Ordered: the chosen positives; unordered: everything positive in the window.
std::uint64_t Negation::evidence(const Group& group, std::uint32_t trigger, std::vector<std::uint32_t>& hits) {
  if (ordered_) {
    (void)search(group, trigger, evidence_limit_, true);
    hits.assign(chosen_.begin(), chosen_.end());
    std::sort(hits.begin(), hits.end());
    return positives_.size();
  }
  std::vector<std::uint8_t> seen(plan_.inputs.size(), 0);
  const TimeUs t = group.hits[trigger].t;
  for (std::uint32_t i = group.hits.lower_bound(t - width_); i < group.hits.size() && group.hits[i].t <= t; ++i) {
    if (negated(group.hits[i]) || !known(group.hits[i], evidence_limit_)) continue;
    hits.push_back(i);
    seen[input_of(group.hits[i])] = 1;
  }
  return static_cast<std::uint64_t>(std::count(seen.begin(), seen.end(), 1));
}

}  // namespace vedette::correlate
