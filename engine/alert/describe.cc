#include "engine/alert/describe.h"

#include <fmt/format.h>

#include <array>

#include "engine/base/fold.h"

namespace vedette::alert {
namespace {

std::string join(const std::vector<std::string>& parts, std::string_view separator, std::string_view last) {
  std::string out;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) out += i + 1 == parts.size() ? last : separator;
    out += parts[i];
  }
  return out;
}

// " for alice", " for alice and 10.0.0.1", or nothing for a rule without a group.
std::string whom(const Members& group) {
  if (group.empty()) return {};
  std::vector<std::string> values;
  for (const auto& [member, value] : group) values.push_back(value.empty() ? "no " + member : value);
  return " for " + join(values, ", ", " and ");
}

std::string within(DurationUs span) { return span <= 0 ? " at the same time" : " within " + format_duration(span); }

// "> 5, <= 20"
std::string bounds_text(const std::vector<plan::Bound>& bounds) {
  static constexpr std::array<std::string_view, 5> kOps = {"<", "<=", ">", ">=", "="};
  std::string out;
  for (const plan::Bound& bound : bounds) {
    if (!out.empty()) out += ", ";
    out += fmt::format("{} {}", bound.differs ? "!=" : kOps[static_cast<std::size_t>(bound.op)], bound.number);
  }
  return out;
}

std::string_view plural(std::uint64_t count) { return count == 1 ? "" : "s"; }

bool ends_with(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}
bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

}  // namespace

std::string count_reason(std::uint64_t count, bool of_alerts, const std::vector<std::string>& sources, const Members& group,
                         DurationUs window, std::uint64_t threshold) {
  std::string what;
  if (of_alerts) {
    what = fmt::format("{} contributing alert{}", count, plural(count));
  } else if (sources.size() == 1) {
    what = fmt::format("{} {} event{}", count, sources.front(), plural(count));
  } else {
    what = fmt::format("{} event{} of {} systems", count, plural(count), sources.size());
  }
  return fmt::format("{}{}{} (threshold {})", what, whom(group), within(window), threshold);
}

std::string distinct_reason(std::uint64_t count, const std::vector<std::string>& fields, const Members& group, DurationUs window,
                            std::uint64_t threshold) {
  return fmt::format("{} distinct {}{}{} (threshold {})", count, join(fields, ", ", " and "), whom(group), within(window),
                     threshold);
}

// One rule alone (the others are negated) has no span to speak of.
std::string temporal_reason(const std::vector<std::string>& rules, const Members& group, DurationUs span) {
  return join(rules, ", ", " and ") + whom(group) + (rules.size() == 1 && span <= 0 ? "" : within(span));
}

std::string ordered_reason(const std::vector<std::string>& rules, const Members& group, DurationUs span) {
  return join(rules, " then ", " then ") + whom(group) + (rules.size() == 1 && span <= 0 ? "" : within(span));
}

std::string window_reason(const plan::CorrelationPlan& plan, const std::string& measured, const Members& group) {
  std::string what;
  switch (plan.type) {
    case plan::CorrelationType::event_count:
      what = measured + " events";
      break;
    case plan::CorrelationType::value_count:
      what = fmt::format("{} distinct {}", measured, join(plan.value_names, ", ", " and "));
      break;
    default:
      what = fmt::format("{} of {} {}", plan::type_name(plan.type).substr(std::string_view("value_").size()),
                         plan.sum_risk ? "risk" : plan.value_names.front(), measured);
  }
  return fmt::format("{}{} in a window of {} ({})", what, whom(group), format_duration(plan.window), bounds_text(plan.bounds));
}

std::string type_reason(const plan::CorrelationPlan& plan, std::uint64_t count, const std::string& detail, const Members& group) {
  const std::string names = join(plan.value_names, ", ", " and ");
  switch (plan.type) {
    case plan::CorrelationType::value_sum:
      return fmt::format("sum of {} is {} over {} event{}{}{} ({})", plan.sum_risk ? "risk" : names, detail, count, plural(count),
                         whom(group), within(plan.window), bounds_text(plan.bounds));
    case plan::CorrelationType::new_value: {
      const Members keys(group.begin(), group.begin() + static_cast<std::ptrdiff_t>(plan.members.size()));
      std::vector<std::string> values;
      for (std::size_t i = plan.members.size(); i < group.size(); ++i) values.push_back(group[i].second);
      return fmt::format("{} {} for the first time in {}{}", names, join(values, ", ", ", "), format_duration(plan.window),
                         whom(keys));
    }
    case plan::CorrelationType::value_change:
      return fmt::format("{}{}{}", detail, whom(group), within(plan.window));
    case plan::CorrelationType::travel:
      return fmt::format("travelled {}{}", detail, whom(group));
    default:
      return fmt::format("{}{}{} ({})", detail, whom(group), within(plan.window), plan.condition.text);
  }
}

std::string without_reason(std::string text, const std::vector<std::string>& rules, DurationUs window) {
  return fmt::format("{}, without {}{}", text, join(rules, ", ", " or "), within(window));
}

std::string event_reason(std::string_view source, std::string_view rule, const Members& group, std::uint64_t repeat) {
  const std::string what = repeat > 1 ? fmt::format("{} {} events", repeat, source) : fmt::format("{} event", source);
  return fmt::format("{} matched {}{}", what, rule, whom(group));
}

std::string entity_type(std::string_view member) {
  const std::string name = folded(member);
  const std::size_t dot = name.rfind('.');
  const std::string_view last = dot == std::string::npos ? std::string_view(name) : std::string_view(name).substr(dot + 1);
  if (name == "identity.user" || name == "person") return "person";
  if (contains(last, "session") || name == "session.id") return "session";
  if (last == "ip" || ends_with(last, "_ip") || contains(last, "ipaddress") || contains(last, "ip_address") ||
      name == "source.address" || (member.size() > 2 && member.ends_with("Ip"))) {
    return "ip";
  }
  if (name == "user" || last == "username" || last == "user" || last == "alternateid" || name.starts_with("user.") ||
      name.starts_with("actor.") || last == "email") {
    return "user";
  }
  return std::string(member);
}

}  // namespace vedette::alert
