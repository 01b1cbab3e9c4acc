// Places on the globe as travel compares them: latitude and longitude rounded to 1e-7 degrees, in 64 bits; great-circle
// distances (haversine, radius 6371.0088 km, the mean radius of IUGG). Pure functions, any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace vedette::correlate {

// A JSON object with lat and lon (or latitude and longitude), or the text lat,lon. Nothing for anything else.
[[nodiscard]] std::optional<std::uint64_t> parse_place(std::string_view text);
// 48.8566,2.3522
[[nodiscard]] std::string place_text(std::uint64_t place);
[[nodiscard]] double distance_km(std::uint64_t a, std::uint64_t b);

}  // namespace vedette::correlate
