#include "app/field_table.h"

#include <algorithm>

namespace vedette::app {

namespace {

bool inside(std::string_view path, std::string_view outer) {
  return path.size() > outer.size() && path.starts_with(outer) && path[outer.size()] == '.';
}

}  // namespace

FieldTable::FieldTable(const plan::Plan& plan, std::uint32_t source) : source_(plan.sources[source].source) {
  for (const plan::FieldPath& path : source_.fields) row(path.keys()).known = true;
  for (const plan::FieldPath& path : source_.encoded) row(path.keys()).encoded = true;
  for (const plan::Normalise& entry : source_.normalise) {
    for (const plan::NormalisedField& field : entry.set) {
      if (!field.expr.constant) row(field.expr.path.keys()).normalised.insert(field.name);
    }
  }
  read_rules(plan, plan.sources[source]);
  for (FieldRow& each : rows_) {
    for (const plan::FieldPath& path : source_.encoded) each.known = each.known || inside(each.name, path.keys());
  }
}

void FieldTable::read_rules(const plan::Plan& plan, const plan::SourceProgram& program) {
  for (const plan::Arm& arm : program.arms) {
    const std::string& label = plan.rules[arm.rule].meta.label();
    const auto read = [&](std::uint32_t index) {
      if (index == plan::kNone) return;
      std::uint32_t at = index;
      if (program.fields[at].expr.derived) at = program.fields[at].expr.derived->key;
      for (const std::uint32_t slot : {program.fields[at].slot, program.fields[at].filter_slot}) {
        if (slot != plan::kNone) row(program.slots[slot].path.keys()).rules.insert(label);
      }
    };
    for (const plan::Node& node : arm.nodes) {
      if (node.kind == plan::NodeKind::predicate) read(program.predicates[node.predicate].field);
    }
    for (const std::uint32_t column : arm.columns) read(column);
  }
}

FieldRow& FieldTable::row(const std::string& name) {
  const auto [found, added] = index_.emplace(name, rows_.size());
  if (added) {
    rows_.emplace_back().name = name;
    last_.push_back(0);
  }
  return rows_[found->second];
}

// The spelling that rules see.
std::string FieldTable::canonical(const std::string& path) const {
  for (const plan::Canonical& each : source_.canonical) {
    if (!each.from) continue;
    const std::string from = each.from->keys();
    if (path == from || inside(path, from)) return each.to.keys() + path.substr(from.size());
  }
  return path;
}

void FieldTable::note(const std::string& path, std::string_view value, bool container) {
  const std::string name = canonical(path);
  if (container && !index_.contains(name)) return;
  FieldRow& seen = row(name);
  std::uint64_t& last = last_[static_cast<std::size_t>(&seen - rows_.data())];
  if (last != events_ + 1) ++seen.events;
  last = events_ + 1;
  if (seen.sample.empty()) seen.sample = value.substr(0, 200);
}

void FieldTable::event() { ++events_; }

}  // namespace vedette::app
