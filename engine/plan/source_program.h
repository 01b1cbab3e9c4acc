// What one rule set needs from one source type: slots to extract, fields derived from them, predicates and rule arms.
// Built by rules/sigma; executed by engine/event (slots) and engine/match (fields, predicates, arms).
// Immutable after build; shared by all threads.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/zone.h"
#include "engine/plan/field_expr.h"
#include "engine/plan/pattern.h"
#include "engine/plan/source_plan.h"

namespace vedette::plan {

inline constexpr std::uint32_t kNone = 0xffff'ffff;

// One path that the JSON walk captures. Values of all spellings and of a literal dotted top-level key are joined.
struct Slot {
  FieldPath path;
  std::vector<FieldPath> spellings;  // other spellings (SourcePlan::canonical)
  bool upper = false;                // canonical upper-casing of values
};

// What predicates and columns read: a slot, seen through an expression. Without filter, map, constant and transforms it is the
// slot.
struct Field {
  std::uint32_t slot = kNone;         // kNone only for constants and derived fields
  std::uint32_t filter_slot = kNone;  // slot of expr.filter->key_path
  FieldExpr expr;
  [[nodiscard]] bool direct() const {
    return slot != kNone && filter_slot == kNone && expr.transforms.empty() && expr.map.empty() && !expr.constant &&
           !expr.derived;
  }
};

// One detection item: field, modifiers, values. Satisfied when any (or all) of the tests is met by any value of the
// field; `negate` (neq) inverts the whole.
struct Predicate {
  std::uint32_t field = kNone;  // kNone: keyword search over every scalar (JSON) or the raw line (text)
  bool all = false;
  bool negate = false;
  TimePart part = TimePart::none;  // extract this part from the value (ISO 8601 or epoch) first
  ZonePtr zone = {};               // for `part`; null = UTC
  std::vector<ValueTest> tests = {};
  std::string text = {};  // as written, for explain: outcome.result|contains: 'x'
  int line = 0;           // in the rule's file
};

// any_member: some object of the array (or the object alone) satisfies all children, which are predicates over its parts.
enum class NodeKind : std::uint8_t { predicate, all_of, any_of, negation, always, any_member };

struct Node {
  NodeKind kind = NodeKind::always;
  std::uint32_t predicate = kNone;           // predicate
  std::vector<std::uint32_t> children = {};  // node indices within the arm
  std::uint32_t members = kNone;             // any_member: the field of the objects themselves
  std::string text = {};                     // any_member: as written, for explain: target[any]
};

// A named detection identifier of an arm, for explain and for "which selection was never true".
struct Selection {
  std::string name;
  std::uint32_t node = 0;
};

// A filter of a rule against one source type: the arm matches only events for which `node` is true, from `expires` on all.
struct ArmFilter {
  std::uint32_t filter = 0;  // into Plan::filters
  std::uint32_t node = 0;
};

// `level-when` of a rule: the level of events for which `node` is true.
struct ArmLevel {
  std::uint8_t level = 0;  // plan::Level
  std::uint32_t node = 0;
};

// One rule body against one source type (and, for category rules, one `normalise` entry, whose `when` is part of the
// body). Arms of one rule and source are tried in order; the first that matches makes the hit.
struct Arm {
  std::uint32_t rule = 0;  // index into Plan::rules
  std::vector<Node> nodes;
  std::uint32_t root = 0;
  std::vector<Selection> selections;
  std::vector<ArmFilter> filters;
  std::vector<ArmLevel> levels;        // lowest first
  std::vector<std::uint32_t> columns;  // per RulePlan::columns: field index, or kNone (missing in this source)
};

// Per node of the arm: whether it is `node` or below it. What is not under the root belongs to filters and levels alone.
[[nodiscard]] std::vector<bool> nodes_under(const Arm& arm, std::uint32_t node);

struct SourceProgram {
  SourcePlan source;
  std::vector<Slot> slots;
  std::vector<Field> fields;
  std::vector<Predicate> predicates;
  std::vector<Arm> arms;  // grouped by rule, in rule order
  bool keywords = false;  // some predicate searches keywords
};

}  // namespace vedette::plan
