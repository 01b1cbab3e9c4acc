// Places of events: {"lat": .., "lon": ..} or "lat,lon" (docs/semantics.md, 7). Pure.
#pragma once

#include <vector>

#include "tests/oracle/naive/parts.h"

namespace vedette::naive {

std::vector<Place> places_of(const std::vector<Value>& values);

}  // namespace vedette::naive
