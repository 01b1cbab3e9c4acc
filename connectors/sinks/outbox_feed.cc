#include "connectors/sinks/outbox_feed.h"

#include <algorithm>

namespace vedette::connectors {

void OutboxFeed::committed(std::uint64_t number) {
  const std::lock_guard lock(mutex_);
  newest_ = std::max(newest_, number);
  more_.notify_all();
}

std::uint64_t OutboxFeed::newest() const {
  const std::lock_guard lock(mutex_);
  return newest_;
}

Result<std::vector<StoredEntry>> OutboxFeed::read(std::uint64_t after, std::size_t most, std::chrono::milliseconds wait) {
  std::uint64_t newest = 0;
  {
    std::unique_lock lock(mutex_);
    more_.wait_for(lock, wait, [&] { return newest_ > after; });
    newest = newest_;
  }
  std::vector<StoredEntry> entries;
  if (newest <= after) return entries;
  const Status read = store_.read_outbox(after, [&](std::uint64_t number, TimeUs time, std::string_view bytes) {
    if (number > newest) return false;
    entries.push_back({number, time, std::string(bytes)});
    return entries.size() < most;
  });
  if (!read.ok()) return read.error();
  return entries;
}

}  // namespace vedette::connectors
