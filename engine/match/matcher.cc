#include "engine/match/matcher.h"

#include <algorithm>
#include <optional>
#include <span>
#include <utility>

#include "engine/base/fold.h"
#include "engine/base/json_writer.h"
#include "engine/base/utf8.h"
#include "engine/match/program.h"

namespace vedette::match {
namespace {

constexpr std::size_t kMostColumnValues = 64;
constexpr std::size_t kMostTracedValues = 8;
constexpr std::size_t kMostTracedBytes = 200;

// At most `limit` bytes, cut between code points.
std::string_view shortened(std::string_view text, std::size_t limit) {
  if (text.size() <= limit) return text;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t next = at + decode_utf8(text, at).length;
    if (next > limit) break;
    at = next;
  }
  return text.substr(0, at);
}

void append_traced(std::string& out, event::ValueKind kind, std::string_view text) {
  const std::string_view shown = shortened(text, kMostTracedBytes);
  switch (kind) {
    case event::ValueKind::null:
      out += "null";
      break;
    case event::ValueKind::string:
      append_json_string(out, shown);
      break;
    case event::ValueKind::boolean:
    case event::ValueKind::number:
    case event::ValueKind::object:
      out += shown;
      break;
  }
  if (shown.size() < text.size()) out += "...";
}

}  // namespace

class Matcher::Impl {
 public:
  explicit Impl(std::shared_ptr<const MatchProgram> program)
      : program_(std::move(program)), plan_(program_->plan()), values_(plan_) {}

  void match(const event::EventView& event, std::vector<std::uint32_t>& arms, std::span<std::uint64_t> filtered) {
    const CompiledSource& source = begin(event);
    source.index.candidates(values_, candidates_);
    std::uint32_t matched_rule = plan::kNone;
    for (const std::uint32_t arm : candidates_) {
      const std::uint32_t rule = plan_.sources[event.head.source].arms[arm].rule;
      if (rule == matched_rule || !source.bodies[arm].holds(source.predicates, values_)) continue;
      matched_rule = rule;
      if (source.filters.empty() || passes(source, arm, event.head, filtered)) arms.push_back(arm);
    }
  }

  correlate::Hit project(const event::EventView& event, std::uint32_t arm, Arena& arena) {
    const CompiledSource& source = begin(event);
    const plan::Arm& body = plan_.sources[event.head.source].arms[arm];
    const auto& columns = plan_.rules[body.rule].columns;
    const auto out = arena.array<correlate::ColumnValues>(columns.size());
    for (std::size_t i = 0; i < columns.size() && i < body.columns.size(); ++i) {
      if (body.columns[i] == plan::kNone) continue;
      out[i] = column(values_.field(body.columns[i]), columns[i].cased, source.sentinels, arena);
    }
    return {body.rule, arm, out, level(source, arm)};
  }

  bool trace(const event::EventView& event, std::uint32_t arm, std::vector<NodeTrace>& nodes) {
    const CompiledSource& source = begin(event);
    const plan::SourceProgram& program = plan_.sources[event.head.source];
    const plan::Arm& body = program.arms[arm];
    nodes.clear();
    nodes.resize(body.nodes.size());
    std::vector<bool> done(body.nodes.size(), false);
    for (std::uint32_t i = 0; i < body.nodes.size(); ++i) {
      if (body.nodes[i].kind == plan::NodeKind::any_member) trace_node(source, program, body, i, nodes, done);
    }
    for (std::uint32_t i = 0; i < body.nodes.size(); ++i) trace_node(source, program, body, i, nodes, done);
    return nodes[body.root].result && std::all_of(body.filters.begin(), body.filters.end(), [&](const plan::ArmFilter& filter) {
             return nodes[filter.node].result || !in_force(plan_.filters[filter.filter], event.head);
           });
  }

 private:
  // Whether every filter of the arm lets the event pass.
  bool passes(const CompiledSource& source, std::uint32_t arm, const event::EventHead& head, std::span<std::uint64_t> filtered) {
    bool pass = true;
    for (const FilterBody& filter : source.filters[arm]) {
      if (!in_force(plan_.filters[filter.filter], head) || filter.body.holds(source.predicates, values_)) continue;
      pass = false;
      if (!filtered.empty()) ++filtered[filter.filter];
    }
    return pass;
  }

  std::optional<plan::Level> level(const CompiledSource& source, std::uint32_t arm) {
    if (source.levels.empty()) return std::nullopt;
    for (const LevelBody& level : source.levels[arm]) {
      if (level.body.holds(source.predicates, values_)) return level.level;
    }
    return std::nullopt;
  }

  const CompiledSource& begin(const event::EventView& event) {
    values_.begin(event);
    return program_->impl().sources[event.head.source];
  }

