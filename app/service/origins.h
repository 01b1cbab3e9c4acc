// The origins of a running service, one per (source name, partition, tenant): the same object for live batches, the inbox
// and the log, so that clocks and tenants keep their numbers. What the configuration no longer names gets an origin with
// the stored names. Thread-safe.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <tuple>

#include "app/config.h"
#include "engine/base/result.h"
#include "engine/event/record.h"
#include "engine/plan/plan.h"

namespace vedette::app {

class Origins {
 public:
  explicit Origins(plan::PlanPtr plan) : plan_(std::move(plan)) {}

  // Of a configured source; `type` is a source type's name, empty: recognised. Errors name what is wrong in it.
  [[nodiscard]] Result<std::shared_ptr<const event::Origin>> configured(const SourceConfig& source, const std::string& partition,
                                                                        const std::string& type);
  // By its stored names; never null.
  [[nodiscard]] std::shared_ptr<const event::Origin> named(std::string_view name, std::string_view partition,
                                                           std::string_view tenant);

 private:
  using Key = std::tuple<std::string, std::string, std::string>;
  [[nodiscard]] std::shared_ptr<const event::Origin> add(event::Origin origin, bool configured);

  plan::PlanPtr plan_;
  std::mutex mutex_;
  struct Known {
    std::shared_ptr<const event::Origin> origin;
    bool configured = false;
  };
  std::map<Key, Known> known_;
  std::map<std::string, std::uint32_t> tenants_;
};

}  // namespace vedette::app
