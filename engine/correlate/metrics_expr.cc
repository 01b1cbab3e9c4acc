#include "engine/correlate/metrics_expr.h"

#include <algorithm>

namespace vedette::correlate {
namespace {

using plan::ExprKind;

Exact seconds(DurationUs span) { return static_cast<Exact>(span) * (kExactOne / kSecondUs); }

}  // namespace

MetricsExpr::MetricsExpr(const plan::Expr& expr) : root_(expr.root) {
  for (const plan::ExprNode& node : expr.nodes) {
    const Exact number = node.kind == ExprKind::number ? parse_exact(node.text).value_or(0) : 0;
    nodes_.push_back({node.kind, node.index, number, node.children});
  }
}

bool MetricsExpr::holds(const MetricValues& values) const { return root_ != plan::kNone && condition(nodes_[root_], values); }

bool MetricsExpr::condition(const Node& node, const MetricValues& values) const {
  const auto holds = [&](std::uint32_t child) { return condition(nodes_[child], values); };
  switch (node.kind) {
    case ExprKind::all_of:
      return std::all_of(node.children.begin(), node.children.end(), holds);
    case ExprKind::any_of:
      return std::any_of(node.children.begin(), node.children.end(), holds);
    case ExprKind::negation:
      return !holds(node.children.front());
    default:
      return compares(node, values);
  }
}

bool MetricsExpr::compares(const Node& node, const MetricValues& values) const {
  const Fraction left = value(nodes_[node.children[0]], values);
  const Fraction right = value(nodes_[node.children[1]], values);
  const Wide a = left.above * right.below;
  const Wide b = right.above * left.below;
  if (left.below.zero() || right.below.zero() || a.lost() || b.lost()) return false;
  const int order = compare(a, b);
  switch (node.kind) {
    case ExprKind::lt:
      return order < 0;
    case ExprKind::lte:
      return order <= 0;
    case ExprKind::gt:
      return order > 0;
    case ExprKind::gte:
      return order >= 0;
    case ExprKind::eq:
      return order == 0;
    default:
      return order != 0;
  }
}

MetricsExpr::Fraction MetricsExpr::value(const Node& node, const MetricValues& values) const {
  switch (node.kind) {
    case ExprKind::number:
      return fraction(node.number);
    case ExprKind::metric:
      return fraction(values.metrics[node.index]);
    case ExprKind::span:
      return fraction(seconds(values.last - values.first));
    case ExprKind::first:
      return fraction(seconds(values.first));
    case ExprKind::last:
      return fraction(seconds(values.last));
    default:
      return combined(node, values);
  }
}

MetricsExpr::Fraction MetricsExpr::combined(const Node& node, const MetricValues& values) const {
  const Fraction left = value(nodes_[node.children[0]], values);
  const Fraction right = value(nodes_[node.children[1]], values);
  switch (node.kind) {
    case ExprKind::add:
      return {left.above * right.below + right.above * left.below, left.below * right.below};
    case ExprKind::subtract:
      return {left.above * right.below + (right.above * left.below).negated(), left.below * right.below};
    case ExprKind::multiply:
      return {left.above * right.above, left.below * right.below};
    default: {
      const bool none = left.below.zero() || right.below.zero();
      const Wide below = none ? Wide() : left.below * right.above;
      const Wide above = left.above * right.below;
      return below.negative() ? Fraction{above.negated(), below.negated()} : Fraction{above, below};
    }
  }
}

MetricsExpr::Fraction MetricsExpr::fraction(Exact number) {
  if (number % kExactOne == 0) return {Wide(number / kExactOne), Wide(1)};
  return {Wide(number), Wide(kExactOne)};
}

}  // namespace vedette::correlate
