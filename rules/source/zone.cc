// IANA zones through cctz, flattened into the table that the engine reads.
#include <cctz/time_zone.h>

#include <chrono>

#include "rules/source/load.h"

namespace vedette::rules {
namespace {

using Seconds = cctz::time_point<cctz::seconds>;

TimeUs to_us(Seconds time) { return time.time_since_epoch().count() * kSecondUs; }

Seconds year_start(int year) { return cctz::convert(cctz::civil_second(year, 1, 1), cctz::utc_time_zone()); }

constexpr int kFirstYear = 1970;
constexpr int kLastYear = 2100;

}  // namespace

bool load_zone(const std::string& name, ZonePtr& zone) {
  zone = nullptr;
  if (name.empty() || name == "UTC") return true;
  cctz::time_zone loaded;
  if (!cctz::load_time_zone(name, &loaded)) return false;
  auto table = std::make_shared<ZoneTable>();
  table->name = name;
  Seconds at = year_start(kFirstYear);
  table->first_offset_s = loaded.lookup(at).offset;
  cctz::time_zone::civil_transition change;
  while (loaded.next_transition(at, &change)) {
    at = loaded.lookup(change.to).trans;
    if (at >= year_start(kLastYear)) break;
    table->transitions.push_back({to_us(at), loaded.lookup(at).offset});
  }
  zone = std::move(table);
  return true;
}

}  // namespace vedette::rules
