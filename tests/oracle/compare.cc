#include "tests/oracle/compare.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>

#include "tests/oracle/gen/calibrate.h"
#include "tests/oracle/gen/yaml.h"
#include "tests/oracle/naive/evaluate.h"

namespace vedette::oracle {
namespace {

constexpr std::uint64_t kAttempts = 4;  // at a rule set of which some cases fire and some do not

using Expected = std::map<std::string, naive::Alert>;

struct LoadedSet {
  std::uint64_t seed = 0;
  RuleSet set;
  std::unique_ptr<Pipeline> pipeline;
  std::string problem;
};

Expected expect(const Run& run, const naive::Rules& rules, bool* late = nullptr) {
  const naive::Log log = naive::sequence(run.log, run.clock, rules.sources, run.now);
  if (late != nullptr) *late = std::any_of(log.events.begin(), log.events.end(), [](const auto& event) { return event.late; });
  return naive::evaluate(log, rules);
}

std::set<std::string> ids_of(const Expected& expected, const std::string& rule) {
  std::set<std::string> ids;
  for (const auto& [id, alert] : expected) {
    if (alert.rule == rule) ids.insert(id);
  }
  return ids;
}

// The same rules with the far edges of windows and the deadlines moved by a microsecond.
naive::Rules with_moved_edges(naive::Rules rules) {
  rules.edge = 1;
  return rules;
}

using Revisions = std::map<std::string, std::vector<const EngineAlert*>>;

// What differs between the engine's alerts and the expected ones; empty when nothing does.
class Difference {
 public:
  Difference(const naive::Rules& rules, const Run& run, const Expected& expected, const Outcome& outcome, bool late)
      : rules_(rules), run_(run), expected_(expected), late_(late), text_(outcome.problem) {
    for (const EngineAlert& alert : outcome.alerts) revisions_[alert.id].push_back(&alert);
  }

  std::string text() {
    for (const auto& [id, alert] : expected_) {
      const auto found = revisions_.find(id);
      if (found != revisions_.end() && !found->second.back()->withdrawn) continue;
      text_ += fmt::format("missing    {} rule {} tenant {} by [{}] bucket {} t {}{}\n", id, alert.rule, alert.tenant,
                           fmt::join(alert.by, ", "), alert.bucket, alert.time,
                           found != revisions_.end() ? " (withdrawn)"
                           : alert.decided           ? fmt::format(" D {}", alert.deadline)
                                                     : "");
    }
    for (const auto& [id, revisions] : revisions_) {
      const EngineAlert& last = *revisions.back();
      const auto found = expected_.find(id);
      if (found != expected_.end()) {
        check(found->second, revisions);
      } else if (!last.withdrawn) {
        text_ += fmt::format("unexpected {} rule {} tenant {} t {}\n", id, last.rule, last.tenant, last.time);
      }
      check_numbers(revisions);
    }
    return text_;
  }

 private:
  const naive::Rules& rules_;
  const Run& run_;
  const Expected& expected_;
  bool late_;
  std::string text_;
  Revisions revisions_;

  // Revisions count from 1, except that a single-event alert may be repeated once its id was forgotten, which takes a very
  // late copy.
  void check_numbers(const std::vector<const EngineAlert*>& revisions) {
    const auto is_rule = [&](const naive::Rule& rule) { return rule.id == revisions[0]->rule; };
    if (late_ && std::any_of(rules_.rules.begin(), rules_.rules.end(), is_rule)) return;
    for (std::size_t i = 0; i < revisions.size(); ++i) {
      if (revisions[i]->revision == i + 1) continue;
      text_ += fmt::format("revision   {} has number {}, not {}\n", revisions[i]->id, revisions[i]->revision, i + 1);
      return;
    }
  }

