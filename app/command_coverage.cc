// `vedette rules coverage`: ATT&CK tactics and techniques by the tags of the rules that alert.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <set>

#include "app/commands.h"
#include "app/exit_code.h"
#include "app/load_rules.h"
#include "app/terminal.h"
#include "engine/base/fold.h"
#include "engine/base/json_writer.h"
#include "rules/reference/attack.h"
#include "rules/reference/json_text.h"

namespace vedette::app {

namespace {

using rules::reference::kTactics;
using rules::reference::technique_name;

struct Coverage {
  std::size_t rules = 0;                                                     // that alert
  std::set<std::string> untagged;                                            // of them, without a technique
  std::map<std::string, std::set<std::string>> techniques;                   // T1110.001 -> rules
  std::map<std::string, std::set<std::string>> tactics;                      // credential-access -> rules
  std::map<std::string, std::map<std::string, std::set<std::string>>> both;  // tactic -> technique -> rules with both tags
};

// T1110 or T1110.003 of a tag's name; empty for others.
std::string technique_of(std::string_view name) {
  const std::string digits(name.substr(std::min<std::size_t>(1, name.size())));
  const bool shaped = name.starts_with('t') && (digits.size() == 4 || (digits.size() == 8 && digits[4] == '.'));
  const bool numeric =
      std::all_of(digits.begin(), digits.end(), [](unsigned char c) { return std::isdigit(c) != 0 || c == '.'; });
  return shaped && numeric ? "T" + digits : std::string();
}

void add(Coverage& coverage, const plan::RuleMeta& meta, bool emits) {
  if (!emits) return;
  ++coverage.rules;
  std::vector<std::string> techniques, tactics;
  for (const std::string& tag : meta.tags) {
    std::string name = folded(tag);
    if (!name.starts_with("attack.")) continue;
    name.erase(0, 7);
    if (std::string technique = technique_of(name); !technique.empty()) {
      techniques.push_back(std::move(technique));
      continue;
    }
    std::replace(name.begin(), name.end(), '_', '-');
    if (std::find(kTactics.begin(), kTactics.end(), name) != kTactics.end()) tactics.push_back(name);
  }
  if (techniques.empty()) coverage.untagged.insert(meta.label());
  for (const std::string& technique : techniques) coverage.techniques[technique].insert(meta.label());
  for (const std::string& tactic : tactics) {
    coverage.tactics[tactic].insert(meta.label());
    for (const std::string& technique : techniques) coverage.both[tactic][technique].insert(meta.label());
  }
}

std::string count_text(std::size_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

std::string human(const Coverage& coverage) {
  const bool colour = use_colour(stdout);
  std::string out;
  for (const std::string_view tactic : kTactics) {
    const auto found = coverage.tactics.find(std::string(tactic));
    if (found == coverage.tactics.end()) continue;
    out += fmt::format("{}  {}\n", paint(tactic, Colour::bold, colour), count_text(found->second.size(), "rule"));
    const auto techniques = coverage.both.find(found->first);
    if (techniques == coverage.both.end()) continue;
    for (const auto& [technique, rules] : techniques->second) {
      out += fmt::format("  {:<10}  {:<44}  {:>3}  {}\n", technique, technique_name(technique), rules.size(),
                         printable(fmt::format("{}", fmt::join(rules, ", "))));
    }
  }
  std::string none;
  for (const std::string_view tactic : kTactics) {
    if (!coverage.tactics.contains(std::string(tactic))) none += fmt::format("{}{}", none.empty() ? "" : ", ", tactic);
  }
  out += fmt::format("{} that alert: {} of {} tactics, {}; {} without a technique\n", count_text(coverage.rules, "rule"),
                     coverage.tactics.size(), kTactics.size(), count_text(coverage.techniques.size(), "technique"),
                     coverage.untagged.size());
  if (!none.empty()) out += paint(fmt::format("no rule: {}\n", none), Colour::dim, colour);
  return out;
}

void names(JsonWriter& json, const std::set<std::string>& rules) {
  json.begin_array();
  for (const std::string& rule : rules) json.string(rule);
  json.end_array();
}

std::string as_json(const Coverage& coverage) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.key("rules");
  json.number(static_cast<std::uint64_t>(coverage.rules));
  json.key("tactics");
  json.begin_array();
  for (const std::string_view tactic : kTactics) {
    const auto found = coverage.tactics.find(std::string(tactic));
    json.begin_object();
    json.key("tactic");
    json.string(tactic);
    json.key("rules");
    names(json, found == coverage.tactics.end() ? std::set<std::string>() : found->second);
    json.end_object();
  }
  json.end_array();
  json.key("techniques");
  json.begin_array();
  for (const auto& [technique, rules] : coverage.techniques) {
    json.begin_object();
    json.key("technique");
    json.string(technique);
    json.key("name");
    json.string(technique_name(technique));
    json.key("rules");
    names(json, rules);
    json.end_object();
  }
  json.end_array();
  json.key("without_technique");
  names(json, coverage.untagged);
  json.end_object();
  return rules::reference::pretty_json(out);
}

// Layer format 4.5 of the ATT&CK Navigator.
std::string navigator(const Coverage& coverage) {
  std::string out;
  JsonWriter json(out);
  std::size_t most = 1;
  json.begin_object();
  json.key("name");
  json.string("Vedette rules");
  json.key("versions");
  json.raw(R"({"layer": "4.5", "navigator": "5.1.0"})");
  json.key("domain");
  json.string("enterprise-attack");
  json.key("description");
  json.string("Score: the number of rules that alert and are tagged with the technique");
  json.key("techniques");
  json.begin_array();
  for (const auto& [technique, rules] : coverage.techniques) {
    most = std::max(most, rules.size());
    json.begin_object();
    json.key("techniqueID");
    json.string(technique);
    json.key("score");
    json.number(static_cast<std::uint64_t>(rules.size()));
    json.key("comment");
    json.string(fmt::format("{}", fmt::join(rules, ", ")));
    json.key("enabled");
    json.boolean(true);
    json.end_object();
  }
  json.end_array();
  json.key("gradient");
  json.raw(fmt::format(R"({{"colors": ["#ffffff", "#2d7dd2"], "minValue": 0, "maxValue": {}}})", most));
  json.end_object();
  return rules::reference::pretty_json(out);
}

}  // namespace

int run_coverage(const CoverageOptions& options) {
  const auto loaded = load_rules_or_report(options.rules);
  if (!loaded) return kExitUsage;
  Coverage coverage;
  for (const plan::RulePlan& rule : loaded->plan->rules) add(coverage, rule.meta, rule.emits);
  for (const plan::CorrelationPlan& correlation : loaded->plan->correlations) add(coverage, correlation.meta, correlation.emits);
  (void)write_all(stdout, options.format == CoverageFormat::human  ? human(coverage)
                          : options.format == CoverageFormat::json ? as_json(coverage)
                                                                   : navigator(coverage));
  return kExitOk;
}

}  // namespace vedette::app
