#include "tests/store/support.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <stdlib.h>

namespace vedette::connectors::testing {

namespace fs = std::filesystem;

Folder::Folder() {
  std::string name = (fs::temp_directory_path() / "vedette-store-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
  root_ = name;
}

Folder::~Folder() {
  std::error_code ignored;
  fs::remove_all(root_, ignored);
}

Log Lines::log() {
  return [this](LogLevel, std::string_view component, std::string_view message) {
    const std::lock_guard lock(mutex_);
    lines_.push_back(std::string(component) + ": " + std::string(message));
  };
}

bool Lines::contain(const std::string& text) const {
  const std::lock_guard lock(mutex_);
  for (const std::string& line : lines_) {
    if (line.find(text) != std::string::npos) return true;
  }
  return false;
}

StoreOptions options_at(const std::string& path) {
  StoreOptions options;
  options.path = path;
  options.limits.reserve_bytes = 0;
  return options;
}

std::unique_ptr<Store> open_at(const std::string& path) {
  auto store = open_store(options_at(path), {});
  EXPECT_TRUE(store.ok()) << store.error().to_string();
  return store.ok() ? std::move(*store) : nullptr;
}

std::string open_error(const std::string& path) {
  const auto store = open_store(options_at(path), {});
  return store.ok() ? "" : store.error().to_string();
}

std::string body_of(char kind, std::uint64_t number, std::size_t bytes) {
  std::string body = fmt::format("{}{}:", kind, number);
  // Not compressible, and the same each time.
  std::uint64_t state = number * 0x9E3779B97F4A7C15U + static_cast<unsigned char>(kind);
  while (body.size() < bytes) {
    state = state * 6364136223846793005U + 1442695040888963407U;
    body += static_cast<char>(state >> 56U);
  }
  return body;
}

Changes change(std::uint64_t k, std::size_t bytes) {
  const auto time = static_cast<TimeUs>(k) * kSecondUs;
  const std::string name = std::to_string(k);
  Changes changes;
  changes.log = {{k, time, body_of('l', k, bytes)}};
  changes.outbox = {{2 * k - 1, time, body_of('o', 2 * k - 1, bytes)}, {2 * k, time, body_of('o', 2 * k, bytes)}};
  changes.emitted = {{"alert-" + name, 2 * k, 1, time}};
  changes.evidence = {{"event-" + name, time, body_of('v', k, bytes)}};
  changes.cursors = {{"topic/0", name}};
  changes.delivered = {{"out", k}};
  changes.facts = {{"epoch", name}};
  return changes;
}

std::string problem_with(const Store& store, std::uint64_t k) {
  const std::string name = std::to_string(k);
  const auto wrong = [k](const std::string& what) { return fmt::format("after change {}: {}", k, what); };
  if (store.last_log() != k) return wrong(fmt::format("the log ends at {}", store.last_log()));
  if (store.last_outbox() != 2 * k) return wrong(fmt::format("the outbox ends at {}", store.last_outbox()));
  if (k == 0) return {};
  if (store.cursor("topic/0") != name) return wrong("cursor " + store.cursor("topic/0").value_or("none"));
  if (store.fact("epoch") != name) return wrong("fact " + store.fact("epoch").value_or("none"));
  if (store.delivered("out") != k) return wrong(fmt::format("delivered {}", store.delivered("out")));
  const auto alert = store.emitted("alert-" + name);
  if (!alert || alert->outbox != 2 * k) return wrong("its alert is missing");
  if (store.emitted("alert-" + std::to_string(k + 1))) return wrong("the next alert is there");
  const auto evidence = store.evidence("event-" + name);
  if (!evidence || !evidence->starts_with("v" + name + ":")) return wrong("its evidence is missing");
  std::uint64_t expected = 0;
  std::string problem;
  const Status read = store.read_log(0, [&](std::uint64_t number, TimeUs, std::string_view bytes) {
    if (expected != 0 && number != expected) problem = wrong(fmt::format("log entry {} is missing", expected));
    expected = number + 1;
    if (bytes != body_of('l', number, bytes.size())) problem = wrong(fmt::format("log entry {} has changed", number));
    return problem.empty();
  });
  if (!read) return wrong(read.error().to_string());
  if (problem.empty() && expected != k + 1) problem = wrong(fmt::format("the log reads up to {}", expected - 1));
  return problem;
}

namespace {

using Read = Status (Store::*)(std::uint64_t, const Store::Visitor&) const;

std::vector<Entry> all(const Store& store, Read read, std::uint64_t after) {
  std::vector<Entry> entries;
  const Status status = (store.*read)(after, [&](std::uint64_t number, TimeUs time, std::string_view bytes) {
    entries.push_back({number, time, std::string(bytes)});
    return true;
  });
  EXPECT_TRUE(status.ok()) << status.error().to_string();
  return entries;
}

}  // namespace

std::vector<Entry> inbox_of(const Store& store, std::uint64_t after) { return all(store, &Store::read_inbox, after); }
std::vector<Entry> log_of(const Store& store, std::uint64_t after) { return all(store, &Store::read_log, after); }
std::vector<Entry> outbox_of(const Store& store, std::uint64_t after) { return all(store, &Store::read_outbox, after); }

void write_ok(Store& store, const Changes& changes) {
  const WriteResult result = store.write(changes);
  ASSERT_EQ(result.outcome, WriteOutcome::ok) << result.message;
}

}  // namespace vedette::connectors::testing
