// Builds the SourceProgram of one source type: resolves the field names that rules write, and collects slots, fields and
// predicates, each once. Used by the compiler during one load.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/plan/plan.h"
#include "rules/sigma/derived.h"

namespace vedette::rules {

// What a field name means in one source type (and normalise entry).
struct ResolvedField {
  plan::FieldExpr expr;
  bool missing = false;    // a normalised name that the source does not give
  std::string repaired;    // the known spelling, when the case was repaired
  std::string suggestion;  // a known field close to an unknown one
};

// Turns `a.0.b` into a[0].b.
[[nodiscard]] plan::FieldPath with_indices(plan::FieldPath path);
[[nodiscard]] bool is_normalised_name(std::string_view name);

class SourceBuilder {
 public:
  explicit SourceBuilder(plan::SourcePlan source);

  [[nodiscard]] const plan::SourcePlan& source() const { return program_.source; }

  // `entry` is the normalise entry of the arm, or null.
  [[nodiscard]] ResolvedField resolve(const plan::FieldExpr& written, const plan::Normalise* entry) const;
  std::uint32_t field(const plan::FieldExpr& expr);
  // What a table says about the values of the field `key`; `written` names the column and transforms.
  std::uint32_t derived(const DerivedDoc& from, std::uint32_t key, const plan::FieldExpr& written,
                        const std::vector<plan::TablePlan>& tables);
  std::uint32_t predicate(plan::Predicate predicate);
  void arm(plan::Arm arm) { program_.arms.push_back(std::move(arm)); }
  [[nodiscard]] plan::SourceProgram take() { return std::move(program_); }

 private:
  std::uint32_t slot(const plan::FieldPath& path);
  [[nodiscard]] plan::FieldPath repair(const plan::FieldPath& path, bool& whole) const;

  plan::SourceProgram program_;
  std::map<std::string, std::vector<std::string>, std::less<>> children_;  // known prefix -> next keys
  std::vector<std::string> known_;
  std::map<std::string, std::uint32_t, std::less<>> slots_;
  std::map<std::string, std::vector<std::uint32_t>, std::less<>> fields_;
  std::map<std::string, std::uint32_t, std::less<>> predicates_;
};

}  // namespace vedette::rules
