// Why an expectation was not met: in one or two sentences, how near the rule came. Internal to rules/test. Pure.
#pragma once

#include <string>

#include "engine/plan/plan.h"
#include "rules/test/run.h"
#include "rules/test/test_file.h"

namespace vedette::rules::test {

// A rule or correlation of the plan by name, id or title.
struct RuleRef {
  bool found = false;
  bool correlation = false;
  std::uint32_t index = 0;
};
[[nodiscard]] RuleRef find_rule(const plan::Plan& plan, const std::string& name);

// `run` is a traced, in-order run of the case.
[[nodiscard]] std::string closest_miss(const plan::Plan& plan, const TestCase& test, const Run& run, const RuleRef& rule);

}  // namespace vedette::rules::test
