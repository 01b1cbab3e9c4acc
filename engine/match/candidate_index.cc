#include "engine/match/candidate_index.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <utility>

#include "engine/base/fold.h"

namespace vedette::match {
namespace {

constexpr std::size_t kMostValues = 4096;   // of one access key
constexpr double kUselessFrequency = 0.95;  // constants, nearly
constexpr double kComputedPenalty = 1.5;    // a transform or map must run before the look-up

std::uint64_t length_bit(std::size_t length) { return std::uint64_t{1} << std::min<std::size_t>(length, 63); }

bool all_equalities(const plan::ValueTest& test) {
  return test.kind == plan::TestKind::pattern && !test.alternatives.empty() &&
         std::all_of(test.alternatives.begin(), test.alternatives.end(),
                     [](const plan::Pattern& pattern) { return form_of(pattern) == Form::equal; });
}

void append_values(std::uint32_t field, const plan::ValueTest& test, std::vector<AccessValue>& out) {
  for (const plan::Pattern& pattern : test.alternatives) {
    out.push_back({field, false, folded(equal_text(pattern))});
    if (pattern.numeric) out.push_back({field, true, numeric_key(pattern)});
  }
}

// Access keys of the nodes of one program's arms.
class Chooser {
 public:
  explicit Chooser(const plan::SourceProgram& program) : program_(program) {
    std::map<std::uint32_t, std::set<std::string>> distinct;
    for (const plan::Predicate& predicate : program.predicates) {
      if (!usable(predicate)) continue;
      for (const plan::ValueTest& test : predicate.tests) {
        if (!all_equalities(test)) continue;
        for (const plan::Pattern& pattern : test.alternatives) distinct[predicate.field].insert(folded(equal_text(pattern)));
      }
    }
    for (const auto& [field, texts] : distinct) distinct_[field] = texts.size();
  }

  [[nodiscard]] std::optional<AccessKey> key_of(const plan::Arm& arm, std::uint32_t index) const {
    const plan::Node& node = arm.nodes[index];
    switch (node.kind) {
      case plan::NodeKind::predicate:
        return key_of_predicate(node.predicate);
      case plan::NodeKind::all_of:
        return rarest_of(arm, node);
      case plan::NodeKind::any_of:
        return union_of(arm, node);
      case plan::NodeKind::any_member:
        return part_key(arm, node);
      case plan::NodeKind::negation:
      case plan::NodeKind::always:
        return std::nullopt;
    }
    return std::nullopt;
  }

 private:
  [[nodiscard]] bool usable(const plan::Predicate& predicate) const {
    return predicate.field != plan::kNone && !predicate.negate && predicate.part == plan::TimePart::none &&
           !program_.fields[predicate.field].expr.constant && !program_.fields[predicate.field].expr.derived;
  }

  [[nodiscard]] double frequency_of(const AccessValue& value) const {
    const auto found = distinct_.find(value.field);
    const double share = found == distinct_.end() ? 1 : 1 / (1 + static_cast<double>(found->second));
    return program_.fields[value.field].direct() ? share : share * kComputedPenalty;
  }

  [[nodiscard]] AccessKey make_key(std::vector<AccessValue> values, std::uint32_t implied) const {
    AccessKey key{std::move(values), 0, implied};
    for (const AccessValue& value : key.values) key.frequency += value.numeric ? 0 : frequency_of(value);
    return key;
  }

  [[nodiscard]] std::optional<AccessKey> key_of_predicate(std::uint32_t index) const {
    const plan::Predicate& predicate = program_.predicates[index];
    if (!usable(predicate) || predicate.tests.empty()) return std::nullopt;
    return predicate.all ? key_of_all(predicate, index) : key_of_any(predicate, index);
  }

  // Every test must be met, so any one of them will do.
  [[nodiscard]] std::optional<AccessKey> key_of_all(const plan::Predicate& predicate, std::uint32_t index) const {
    std::optional<AccessKey> best;
    for (const plan::ValueTest& test : predicate.tests) {
      if (!all_equalities(test)) continue;
      std::vector<AccessValue> values;
      append_values(predicate.field, test, values);
      const bool alone = predicate.tests.size() == 1;
      AccessKey key = make_key(std::move(values), alone && !cased(test) ? index : plan::kNone);
      if (!best || key.frequency < best->frequency) best = std::move(key);
    }
    return best;
  }

  [[nodiscard]] std::optional<AccessKey> key_of_any(const plan::Predicate& predicate, std::uint32_t index) const {
    std::vector<AccessValue> values;
    bool any_cased = false;
    for (const plan::ValueTest& test : predicate.tests) {
      if (!all_equalities(test)) return std::nullopt;
      any_cased |= cased(test);
      append_values(predicate.field, test, values);
    }
    if (values.size() > kMostValues) return std::nullopt;
    return make_key(std::move(values), any_cased ? plan::kNone : index);
  }

