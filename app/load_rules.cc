#include "app/load_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "app/suggest.h"
#include "app/terminal.h"
#include "rules/enrich/address_table.h"
#include "rules/source/load.h"

namespace vedette::app {

namespace {

namespace fs = std::filesystem;

Result<std::string> read_text(const std::string& path) {
  std::error_code code;
  if (!fs::is_regular_file(path, code)) return Error{"no such file", path};
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  if (!in) return Error{"cannot be read", path};
  return text.str();
}

// Files as given, *.yml of directories, in path order.
Result<std::vector<yaml::File>> read_source_files(const std::vector<std::string>& paths) {
  std::vector<std::string> files;
  for (const std::string& path : paths) {
    std::error_code code;
    if (!fs::is_directory(path, code)) {
      files.push_back(path);
      continue;
    }
    for (const auto& entry : fs::directory_iterator(path, code)) {
      const std::string extension = entry.path().extension().string();
      if (extension == ".yml" || extension == ".yaml") files.push_back(entry.path().string());
    }
  }
  std::sort(files.begin(), files.end());
  std::vector<yaml::File> read;
  for (const std::string& path : files) {
    auto text = read_text(path);
    if (!text) return text.error();
    read.push_back({path, std::move(*text)});
  }
  return read;
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (true) {
    const auto at = text.find(separator);
    parts.emplace_back(trimmed(text.substr(0, at)));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

Result<std::vector<plan::Alias>> read_aliases(const std::string& path) {
  auto text = read_text(path);
  if (!text) return text.error();
  std::vector<plan::Alias> aliases;
  std::istringstream lines(*text);
  std::string line;
  for (int number = 1; std::getline(lines, line); ++number) {
    if (trimmed(line).empty() || line[0] == '#') continue;
    const auto cells = split(line, ',');
    if (cells.size() != 3 || cells[0].empty() || cells[1].empty() || cells[2].empty()) {
      return Error{"expected person,system,account", fmt::format("{}:{}", path, number)};
    }
    if (number == 1 && cells[0] == "person" && cells[1] == "system") continue;
    aliases.push_back({cells[0], cells[1], cells[2]});
  }
  return aliases;
}

// For rules/ and for rules/x.yml: the folder `lists` next to rules/.
std::vector<std::string> lists_beside(const std::vector<std::string>& rule_paths) {
  std::vector<std::string> found;
  for (const std::string& path : rule_paths) {
    std::error_code code;
    fs::path folder = fs::weakly_canonical(path, code);
    if (!fs::is_directory(folder, code)) folder = folder.parent_path();
    const std::string lists = (folder.parent_path() / "lists").string();
    if (fs::is_directory(lists, code) && std::find(found.begin(), found.end(), lists) == found.end()) found.push_back(lists);
  }
  return found;
}

Result<plan::LogSource> parse_logsource(const std::string& text) {
  plan::LogSource logsource;
  for (const std::string& part : split(text, ',')) {
    const auto equals = part.find('=');
    const std::string name = part.substr(0, equals);
    std::string* member = name == "category"  ? &logsource.category
                          : name == "product" ? &logsource.product
                          : name == "service" ? &logsource.service
                                              : nullptr;
    if (member == nullptr || equals == std::string::npos || equals + 1 == part.size()) {
      return Error{"'" + part + "' is not category=, product= or service= with a value", "--logsource " + text};
    }
    *member = part.substr(equals + 1);
  }
  return logsource;
}

// "V1004".
bool is_code(std::string_view text) {
  return text.size() == 5 && text[0] == 'V' && text.find_first_not_of("0123456789", 1) == std::string_view::npos;
}

}  // namespace

Result<std::vector<std::string>> default_rule_paths(const std::vector<std::string>& given) {
  if (!given.empty()) return given;
  for (const char* path : {"rules/packs", "rules"}) {
    std::error_code code;
    if (fs::is_directory(path, code)) return std::vector<std::string>{path};
  }
  return Error{"no rules given, and neither rules/packs nor rules is here; name some with --rules, or start with `vedette init`"};
}

std::vector<std::string> list_folders(const RuleOptions& options) {
  return options.lists.empty() ? lists_beside(options.rules) : options.lists;
}

Result<rules::CompileOptions> compile_options(const RuleOptions& options, Diagnostics& diagnostics) {
  rules::CompileOptions compile;
  auto more = read_source_files(options.source_types);
  if (!more) return more.error();
  std::vector<yaml::File> sources = rules::builtin_sources();
  sources.insert(sources.end(), more->begin(), more->end());
  compile.sources = rules::load_sources(sources, diagnostics);
  for (const yaml::File& file : rules::builtin_lists()) rules::parse_list(file, compile.lists, diagnostics);
  for (const std::string& directory : list_folders(options)) {
    const Status read = rules::read_lists(directory, compile.lists, diagnostics);
    if (!read) return read.error();
    const Status tables = rules::read_tables(directory, compile.tables);
    if (!tables) return tables.error();
  }
  if (!options.databases.empty()) {
    auto addresses = rules::open_addresses(options.databases);
    if (!addresses) return addresses.error();
    compile.addresses = *addresses;
  }
  for (const std::string& text : options.logsources) {
    auto logsource = parse_logsource(text);
    if (!logsource) return logsource.error();
    compile.json_logsources.push_back(*logsource);
  }
  for (const std::string& path : options.identities) {
    auto aliases = read_aliases(path);
    if (!aliases) return aliases.error();
    compile.identity_aliases.insert(compile.identity_aliases.end(), aliases->begin(), aliases->end());
  }
  compile.identity_domains = options.domains;
  compile.skip_broken = options.skip_broken;
  return compile;
}

Result<LoadedRules> load_rules(const RuleOptions& options) {
  LoadedRules loaded;
  auto paths = default_rule_paths(options.rules);
  if (!paths) return paths.error();
  RuleOptions located = options;
  located.rules = *paths;
  auto compile = compile_options(located, loaded.diagnostics);
  if (!compile) return compile.error();
  auto files = rules::read_rule_files(*paths, loaded.diagnostics);
  if (!files) return files.error();
  const rules::CompiledRules compiled = rules::compile(*files, *compile, loaded.diagnostics);
  loaded.diagnostics.sort();
  loaded.plan = compiled.plan;
  loaded.files = compiled.files;
  loaded.rules = compiled.rules;
  loaded.correlations = compiled.correlations;
  loaded.filters = compiled.filters;
  loaded.skipped = compiled.skipped;
  if (loaded.diagnostics.has_errors() && !options.skip_broken) loaded.plan = nullptr;
  if (loaded.plan) {
    auto program = match::MatchProgram::build(loaded.plan);
    if (!program) return program.error();
    loaded.program = *program;
  }
  return loaded;
}

std::unique_ptr<LoadedRules> load_rules_or_report(const RuleOptions& options) {
  auto loaded = load_rules(options);
  if (!loaded) {
    print_error(loaded.error().to_string());
    return nullptr;
  }
  Diagnostics shown;
  for (const Diagnostic& item : loaded->diagnostics.items()) {
    if (item.severity == Severity::error) shown.add(item);
  }
  print_diagnostics(shown);
  if (!loaded->plan) {
    print_error(fmt::format("{} in the rules{}",
                            shown.error_count() == 1 ? "1 error" : fmt::format("{} errors", shown.error_count()),
                            options.may_skip_broken ? "; --skip-broken goes on without the broken ones" : ""));
    return nullptr;
  }
  if (loaded->skipped > 0) print_warning(fmt::format("{} broken rules are left out", loaded->skipped));
  if (loaded->plan->rules.empty() && loaded->plan->correlations.empty()) {
    print_error("no rule was found in the given places");
    return nullptr;
  }
  return std::make_unique<LoadedRules>(std::move(*loaded));
}

Result<std::uint32_t> find_source(const plan::Plan& plan, const std::string& name) {
  if (name.empty() || name == "auto") return plan::kNone;
  std::vector<std::string> names;
  for (std::uint32_t i = 0; i < plan.sources.size(); ++i) {
    if (plan.sources[i].source.name == name) return i;
    names.push_back(plan.sources[i].source.name);
  }
  const std::string near = did_you_mean(name, names);
  return Error{fmt::format("unknown source type '{}'{} Known: {}", name, near.empty() ? "." : near, fmt::join(names, ", "))};
}

Result<RuleRef> find_rule(const plan::Plan& plan, const std::string& wanted) {
  std::vector<std::string> names;
  const auto is_it = [&](const plan::RuleMeta& meta) {
    names.push_back(meta.label());
    return meta.id == wanted || meta.name == wanted || meta.title == wanted || meta.key == wanted;
  };
  for (std::uint32_t i = 0; i < plan.rules.size(); ++i) {
    if (is_it(plan.rules[i].meta)) return RuleRef{false, i};
  }
  for (std::uint32_t i = 0; i < plan.correlations.size(); ++i) {
    if (is_it(plan.correlations[i].meta)) return RuleRef{true, i};
  }
  if (wanted.ends_with(".yml") || wanted.ends_with(".yaml")) return Error{"no such file", wanted};
  if (is_code(wanted)) return Error{"no diagnostic has the code " + wanted + "; docs/diagnostics lists them"};
  const std::string near = did_you_mean(wanted, names);
  return Error{"no rule has the id, name or title '" + wanted + "'" +
               (near.empty() ? "; `vedette rules list` shows them" : near)};
}

}  // namespace vedette::app
