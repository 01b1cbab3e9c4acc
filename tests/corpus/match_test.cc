// Every corpus rule on generated events, on their mutations and on all corpus events: engine against naive matcher.
#include "tests/naive_match/match.h"

#include <gtest/gtest.h>
#include <re2/re2.h>

#include <algorithm>
#include <cstdio>
#include <iterator>
#include <map>
#include <stdexcept>

#include "tests/corpus/corpus.h"
#include "tests/corpus/engine.h"
#include "tests/corpus/generate.h"

namespace vedette::corpus {
namespace {

struct Pair {
  naive::Rule naive;
  std::string file;
};

struct Counts {
  std::size_t events = 0, pairs = 0, fired = 0, rejected = 0;
};

class CorpusMatch : public ::testing::Test {
 protected:
  // Loaded once: rules, lists for every placeholder, both matchers.
  static void SetUpTestSuite() {
    if (root().empty() || engine_ != nullptr) return;
    std::vector<yaml::File> files;
    std::vector<plan::LogSource> logsources;
    for (const std::string& path : files_below(root() + "/sigma-identity", ".yml")) {
      files.push_back({path, read_file(path)});
      collect_lists(files.back().text);
    }
    std::map<std::string, Pair> by_id;
    for (const yaml::File& file : files) {
      try {
        for (naive::Rule& rule : naive::parse_rules(file.text, lists_)) {
          logsources.push_back({rule.category, rule.product, rule.service});
          const std::string id = rule.id;
          by_id[id] = {std::move(rule), file.path};
        }
      } catch (const std::runtime_error&) {
        ++not_understood_;
      }
    }
    engine_ = new Engine(files, lists_, logsources);
    if (!engine_->ok()) return;
    for (const plan::RulePlan& rule : engine_->plan().rules) {
      const auto found = by_id.find(rule.meta.id);
      pairs_.push_back(found == by_id.end() ? Pair{} : found->second);
    }
    files_ = files.size();
  }

  static void collect_lists(const std::string& text) {
    static const re2::RE2 kPlaceholder("%([A-Za-z0-9_.-]+)%");
    re2::StringPiece rest(text);
    for (std::string name; re2::RE2::FindAndConsume(&rest, kPlaceholder, &name);) {
      lists_[name] = {"listed-" + name, "starred-*-" + name + "*", "10.0.0.1"};
    }
  }

  void SetUp() override {
    VEDETTE_NEEDS_CORPUS();
    ASSERT_TRUE(engine_->ok());
  }

  // What a source type says about names and values, as plain strings.
  static naive::Schema schema_of(std::uint32_t source) {
    const plan::SourcePlan& from = engine_->plan().sources[source].source;
    naive::Schema schema;
    for (const plan::FieldPath& path : from.fields) schema.fields.push_back(path.text());
    for (const plan::Canonical& canonical : from.canonical) {
      if (canonical.from) schema.spellings[canonical.to.text()].push_back(canonical.from->text());
      if (canonical.upper) schema.upper.insert(canonical.to.text());
    }
    return schema;
  }

  static std::set<std::uint32_t> rules_of(std::uint32_t source) {
    std::set<std::uint32_t> rules;
    for (const plan::Arm& arm : engine_->plan().sources[source].arms) rules.insert(arm.rule);
    return rules;
  }

  // One record through both; every rule in `rules` must come out equal.
  static void compare(std::uint32_t source, const std::string& record, const std::set<std::uint32_t>& rules,
                      const naive::Schema& schema, Counts& counts) {
    const bool text = engine_->plan().sources[source].source.text;
    counts.rejected += engine_->run(source, record, [&](std::string_view raw, const std::set<std::uint32_t>& fired) {
      naive::Event event;
      event.is_text = text;
      event.line = raw;
      if (!text) {
        auto json = naive::parse_json(raw);
        ASSERT_TRUE(json) << raw.substr(0, 200);
        event.json = std::move(*json);
      }
      ++counts.events;
      for (const std::uint32_t rule : rules) {
        const bool want = naive::matches(pairs_[rule].naive, event, schema);
        ASSERT_EQ(fired.count(rule) != 0, want) << pairs_[rule].file << "\n" << raw.substr(0, 2000);
        ++counts.pairs;
        counts.fired += want ? 1 : 0;
      }
    });
  }

  static void print(const char* what, const Counts& counts) {
    std::printf("%s: %zu events, %zu pairs compared, %zu fired, %zu rejected\n", what, counts.events, counts.pairs, counts.fired,
                counts.rejected);
  }

