// Which arms can match an event at all. Every arm gets an access key: a set of (field, value) equalities of which each
// match needs at least one, chosen for rarity. Looking the event's values up yields the candidates; arms without an access key
// are always candidates. Immutable after build; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/match/pattern_set.h"
#include "engine/match/values.h"
#include "engine/plan/source_program.h"

namespace vedette::match {

// One equality: the field's folded text, or (numeric) its number in normal form.
struct AccessValue {
  std::uint32_t field = plan::kNone;
  bool numeric = false;
  std::string text;
};

struct AccessKey {
  std::vector<AccessValue> values;
  double frequency = 1;  // estimated share of events that hold one of the values
  // A predicate that is true whenever one of the values is present, so that candidates need not test it again.
  std::uint32_t implied = plan::kNone;
};

class CandidateIndex {
 public:
  // Chooses the access key of every arm; implied()[arm] is the predicate that candidacy already proves, or kNone.
  explicit CandidateIndex(const plan::SourceProgram& program);
  CandidateIndex(CandidateIndex&&) noexcept = default;

  [[nodiscard]] const std::vector<std::uint32_t>& implied() const { return implied_; }
  // Sets `out` to the candidate arms, ascending and distinct.
  void candidates(Values& values, std::vector<std::uint32_t>& out) const;
  [[nodiscard]] std::span<const std::uint32_t> always() const { return always_; }

 private:
  using Arms = std::vector<std::uint32_t>;
  // The equalities of one field, and what tells quickly that a value is none of them.
  struct Access {
    std::uint32_t field = plan::kNone;
    std::uint32_t slot = plan::kNone;  // of a field that is just its slot
    TextMap<Arms> texts;
    TextMap<Arms> numbers;
    std::uint64_t lengths = 0;  // bit n: some text has n bytes; bit 63: 63 or more
    bool objects = false;       // some text could be an object's

    void add(const AccessValue& value, std::uint32_t arm);
    [[nodiscard]] bool may_hold_text(const event::Value& value) const;
    [[nodiscard]] bool may_hold_number(const event::Value& value) const {
      return value.kind == event::ValueKind::number && !numbers.empty();
    }
    // Whether the values, as they are in the event, need a look-up at all.
    [[nodiscard]] bool concerns(const event::EventView& event) const;
  };

  Access& access_of(const plan::SourceProgram& program, std::uint32_t field);

  std::vector<Access> accesses_;
  Arms always_;
  std::vector<std::uint32_t> implied_;
};

}  // namespace vedette::match
