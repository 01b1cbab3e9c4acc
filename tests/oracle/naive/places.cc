#include "tests/oracle/naive/places.h"

#include <cmath>

namespace vedette::naive {
namespace {

std::optional<double> degrees(const std::string& text, double limit) {
  const std::optional<Wide> number = decimal(text);
  if (!number) return std::nullopt;
  const double value = std::round(std::stod(text) * 1e7) / 1e7;
  if (std::abs(value) > limit) return std::nullopt;
  return value;
}

// The number of a member of a flat object in compact JSON.
std::string member(const std::string& object, const std::string& name) {
  const std::string label = "\"" + name + "\":";
  const std::size_t at = object.find(label);
  if (at == std::string::npos) return "";
  const std::size_t begin = at + label.size();
  return object.substr(begin, object.find_first_of(",}", begin) - begin);
}

std::optional<Place> place_of(const Value& value) {
  std::string latitude, longitude;
  if (value.kind == ValueKind::object) {
    latitude = member(value.text, "lat");
    longitude = member(value.text, "lon");
    if (latitude.empty()) latitude = member(value.text, "latitude");
    if (longitude.empty()) longitude = member(value.text, "longitude");
  } else if (value.kind == ValueKind::string && value.text.find(',') != std::string::npos) {
    latitude = value.text.substr(0, value.text.find(','));
    longitude = value.text.substr(value.text.find(',') + 1);
  }
  const std::optional<double> north = degrees(latitude, 90), east = degrees(longitude, 180);
  if (!north || !east) return std::nullopt;
  return Place{*north, *east};
}

}  // namespace

std::vector<Place> places_of(const std::vector<Value>& values) {
  std::vector<Place> places;
  for (const Value& value : values) {
    if (const std::optional<Place> place = place_of(value)) places.push_back(*place);
  }
  return places;
}

}  // namespace vedette::naive
