// A detection item compiled for execution: its tests with everything precomputed. Built with the program, immutable
// afterwards and shared by all workers; evaluation keeps its scratch in Values.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/match/decimal.h"
#include "engine/match/pattern_set.h"
#include "engine/match/values.h"
#include "engine/plan/source_program.h"

namespace re2 {
class RE2;
}

namespace vedette::match {

class Test {
 public:
  [[nodiscard]] static Result<Test> compile(const plan::ValueTest& test);
  Test(Test&&) noexcept;
  Test& operator=(Test&&) noexcept;
  ~Test();

  // Adds the alternatives of another pattern test: any of both then matches.
  void merge(const plan::ValueTest& other);
  // After the last merge.
  void finish() { patterns_.finish(); }
  [[nodiscard]] plan::TestKind kind() const { return kind_; }
  // A test of the whole field: presence, null, or any value.
  [[nodiscard]] bool met_by(Values& values, std::span<Cell> cells) const;
  // A test of one value that is not null.
  [[nodiscard]] bool met_by_value(Values& values, Cell& cell) const;
  [[nodiscard]] double cost() const;

 private:
  Test();
  [[nodiscard]] bool compares(Values& values, Cell& cell) const;
  [[nodiscard]] bool relates_to_field(Values& values, Cell& cell) const;

  plan::TestKind kind_ = plan::TestKind::pattern;
  PatternSet patterns_;
  std::unique_ptr<re2::RE2> regex_;
  plan::Cidr cidr_;
  plan::CompareOp compare_ = plan::CompareOp::eq;
  std::unique_ptr<std::string> number_text_;  // what number_ points into
  Decimal number_;
  std::uint32_t other_field_ = plan::kNone;
  plan::FieldOp field_op_ = plan::FieldOp::equals;
  bool cased_ = false;
  bool expected_ = true;
};

class CompiledPredicate {
 public:
  [[nodiscard]] static Result<CompiledPredicate> compile(const plan::Predicate& predicate);
  // To be added when the field itself costs something.
  void add_cost(double cost) { cost_ += cost; }

  [[nodiscard]] bool evaluate(Values& values) const;
  // Over the values that are part of one object.
  [[nodiscard]] bool evaluate_in(Values& values, std::uint32_t element) const;
  [[nodiscard]] double cost() const { return cost_; }
  [[nodiscard]] std::uint32_t field() const { return field_; }

 private:
  [[nodiscard]] bool over_cells(Values& values, std::span<Cell> cells) const;
  [[nodiscard]] bool over_time_parts(Values& values, std::span<Cell> cells) const;
  [[nodiscard]] bool over_keywords(Values& values) const;
  [[nodiscard]] bool met_by(Values& values, std::span<Cell> cells) const;

  std::uint32_t field_ = plan::kNone;
  bool all_ = false, negate_ = false;
  plan::TimePart part_ = plan::TimePart::none;
  ZonePtr zone_;
  std::vector<Test> tests_;
  double cost_ = 0;
};

}  // namespace vedette::match