  correlate::ColumnValues column(std::span<Cell> cells, bool cased, const std::vector<std::string>& sentinels, Arena& arena) {
    const auto out = arena.array<correlate::ColumnValue>(std::min(cells.size(), kMostColumnValues));
    std::size_t count = 0;
    for (Cell& cell : cells) {
      if (count == out.size()) break;
      if (cell.value.kind == event::ValueKind::null) continue;
      const std::string_view text = values_.text(cell);
      const std::string_view folded = values_.folded(cell);
      if (text.empty() || std::find(sentinels.begin(), sentinels.end(), folded) != sentinels.end()) continue;
      const std::string_view key = cased || cell.value.kind == event::ValueKind::object ? text : folded;
      if (std::any_of(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(count),
                      [&](const correlate::ColumnValue& seen) { return seen.key == key; })) {
        continue;
      }
      const std::string_view original = arena.copy(text);
      out[count++] = {original, key == text ? original : arena.copy(key)};
    }
    return out.first(count);
  }

  void trace_node(const CompiledSource& source, const plan::SourceProgram& program, const plan::Arm& arm, std::uint32_t index,
                  std::vector<NodeTrace>& nodes, std::vector<bool>& done) {
    if (done[index]) return;
    done[index] = true;
    const plan::Node& node = arm.nodes[index];
    if (node.kind == plan::NodeKind::any_member) {
      trace_members(source, program, arm, index, nodes, done);
      return;
    }
    for (const std::uint32_t child : node.children) trace_node(source, program, arm, child, nodes, done);
    const auto child_holds = [&](std::uint32_t child) { return nodes[child].result; };
    NodeTrace& out = nodes[index];
    out.node = index;
    switch (node.kind) {
      case plan::NodeKind::predicate:
        out.result = source.predicates[node.predicate].evaluate(values_);
        out.field_text = field_text(program.predicates[node.predicate]);
        break;
      case plan::NodeKind::all_of:
        out.result = std::all_of(node.children.begin(), node.children.end(), child_holds);
        break;
      case plan::NodeKind::any_of:
        out.result = std::any_of(node.children.begin(), node.children.end(), child_holds);
        break;
      case plan::NodeKind::negation:
        out.result = node.children.empty() || !child_holds(node.children.front());
        break;
      case plan::NodeKind::always:
        out.result = true;
        break;
      case plan::NodeKind::any_member:
        break;
    }
  }

  // Each part is shown as true when some object meets it; the node itself when one object meets all.
  void trace_members(const CompiledSource& source, const plan::SourceProgram& program, const plan::Arm& arm, std::uint32_t index,
                     std::vector<NodeTrace>& nodes, std::vector<bool>& done) {
    const plan::Node& node = arm.nodes[index];
    for (const std::uint32_t child : node.children) {
      done[child] = true;
      nodes[child].node = child;
      nodes[child].field_text = field_text(program.predicates[arm.nodes[child].predicate]);
    }
    for (const Cell& member : values_.field(node.members)) {
      bool all = true;
      for (const std::uint32_t child : node.children) {
        const bool met = source.predicates[arm.nodes[child].predicate].evaluate_in(values_, member.value.element);
        nodes[child].result = nodes[child].result || met;
        all = all && met;
      }
      nodes[index].result = nodes[index].result || all;
    }
    nodes[index].node = index;
  }

  std::string field_text(const plan::Predicate& predicate) {
    if (predicate.field == plan::kNone) return "(whole event)";
    const auto cells = values_.field(predicate.field);
    if (cells.empty()) return "(absent)";
    std::string out;
    for (std::size_t i = 0; i < cells.size() && i < kMostTracedValues; ++i) {
      if (i > 0) out += ", ";
      append_traced(out, cells[i].value.kind, values_.text(cells[i]));
    }
    if (cells.size() > kMostTracedValues) out += ", ...";
    return out;
  }

  std::shared_ptr<const MatchProgram> program_;
  const plan::Plan& plan_;
  Values values_;
  std::vector<std::uint32_t> candidates_;
};

bool in_force(const plan::FilterPlan& filter, const event::EventHead& event) {
  return event.t < filter.expires || (event.flags & event::kTimeMissing) != 0;
}

Matcher::Matcher(std::shared_ptr<const MatchProgram> program) : impl_(std::make_unique<Impl>(std::move(program))) {}
Matcher::~Matcher() = default;

void Matcher::match(const event::EventView& event, std::vector<std::uint32_t>& arms, std::span<std::uint64_t> filtered) {
  impl_->match(event, arms, filtered);
}

correlate::Hit Matcher::project(const event::EventView& event, std::uint32_t arm, Arena& arena) {
  return impl_->project(event, arm, arena);
}

bool Matcher::trace(const event::EventView& event, std::uint32_t arm, std::vector<NodeTrace>& nodes) {
  return impl_->trace(event, arm, nodes);
}

}  // namespace vedette::match
