// Random rules with levels and random filters over random events, from YAML through the real compiler, decoder and matcher,
// against the naive matcher: hits, levels and what each filter removed. VEDETTE_SEED chooses another seed.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <map>
#include <random>
#include <string>

#include "engine/event/decoder.h"
#include "engine/match/matcher.h"
#include "rules/sigma/load.h"
#include "rules/source/load.h"
#include "tests/match/exhaustive/comparison.h"

namespace vedette::match {
namespace {

// What one event came to: level by title of the rule that it hits ("-" = the rule's own), removals by title of the filter.
struct Outcome {
  std::map<std::string, std::string> levels;
  std::map<std::string, std::uint64_t> removed;
};

class Engine final : public event::EventVisitor {
 public:
  explicit Engine(const std::string& rules) {
    Diagnostics diagnostics;
    rules::CompileOptions options;
    options.sources = rules::load_sources(rules::builtin_sources(), diagnostics);
    options.lists["some"] = {"a", "b*"};
    options.json_logsources = {{"", "small", "one"}, {"", "small", "two"}};
    plan_ = rules::compile({{"rules.yml", rules}}, options, diagnostics).plan;
    for (const Diagnostic& each : diagnostics.items()) {
      if (each.severity == Severity::error) ADD_FAILURE() << render_human(each, false);
    }
    if (!plan_) return;
    decoder_ = std::make_unique<event::Decoder>(plan_);
    matcher_ = std::make_unique<Matcher>(MatchProgram::build(plan_).value());
    for (std::uint32_t i = 0; i < plan_->sources.size(); ++i) {
      if (plan_->sources[i].source.name == "json") origin_.source = i;
    }
  }
  [[nodiscard]] bool ok() const { return plan_ != nullptr; }

  Outcome run(const std::string& record) {
    outcome_ = {};
    const std::string padded = record + std::string(event::kPadding, '\0');
    event::RawRecord raw;
    raw.bytes = std::string_view(padded).substr(0, record.size());
    TimeUs line_clock = 0;
    decoder_->decode(raw, origin_, line_clock, *this);
    return outcome_;
  }

  void on_event(const event::EventView& event) override {
    std::vector<std::uint32_t> arms, plain;
    std::vector<std::uint64_t> filtered(plan_->filters.size(), 0);
    matcher_->match(event, arms, filtered);
    matcher_->match(event, plain);
    EXPECT_EQ(arms, plain);
    Arena arena;
    for (const std::uint32_t arm : arms) {
      const correlate::Hit hit = matcher_->project(event, arm, arena);
      outcome_.levels[plan_->rules[hit.rule].meta.title] = hit.level ? plan::level_name(*hit.level) : "-";
    }
    for (std::size_t i = 0; i < filtered.size(); ++i) {
      if (filtered[i] > 0) outcome_.removed[plan_->filters[i].title] = filtered[i];
    }
    check_traces(event, arms);
  }
  void on_reject(const event::Reject& reject) override { ADD_FAILURE() << reject.message; }

 private:
  // Explanations say the same.
  void check_traces(const event::EventView& event, const std::vector<std::uint32_t>& arms) {
    const plan::SourceProgram& program = plan_->sources[event.head.source];
    std::vector<NodeTrace> nodes;
    for (std::uint32_t arm = 0; arm < program.arms.size(); ++arm) {
      EXPECT_EQ(matcher_->trace(event, arm, nodes), std::find(arms.begin(), arms.end(), arm) != arms.end())
          << plan_->rules[program.arms[arm].rule].meta.title;
    }
  }

  plan::PlanPtr plan_;
  std::unique_ptr<event::Decoder> decoder_;
  std::unique_ptr<Matcher> matcher_;
  event::Origin origin_;
  Outcome outcome_;
};

class Random {
 public:
  explicit Random(std::uint64_t from) : engine_(from) {}
  std::size_t below(std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(engine_); }
  bool one_in(std::size_t n) { return below(n) == 0; }
  template <typename T>
  const T& of(const std::vector<T>& all) {
    return all[below(all.size())];
  }

