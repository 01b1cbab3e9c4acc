// A parsed test file: cases with their events already written as records of their source type. Internal to rules/test.
// Value types; any thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/diagnostic.h"
#include "engine/base/time.h"
#include "engine/plan/plan.h"
#include "rules/test/runner.h"
#include "rules/yaml/node.h"

namespace vedette::rules::test {

struct TestEvent {
  TimeUs t = 0;
  std::uint32_t source = 0;  // index into the sources given; the runner turns it into that of the plan
  std::string id;            // empty for text
  std::string record;        // JSON or a text line
  bool own_time = false;     // the event gives its time itself: `t` is only when it arrives
};

struct Expectation {
  Location where;
  std::string rule;  // name, id or title
  std::optional<TimeUs> at;
  std::optional<std::uint64_t> count;
  std::optional<plan::Level> level;
  std::vector<std::pair<std::string, std::string>> group;
};

struct TestCase {
  std::string name;
  Location where;
  TimeUs start = 0;
  std::vector<TestEvent> events;  // in the order of t, then of the file
  std::vector<Expectation> expect;
};

struct TestFile {
  std::vector<std::pair<std::string, Location>> rules;
  std::vector<std::string> identity_domains;
  std::vector<plan::Alias> identity_aliases;
  std::map<std::string, std::vector<std::string>> lists;
  std::vector<TestCase> cases;
};

[[nodiscard]] TestFile parse_test_file(const yaml::File& file, const std::vector<plan::SourcePlan>& sources,
                                       Diagnostics& diagnostics);

// "8m20s" after the start of its case.
[[nodiscard]] std::string offset_text(TimeUs t, TimeUs start);

}  // namespace vedette::rules::test
