#include "app/silence.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "app/terminal.h"

namespace vedette::app {

namespace {

// The predicate that evaluation reaches first.
std::uint32_t first_predicate_node(const plan::Arm& arm) {
  std::uint32_t node = arm.root;
  while (arm.nodes[node].kind != plan::NodeKind::predicate) {
    if (arm.nodes[node].children.empty()) return plan::kNone;
    node = arm.nodes[node].children.front();
  }
  return node;
}

std::string events_text(std::uint64_t count) { return fmt::format("{} event{}", with_thousands(count), count == 1 ? "" : "s"); }

}  // namespace

SilenceObserver::SilenceObserver(plan::PlanPtr plan) : plan_(std::move(plan)), rules_(plan_->rules.size()), per_source_(plan_->sources.size()) {}

void SilenceObserver::observe(const event::EventView& event, match::Matcher& matcher) {
  ++events_;
  ++per_source_[event.head.source];
  const plan::SourceProgram& program = plan_->sources[event.head.source];
  std::uint32_t last_rule = plan::kNone;
  for (std::uint32_t arm = 0; arm < program.arms.size(); ++arm) {
    const std::uint32_t rule = program.arms[arm].rule;
    if (rule != last_rule) ++rules_[rule].of_source;
    last_rule = rule;
    observe_arm(event, matcher, arm);
  }
}

void SilenceObserver::observe_arm(const event::EventView& event, match::Matcher& matcher, std::uint32_t index) {
  const plan::SourceProgram& program = plan_->sources[event.head.source];
  const plan::Arm& arm = program.arms[index];
  RuleCount& rule = rules_[arm.rule];
  nodes_.clear();
  if (matcher.trace(event, index, nodes_)) ++rule.matched;
  const auto result_of = [&](std::uint32_t node) {
    return std::any_of(nodes_.begin(), nodes_.end(), [&](const match::NodeTrace& trace) { return trace.node == node && trace.result; });
  };
  const std::uint32_t first = first_predicate_node(arm);
  if (first != plan::kNone) {
    if (rule.first_text.empty()) rule.first_text = program.predicates[arm.nodes[first].predicate].text;
    if (result_of(first)) ++rule.first_term;
  }
  for (const plan::Selection& selection : arm.selections) {
    auto found = std::find_if(rule.selections.begin(), rule.selections.end(), [&](const auto& s) { return s.name == selection.name; });
    if (found == rule.selections.end()) found = rule.selections.insert(found, {selection.name, 0});
    if (result_of(selection.node)) ++found->count;
  }
}

void SilenceObserver::rule_lines(std::string& out, std::size_t index) const {
  const plan::RulePlan& rule = plan_->rules[index];
  const RuleCount& count = rules_[index];
  out += fmt::format("  {}: {} of its log source", rule.meta.label(), events_text(count.of_source));
  if (count.of_source == 0) {
    std::string wanted;
    for (const std::string& part : {rule.logsource.category, rule.logsource.product, rule.logsource.service}) {
      if (!part.empty()) wanted += (wanted.empty() ? "" : "/") + part;
    }
    out += fmt::format(" ({})\n", wanted);
    return;
  }
  if (!count.first_text.empty()) out += fmt::format(", {} passed its first term ({})", with_thousands(count.first_term), count.first_text);
  std::string never;
  for (const SelectionCount& selection : count.selections) {
    if (selection.count == 0) never += (never.empty() ? "" : ", ") + selection.name;
  }
  if (count.matched > 0) out += fmt::format(", {} matched", with_thousands(count.matched));
  if (!never.empty()) out += "; never true: " + never;
  out += "\n";
}

void SilenceObserver::correlation_lines(std::string& out, std::size_t index, const correlate::Correlator& correlator) const {
  const plan::CorrelationPlan& correlation = plan_->correlations[index];
  const correlate::RuleCounters& counters = correlator.correlation_counters(static_cast<std::uint32_t>(index));
  out += fmt::format("  {}: {} contributed, {} complete window{}", correlation.meta.label(), events_text(counters.hits), counters.triggers,
                     counters.triggers == 1 ? "" : "s");
  if (correlation.type != plan::CorrelationType::temporal_ordered) {
    out += fmt::format(" ({} >= {} within {})", plan::type_name(correlation.type), correlation.threshold, format_duration(correlation.window));
  } else {
    out += fmt::format(" ({} within {})", plan::type_name(correlation.type), format_duration(correlation.window));
  }
  if (counters.left_out > 0) out += fmt::format("; {} left out for a missing group value", with_thousands(counters.left_out));
  out += "\n";
}

void SilenceObserver::source_line(std::string& out) const {
  std::string seen;
  for (std::size_t i = 0; i < per_source_.size(); ++i) {
    if (per_source_[i] > 0) seen += fmt::format("{}{} {}", seen.empty() ? "" : ", ", plan_->sources[i].source.name, with_thousands(per_source_[i]));
  }
  out += fmt::format("  events by source type: {}\n", seen.empty() ? "none" : seen);
  const bool served = std::any_of(rules_.begin(), rules_.end(), [](const RuleCount& rule) { return rule.of_source > 0; });
  if (events_ > 0 && !served) {
    out += "  No event belongs to the log source of any rule: --source NAME forces a source type, --logsource says what generic JSON is.\n";
  }
}

std::string SilenceObserver::report(const correlate::Correlator& correlator) const {
  std::string out = "No alerts. Why, rule by rule:\n";
  source_line(out);
  for (std::size_t i = 0; i < rules_.size(); ++i) rule_lines(out, i);
  for (std::size_t i = 0; i < plan_->correlations.size(); ++i) correlation_lines(out, i, correlator);
  return out;
}

std::string SilenceObserver::report_counters(const correlate::Correlator& correlator) const {
  std::string out = "No alerts. Why, rule by rule:\n";
  for (std::size_t i = 0; i < rules_.size(); ++i) {
    out += fmt::format("  {}: {} matched\n", plan_->rules[i].meta.label(), events_text(correlator.rule_counters(static_cast<std::uint32_t>(i)).hits));
  }
  for (std::size_t i = 0; i < plan_->correlations.size(); ++i) correlation_lines(out, i, correlator);
  return out;
}

}  // namespace vedette::app
