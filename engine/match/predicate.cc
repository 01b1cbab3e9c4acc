#include "engine/match/predicate.h"

#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "engine/match/address.h"
#include "engine/match/time_part.h"

namespace vedette::match {
namespace {

constexpr std::int64_t kRegexMemory = 1 << 20;
constexpr double kKeywordFactor = 200;  // a walk over every scalar
constexpr double kTimePartCost = 8;
constexpr std::size_t kMostKeywordTests = 64;

bool related(plan::FieldOp op, std::string_view text, std::string_view other) {
  switch (op) {
    case plan::FieldOp::equals:
      return text == other;
    case plan::FieldOp::contains:
      return text.find(other) != std::string_view::npos;
    case plan::FieldOp::startswith:
      return text.starts_with(other);
    case plan::FieldOp::endswith:
      return text.ends_with(other);
  }
  return false;
}

bool is_null(const Cell& cell) { return cell.value.kind == event::ValueKind::null; }

}  // namespace

Test::Test() = default;
Test::Test(Test&&) noexcept = default;
Test& Test::operator=(Test&&) noexcept = default;
Test::~Test() = default;

Result<Test> Test::compile(const plan::ValueTest& source) {
  Test test;
  test.kind_ = source.kind;
  test.cidr_ = source.cidr;
  test.compare_ = source.compare;
  test.other_field_ = source.other_field;
  test.field_op_ = source.field_op;
  test.cased_ = source.cased;
  test.expected_ = source.expected;
  if (source.kind == plan::TestKind::pattern) test.merge(source);
  if (source.kind == plan::TestKind::compare) {
    test.number_text_ = std::make_unique<std::string>(source.number);
    const auto number = parse_decimal(*test.number_text_);
    if (!number) return Error{"not a number: " + source.number};
    test.number_ = *number;
  }
  if (source.kind == plan::TestKind::regex) {
    re2::RE2::Options options;
    options.set_log_errors(false);
    options.set_max_mem(kRegexMemory);
    test.regex_ = std::make_unique<re2::RE2>(source.regex, options);
    if (!test.regex_->ok()) return Error{"regex refused: " + test.regex_->error()};
  }
  return test;
}

void Test::merge(const plan::ValueTest& other) {
  for (const plan::Pattern& pattern : other.alternatives) patterns_.add(pattern);
}

double Test::cost() const {
  switch (kind_) {
    case plan::TestKind::pattern:
      return patterns_.cost();
    case plan::TestKind::null:
    case plan::TestKind::exists:
      return 0.5;
    case plan::TestKind::cidr:
      return 4;
    case plan::TestKind::compare:
      return 3;
    case plan::TestKind::field:
      return 5;
    case plan::TestKind::regex:
      return 40;
  }
  return 1;
}

bool Test::met_by(Values& values, std::span<Cell> cells) const {
  if (kind_ == plan::TestKind::exists) return cells.empty() != expected_;
  if (kind_ == plan::TestKind::null) return cells.empty() || std::any_of(cells.begin(), cells.end(), is_null);
  return std::any_of(cells.begin(), cells.end(), [&](Cell& cell) { return !is_null(cell) && met_by_value(values, cell); });
}

bool Test::met_by_value(Values& values, Cell& cell) const {
  switch (kind_) {
    case plan::TestKind::pattern:
      return patterns_.matches(values, cell);
    case plan::TestKind::regex: {
      const std::string_view text = values.text(cell);
      return re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), *regex_);
    }
    case plan::TestKind::cidr: {
      if (cell.value.kind != event::ValueKind::string) return false;
      const auto address = parse_address(cell.value.text);
      return address && contains(cidr_, *address);
    }
    case plan::TestKind::compare:
      return compares(values, cell);
    case plan::TestKind::field:
      return relates_to_field(values, cell);
    case plan::TestKind::null:
    case plan::TestKind::exists:
      return false;
  }
  return false;
}

bool Test::compares(Values& values, Cell& cell) const {
  if (cell.value.kind != event::ValueKind::number && cell.value.kind != event::ValueKind::string) return false;
  const auto number = parse_decimal(values.text(cell));
  return number && plan::meets(compare_, compare(*number, number_));
}

bool Test::relates_to_field(Values& values, Cell& cell) const {
  const auto others = values.field(other_field_);
  return std::any_of(others.begin(), others.end(), [&](Cell& other) {
    if (is_null(other)) return false;
    if (cased_) return related(field_op_, values.text(cell), values.text(other));
    return related(field_op_, values.folded(cell), values.folded(other));
  });
}

