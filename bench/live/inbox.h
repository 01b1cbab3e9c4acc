// A store as a service leaves it that received much and was killed before it applied any of it: batches in the inbox, the
// last of which completes probe 0.
#pragma once

#include <cstdint>
#include <string>

#include "bench/live/requests.h"

namespace vedette::bench {

struct InboxResult {
  std::uint64_t batches = 0, events = 0;
  std::string error = {};
};

// source: the config name of the okta_hook that received them.
[[nodiscard]] InboxResult fill_inbox(const std::string& path, const std::string& source, std::uint64_t batches,
                                     RequestOptions options);

}  // namespace vedette::bench
