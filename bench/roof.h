// The roof: what extraction alone costs. Splits NDJSON by memchr and walks each line once with a hand-written 14-field
// path trie on simdjson On-Demand, with the same closing check as the engine. Frozen: goals are ratios against it.
#pragma once

#include <cstdint>
#include <string_view>

namespace vedette::bench {

struct RoofResult {
  std::uint64_t events = 0;
  std::uint64_t fields = 0;  // values seen
  std::uint64_t bytes = 0;   // of those values
  std::uint64_t malformed = 0;
};

// `text` must be followed by 64 readable bytes.
[[nodiscard]] RoofResult run_roof(std::string_view text);

}  // namespace vedette::bench
