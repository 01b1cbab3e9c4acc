// From a stored stream table to the plan at hand: which rules, columns and source types its numbers are now. Immutable.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/plan/plan.h"

namespace vedette::run {

class StreamMap {
 public:
  // A rule of the plan that a stored rule feeds; per column of the plan's rule, the stored one (kNone: not recorded).
  struct Target {
    std::uint32_t rule = 0;
    std::vector<std::uint32_t> columns;
  };
  struct Stored {
    std::size_t columns = 0;
    std::vector<Target> targets;
  };

  [[nodiscard]] static std::string encode(const plan::Plan& plan);
  [[nodiscard]] static Result<StreamMap> decode(std::string_view bytes, const plan::Plan& plan);

  [[nodiscard]] const std::vector<Stored>& rules() const { return rules_; }
  // kNone where the source type is gone.
  [[nodiscard]] const std::vector<std::uint32_t>& sources() const { return sources_; }
  // Per correlation of the plan: it can be rebuilt from entries of this table.
  [[nodiscard]] const std::vector<bool>& complete() const { return complete_; }

 private:
  void find_complete(const plan::Plan& plan, const std::vector<std::vector<bool>>& known);

  std::vector<Stored> rules_;
  std::vector<std::uint32_t> sources_;
  std::vector<bool> complete_;
};

}  // namespace vedette::run
