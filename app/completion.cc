#include "app/completion.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

namespace vedette::app {

namespace {

std::vector<const CLI::App*> commands_of(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App*) { return true; });
}

// "--rules", "-c"; arguments without a name are files mostly, which shells complete by themselves.
std::vector<std::string> options_of(const CLI::App& app) {
  std::vector<std::string> out;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) out.push_back("--" + name);
    for (const std::string& name : option->get_snames()) out.push_back("-" + name);
  }
  return out;
}

std::vector<std::string> words_of(const CLI::App& app) {
  std::vector<std::string> out;
  for (const CLI::App* command : commands_of(app)) out.push_back(command->get_name());
  for (std::string& option : options_of(app)) out.push_back(std::move(option));
  return out;
}

// Every command by its path: " rules list".
void visit(const CLI::App& app, const std::string& path, std::vector<std::pair<std::string, const CLI::App*>>& out) {
  out.emplace_back(path, &app);
  for (const CLI::App* command : commands_of(app)) visit(*command, path + " " + command->get_name(), out);
}

std::string bash(const CLI::App& root) {
  std::vector<std::pair<std::string, const CLI::App*>> commands;
  visit(root, "", commands);
  std::string paths, words;
  for (const auto& [path, command] : commands) {
    if (!path.empty()) paths += fmt::format("{}\"{}\"", paths.empty() ? "" : " | ", path);
    words += fmt::format("    \"{}\") words=\"{}\" ;;\n", path, fmt::join(words_of(*command), " "));
  }
  return fmt::format(R"(_vedette() {{
  local current=${{COMP_WORDS[COMP_CWORD]}} path="" words="" word
  for word in "${{COMP_WORDS[@]:1:COMP_CWORD-1}}"; do
    case "$path $word" in
      {}) path="$path $word" ;;
    esac
  done
  case "$path" in
{}  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}}
complete -o default -F _vedette vedette
)",
                     paths, words);
}

std::string quoted(std::string text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("\\'") : std::string(1, c);
  return out + "'";
}

// When the words of the path have been typed.
std::string fish_condition(std::string_view path) {
  if (path.empty()) return "__fish_use_subcommand";
  std::string out;
  for (path.remove_prefix(1); !path.empty();) {
    const std::size_t end = std::min(path.find(' '), path.size());
    out += fmt::format("{}__fish_seen_subcommand_from {}", out.empty() ? "" : "; and ", path.substr(0, end));
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return out;
}

// fish: each word with its one-line help.
std::string fish(const CLI::App& root) {
  std::vector<std::pair<std::string, const CLI::App*>> commands;
  visit(root, "", commands);
  std::string out;
  for (const auto& [path, command] : commands) {
    const std::string condition = fish_condition(path);
    for (const CLI::App* inner : commands_of(*command))
      out += fmt::format("complete -c vedette -f -n '{}' -a {} -d {}\n", condition, inner->get_name(),
                         quoted(inner->get_description()));
    for (const CLI::Option* option : command->get_options()) {
      if (option->get_lnames().empty()) continue;
      out += fmt::format("complete -c vedette -n '{}' -l {} -d {}{}\n", condition, option->get_lnames().front(),
                         quoted(option->get_description()), option->get_expected_max() > 0 ? " -r" : "");
    }
  }
  return out;
}

}  // namespace

Result<std::string> completion_script(const CLI::App& root, const std::string& shell) {
  if (shell == "bash") return bash(root);
  if (shell == "zsh") return "autoload -U +X compinit && compinit\nautoload -U +X bashcompinit && bashcompinit\n" + bash(root);
  if (shell == "fish") return fish(root);
  return Error{"no completion for '" + shell + "': bash, zsh or fish"};
}

}  // namespace vedette::app
