// Unit tests of another project's rules against the SigmaHQ counterpart of each (panther_map.yml): a table of agreement.
// A difference needs a written reason; a reason without a difference is out of date.
#include <gtest/gtest.h>
#include <yaml-cpp/yaml.h>

#include <cstdio>
#include <map>
#include <set>

#include "tests/corpus/corpus.h"
#include "tests/corpus/engine.h"
#include "tests/naive_match/json.h"

namespace vedette::corpus {
namespace {

struct Mapping {
  std::string panther, sigma, source;
  std::map<std::string, std::string> reasons;  // by test name; "*" for every difference
};

struct Case {
  std::string name, event;
  bool expected = false;
};

std::vector<Mapping> read_map() {
  std::vector<Mapping> out;
  for (const YAML::Node& node : YAML::LoadFile(std::string(VEDETTE_SOURCE_DIR) + "/tests/corpus/panther_map.yml")) {
    Mapping mapping{node["panther"].Scalar(), node["sigma"].Scalar(), node["source"] ? node["source"].Scalar() : "json", {}};
    for (const auto& reason : node["differences"]) mapping.reasons[reason.first.Scalar()] = reason.second.Scalar();
    out.push_back(mapping);
  }
  return out;
}

// Those events keep nested names but lower-case some top-level ones.
void repair_case(naive::Json& event) {
  static const std::map<std::string, std::string> kNames = {{"eventtype", "eventType"},
                                                            {"displaymessage", "displayMessage"},
                                                            {"debugcontext", "debugContext"},
                                                            {"securitycontext", "securityContext"},
                                                            {"authenticationcontext", "authenticationContext"},
                                                            {"legacyeventtype", "legacyEventType"},
                                                            {"operation", "Operation"},
                                                            {"parameters", "Parameters"}};
  for (auto& [key, value] : event.members) {
    const auto found = kNames.find(key.text);
    if (found != kNames.end()) key = naive::make_string(found->second);
  }
}

std::map<std::string, std::vector<Case>> read_cases() {
  std::map<std::string, std::vector<Case>> out;
  for (const std::string& path : files_below(root() + "/rule-tests", "-tests.ndjson")) {
    for (const std::string& line : read_lines(path)) {
      auto json = naive::parse_json(line);
      const naive::Json* event = json ? json->find("event") : nullptr;
      if (event == nullptr || event->kind != naive::Json::Kind::object) continue;
      naive::Json repaired = *event;
      if (path.find("okta") != std::string::npos || path.find("microsoft365") != std::string::npos) repair_case(repaired);
      out[json->find("rule_id")->text].push_back(
          {json->find("test_name")->text, naive::compact(repaired), json->find("expected_result")->text == "true"});
    }
  }
  return out;
}

class Table {
 public:
  // true when the case is in order.
  void add(const Mapping& mapping, const Case& test, bool fired) {
    ++cases_;
    if (fired == test.expected) {
      ++agree_;
      return;
    }
    ++differ_;
    const auto exact = mapping.reasons.find(test.name);
    const auto found = exact != mapping.reasons.end() ? exact : mapping.reasons.find("*");
    if (found == mapping.reasons.end()) {
      ADD_FAILURE() << mapping.panther << " / " << test.name << ": expected " << test.expected << ", " << mapping.sigma
                    << " says " << fired;
      return;
    }
    used_.insert(mapping.panther + "/" + found->first);
    std::printf("  differs: %s / %s: %s\n", mapping.panther.c_str(), test.name.c_str(), found->second.c_str());
  }
  void close(const Mapping& mapping) const {
    for (const auto& [name, reason] : mapping.reasons) {
      EXPECT_TRUE(used_.count(mapping.panther + "/" + name) != 0) << "out of date: " << mapping.panther << " / " << name;
    }
  }
  [[nodiscard]] std::size_t agree() const { return agree_; }
  [[nodiscard]] std::size_t differ() const { return differ_; }
  [[nodiscard]] std::size_t cases() const { return cases_; }

 private:
  std::size_t cases_ = 0, agree_ = 0, differ_ = 0;
  std::set<std::string> used_;
};

TEST(Panther, RulesWithACounterpartAgree) {
  VEDETTE_NEEDS_CORPUS();
  const auto cases = read_cases();
  Table table;
  for (const Mapping& mapping : read_map()) {
    const std::string path = root() + "/sigma-identity/" + mapping.sigma;
    std::vector<plan::LogSource> logsources;
    const YAML::Node logsource = YAML::LoadFile(path)["logsource"];
    const auto text = [&](const char* key) { return logsource[key] ? logsource[key].Scalar() : std::string(); };
    logsources.push_back({text("category"), text("product"), text("service")});
    Engine engine({{path, read_file(path)}},
                  {{"legtimate_identifiers", {"@nobody.example"}}, {"Approved_Inviters", {"nobody@example.com"}}}, logsources);
    ASSERT_TRUE(engine.ok()) << path;
    ASSERT_EQ(engine.plan().rules.size(), 1u) << path;
    const auto found = cases.find(mapping.panther);
    ASSERT_NE(found, cases.end()) << mapping.panther;
    const std::size_t agreed = table.agree(), seen = table.cases();
    for (const Case& test : found->second) {
      bool fired = false;
      engine.run(engine.source(mapping.source), test.event,
                 [&](std::string_view, const std::set<std::uint32_t>& rules) { fired = fired || !rules.empty(); });
      table.add(mapping, test, fired);
    }
    std::printf("%zu of %zu agree: %s = %s\n", table.agree() - agreed, table.cases() - seen, mapping.panther.c_str(),
                mapping.sigma.c_str());
    table.close(mapping);
  }
  std::printf("%zu cases: %zu agree, %zu differ with a reason\n", table.cases(), table.agree(), table.differ());
  EXPECT_GT(table.agree(), table.differ());
}

}  // namespace
}  // namespace vedette::corpus