  [[nodiscard]] std::optional<AccessKey> rarest_of(const plan::Arm& arm, const plan::Node& node) const {
    std::optional<AccessKey> best;
    for (const std::uint32_t child : node.children) {
      auto key = key_of(arm, child);
      if (key && (!best || key->frequency < best->frequency)) best = std::move(key);
    }
    return best;
  }

  // Every part must be met by something in the same object, so something must meet it; which proves no part.
  [[nodiscard]] std::optional<AccessKey> part_key(const plan::Arm& arm, const plan::Node& node) const {
    auto best = rarest_of(arm, node);
    if (best) best->implied = plan::kNone;
    return best;
  }

  // Each branch must bring a key of its own.
  [[nodiscard]] std::optional<AccessKey> union_of(const plan::Arm& arm, const plan::Node& node) const {
    AccessKey all{{}, 0, plan::kNone};
    for (const std::uint32_t child : node.children) {
      auto key = key_of(arm, child);
      if (!key) return std::nullopt;
      if (node.children.size() == 1) return key;
      all.frequency += key->frequency;
      std::move(key->values.begin(), key->values.end(), std::back_inserter(all.values));
    }
    if (all.values.empty() || all.values.size() > kMostValues) return std::nullopt;
    return all;
  }

  static bool cased(const plan::ValueTest& test) {
    return std::any_of(test.alternatives.begin(), test.alternatives.end(), [](const plan::Pattern& p) { return p.cased; });
  }

  const plan::SourceProgram& program_;
  std::map<std::uint32_t, std::size_t> distinct_;
};

}  // namespace

CandidateIndex::CandidateIndex(const plan::SourceProgram& program) {
  const Chooser chooser(program);
  implied_.assign(program.arms.size(), plan::kNone);
  for (std::uint32_t arm = 0; arm < program.arms.size(); ++arm) {
    const auto key = chooser.key_of(program.arms[arm], program.arms[arm].root);
    if (!key || key->frequency > kUselessFrequency) {
      always_.push_back(arm);
      continue;
    }
    implied_[arm] = key->implied;
    for (const AccessValue& value : key->values) access_of(program, value.field).add(value, arm);
  }
}

void CandidateIndex::Access::add(const AccessValue& value, std::uint32_t arm) {
  Arms& arms = (value.numeric ? numbers : texts)[value.text];
  if (arms.empty() || arms.back() != arm) arms.push_back(arm);
  if (value.numeric) return;
  lengths |= length_bit(value.text.size());
  objects = objects || value.text.starts_with('{');
}

// ASCII text folds to ASCII text of the same length.
bool CandidateIndex::Access::may_hold_text(const event::Value& value) const {
  if (value.kind == event::ValueKind::null) return false;
  if (value.kind == event::ValueKind::object) return objects;
  return (lengths & length_bit(value.text.size())) != 0 || !is_ascii(value.text);
}

bool CandidateIndex::Access::concerns(const event::EventView& event) const {
  if (slot == plan::kNone) return true;
  const auto values = event.slot(slot);
  return std::any_of(values.begin(), values.end(),
                     [&](const event::Value& value) { return may_hold_text(value) || may_hold_number(value); });
}

CandidateIndex::Access& CandidateIndex::access_of(const plan::SourceProgram& program, std::uint32_t field) {
  const auto found =
      std::find_if(accesses_.begin(), accesses_.end(), [&](const Access& access) { return access.field == field; });
  if (found != accesses_.end()) return *found;
  Access& added = accesses_.emplace_back();
  added.field = field;
  if (program.fields[field].direct()) added.slot = program.fields[field].slot;
  return added;
}

void CandidateIndex::candidates(Values& values, std::vector<std::uint32_t>& out) const {
  out.assign(always_.begin(), always_.end());
  std::size_t lists = always_.empty() ? 0 : 1;
  const auto take = [&](const TextMap<Arms>& map, std::string_view text) {
    const auto found = map.find(text);
    if (found == map.end()) return;
    out.insert(out.end(), found->second.begin(), found->second.end());
    ++lists;
  };
  for (const Access& access : accesses_) {
    if (!access.concerns(values.event())) continue;
    for (Cell& cell : values.field(access.field)) {
      if (access.may_hold_text(cell.value)) take(access.texts, values.folded(cell));
      if (access.may_hold_number(cell.value)) take(access.numbers, values.number_key(cell));
    }
  }
  if (lists < 2) return;
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
}

}  // namespace vedette::match