Result<CompiledPredicate> CompiledPredicate::compile(const plan::Predicate& source) {
  CompiledPredicate predicate;
  predicate.field_ = source.field;
  predicate.all_ = source.all;
  predicate.negate_ = source.negate;
  predicate.part_ = source.part;
  predicate.zone_ = source.zone;
  Test* patterns = nullptr;  // of a list without `all`, all patterns become one set
  predicate.tests_.reserve(source.tests.size());
  for (const plan::ValueTest& test : source.tests) {
    if (patterns != nullptr && test.kind == plan::TestKind::pattern) {
      patterns->merge(test);
      continue;
    }
    auto compiled = Test::compile(test);
    if (!compiled) return Error{compiled.error().message, source.text};
    predicate.tests_.push_back(std::move(compiled).value());
    if (test.kind == plan::TestKind::pattern && !source.all) patterns = &predicate.tests_.back();
  }
  if (source.field == plan::kNone && source.all && predicate.tests_.size() > kMostKeywordTests) {
    return Error{"more than 64 keywords must all be present", source.text};
  }
  for (Test& test : predicate.tests_) {
    test.finish();
    predicate.cost_ += test.cost();
  }
  if (source.part != plan::TimePart::none) predicate.cost_ += kTimePartCost;
  if (source.field == plan::kNone) predicate.cost_ *= kKeywordFactor;
  std::stable_sort(predicate.tests_.begin(), predicate.tests_.end(),
                   [](const Test& a, const Test& b) { return a.cost() < b.cost(); });
  return predicate;
}

bool CompiledPredicate::evaluate(Values& values) const {
  if (field_ == plan::kNone) return over_keywords(values) != negate_;
  return over_cells(values, values.field(field_)) != negate_;
}

bool CompiledPredicate::evaluate_in(Values& values, std::uint32_t element) const {
  return over_cells(values, part_of(values.field(field_), element)) != negate_;
}

bool CompiledPredicate::met_by(Values& values, std::span<Cell> cells) const {
  const auto met = [&](const Test& test) { return test.met_by(values, cells); };
  return all_ ? std::all_of(tests_.begin(), tests_.end(), met) : std::any_of(tests_.begin(), tests_.end(), met);
}

bool CompiledPredicate::over_cells(Values& values, std::span<Cell> cells) const {
  return part_ == plan::TimePart::none ? met_by(values, cells) : over_time_parts(values, cells);
}

// The parts of the field's values stand in for them. A value that is no time has no part; null stays null.
bool CompiledPredicate::over_time_parts(Values& values, std::span<Cell> cells) const {
  constexpr std::size_t kMostValues = 64;
  std::array<Cell, kMostValues> parts;
  std::array<std::array<char, 8>, kMostValues> digits;
  std::size_t count = 0;
  for (Cell& cell : cells) {
    if (count == kMostValues) break;
    Cell part;
    if (!is_null(cell)) {
      const auto t = parse_point(values.text(cell), cell.value.kind);
      if (!t) continue;
      char* begin = digits[count].data();
      const auto end = std::to_chars(begin, begin + digits[count].size(), time_part(*t, part_, zone_)).ptr;
      part.value = {{begin, static_cast<std::size_t>(end - begin)}, event::ValueKind::number, 0};
    }
    parts[count++] = part;
  }
  return met_by(values, {parts.data(), count});
}

// Every scalar is tried against the tests not met so far, until enough are.
bool CompiledPredicate::over_keywords(Values& values) const {
  struct Search {
    const CompiledPredicate& predicate;
    Values& values;
    std::uint64_t met;
    std::uint64_t wanted;
  };
  const std::uint64_t wanted = tests_.size() >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << tests_.size()) - 1;
  Search search{*this, values, 0, wanted};
  const auto visit = [&search](std::string_view scalar) {
    Cell cell;
    cell.value = {scalar, event::ValueKind::string, 0};
    for (std::size_t i = 0; i < search.predicate.tests_.size(); ++i) {
      const std::uint64_t bit = i < 64 ? std::uint64_t{1} << i : 0;
      if (search.predicate.all_ && (search.met & bit) != 0) continue;
      if (!search.predicate.tests_[i].met_by_value(search.values, cell)) continue;
      if (!search.predicate.all_) return true;
      search.met |= bit;
    }
    return search.predicate.all_ && search.met == search.wanted;
  };
  return values.event().any_scalar(visit);
}

}  // namespace vedette::match
