// Which alerts of an episode a sink with `on_continuation: drop` gets: the first; a later one (a continuation) only when the
// last one sent is repeat_interval ago, by the wall clock of their commits; revisions and withdrawals exactly when their
// alert was sent. What is not known (after a restart, or beyond the bound) is sent: rather twice than never. One thread.
#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <unordered_map>

#include "connectors/sinks/sink.h"

namespace vedette::connectors {

class Continuations {
 public:
  explicit Continuations(DurationUs repeat_interval, std::size_t most_remembered = 100'000)
      : repeat_interval_(repeat_interval), most_(most_remembered) {}

  // To be asked about every alert that the sink's level and routes admit, in order, once.
  [[nodiscard]] bool sends(const OutboxAlert& alert);

 private:
  // The oldest are forgotten beyond `most`.
  template <typename Value>
  struct Memory {
    void put(const std::string& key, Value value, std::size_t most);
    std::unordered_map<std::string, Value> values;
    std::deque<std::string> order;
  };
  DurationUs repeat_interval_;
  std::size_t most_;
  Memory<TimeUs> last_sent_;  // by episode
  Memory<bool> dropped_;      // by alert id: continuations that were not sent
};

}  // namespace vedette::connectors
