#include "tests/oracle/compare.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>

#include "tests/oracle/naive/evaluate.h"

namespace vedette::oracle {
namespace {

using Expected = std::map<std::string, naive::Alert>;

struct LoadedSet {
  std::uint64_t seed = 0;
  RuleSet set;
  std::unique_ptr<Pipeline> pipeline;
  std::string problem;
};

Expected expect(const Run& run, const naive::Rules& rules, bool* late = nullptr) {
  const std::vector<naive::Event> events = naive::sequence(run.log, run.clock, rules.sources, run.now);
  if (late != nullptr) *late = std::any_of(events.begin(), events.end(), [](const naive::Event& event) { return event.late; });
  return naive::evaluate(events, rules);
}

std::set<std::string> ids_of(const Expected& expected, const std::string& rule) {
  std::set<std::string> ids;
  for (const auto& [id, alert] : expected) {
    if (alert.rule == rule) ids.insert(id);
  }
  return ids;
}

// The same rules with windows open at their old end: (t - W, t].
naive::Rules with_open_windows(naive::Rules rules) {
  for (naive::Correlation& correlation : rules.correlations) {
    if (!correlation.suppress.period) correlation.suppress.period = std::max(correlation.window, naive::kHour);
    correlation.window -= 1;
  }
  return rules;
}

std::string describe(const Expected& expected, const Outcome& outcome) {
  std::string text;
  std::map<std::string, const EngineAlert*> actual;
  for (const EngineAlert& alert : outcome.alerts) actual[alert.id] = &alert;
  for (const auto& [id, alert] : expected) {
    if (actual.contains(id)) continue;
    text += fmt::format("missing    {} rule {} tenant {} by [{}] bucket {} t {}\n", id, alert.rule, alert.tenant,
                        fmt::join(alert.by, ", "), alert.bucket, alert.time);
  }
  for (const auto& [id, alert] : actual) {
    if (expected.contains(id)) continue;
    text += fmt::format("unexpected {} rule {} tenant {} t {}\n", id, alert->rule, alert->tenant, alert->time);
  }
  return text;
}

// What differs between the engine's alerts and the expected ones; empty when nothing does.
std::string difference(const naive::Rules& rules, const Run& run, const Expected& expected, const Outcome& outcome, bool late) {
  std::string text = outcome.problem + describe(expected, outcome);
  std::set<std::string> seen;
  for (const EngineAlert& alert : outcome.alerts) {
    // A single-event alert may be repeated once its id was forgotten, which takes a very late copy.
    const auto is_rule = [&](const naive::Rule& rule) { return rule.id == alert.rule; };
    const bool single = std::any_of(rules.rules.begin(), rules.rules.end(), is_rule);
    if (!seen.insert(alert.id).second && !(single && late)) text += fmt::format("twice      {}\n", alert.id);
    const auto found = expected.find(alert.id);
    if (found == expected.end() || run.clock != naive::Clock::merged) continue;
    if (alert.time != found->second.time)
      text += fmt::format("time       {} is {}, not {}\n", alert.id, alert.time, found->second.time);
    if (alert.rule != found->second.rule || alert.tenant != found->second.tenant)
      text += fmt::format("labels     {}\n", alert.id);
  }
  return text;
}

void dump(const std::string& folder, const RuleSet& set, std::uint64_t seed, const Run& run, const Expected& expected,
          const Outcome& outcome, const std::string& what) {
  const std::filesystem::path place = std::filesystem::path(folder) / fmt::format("seed-{}", seed);
  std::error_code ignored;
  std::filesystem::create_directories(place, ignored);
  std::ofstream(place / "rules.yml") << to_yaml(set);
  std::ofstream events(place / "events.ndjson");
  std::ofstream log(place / "log.txt");
  for (const naive::Record& record : run.log) {
    events << record.bytes << "\n";
    log << fmt::format("{} t={} arrival={} {}\n", record.stream, record.t ? std::to_string(*record.t) : "none",
                       record.arrival ? std::to_string(*record.arrival) : "none", record.bytes);
  }
  std::ofstream report(place / "report.txt");
  report << fmt::format("kind {} seed {} run '{}' now {}\n", name_of(set.kind), seed, run.name, run.now);
  for (const auto& [name, source] : set.rules.sources) report << fmt::format("source {} accept {}\n", name, source.accept);
  report << what << "\nexpected:\n";
  for (const auto& [id, alert] : expected) {
    report << fmt::format("{} rule {} tenant {} by [{}] bucket {} t {}\n", id, alert.rule, alert.tenant,
                          fmt::join(alert.by, ", "), alert.bucket, alert.time);
  }
  report << "\nactual:\n";
  for (const EngineAlert& alert : outcome.alerts) {
    report << fmt::format("{} rule {} tenant {} t {}\n", alert.id, alert.rule, alert.tenant, alert.time);
  }
}

class Comparison {
 public:
  explicit Comparison(const Plan& plan) : plan_(plan) {}

