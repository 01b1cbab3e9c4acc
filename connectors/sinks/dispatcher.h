// Carries committed alerts to one sink: a thread that reads the outbox after its position, filters, delivers, tries again,
// gives up what the sink rejects to the dead letters, and says how far it has come. Every sink has one of its own, so a sink
// that is down holds up no other. The functions are called on the dispatcher's thread only; counters() and stop() on any.
// Errors: failures are logged, at most once a minute while they last; a sink that is closed for good ends the thread.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "connectors/net/log.h"
#include "connectors/sinks/continuations.h"
#include "connectors/sinks/sink.h"
#include "connectors/store/store.h"

namespace vedette::connectors {

struct DispatcherOptions {
  plan::Level min_level = plan::Level::informational;  // `min_level`
  bool drop_continuations = false;                     // `on_continuation: drop`
  DurationUs repeat_interval = kDayUs;                 // `repeat_interval`
  // Waits after failures in a row: doubled from the first to the most, of which a random half is waited. A sink's own wait
  // (Retry-After) is kept instead, up to `retry_after_most`.
  std::chrono::milliseconds backoff_first{500};
  std::chrono::milliseconds backoff_most{60'000};
  std::chrono::milliseconds retry_after_most{3'600'000};
  std::uint64_t seed = 0;  // of the waits; 0: drawn
};

struct DispatcherFunctions {
  // Entries after `after`, ascending, at most `most`; waits at most `wait` for the first one. Empty: there is none yet.
  std::function<Result<std::vector<StoredEntry>>(std::uint64_t after, std::size_t most, std::chrono::milliseconds wait)> read;
  // The sink is done with entries up to this number.
  std::function<void(std::uint64_t position)> delivered;
  // Writes one dead letter, a JSON line without its newline, durably. On failure the alert stays where it is and is tried
  // again. Absent: what is given up is only logged and counted.
  std::function<Status(std::string_view line)> dead_letter = {};
  // The newest committed entry: the lag is counted from it.
  std::function<std::uint64_t()> newest;
  // Wall clock.
  std::function<TimeUs()> now;
  // Whether the routes lead this alert to this sink. Absent: all do.
  std::function<bool(const OutboxAlert& alert)> routed = {};
  // The sink has failed for good; the thread ends after this call. Must not stop the dispatcher itself.
  std::function<void(const std::string& reason)> closed = {};
};

struct DispatcherCounters {
  std::uint64_t delivered = 0;  // alerts that the other side has
  std::uint64_t skipped = 0;    // by level, routes or as continuations
  std::uint64_t retries = 0;    // deliveries that failed for now
  std::uint64_t dead = 0;       // dead letters
  std::uint64_t position = 0;   // entries up to this one are done with
  std::uint64_t lag = 0;        // entries after it
  DurationUs oldest_age = 0;    // since the commit of the oldest alert that is being delivered; 0: none
  bool failing = false;         // the last delivery failed
  bool closed = false;          // the sink has failed for good
};

class Dispatcher {
 public:
  // `position`: what the store says that this sink has.
  Dispatcher(std::unique_ptr<Sink> sink, std::uint64_t position, DispatcherOptions options, DispatcherFunctions functions,
             Log log);
  ~Dispatcher();  // stop() without a drain
  Dispatcher(const Dispatcher&) = delete;
  Dispatcher& operator=(const Dispatcher&) = delete;

  // Starts the sink and the thread.
  [[nodiscard]] Status start();
  [[nodiscard]] const std::string& name() const { return sink_->name(); }
  [[nodiscard]] DispatcherCounters counters() const;
  // From now on the end is reached when the outbox is empty, at the latest after `drain`. Does not wait.
  void begin_stop(std::chrono::milliseconds drain);
  // begin_stop() and the wait for it; then a delivery under way is cancelled. Nothing is delivered any more afterwards.
  void stop(std::chrono::milliseconds drain);

 private:
  using Clock = std::chrono::steady_clock;
  void run();
  void remember_continuations();
  [[nodiscard]] bool admitted(const OutboxAlert& alert) const;
  // These say false when the end has come first.
  [[nodiscard]] bool take(const std::vector<StoredEntry>& entries);
  [[nodiscard]] bool deliver_all(std::span<const OutboxAlert> alerts, std::uint64_t end);
  [[nodiscard]] bool bury(const std::string& alert, const std::string& reason, const std::string& letter);
  [[nodiscard]] bool wait_after_failure(const std::string& reason, std::chrono::milliseconds asked = {});
  [[nodiscard]] std::chrono::milliseconds backoff();
  void succeeded();
  void close(const std::string& reason);
  void advance(std::uint64_t position);
  [[nodiscard]] std::string letter(std::string_view reason, std::string_view key, std::string_view json) const;
  [[nodiscard]] bool stopping() const;
  [[nodiscard]] bool out_of_time() const;

  const std::unique_ptr<Sink> sink_;
  const DispatcherOptions options_;
  const DispatcherFunctions functions_;
  const Log log_;
  // The thread's own.
  Continuations continuations_;
  std::mt19937_64 random_;
  std::uint32_t failures_ = 0;  // in a row
  Clock::time_point failure_logged_{}, dead_logged_{};

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false, ended_ = false;
  Clock::time_point deadline_{};

  std::atomic<std::uint64_t> position_, delivered_ = 0, skipped_ = 0, retries_ = 0, dead_ = 0;
  std::atomic<TimeUs> oldest_ = 0;
  std::atomic<bool> failing_ = false, closed_ = false;
  std::thread thread_;
};

}  // namespace vedette::connectors
