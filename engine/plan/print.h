// Texts of parts of a plan: print_plan's pieces about correlations, and what the semantic hash of a correlation covers beside
// its bindings. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

#include "engine/plan/plan.h"

namespace vedette::plan {

// 'x', quotes doubled, control characters as \xNN.
[[nodiscard]] std::string quoted(std::string_view text);
void append_correlation(std::string& out, const CorrelationPlan& correlation, std::size_t index);
// What changes the meaning of a correlation beyond type, threshold, window and bindings, a line for each that is set.
[[nodiscard]] std::string print_meaning(const CorrelationPlan& correlation);
// What is looked for, for people, without the timespan: `event_count >= 5`, `metrics: attempts >= 5 and users >= 3`.
[[nodiscard]] std::string condition_text(const CorrelationPlan& correlation);
// and(metric:0 >= 5, span < 600), by index.
[[nodiscard]] std::string print_expr(const Expr& expr);

// Shared by print.cc and print_correlation.cc.
void append_meta(std::string& out, const RuleMeta& meta);
void append_title(std::string& out, const Title& title);
void append_suppress(std::string& out, const Suppress& suppress, bool always);
[[nodiscard]] std::string_view compare_name(CompareOp op);

}  // namespace vedette::plan