  static inline Engine* engine_ = nullptr;
  static inline naive::Lists lists_;
  static inline std::vector<Pair> pairs_;  // by rule index of the plan
  static inline std::size_t files_ = 0, not_understood_ = 0;
};

TEST_F(CorpusMatch, EveryRuleIsInBothMatchers) {
  std::size_t paired = 0;
  for (const Pair& pair : pairs_) paired += pair.file.empty() ? 0 : 1;
  std::printf("%zu files, %zu rules compiled, %zu paired with naive rules, %zu refused by the naive reader\n", files_,
              pairs_.size(), paired, not_understood_);
  EXPECT_EQ(paired, pairs_.size());
  EXPECT_EQ(pairs_.size() + not_understood_, files_);
  EXPECT_EQ(not_understood_, 9u);
}

TEST_F(CorpusMatch, EveryRuleFiresOnAGeneratedEventAndAgreesOnItsMutations) {
  const std::uint32_t json = engine_->source("json");
  const naive::Schema schema = schema_of(json);
  std::map<std::string, std::set<std::uint32_t>> by_product;
  for (const std::uint32_t rule : rules_of(json)) by_product[pairs_[rule].naive.product].insert(rule);
  Counts minimal, mutated;
  for (std::uint32_t rule = 0; rule < pairs_.size(); ++rule) {
    ASSERT_TRUE(rules_of(json).count(rule) != 0) << pairs_[rule].file;
    for (const bool flat : {false, true}) {
      const auto event = firing_event(pairs_[rule].naive, flat, rule + 1);
      ASSERT_TRUE(event) << "no event found for " << pairs_[rule].file;
      const std::size_t fired = minimal.fired;
      compare(json, naive::compact(*event), {rule}, schema, minimal);
      ASSERT_EQ(minimal.fired, fired + 1) << pairs_[rule].file;
      for (const naive::Json& each : mutations(*event)) {
        compare(json, naive::compact(each), by_product[pairs_[rule].naive.product], schema, mutated);
        if (HasFatalFailure()) return;
      }
    }
  }
  print("generated", minimal);
  print("mutated", mutated);
  EXPECT_EQ(minimal.fired, pairs_.size() * 2);
  EXPECT_EQ(mutated.rejected, 0u);
  EXPECT_GT(mutated.fired, minimal.fired);
}

std::vector<std::string> panther_events(const std::string& path) {
  std::vector<std::string> out;
  for (const std::string& line : read_lines(path)) {
    const auto json = naive::parse_json(line);
    const naive::Json* event = json ? json->find("event") : nullptr;
    if (event != nullptr && event->kind == naive::Json::Kind::object) out.push_back(naive::compact(*event));
  }
  return out;
}

TEST_F(CorpusMatch, AllRulesAgreeOnAllJsonEvents) {
  const std::uint32_t json = engine_->source("json");
  const std::set<std::uint32_t> rules = rules_of(json);
  const naive::Schema schema = schema_of(json);
  Counts events, tests;
  for (const std::string& path : files_below(root() + "/events", "events.ndjson")) {
    for (const std::string& line : read_lines(path)) compare(json, line, rules, schema, events);
    if (HasFatalFailure()) return;
  }
  for (const std::string& path : files_below(root() + "/rule-tests", "-tests.ndjson")) {
    for (const std::string& event : panther_events(path)) compare(json, event, rules, schema, tests);
    if (HasFatalFailure()) return;
  }
  print("corpus events", events);
  print("rule-test events", tests);
  EXPECT_GT(events.events, 500u);
  EXPECT_GT(tests.fired, 50u);
}

TEST_F(CorpusMatch, OwnSourceTypesAgree) {
  const std::pair<const char*, std::vector<std::string>> inputs[] = {
      {"okta",
       {"events/okta/events.ndjson", "events/okta_event_hook/events.ndjson", "events/okta_cribl_envelope/events.ndjson",
        "rule-tests/panther-okta-tests.ndjson"}},
      {"aws_cloudtrail", {"events/aws_cloudtrail/events.ndjson", "rule-tests/panther-aws-signin-iam-tests.ndjson"}},
      {"sshd", {"events/sshd_syslog/events.log"}}};
  for (const auto& [name, paths] : inputs) {
    const std::uint32_t source = engine_->source(name);
    ASSERT_NE(source, plan::kNone) << name;
    Counts counts;
    for (const std::string& path : paths) {
      const bool tests = path.find("rule-tests") != std::string::npos;
      for (const std::string& record : tests ? panther_events(root() + "/" + path) : read_lines(root() + "/" + path)) {
        compare(source, record, rules_of(source), schema_of(source), counts);
        if (HasFatalFailure()) return;
      }
    }
    print(name, counts);
    EXPECT_GT(counts.pairs, 0u) << name;
  }
}

TEST_F(CorpusMatch, GeneratedEventsFireOnTheirOwnSourceTypes) {
  for (const char* name : {"okta", "aws_cloudtrail"}) {
    const std::uint32_t source = engine_->source(name);
    const naive::Schema schema = schema_of(source);
    Counts counts;
    for (const std::uint32_t rule : rules_of(source)) {
      const auto event = firing_event(pairs_[rule].naive, false, rule + 7);
      ASSERT_TRUE(event);
      for (const naive::Json& each : mutations(*event)) {
        compare(source, naive::compact(each), rules_of(source), schema, counts);
        if (HasFatalFailure()) return;
      }
    }
    print(name, counts);
    EXPECT_GT(counts.fired, 0u);
  }
}

TEST_F(CorpusMatch, LinuxRulesFireOnLinesOfText) {
  const std::uint32_t source = engine_->source("sshd");
  const naive::Schema schema = schema_of(source);
  Counts counts;
  for (const std::uint32_t rule : rules_of(source)) {
    const auto event = firing_event(pairs_[rule].naive, false, rule + 1);
    ASSERT_TRUE(event);
    const naive::Json* message = event->find("message");
    if (message == nullptr) continue;  // a rule over fields
    const std::vector<naive::Json> parts =
        message->kind == naive::Json::Kind::array ? message->items : std::vector<naive::Json>{*message};
    std::string text;
    for (const naive::Json& part : parts) text += " " + part.text;
    compare(source, "Jan  5 08:00:00 host sshd[42]:" + text, rules_of(source), schema, counts);
    compare(source, "Jan  5 08:00:00 host sshd[42]:" + text.substr(0, text.size() - 2), rules_of(source), schema, counts);
  }
  print("sshd lines", counts);
  EXPECT_GT(counts.fired, 0u);
}

}  // namespace
}  // namespace vedette::corpus
