// Synthetic events of the application's tests. Pure.
#pragma once

#include <fmt/format.h>

#include <string>

#include "engine/base/time.h"

namespace vedette::tests {

inline constexpr TimeUs kStart = 1'777'885'200LL * kSecondUs;  // 2026-05-04T09:00:00Z

[[nodiscard]] inline std::string okta_event(const std::string& id, TimeUs t, const std::string& type, const std::string& user,
                                            const std::string& result) {
  return fmt::format(
      R"({{"uuid":"{}","published":"{}","eventType":"{}","actor":{{"id":"00u1","type":"User","alternateId":"{}","displayName":"x"}},"outcome":{{"result":"{}","reason":null}},"target":null}})",
      id, format_rfc3339(t), type, user, result);
}

[[nodiscard]] inline std::string login_failure(int number, TimeUs t, const std::string& user) {
  return okta_event(fmt::format("e{:05d}", number), t, "user.session.start", user, "FAILURE");
}

// `count` sign-ins one second apart, by ten persons, two of three failed.
[[nodiscard]] inline std::string sign_ins(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) {
    text += okta_event(fmt::format("e{:05d}", i), kStart + i * kSecondUs, "user.session.start",
                       fmt::format("user{}@acme.example", (i * 7) % 10), i % 3 == 0 ? "SUCCESS" : "FAILURE") +
            "\n";
  }
  return text;
}

}  // namespace vedette::tests
