// Events for a running service: realistic Okta events with fresh ids and present times, the marked events of the rules in
// bench/rules/service.yml, and random user names. Generated once and stamped afterwards, so that a load costs little
// more than copying. One thread.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/time.h"

namespace vedette::bench {

class EventMill {
 public:
  explicit EventMill(std::uint64_t seed, std::size_t templates = 20'000);

  // One event, without a newline. now: its `published`, microseconds since the epoch.
  void append(std::string& out, TimeUs now);
  // An event of a type and a user, small.
  void append_small(std::string& out, std::string_view type, std::string_view user, TimeUs now);
  // A failed sign-in of a user who never was before.
  void append_stranger(std::string& out, TimeUs now);

 private:
  struct Template {
    std::string bytes;
    std::size_t id = 0, time = 0;  // where they begin
  };
  void stamp_id(char* place);
  [[nodiscard]] std::string_view time_text(TimeUs now);

  std::vector<Template> templates_;
  std::mt19937_64 random_;
  std::uint64_t run_, count_ = 0;
  TimeUs text_of_ = -1;
  std::string text_;
};

}  // namespace vedette::bench
