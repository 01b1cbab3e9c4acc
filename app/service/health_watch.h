// Health (health.h) within the service: asks the sources once a second, judges on the correlator's thread between two batches,
// commits what has begun as alerts and logs what has ended; finds canaries. Functions say on which thread.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "app/config.h"
#include "app/logger.h"
#include "app/metrics.h"
#include "app/pipeline.h"
#include "app/service/applier.h"
#include "app/service/health.h"
#include "app/service/sources.h"
#include "connectors/store/store.h"

namespace vedette::app {

class HealthWatch {
 public:
  // submit: runs a job on the correlator's thread, at its place among the batches; false when there is no room.
  HealthWatch(const Config& config, Applier& applier, const Sources& sources, connectors::Clock clock, Metrics& metrics,
              Logger& logger, std::function<bool(std::function<void()>)> submit);

  // Before anything runs. Errors: what the store holds of it is damaged.
  [[nodiscard]] Status restore(const connectors::Store& store);
  // On the main thread, about once a second.
  void step(TimeUs now);
  // On the pump's thread: counts the canaries among a batch's records. Costs nothing for sources without one.
  void find_canaries(Job& job) const;
  // Any thread: a source that is up sends nothing any more.
  [[nodiscard]] bool silent(const std::string& source) const;
  // On the correlator's thread, after each batch.
  void note(const Done& done);

 private:
  [[nodiscard]] std::map<std::string, SourceLook> looks() const;
  [[nodiscard]] std::vector<std::string> degraded() const;
  void judge(TimeUs now, const std::map<std::string, SourceLook>& looks);
  void show();

  const Config& config_;
  Applier& applier_;
  const Sources& sources_;
  const connectors::Clock clock_;
  Metrics& metrics_;
  Logger& logger_;
  std::function<bool(std::function<void()>)> submit_;
  std::map<std::string, std::string, std::less<>> canaries_;  // source -> text
  Health health_;
  mutable std::mutex mutex_;
  std::set<std::string> silent_;
};

}  // namespace vedette::app