  void check(const naive::Alert& alert, const std::vector<const EngineAlert*>& revisions) {
    const EngineAlert& first = *revisions.front();
    if (first.rule != alert.rule || first.tenant != alert.tenant) text_ += fmt::format("labels     {}\n", alert.id);
    if (alert.decided && (first.incomplete != alert.incomplete || first.at_end != alert.at_end)) {
      text_ += fmt::format("flags      {} incomplete {} at_end {}, not {} {}; D {} rule {}\n", alert.id, first.incomplete,
                           first.at_end, alert.incomplete, alert.at_end, alert.deadline, alert.rule);
    }
    // Of a withdrawn and renewed alert the content is that of the last; that something came too late changes none.
    const auto counts = [](const EngineAlert* revision) { return !revision->late_resolution; };
    const EngineAlert& last = **std::find_if(revisions.rbegin(), revisions.rend(), counts);
    const bool waits = std::any_of(rules_.correlations.begin(), rules_.correlations.end(), naive::waits);
    if (run_.clock == naive::Clock::merged && (alert.decided || !waits) && last.time != alert.time)
      text_ += fmt::format("time       {} is {}, not {}\n", alert.id, last.time, alert.time);
  }
};

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
    const std::vector<std::string> entries = {"", "down ", "up ", "tick "};
    log << fmt::format("{}{}{} t={} arrival={} {}\n", entries[static_cast<std::size_t>(record.entry)],
                       record.entry == naive::Entry::event ? "" : record.source + " ", record.stream,
                       record.t ? std::to_string(*record.t) : "none", record.arrival ? std::to_string(*record.arrival) : "none",
                       record.bytes);
  }
  std::ofstream report(place / "report.txt");
  report << fmt::format("kind {} seed {} run '{}' now {}\n", name_of(set.kind), seed, run.name, run.now);
  for (const auto& [name, source] : set.rules.sources)
    report << fmt::format("source {} accept {} settle {}\n", name, source.accept, source.settle);
  report << what << "\nexpected:\n";
  for (const auto& [id, alert] : expected) {
    report << fmt::format("{} rule {} tenant {} by [{}] bucket {} t {} D {} position {}{}{}\n", id, alert.rule, alert.tenant,
                          fmt::join(alert.by, ", "), alert.bucket, alert.time, alert.deadline, alert.position,
                          alert.incomplete ? " incomplete" : "", alert.at_end ? " at_end" : "");
  }
  report << "\nactual:\n";
  for (const EngineAlert& alert : outcome.alerts) {
    report << fmt::format("{} rule {} tenant {} t {} revision {}{}{}{}\n", alert.id, alert.rule, alert.tenant, alert.time,
                          alert.revision, alert.withdrawn ? " withdrawn" : "", alert.incomplete ? " incomplete" : "",
                          alert.at_end ? " at_end" : "");
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
    bool varied = false;
    for (std::uint64_t attempt = 0; attempt < kAttempts && !varied; ++attempt) {
      loaded_.set = make_rule_set(plan_.kind, seed, attempt);
      varied = calibrate(loaded_.set);
    }
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
    bool bad = false, excepted = false, any_late = false;
    const std::vector<Run> runs = make_runs(set, test_case);
    std::vector<std::set<std::string>> ids;
    for (const Run& run : runs) {
      bool late = false;
      const Expected expected = expect(run, set.rules, &late);
      const Outcome outcome = loaded_.pipeline->run(run);
      ++tally_.runs;
      tally_.alerts += expected.size();
      ids.push_back(ids_of(expected, set.rules.correlations.back().id));
      any_late = any_late || late;
      const std::string what = difference(set.rules, run, expected, outcome, late);
      if (what.empty() || bad) continue;
      if (is_excepted(run, what)) {
        excepted = true;
        continue;
      }
      bad = true;
      disagree(seed, run.name, what);
      if (!plan_.dump_folder.empty()) dump_least(run, seed);
    }
    if (excepted && !bad) ++tally_.excepted;
    if (any_late) ++tally_.late;
    if (plan_.statistics) count(runs, ids);
  }

  // The one exception of docs/semantics.md, 1: a negation over an inner rule keeps its deadline. The alerts are the same,
  // unless log time falls.
  [[nodiscard]] bool is_excepted(const Run& run, const std::string& what) const {
    const naive::Rules& rules = loaded_.set.rules;
    const auto reads_inner = [](const naive::Input& input) { return input.correlation; };
    const auto is_of_that_kind = [&](const naive::Correlation& one) {
      return naive::has_negation(one) && std::any_of(one.inputs.begin(), one.inputs.end(), reads_inner);
    };
    if (std::none_of(rules.correlations.begin(), rules.correlations.end(), is_of_that_kind)) return false;
    if (what.find("missing") == std::string::npos && what.find("unexpected") == std::string::npos) return true;
    return naive::log_time_falls(naive::sequence(run.log, run.clock, rules.sources, run.now), rules);
  }

  // The case with as few records as still disagree, each left out in turn.
  void dump_least(Run run, std::uint64_t seed) {
    const naive::Rules& rules = loaded_.set.rules;
    const auto differs = [&](const Run& smaller) {
      const std::string what = difference(rules, smaller, expect(smaller, rules), loaded_.pipeline->run(smaller), false);
      return !what.empty() && !is_excepted(smaller, what);
    };
    std::size_t before = run.log.size() + 1;
    for (std::size_t size = run.log.size() / 2; size > 0; size = size > 1 ? size / 2 : run.log.size() < before ? 1 : 0) {
      before = run.log.size();
      for (std::size_t i = 0; i + size <= run.log.size();) {
        Run smaller = run;
        const auto from = smaller.log.begin() + static_cast<std::ptrdiff_t>(i);
        smaller.log.erase(from, from + static_cast<std::ptrdiff_t>(size));
        if (differs(smaller)) {
          run = std::move(smaller);
        } else {
          i += size;
        }
      }
    }
    const Expected expected = expect(run, rules);
    const Outcome outcome = loaded_.pipeline->run(run);
    dump(plan_.dump_folder, loaded_.set, seed, run, expected, outcome, difference(rules, run, expected, outcome, false));
  }

  // A case fires when its replay does; it is at a boundary when moved edges change its replay or its live run.
  void count(const std::vector<Run>& runs, const std::vector<std::set<std::string>>& ids) {
    if (!ids.front().empty()) ++tally_.fired;
    const naive::Rules moved = with_moved_edges(loaded_.set.rules);
    const auto changes = [&](std::size_t run) {
      return ids[run] != ids_of(expect(runs[run], moved), moved.correlations.back().id);
    };
    if (changes(0) || changes(runs.size() - 1)) ++tally_.boundary;
  }
};

}  // namespace

std::string difference(const naive::Rules& rules, const Run& run, const std::map<std::string, naive::Alert>& expected,
                       const Outcome& outcome, bool late) {
  return Difference(rules, run, expected, outcome, late).text();
}

Tally compare(const Plan& plan) { return Comparison(plan).run(); }

std::uint64_t first_seed_of(std::size_t kind) { return (kind + 1) * kSeedsPerKind; }

std::uint64_t cases_of(const Kind& kind) {
  const char* text = std::getenv("VEDETTE_ORACLE_CASES");
  std::uint64_t wanted = text != nullptr ? std::strtoull(text, nullptr, 10) : 0;
  if (wanted == 0) wanted = 2000;
  return kind.inner ? std::max<std::uint64_t>(wanted / 90, kCasesPerRuleSet) : wanted;
}

}  // namespace vedette::oracle
