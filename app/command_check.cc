// `vedette check`: load and lint rules, and a configuration when named.
#include <fmt/format.h>

#include <optional>
#include <utility>

#include "app/commands.h"
#include "app/config.h"
#include "app/exit_code.h"
#include "app/load_rules.h"
#include "app/service.h"
#include "app/terminal.h"

namespace vedette::app {

namespace {

// Diagnostics are the result of this command: stdout.
bool print_findings(const Diagnostics& diagnostics, Format format) {
  std::string text;
  const bool colour = use_colour(stdout);
  bool first = true;
  if (format == Format::json) text += "[";
  for (const Diagnostic& item : diagnostics.items()) {
    if (format == Format::json) text += (first ? "\n" : ",\n") + render_json(item);
    if (format == Format::jsonl) text += render_json(item) + "\n";
    if (format == Format::human || format == Format::automatic) text += render_human(item, colour) + "\n";
    first = false;
  }
  if (format == Format::json) text += first ? "]\n" : "\n]\n";
  return write_all(stdout, text);
}

std::string count_text(std::size_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

// The configuration's own rules, lists and identities are checked when no rules are named.
Status check_config(const CheckOptions& options, RuleOptions& rules, Diagnostics& findings, std::optional<Config>& checked) {
  auto config = load_config(options.config, findings);
  if (!config) return config.error();
  if (rules.rules.empty()) rules = config->rule_options();
  checked = std::move(*config);
  return {};
}

int usage(const Error& error) {
  print_error(error.to_string());
  return kExitUsage;
}

}  // namespace

int run_check(const CheckOptions& options) {
  Diagnostics findings;
  RuleOptions rules = options.rules;
  rules.rules.insert(rules.rules.end(), options.paths.begin(), options.paths.end());
  std::optional<Config> config;
  if (!options.config.empty()) {
    const Status checked = check_config(options, rules, findings, config);
    if (!checked) return usage(checked.error());
    if (findings.has_errors()) config.reset();
  }
  auto loaded = load_rules(rules);
  if (!loaded) return usage(loaded.error());
  if (config && loaded->plan) {
    const Status known = check_sources(*config, *loaded->plan);
    if (!known) return usage(known.error());
  }
  findings.append(loaded->diagnostics);
  findings.sort();
  if (!print_findings(findings, options.format)) {
    print_error("findings cannot be written to standard output");
    return kExitRuntime;
  }
  const std::size_t errors = findings.error_count();
  const std::size_t warnings = findings.warning_count();
  const bool failed = errors > 0 || (options.strict && warnings > 0);
  const bool colour = use_colour(stderr);
  const std::string filters = loaded->filters == 0 ? "" : " and " + count_text(loaded->filters, "filter");
  (void)write_all(
      stderr,
      fmt::format("{} {}{} in {}: {}, {}\n", paint(failed ? "FAILED" : "ok", failed ? Colour::red : Colour::green, colour),
                  count_text(loaded->rules + loaded->correlations, "rule"), filters, count_text(loaded->files, "file"),
                  count_text(errors, "error"), count_text(warnings, "warning")));
  return failed ? kExitFindings : kExitOk;
}

}  // namespace vedette::app
