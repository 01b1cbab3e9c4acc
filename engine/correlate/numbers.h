// Which number of an event's values counts in sums and averages (docs/semantics.md, 1). Pure function, any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "engine/base/exact.h"
#include "engine/correlate/hit.h"

namespace vedette::correlate {

// The largest usable number, packed; sums take no negative ones.
[[nodiscard]] inline std::optional<std::uint64_t> largest_number(const std::vector<ColumnValue>& values, bool negative_too) {
  std::optional<Exact> largest;
  for (const ColumnValue& value : values) {
    const std::optional<Exact> number = parse_exact(value.original);
    if (!number || (*number < 0 && !negative_too)) continue;
    if (!largest || *number > *largest) largest = number;
  }
  return largest ? std::optional(pack_exact(*largest)) : std::nullopt;
}

}  // namespace vedette::correlate
