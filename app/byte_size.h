// Sizes as people write them: "64MB" is 64,000,000 bytes, "64MiB" 67,108,864. Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace vedette::app {

// A whole number and perhaps a unit, also behind a blank: B, kB, MB, GB, TB (powers of 1000), KiB, MiB, GiB, TiB (powers of
// 1024); case does not count. nullopt otherwise, and when it does not fit.
[[nodiscard]] std::optional<std::uint64_t> parse_byte_size(std::string_view text);
// In the largest unit that divides it: "4GB", "16MiB", "1500B".
[[nodiscard]] std::string format_byte_size(std::uint64_t bytes);

}  // namespace vedette::app
