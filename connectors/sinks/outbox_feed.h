// The dispatchers' reader: entries of the store's outbox, and the wait for more. The committer's callback says how far the
// outbox is committed; any number of dispatchers read. Thread-safe.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <vector>

#include "connectors/store/store.h"
#include "engine/base/result.h"

namespace vedette::connectors {

class OutboxFeed {
 public:
  explicit OutboxFeed(const Store& store) : store_(store), newest_(store.last_outbox()) {}

  // Entries up to `number` are durable.
  void committed(std::uint64_t number);
  [[nodiscard]] std::uint64_t newest() const;
  // DispatcherFunctions::read.
  [[nodiscard]] Result<std::vector<StoredEntry>> read(std::uint64_t after, std::size_t most, std::chrono::milliseconds wait);

 private:
  const Store& store_;
  mutable std::mutex mutex_;
  std::condition_variable more_;
  std::uint64_t newest_;
};

}  // namespace vedette::connectors
