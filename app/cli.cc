#include "app/cli.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cstdio>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <string>

#include "app/commands.h"
#include "app/completion.h"
#include "app/exit_code.h"
#include "app/interrupt.h"
#include "app/suggest.h"
#include "app/terminal.h"
#include "engine/base/fold.h"

namespace vedette::app {

namespace {

const std::map<std::string, Format> kFormats = {{"human", Format::human}, {"json", Format::json}, {"jsonl", Format::jsonl}};
const std::map<std::string, CheckFormat> kCheckFormats = {
    {"human", CheckFormat::human}, {"json", CheckFormat::json}, {"jsonl", CheckFormat::jsonl}, {"sarif", CheckFormat::sarif}};
const std::map<std::string, plan::Level> kLevels = {{"informational", plan::Level::informational},
                                                    {"low", plan::Level::low},
                                                    {"medium", plan::Level::medium},
                                                    {"high", plan::Level::high},
                                                    {"critical", plan::Level::critical}};

// An option whose values are the names of a table, in any case.
template <typename T, typename Out>
void add_choice(CLI::App& command, const std::string& name, Out& out, const std::map<std::string, T>& table,
                const std::string& help) {
  std::string names;
  for (const auto& [choice, value] : table) names += (names.empty() ? "" : "|") + choice;
  const auto choose = [&out, &table, name, names](const std::string& text) {
    const auto found =
        std::find_if(table.begin(), table.end(), [&](const auto& entry) { return equal_folded(entry.first, text); });
    if (found == table.end()) throw CLI::ValidationError(name, "`" + text + "` is not one of " + names);
    out = found->second;
  };
  command.add_option_function<std::string>(name, choose, help)->type_name(names);
}

void add_format(CLI::App& command, Format& format, const std::string& help) {
  add_choice(command, "--format", format, kFormats, help);
}

void add_time(CLI::App& command, const std::string& name, std::optional<TimeUs>& time, const std::string& help) {
  command
      .add_option_function<std::string>(
          name,
          [name, &time](const std::string& text) {
            time = parse_iso8601(text);
            if (!time)
              throw CLI::ValidationError(name, "'" + text + "' is not a time such as 2026-05-01 or 2026-05-01T08:00:00Z");
          },
          help)
      ->type_name("TIME");
}

// Options that may be given several times take one value each, so that positional arguments may follow.
void add_repeatable(CLI::App& command, const std::string& name, std::vector<std::string>& values, const std::string& help,
                    const std::string& type) {
  command.add_option(name, values, help)->allow_extra_args(false)->type_name(type);
}

void add_rule_material(CLI::App& command, RuleOptions& rules) {
  add_repeatable(command, "--lists", rules.lists,
                 "Directory of lists (*.txt, *.yml, *.csv) for |expand, and of tables (*.csv) for lookup (default: lists beside "
                 "the rules)",
                 "DIR");
  add_repeatable(command, "--enrich", rules.databases, "MaxMind DB file (City, Country, ASN) for enrich", "FILE");
  add_repeatable(command, "--source-types", rules.source_types, "Further source types (*.yml)", "DIR");
  add_repeatable(command, "--logsource", rules.logsources, "What generic JSON events are, e.g. product=azure,service=signinlogs",
                 "K=V,..");
  add_repeatable(command, "--identities", rules.identities, "Alias table, CSV: person,system,account", "FILE");
  add_repeatable(command, "--domain", rules.domains, "A mail domain whose addresses are persons by their local part", "DOMAIN");
}

void add_rules(CLI::App& command, RuleOptions& rules) {
  add_repeatable(command, "--rules", rules.rules, "Rule file or directory (default: rules/packs, else rules)", "PATH");
  add_rule_material(command, rules);
}

using Action = std::function<int()>;

void example(CLI::App& command, const std::string& text) { command.footer("Example:\n  " + text); }

void add_replay(CLI::App& root, Action& action) {
  auto options = std::make_shared<ReplayOptions>();
  CLI::App* command = root.add_subcommand("replay", "Run rules over recorded events; alerts on stdout, a summary on stderr");
  add_rules(*command, options->rules);
  command->add_option("events", options->events, "Files, directories or - ; .gz and .zst are read")
      ->required()
      ->type_name("EVENTS");
  command->add_option("--source", options->source, "Source type of all events (default: recognised per record)")
      ->type_name("NAME");
  command->add_option("--tenant", options->tenant, "Tenant of all events")
      ->type_name("NAME")
      ->check([](const std::string& text) { return text.empty() ? "a tenant has a name" : ""; }, "", "named");
  command->add_flag("--as-arrived", options->as_arrived, "Keep the given order instead of merging by event time");
  command->add_flag("--sort", options->sort, "For inputs far out of order: hold all hits in memory and sort them");
  add_time(*command, "--from", options->from, "Only events at or after");
  add_time(*command, "--to", options->to, "Only events before");
  add_time(*command, "--now", options->now, "Latest arrival with --as-arrived (default: now)");
  command->add_option("--year", options->year, "Year of the first syslog line")->type_name("YYYY")->check(CLI::Range(1970, 9999));
  command->add_option("--timezone", options->timezone, "Zone of syslog times, e.g. Europe/Paris (default: UTC)")
      ->type_name("ZONE");
  command->add_option("--threads", options->threads, "Decoding threads (default: one per core)")
      ->type_name("N")
      ->check(CLI::Range(1, 256));
  add_choice(*command, "--fail-on", options->fail_on, kLevels, "Exit 1 when an alert of this level or above fires");
  command->add_option("--rejects", options->rejects, "Write refused records to this file, with place and reason")
      ->type_name("FILE");
  options->rules.may_skip_broken = true;
  command->add_flag("--skip-broken", options->rules.skip_broken, "Go on without broken rules, naming them");
  command->add_flag("--no-drain", options->no_drain, "Leave open what is undecided at the end of the input");
  command->add_flag("-q,--quiet", options->quiet, "No summary and no progress");
  add_format(*command, options->format, "Default: human on a terminal, else jsonl");
  example(*command, "vedette replay --rules rules/packs --fail-on high okta.ndjson.gz cloudtrail/ auth.log");
  command->callback([options, &action] { action = [options] { return run_replay(*options); }; });
}

void add_check(CLI::App& root, Action& action) {
  auto options = std::make_shared<CheckOptions>();
  CLI::App* command = root.add_subcommand("check", "Load and lint rules (and a configuration); errors with carets");
  command->add_option("paths", options->paths, "Rule files or directories (default: rules/packs, else rules)")->type_name("PATH");
  add_rules(*command, options->rules);
  command->add_option("-c,--config", options->config, "Check this configuration too")->type_name("FILE");
  command->add_flag("--connect", options->connect, "With -c: try its ports, brokers, webhooks, files and folders; sends nothing");
  command->add_flag("--strict", options->strict, "Warnings fail as well; with --portable, everything beyond Sigma");
  command->add_flag("--fix", options->fix, "Carry out the safe fixes, in place");
  command->add_flag("--dry-run", options->dry_run, "With --fix: show the changes as a diff, write nothing");
  command->add_flag("--portable", options->portable, "Instead of lints: what each document uses beyond Sigma 2.1");
  add_repeatable(*command, "--events", options->events, "Recorded events: expected alerts per day, and why rules never match",
                 "EVENTS");
  command->add_option("--source", options->source, "Source type of these events (default: recognised per record)")
      ->type_name("NAME");
  add_time(*command, "--now", options->now, "The day that the ends of filters are judged by (default: today)");
  add_choice(*command, "--format", options->format, kCheckFormats, "json and jsonl: one object per diagnostic; sarif: 2.1.0");
  example(*command, "vedette check rules/ --strict");
  command->callback([options, &action] { action = [options] { return run_check(*options); }; });
}

void add_test(CLI::App& root, Action& action) {
  auto options = std::make_shared<TestOptions>();
  CLI::App* command = root.add_subcommand("test", "Run *.test.yml; on failure explain the closest miss");
  command
      ->add_option("paths", options->paths,
                   "Test files, rule files with one beside them, or directories (default: rules/packs, else rules)")
      ->type_name("PATH");
  add_rule_material(*command, options->rules);
  command->add_option("-k", options->pattern, "Only cases whose name contains this")->type_name("PATTERN");
  command->add_option("--junit", options->junit, "Also write a JUnit report")->type_name("FILE");
  example(*command, "vedette test rules/packs -k payroll");
  command->callback([options, &action] { action = [options] { return run_test(*options); }; });
}

void add_explain(CLI::App& root, Action& action) {
  auto options = std::make_shared<ExplainOptions>();
  CLI::App* command = root.add_subcommand("explain", "Why a rule matched an event or not, term by term");
  command->add_option("rule", options->rule, "A rule file, with --rules an id, name or title; or a diagnostic code")
      ->required()
      ->type_name("RULE");
  command->add_option("events", options->events, "Events: files or - (default: only the rule's plan)")->type_name("EVENT");
  add_rules(*command, options->rules);
  command->add_option("--source", options->source, "Source type of all events")->type_name("NAME");
  command->add_option("--year", options->year, "Year of the first syslog line")->type_name("YYYY")->check(CLI::Range(1970, 9999));
  command->add_option("--timezone", options->timezone, "Zone of syslog times")->type_name("ZONE");
  example(*command, "vedette explain rules/packs/okta/admin_granted.yml event.json");
  command->callback([options, &action] { action = [options] { return run_explain(*options); }; });
}

void add_fields(CLI::App& rules, Action& action) {
  auto options = std::make_shared<FieldsOptions>();
  CLI::App* fields =
      rules.add_subcommand("fields", "What a source type knows: fields, normalised names, the rules that read them");
  fields->add_option("source", options->source, "Source type: okta, aws_cloudtrail, sshd, ...")->required()->type_name("SOURCE");
  fields->add_option("events", options->events, "Its events: what is in them, and what is not known")->type_name("EVENTS");
  fields->add_flag("--types", options->types, "The event types (okta) and whether event hooks deliver them");
  add_rules(*fields, options->rules);
  fields->add_option("--year", options->year, "Year of the first syslog line")->type_name("YYYY")->check(CLI::Range(1970, 9999));
  fields->add_option("--timezone", options->timezone, "Zone of syslog times")->type_name("ZONE");
  add_format(*fields, options->format, "Default: human");
  example(*fields, "vedette rules fields okta okta.ndjson");
  fields->callback([options, &action] { action = [options] { return run_fields(*options); }; });
}

void add_coverage(CLI::App& rules, Action& action) {
  static const std::map<std::string, CoverageFormat> kChoices = {
      {"human", CoverageFormat::human}, {"json", CoverageFormat::json}, {"navigator", CoverageFormat::navigator}};
  auto options = std::make_shared<CoverageOptions>();
  CLI::App* coverage = rules.add_subcommand("coverage", "Which ATT&CK tactics and techniques the rules are tagged with");
  add_rules(*coverage, options->rules);
  add_choice(*coverage, "--format", options->format, kChoices, "navigator: a layer for the ATT&CK Navigator; default: human");
  example(*coverage, "vedette rules coverage --format navigator > layer.json");
  coverage->callback([options, &action] { action = [options] { return run_coverage(*options); }; });
}

void add_rules_command(CLI::App& root, Action& action) {
  auto options = std::make_shared<RulesOptions>();
  CLI::App* command = root.add_subcommand("rules", "The catalogue, one rule, known fields, ATT&CK coverage, the reference");
  command->require_subcommand(1);
  CLI::App* list = command->add_subcommand("list", "A table of all rules");
  CLI::App* show = command->add_subcommand("show", "One rule: metadata, compiled form");
  add_rules(*list, options->rules);
  add_format(*list, options->format, "Default: human");
  add_rules(*show, options->rules);
  auto shown = std::make_shared<std::string>();
  show->add_option("id", *shown, "Id, name or title")->required()->type_name("RULE");
  example(*list, "vedette rules list --rules rules/packs");
  example(*show, "vedette rules show okta_login_failure --rules rules/packs");
  example(*command, "vedette rules list --rules rules/packs");
  add_fields(*command, action);
  add_coverage(*command, action);
  CLI::App* reference = command->add_subcommand("reference", "The rule reference, as Markdown");
  example(*reference, "vedette rules reference > reference.md");
  reference->callback([&action] { action = [] { return run_reference(); }; });
  list->callback([options, &action] { action = [options] { return run_rules(*options); }; });
  show->callback([options, shown, &action] {
    action = [options, shown] {
      options->show = *shown;
      return run_rules(*options);
    };
  });
}

void add_run(CLI::App& root, Action& action) {
  auto options = std::make_shared<RunOptions>();
  CLI::App* command = root.add_subcommand("run", "The service: sources in, alerts out; SIGHUP reloads the rules");
  command->add_option("-c,--config", options->config, "Configuration")->type_name("FILE")->capture_default_str();
  command->add_option("--threads", options->threads, "Decoding threads (default: one per core)")
      ->type_name("N")
      ->check(CLI::Range(1, 256));
  command->add_flag("--accept-data-loss", options->accept_data_loss, "Start with what is left of a damaged store");
  example(*command, "vedette run -c vedette.yml");
  command->callback([options, &action] { action = [options] { return run_service(*options); }; });
}

void add_store_action(CLI::App& store, Action& action, StoreAction kind, const std::string& name, const std::string& help,
                      const std::string& places) {
  auto options = std::make_shared<StoreCommandOptions>();
  options->action = kind;
  CLI::App* command = store.add_subcommand(name, help);
  command->add_option("path", options->path, "The store's folder, or the backup's")->required()->type_name("PATH");
  if (kind == StoreAction::backup || kind == StoreAction::restore)
    command->add_option("target", options->target, "A new folder")->required()->type_name("TARGET");
  add_format(*command, options->format, "Default: human");
  example(*command, "vedette store " + name + places);
  command->callback([options, &action] { action = [options] { return run_store(*options); }; });
}

void add_store(CLI::App& root, Action& action) {
  CLI::App* store = root.add_subcommand("store", "The durable store of a stopped service: look, verify, back up, restore");
  store->require_subcommand(1);
  const std::string place = " /var/lib/vedette/store", backup = " /backup/store";
  add_store_action(*store, action, StoreAction::info, "info", "What is in it", place);
  add_store_action(*store, action, StoreAction::verify, "verify", "Read all of it and check every checksum", place);
  add_store_action(*store, action, StoreAction::backup, "backup", "A verified copy in a new folder", place + backup);
  add_store_action(*store, action, StoreAction::restore, "restore", "A backup becomes a store where none is", backup + place);
  add_store_action(*store, action, StoreAction::rejects, "rejects", "Records that could not be read, oldest first", place);
  example(*store, "vedette store info /var/lib/vedette/store");
}

int run_completion(const CLI::App& root, const std::string& shell) {
  const auto script = completion_script(root, shell);
  if (!script) {
    print_error(script.error().message);
    return kExitUsage;
  }
  (void)write_all(stdout, *script);
  return kExitOk;
}

void add_small_commands(CLI::App& root, Action& action) {
  auto init_options = std::make_shared<InitOptions>();
  CLI::App* init = root.add_subcommand("init", "Write a commented vedette.yml, a first rule and its test");
  init->add_option("directory", init_options->directory, "Where")->type_name("DIR")->capture_default_str();
  example(*init, "vedette init watch && cd watch && vedette test");
  init->callback([init_options, &action] { action = [init_options] { return run_init(*init_options); }; });

  auto json = std::make_shared<bool>(false);
  CLI::App* version = root.add_subcommand("version", "Version and build");
  version->add_flag("--json", *json, "As JSON");
  example(*version, "vedette version --json");
  version->callback([json, &action] { action = [json] { return run_version(*json); }; });

  auto kind = std::make_shared<std::string>();
  CLI::App* schema = root.add_subcommand("schema", "JSON Schemas of what you write, for editors");
  schema->add_option("kind", *kind, "rule, test, source or config")->required()->type_name("KIND");
  example(*schema, "vedette schema rule > rule.schema.json");
  schema->callback([kind, &action] { action = [kind] { return run_schema(*kind); }; });

  auto shell = std::make_shared<std::string>();
  CLI::App* completion = root.add_subcommand("completion", "A script that completes commands and options in your shell");
  completion->add_option("shell", *shell, "bash, zsh or fish")->required()->type_name("SHELL");
  example(*completion, "vedette completion bash > ~/.local/share/bash-completion/completions/vedette");
  completion->callback([shell, &root, &action] { action = [shell, &root] { return run_completion(root, *shell); }; });
}

int report_usage(const CLI::App& root, const CLI::ParseError& error, int argc, char** argv) {
  std::string message = error.what();
  const auto commands = root.get_subcommands([](const CLI::App*) { return true; });
  const std::string word = argc > 1 ? argv[1] : "";
  const bool known = std::any_of(commands.begin(), commands.end(), [&](const CLI::App* c) { return c->get_name() == word; });
  if (!known && !word.empty() && word[0] != '-') {
    std::vector<std::string> names;
    for (const CLI::App* command : commands) names.push_back(command->get_name());
    message = "unknown command '" + word + "'" + did_you_mean(word, names);
  }
  print_error(message);
  print_note(known ? "vedette " + word + " --help shows its options" : "vedette --help lists the commands");
  return kExitUsage;
}

void describe(CLI::App& root) {
  root.require_subcommand(1);
  root.set_help_all_flag("--help-all", "Help of all commands");
  root.footer(
      "Start here:\n"
      "  vedette init watch                                        a first rule, its test, a configuration\n"
      "  vedette replay --rules rules/packs okta.ndjson auth.log   recorded events, merged by event time\n"
      "  vedette explain rules/packs/x.yml event.json              why it matched, or why not\n"
      "  vedette run -c vedette.yml                                webhooks, Kafka and files, live\n"
      "Exit codes: 0 ok, 1 findings, 2 usage or configuration, 4 runtime failure, 130 interrupted.");
}

// What could not be written is told once: a command that ends with kExitRuntime has done so.
int written(int code) {
  const bool flushed = std::fflush(stdout) == 0 && std::ferror(stdout) == 0;
  if (flushed || code == kExitRuntime) return code;
  print_error("output cannot be written");
  return kExitRuntime;
}

}  // namespace

int run_command_line(int argc, char** argv) {
  CLI::App root("Vedette: real-time alerts over identity events, from Sigma rules and correlations", "vedette");
  describe(root);
  root.set_version_flag("--version", version_line());
  Action action;
  add_replay(root, action);
  add_check(root, action);
  add_test(root, action);
  add_explain(root, action);
  add_rules_command(root, action);
  add_run(root, action);
  add_store(root, action);
  add_small_commands(root, action);
  install_interrupt_handler();
  try {
    root.parse(argc, argv);
  } catch (const CLI::Success& success) {  // --help
    const int code = root.exit(success) == 0 ? kExitOk : kExitUsage;
    std::cout.flush();
    return written(code);
  } catch (const CLI::ParseError& error) {
    return report_usage(root, error, argc, argv);
  }
  return action ? written(action()) : kExitUsage;
}

}  // namespace vedette::app
