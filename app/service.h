// `vedette run`: sources -> queue -> workers -> one correlator thread -> sinks, in memory. Built, started and stopped by
// the main thread; the correlator's thread alone owns the sequencer and calls the sinks.
#pragma once

#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "app/config.h"
#include "app/load_rules.h"
#include "app/logger.h"
#include "app/metrics.h"
#include "app/pipeline.h"
#include "connectors/net/http_server.h"
#include "connectors/sinks/alert_sink.h"
#include "connectors/sources/batch_queue.h"
#include "connectors/sources/http_source.h"
#include "connectors/sources/record_source.h"
#include "engine/run/sequencer.h"

namespace vedette::app {

// Source types and time zones that the configuration names exist.
[[nodiscard]] Status check_sources(const Config& config, const plan::Plan& plan);

class Service {
 public:
  Service(const Config& config, const LoadedRules& rules, unsigned threads, Logger& logger);
  ~Service();

  // Opens sinks, ports and files. What cannot be opened is an Error.
  [[nodiscard]] Status start();
  // Until a signal comes, every source has ended, or a sink is gone for good.
  [[nodiscard]] Status run();

 private:
  struct Sink {
    std::unique_ptr<connectors::AlertSink> sink;
    plan::Level min_level;
  };

  [[nodiscard]] Status build_sinks();
  [[nodiscard]] Status build_sources();
  [[nodiscard]] Result<std::shared_ptr<event::Origin>> make_origin(const SourceConfig& source, const std::string& partition,
                                                                   const std::string& type);
  [[nodiscard]] Status add_http(const SourceConfig& source, std::map<std::string, connectors::HttpSourceOptions>& listeners);
  [[nodiscard]] Status add_kafka(const SourceConfig& source);
  [[nodiscard]] Status add_file(const SourceConfig& source);
  [[nodiscard]] Status start_admin();
  [[nodiscard]] connectors::HttpResponse ready() const;
  void announce(const std::string& configured, const std::string& actual, const std::string& path);
  [[nodiscard]] connectors::RejectHandler reject_handler();
  void count_reject(std::string_view source, std::string_view reason, std::string_view message, std::uint64_t line);

  void pump();
  void correlate();
  void deliver(const std::vector<alert::Alert>& alerts);
  void update_metrics(const correlate::HitBatch& hits);
  void warn_about_late(const std::string& source, std::uint64_t late);
  void drain();

  const Config& config_;
  const LoadedRules& rules_;
  Logger& logger_;
  Metrics metrics_;
  connectors::BatchQueue queue_;
  Pipeline pipeline_;
  run::Sequencer sequencer_;
  std::vector<Sink> sinks_;
  std::vector<std::unique_ptr<connectors::RecordSource>> sources_;
  std::vector<connectors::HttpSource*> http_;  // within sources_
  std::unique_ptr<connectors::HttpServer> admin_;
  std::thread admin_thread_, pump_thread_, correlator_thread_;
  std::mutex origin_mutex_;
  std::uint32_t next_clock_ = 0;
  std::map<std::string, std::uint32_t> tenants_;
  std::atomic<bool> ready_ = false;
  std::atomic<bool> sink_gone_ = false;
  std::uint64_t late_counted_ = 0;
  std::uint64_t conflicts_counted_ = 0;
  std::chrono::steady_clock::time_point late_warned_;
};

}  // namespace vedette::app
