// What the service notices about itself: silent and unreachable sources, wrong clocks, degraded rules, gaps, refused bodies,
// missing canaries. Signs of each condition go in, what has begun and what has ended comes out, each once. What is open is
// kept as one fact of the store, so a restart repeats nothing. Pure, with the time passed in (microseconds, wall clock); one
// thread, the correlator's.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "app/service/recent.h"
#include "engine/alert/alert.h"
#include "engine/base/result.h"
#include "engine/base/time.h"

namespace vedette::app {

enum class HealthKind : std::uint8_t {
  source_silent,
  source_down,
  clock_or_timezone_suspect,
  rule_degraded,
  history_gap,
  body_too_large,
  canary_missing,
};
inline constexpr std::size_t kHealthKinds = 7;

[[nodiscard]] std::string_view health_name(HealthKind kind);  // "source_silent"
[[nodiscard]] std::string health_rule(HealthKind kind);       // "vedette.source_silent": id and name of its alerts

// A source that has been out of reach for so long is down; one that has been back for so long is up again.
inline constexpr DurationUs kDownAfter = 30 * kSecondUs;

struct HealthSource {
  std::string name, tenant = "default";
  std::optional<DurationUs> silent_after = {};  // 0: never; absent: by its own gaps
  DurationUs canary_within = 0;                 // 0: it has no canary
};

// What a source says of itself at one moment. The counts are since the start of the process.
struct SourceLook {
  bool up = true;
  bool finished = false;  // nothing more will come
  std::string reason = {};
  std::uint64_t history_gaps = 0, bodies_too_large = 0;
};

struct HealthEvent {
  HealthKind kind = HealthKind::source_silent;
  std::string subject;  // the source or the rule
  std::string tenant = "default";
  TimeUs since = 0;
  std::string reason;
  std::uint64_t count = 1;
};

struct HealthNews {
  std::vector<HealthEvent> begun, ended;
  [[nodiscard]] bool empty() const { return begun.empty() && ended.empty(); }
};

// How one source is getting on.
class SourceWatch {
 public:
  SourceWatch(HealthSource source, TimeUs start);

  // A batch with records was worked off. `delay`: its newest receipt minus the time of its last event.
  void note_records(TimeUs now, std::optional<DurationUs> delay);
  void note_canary(TimeUs received);

  enum class State : std::uint8_t { unknown, fine, bad };
  struct Sign {
    State state = State::unknown;
    TimeUs since = 0;
    std::string reason = {};
    std::uint64_t count = 1;
  };
  [[nodiscard]] Sign silence(TimeUs now, const SourceLook& look) const;
  [[nodiscard]] Sign reach(TimeUs now, const SourceLook& look);
  [[nodiscard]] Sign clock() const;
  [[nodiscard]] Sign canary(TimeUs now) const;
  // `open_since`: of the condition, when it is open.
  [[nodiscard]] Sign gaps(TimeUs now, const SourceLook& look, std::optional<TimeUs> open_since);
  [[nodiscard]] Sign bodies(TimeUs now, const SourceLook& look, std::optional<TimeUs> open_since);

  [[nodiscard]] const HealthSource& source() const { return source_; }

 private:
  [[nodiscard]] std::optional<DurationUs> silent_after() const;

  HealthSource source_;
  TimeUs start_;
  std::optional<TimeUs> last_record_, last_gap_mark_, last_delay_mark_, last_canary_;
  std::optional<TimeUs> unwell_since_, well_since_;
  Recent<DurationUs, 64> gaps_, delays_;
  std::uint64_t told_gaps_ = 0, told_bodies_ = 0;
};

class Health {
 public:
  Health(std::vector<HealthSource> sources, TimeUs start);

  // What was open when the process before ended; bytes that are not ours are an error.
  [[nodiscard]] Status restore(std::string_view stored);
  [[nodiscard]] std::string stored() const;

  void note_records(const std::string& source, TimeUs now, std::optional<DurationUs> delay);
  void note_canary(const std::string& source, TimeUs received);
  // looks: by source; degraded: labels of the rules that may miss alerts.
  [[nodiscard]] HealthNews judge(TimeUs now, const std::map<std::string, SourceLook>& looks,
                                 const std::vector<std::string>& degraded);

  // Conditions that are open, and since when.
  using Open = std::map<std::pair<HealthKind, std::string>, TimeUs>;
  [[nodiscard]] const Open& open() const { return open_; }
  [[nodiscard]] bool is_open(HealthKind kind, const std::string& subject) const { return open_.contains({kind, subject}); }

 private:
  void judge_source(TimeUs now, SourceWatch& watch, const SourceLook& look, HealthNews& news);
  void judge_rules(TimeUs now, const std::vector<std::string>& degraded, HealthNews& news);
  void take(HealthKind kind, const std::string& subject, const std::string& tenant, SourceWatch::Sign sign, HealthNews& news);
  [[nodiscard]] std::optional<TimeUs> open_since(HealthKind kind, const std::string& subject) const;

  std::map<std::string, SourceWatch> sources_;
  Open open_;
};

// The alert of a condition that has begun. The same condition has the same id.
[[nodiscard]] alert::Alert health_alert(const HealthEvent& event, TimeUs now);

}  // namespace vedette::app
