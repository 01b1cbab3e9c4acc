// Shows other Vedettes that this one reads for a consumer group, and finds them. All of them assign partitions to themselves,
// so the group has no members; but each writes the group's offsets for lag displays, and puts into the metadata of partition
// 0 of its topics who it is and a beat that counts on. A store is one instance: what an earlier process on it left is ours.
// Another's text is alive when its beat goes on, or when it stands where we wrote last; no clocks are compared. Owned by
// KafkaWatch and used on its thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/sources/kafka_source.h"

struct rd_kafka_s;

namespace vedette::connectors {

// "vedette id=9f.. host=web-1 pid=17 start=1767614400000000 beat=5"
struct KafkaPresenceText {
  std::string id, host;
  std::uint64_t pid = 0;
  TimeUs start = 0;
  std::uint64_t beat = 0;

  [[nodiscard]] std::string to_text() const;
  // Nothing when it is not one of ours.
  [[nodiscard]] static std::optional<KafkaPresenceText> parse(std::string_view text);
  [[nodiscard]] bool same_process(const KafkaPresenceText& other) const {
    return id == other.id && host == other.host && pid == other.pid && start == other.start;
  }
};

enum class KafkaCompany : std::uint8_t {
  unknown,  // no broker answered
  alone,
  maybe,  // somebody else was there; whether it still is shows soon
  taken,  // another is there, and was there first
  second  // another came later: it is the one to give way
};

class KafkaPresence {
 public:
  using Steady = std::chrono::steady_clock;
  KafkaPresence(const KafkaSourceOptions& options, TimeUs now);

  // What the group's metadata say now, by topic; of offsets, those that the group has.
  struct Look {
    bool answered = false;
    std::map<std::string, std::string> texts;
    std::map<std::string, std::int64_t> offsets;
  };
  [[nodiscard]] Look look(rd_kafka_s* client) const;
  [[nodiscard]] KafkaCompany judge(const Look& look, Steady::time_point now);
  // The other one, for people; once one was found.
  [[nodiscard]] std::string who() const;

  // The next text to write; empty after leave().
  [[nodiscard]] std::string next_text();
  // It was taken by the coordinator, for these topics.
  void written(const std::vector<std::string>& topics) {
    if (beating_) written_.insert(topics.begin(), topics.end());
  }
  // We read no more: nobody shall wait for us.
  void leave() {
    beating_ = false;
    written_.clear();
  }
  void enter() { beating_ = true; }
  [[nodiscard]] bool beating() const { return beating_; }

 private:
  struct Other {
    KafkaPresenceText text;
    Steady::time_point since;  // its beat stands where it is
  };
  [[nodiscard]] bool is_gone(const KafkaPresenceText& text) const;

  const KafkaSourceOptions& options_;
  KafkaPresenceText self_;
  std::map<std::string, Other> others_;  // by topic
  std::optional<KafkaPresenceText> found_;
  bool beating_ = false;           // we read, and say so
  std::set<std::string> written_;  // topics where what stands now was written by us, or later than by us
};

}  // namespace vedette::connectors
