#include "connectors/sinks/dispatcher.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "connectors/sinks/outbox_alert.h"
#include "connectors/store/failpoint.h"
#include "engine/base/json_writer.h"

namespace vedette::connectors {
namespace {

constexpr std::chrono::milliseconds kReadWait{200};  // also the time that a stop may go unnoticed
constexpr std::size_t kRememberAtOnce = 256;
constexpr std::chrono::minutes kLogEvery{1};

std::string hex(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) out += fmt::format("{:02x}", static_cast<std::uint8_t>(c));
  return out;
}

}  // namespace

Dispatcher::Dispatcher(std::unique_ptr<Sink> sink, std::uint64_t position, DispatcherOptions options,
                       DispatcherFunctions functions, Log log)
    : sink_(std::move(sink)),
      options_(options),
      functions_(std::move(functions)),
      log_(std::move(log)),
      continuations_(options.repeat_interval),
      random_(options.seed != 0 ? options.seed : std::random_device{}()),
      position_(position) {}

Dispatcher::~Dispatcher() { stop(std::chrono::milliseconds(0)); }

Status Dispatcher::start() {
  if (Status started = sink_->start(); !started.ok()) return started;
  thread_ = std::thread([this] { run(); });
  return {};
}

DispatcherCounters Dispatcher::counters() const {
  DispatcherCounters out;
  out.delivered = delivered_;
  out.skipped = skipped_;
  out.retries = retries_;
  out.dead = dead_;
  out.position = position_;
  const std::uint64_t newest = functions_.newest();
  out.lag = newest > out.position ? newest - out.position : 0;
  if (const TimeUs oldest = oldest_; oldest != 0) out.oldest_age = std::max<DurationUs>(0, functions_.now() - oldest);
  out.failing = failing_;
  out.closed = closed_;
  return out;
}

void Dispatcher::begin_stop(std::chrono::milliseconds drain) {
  const std::lock_guard lock(mutex_);
  const Clock::time_point deadline = Clock::now() + drain;
  deadline_ = stopping_ ? std::min(deadline_, deadline) : deadline;
  stopping_ = true;
  changed_.notify_all();
}

void Dispatcher::stop(std::chrono::milliseconds drain) {
  if (!thread_.joinable()) return;
  begin_stop(drain);
  {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_until(lock, deadline_, [this] { return ended_; })) {
      lock.unlock();
      sink_->cancel();
    }
  }
  thread_.join();
}

bool Dispatcher::stopping() const {
  const std::lock_guard lock(mutex_);
  return stopping_;
}

bool Dispatcher::out_of_time() const {
  const std::lock_guard lock(mutex_);
  return stopping_ && Clock::now() >= deadline_;
}

void Dispatcher::run() {
  if (options_.drop_continuations) remember_continuations();
  while (!closed_ && !out_of_time()) {
    const bool last_look = stopping();
    auto entries =
        functions_.read(position_, std::max<std::size_t>(1, sink_->most()), last_look ? std::chrono::milliseconds(0) : kReadWait);
    if (!entries.ok()) {
      if (!wait_after_failure("the outbox cannot be read: " + entries.error().to_string())) break;
    } else if (entries->empty()) {
      if (last_look) break;
      succeeded();
    } else if (!take(*entries)) {
      break;
    }
  }
  const std::lock_guard lock(mutex_);
  ended_ = true;
  changed_.notify_all();
}

// What the outbox still holds of the time before the position tells which episodes the other side knows of.
void Dispatcher::remember_continuations() {
  for (std::uint64_t after = 0; after < position_ && !out_of_time();) {
    const auto entries = functions_.read(after, kRememberAtOnce, std::chrono::milliseconds(0));
    if (!entries.ok() || entries->empty()) return;
    for (const StoredEntry& entry : *entries) {
      if (entry.number > position_) return;
      const auto alert = decode_outbox_alert(entry.number, entry.bytes);
      if (alert.ok() && admitted(*alert)) (void)continuations_.sends(*alert);
    }
    after = entries->back().number;
  }
}

bool Dispatcher::admitted(const OutboxAlert& alert) const {
  return alert.level >= options_.min_level && (!functions_.routed || functions_.routed(alert));
}

bool Dispatcher::take(const std::vector<StoredEntry>& entries) {
  std::vector<OutboxAlert> alerts;
  for (const StoredEntry& entry : entries) {
    auto alert = decode_outbox_alert(entry.number, entry.bytes);
    if (!alert.ok()) {
      if (!deliver_all(alerts, entry.number - 1)) return false;
      alerts.clear();
      const std::string what = alert.error().to_string();
      if (!bury(fmt::format("entry {}", entry.number), what, letter(what, "bytes", '"' + hex(entry.bytes) + '"'))) return false;
      advance(entry.number);
    } else if (admitted(*alert) && (!options_.drop_continuations || continuations_.sends(*alert))) {
      alerts.push_back(std::move(alert.value()));
    } else {
      ++skipped_;
    }
  }
  return deliver_all(alerts, entries.back().number);
}