  Tally run() {
    for (std::uint64_t seed = plan_.first_seed; seed < plan_.first_seed + plan_.cases; ++seed) {
      if (!loaded_.pipeline || loaded_.seed != set_seed(seed)) load(set_seed(seed));
      ++tally_.cases;
      if (!loaded_.pipeline) {
        disagree(seed, "load", loaded_.problem);
      } else {
        one_case(seed);
      }
      if (plan_.stop_early && tally_.disagreements > 0) break;
    }
    return tally_;
  }

 private:
  const Plan& plan_;
  Tally tally_;
  LoadedSet loaded_;

  static std::uint64_t set_seed(std::uint64_t seed) { return seed / kCasesPerRuleSet * kCasesPerRuleSet; }

  void load(std::uint64_t seed) {
    loaded_ = {};
    loaded_.seed = seed;
    loaded_.set = make_rule_set(plan_.kind, seed);
    loaded_.pipeline = Pipeline::load(to_yaml(loaded_.set), loaded_.set.rules.sources, loaded_.problem);
    ++tally_.rule_sets;
  }

  void disagree(std::uint64_t seed, const std::string& run, const std::string& what) {
    if (tally_.disagreements++ > 0) return;
    tally_.first_bad_seed = seed;
    tally_.first_bad = run + ":\n" + what;
  }

  void one_case(std::uint64_t seed) {
    const RuleSet& set = loaded_.set;
    const Case test_case = make_case(set, seed, plan_.scale);
    bool bad = false, any_late = false;
    const std::vector<Run> runs = make_runs(set, test_case);
    for (const Run& run : runs) {
      bool late = false;
      const Expected expected = expect(run, set.rules, &late);
      const Outcome outcome = loaded_.pipeline->run(run);
      ++tally_.runs;
      tally_.alerts += expected.size();
      any_late = any_late || late;
      const std::string what = difference(set.rules, run, expected, outcome, late);
      if (what.empty() || bad) continue;
      bad = true;
      disagree(seed, run.name, what);
      if (!plan_.dump_folder.empty()) dump(plan_.dump_folder, set, seed, run, expected, outcome, what);
    }
    if (any_late) ++tally_.late;
    if (plan_.statistics) count(runs.front());
  }

  void count(const Run& replay) {
    const std::string& rule = loaded_.set.rules.correlations.back().id;
    const std::set<std::string> closed = ids_of(expect(replay, loaded_.set.rules), rule);
    const std::set<std::string> open = ids_of(expect(replay, with_open_windows(loaded_.set.rules)), rule);
    if (!closed.empty()) ++tally_.fired;
    if (closed != open) ++tally_.boundary;
  }
};

}  // namespace

Tally compare(const Plan& plan) { return Comparison(plan).run(); }

std::uint64_t first_seed_of(std::size_t kind) { return (kind + 1) * kSeedsPerKind; }

std::uint64_t cases_per_kind() {
  const char* text = std::getenv("VEDETTE_ORACLE_CASES");
  const std::uint64_t wanted = text != nullptr ? std::strtoull(text, nullptr, 10) : 0;
  return wanted > 0 ? wanted : 2000;
}

}  // namespace vedette::oracle
