// Bounds what all rules keep together (docs/semantics.md, 11). While all fit, nothing is forgotten; beyond that the rule that
// holds most gives way, and none that holds no more than its share. What is forgotten is a function of the log. Bytes. One
// owner, one thread (the correlator's).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/base/time.h"
#include "engine/correlate/account.h"

namespace vedette::correlate {

// Under a budget, state expires in steps of a sixteenth of the time it is kept: everything that has expired must be dropped
// before something else is forgotten, and that takes a look at all of it.
[[nodiscard]] inline TimeUs expiry_step(TimeUs horizon, DurationUs kept) {
  const DurationUs step = kept / 16 + 1;
  return floor_div(horizon, step) * step;
}

// A rule with state.
class Budgeted {
 public:
  virtual ~Budgeted() = default;
  [[nodiscard]] virtual const Account& account() const = 0;
  // Frees all that has expired.
  virtual void drop_expired() = 0;
  // Forgets what goes first, at a moment of the log; false when nothing is left.
  virtual bool evict(TimeUs moment) = 0;
};

class Budget {
 public:
  // bytes: 0 = unlimited. total: of all accounts.
  Budget(std::size_t bytes, const std::size_t& total) : bytes_(bytes), total_(total) {}

  // In the order of the plan; of rules that hold as much the first one gives way.
  void add(Budgeted& rule) { rules_.push_back(&rule); }
  [[nodiscard]] bool limited() const { return bytes_ > 0; }
  [[nodiscard]] bool exceeded() const { return limited() && total_ > bytes_; }
  // Once a record is applied.
  void enforce(TimeUs moment);

 private:
  [[nodiscard]] Budgeted* largest() const;

  std::size_t bytes_;
  const std::size_t& total_;
  std::vector<Budgeted*> rules_;
};

}  // namespace vedette::correlate
