// Where alerts go once they are committed: every sink reads the outbox in order by itself, on a thread of its own, and says
// how far it has come. At least once: after a crash the last ones may come again, with the same alert_id and revision.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "engine/base/time.h"
#include "engine/plan/plan.h"

namespace vedette::connectors {

// One committed alert: its line, and what routing and delivery need of it.
struct OutboxAlert {
  std::uint64_t number = 0;  // place in the outbox
  std::string alert_id;
  std::uint32_t revision = 1;
  bool withdrawn = false;
  bool continuation = false;
  std::string episode_id;
  plan::Level level = plan::Level::informational;
  std::string rule_id, rule;  // id and title
  std::vector<std::string> tags;
  std::vector<std::string> sources;  // source types of its events
  std::string tenant;
  std::string group_key;  // the message key: tenant and group, one line
  TimeUs time = 0;        // of the alert, event time
  TimeUs committed = 0;   // wall clock when it was committed
  std::string json;       // the alert as one line, without a newline
};

struct Delivery {
  enum class Next : std::uint8_t {
    done,      // all delivered
    retry,     // the one after `delivered` failed for now: try again after `wait` (0: the caller's backoff)
    rejected,  // the one after `delivered` will never be taken: dead letter
    closed,    // the sink itself has failed for good (a closed pipe): nothing can be delivered any more
  };
  std::size_t delivered = 0;  // from the front
  Next next = Next::done;
  std::chrono::milliseconds wait{0};
  std::string reason = {};
};

class Sink {
 public:
  virtual ~Sink() = default;
  // The config name.
  [[nodiscard]] virtual const std::string& name() const = 0;
  // Opens what can be opened at once; fails with a clear error. A remote that is down is no error.
  [[nodiscard]] virtual Status start() { return {}; }
  // Hands over all alerts and waits until the other side has them. One thread at a time.
  [[nodiscard]] virtual Delivery deliver(std::span<const OutboxAlert> alerts) = 0;
  // From another thread, before the end: a deliver() under way returns soon, and later ones deliver nothing.
  virtual void cancel() {}
  // At most this many alerts at once.
  [[nodiscard]] virtual std::size_t most() const { return 256; }
};

}  // namespace vedette::connectors
