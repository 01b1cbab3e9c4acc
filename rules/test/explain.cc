#include "rules/test/explain.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>

namespace vedette::rules::test {
namespace {

using plan::CorrelationPlan;
using plan::CorrelationType;

bool named(const plan::RuleMeta& meta, const std::string& name) {
  return meta.label() == name || meta.id == name || meta.title == name;
}

std::string event_text(const TestCase& test, std::size_t index) {
  const TestEvent& event = test.events[index];
  const std::string at = offset_text(event.t, test.start);
  return event.id.empty() ? fmt::format("the event at {}", at) : fmt::format("{} at {}", event.id, at);
}

std::string plural(std::size_t count, const std::string& one) {
  return fmt::format("{} {}{}", count, one, count == 1 ? "" : "s");
}

std::string log_source_text(const plan::LogSource& source) {
  std::string out;
  for (const auto& [name, value] :
       {std::pair{"category", &source.category}, std::pair{"product", &source.product}, std::pair{"service", &source.service}}) {
    if (!value->empty()) out += fmt::format("{}{} {}", out.empty() ? "" : ", ", name, *value);
  }
  return out.empty() ? "every log source" : out;
}

std::string explain_rule(const plan::Plan& plan, const TestCase& test, const Run& run, std::uint32_t index) {
  const plan::RulePlan& rule = plan.rules[index];
  const auto served = [&](const TestEvent& event) {
    return std::find(rule.sources.begin(), rule.sources.end(), event.source) != rule.sources.end();
  };
  const auto seen = static_cast<std::size_t>(std::count_if(test.events.begin(), test.events.end(), served));
  if (seen == 0)
    return fmt::format("None of the {} is of a source with its log source ({}).", plural(test.events.size(), "event"),
                       log_source_text(rule.logsource));
  std::size_t matched = 0;
  for (const SeenHit& hit : run.hits) matched += hit.rule == index ? 1 : 0;
  std::string out =
      fmt::format("{} of {} could reach `{}`, {} matched", plural(seen, "event"), test.events.size(), rule.meta.label(), matched);
  if (matched > 0) return out + (rule.emits ? "." : "; it makes no alerts of its own (`generate: true` would).");
  const Miss* nearest = nullptr;
  for (const Miss& miss : run.misses) {
    if (miss.rule == index && miss.failed > 0 && (nearest == nullptr || miss.failed < nearest->failed)) nearest = &miss;
  }
  if (nearest == nullptr) return out + ".";
  return out + fmt::format("; the nearest, {}, missed {}.", event_text(test, nearest->event), nearest->first);
}

// What a hit brings to a correlation that reads its rule.
struct Contribution {
  TimeUs t = 0;
  std::size_t event = 0;
  std::uint32_t repeat = 1;
  std::size_t input = 0;
  std::vector<std::string> values;
};

using Group = std::vector<std::string>;

const std::vector<std::string>* column_of(const SeenHit& hit, const plan::Binding& binding) {
  return binding.column < hit.columns.size() ? &hit.columns[binding.column] : nullptr;
}

// The hit's groups; empty when a member is missing.
std::vector<Group> groups_of(const SeenHit& hit, const plan::Input& input) {
  std::vector<Group> out(1);
  for (const plan::Binding& member : input.members) {
    const auto* keys = column_of(hit, member);
    if (keys == nullptr || keys->empty()) return {};
    std::vector<Group> next;
    for (const Group& group : out) {
      for (const std::string& key : *keys) {
        next.push_back(group);
        next.back().push_back(key);
      }
    }
    out = std::move(next);
  }
  return out;
}

std::vector<std::string> values_of(const SeenHit& hit, const plan::Input& input) {
  std::vector<std::string> out(1);
  for (const plan::Binding& value : input.values) {
    const auto* keys = column_of(hit, value);
    if (keys == nullptr) return {};
    std::vector<std::string> next;
    for (const std::string& prefix : out) {
      for (const std::string& key : *keys) next.push_back(prefix + '\x1f' + key);
    }
    out = std::move(next);
  }
  return out;
}

// Positions of the sequence that the window's events fill, greedily from the first.
std::size_t sequence_length(const std::vector<const Contribution*>& window, std::size_t positions) {
  std::size_t filled = 0;
  std::set<std::size_t> used;
  for (const Contribution* item : window) {
    if (filled < positions && item->input == filled && used.insert(item->event).second) ++filled;
  }
  return filled;
}

std::uint64_t count_window(const CorrelationPlan& correlation, const std::vector<const Contribution*>& window) {
  if (correlation.type == CorrelationType::temporal_ordered) return sequence_length(window, correlation.inputs.size());
  std::map<std::size_t, std::uint32_t> events;
  std::set<std::string> values;
  std::set<std::size_t> inputs;
  for (const Contribution* item : window) {
    events[item->event] = item->repeat;
    values.insert(item->values.begin(), item->values.end());
    inputs.insert(item->input);
  }
  if (correlation.type == CorrelationType::value_count) return values.size();
  if (correlation.type == CorrelationType::temporal) return inputs.size();
  std::uint64_t count = 0;
  for (const auto& [event, repeat] : events) count += repeat;
  return count;
}

struct Best {
  std::uint64_t in_window = 0;
  std::uint64_t altogether = 0;
  TimeUs first = 0, last = 0;
  Group group;
};

Best best_window(const CorrelationPlan& correlation, const std::map<Group, std::vector<Contribution>>& groups) {
  Best best;
  for (const auto& [group, items] : groups) {
    std::vector<const Contribution*> all;
    for (const Contribution& item : items) all.push_back(&item);
    std::stable_sort(all.begin(), all.end(),
                     [](const auto* a, const auto* b) { return std::pair(a->t, a->input) < std::pair(b->t, b->input); });
    const std::uint64_t altogether = count_window(correlation, all);
    for (const Contribution* last : all) {
      std::vector<const Contribution*> window;
      for (const Contribution* item : all) {
        if (item->t >= last->t - correlation.window && item->t <= last->t) window.push_back(item);
      }
      const std::uint64_t count = count_window(correlation, window);
      if (std::pair(count, altogether) > std::pair(best.in_window, best.altogether))
        best = {count, altogether, all.front()->t, all.back()->t, group};
    }
  }
  return best;
}

// What the threshold counts; of other correlations there is none.
std::string unit_of(CorrelationType type) {
  if (type == CorrelationType::event_count) return "events";
  if (type == CorrelationType::value_count) return "values";
  return type == CorrelationType::temporal ? "rules" : "steps in order";
}

// It fires once enough of something lies in a window.
bool counts_up(const CorrelationPlan& correlation) {
  return correlation.threshold > 0 && std::none_of(correlation.inputs.begin(), correlation.inputs.end(),
                                                   [](const plan::Input& input) { return input.negated; });
}

std::string group_text(const CorrelationPlan& correlation, const Group& group) {
  std::string out;
  for (std::size_t i = 0; i < group.size() && i < correlation.members.size(); ++i)
    out += fmt::format("{}{} {}", i == 0 ? " for " : ", ", correlation.members[i], group[i]);
  return out;
}

std::string inputs_text(const plan::Plan& plan, const CorrelationPlan& correlation, const Run& run) {
  std::string out;
  for (const plan::Input& input : correlation.inputs) {
    const auto hits = std::count_if(run.hits.begin(), run.hits.end(),
                                    [&](const SeenHit& hit) { return !input.correlation && hit.rule == input.index; });
    const plan::RuleMeta& meta = input.correlation ? plan.correlations[input.index].meta : plan.rules[input.index].meta;
    if (!input.correlation) out += fmt::format("{}`{}` matched {} times", out.empty() ? "" : ", ", meta.label(), hits);
  }
  return out;
}

std::string explain_correlation(const plan::Plan& plan, const TestCase& test, const Run& run, std::uint32_t index) {
  const CorrelationPlan& correlation = plan.correlations[index];
  std::map<Group, std::vector<Contribution>> groups;
  std::size_t left_out = 0;
  for (std::size_t i = 0; i < correlation.inputs.size(); ++i) {
    const plan::Input& input = correlation.inputs[i];
    if (input.correlation) return closest_miss(plan, test, run, {true, true, input.index});
    for (const SeenHit& hit : run.hits) {
      if (hit.rule != input.index) continue;
      const std::vector<Group> found = groups_of(hit, input);
      left_out += found.empty() ? 1 : 0;
      for (const Group& group : found) groups[group].push_back({hit.t, hit.event, hit.repeat, i, values_of(hit, input)});
    }
  }
  for (const plan::Input& input : correlation.inputs) {
    if (input.negated || input.until) continue;
    const auto hit = std::any_of(run.hits.begin(), run.hits.end(), [&](const SeenHit& seen) { return seen.rule == input.index; });
    if (!hit) return explain_rule(plan, test, run, input.index);
  }
  std::string out = inputs_text(plan, correlation, run);
  if (left_out > 0)
    out += fmt::format(" ({} left out for want of {})", left_out, fmt::format("{}", fmt::join(correlation.members, ", ")));
  if (!counts_up(correlation))
    return out + fmt::format("; the condition was true of no window of {}.", format_duration(correlation.window));
  const std::uint64_t wanted =
      correlation.type == CorrelationType::temporal_ordered ? correlation.inputs.size() : correlation.threshold;
  const Best best = best_window(correlation, groups);
  out += fmt::format("; at most {} of {} {} within {}{}", best.in_window, wanted, unit_of(correlation.type),
                     format_duration(correlation.window), group_text(correlation, best.group));
  if (best.altogether > best.in_window)
    out += fmt::format(", {} over {} altogether", best.altogether, format_duration(best.last - best.first));
  return out + ".";
}

}  // namespace

RuleRef find_rule(const plan::Plan& plan, const std::string& name) {
  for (std::uint32_t i = 0; i < plan.correlations.size(); ++i) {
    if (named(plan.correlations[i].meta, name)) return {true, true, i};
  }
  for (std::uint32_t i = 0; i < plan.rules.size(); ++i) {
    if (named(plan.rules[i].meta, name)) return {true, false, i};
  }
  return {};
}

std::string closest_miss(const plan::Plan& plan, const TestCase& test, const Run& run, const RuleRef& rule) {
  if (test.events.empty()) return "The test has no events.";
  return rule.correlation ? explain_correlation(plan, test, run, rule.index) : explain_rule(plan, test, run, rule.index);
}

}  // namespace vedette::rules::test
