#include "engine/correlate/buckets.h"

#include <vector>

#include "engine/base/digest.h"

namespace vedette::correlate {

DurationUs bucket_phase(DurationUs period, std::string_view tenant, std::string_view rule,
                        std::span<const std::string_view> by_keys) {
  if (period < kPhaseFrom) return 0;
  std::vector<std::string_view> parts{tenant, rule};
  parts.insert(parts.end(), by_keys.begin(), by_keys.end());
  return static_cast<DurationUs>(first_u64(digest_parts(parts)) % static_cast<std::uint64_t>(period));
}

Slice slice_of(TimeUs t, DurationUs phase, DurationUs period, DurationUs window) {
  __extension__ using Wide = __int128;
  const std::int64_t slices = window <= 0 ? 1 : (period + window - 1) / window;
  const TimeUs start = floor_div(t - phase, period) * period + phase;
  const auto boundary = [&](std::int64_t i) { return start + static_cast<std::int64_t>(static_cast<Wide>(i) * period / slices); };
  const std::int64_t offset = t - start;
  const auto index = static_cast<std::int64_t>((static_cast<Wide>(offset + 1) * slices - 1) / period);
  return {boundary(index), boundary(index + 1)};
}

}  // namespace vedette::correlate
