// value_change: a hit is a trigger when its fields differ from those of another event in its window (docs/semantics.md, 6).
// Its value is the hash of all fields; fields themselves are read from the records.
#include <fmt/format.h>

#include <algorithm>

#include "engine/correlate/hit_values.h"
#include "engine/correlate/pair_cache.h"
#include "engine/correlate/pair_window.h"

namespace vedette::correlate {
namespace {

class ChangeWindow final : public PairWindow {
 public:
  ChangeWindow(const WindowContext& context, const plan::CorrelationPlan& plan)
      : PairWindow(context, plan), all_(plan.change_all && !mutated(Mutation::change_any_for_all)) {}

 protected:
  // What two hits differ in is decided by their values, which stand for all fields.
  [[nodiscard]] bool conflict(const GroupHit& earlier, const GroupHit& later) override {
    return known_.get(earlier.value, later.value, [&] { return compare(earlier, later); });
  }

  [[nodiscard]] std::string describe(const GroupHit& earlier, const GroupHit& later) override {
    std::string out;
    folded_.clear();
    for (std::size_t field = 0; field < plan_.value_names.size(); ++field) {
      if (!differs(earlier, later, field)) continue;
      if (!out.empty()) out += ", ";
      out += fmt::format("{} changed from {} to {}", plan_.value_names[field], joined(before_), joined(after_));
    }
    return out;
  }

 private:
  [[nodiscard]] bool compare(const GroupHit& earlier, const GroupHit& later) {
    folded_.clear();
    for (std::size_t field = 0; field < plan_.value_names.size(); ++field) {
      if (differs(earlier, later, field) != all_) return !all_;
    }
    return all_;
  }

  [[nodiscard]] bool differs(const GroupHit& earlier, const GroupHit& later, std::size_t field) {
    hit_values(context_.records, plan_, earlier, plan_.inputs[input_of(earlier)].values[field], folded_, before_);
    hit_values(context_.records, plan_, later, plan_.inputs[input_of(later)].values[field], folded_, after_);
    if (before_.empty() || after_.empty()) return false;
    return std::none_of(before_.begin(), before_.end(), [this](const ColumnValue& value) {
      return std::any_of(after_.begin(), after_.end(), [&](const ColumnValue& other) { return other.key == value.key; });
    });
  }

  [[nodiscard]] static std::string joined(const std::vector<ColumnValue>& values) {
    std::string out;
    for (const ColumnValue& value : values) {
      if (!out.empty()) out += " and ";
      out += value.original;
    }
    return out;
  }

  bool all_;
  PairCache<bool> known_;
  Arena folded_{1024};
  std::vector<ColumnValue> before_;
  std::vector<ColumnValue> after_;
};

}  // namespace

std::unique_ptr<Window> make_change_window(const WindowContext& context, const plan::CorrelationPlan& plan) {
  return std::make_unique<ChangeWindow>(context, plan);
}

}  // namespace vedette::correlate
