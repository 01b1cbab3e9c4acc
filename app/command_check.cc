// `vedette check`: load and lint rules, and a configuration when named; fix them; say how often they would alert.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "app/check_rules.h"
#include "app/commands.h"
#include "app/config.h"
#include "app/connect.h"
#include "app/exit_code.h"
#include "app/replay.h"
#include "app/service/service.h"
#include "app/terminal.h"
#include "app/version.h"
#include "connectors/sources/record_source.h"
#include "rules/check/sarif.h"

namespace vedette::app {

namespace {

// Notes of one code that people are shown; the rest is counted.
constexpr std::size_t kShownNotes = 3;

std::string count_text(std::size_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

std::size_t notes_in(const Diagnostics& findings) {
  return static_cast<std::size_t>(std::count_if(findings.items().begin(), findings.items().end(),
                                                [](const Diagnostic& d) { return d.severity == Severity::note; }));
}

std::string human_text(const Diagnostics& findings, bool all) {
  const bool colour = use_colour(stdout);
  std::string out;
  std::map<std::string, std::size_t> notes;
  for (const Diagnostic& item : findings.items()) {
    const bool shown = all || item.severity != Severity::note || ++notes[item.code] <= kShownNotes;
    if (shown) out += render_human(item, colour) + "\n";
  }
  for (const auto& [code, count] : notes) {
    if (count > kShownNotes)
      out += fmt::format("note[{}]: {} more of these; --format jsonl lists all\n", code, count - kShownNotes);
  }
  return out;
}

// Diagnostics are the result of this command: stdout.
bool print_findings(const Diagnostics& findings, const CheckOptions& options) {
  std::string text;
  if (options.format == CheckFormat::human) text = human_text(findings, options.portable);
  if (options.format == CheckFormat::sarif) text = rules::to_sarif(findings, kVersion);
  bool first = true;
  for (const Diagnostic& item : findings.items()) {
    if (options.format == CheckFormat::json) text += (first ? "[\n" : ",\n") + render_json(item);
    if (options.format == CheckFormat::jsonl) text += render_json(item) + "\n";
    first = false;
  }
  if (options.format == CheckFormat::json) text += first ? "[]\n" : "\n]\n";
  return write_all(stdout, text);
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

int runtime(const std::string& message) {
  print_error(message);
  return kExitRuntime;
}

// What fixes did, or with --dry-run would do. False after a failure, which is told.
bool show_fixes(const CheckOptions& options, const CheckedRules& checked) {
  if (options.dry_run) {
    std::string diff;
    for (std::size_t i = 0; i < checked.after.size(); ++i)
      diff += rules::unified_diff(checked.after[i].path, checked.before[i].text, checked.after[i].text);
    if (write_all(stdout, diff)) return true;
    print_error("the changes cannot be written to standard output");
    return false;
  }
  const Status written = write_fixed(checked);
  if (!written) {
    print_error(written.error().to_string());
    return false;
  }
  for (const rules::AppliedFix& fix : checked.applied)
    (void)write_all(stderr,
                    printable_lines(fmt::format("fixed {}:{}: {} [{}]\n", fix.where.file, fix.where.line, fix.title, fix.code)));
  return true;
}

Diagnostics only_portability(const Diagnostics& findings) {
  Diagnostics out;
  for (const Diagnostic& item : findings.items()) {
    if (item.severity == Severity::error || item.code.starts_with("V219")) out.add(item);
  }
  return out;
}

int show_summary(const CheckOptions& options, const LoadedRules& loaded, const Diagnostics& findings) {
  const std::size_t errors = findings.error_count(), warnings = findings.warning_count(), notes = notes_in(findings);
  const bool failed = errors > 0 || (options.strict && (warnings > 0 || (options.portable && notes > 0)));
  const bool colour = use_colour(stderr);
  const std::string filters = loaded.filters == 0 ? "" : " and " + count_text(loaded.filters, "filter");
  (void)write_all(stderr, fmt::format("{} {}{} in {}: {}, {}{}\n",
                                      paint(failed ? "FAILED" : "ok", failed ? Colour::red : Colour::green, colour),
                                      count_text(loaded.rules + loaded.correlations, "rule"), filters,
                                      count_text(loaded.files, "file"), count_text(errors, "error"),
                                      count_text(warnings, "warning"), notes == 0 ? "" : ", " + count_text(notes, "note")));
  return failed ? kExitFindings : kExitOk;
}

// Of a configuration that does not say where its rules are, or says what is not there.
bool lacks_rules(const RuleOptions& rules, const Diagnostics& findings) {
  return rules.rules.empty() || std::any_of(findings.items().begin(), findings.items().end(),
                                            [](const Diagnostic& finding) { return finding.code == "V9012"; });
}

int show_config_alone(const CheckOptions& options, Diagnostics findings) {
  findings.sort();
  if (!print_findings(findings, options)) return runtime("findings cannot be written to standard output");
  print_note("the rules were not checked: mend the configuration first");
  return show_summary(options, {}, findings);
}

// The events once through the rules; a table instead of findings.
int show_rates(const CheckOptions& options, const LoadedRules& loaded) {
  ReplayOptions replay;
  replay.events = options.events;
  replay.source = options.source;
  replay.quiet = true;
  replay.rates = true;
  replay.sort = true;
  replay.format = Format::jsonl;
  return Replay(replay, loaded).run();
}

}  // namespace

int run_check(const CheckOptions& options) {
  if (options.dry_run && !options.fix) return usage({"--dry-run goes with --fix"});
  if (options.connect && options.config.empty()) return usage({"--connect goes with --config"});
  if (!options.events.empty() && options.format != CheckFormat::human) return usage({"--events gives a table: --format human"});
  Diagnostics findings;
  RuleOptions rules = options.rules;
  rules.rules.insert(rules.rules.end(), options.paths.begin(), options.paths.end());
  std::optional<Config> config;
  if (!options.config.empty()) {
    const Status checked = check_config(options, rules, findings, config);
    if (!checked) return usage(checked.error());
    if (findings.has_errors()) {
      config.reset();
      if (lacks_rules(rules, findings)) return show_config_alone(options, findings);
    }
  }
  rules::CheckSettings settings;
  settings.lints = !options.portable;
  settings.portable = options.portable;
  settings.now = options.now.value_or(connectors::system_clock_now());
  auto checked = check_rules(rules, settings, options.fix);
  if (!checked) return usage(checked.error());
  const LoadedRules& loaded = checked->loaded;
  if (config && loaded.plan) {
    check_sources(*config, *loaded.plan, findings);
    check_routes(*config, *loaded.plan, findings);
  }
  if (config && options.connect)
    check_connections(
        *config, [](const std::string& place) { print_note("trying " + place); }, findings);
  if (options.fix && !show_fixes(options, *checked)) return kExitRuntime;
  findings.append(loaded.diagnostics);
  findings.sort();
  if (options.portable) findings = only_portability(findings);
  const bool rates = !options.events.empty() && loaded.plan != nullptr && !loaded.plan->rules.empty();
  if (!options.dry_run && !rates && !print_findings(findings, options))
    return runtime("findings cannot be written to standard output");
  const int code = show_summary(options, loaded, findings);
  if (!rates) return code;
  const int replayed = show_rates(options, loaded);
  return replayed != kExitOk ? replayed : code;
}

}  // namespace vedette::app
