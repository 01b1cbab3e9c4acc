#include "engine/correlate/budget.h"

namespace vedette::correlate {

// The rule that holds most, if that is more than its share.
Budgeted* Budget::largest() const {
  std::size_t most = bytes_ / rules_.size();
  Budgeted* found = nullptr;
  for (Budgeted* rule : rules_) {
    if (rule->account().bytes() <= most) continue;
    most = rule->account().bytes();
    found = rule;
  }
  return found;
}

// What has expired may be gone already or not; only without it the decision is one of the log.
void Budget::enforce(TimeUs moment) {
  for (Budgeted* rule : rules_) rule->drop_expired();
  while (exceeded()) {
    Budgeted* rule = largest();
    if (rule == nullptr || !rule->evict(moment)) return;
  }
}

}  // namespace vedette::correlate
