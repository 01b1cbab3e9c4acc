#include "engine/match/values.h"

#include <algorithm>
#include <cstring>
#include <new>

#include "engine/base/fold.h"
#include "engine/match/decimal.h"

namespace vedette::match {
namespace {

char ascii_upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - ('a' - 'A')) : c; }

struct ByElement {
  bool operator()(const Cell& cell, std::uint32_t element) const { return cell.value.element < element; }
  bool operator()(std::uint32_t element, const Cell& cell) const { return element < cell.value.element; }
  bool operator()(const event::Value& value, std::uint32_t element) const { return value.element < element; }
  bool operator()(std::uint32_t element, const event::Value& value) const { return element < value.element; }
};

// ---- eight bytes at a time

constexpr std::uint64_t kHighBits = 0x8080'8080'8080'8080;
constexpr std::uint64_t kEach = 0x0101'0101'0101'0101;

std::uint64_t load_word(const char* from) {
  std::uint64_t word = 0;
  std::memcpy(&word, from, sizeof word);
  return word;
}

// Fewer than eight bytes, the missing ones zero.
std::uint64_t load_short(std::string_view text) {
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < text.size(); ++i) word |= std::uint64_t{static_cast<unsigned char>(text[i])} << (8 * i);
  return word;
}

// Calls `visit` with words that together hold every byte; the last may overlap the one before.
template <typename Visit>
void each_word(std::string_view text, const Visit& visit) {
  if (text.size() < 8) {
    visit(load_short(text));
    return;
  }
  for (std::size_t at = 0; at + 8 <= text.size(); at += 8) visit(load_word(text.data() + at));
  visit(load_word(text.data() + text.size() - 8));
}

// The high bit of every byte that is an ASCII capital; bytes beyond ASCII may give anything.
std::uint64_t capitals(std::uint64_t word) {
  const std::uint64_t at_least_a = word + (0x80 - 'A') * kEach;
  const std::uint64_t beyond_z = word + (0x80 - 'Z' - 1) * kEach;
  return at_least_a & ~beyond_z & kHighBits;
}

void lower_word(char* to, const char* from) {
  std::uint64_t word = load_word(from);
  word |= capitals(word) >> 2;
  std::memcpy(to, &word, sizeof word);
}

void lower_ascii(char* to, std::string_view text) {
  if (text.size() < 8) {
    for (std::size_t i = 0; i < text.size(); ++i)
      to[i] = text[i] >= 'A' && text[i] <= 'Z' ? static_cast<char>(text[i] | 0x20) : text[i];
    return;
  }
  for (std::size_t at = 0; at + 8 <= text.size(); at += 8) lower_word(to + at, text.data() + at);
  const std::size_t last = text.size() - 8;
  lower_word(to + last, text.data() + last);
}

