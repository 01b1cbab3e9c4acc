#include "engine/correlate/place.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numbers>

namespace vedette::correlate {
namespace {

constexpr double kRadiusKm = 6371.0088;
constexpr double kPerDegree = 1e7;

// A decimal number at the front of `text`, which it takes off.
std::optional<double> take_number(std::string_view& text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '"')) text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || !std::isfinite(value)) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  while (!text.empty() && (text.front() == ' ' || text.front() == '"')) text.remove_prefix(1);
  return value;
}

// The number under a key of a flat compact JSON object.
std::optional<double> member(std::string_view object, std::string_view key) {
  std::size_t at = 0;
  while ((at = object.find(key, at)) != std::string_view::npos) {
    const std::size_t end = at + key.size();
    const bool quoted =
        at > 0 && object[at - 1] == '"' && end + 1 < object.size() && object[end] == '"' && object[end + 1] == ':';
    if (quoted) {
      std::string_view rest = object.substr(end + 2);
      const std::optional<double> value = take_number(rest);
      return value && !rest.empty() && (rest.front() == ',' || rest.front() == '}') ? value : std::nullopt;
    }
    at = end;
  }
  return std::nullopt;
}

std::optional<std::uint64_t> pack(std::optional<double> latitude, std::optional<double> longitude) {
  if (!latitude || !longitude || std::abs(*latitude) > 90 || std::abs(*longitude) > 180) return std::nullopt;
  const auto fixed = [](double degrees) {
    return static_cast<std::uint32_t>(static_cast<std::int32_t>(std::lround(degrees * kPerDegree)));
  };
  return static_cast<std::uint64_t>(fixed(*latitude)) << 32 | fixed(*longitude);
}

double radians(std::uint32_t fixed) { return static_cast<std::int32_t>(fixed) / kPerDegree * std::numbers::pi / 180; }

}  // namespace

std::optional<std::uint64_t> parse_place(std::string_view text) {
  if (!text.empty() && text.front() == '{') {
    std::optional<double> latitude = member(text, "lat"), longitude = member(text, "lon");
    if (!latitude) latitude = member(text, "latitude");
    if (!longitude) longitude = member(text, "longitude");
    return pack(latitude, longitude);
  }
  const std::optional<double> latitude = take_number(text);
  if (!latitude || text.empty() || text.front() != ',') return std::nullopt;
  text.remove_prefix(1);
  const std::optional<double> longitude = take_number(text);
  return text.empty() ? pack(latitude, longitude) : std::nullopt;
}

std::string place_text(std::uint64_t place) {
  const auto degrees = [](std::uint64_t fixed) {
    return static_cast<std::int32_t>(static_cast<std::uint32_t>(fixed)) / kPerDegree;
  };
  return fmt::format("{},{}", degrees(place >> 32), degrees(place));
}

double distance_km(std::uint64_t a, std::uint64_t b) {
  const double lat_a = radians(static_cast<std::uint32_t>(a >> 32)), lat_b = radians(static_cast<std::uint32_t>(b >> 32));
  const double lon_a = radians(static_cast<std::uint32_t>(a)), lon_b = radians(static_cast<std::uint32_t>(b));
  const double dlat = std::sin((lat_b - lat_a) / 2), dlon = std::sin((lon_b - lon_a) / 2);
  const double h = dlat * dlat + std::cos(lat_a) * std::cos(lat_b) * dlon * dlon;
  return 2 * kRadiusKm * std::asin(std::sqrt(std::min(1.0, h)));
}

}  // namespace vedette::correlate
