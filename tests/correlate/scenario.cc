#include "scenario.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>
#include <sstream>

#include "engine/base/arena.h"
#include "engine/base/fold.h"

namespace vedette::test {
namespace {

constexpr std::uint32_t kUser = 0;
constexpr std::uint32_t kValue = 1;
constexpr std::uint32_t kIp = 2;
constexpr std::uint32_t kCasedUser = 3;
const Values kColumnNames = {"user", "value", "ip", "user|cased"};
const Values kSources = {"aws", "okta", "sshd"};

DurationUs us(double seconds) { return static_cast<DurationUs>(seconds * 1e6); }

std::uint32_t column_of(const std::string& name) {
  const auto found = std::find(kColumnNames.begin(), kColumnNames.end(), name);
  return static_cast<std::uint32_t>(found - kColumnNames.begin());
}

struct Builder {
  std::shared_ptr<plan::Plan> plan = std::make_shared<plan::Plan>();
  std::map<std::string, std::uint32_t> rules;
  std::map<std::string, std::uint32_t> correlations;

  std::uint32_t rule(const std::string& name) {
    const auto [place, added] = rules.emplace(name, static_cast<std::uint32_t>(plan->rules.size()));
    if (added) {
      plan::RulePlan rule;
      rule.meta.key = rule.meta.id = rule.meta.name = name;
      rule.meta.title = "Rule " + name;
      rule.meta.author = "author of " + name;
      for (const std::string& column : kColumnNames) rule.columns.push_back({column, column.ends_with("|cased")});
      rule.accept = 6 * kHourUs;
      rule.sources = {0, 1, 2};
      rule.emits = false;
      plan->rules.push_back(rule);
    }
    return place->second;
  }

  plan::Binding binding(const plan::Input& input, const std::string& name) {
    plan::Binding binding;
    if (!input.correlation) {
      binding.column = column_of(name);
      return binding;
    }
    const Values& inner = plan->correlations[input.index].members;
    const std::vector<plan::Export>& exports = plan->correlations[input.index].exports;
    const auto exported = std::find_if(exports.begin(), exports.end(), [&](const plan::Export& e) { return e.name == name; });
    if (exported != exports.end()) {
      binding.inner_export = static_cast<std::int32_t>(exported - exports.begin());
      return binding;
    }
    auto member = std::find(inner.begin(), inner.end(), name);
    if (member == inner.end()) {
      member = std::find(inner.begin(), inner.end(), name + "|cased");
      binding.fold = member != inner.end();
    }
    if (member != inner.end()) {
      binding.inner_member = static_cast<std::int32_t>(member - inner.begin());
    } else {
      binding.column_of_rule.assign(64, column_of(name));
    }
    return binding;
  }

  // Postfix: operands are metrics, span, first, last and numbers.
  static plan::Expr expression(const std::string& text, const std::vector<plan::Metric>& metrics) {
    using plan::ExprKind;
    static const std::map<std::string, ExprKind> kOperators = {
        {"+", ExprKind::add},       {"-", ExprKind::subtract}, {"*", ExprKind::multiply}, {"/", ExprKind::divide},
        {"<", ExprKind::lt},        {"<=", ExprKind::lte},     {">", ExprKind::gt},       {">=", ExprKind::gte},
        {"==", ExprKind::eq},       {"!=", ExprKind::neq},     {"and", ExprKind::all_of}, {"or", ExprKind::any_of},
        {"not", ExprKind::negation}};
    static const std::map<std::string, ExprKind> kNames = {
        {"span", ExprKind::span}, {"first", ExprKind::first}, {"last", ExprKind::last}};
    plan::Expr expr;
    expr.text = text;
    std::vector<std::uint32_t> stack;
    std::istringstream words(text);
    for (std::string word; words >> word;) {
      plan::ExprNode node;
      const auto metric = std::find_if(metrics.begin(), metrics.end(), [&](const plan::Metric& m) { return m.name == word; });
      if (const auto known = kOperators.find(word); known != kOperators.end()) {
        node.kind = known->second;
        const std::size_t operands = node.kind == ExprKind::negation ? 1 : 2;
        node.children.assign(stack.end() - static_cast<std::ptrdiff_t>(operands), stack.end());
        stack.resize(stack.size() - operands);
      } else if (kNames.contains(word)) {
        node.kind = kNames.at(word);
      } else if (metric != metrics.end()) {
        node.kind = ExprKind::metric;
        node.index = static_cast<std::uint32_t>(metric - metrics.begin());
      } else {
        node.text = word;
      }
      stack.push_back(static_cast<std::uint32_t>(expr.nodes.size()));
      expr.nodes.push_back(node);
    }
    EXPECT_LE(stack.size(), 1U) << text;
    if (!stack.empty()) expr.root = stack.back();
    return expr;
  }

