// One source type of a plan, ready to decode: the trie of its paths, how it is recognised, where its envelopes are, and
// its text patterns. Built once per Decoder; one thread.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "engine/event/extraction.h"
#include "engine/event/path_trie.h"
#include "engine/event/text_source.h"
#include "engine/plan/plan.h"

namespace vedette::event {

class SourceType {
 public:
  SourceType(const plan::SourceProgram& source_program, std::uint32_t source_index)
      : program(source_program), index(source_index) {}

  // The walk over an event sees whether this type recognises it.
  [[nodiscard]] bool recognises(const std::vector<std::uint64_t>& seen) const;
  [[nodiscard]] bool unwraps(std::uint32_t path) const;

  const plan::SourceProgram& program;
  std::uint32_t index;
  PathTrie trie;
  std::optional<Extraction> found;
  std::optional<TextSource> text;
  std::vector<std::uint32_t> unwrap;          // indices of unwrap paths, in order
  bool recognisable = false;                  // has any recognition path
  std::vector<std::uint64_t> all, any, none;  // presence bits
};

// All types of a plan. Their tries share the numbering of presence bits and unwrap paths, so that one walk with any of
// them recognises all.
struct SourceTypes {
  std::vector<SourceType> types;
  std::size_t unwrap_paths = 0;
  std::uint32_t fallback = plan::kNone;  // the type `json`
};

[[nodiscard]] SourceTypes build_source_types(const plan::Plan& plan);

}  // namespace vedette::event
