// Helpers of the sink tests: alerts, a sink that does what it is told, an outbox in memory.
#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "connectors/sinks/dispatcher.h"
#include "connectors/sinks/outbox_alert.h"
#include "tests/connectors/support.h"

namespace vedette::connectors::testing {

inline constexpr TimeUs kNow = 1'767'600'000'000'000;  // 2026-01-05T08:00:00Z

inline OutboxAlert alert_of(std::uint64_t number, const std::string& id = {}) {
  OutboxAlert alert;
  alert.number = number;
  alert.alert_id = id.empty() ? "a" + std::to_string(number) : id;
  alert.level = plan::Level::high;
  alert.rule_id = "r1";
  alert.rule = "A rule";
  alert.group_key = "alice";
  alert.time = kNow - kMinuteUs;
  alert.committed = kNow;
  alert.json = "{\"alert_id\":\"" + alert.alert_id + "\"}";
  return alert;
}

inline std::vector<OutboxAlert> alerts_of(std::uint64_t first, std::uint64_t last) {
  std::vector<OutboxAlert> out;
  for (std::uint64_t n = first; n <= last; ++n) out.push_back(alert_of(n));
  return out;
}

// Asks `answer` about every delivery and keeps what it took.
class ScriptedSink final : public Sink {
 public:
  using Answer = std::function<Delivery(std::span<const OutboxAlert>)>;
  explicit ScriptedSink(Answer answer, std::size_t most = 256) : answer_(std::move(answer)), most_(most) {}
  [[nodiscard]] const std::string& name() const override { return name_; }
  [[nodiscard]] Delivery deliver(std::span<const OutboxAlert> alerts) override { return answer_(alerts); }
  void cancel() override { cancelled = true; }
  [[nodiscard]] std::size_t most() const override { return most_; }
  std::atomic<bool> cancelled = false;

 private:
  std::string name_ = "pager";
  Answer answer_;
  std::size_t most_;
};

// The outbox, the positions and the dead letters of one dispatcher.
class Outbox {
 public:
  void add(const OutboxAlert& alert) { add_bytes(alert.number, encode_outbox_alert(alert)); }
  void add(const std::vector<OutboxAlert>& alerts) {
    for (const OutboxAlert& alert : alerts) add(alert);
  }
  void add_bytes(std::uint64_t number, std::string bytes) {
    const std::lock_guard lock(mutex_);
    entries_.push_back({number, kNow, std::move(bytes)});
    more_.notify_all();
  }
  void fail_reads(int count) { failing_reads_ = count; }
  void fail_letters(int count) { failing_letters_ = count; }
  [[nodiscard]] DispatcherFunctions functions() {
    DispatcherFunctions out;
    out.read = [this](std::uint64_t after, std::size_t most, std::chrono::milliseconds wait) { return read(after, most, wait); };
    out.delivered = [this](std::uint64_t position) {
      const std::lock_guard lock(mutex_);
      positions_.push_back(position);
    };
    out.dead_letter = [this](std::string_view line) -> Status {
      const std::lock_guard lock(mutex_);
      if (failing_letters_ > 0) {
        --failing_letters_;
        return Error{"no space"};
      }
      letters_.emplace_back(line);
      return {};
    };
    out.newest = [this] {
      const std::lock_guard lock(mutex_);
      return entries_.empty() ? 0 : entries_.back().number;
    };
    out.now = [] { return kNow + 5 * kSecondUs; };
    return out;
  }
  [[nodiscard]] std::vector<std::uint64_t> positions() const {
    const std::lock_guard lock(mutex_);
    return positions_;
  }
  [[nodiscard]] std::vector<std::string> letters() const {
    const std::lock_guard lock(mutex_);
    return letters_;
  }

 private:
  Result<std::vector<StoredEntry>> read(std::uint64_t after, std::size_t most, std::chrono::milliseconds wait) {
    if (failing_reads_ > 0) {
      --failing_reads_;
      return Error{"a bad block"};
    }
    std::unique_lock lock(mutex_);
    const auto is_new = [after](const StoredEntry& entry) { return entry.number > after; };
    more_.wait_for(lock, wait, [&] { return std::any_of(entries_.begin(), entries_.end(), is_new); });
    std::vector<StoredEntry> out;
    for (const StoredEntry& entry : entries_) {
      if (is_new(entry) && out.size() < most) out.push_back(entry);
    }
    return out;
  }

  mutable std::mutex mutex_;
  std::condition_variable more_;
  std::deque<StoredEntry> entries_;
  std::vector<std::uint64_t> positions_;
  std::vector<std::string> letters_;
  std::atomic<int> failing_reads_ = 0, failing_letters_ = 0;
};

}  // namespace vedette::connectors::testing
