// From the configuration to dispatchers: one per sink, each reading the committed outbox by itself, with the routes. Built,
// started and stopped by the main thread.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "app/config.h"
#include "app/logger.h"
#include "connectors/sinks/dispatcher.h"
#include "connectors/sinks/line_file.h"
#include "connectors/sinks/outbox_feed.h"
#include "connectors/sinks/webhook_sink.h"
#include "connectors/store/committer.h"

namespace vedette::app {

// Routes that ask for a rule or a source type that the plan does not have: V9014.
void check_routes(const Config& config, const plan::Plan& plan, Diagnostics& findings);

[[nodiscard]] connectors::WebhookSinkOptions webhook_options(const SinkConfig& sink);

class Sinks {
 public:
  Sinks(const Config& config, connectors::Store& store, connectors::Committer& committer, Logger& logger);
  ~Sinks();

  // Errors name the sink. `closed`: a sink has failed for good; any thread.
  [[nodiscard]] Status start(std::function<void(const std::string& sink, const std::string& reason)> closed);
  void committed(std::uint64_t outbox) { feed_.committed(outbox); }
  // Delivers what is in the outbox, at most so long.
  void stop(std::chrono::milliseconds drain);

  [[nodiscard]] const std::vector<std::unique_ptr<connectors::Dispatcher>>& dispatchers() const { return dispatchers_; }
  // Entries up to this one every sink is done with.
  [[nodiscard]] std::uint64_t done_with() const;

 private:
  [[nodiscard]] Result<std::unique_ptr<connectors::Sink>> make(const SinkConfig& sink);
  [[nodiscard]] Result<connectors::DispatcherFunctions> functions_of(const SinkConfig& sink);
  [[nodiscard]] bool routed(const SinkConfig& sink, const connectors::OutboxAlert& alert) const;

  const Config& config_;
  connectors::Store& store_;
  connectors::Committer& committer_;
  Logger& logger_;
  connectors::OutboxFeed feed_;
  std::function<void(const std::string&, const std::string&)> closed_;
  std::vector<std::unique_ptr<connectors::LineFile>> dead_letters_;
  std::vector<std::unique_ptr<connectors::Dispatcher>> dispatchers_;
};

}  // namespace vedette::app
