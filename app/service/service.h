// `vedette run`: sources -> intake -> workers -> correlator -> commit -> outbox -> sinks, on a store (in memory without
// `store:`). Built, started and stopped by the main thread, which also reloads the rules.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "app/config.h"
#include "app/load_rules.h"
#include "app/logger.h"
#include "app/metrics.h"
#include "app/service/applier.h"
#include "app/service/crash_guard.h"
#include "app/service/engine_metrics.h"
#include "app/service/health_watch.h"
#include "app/service/intake.h"
#include "app/service/origins.h"
#include "app/service/service_clock.h"
#include "app/service/sinks.h"
#include "app/service/sources.h"
#include "app/service/upkeep.h"
#include "connectors/net/http_server.h"
#include "connectors/net/inherited_sockets.h"
#include "connectors/sources/batch_queue.h"
#include "connectors/store/committer.h"

namespace vedette::app {

// Source types and time zones that the configuration names exist.
void check_sources(const Config& config, const plan::Plan& plan, Diagnostics& findings);

struct ServiceOptions {
  unsigned threads = 1;
  bool accept_data_loss = false;  // open what is left of a damaged store
};

class Service {
 public:
  Service(const Config& config, LoadedRules rules, const ServiceOptions& options, Logger& logger);
  ~Service();

  // Opens the store, recovers the state, opens sinks, ports and files. What cannot be opened is an Error.
  [[nodiscard]] Status start();
  // Until a signal comes, every source has ended, a sink is gone for good, or the store has failed.
  [[nodiscard]] Status run();

 private:
  [[nodiscard]] Status open_store();
  [[nodiscard]] Status recover();
  [[nodiscard]] Status start_admin();
  [[nodiscard]] connectors::HttpResponse ready() const;
  void begin_metrics();
  [[nodiscard]] std::string render_metrics();
  void measure_process();
  void measure_store();
  void measure_sources();
  void measure_http(const std::string& listen, const connectors::HttpCounters& counters);
  void measure_sinks();
  [[nodiscard]] ApplierFunctions applier_functions();
  void announce(const std::string& configured, const std::string& url);
  [[nodiscard]] connectors::RejectHandler count_rejects();
  [[nodiscard]] connectors::RejectHandler keep_rejects();
  void count_reject(const event::Origin& origin, std::string_view reason, std::string_view message, std::string_view place);
  bool step();
  void pump();
  void note_applied(const Done& done, const run::Sequencer& sequencer);
  void note_alert(const alert::Alert& alert);
  void warn_about_late(const std::string& source, std::uint64_t late);
  void note_rules(std::size_t rules);
  void note_reload(const Status& reloaded);
  void store_failed(const std::string& reason);
  [[nodiscard]] Status reload();
  [[nodiscard]] Status reload_secrets();
  [[nodiscard]] bool submit(std::function<void()> control);
  void work_off(std::chrono::steady_clock::time_point until);
  void add_controls(std::vector<Job>& jobs, std::uint64_t pumped);
  void drain();

  const Config& config_;
  std::string config_text_;  // as the last reload found it
  const unsigned threads_;
  const bool accept_data_loss_;
  Logger& logger_;
  ServiceClock clock_{connectors::system_clock_now, connectors::elapsed_now};
  Metrics metrics_;
  EngineMetrics engine_metrics_{metrics_};
  plan::PlanPtr plan_;  // of the start: the source types
  LoadedRules first_rules_;
  CrashGuard crash_guard_;
  connectors::InheritedSockets inherited_;
  std::unique_ptr<connectors::Store> store_;
  Origins origins_;
  connectors::BatchQueue queue_;
  std::unique_ptr<connectors::Committer> committer_;
  std::unique_ptr<Intake> intake_;
  std::unique_ptr<Sinks> sinks_;
  std::unique_ptr<Applier> applier_;
  std::unique_ptr<Sources> sources_;
  std::unique_ptr<HealthWatch> health_;
  std::unique_ptr<Upkeep> upkeep_;
  std::unique_ptr<connectors::HttpServer> admin_;
  std::chrono::steady_clock::time_point next_step_;
  std::thread admin_thread_, pump_thread_, correlator_thread_;

  // Between the pump and a reload: the pipeline that batches go to.
  std::timed_mutex pipeline_mutex_;
  Pipeline* pipeline_ = nullptr;
  // For the pump: control jobs, each after so many batches.
  struct Control {
    std::uint64_t after = 0;
    std::function<void()> job;
  };
  std::mutex controls_mutex_;
  std::deque<Control> controls_;

  std::atomic<bool> ready_ = false, sink_gone_ = false, store_gone_ = false, reload_wanted_ = false, collecting_ = false;
  std::mutex failure_mutex_;
  std::string failure_;
  std::uint64_t late_counted_ = 0, conflicts_counted_ = 0, ordinals_counted_ = 0;
  std::uint64_t events_ = 0, matched_ = 0, rejected_ = 0, alerts_ = 0;
  std::chrono::steady_clock::time_point late_warned_;
};

}  // namespace vedette::app
