#include "engine/plan/print.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace vedette::plan {
namespace {

constexpr std::size_t kMaxArmText = 64 * 1024;

// Pieces [begin, end) as a Sigma string.
std::string pieces_text(const std::vector<Piece>& pieces, std::size_t begin, std::size_t end) {
  std::string out;
  for (std::size_t i = begin; i < end; ++i) {
    const Piece& piece = pieces[i];
    if (piece.kind == PieceKind::any_one) out += '?';
    if (piece.kind == PieceKind::any_many) out += '*';
    for (const char c : piece.text) {
      if (c == '*' || c == '?' || c == '\\') out += '\\';
      out += c;
    }
  }
  return quoted(out);
}

std::string print_pattern(const Pattern& pattern) {
  const std::vector<Piece>& pieces = pattern.pieces;
  const std::size_t size = pieces.size();
  const auto many = [&](std::size_t i) { return pieces[i].kind == PieceKind::any_many; };
  const auto literal = [&](std::size_t i) { return pieces[i].kind == PieceKind::literal; };
  const std::string_view cased = pattern.cased ? " cased" : "";
  if (pattern.numeric && size == 1) return fmt::format("= {}{}", pieces[0].text, cased);
  if (size == 0 || (size == 1 && literal(0))) return fmt::format("= {}{}", pieces_text(pieces, 0, size), cased);
  if (size == 3 && many(0) && literal(1) && many(2)) return fmt::format("contains {}{}", pieces_text(pieces, 1, 2), cased);
  if (size == 2 && literal(0) && many(1)) return fmt::format("startswith {}{}", pieces_text(pieces, 0, 1), cased);
  if (size == 2 && many(0) && literal(1)) return fmt::format("endswith {}{}", pieces_text(pieces, 1, 2), cased);
  return fmt::format("like {}{}", pieces_text(pieces, 0, size), cased);
}

std::string_view field_op_name(FieldOp op) {
  switch (op) {
    case FieldOp::equals:
      return "=";
    case FieldOp::contains:
      return "contains";
    case FieldOp::startswith:
      return "startswith";
    case FieldOp::endswith:
      return "endswith";
  }
  return "";
}

std::string_view part_name(TimePart part) {
  switch (part) {
    case TimePart::none:
      return "";
    case TimePart::minute:
      return "minute";
    case TimePart::hour:
      return "hour";
    case TimePart::day:
      return "day";
    case TimePart::week:
      return "week";
    case TimePart::month:
      return "month";
    case TimePart::year:
      return "year";
  }
  return "";
}

std::string field_text(const SourceProgram& program, std::uint32_t field) {
  if (field == kNone) return "(any)";
  return field < program.fields.size() ? program.fields[field].expr.text() : "?";
}

std::string print_test(const SourceProgram& program, const std::string& field, const ValueTest& test) {
  switch (test.kind) {
    case TestKind::pattern: {
      if (test.alternatives.empty()) return "never";
      std::string out;
      for (const Pattern& pattern : test.alternatives) {
        if (!out.empty()) out += " or ";
        out += field + " " + print_pattern(pattern);
      }
      return test.alternatives.size() > 1 ? "(" + out + ")" : out;
    }
    case TestKind::null:
      return field + " is null";
    case TestKind::regex:
      return field + " matches " + quoted(test.regex);
    case TestKind::cidr: {
      std::string address;
      for (const std::uint8_t byte : test.cidr.address) address += fmt::format("{:02x}", byte);
      return fmt::format("{} in {} [{}/{}]", field, test.cidr.text, address, test.cidr.prefix);
    }
    case TestKind::compare:
      return fmt::format("{} {} {}", field, compare_name(test.compare), test.number);
    case TestKind::field:
      return fmt::format("{} {} field {}{}", field, field_op_name(test.field_op), field_text(program, test.other_field),
                         test.cased ? " cased" : "");
    case TestKind::exists:
      return field + (test.expected ? " exists" : " does not exist");
  }
  return "";
}

// Appends the text of a node; stops growing at the cap.
void append_node(std::string& out, const SourceProgram& program, const Arm& arm, std::uint32_t index, bool nested) {
  if (out.size() > kMaxArmText) return;
  const Node& node = arm.nodes[index];
  switch (node.kind) {
    case NodeKind::always:
      out += "always";
      return;
    case NodeKind::predicate:
      out += print_predicate(program, program.predicates[node.predicate]);
      return;
    case NodeKind::negation:
      out += "not (";
      append_node(out, program, arm, node.children.front(), false);
      out += ')';
      return;
    case NodeKind::any_member:
      out += "some " + field_text(program, node.members) + " with ";
      nested = true;
      break;
    case NodeKind::all_of:
    case NodeKind::any_of:
      break;
  }
  if (nested) out += '(';
  bool first = true;
  for (const std::uint32_t child : node.children) {
    if (!first) out += node.kind == NodeKind::any_of ? " or " : " and ";
    first = false;
    append_node(out, program, arm, child, true);
  }
  if (nested) out += ')';
}

void append_filter(std::string& out, const FilterPlan& filter, std::size_t index) {
  out += fmt::format("filter {} {}", index, quoted(filter.label()));
  if (filter.expires != INT64_MAX) out += " expires " + format_rfc3339(filter.expires);
  out += '\n';
}

void append_rule(std::string& out, const RulePlan& rule, std::size_t index) {
  out += fmt::format("rule {} {}\n", index, quoted(rule.meta.label()));
  append_meta(out, rule.meta);
  out += fmt::format("    logsource category={} product={} service={}\n", rule.logsource.category, rule.logsource.product,
                     rule.logsource.service);
  for (std::size_t i = 0; i < rule.columns.size(); ++i) {
    out += fmt::format("    column {} {}{}\n", i, rule.columns[i].name, rule.columns[i].cased ? " cased" : "");
  }
  append_title(out, rule.title);
  append_suppress(out, rule.suppress, false);
  out += fmt::format("    accept {} us{}{}\n", rule.accept, rule.emits ? " emits" : "", rule.referred ? " referred" : "");
}

void append_source(std::string& out, const SourceProgram& program) {
  out += fmt::format("source {} {}\n", program.source.name, program.source.content_hash);
  for (std::size_t i = 0; i < program.slots.size(); ++i) {
    const Slot& slot = program.slots[i];
    out += fmt::format("    slot {} {}{}", i, slot.path.text(), slot.upper ? " upper" : "");
    for (const FieldPath& spelling : slot.spellings) out += " = " + spelling.text();
    out += '\n';
  }
  for (const Arm& arm : program.arms) {
    out += fmt::format("    arm of rule {}: {}\n", arm.rule, print_arm(program, arm));
    for (const ArmFilter& filter : arm.filters)
      out += fmt::format("        filter {}: {}\n", filter.filter, print_node(program, arm, filter.node));
    for (const ArmLevel& level : arm.levels) {
      out += fmt::format("        level {}: {}\n", level_name(static_cast<Level>(level.level)),
                         print_node(program, arm, level.node));
    }
    for (std::size_t i = 0; i < arm.columns.size(); ++i) {
      out += fmt::format("        column {} = {}\n", i, arm.columns[i] == kNone ? "(none)" : field_text(program, arm.columns[i]));
    }
  }
}

}  // namespace

