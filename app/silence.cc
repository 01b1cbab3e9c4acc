#include "app/silence.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "app/terminal.h"
#include "engine/plan/print.h"

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

std::string shortened(const std::string& text) {
  constexpr std::size_t kShown = 60;
  return text.size() <= kShown ? text : text.substr(0, kShown) + "...";
}

std::string events_text(std::uint64_t count) { return fmt::format("{} event{}", with_thousands(count), count == 1 ? "" : "s"); }

}  // namespace

SilenceObserver::SilenceObserver(plan::PlanPtr plan)
    : plan_(std::move(plan)), rules_(plan_->rules.size()), per_source_(plan_->sources.size()) {}

void SilenceObserver::observe(const event::EventView& event, match::Matcher& matcher) {
  ++events_;
  ++per_source_[event.head.source];
  const plan::SourceProgram& program = plan_->sources[event.head.source];
  // The arms of a rule are neighbours; the event counts once for the rule, whichever arms it passes.
  for (std::uint32_t arm = 0; arm < program.arms.size();) {
    const std::uint32_t rule = program.arms[arm].rule;
    RuleCount& count = rules_[rule];
    EventOutcome outcome;
    for (; arm < program.arms.size() && program.arms[arm].rule == rule; ++arm) observe_arm(event, matcher, arm, count, outcome);
    ++count.of_source;
    count.first_term += outcome.first_term ? 1 : 0;
    count.matched += outcome.matched ? 1 : 0;
    count.filtered += outcome.filtered && !outcome.matched ? 1 : 0;
    for (SelectionCount& selection : count.selections) selection.count += outcome.selections.contains(selection.name) ? 1 : 0;
  }
}

void SilenceObserver::observe_arm(const event::EventView& event, match::Matcher& matcher, std::uint32_t index, RuleCount& count,
                                  EventOutcome& outcome) {
  const plan::SourceProgram& program = plan_->sources[event.head.source];
  const plan::Arm& arm = program.arms[index];
  nodes_.clear();
  const bool matched = matcher.trace(event, index, nodes_);
  outcome.matched = outcome.matched || matched;
  const auto result_of = [&](std::uint32_t node) {
    return std::any_of(nodes_.begin(), nodes_.end(),
                       [&](const match::NodeTrace& trace) { return trace.node == node && trace.result; });
  };
  outcome.filtered = outcome.filtered || (!matched && result_of(arm.root));
  const std::vector<bool> of_body = plan::nodes_under(arm, arm.root);
  const std::uint32_t first = first_predicate_node(arm);
  if (first != plan::kNone) {
    count.first_texts.insert(program.predicates[arm.nodes[first].predicate].text);
    outcome.first_term = outcome.first_term || result_of(first);
  }
  for (const plan::Selection& selection : arm.selections) {
    if (!of_body[selection.node]) continue;
    const bool known =
        std::any_of(count.selections.begin(), count.selections.end(), [&](const auto& s) { return s.name == selection.name; });
    if (!known) count.selections.push_back({selection.name, 0});
    if (result_of(selection.node)) outcome.selections.insert(selection.name);
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
  if (!count.first_texts.empty()) out += fmt::format(", {} passed its first term", with_thousands(count.first_term));
  if (count.first_texts.size() == 1) out += fmt::format(" ({})", shortened(*count.first_texts.begin()));
  std::string never;
  for (const SelectionCount& selection : count.selections) {
    if (selection.count == 0) never += (never.empty() ? "" : ", ") + selection.name;
  }
  if (count.matched > 0) out += fmt::format(", {} matched", with_thousands(count.matched));
  if (count.filtered > 0) out += fmt::format(", {} removed by filters", with_thousands(count.filtered));
  if (!never.empty()) out += "; never true: " + never;
  out += "\n";
}

void SilenceObserver::correlation_lines(std::string& out, std::size_t index, const correlate::Correlator& correlator) const {
  const plan::CorrelationPlan& correlation = plan_->correlations[index];
  const correlate::RuleCounters& counters = correlator.correlation_counters(static_cast<std::uint32_t>(index));
  out += fmt::format("  {}: {} contributed, {} complete window{}", correlation.meta.label(), events_text(counters.hits),
                     counters.triggers, counters.triggers == 1 ? "" : "s");
  out += fmt::format(" ({} within {})", plan::condition_text(correlation), format_duration(correlation.window));
  if (counters.left_out > 0) out += fmt::format("; {} left out for a missing group value", with_thousands(counters.left_out));
  out += "\n";
}

void SilenceObserver::source_line(std::string& out) const {
  std::string seen;
  for (std::size_t i = 0; i < per_source_.size(); ++i) {
    if (per_source_[i] > 0)
      seen += fmt::format("{}{} {}", seen.empty() ? "" : ", ", plan_->sources[i].source.name, with_thousands(per_source_[i]));
  }
  out += fmt::format("  events by source type: {}\n", seen.empty() ? "none" : seen);
  const bool served = std::any_of(rules_.begin(), rules_.end(), [](const RuleCount& rule) { return rule.of_source > 0; });
  if (events_ > 0 && !served) {
    out +=
        "  No event belongs to the log source of any rule: --source NAME forces a source type, --logsource says what generic "
        "JSON is.\n";
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
    out += fmt::format("  {}: {} matched\n", plan_->rules[i].meta.label(),
                       events_text(correlator.rule_counters(static_cast<std::uint32_t>(i)).hits));
  }
  for (std::size_t i = 0; i < plan_->correlations.size(); ++i) correlation_lines(out, i, correlator);
  return out;
}

}  // namespace vedette::app
