// `vedette run`: configuration and rules checked, then the service until a signal comes.
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <thread>
#include <utility>

#include "app/commands.h"
#include "app/config.h"
#include "app/exit_code.h"
#include "app/load_rules.h"
#include "app/logger.h"
#include "app/service/service.h"
#include "app/terminal.h"

namespace vedette::app {

namespace {

unsigned thread_count(unsigned wanted) { return wanted > 0 ? wanted : std::clamp(std::thread::hardware_concurrency(), 1U, 64U); }

// Shadow rules make no noise: say so once, or their silence is a riddle.
void log_shadow_rules(const plan::Plan& plan, Logger& logger) {
  std::size_t by_mode = 0, by_status = 0;
  const auto count = [&](const plan::RuleMeta& meta) {
    if (meta.shadow) ++(meta.status == "experimental" ? by_status : by_mode);
  };
  for (const plan::RulePlan& rule : plan.rules) count(rule.meta);
  for (const plan::CorrelationPlan& correlation : plan.correlations) count(correlation.meta);
  const std::size_t all = by_mode + by_status;
  if (all == 0) return;
  std::string why;
  if (by_mode > 0) why += fmt::format("{} with mode: shadow", by_mode);
  if (by_status > 0) why += fmt::format("{}{} with status: experimental", why.empty() ? "" : ", ", by_status);
  logger.log(connectors::LogLevel::info, "service",
             fmt::format("{} shadow rule{}, counted but never sent to sinks: {}", all, all == 1 ? "" : "s", why));
}

int unusable(const std::string& config) {
  print_error(fmt::format("{} is not a usable configuration", config));
  return kExitUsage;
}

}  // namespace

int run_service(const RunOptions& options) {
  Diagnostics diagnostics;
  const auto config = load_config(options.config, diagnostics);
  if (!config) {
    print_error(config.error().to_string());
    return kExitUsage;
  }
  print_diagnostics(diagnostics);
  if (diagnostics.has_errors()) return unusable(options.config);
  const auto rules = load_rules_or_report(config->rule_options());
  if (!rules) return kExitUsage;
  Diagnostics later;
  check_sources(*config, *rules->plan, later);
  check_routes(*config, *rules->plan, later);
  print_diagnostics(later);
  if (later.has_errors()) return unusable(options.config);

  Logger logger(config->log_format_given ? config->log_json : !is_terminal(stderr), config->log_level);
  logger.log(connectors::LogLevel::info, "service",
             fmt::format("{} rules and {} correlations loaded", rules->rules, rules->correlations));
  log_shadow_rules(*rules->plan, logger);
  Service service(*config, std::move(*rules), {thread_count(options.threads), options.accept_data_loss}, logger);
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
