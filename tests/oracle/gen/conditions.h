// Seeded conditions: what a correlation of a flavour asks of its events. Fills the parts of a Correlation that are about
// its type; inputs and group-by are there already. One thread.
#pragma once

#include "tests/oracle/gen/random.h"
#include "tests/oracle/gen/rule_set.h"

namespace vedette::oracle {

struct Fields {
  std::vector<std::string> values;   // to be counted or compared
  std::vector<std::string> numbers;  // to be summed
  std::vector<std::string> places;
};

naive::Type type_of(Flavour flavour, bool text, bool numbers, Random& random);
// chained: it reads or is read by another correlation, so fewer events are to suffice.
void add_condition(naive::Correlation& correlation, Flavour flavour, const Fields& fields, bool chained, Random& random);
// metrics that can be refuted, new_value
bool refutable(const naive::Correlation& correlation);

}  // namespace vedette::oracle
