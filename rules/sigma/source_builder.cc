#include "rules/sigma/source_builder.h"

#include <algorithm>
#include <array>

#include "engine/base/fold.h"
#include "engine/base/suggest.h"
#include "engine/plan/plan.h"
#include "rules/reference/words.h"

namespace vedette::rules {
namespace {

using plan::FieldExpr;
using plan::FieldPath;
using plan::PathSegment;

constexpr auto kNormalisedNames = reference::names_of(reference::kNormalisedNames);

bool all_digits(std::string_view text) {
  return !text.empty() && text.size() <= 6 && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// `path` with its leading `to` replaced by `from`; nullopt when it does not begin with `to`.
std::optional<FieldPath> respelled(const FieldPath& path, const FieldPath& to, const FieldPath& from) {
  if (path.segments.size() < to.segments.size()) return std::nullopt;
  for (std::size_t i = 0; i < to.segments.size(); ++i) {
    if (path.segments[i].key != to.segments[i].key) return std::nullopt;
  }
  FieldPath out = from;
  const std::size_t last = to.segments.size() - 1;
  if (path.segments[last].index >= 0) out.segments.back().index = path.segments[last].index;
  out.segments.back().each = path.segments[last].each;
  for (std::size_t i = 0; i < last; ++i) {
    if (path.segments[i].each) return std::nullopt;  // the members are not those of the other spelling
  }
  out.segments.insert(out.segments.end(), path.segments.begin() + static_cast<std::ptrdiff_t>(to.segments.size()),
                      path.segments.end());
  return out;
}

}  // namespace

FieldPath with_indices(FieldPath path) {
  FieldPath out;
  for (PathSegment& segment : path.segments) {
    const bool indexed = !out.segments.empty() && segment.index < 0 && out.segments.back().index < 0;
    if (indexed && !out.segments.back().each && all_digits(segment.key)) {
      out.segments.back().index = std::stoi(segment.key);
      out.segments.back().each = segment.each;
    } else {
      out.segments.push_back(std::move(segment));
    }
  }
  return out;
}

namespace {

// a[0].b as keys only: an object may have a key `0`, and a literal dotted key `a.0.b` is that text.
FieldPath without_indices(const FieldPath& path) {
  FieldPath out;
  for (const PathSegment& segment : path.segments) {
    out.segments.push_back({segment.key, -1});
    if (segment.index >= 0) out.segments.push_back({std::to_string(segment.index), -1});
    out.segments.back().each = segment.each;
  }
  return out;
}

}  // namespace

bool is_normalised_name(std::string_view name) {
  return std::find(kNormalisedNames.begin(), kNormalisedNames.end(), name) != kNormalisedNames.end();
}

SourceBuilder::SourceBuilder(plan::SourcePlan source) {
  program_.source = std::move(source);
  for (const FieldPath& path : program_.source.fields) {
    std::string prefix;
    for (const PathSegment& segment : path.segments) {
      std::vector<std::string>& next = children_[prefix];
      if (std::find(next.begin(), next.end(), segment.key) == next.end()) next.push_back(segment.key);
      prefix += (prefix.empty() ? "" : ".") + segment.key;
    }
    known_.push_back(path.keys());
  }
}

// Follows the known fields key by key: exact case, else folded; the rest of an unknown path stays as written.
FieldPath SourceBuilder::repair(const FieldPath& path, bool& whole) const {
  FieldPath out = path;
  std::string prefix;
  whole = true;
  for (PathSegment& segment : out.segments) {
    const auto found = children_.find(prefix);
    if (found == children_.end()) {
      // Below a known leaf anything may follow (JSON inside a string, deeper objects).
      whole = !prefix.empty();
      return out;
    }
    const std::vector<std::string>& keys = found->second;
    auto key = std::find(keys.begin(), keys.end(), segment.key);
    if (key == keys.end())
      key = std::find_if(keys.begin(), keys.end(), [&](const std::string& known) { return equal_folded(known, segment.key); });
    if (key == keys.end()) {
      whole = false;
      return out;
    }
    segment.key = *key;
    prefix += (prefix.empty() ? "" : ".") + segment.key;
  }
  return out;
}

ResolvedField SourceBuilder::resolve(const FieldExpr& written, const plan::Normalise* entry) const {
  ResolvedField out;
  out.expr = written;
  out.expr.path = with_indices(written.path);
  const std::string name = out.expr.path.keys();
  const bool native = std::find(known_.begin(), known_.end(), name) != known_.end();
  if (entry != nullptr && !native) {
    const auto set = std::find_if(entry->set.begin(), entry->set.end(),
                                  [&](const plan::NormalisedField& field) { return field.name == name; });
    if (set != entry->set.end()) {
      out.expr = set->expr;
      out.expr.transforms.insert(out.expr.transforms.end(), written.transforms.begin(), written.transforms.end());
      return out;
    }
    if (is_normalised_name(name)) {
      out.missing = true;
      return out;
    }
  }
  if (children_.empty()) return out;
  bool whole = false;
  FieldPath repaired = repair(out.expr.path, whole);
  if (repaired != out.expr.path) out.repaired = repaired.text();
  if (!whole && out.repaired.empty()) out.suggestion = nearest(name, known_);
  if (out.expr.filter) {
    bool ignored = false;
    out.expr.filter->key_path = repair(with_indices(out.expr.filter->key_path), ignored);
  }
  out.expr.path = std::move(repaired);
  return out;
}

std::uint32_t SourceBuilder::slot(const FieldPath& path) {
  const auto [found, added] = slots_.try_emplace(path.text(), static_cast<std::uint32_t>(program_.slots.size()));
  if (!added) return found->second;
  plan::Slot slot;
  slot.path = path;
  if (FieldPath keys = without_indices(path); keys != path) slot.spellings.push_back(std::move(keys));
  for (const plan::Canonical& canonical : program_.source.canonical) {
    if (canonical.upper && canonical.to.keys() == path.keys()) slot.upper = true;
    if (!canonical.from) continue;
    if (auto spelling = respelled(path, canonical.to, *canonical.from)) slot.spellings.push_back(std::move(*spelling));
  }
  program_.slots.push_back(std::move(slot));
  return found->second;
}

std::uint32_t SourceBuilder::field(const FieldExpr& expr) {
  std::vector<std::uint32_t>& same_text = fields_[expr.text()];
  for (const std::uint32_t index : same_text) {
    if (program_.fields[index].expr == expr) return index;
  }
  plan::Field field;
  field.expr = expr;
  if (!expr.constant && !expr.derived) field.slot = slot(expr.path);
  if (expr.filter) field.filter_slot = slot(expr.filter->key_path);
  program_.fields.push_back(std::move(field));
  same_text.push_back(static_cast<std::uint32_t>(program_.fields.size() - 1));
  return same_text.back();
}

std::uint32_t SourceBuilder::derived(const DerivedDoc& from, std::uint32_t key, const FieldExpr& written,
                                     const std::vector<plan::TablePlan>& tables) {
  const plan::TablePlan& table = tables[from.index];
  const std::vector<std::string>& columns = table.values->columns();
  const std::string column = derived_column(written.path);
  FieldExpr out;
  out.transforms = written.transforms;
  out.derived.emplace();
  out.derived->table = from.index;
  out.derived->column = static_cast<std::uint32_t>(std::find(columns.begin(), columns.end(), column) - columns.begin());
  out.derived->key = key;
  out.derived->text = table.name + "(" + program_.fields[key].expr.text() + ")." + column;
  return field(out);
}

std::uint32_t SourceBuilder::predicate(plan::Predicate predicate) {
  // Field numbers too: different expressions may print alike.
  std::string key = std::to_string(predicate.field);
  for (const plan::ValueTest& test : predicate.tests) key += ' ' + std::to_string(test.other_field);
  key += ' ' + plan::print_predicate(program_, predicate) + '\0' + predicate.text;
  const auto [found, added] = predicates_.try_emplace(key, static_cast<std::uint32_t>(program_.predicates.size()));
  if (!added) {
    plan::Predicate& shared = program_.predicates[found->second];
    if (shared.line != predicate.line) shared.line = 0;  // written on several lines
    return found->second;
  }
  if (predicate.field == plan::kNone) program_.keywords = true;
  program_.predicates.push_back(std::move(predicate));
  return found->second;
}

}  // namespace vedette::rules
