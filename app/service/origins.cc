#include "app/service/origins.h"

#include "app/load_rules.h"
#include "rules/source/load.h"

namespace vedette::app {

Result<std::shared_ptr<const event::Origin>> Origins::configured(const SourceConfig& source, const std::string& partition,
                                                                 const std::string& type) {
  event::Origin made;
  const auto index = find_source(*plan_, type);
  if (!index) return Error{index.error().message, source.name};
  made.source_name = source.name;
  made.partition = partition;
  made.tenant = source.tenant;
  made.source = *index;
  made.year_hint = source.year;
  made.ordinal_per_batch = source.kind == SourceKind::okta_hook || source.kind == SourceKind::http;
  for (const std::string& path : source.unwrap) {
    auto parsed = plan::parse_field_path(path);
    if (!parsed) return Error{parsed.error().message, source.name};
    made.unwrap.push_back(std::move(*parsed));
  }
  if (!rules::load_zone(source.timezone, made.zone)) return Error{"unknown time zone '" + source.timezone + "'", source.name};
  const std::lock_guard lock(mutex_);
  return add(std::move(made), true);
}

std::shared_ptr<const event::Origin> Origins::named(std::string_view name, std::string_view partition, std::string_view tenant) {
  event::Origin made;
  made.source_name = name;
  made.partition = partition;
  made.tenant = tenant;
  const std::lock_guard lock(mutex_);
  return add(std::move(made), false);
}

// The first one of its names gives the numbers; a configured one takes the place of one that was only stored.
std::shared_ptr<const event::Origin> Origins::add(event::Origin origin, bool configured) {
  const auto [slot, added] = known_.try_emplace(Key{origin.source_name, origin.partition, origin.tenant});
  Known& known = slot->second;
  if (!added && (known.configured || !configured)) return known.origin;
  origin.tenant_index = tenants_.emplace(origin.tenant, static_cast<std::uint32_t>(tenants_.size())).first->second;
  origin.clock = added ? static_cast<std::uint32_t>(known_.size() - 1) : known.origin->clock;
  known = {std::make_shared<const event::Origin>(std::move(origin)), configured};
  return known.origin;
}

}  // namespace vedette::app
