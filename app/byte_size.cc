#include "app/byte_size.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <limits>

#include "engine/base/fold.h"

namespace vedette::app {

namespace {

struct Unit {
  std::string_view name;
  std::uint64_t bytes;
};

constexpr std::uint64_t kThousand = 1000;

// Largest first.
constexpr std::array<Unit, 9> kUnits = {{{"TiB", std::uint64_t{1} << 40},
                                         {"TB", kThousand* kThousand* kThousand* kThousand},
                                         {"GiB", std::uint64_t{1} << 30},
                                         {"GB", kThousand* kThousand* kThousand},
                                         {"MiB", std::uint64_t{1} << 20},
                                         {"MB", kThousand* kThousand},
                                         {"KiB", std::uint64_t{1} << 10},
                                         {"kB", kThousand},
                                         {"B", 1}}};

}  // namespace

std::optional<std::uint64_t> parse_byte_size(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (code != std::errc()) return std::nullopt;
  std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  if (unit.starts_with(' ')) unit.remove_prefix(1);
  if (unit.empty()) return text.back() == ' ' ? std::nullopt : std::optional(number);
  for (const Unit& known : kUnits) {
    if (!equal_folded(known.name, unit)) continue;
    if (number > std::numeric_limits<std::uint64_t>::max() / known.bytes) return std::nullopt;
    return number * known.bytes;
  }
  return std::nullopt;
}

std::string format_byte_size(std::uint64_t bytes) {
  for (const Unit& unit : kUnits) {
    if (bytes >= unit.bytes && bytes % unit.bytes == 0) return fmt::format("{}{}", bytes / unit.bytes, unit.name);
  }
  return "0B";
}

}  // namespace vedette::app
