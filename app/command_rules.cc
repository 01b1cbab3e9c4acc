// `vedette rules list|show`: the catalogue and one rule's compiled form.
#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "app/commands.h"
#include "app/exit_code.h"
#include "app/explain_tree.h"
#include "app/load_rules.h"
#include "app/terminal.h"
#include "engine/base/json_writer.h"
#include "engine/plan/print.h"

namespace vedette::app {

namespace {

struct Row {
  std::string id, label, title, level, status, kind, reads;
  std::vector<std::string> tags;
  Location where;
  Colour colour = Colour::dim;  // of the level
};

Row row_of(const plan::RuleMeta& meta, std::string kind, std::string reads) {
  const std::string level(plan::level_name(meta.level));
  return {meta.id,         meta.label(),     meta.title, level,      meta.status,
          std::move(kind), std::move(reads), meta.tags,  meta.where, level_colour(meta.level)};
}

std::string logsource_text(const plan::LogSource& logsource) {
  std::string text;
  for (const std::string& part : {logsource.category, logsource.product, logsource.service}) {
    if (!part.empty()) text += (text.empty() ? "" : "/") + part;
  }
  return text;
}

std::string looks_for(const plan::CorrelationPlan& correlation) {
  return fmt::format("{} in {}", printable(plan::condition_text(correlation)), format_duration(correlation.window));
}

// "2 rules until 2026-12-31"
std::string filter_text(const plan::Plan& plan, std::uint32_t filter) {
  std::set<std::uint32_t> rules;
  for (const plan::SourceProgram& program : plan.sources) {
    for (const plan::Arm& arm : program.arms) {
      for (const plan::ArmFilter& each : arm.filters) {
        if (each.filter == filter) rules.insert(arm.rule);
      }
    }
  }
  const TimeUs expires = plan.filters[filter].expires;
  return fmt::format("{} rule{}{}", rules.size(), rules.size() == 1 ? "" : "s",
                     expires == INT64_MAX ? "" : " until " + format_rfc3339(expires).substr(0, 10));
}

std::vector<Row> rows_of(const plan::Plan& plan) {
  std::vector<Row> rows;
  for (const plan::RulePlan& rule : plan.rules)
    rows.push_back(row_of(rule.meta, rule.emits ? "event" : "base", logsource_text(rule.logsource)));
  for (const plan::CorrelationPlan& correlation : plan.correlations) {
    rows.push_back(row_of(correlation.meta, correlation.emits ? "correlation" : "inner", looks_for(correlation)));
  }
  for (std::uint32_t i = 0; i < plan.filters.size(); ++i) {
    const plan::FilterPlan& filter = plan.filters[i];
    rows.push_back({filter.id, filter.label(), filter.title, "", "", "filter", filter_text(plan, i), {}, filter.where});
  }
  std::stable_sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) { return a.label < b.label; });
  return rows;
}

void append_row_json(std::string& out, const Row& row) {
  JsonWriter json(out);
  const auto member = [&](std::string_view key, std::string_view value) {
    json.key(key);
    if (value.empty()) {
      json.null();
    } else {
      json.string(value);
    }
  };
  json.begin_object();
  member("id", row.id);
  member("rule", row.label);
  member("title", row.title);
  member("level", row.level);
  member("status", row.status);
  member("kind", row.kind);
  member("reads", row.reads);
  json.key("tags");
  json.begin_array();
  for (const std::string& tag : row.tags) json.string(tag);
  json.end_array();
  member("file", row.where.file);
  json.key("line");
  json.number(static_cast<std::int64_t>(row.where.line));
  json.end_object();
}

std::string list_json(const std::vector<Row>& rows, Format format) {
  std::string text = format == Format::json ? "[" : "";
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (format == Format::json) text += i == 0 ? "\n" : ",\n";
    append_row_json(text, rows[i]);
    if (format == Format::jsonl) text += "\n";
  }
  return format == Format::json ? text + "\n]\n" : text;
}

std::string list_table(const std::vector<Row>& rows) {
  const bool colour = use_colour(stdout);
  std::size_t width = 4;
  for (const Row& row : rows) width = std::max(width, std::min<std::size_t>(row.label.size(), 48));
  std::string text =
      paint(fmt::format("{:<{}}  {:<13}  {:<11}  {}\n", "rule", width, "level", "kind", "reads"), Colour::dim, colour);
  for (const Row& row : rows) {
    const std::string level = fmt::format("{:<13}", row.level);
    text += fmt::format("{:<{}}  {}  {:<11}  {}\n", printable(row.label), width, paint(level, row.colour, colour), row.kind,
                        printable(row.reads));
  }
  return text;
}

