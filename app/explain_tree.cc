#include "app/explain_tree.h"

#include <fmt/format.h>

#include <algorithm>

#include "app/terminal.h"

namespace vedette::app {

namespace {

class Tree {
 public:
  Tree(const plan::SourceProgram& program, const plan::Arm& arm, const std::vector<match::NodeTrace>& nodes,
       const TreeStyle& style)
      : program_(program), arm_(arm), nodes_(nodes), style_(style) {}

  void draw(std::string& out, std::uint32_t node, int depth) const {
    const match::NodeTrace* trace = find(node);
    const std::string name = selection_name(node);
    out += fmt::format("  {:{}}{} ", "", depth * 2, mark(trace != nullptr && trace->result));
    if (!name.empty()) out += paint(name, Colour::bold, style_.colour) + (is_predicate(node) ? ": " : "");
    out += name.empty() || is_predicate(node) ? label(node) : "";
    if (trace != nullptr && is_predicate(node)) out += values(*trace);
    out += "\n";
    for (const std::uint32_t child : arm_.nodes[node].children) draw(out, child, depth + 1);
  }

  // The filters that the rule has here, and how they judge the event.
  void draw_filters(std::string& out, const plan::Plan& plan, const event::EventHead& event) const {
    for (const plan::ArmFilter& filter : arm_.filters) {
      const plan::FilterPlan& of = plan.filters[filter.filter];
      const std::string name = paint("filter " + printable(of.label()), Colour::bold, style_.colour);
      if (!match::in_force(of, event)) {
        out += fmt::format("  --  {} ended {}\n", name, format_rfc3339(of.expires).substr(0, 10));
        continue;
      }
      draw_titled(out, name, filter.node);
    }
  }

  void draw_levels(std::string& out) const {
    for (const plan::ArmLevel& level : arm_.levels) {
      const std::string name = fmt::format("level {}", plan::level_name(static_cast<plan::Level>(level.level)));
      draw_titled(out, paint(name, Colour::bold, style_.colour), level.node);
    }
  }

 private:
  void draw_titled(std::string& out, const std::string& title, std::uint32_t node) const {
    const match::NodeTrace* trace = find(node);
    out += fmt::format("  {} {}\n", mark(trace != nullptr && trace->result), title);
    draw(out, node, 1);
  }
  [[nodiscard]] const match::NodeTrace* find(std::uint32_t node) const {
    const auto found =
        std::find_if(nodes_.begin(), nodes_.end(), [&](const match::NodeTrace& trace) { return trace.node == node; });
    return found == nodes_.end() ? nullptr : &*found;
  }
  [[nodiscard]] bool is_predicate(std::uint32_t node) const { return arm_.nodes[node].kind == plan::NodeKind::predicate; }
  [[nodiscard]] std::string selection_name(std::uint32_t node) const {
    std::string names;
    for (const plan::Selection& selection : arm_.selections) {
      if (selection.node == node) names += (names.empty() ? "" : ", ") + selection.name;
    }
    return names;
  }
  [[nodiscard]] std::string mark(bool result) const {
    const std::string text = style_.symbols ? (result ? "\u2713" : "\u2717") : (result ? "yes" : "no ");
    return paint(text, result ? Colour::green : Colour::red, style_.colour);
  }
  [[nodiscard]] std::string label(std::uint32_t node) const {
    switch (arm_.nodes[node].kind) {
      case plan::NodeKind::predicate:
        return printable(program_.predicates[arm_.nodes[node].predicate].text);
      case plan::NodeKind::all_of:
        return "all of";
      case plan::NodeKind::any_of:
        return "any of";
      case plan::NodeKind::negation:
        return "not";
      case plan::NodeKind::always:
        return "always";
      case plan::NodeKind::any_member:
        return printable(arm_.nodes[node].text) + " in one member";
    }
    return {};
  }
  [[nodiscard]] std::string values(const match::NodeTrace& trace) const {
    constexpr std::size_t kShown = 200;
    if (trace.field_text.empty()) return {};
    std::string text = trace.field_text.size() > kShown ? trace.field_text.substr(0, kShown) + "..." : trace.field_text;
    return paint("   event: " + printable(text), Colour::dim, style_.colour);
  }

  const plan::SourceProgram& program_;
  const plan::Arm& arm_;
  const std::vector<match::NodeTrace>& nodes_;
  const TreeStyle& style_;
};

}  // namespace

std::string explain_event(const plan::Plan& plan, std::uint32_t rule, const event::EventView& event, match::Matcher& matcher,
                          const TreeStyle& style, bool& matched) {
  const plan::SourceProgram& program = plan.sources[event.head.source];
  std::string out;
  matched = false;
  for (std::uint32_t i = 0; i < program.arms.size(); ++i) {
    const plan::Arm& arm = program.arms[i];
    if (arm.rule != rule) continue;
    std::vector<match::NodeTrace> nodes;
    const bool result = matcher.trace(event, i, nodes);
    std::string drawn;
    const Tree tree(program, arm, nodes, style);
    tree.draw(drawn, arm.root, 0);
    tree.draw_filters(drawn, plan, event.head);
    if (result) tree.draw_levels(drawn);
    // Of several arms (a category rule has one per kind of event), the one that matched tells the story.
    if (result && !matched) out.clear();
    if (result || !matched) out += drawn;
    matched = matched || result;
    if (matched) break;
  }
  return out;
}

std::string filter_and_level_lines(const plan::Plan& plan, const plan::SourceProgram& program, const plan::Arm& arm) {
  std::string out;
  for (const plan::ArmFilter& filter : arm.filters) {
    const plan::FilterPlan& of = plan.filters[filter.filter];
    const std::string end = of.expires == INT64_MAX ? "" : " until " + format_rfc3339(of.expires).substr(0, 10);
    out +=
        fmt::format("    filter {}{}: {}\n", printable(of.label()), end, printable(plan::print_node(program, arm, filter.node)));
  }
  for (const plan::ArmLevel& level : arm.levels) {
    out += fmt::format("    {} when {}\n", plan::level_name(static_cast<plan::Level>(level.level)),
                       printable(plan::print_node(program, arm, level.node)));
  }
  return out;
}

}  // namespace vedette::app
