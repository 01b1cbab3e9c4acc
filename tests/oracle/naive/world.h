// The rules over one log: who contributes to which group, the triggers of every correlation as seen from a moment, and
// the decisions of those that wait. Plain recursion over the inner rules. One thread.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "tests/oracle/naive/log.h"
#include "tests/oracle/naive/parts.h"

namespace vedette::naive {

class World {
 public:
  World(const Log& log, const Rules& rules);

  // All triggers of a correlation that are known at a moment.
  std::vector<Trigger> triggers(const Correlation& correlation, const Moment& moment);
  // Of a correlation that waits by itself: the decisions that fired.
  const std::vector<Decision>& decisions(const Correlation& correlation);
  // The log time of some waiting rule falls: a stream begins behind the others, a source comes up again.
  [[nodiscard]] bool log_time_falls() const;
  [[nodiscard]] Alert alert_of(const Correlation& correlation, const Trigger& trigger) const;

 private:
  const Log& log_;
  const Rules& rules_;
  std::vector<const Event*> accepted_;  // distinct, not late
  std::map<std::string, std::vector<Trigger>> final_;
  std::map<std::string, std::vector<Decision>> decisions_;

  Groups groups_of(const Correlation& correlation, const Moment& moment);
  void contribute(Groups& groups, const Correlation& correlation, std::size_t input, const Event& event, const Correlation* inner,
                  const Trigger* trigger) const;
  bool fill(Contribution& contribution, const Correlation& correlation, const Correlation* inner, const Trigger* trigger) const;
  [[nodiscard]] Keys field_keys(const FieldRef& field, const Event& event, const Correlation* inner,
                                const Trigger* trigger) const;
  [[nodiscard]] std::vector<Value> field_values(const std::string& field, const Event& event, const Correlation* inner,
                                                const Trigger* trigger) const;
  [[nodiscard]] std::set<Keys> field_tuples(const std::vector<std::string>& fields, const Event& event, const Correlation* inner,
                                            const Trigger* trigger) const;

  std::vector<Decision> decide_windows(const Correlation& correlation);
  std::vector<Decision> decide_negation(const Correlation& correlation);
  std::vector<Decision> decide_settled(const Correlation& correlation);
  [[nodiscard]] LogTime log_time(const Correlation& correlation) const;
};

}  // namespace vedette::naive
