// When correlations speak: their decision class, how long waiting decisions wait, and how long hits are kept.
#include <fmt/format.h>

#include <algorithm>

#include "rules/sigma/compiler.h"

namespace vedette::rules {
namespace {

using plan::CorrelationPlan;
using plan::CorrelationType;
using plan::DecisionClass;
using plan::ExprKind;
using plan::MetricKind;

// `value >= number`, in either order, of a count or distinct count.
bool is_lower_bound(const CorrelationPlan& plan, const plan::ExprNode& node) {
  const bool turned = node.kind == ExprKind::lt || node.kind == ExprKind::lte;
  if (!turned && node.kind != ExprKind::gt && node.kind != ExprKind::gte) return false;
  const plan::ExprNode& value = plan.condition.nodes[node.children[turned ? 1 : 0]];
  const plan::ExprNode& number = plan.condition.nodes[node.children[turned ? 0 : 1]];
  return value.kind == ExprKind::metric && plan.metrics[value.index].kind != MetricKind::sum && number.kind == ExprKind::number;
}

// More events can only make it true.
bool only_rises(const CorrelationPlan& plan, std::uint32_t at) {
  const plan::ExprNode& node = plan.condition.nodes[at];
  if (node.kind != ExprKind::all_of && node.kind != ExprKind::any_of) return is_lower_bound(plan, node);
  return std::all_of(node.children.begin(), node.children.end(), [&](std::uint32_t child) { return only_rises(plan, child); });
}

bool negates(const CorrelationPlan& plan) {
  return std::any_of(plan.inputs.begin(), plan.inputs.end(), [](const plan::Input& input) { return input.negated; });
}

DecisionClass own_class(const CorrelationPlan& plan) {
  if (plan.tumbling || negates(plan)) return DecisionClass::waiting;
  if (plan.type == CorrelationType::new_value) return DecisionClass::refutable;
  if (plan.type != CorrelationType::metrics) return DecisionClass::monotone;
  const bool until = std::any_of(plan.inputs.begin(), plan.inputs.end(), [](const plan::Input& input) { return input.until; });
  return until || !only_rises(plan, plan.condition.root) ? DecisionClass::refutable : DecisionClass::monotone;
}

// The longest that a waiting rule below holds its decisions.
DurationUs hold_below(const std::vector<CorrelationPlan>& all, const CorrelationPlan& plan) {
  DurationUs longest = 0;
  for (const plan::Input& input : plan.inputs) {
    if (!input.correlation) continue;
    const CorrelationPlan& inner = all[input.index];
    longest = std::max({longest, hold_below(all, inner), inner.decision == DecisionClass::waiting ? inner.max_hold : 0});
  }
  return longest;
}

// What a correlation looks back beyond its window and acceptance.
DurationUs further_back(const CorrelationPlan& plan) {
  DurationUs out = plan.learn;
  if (plan.decision == DecisionClass::waiting) out += plan.settle + plan.max_hold;
  if (plan.settled) out += plan.accept;
  if (negates(plan)) out += 2 * plan.window;
  return out;
}

}  // namespace

void Compiler::make_decision(const CorrelationDoc& doc, const Linked& linked, CorrelationPlan& out) {
  if (!documents_[linked.document].good) return;
  out.decision = own_class(out);
  std::size_t refutable = 0;
  while (refutable < out.inputs.size() &&
         !(out.inputs[refutable].correlation &&
           plan_->correlations[out.inputs[refutable].index].decision == DecisionClass::refutable)) {
    ++refutable;
  }
  const bool waiting = out.decision == DecisionClass::waiting;
  if (refutable < out.inputs.size()) {
    if (waiting) {
      error(linked.document, "V1234", linked.refs[refutable].where,
            fmt::format("alerts of `{}` can be withdrawn, but this correlation decides once", linked.refs[refutable].text),
            fmt::format("write `decide: settled` into `{}`", linked.refs[refutable].text));
      return;
    }
    out.decision = DecisionClass::refutable;
  }
  if (waiting && doc.settled) {
    error(linked.document, "V1232", doc.decide_where, "`decide` has no meaning here: this correlation always waits",
          "remove `decide`");
  } else if (doc.settled.value_or(false) && out.decision == DecisionClass::monotone) {
    error(linked.document, "V1232", doc.decide_where,
          "`decide: settled` has no meaning here: nothing can refute this correlation", "remove `decide`");
  } else if (doc.settled.value_or(false)) {
    out.settled = true;
    out.decision = DecisionClass::waiting;
  }
}

// How long after its event an input can be expected: sources settle, an inner correlation waits in addition.
DurationUs Compiler::settle_of(const plan::Input& input) const {
  if (!input.correlation) return source_settle_of(input);
  const CorrelationPlan& inner = plan_->correlations[input.index];
  DurationUs out = 0;
  for (const plan::Input& below : inner.inputs) out = std::max(out, settle_of(below));
  if (inner.decision == DecisionClass::waiting) out += inner.window;
  return out + (inner.settled ? inner.accept : 0);
}

// The largest among the sources that an input comes from.
DurationUs Compiler::source_settle_of(const plan::Input& input) const {
  const std::vector<std::uint32_t>& sources =
      input.correlation ? plan_->correlations[input.index].sources : plan_->rules[input.index].sources;
  DurationUs out = 0;
  for (const std::uint32_t source : sources) out = std::max(out, sources_[source].source().settle);
  return out;
}

// The longest time that a waiting rule below lets pass between an event and its decision.
DurationUs Compiler::inner_wait(const CorrelationPlan& plan) const {
  DurationUs longest = 0;
  for (const plan::Input& input : plan.inputs) {
    if (!input.correlation) continue;
    const CorrelationPlan& inner = plan_->correlations[input.index];
    longest = std::max(longest, inner_wait(inner));
    if (inner.decision == DecisionClass::waiting)
      longest = std::max(longest, (inner.settled ? inner.accept : inner.window) + inner.settle);
  }
  return longest;
}

// Of tumbling windows the inputs count, of negations the negated ones. What inner correlations wait comes on top of what
// events may take. Settled rules wait for what they accept, and for nothing else but inner rules.
void Compiler::make_settle(const CorrelationDoc& doc, const Linked& linked, CorrelationPlan& out) {
  if (!documents_[linked.document].good) return;
  const bool waiting = out.decision == DecisionClass::waiting;
  if (doc.settle && (!waiting || out.settled)) {
    error(linked.document, "V1233", doc.settle->where,
          "`settle` has no meaning here: this correlation waits for no window to close", "remove it");
  }
  if (doc.max_hold && !waiting)
    error(linked.document, "V1233", doc.max_hold->where, "`max_hold` has no meaning here: this correlation never waits",
          "remove it");
  if (!waiting) return;
  DurationUs from_sources = 0;
  if (out.settled) out.settle = inner_wait(out);
  for (const plan::Input& input : out.inputs) {
    if (out.settled || (negates(out) && !input.negated)) continue;
    out.settle = std::max(out.settle, settle_of(input));
    from_sources = std::max(from_sources, source_settle_of(input));
  }
  const DurationUs longest = out.accept + out.settle - from_sources;
  if (doc.settle) out.settle = doc.settle->value;
  if (doc.max_hold) out.max_hold = doc.max_hold->value;
  if (out.sources.empty()) return;  // sees no events
  if (out.settle > longest) {
    error(linked.document, "V1233", doc.settle ? doc.settle->where : doc.where,
          fmt::format("decisions wait for {}, but events are accepted for {}", format_duration(out.settle),
                      format_duration(longest)),
          fmt::format("give a `settle` of at most {}", format_duration(longest)));
  } else if (doc.max_hold && out.settle + out.max_hold > longest) {
    error(linked.document, "V1233", doc.max_hold->where,
          fmt::format("`settle` and `max_hold` are {} together, but events are accepted for {}",
                      format_duration(out.settle + out.max_hold), format_duration(longest)),
          fmt::format("give a `max_hold` of at most {}", format_duration(longest - out.settle)));
  }
  out.max_hold = std::max(std::min(out.max_hold, longest - out.settle), hold_below(plan_->correlations, out));
}

// An outer rule looks back through its inner ones; all correlations of a chain keep what the outermost needs.
void Compiler::make_retention() {
  std::vector<CorrelationPlan>& all = plan_->correlations;
  std::vector<DurationUs> inner_sum(all.size(), 0);  // of everything below
  for (std::size_t i = 0; i < all.size(); ++i) {
    std::set<std::uint32_t> below, open;
    for (const plan::Input& input : all[i].inputs) {
      if (input.correlation) open.insert(input.index);
    }
    while (!open.empty()) {
      const std::uint32_t index = *open.begin();
      open.erase(open.begin());
      if (!below.insert(index).second) continue;
      inner_sum[i] += all[index].window + all[index].accept + further_back(all[index]);
      for (const plan::Input& input : all[index].inputs) {
        if (input.correlation) open.insert(input.index);
      }
    }
    all[i].retention = all[i].window + all[i].accept + all[i].suppress.for_us + further_back(all[i]) + inner_sum[i];
  }
  for (std::size_t i = all.size(); i-- > 0;) {
    for (const plan::Input& input : all[i].inputs) {
      if (input.correlation) all[input.index].retention = std::max(all[input.index].retention, all[i].retention);
    }
  }
}

}  // namespace vedette::rules