std::string quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') out += '\'';
    if (static_cast<unsigned char>(c) < 0x20) {
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    } else {
      out += c;
    }
  }
  return out + "'";
}

std::string_view compare_name(CompareOp op) {
  switch (op) {
    case CompareOp::lt:
      return "<";
    case CompareOp::lte:
      return "<=";
    case CompareOp::gt:
      return ">";
    case CompareOp::gte:
      return ">=";
    case CompareOp::eq:
      return "==";
  }
  return "";
}

void append_suppress(std::string& out, const Suppress& suppress, bool always) {
  if (!suppress.given && !always) return;
  out += fmt::format("    suppress for {} us by", suppress.for_us);
  for (const std::uint32_t index : suppress.by) out += fmt::format(" {}", index);
  out += suppress.given ? " (given)\n" : "\n";
}

void append_meta(std::string& out, const RuleMeta& meta) {
  out += fmt::format("    key {} level {} hash {}{}{}\n", meta.key, level_name(meta.level), meta.semantic_hash,
                     meta.shadow ? " shadow" : "", meta.risk == 0 ? "" : fmt::format(" risk {}", meta.risk));
}

void append_title(std::string& out, const Title& title) {
  if (title.empty()) return;
  out += "    title";
  for (const TitlePart& part : title) out += " " + (part.kind == TitleKind::text ? quoted(part.text) : "{" + part.text + "}");
  out += '\n';
}

