// Condition parser: any text becomes an expression over the selections or at least one diagnostic inside it.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "rules/sigma/condition.h"

namespace {

using vedette::rules::Expr;
using vedette::rules::ExprKind;

void require(bool holds) {
  if (!holds) std::abort();
}

void walk(const Expr& expr, std::size_t selections) {
  switch (expr.kind) {
    case ExprKind::selection:
      require(expr.index < selections && expr.children.empty());
      break;
    case ExprKind::negation:
      require(expr.children.size() == 1);
      break;
    case ExprKind::all_of:
    case ExprKind::any_of:
      require(!expr.children.empty());
      break;
    case ExprKind::item:
      require(false);
      break;
  }
  for (const Expr& child : expr.children) walk(child, selections);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 4096) return 0;
  vedette::yaml::Node node;
  node.kind = vedette::yaml::NodeKind::scalar;
  node.text.assign(reinterpret_cast<const char*>(data), size);
  node.where = {"fuzz.yml", 1, 1, 1};
  const vedette::yaml::File file{"fuzz.yml", node.text};
  std::vector<vedette::rules::NamedSelection> selections;
  for (const char* name : {"a", "b", "sel_1", "sel_2", "_hidden", "notepad", "all"}) selections.push_back({name, {}, {}});
  std::vector<bool> used(selections.size(), false);
  vedette::Diagnostics diagnostics;
  vedette::rules::Reporter reporter(file, diagnostics);
  const auto expr = vedette::rules::parse_condition(node, selections, used, {"Title of a rule", "5m"}, reporter);
  require(expr.has_value() != (reporter.errors() > 0));
  if (expr) walk(*expr, selections.size());
  for (const vedette::Diagnostic& diagnostic : diagnostics.items())
    require(diagnostic.where.line >= 1 && diagnostic.where.column >= 1);
  return 0;
}