void meta_lines(std::string& out, const plan::RuleMeta& meta) {
  const auto line = [&](std::string_view label, const std::string& text) {
    if (!text.empty()) out += fmt::format("{:<12} {}\n", label, printable(text));
  };
  out += fmt::format("{}\n", paint(printable(meta.title.empty() ? meta.name : meta.title), Colour::bold, use_colour(stdout)));
  line("name", meta.name);
  line("id", meta.id);
  line("level", std::string(plan::level_name(meta.level)));
  line("risk", meta.risk == 0 ? "" : std::to_string(meta.risk));
  line("status", meta.status);
  line("author", meta.author);
  line("date", meta.date);
  line("description", meta.description);
  line("tags", fmt::format("{}", fmt::join(meta.tags, ", ")));
  line("references", fmt::format("{}", fmt::join(meta.references, ", ")));
  line("false alarms", fmt::format("{}", fmt::join(meta.falsepositives, "; ")));
  line("file", fmt::format("{}:{}", meta.where.file, meta.where.line));
  line("hash", meta.semantic_hash);
}

void rule_plan_lines(std::string& out, const plan::Plan& plan, std::uint32_t index) {
  const plan::RulePlan& rule = plan.rules[index];
  out += fmt::format("{:<12} {}\n", "reads", printable(logsource_text(rule.logsource)));
  for (const plan::Column& column : rule.columns) out += fmt::format("{:<12} {}\n", "carries", printable(column.name));
  for (const plan::SourceProgram& program : plan.sources) {
    for (const plan::Arm& arm : program.arms) {
      if (arm.rule != index) continue;
      out += fmt::format("on {}\n    {}\n", program.source.name, printable(plan::print_arm(program, arm)));
      out += filter_and_level_lines(plan, program, arm);
    }
  }
}

void correlation_plan_lines(std::string& out, const plan::Plan& plan, const plan::CorrelationPlan& correlation) {
  out += fmt::format("{:<12} {}\n", "condition", looks_for(correlation));
  out += fmt::format("{:<12} {}\n", "group by",
                     correlation.members.empty() ? "(all events)" : fmt::format("{}", fmt::join(correlation.members, ", ")));
  if (!correlation.value_names.empty()) out += fmt::format("{:<12} {}\n", "counts", fmt::join(correlation.value_names, ", "));
  out += fmt::format("{:<12} one alert per group and {}\n", "suppress",
                     correlation.suppress.for_us == 0 ? std::string("trigger") : format_duration(correlation.suppress.for_us));
  for (const plan::Input& input : correlation.inputs) {
    const plan::RuleMeta& meta = input.correlation ? plan.correlations[input.index].meta : plan.rules[input.index].meta;
    out += fmt::format("{:<12} {}{}\n", input.correlation ? "over" : "of", printable(meta.label()),
                       input.negated ? " (must not occur)"
                       : input.until ? " (starts the group afresh)"
                                     : "");
  }
}

int show(const plan::Plan& plan, const std::string& wanted) {
  const auto found = find_rule(plan, wanted);
  if (!found) {
    print_error(found.error().to_string());
    return kExitUsage;
  }
  std::string text;
  if (found->correlation) {
    meta_lines(text, plan.correlations[found->index].meta);
    correlation_plan_lines(text, plan, plan.correlations[found->index]);
  } else {
    meta_lines(text, plan.rules[found->index].meta);
    rule_plan_lines(text, plan, found->index);
  }
  (void)write_all(stdout, text);
  return kExitOk;
}

}  // namespace

int run_rules(const RulesOptions& options) {
  const auto loaded = load_rules_or_report(options.rules);
  if (!loaded) return kExitUsage;
  if (!options.show.empty()) return show(*loaded->plan, options.show);
  const std::vector<Row> rows = rows_of(*loaded->plan);
  const bool table = options.format == Format::human || options.format == Format::automatic;
  (void)write_all(stdout, table ? list_table(rows) : list_json(rows, options.format));
  return kExitOk;
}

}  // namespace vedette::app
