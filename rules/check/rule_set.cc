// Lints over the compiled rule set: rules that make no alerts of their own, and the tests beside rule files.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "rules/check/checker.h"

namespace vedette::rules {
namespace {

using yaml::Node;

// What a test file asks of one rule.
struct TestFacts {
  bool positive = false;
  bool negative = false;
};

// x.yml -> x.test.yml; empty for other names.
std::string test_path(const std::string& path) {
  const std::size_t dot = path.rfind('.');
  const std::string extension = dot == std::string::npos ? "" : path.substr(dot);
  return extension == ".yml" || extension == ".yaml" ? path.substr(0, dot) + ".test" + extension : "";
}

bool expects(const Node& test, const plan::RuleMeta& rule) {
  const Node* expect = test.find("expect");
  if (expect == nullptr) return false;
  const auto is_it = [&](const Node& expectation) {
    const Node* name = expectation.find("rule");
    return name != nullptr && !name->text.empty() &&
           (name->text == rule.id || name->text == rule.name || name->text == rule.title);
  };
  return is_it(*expect) || std::any_of(expect->items.begin(), expect->items.end(), is_it);
}

TestFacts facts_of(const std::vector<Node>& documents, const plan::RuleMeta& rule) {
  TestFacts out;
  for (const Node& document : documents) {
    const Node* tests = document.find("tests");
    if (tests == nullptr) continue;
    for (const Node& test : tests->items) (expects(test, rule) ? out.positive : out.negative) = true;
  }
  return out;
}

}  // namespace

void Checker::look_at_tests(const yaml::File& file, const std::vector<std::pair<const plan::RuleMeta*, bool>>& rules) {
  const std::string path = test_path(file.path);
  if (path.empty() || rules.empty()) return;
  Sink sink(reporter(file));
  const auto place = [&](const plan::RuleMeta& meta) { return seen_.at({file.path, meta.where.line}).title; };
  const auto text = settings_.read_test(path);
  const std::string name = path.substr(path.rfind('/') + 1);
  if (!text) {
    sink.use("V2113");
    sink.at(place(*rules.front().first), fmt::format("there is no {} beside this file", name),
            "a case that fires and one that stays quiet show what the rule is for; `vedette test` runs them");
    return;
  }
  Diagnostics ignored;
  const std::vector<Node> documents = yaml::parse({path, *text}, ignored);
  for (const auto& [meta, emits] : rules) {
    if (!emits) continue;
    const TestFacts facts = facts_of(documents, *meta);
    if (!facts.positive) {
      sink.use("V2114");
      sink.at(place(*meta), fmt::format("no case of {} expects an alert of `{}`", name, meta->label()),
              "add one in which it fires: a rule that never fires passes every other test");
    } else if (!facts.negative) {
      sink.use("V2115");
      sink.at(place(*meta), fmt::format("every case of {} expects an alert of `{}`", name, meta->label()),
              "add a near miss, with `expect: []`");
    }
  }
}

void Checker::look_at_plan(const plan::Plan& plan) {
  std::map<const yaml::File*, std::vector<std::pair<const plan::RuleMeta*, bool>>> of_file;
  const auto add = [&](const plan::RuleMeta& meta, bool emits) {
    const auto seen = seen_.find({meta.where.file, meta.where.line});
    if (seen == seen_.end()) return;
    of_file[seen->second.file].emplace_back(&meta, emits);
    if (emits || meta.level < plan::Level::high) return;
    Sink sink(reporter(*seen->second.file));
    sink.use("V2168");
    sink.at(seen->second.title,
            fmt::format("`{}` has level {}, but makes no alerts of its own", meta.label(), plan::level_name(meta.level)),
            "a correlation reads it; `generate: true` there lets it alert as well, or lower its level");
  };
  for (const plan::RulePlan& rule : plan.rules) add(rule.meta, rule.emits);
  for (const plan::CorrelationPlan& correlation : plan.correlations) add(correlation.meta, correlation.emits);
  look_at_fields(plan);
  if (!settings_.read_test) return;
  for (const auto& [file, rules] : of_file) look_at_tests(*file, rules);
}

}  // namespace vedette::rules