std::string_view level_name(Level level) {
  static constexpr std::array<std::string_view, 5> kNames = {"informational", "low", "medium", "high", "critical"};
  return kNames[static_cast<std::size_t>(level)];
}

std::string_view type_name(CorrelationType type) {
  static constexpr std::array<std::string_view, 12> kNames = {
      "event_count",      "value_count",  "temporal",  "temporal_ordered", "value_sum", "value_avg",
      "value_percentile", "value_median", "new_value", "value_change",     "travel",    "metrics"};
  return kNames[static_cast<std::size_t>(type)];
}

bool Plan::waits() const {
  return std::any_of(correlations.begin(), correlations.end(),
                     [](const CorrelationPlan& correlation) { return correlation.decision == DecisionClass::waiting; });
}

std::string_view class_name(DecisionClass decision) {
  static constexpr std::array<std::string_view, 3> kNames = {"monotone", "refutable", "waiting"};
  return kNames[static_cast<std::size_t>(decision)];
}

std::string print_predicate(const SourceProgram& program, const Predicate& predicate) {
  std::string field = field_text(program, predicate.field);
  if (predicate.part != TimePart::none) {
    field = fmt::format("{}({}{}{})", part_name(predicate.part), field, predicate.zone ? ", " : "",
                        predicate.zone ? predicate.zone->name : "");
  }
  std::string out;
  for (const ValueTest& test : predicate.tests) {
    if (!out.empty()) out += predicate.all ? " and " : " or ";
    out += print_test(program, field, test);
  }
  if (predicate.tests.empty()) out = "never";
  if (predicate.negate) return "not (" + out + ")";
  return predicate.tests.size() > 1 ? "(" + out + ")" : out;
}

std::string print_arm(const SourceProgram& program, const Arm& arm) { return print_node(program, arm, arm.root); }

std::string print_node(const SourceProgram& program, const Arm& arm, std::uint32_t node) {
  std::string out = "(";
  if (!arm.nodes.empty()) append_node(out, program, arm, node, false);
  if (out.size() > kMaxArmText) {
    out.resize(kMaxArmText);
    out += "...";
  }
  return out + ")";
}

std::string print_plan(const Plan& plan) {
  std::string out;
  for (std::size_t i = 0; i < plan.rules.size(); ++i) append_rule(out, plan.rules[i], i);
  for (std::size_t i = 0; i < plan.correlations.size(); ++i) append_correlation(out, plan.correlations[i], i);
  for (std::size_t i = 0; i < plan.filters.size(); ++i) append_filter(out, plan.filters[i], i);
  for (const TablePlan& table : plan.tables) {
    out += fmt::format("table {} {}\n    columns", quoted(table.name), table.values->content_hash());
    for (const std::string& column : table.values->columns()) out += " " + quoted(column);
    out += '\n';
  }
  for (const SourceProgram& program : plan.sources) append_source(out, program);
  return out;
}

}  // namespace vedette::plan
