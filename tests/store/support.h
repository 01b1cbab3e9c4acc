// What the tests of the store share: a folder that goes away, changes as a service makes them, reading back. One thread.
#pragma once

#include <filesystem>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "connectors/store/store.h"

namespace vedette::connectors::testing {

class Folder {
 public:
  Folder();
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  [[nodiscard]] std::string path(const std::string& name = "store") const { return root_ + "/" + name; }

 private:
  std::string root_;
};

// Log lines, to look at.
class Lines {
 public:
  [[nodiscard]] Log log();
  [[nodiscard]] bool contain(const std::string& text) const;

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
};

// A test's store is small: nothing is kept in reserve unless the test says so.
[[nodiscard]] StoreOptions options_at(const std::string& path);
[[nodiscard]] std::unique_ptr<Store> open_at(const std::string& path);
// The error of opening it; empty when it opens.
[[nodiscard]] std::string open_error(const std::string& path);

// Change number k of a service: log entry k, outbox entries 2k-1 and 2k, an alert, evidence, a cursor and a fact, so that
// any part that is missing shows.
[[nodiscard]] Changes change(std::uint64_t k, std::size_t bytes = 100);
[[nodiscard]] std::string body_of(char kind, std::uint64_t number, std::size_t bytes = 100);
// Empty, or what contradicts "the changes up to k, whole, and nothing else".
[[nodiscard]] std::string problem_with(const Store& store, std::uint64_t k);

struct Entry {
  std::uint64_t number;
  TimeUs time;
  std::string bytes;
  friend bool operator==(const Entry&, const Entry&) = default;
};
[[nodiscard]] std::vector<Entry> inbox_of(const Store& store, std::uint64_t after = 0);
[[nodiscard]] std::vector<Entry> log_of(const Store& store, std::uint64_t after = 0);
[[nodiscard]] std::vector<Entry> outbox_of(const Store& store, std::uint64_t after = 0);

void write_ok(Store& store, const Changes& changes);

}  // namespace vedette::connectors::testing
