// Realistic Okta System Log load from a seed: event mix of a measured tenant (sso 25 %, sign-on policy 13 %, session start
// 13 %, MFA 8.5 %, the rest spread), zipf users, 1.5-2.5 KB an event, 5 % failures. The same seed gives the same bytes.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "engine/base/time.h"

namespace vedette::bench {

struct LoadOptions {
  std::uint64_t seed = 1;
  std::size_t users = 50'000;
  TimeUs start = 1'767'600'000LL * kSecondUs;  // 2026-01-05T08:00:00Z
  DurationUs step = 7'000;                     // mean distance of events
  int failures_per_mille = 50;
  bool zipf = true;       // false: users uniform
  std::string only = {};  // every event of this type
};

class OktaLoad {
 public:
  explicit OktaLoad(LoadOptions options);
  // Appends one event, without a newline.
  void append_event(std::string& out);
  // `count` events as NDJSON.
  [[nodiscard]] std::string ndjson(std::size_t count);

 private:
  [[nodiscard]] std::size_t pick_user();
  [[nodiscard]] std::string hex(std::size_t digits);
  void append_client(std::string& out, std::size_t user);
  void append_debug(std::string& out);
  void append_targets(std::string& out, std::string_view type, std::size_t user);

  LoadOptions options_;
  std::mt19937_64 random_;
  TimeUs now_;
  std::vector<double> zipf_;  // cumulative weights
};

}  // namespace vedette::bench
