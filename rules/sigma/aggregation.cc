// Legacy pipe aggregations (`selection | count() by x > 5`, `| near y`) and the correlation documents that replace them.
#include <fmt/format.h>

#include <vector>

#include "rules/sigma/condition.h"

namespace vedette::rules {
namespace {

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\n\r");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\n\r") - begin + 1);
}

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> out;
  std::string word;
  const auto flush = [&] {
    if (!word.empty()) out.push_back(std::move(word));
    word.clear();
  };
  for (const char c : text) {
    if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == ',') {
      flush();
    } else if (c == '<' || c == '>' || c == '=') {
      if (!word.empty() && word.find_first_not_of("<>=") != std::string::npos) flush();
      word += c;
    } else {
      if (!word.empty() && word.find_first_not_of("<>=") == std::string::npos) flush();
      word += c;
    }
  }
  flush();
  return out;
}

// A name for the base rule, made of the title's letters.
std::string name_of(const std::string& title) {
  std::string out;
  for (const char c : title) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    const bool capital = c >= 'A' && c <= 'Z';
    if (letter || capital) {
      out += capital ? static_cast<char>(c - 'A' + 'a') : c;
    } else if (!out.empty() && out.back() != '_') {
      out += '_';
    }
    if (out.size() >= 40) break;
  }
  while (!out.empty() && out.back() == '_') out.pop_back();
  return out.empty() ? "base_rule" : out;
}

std::string operator_name(const std::string& op) {
  if (op == ">") return "gt";
  if (op == ">=") return "gte";
  if (op == "<") return "lt";
  if (op == "<=") return "lte";
  return "eq";
}

std::string timespan_of(const AggregationContext& context) {
  return context.timeframe.empty() ? "15m  # choose a window" : context.timeframe;
}

std::string yaml_title(const AggregationContext& context) {
  if (context.title.empty()) return "...";
  if (context.title.find_first_of(":#'\"[]{}&*!|>%@`\n") == std::string::npos) return context.title;
  std::string out = "'";
  for (const char c : context.title) out += c == '\'' ? "''" : c == '\n' ? " " : std::string(1, c);
  return out + "'";
}

std::string near(std::string_view left, std::string_view right, const AggregationContext& context) {
  const std::string name = name_of(context.title);
  return fmt::format(
      "split the rule into two, `name: {0}_first` with `condition: {1}` and `name: {0}_second` with `condition: {2}`, and add "
      "the document\n"
      "---\ntitle: {3}\ncorrelation:\n  type: temporal\n  rules:\n    - {0}_first\n    - {0}_second\n  group-by:\n    - <field "
      "that both share>\n  timespan: {4}",
      name, trimmed(left), trimmed(right), yaml_title(context), timespan_of(context));
}

}  // namespace

std::string replacement_for(std::string_view left, std::string_view aggregation, const AggregationContext& context) {
  const std::string_view text = trimmed(aggregation);
  if (text.starts_with("near ")) return near(left, text.substr(5), context);
  const std::vector<std::string> words = words_of(text);
  const std::size_t open = text.find('('), close = text.find(')');
  const std::string function{trimmed(text.substr(0, open))};
  const std::string field{open == std::string_view::npos || close == std::string_view::npos || close < open
                              ? std::string_view()
                              : trimmed(text.substr(open + 1, close - open - 1))};
  std::string groups, op = "gt", number = "5";
  bool after_by = false;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i].find_first_not_of("<>=") == std::string::npos) {
      op = operator_name(words[i]);
      if (i + 1 < words.size()) number = words[i + 1];
      break;
    }
    if (after_by) groups += fmt::format("    - {}\n", words[i]);
    if (words[i] == "by") after_by = true;
  }
  const std::string type =
      function == "count" ? (field.empty() ? "event_count" : "value_count") : fmt::format("value_{}", function);
  const std::string name = name_of(context.title);
  std::string out = fmt::format(
      "write `name: {}` into this rule, its condition as `condition: {}`, and add the document\n---\ntitle: {}\ncorrelation:\n  "
      "type: {}\n  rules:\n    - {}\n",
      name, trimmed(left), yaml_title(context), type, name);
  if (!groups.empty()) out += "  group-by:\n" + groups;
  out += fmt::format("  timespan: {}\n  condition:\n", timespan_of(context));
  if (!field.empty()) out += fmt::format("    field: {}\n", field);
  out += fmt::format("    {}: {}", op, number);
  return out;
}

}  // namespace vedette::rules