  static std::vector<plan::Metric> metrics_of(const Corr& spec) {
    std::vector<plan::Metric> out;
    std::uint32_t first = static_cast<std::uint32_t>(spec.values.size());
    for (const MetricSpec& metric : spec.metrics) {
      plan::Metric made{metric.name, metric.kind, {}, first, static_cast<std::uint32_t>(metric.fields.size())};
      first += made.values;
      for (std::uint32_t i = 0; i < spec.rules.size(); ++i) {
        const bool listed = std::find(metric.of.begin(), metric.of.end(), spec.rules[i]) != metric.of.end();
        if (metric.of.empty() || listed) made.inputs.push_back(i);
      }
      out.push_back(made);
    }
    return out;
  }

  void add(const Corr& spec) {
    plan::CorrelationPlan c;
    c.meta.key = c.meta.id = c.meta.name = spec.name;
    c.meta.title = "Correlation " + spec.name;
    c.meta.author = "author of " + spec.name;
    c.type = spec.type;
    c.window = us(spec.window);
    c.threshold = spec.threshold;
    c.members = spec.members;
    c.value_names = spec.values;
    c.suppress.for_us = us(spec.period);
    c.suppress.by = spec.by;
    if (spec.by.empty() && !spec.by_nothing) {
      c.suppress.by.resize(spec.members.size());
      std::iota(c.suppress.by.begin(), c.suppress.by.end(), 0U);
    }
    c.across_tenants = spec.across_tenants;
    c.accept = us(spec.accept);
    c.retention = c.window + c.suppress.for_us + c.accept;
    c.sources = {0, 1, 2};
    c.decision = spec.decision;
    c.settled = spec.settled;
    c.bounds = spec.bounds;
    c.sum_risk = spec.sum_risk;
    c.change_all = spec.change_all;
    c.speed_kmh = spec.speed_kmh;
    c.distance_km = spec.distance_km;
    c.metrics = metrics_of(spec);
    c.condition = expression(spec.condition, c.metrics);
    for (const auto& [level, condition] : spec.level_when) c.level_when.push_back({level, expression(condition, c.metrics)});
    c.title = spec.title;
    c.meta.risk = spec.risk;
    for (const std::string& name : spec.rules) c.inputs.push_back(input(name, spec, c));
    for (const std::string& name : spec.until) {
      c.inputs.push_back(input(name, spec, c));
      c.inputs.back().until = true;
    }
    for (const auto& [name, field] : spec.exports) {
      c.exports.push_back({name, {}});
      for (const plan::Input& from : c.inputs) c.exports.back().values.push_back(binding(from, field));
    }
    correlations.emplace(spec.name, static_cast<std::uint32_t>(plan->correlations.size()));
    plan->correlations.push_back(c);
  }

