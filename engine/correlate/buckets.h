// Alert buckets and storage slices (spec semantics §4, §5): pure arithmetic, any thread.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "engine/base/mutation.h"
#include "engine/base/time.h"

namespace vedette::correlate {

inline constexpr DurationUs kPhaseFrom = 6 * kHourUs;  // shorter suppression periods have no phase

// hash(key) mod P for P >= 6 h, else 0. The parts are key texts of the by-values.
[[nodiscard]] DurationUs bucket_phase(DurationUs period, std::string_view tenant, std::string_view rule,
                                      std::span<const std::string_view> by_keys);

[[nodiscard]] inline std::int64_t bucket_of(TimeUs t, DurationUs phase, DurationUs period) {
  const std::int64_t bucket = mutated(Mutation::floor_toward_zero) ? (t - phase) / period : floor_div(t - phase, period);
  return mutated(Mutation::bucket_off_by_one) ? bucket + 1 : bucket;
}

// A storage slice [from, to): the part of an alert bucket that holds t when the bucket is cut into ceil(P / W) of them.
struct Slice {
  TimeUs from = 0;
  TimeUs to = 0;
};
[[nodiscard]] Slice slice_of(TimeUs t, DurationUs phase, DurationUs period, DurationUs window);

}  // namespace vedette::correlate
