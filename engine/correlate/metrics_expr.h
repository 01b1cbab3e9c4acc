// A condition over metrics, in exact fractions (docs/semantics.md, 8). A comparison with a division by zero in it is false.
// Immutable; any thread.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/base/exact.h"
#include "engine/base/time.h"
#include "engine/base/wide.h"
#include "engine/plan/plan.h"

namespace vedette::correlate {

// The metrics of one window.
struct MetricValues {
  std::span<const Exact> metrics;  // one per CorrelationPlan::metrics
  TimeUs first = 0;                // of the events that count
  TimeUs last = 0;
};

class MetricsExpr {
 public:
  explicit MetricsExpr(const plan::Expr& expr);

  [[nodiscard]] bool holds(const MetricValues& values) const;

 private:
  struct Fraction {
    Wide above;
    Wide below;  // positive; 0: there is no such number
  };
  struct Node {
    plan::ExprKind kind = plan::ExprKind::number;
    std::uint32_t index = 0;
    Exact number = 0;
    std::vector<std::uint32_t> children;
  };
  [[nodiscard]] bool condition(const Node& node, const MetricValues& values) const;
  [[nodiscard]] bool compares(const Node& node, const MetricValues& values) const;
  [[nodiscard]] Fraction value(const Node& node, const MetricValues& values) const;
  [[nodiscard]] Fraction combined(const Node& node, const MetricValues& values) const;
  [[nodiscard]] static Fraction fraction(Exact number);

  std::vector<Node> nodes_;
  std::uint32_t root_;
};

}  // namespace vedette::correlate
