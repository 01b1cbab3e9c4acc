// What a store knows about itself: how far its three logs go, and counts. Stored with every change, so that numbers are
// never given twice, also not those of entries that are gone. Values; one thread at a time.
#pragma once

#include <cstdint>
#include <string>

#include "connectors/store/store.h"

namespace vedette::connectors {

struct LogSpan {
  std::uint64_t dropped = 0;   // entries up to this one are gone
  std::uint64_t last = 0;      // the highest number ever given
  std::uint64_t holes_to = 0;  // up to here entries may be missing: a loss that was accepted

  [[nodiscard]] bool empty() const { return dropped >= last; }
  [[nodiscard]] std::uint64_t first_kept() const { return empty() ? 0 : dropped + 1; }
  [[nodiscard]] std::uint64_t last_kept() const { return empty() ? 0 : last; }
};

struct StoreNumbers {
  LogSpan inbox, log, outbox;
  std::uint64_t emitted = 0, evidence = 0, evidence_bytes = 0;
};

// Raises the last numbers by what the changes add. A sentence when they do not go on from what is there.
[[nodiscard]] std::string advance(StoreNumbers& numbers, const Changes& changes);
// The part of an evidence body that is kept; cut between UTF-8 characters.
[[nodiscard]] std::string_view kept_part(std::string_view body, std::uint64_t limit);
// Everything of it that a StoreInfo says.
void describe(const StoreNumbers& numbers, StoreInfo& info);

}  // namespace vedette::connectors
