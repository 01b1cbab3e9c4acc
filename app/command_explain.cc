// `vedette explain RULE EVENT...`: term by term, why single events match a rule or not; `vedette explain V1004`: the page of a
// diagnostic code.
#include <fmt/format.h>

#include <filesystem>

#include "app/commands.h"
#include "app/event_reader.h"
#include "app/exit_code.h"
#include "app/explain_tree.h"
#include "app/inputs.h"
#include "app/load_rules.h"
#include "app/terminal.h"
#include "rules/reference/diagnostic_page.h"
#include "rules/source/load.h"

namespace vedette::app {

namespace {

bool is_file(const std::string& path) {
  std::error_code code;
  return std::filesystem::is_regular_file(path, code);
}

// The base rules to look at: the wanted one, those of a wanted file, or those under a wanted correlation.
class Wanted {
 public:
  explicit Wanted(const plan::Plan& plan) : plan_(plan) {}

  void add(const RuleRef& ref) {
    if (!ref.correlation) {
      if (std::find(rules_.begin(), rules_.end(), ref.index) == rules_.end()) rules_.push_back(ref.index);
      return;
    }
    correlations_.push_back(ref.index);
    for (const plan::Input& input : plan_.correlations[ref.index].inputs) add({input.correlation, input.index});
  }
  void add_file(const std::string& path) {
    for (std::uint32_t i = 0; i < plan_.rules.size(); ++i) {
      if (plan_.rules[i].meta.where.file == path) add({false, i});
    }
    for (std::uint32_t i = 0; i < plan_.correlations.size(); ++i) {
      if (plan_.correlations[i].meta.where.file == path) add({true, i});
    }
  }
  [[nodiscard]] const std::vector<std::uint32_t>& rules() const { return rules_; }
  [[nodiscard]] const std::vector<std::uint32_t>& correlations() const { return correlations_; }

 private:
  const plan::Plan& plan_;
  std::vector<std::uint32_t> rules_, correlations_;
};

class Explainer {
 public:
  Explainer(const LoadedRules& loaded, const Wanted& wanted, const ExplainOptions& options)
      : loaded_(loaded), wanted_(wanted), options_(options) {
    style_ = {use_colour(stdout), is_terminal(stdout)};
  }

  // The exit code.
  int run() {
    for (const std::uint32_t correlation : wanted_.correlations()) {
      print_note(fmt::format("{} is a correlation: explaining it is not there yet; its base rules are explained event by event",
                             loaded_.plan->correlations[correlation].meta.label()));
    }
    if (options_.events.empty()) return print_plans();
    auto files = expand_inputs(options_.events);
    if (!files) return usage(files.error());
    auto source = find_source(*loaded_.plan, options_.source);
    if (!source) return usage(source.error());
    ZonePtr zone;
    if (!rules::load_zone(options_.timezone, zone)) return usage({"unknown time zone '" + options_.timezone + "'"});
    const EventReading reading{loaded_.plan, loaded_.program, *source, zone, options_.year, "explain"};
    const Status read =
        read_events(reading, *files, [this](const event::EventView& event, match::Matcher& matcher) { explain(event, matcher); });
    if (!read) {
      print_error(read.error().to_string());
      return kExitRuntime;
    }
    if (events_ == 0) print_warning("no event was found in the input");
    return kExitOk;
  }

 private:
  static int usage(const Error& error) {
    print_error(error.to_string());
    return kExitUsage;
  }

  int print_plans() {
    for (const std::uint32_t rule : wanted_.rules()) {
      std::string text = fmt::format("{}\n", printable(loaded_.plan->rules[rule].meta.label()));
      for (const plan::SourceProgram& program : loaded_.plan->sources) {
        for (const plan::Arm& arm : program.arms) {
          if (arm.rule != rule) continue;
          text += fmt::format("  on {}: {}\n", program.source.name, printable(plan::print_arm(program, arm)));
          text += filter_and_level_lines(*loaded_.plan, program, arm);
        }
      }
      (void)write_all(stdout, text);
    }
    print_note("give an event (a file, or - for standard input) to see why it matches or not");
    return kExitOk;
  }

  void explain(const event::EventView& event, match::Matcher& matcher) {
    ++events_;
    const std::string& source = loaded_.plan->sources[event.head.source].source.name;
    const std::string id(event.head.id);
    const std::string name = id.empty() ? fmt::format("{}, line {}", source, event.head.line) : fmt::format("{}:{}", source, id);
    std::string out;
    for (const std::uint32_t rule : wanted_.rules()) {
      bool matched = false;
      const std::string tree = explain_event(*loaded_.plan, rule, event, matcher, style_, matched);
      const std::string verdict = tree.empty() ? "not looked at: the rule reads another log source"
                                  : matched    ? "matches"
                                               : "does not match";
      out += fmt::format("{}  {}  {}\n{}", printable(name),
                         paint(printable(loaded_.plan->rules[rule].meta.label()), Colour::bold, style_.colour),
                         paint(verdict, matched ? Colour::green : Colour::red, style_.colour), tree);
    }
    (void)write_all(stdout, out);
  }

  const LoadedRules& loaded_;
  const Wanted& wanted_;
  const ExplainOptions& options_;
  TreeStyle style_;
  std::uint64_t events_ = 0;
};

}  // namespace

int run_explain(const ExplainOptions& options) {
  if (const std::string_view page = rules::reference::find_page(options.rule); !page.empty() && options.events.empty()) {
    (void)write_all(stdout, page);
    return kExitOk;
  }
  RuleOptions rules = options.rules;
  const bool file = is_file(options.rule);
  if (file && rules.rules.empty()) rules.rules = {options.rule};
  const auto loaded = load_rules_or_report(rules);
  if (!loaded) return kExitUsage;
  Wanted wanted(*loaded->plan);
  if (file) {
    wanted.add_file(options.rule);
  } else {
    const auto found = find_rule(*loaded->plan, options.rule);
    if (!found) {
      print_error(found.error().to_string());
      return kExitUsage;
    }
    wanted.add(*found);
  }
  if (wanted.rules().empty()) {
    print_error("no rule of " + options.rule + " is among those loaded");
    return kExitUsage;
  }
  return Explainer(*loaded, wanted, options).run();
}

}  // namespace vedette::app
