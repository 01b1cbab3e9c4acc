// A rule set as rule YAML for the real compiler. Pure.
#pragma once

#include <string>

#include "tests/oracle/gen/rule_set.h"

namespace vedette::oracle {

std::string to_yaml(const RuleSet& set);
std::string name_of(naive::Type type);
std::string text_of(const naive::Expr& condition);

}  // namespace vedette::oracle
