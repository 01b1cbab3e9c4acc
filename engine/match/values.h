// The values of one event as predicates read them: fields computed from slots once, when first asked for, and folded
// once. One per Matcher (one thread); everything it hands out is valid until the next begin(). Memory is reused, so a
// warmed-up instance allocates nothing.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/arena.h"
#include "engine/event/decoder.h"
#include "engine/plan/plan.h"

namespace vedette::match {

// One value of a field. Read it through Values: text and folded text are worked out when first needed.
struct Cell {
  event::Value value = {};
  std::string_view folded = {};
  bool compact = false;  // value.text of an object is its compact text already
  bool has_folded = false;
};

class Values {
 public:
  explicit Values(const plan::Plan& plan);

  void begin(const event::EventView& event);
  [[nodiscard]] const event::EventView& event() const { return *event_; }

  // Empty = absent. Nulls are cells.
  [[nodiscard]] std::span<Cell> field(std::uint32_t index);
  // As matching reads it: strings unescaped, numbers and booleans by source text, objects compact, null empty.
  [[nodiscard]] std::string_view text(Cell& cell);
  [[nodiscard]] std::string_view folded(Cell& cell);
  // The spelling all equal numbers share. Empty unless the value is a JSON number. Valid until the next call.
  [[nodiscard]] std::string_view number_key(const Cell& cell);

 private:
  struct FieldState {
    std::uint64_t epoch = 0;
    std::span<Cell> cells;
  };

  std::span<Cell> direct(const plan::Field& field);
  std::span<Cell> computed(const plan::Field& field);
  std::span<Cell> looked_up(const plan::Field& field);
  bool passes_filter(const plan::Field& field, const event::Value& value) const;
  // The value after transforms and map; false = missing.
  bool compute(const plan::Field& field, Cell& cell);
  bool transform(plan::Transform transform, std::string_view& text);
  std::span<Cell> single(std::string_view text);

  const plan::Plan& plan_;
  const event::EventView* event_ = nullptr;
  const plan::SourceProgram* program_ = nullptr;
  Arena arena_;
  std::vector<FieldState> fields_;
  std::uint64_t epoch_ = 0;
  std::string buffer_;
};

// The cells that are part of one object; cells stand in ascending order of their objects.
[[nodiscard]] std::span<Cell> part_of(std::span<Cell> cells, std::uint32_t element);
[[nodiscard]] bool is_ascii(std::string_view text);
// Folds ASCII in one pass into arena memory, anything else through `buffer`; text that is folded already is returned as
// it is.
[[nodiscard]] std::string_view fold_view(std::string_view text, Arena& arena, std::string& buffer);

}  // namespace vedette::match