// An integer that is its own normal form apart from the exponent; the common case, kept free of parsing.
bool is_short_integer(std::string_view text) {
  if (text.empty() || text.size() > 15 || text.front() == '0' || text.back() == '0') return false;
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

std::span<Cell> part_of(std::span<Cell> cells, std::uint32_t element) {
  const auto part = std::equal_range(cells.begin(), cells.end(), element, ByElement{});
  return {part.first, part.second};
}

bool is_ascii(std::string_view text) {
  std::uint64_t all = 0;
  each_word(text, [&](std::uint64_t word) { all |= word; });
  return (all & kHighBits) == 0;
}

std::string_view fold_view(std::string_view text, Arena& arena, std::string& buffer) {
  if (!is_ascii(text)) {
    buffer.clear();
    append_folded(buffer, text);
    return buffer == text ? text : arena.copy(buffer);
  }
  std::uint64_t upper = 0;
  each_word(text, [&](std::uint64_t word) { upper |= capitals(word); });
  if (upper == 0) return text;
  char* memory = static_cast<char*>(arena.allocate(text.size()));
  lower_ascii(memory, text);
  return {memory, text.size()};
}

Values::Values(const plan::Plan& plan) : plan_(plan) {
  std::size_t most = 0;
  for (const auto& source : plan.sources) most = std::max(most, source.fields.size());
  fields_.resize(most);
}

void Values::begin(const event::EventView& event) {
  event_ = &event;
  program_ = &plan_.sources[event.head.source];
  arena_.clear();
  ++epoch_;
}

std::span<Cell> Values::field(std::uint32_t index) {
  FieldState& state = fields_[index];
  if (state.epoch != epoch_) {
    const plan::Field& field = program_->fields[index];
    state.cells = field.direct() ? direct(field) : computed(field);
    state.epoch = epoch_;
  }
  return state.cells;
}

std::string_view Values::text(Cell& cell) {
  if (cell.value.kind == event::ValueKind::object && !cell.compact) {
    cell.value.text = event_->compact_text(cell.value);
    cell.compact = true;
  }
  return cell.value.text;
}

std::string_view Values::folded(Cell& cell) {
  if (!cell.has_folded) {
    cell.folded = fold_view(text(cell), arena_, buffer_);
    cell.has_folded = true;
  }
  return cell.folded;
}

std::string_view Values::number_key(const Cell& cell) {
  if (cell.value.kind != event::ValueKind::number) return {};
  buffer_.clear();
  if (is_short_integer(cell.value.text)) {
    buffer_ += cell.value.text;
    buffer_ += 'e';
    if (cell.value.text.size() >= 10) buffer_ += '1';
    buffer_ += static_cast<char>('0' + cell.value.text.size() % 10);
    return buffer_;
  }
  const auto number = parse_decimal(cell.value.text);
  if (!number) return {};
  append_normal_form(buffer_, *number);
  return buffer_;
}

std::span<Cell> Values::direct(const plan::Field& field) {
  const auto values = event_->slot(field.slot);
  if (values.empty()) return {};
  auto* cells = static_cast<Cell*>(arena_.allocate(values.size() * sizeof(Cell)));
  for (std::size_t i = 0; i < values.size(); ++i) new (cells + i) Cell{values[i]};
  return {cells, values.size()};
}

std::span<Cell> Values::single(std::string_view text) {
  const auto cells = arena_.array<Cell>(1);
  cells[0].value = {text, event::ValueKind::string, 0};
  return cells;
}

std::span<Cell> Values::computed(const plan::Field& field) {
  if (field.expr.constant) return single(*field.expr.constant);
  if (field.expr.derived) return looked_up(field);
  const auto values = field.slot == plan::kNone ? std::span<const event::Value>{} : event_->slot(field.slot);
  const auto cells = arena_.array<Cell>(values.size());
  std::size_t count = 0;
  for (const event::Value& value : values) {
    if (!passes_filter(field, value)) continue;
    Cell cell;
    cell.value = value;
    if (compute(field, cell)) cells[count++] = cell;
  }
  // `else` also speaks for an event that has no value at all.
  if (count == 0 && field.expr.map_else) return single(*field.expr.map_else);
  return cells.first(count);
}

// What the table says about each value of the key field.
std::span<Cell> Values::looked_up(const plan::Field& field) {
  const plan::Derived& derived = *field.expr.derived;
  const plan::ValueTable& table = *plan_.tables[derived.table].values;
  const auto keys = this->field(derived.key);
  const auto cells = arena_.array<Cell>(keys.size());
  std::size_t count = 0;
  for (Cell& key : keys) {
    if (key.value.kind == event::ValueKind::null) continue;
    const std::string_view folded_key = folded(key);
    buffer_.clear();
    if (!table.find(folded_key, derived.column, buffer_)) continue;
    Cell cell;
    cell.value = {arena_.copy(buffer_), event::ValueKind::string, key.value.element};
    if (compute(field, cell)) cells[count++] = cell;
  }
  return cells.first(count);
}

bool Values::passes_filter(const plan::Field& field, const event::Value& value) const {
  if (!field.expr.filter || field.filter_slot == plan::kNone) return true;
  const std::string_view wanted = field.expr.filter->value;
  const auto keys = event_->slot(field.filter_slot);
  const auto own = std::equal_range(keys.begin(), keys.end(), value.element, ByElement{});
  return std::any_of(own.first, own.second, [&](const event::Value& key) {
    return key.kind != event::ValueKind::null && equal_folded(key.text, wanted);
  });
}

bool Values::compute(const plan::Field& field, Cell& cell) {
  const plan::FieldExpr& expr = field.expr;
  if (expr.transforms.empty() && expr.map.empty()) return true;  // only filtered: kinds stay
  if (cell.value.kind == event::ValueKind::null) return false;
  std::string_view result = text(cell);
  for (const plan::Transform step : expr.transforms) {
    if (!transform(step, result) || result.empty()) return false;
  }
  if (!expr.map.empty()) {
    const auto entry =
        std::find_if(expr.map.begin(), expr.map.end(), [&](const auto& pair) { return equal_folded(pair.first, result); });
    if (entry == expr.map.end() && !expr.map_else) return false;
    result = entry == expr.map.end() ? *expr.map_else : entry->second;
  }
  const bool unchanged = result == cell.value.text;
  cell.value.text = result;
  if (!unchanged || cell.value.kind == event::ValueKind::object) cell.value.kind = event::ValueKind::string;
  return true;
}

bool Values::transform(plan::Transform transform, std::string_view& text) {
  switch (transform) {
    case plan::Transform::lower:
      text = fold_view(text, arena_, buffer_);
      return true;
    case plan::Transform::upper: {
      char* memory = static_cast<char*>(arena_.allocate(text.size()));
      std::transform(text.begin(), text.end(), memory, ascii_upper);
      text = {memory, text.size()};
      return true;
    }
    case plan::Transform::local:
      text = text.substr(0, text.rfind('@'));
      return true;
    case plan::Transform::domain: {
      const std::size_t at = text.rfind('@');
      text = at == std::string_view::npos ? std::string_view{} : text.substr(at + 1);
      return true;
    }
    case plan::Transform::session: {
      const std::size_t separator = text.find_last_of("/:");
      if (separator != std::string_view::npos) text.remove_prefix(separator + 1);
      return true;
    }
    case plan::Transform::cased:
      return true;
    case plan::Transform::person:
      buffer_.clear();
      if (!plan_.identity.resolve(program_->source.name, text, buffer_)) return false;
      text = arena_.copy(buffer_);
      return true;
  }
  return false;
}

}  // namespace vedette::match
