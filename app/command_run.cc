// `vedette run`: configuration and rules checked, then the service until a signal comes.
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <thread>

#include "app/commands.h"
#include "app/config.h"
#include "app/exit_code.h"
#include "app/load_rules.h"
#include "app/logger.h"
#include "app/service.h"
#include "app/terminal.h"

namespace vedette::app {

namespace {

unsigned thread_count(unsigned wanted) { return wanted > 0 ? wanted : std::clamp(std::thread::hardware_concurrency(), 1U, 64U); }

}  // namespace

int run_service(const RunOptions& options) {
  Diagnostics diagnostics;
  const auto config = load_config(options.config, diagnostics);
  if (!config) {
    print_error(config.error().to_string());
    return kExitUsage;
  }
  print_diagnostics(diagnostics);
  if (diagnostics.has_errors()) {
    print_error(fmt::format("{} is not a usable configuration", options.config));
    return kExitUsage;
  }
  const auto rules = load_rules_or_report(config->rule_options());
  if (!rules) return kExitUsage;
  const Status known = check_sources(*config, *rules->plan);
  if (!known) {
    print_error(known.error().to_string());
    return kExitUsage;
  }

  Logger logger(config->log_format_given ? config->log_json : !is_terminal(stderr), config->log_level);
  logger.log(connectors::LogLevel::info, "service",
             fmt::format("{} rules and {} correlations loaded", rules->rules, rules->correlations));
  logger.log(connectors::LogLevel::warning, "service",
             "not yet durable: windows, queued events and undelivered alerts live in memory and are lost when this process ends");
  Service service(*config, *rules, thread_count(options.threads), logger);
  const Status started = service.start();
  if (!started) {
    print_error(started.error().to_string());
    return kExitRuntime;
  }
  const Status ended = service.run();
  if (!ended) {
    print_error(ended.error().to_string());
    return kExitRuntime;
  }
  return kExitOk;
}

}  // namespace vedette::app
