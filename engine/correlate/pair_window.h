// Types that compare an event with the others of its key: a hit is a trigger when it conflicts with some hit of another event
// in its window (value_change, travel). A group with many hits remembers the latest hit of each of its last few values, so
// that an ordinary event is compared with those alone. One owner, one thread (the correlator's).
#pragma once

#include <string>
#include <vector>

#include "engine/correlate/window.h"

namespace vedette::correlate {

class PairWindow : public Window {
 public:
  PairWindow(const WindowContext& context, const plan::CorrelationPlan& plan) : Window(context, plan.window, 1), plan_(plan) {}

  void inserted(Group& group, std::uint32_t index) override;
  void trimming(Group& group, TimeUs horizon) override;
  void recheck(Group& group, std::uint32_t index, std::vector<std::uint32_t>& triggers) override;
  [[nodiscard]] bool holds(const Group& group, std::uint32_t index, TimeUs limit) override;
  // The trigger and the latest hit it conflicts with.
  [[nodiscard]] std::uint64_t evidence(const Group& group, std::uint32_t trigger, std::vector<std::uint32_t>& hits) override;
  [[nodiscard]] std::string detail(const Group& group, std::uint32_t trigger) override;

 protected:
  // Of two hits with different values. May depend on the values and on the time between; nearer hits conflict sooner.
  [[nodiscard]] virtual bool conflict(const GroupHit& earlier, const GroupHit& later) = 0;
  [[nodiscard]] virtual std::string describe(const GroupHit& earlier, const GroupHit& later) = 0;

  const plan::CorrelationPlan& plan_;

 private:
  // Group::extra: the latest hit of each value, newest first; values with no hit after `lost` may be missing.
  struct Recent {
    TimeUs lost = INT64_MIN;
    GroupHit hits[1];
  };
  [[nodiscard]] static Recent& recent(const Group& group) { return *static_cast<Recent*>(group.extra); }
  void note_recent(Group& group, const GroupHit& hit);
  void make_room(Group& group);

  [[nodiscard]] bool clash(const GroupHit& earlier, const GroupHit& later);
  // False when no hit can conflict with this one, before or after it.
  [[nodiscard]] bool may_clash(const Group& group, const GroupHit& hit);
  // The latest hit in the window of a hit that makes it a trigger, or kNone.
  [[nodiscard]] std::uint32_t partner(const Group& group, std::uint32_t index, TimeUs limit);
};

}  // namespace vedette::correlate
