#include "engine/event/source_type.h"

#include <algorithm>

namespace vedette::event {
namespace {

using Paths = std::vector<plan::FieldPath>;

// The index of a path in the list, which it joins.
std::uint32_t number(Paths& list, const plan::FieldPath& path) {
  const auto found = std::find(list.begin(), list.end(), path);
  if (found != list.end()) return static_cast<std::uint32_t>(found - list.begin());
  list.push_back(path);
  return static_cast<std::uint32_t>(list.size() - 1);
}

std::vector<std::uint64_t> bits_of(Paths& list, const Paths& paths) {
  std::vector<std::uint64_t> bits;
  for (const plan::FieldPath& path : paths) {
    const std::uint32_t bit = number(list, path);
    if (bits.size() <= bit / 64) bits.resize(bit / 64 + 1);
    bits[bit / 64] |= std::uint64_t{1} << (bit % 64);
  }
  return bits;
}

void add_captures(const plan::SourceProgram& program, PathTrie& trie) {
  for (std::uint32_t i = 0; i < program.slots.size(); ++i) {
    const plan::Slot& slot = program.slots[i];
    const Capture capture{CaptureKind::slot, slot.upper, i};
    trie.add(slot.path, capture);
    for (const plan::FieldPath& spelling : slot.spellings) trie.add(spelling, capture);
  }
  const plan::SourcePlan& source = program.source;
  for (std::uint32_t i = 0; i < source.id.size(); ++i) trie.add(source.id[i], Capture{CaptureKind::id, false, i});
  for (std::uint32_t i = 0; i < source.time.size(); ++i) trie.add(source.time[i].path, Capture{CaptureKind::time, false, i});
  if (source.arrival) trie.add(source.arrival->path, Capture{CaptureKind::arrival, false, 0});
}

void finish_type(SourceType& type, const Paths& presences, const Paths& unwraps) {
  const plan::SourcePlan& source = type.program.source;
  if (source.text) {
    type.text.emplace(type.program);
  } else {
    add_captures(type.program, type.trie);
  }
  for (std::uint32_t i = 0; i < presences.size(); ++i) type.trie.add(presences[i], Presence{false, i});
  for (std::uint32_t i = 0; i < unwraps.size(); ++i) type.trie.add(unwraps[i], Presence{true, i});
  type.trie.finish();
  for (auto* bits : {&type.all, &type.any, &type.none}) bits->resize((presences.size() + 63) / 64);
  type.found.emplace(type.program.slots.size(), source.id.size(), source.time.size(), presences.size());
}

}  // namespace

bool SourceType::recognises(const std::vector<std::uint64_t>& seen) const {
  if (!recognisable) return false;
  bool some = false;
  bool wanted = false;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if ((seen[i] & all[i]) != all[i] || (seen[i] & none[i]) != 0) return false;
    some = some || (seen[i] & any[i]) != 0;
    wanted = wanted || any[i] != 0;
  }
  return some || !wanted;
}

bool SourceType::unwraps(std::uint32_t path) const { return std::find(unwrap.begin(), unwrap.end(), path) != unwrap.end(); }

SourceTypes build_source_types(const plan::Plan& plan) {
  SourceTypes out;
  Paths presences;
  Paths unwraps;
  out.types.reserve(plan.sources.size());
  for (std::uint32_t i = 0; i < plan.sources.size(); ++i) {
    SourceType& type = out.types.emplace_back(plan.sources[i], i);
    const plan::SourcePlan& source = type.program.source;
    if (source.name == "json") out.fallback = i;
    for (const plan::FieldPath& path : source.unwrap) type.unwrap.push_back(number(unwraps, path));
    if (source.text) continue;  // recognised by the fields of its lines
    const plan::Recognise& r = source.recognise;
    type.recognisable = !r.all.empty() || !r.any.empty() || !r.none.empty();
    type.all = bits_of(presences, r.all);
    type.any = bits_of(presences, r.any);
    type.none = bits_of(presences, r.none);
  }
  for (SourceType& type : out.types) finish_type(type, presences, unwraps);
  out.unwrap_paths = unwraps.size();
  return out;
}

}  // namespace vedette::event
