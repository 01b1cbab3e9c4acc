// What has to be done now and then beside the stream: ticks of the clocks of healthy, idle sources, marking source types down
// and up, and trimming the store behind log time. step() is called about once a second by the main thread; what concerns the
// state is handed to the correlator's thread as a control job.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "app/logger.h"
#include "app/service/applier.h"
#include "app/service/health_watch.h"
#include "app/service/origins.h"
#include "app/service/sinks.h"
#include "app/service/sources.h"
#include "connectors/store/store.h"

namespace vedette::app {

class Upkeep {
 public:
  // submit: runs a job on the correlator's thread, at its place among the batches; false when there is no room.
  Upkeep(const Config& config, connectors::Store& store, connectors::Committer& committer, Applier& applier, Sources& sources,
         Sinks& sinks, const HealthWatch& health, Logger& logger, std::function<bool(std::function<void()>)> submit);

  void step(TimeUs now);
  // Before anything is applied: the clocks that the log left, at which sources that stay quiet still stand.
  void restore(const std::vector<run::ClockMark>& clocks, const plan::Plan& plan, Origins& origins);
  // After restore(): clocks that a run with a wrong wall clock has left ahead.
  void warn_about_clocks(TimeUs now) const;

 private:
  // A clock that batches have moved; on the correlator's thread.
  struct Clock {
    std::shared_ptr<const event::Origin> origin;
    std::uint32_t source = 0;
    TimeUs stamp = 0;
  };

 public:
  // On the correlator's thread, after each batch.
  void note(const correlate::HitBatch& hits);
  void in_force(plan::PlanPtr plan);

 private:
  // What a source says of itself, and whether it is heard.
  struct Look {
    connectors::SourceHealth health;
    bool silent = false;
  };
  [[nodiscard]] std::map<std::string, Look> looks() const;
  void tick(TimeUs now, const std::map<std::string, Look>& looks);
  void mark_down(TimeUs now, const std::map<std::string, Look>& looks);
  void apply_down(const std::set<std::string>& down);
  [[nodiscard]] std::set<std::uint32_t> types_of(const SourceConfig& source) const;
  void apply_ticks(const std::map<std::string, TimeUs>& complete_to, TimeUs now);
  void note_slowest();
  [[nodiscard]] bool is_configured(const std::string& source) const;
  void trim(TimeUs now);

  const Config& config_;
  connectors::Store& store_;
  connectors::Committer& committer_;
  Applier& applier_;
  Sources& sources_;
  Sinks& sinks_;
  const HealthWatch& health_;
  Logger& logger_;
  std::function<bool(std::function<void()>)> submit_;
  std::map<std::pair<std::uint32_t, std::uint32_t>, Clock> clocks_;  // by origin's clock and source type
  std::map<std::string, TimeUs> unwell_since_;
  std::optional<std::set<std::string>> down_;  // as marked last; nothing: not by this process
  TimeUs next_trim_ = 0;

  std::mutex mutex_;  // what trimming asks for
  plan::PlanPtr plan_;
  TimeUs slowest_ = INT64_MAX;
};

}  // namespace vedette::app