  plan::Input input(const std::string& name, const Corr& spec, plan::CorrelationPlan& outer) {
    plan::Input input;
    const auto found = correlations.find(name);
    input.correlation = found != correlations.end();
    input.index = input.correlation ? found->second : rule(name);
    if (input.correlation) {
      plan::CorrelationPlan& inner = plan->correlations[input.index];
      inner.inner = true;
      outer.level = std::max(outer.level, inner.level + 1);
      outer.retention += inner.window + inner.accept;
    }
    for (const std::string& member : spec.members) input.members.push_back(binding(input, member));
    if (spec.sum_risk) return input;
    for (const std::string& value : spec.values) input.values.push_back(binding(input, value));
    for (const MetricSpec& metric : spec.metrics) {
      for (const std::string& field : metric.fields) input.values.push_back(binding(input, field));
    }
    return input;
  }
};

// The views of one event, as a worker would hand them over.
struct Projected {
  Arena arena;
  correlate::EventHits hits;

  correlate::ColumnValues column(const Values& values, bool cased = false) {
    std::vector<correlate::ColumnValue> out;
    for (const std::string& value : values) {
      const std::string key = cased ? value : folded(value);
      const auto same = [&](const correlate::ColumnValue& known) { return known.key == key; };
      if (std::any_of(out.begin(), out.end(), same)) continue;
      out.push_back({arena.copy(value), arena.copy(key)});
    }
    const auto span = arena.array<correlate::ColumnValue>(out.size());
    std::copy(out.begin(), out.end(), span.begin());
    return span;
  }
};

void project(const plan::Plan& plan, const Event& event, Projected& out) {
  std::vector<correlate::Hit> hits;
  for (std::uint32_t r = 0; r < plan.rules.size(); ++r) {
    if (std::find(event.rules.begin(), event.rules.end(), plan.rules[r].meta.name) == event.rules.end()) continue;
    const auto columns = out.arena.array<correlate::ColumnValues>(kColumnNames.size());
    columns[kUser] = out.column(event.user);
    columns[kValue] = out.column(event.value);
    columns[kIp] = out.column(event.ip);
    columns[kCasedUser] = out.column(event.user, true);
    hits.push_back({r, 0, columns, event.level});
  }
  const auto span = out.arena.array<correlate::Hit>(hits.size());
  std::copy(hits.begin(), hits.end(), span.begin());
  out.hits.hits = span;
  out.hits.head.t = us(event.t);
  out.hits.head.a = us(event.a);
  out.hits.head.id = out.arena.copy(event.id);
  out.hits.head.repeat = event.repeat;
  out.hits.head.flags = static_cast<std::uint8_t>(event.flags | (event.repeat > 1 ? event::kRepeated : 0));
  out.hits.head.source = static_cast<std::uint32_t>(std::find(kSources.begin(), kSources.end(), event.source) - kSources.begin());
}

}  // namespace

plan::PlanPtr make_plan(const PlanSpec& spec) {
  Builder builder;
  for (const std::string& name : kSources) {
    plan::SourceProgram program;
    program.source.name = name;
    builder.plan->sources.push_back(program);
  }
  for (const std::string& name : spec.emit) {
    plan::RulePlan& rule = builder.plan->rules[builder.rule(name)];
    rule.emits = true;
    rule.suppress = spec.rule_suppress;
    rule.title = spec.rule_title;
  }
  for (const Corr& correlation : spec.correlations) builder.add(correlation);
  for (const auto& [name, risk] : spec.risk) builder.plan->rules[builder.rule(name)].meta.risk = risk;
  for (std::size_t i = 0; i < spec.correlations.size(); ++i) {
    plan::CorrelationPlan& correlation = builder.plan->correlations[i];
    correlation.emits = !correlation.inner || spec.correlations[i].generate;
    for (plan::Input& input : correlation.inputs) {
      for (std::vector<plan::Binding>* bindings : {&input.members, &input.values}) {
        for (plan::Binding& binding : *bindings) {
          if (!binding.column_of_rule.empty()) binding.column_of_rule.resize(builder.plan->rules.size());
        }
      }
    }
  }
  return builder.plan;
}

void Replay::feed(const Event& event) {
  Projected projected;
  project(*plan_, event, projected);
  event::Origin origin;
  origin.tenant = event.tenant;
  origin.tenant_index = tenants_.emplace(event.tenant, static_cast<std::uint32_t>(tenants_.size())).first->second;
  correlator_.apply(projected.hits, origin, alerts_);
  correlator_.advance(0, projected.hits.head.source, projected.hits.head.a);
}

std::vector<alert::Alert> Replay::alerts_of(const std::string& rule) const {
  std::vector<alert::Alert> out;
  for (const alert::Alert& alert : alerts_) {
    if (alert.rule->name == rule) out.push_back(alert);
  }
  return out;
}

std::set<std::int64_t> Replay::buckets(const std::string& rule) const {
  std::set<std::int64_t> out;
  for (const alert::Alert& alert : alerts_of(rule)) {
    EXPECT_TRUE(out.insert(alert.bucket).second) << "two alerts in bucket " << alert.bucket;
  }
  return out;
}

std::set<std::int64_t> Replay::settled_buckets(const std::string& rule) const {
  std::map<std::string, alert::Alert> latest;
  for (const alert::Alert& alert : alerts_of(rule)) {
    const auto [place, first] = latest.try_emplace(alert.alert_id, alert);
    EXPECT_EQ(alert.revision, first ? 1 : place->second.revision + 1) << alert.alert_id;
    place->second = alert;
  }
  std::set<std::int64_t> out;
  for (const auto& [id, alert] : latest) {
    if (!alert.withdrawn) {
      EXPECT_TRUE(out.insert(alert.bucket).second) << "two alerts in bucket " << alert.bucket;
    }
  }
  return out;
}

std::set<std::string> Replay::settled_ids() const {
  std::set<std::string> out;
  for (const alert::Alert& alert : alerts_) {
    if (alert.withdrawn) {
      out.erase(alert.alert_id);
    } else {
      out.insert(alert.alert_id);
    }
  }
  return out;
}

std::set<std::string> Replay::ids() const {
  std::set<std::string> out;
  for (const alert::Alert& alert : alerts_) EXPECT_TRUE(out.insert(alert.alert_id).second) << "repeated " << alert.alert_id;
  return out;
}

std::set<std::int64_t> buckets_in_every_order(const PlanSpec& spec, std::vector<Event> events, const std::string& rule) {
  const plan::PlanPtr plan = make_plan(spec);
  Replay given(plan);
  given.feed_all(events);
  const std::set<std::int64_t> expected = given.settled_buckets(rule);
  const bool refutable = std::any_of(plan->correlations.begin(), plan->correlations.end(),
                                     [](const plan::CorrelationPlan& c) { return c.decision == plan::DecisionClass::refutable; });
  const auto compare = [&](const std::vector<Event>& order) {
    Replay run(plan);
    run.feed_all(order);
    EXPECT_EQ(run.settled_buckets(rule), expected);
    EXPECT_EQ(run.settled_ids(), given.settled_ids());
    if (!refutable) {
      EXPECT_EQ(run.ids(), given.ids());
    }
  };
  std::vector<std::size_t> order(events.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto arranged = [&] {
    std::vector<Event> out;
    for (const std::size_t i : order) out.push_back(events[i]);
    return out;
  };
  if (events.size() <= 6) {
    do compare(arranged());
    while (std::next_permutation(order.begin(), order.end()) && !testing::Test::HasFailure());
    return expected;
  }
  std::mt19937_64 random(20260105);
  const int shuffles = events.size() < 20 ? 200 : 20;
  for (int i = 0; i < shuffles && !testing::Test::HasFailure(); ++i) {
    std::shuffle(order.begin(), order.end(), random);
    compare(arranged());
  }
  return expected;
}

}  // namespace vedette::test