 private:
  std::mt19937_64 engine_;
};

const Texts kDays = {"2026-01-01", "2026-02-28", "2026-03-01", "2026-12-31"};

std::string item(Random& random) {
  const std::string field = random.of(Texts{"f", "g", "h"});
  if (random.one_in(6)) return "'" + field + "|expand': '%some%'";
  if (random.one_in(6)) return field + ": null";
  return field + ": " + random.of(Texts{"a", "b", "'b*'", "[a, c]", "c"});
}

std::string selections(Random& random) {
  std::string out;
  for (const char* name : {"x_one", "x_two", "y"}) out += "  " + std::string(name) + ": {" + item(random) + "}\n";
  return out;
}

std::string condition(Random& random) {
  return random.of(
      Texts{"x_one", "not y", "1 of x_*", "all of x_*", "x_one and not y", "not 1 of x_*", "y or not x_two", "1 of them"});
}

std::string service(Random& random) { return random.of(Texts{"", ", service: one", ", service: two"}); }

std::string rule(Random& random, std::size_t number) {
  const std::string id = std::to_string(number);
  std::string out = "title: r" + id + "\nname: r" + id + "\nlevel: low\nlogsource: {product: small" + service(random) +
                    "}\ndetection:\n" + selections(random) + "  condition: " + condition(random) + "\n";
  if (!random.one_in(3)) return out;
  out += "level-when:\n";
  for (const char* level : {"critical", "medium", "high"}) {
    if (!random.one_in(3)) out += "  - " + std::string(level) + ": " + condition(random) + "\n";
  }
  return out.ends_with("level-when:\n") ? out + "  - high: y\n" : out;
}

std::string filter(Random& random, std::size_t number, std::size_t rules) {
  std::string out = "title: f" + std::to_string(number) + "\nlogsource: {product: small" + service(random) + "}\n";
  const bool inside = random.one_in(2);
  const std::string expires = random.one_in(2) ? "expires: " + random.of(kDays) + "\n" : "";
  if (!inside) out += expires;
  out += "filter:\n";
  if (inside && !expires.empty()) out += "  " + expires;
  if (random.one_in(4)) {
    out += "  rules: any\n";
  } else {
    out += "  rules: [r" + std::to_string(random.below(rules)) + ", r" + std::to_string(random.below(rules)) + "]\n";
  }
  return out + selections(random) + "  condition: " + condition(random) + "\n";
}

std::string event(Random& random, std::string& day) {
  std::string out = "{\"id\":1";
  for (const char* field : {"f", "g", "h"}) {
    if (!random.one_in(4)) out += ",\"" + std::string(field) + "\":\"" + random.of(Texts{"a", "b", "bb", "c", "d"}) + "\"";
  }
  if (random.one_in(8)) return out + "}";
  const std::string clock = random.of(Texts{"00:00:00Z", "23:59:59.999999Z", "12:00:00Z"});
  day = random.of(kDays);
  return out + ",\"time\":\"" + day + "T" + clock + "\"}";
}

Outcome naive_outcome(const std::vector<naive::Rule>& rules, const naive::Event& event) {
  Outcome out;
  for (const naive::Rule& rule : rules) {
    naive::Rule unfiltered = rule;
    unfiltered.filters.clear();
    if (!naive::matches(unfiltered, event)) continue;
    for (const naive::Filter& filter : rule.filters) {
      if (naive::removes(filter, event)) ++out.removed[filter.title];
    }
    if (!naive::matches(rule, event)) continue;
    const std::string level = naive::level_of(rule, event);
    out.levels[rule.title] = level.empty() ? "-" : level;
  }
  return out;
}

TEST(Filters, RandomRulesFiltersAndLevels) {
  const char* given = std::getenv("VEDETTE_SEED");
  const std::uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 10) : 20261124;
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  Random random(seed);
  std::size_t hits = 0, removed = 0, raised = 0, events = 0;
  for (int round = 0; round < 60; ++round) {
    std::string text;
    constexpr std::size_t kRules = 8, kFilters = 6;
    for (std::size_t i = 0; i < kRules; ++i) text += (i == 0 ? "" : "---\n") + rule(random, i);
    for (std::size_t i = 0; i < kFilters; ++i) text += "---\n" + filter(random, i, kRules);
    Engine engine(text);
    ASSERT_TRUE(engine.ok()) << text;
    const std::vector<naive::Rule> rules = naive::parse_rules(text, {{"some", {"a", "b*"}}});
    for (int i = 0; i < 80; ++i) {
      naive::Event parsed;
      const std::string record = event(random, parsed.day);
      parsed.json = naive::parse_json(record).value();
      const Outcome want = naive_outcome(rules, parsed), got = engine.run(record);
      ASSERT_EQ(got.levels, want.levels) << record << "\n" << text;
      ASSERT_EQ(got.removed, want.removed) << record << "\n" << text;
      ++events;
      hits += got.levels.size();
      for (const auto& [title, level] : got.levels) raised += level == "-" ? 0 : 1;
      for (const auto& [title, count] : got.removed) removed += count;
    }
  }
  std::printf("filters: %zu events, %zu hits, %zu with a level of their own, %zu removed\n", events, hits, raised, removed);
  EXPECT_GT(hits, events);
  EXPECT_GT(raised, hits / 20);
  EXPECT_GT(removed, hits / 4);
}

}  // namespace
}  // namespace vedette::match