bool Dispatcher::deliver_all(std::span<const OutboxAlert> alerts, std::uint64_t end) {
  while (!alerts.empty()) {
    if (out_of_time()) return false;
    oldest_ = alerts.front().committed;
    const auto batch = alerts.first(std::min(alerts.size(), std::max<std::size_t>(1, sink_->most())));
    Delivery delivery = sink_->deliver(batch);
    const bool all = delivery.next == Delivery::Next::done || delivery.delivered >= batch.size();
    const std::size_t count = all ? batch.size() : delivery.delivered;
    if (count > 0) failpoint("sink_after_deliver");
    delivered_ += count;
    alerts = alerts.subspan(count);
    if (count > 0) {
      succeeded();
      if (!alerts.empty()) advance(alerts.front().number - 1);
    }
    if (delivery.next == Delivery::Next::closed) {
      close(delivery.reason);
      return false;
    }
    if (all) continue;
    if (delivery.next == Delivery::Next::retry) {
      if (!wait_after_failure(delivery.reason, delivery.wait)) return false;
      continue;
    }
    const OutboxAlert& refused = alerts.front();
    if (!bury(refused.alert_id, delivery.reason, letter(delivery.reason, "alert", refused.json))) return false;
    alerts = alerts.subspan(1);
    if (!alerts.empty()) advance(alerts.front().number - 1);
  }
  oldest_ = 0;
  advance(end);
  return true;
}

void Dispatcher::advance(std::uint64_t position) {
  if (position <= position_) return;
  position_ = position;
  functions_.delivered(position);
}

std::string Dispatcher::letter(std::string_view reason, std::string_view key, std::string_view json) const {
  std::string out;
  JsonWriter line(out);
  line.begin_object();
  line.key("sink");
  line.string(name());
  line.key("reason");
  line.string(reason);
  line.key("time");
  line.string(format_rfc3339(functions_.now()));
  line.key(key);
  line.raw(json);
  line.end_object();
  return out;
}

bool Dispatcher::bury(const std::string& alert, const std::string& reason, const std::string& letter) {
  while (functions_.dead_letter) {
    const Status written = functions_.dead_letter(letter);
    if (written.ok()) break;
    if (!wait_after_failure("a dead letter cannot be written: " + written.error().to_string())) return false;
  }
  succeeded();
  ++dead_;
  const Clock::time_point now = Clock::now();
  if (log_ && (!functions_.dead_letter || dead_ == 1 || now - dead_logged_ >= kLogEvery)) {
    dead_logged_ = now;
    log_(LogLevel::error, name(), fmt::format("alert {} was given up ({} so far): {}", alert, dead_.load(), reason));
  }
  return true;
}

std::chrono::milliseconds Dispatcher::backoff() {
  const std::uint32_t doublings = std::min<std::uint32_t>(failures_ - 1, 20);
  const std::int64_t whole = std::min(options_.backoff_most.count(), options_.backoff_first.count() << doublings);
  return std::chrono::milliseconds(std::uniform_int_distribution<std::int64_t>(whole / 2, whole)(random_));
}

bool Dispatcher::wait_after_failure(const std::string& reason, std::chrono::milliseconds asked) {
  ++failures_;
  ++retries_;
  failing_ = true;
  const std::chrono::milliseconds wait = asked.count() > 0 ? std::min(asked, options_.retry_after_most) : backoff();
  const Clock::time_point now = Clock::now();
  if (log_ && (failures_ == 1 || now - failure_logged_ >= kLogEvery)) {
    failure_logged_ = now;
    log_(LogLevel::warning, name(),
         fmt::format("delivery failed {} times in a row, again in {} ms: {}", failures_, wait.count(), reason));
  }
  std::unique_lock lock(mutex_);
  for (const Clock::time_point end = now + wait; !stopping_ || end <= deadline_;) {
    if (Clock::now() >= end) return true;
    changed_.wait_until(lock, end);
  }
  return false;
}

void Dispatcher::succeeded() {
  if (failures_ > 0 && log_) log_(LogLevel::info, name(), fmt::format("delivery works again after {} failures", failures_));
  failures_ = 0;
  failing_ = false;
}

void Dispatcher::close(const std::string& reason) {
  closed_ = true;
  failing_ = true;
  if (log_) log_(LogLevel::error, name(), "delivers nothing any more: " + reason);
  if (functions_.closed) functions_.closed(reason);
}

}  // namespace vedette::connectors
