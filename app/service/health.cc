#include "app/service/health.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

#include "engine/base/digest.h"
#include "engine/base/wire.h"

namespace vedette::app {
namespace {

using Sign = SourceWatch::Sign;
using State = SourceWatch::State;

constexpr std::uint64_t kFormat = 1;
constexpr DurationUs kLeastSilence = 15 * kMinuteUs;
constexpr DurationUs kGapStep = kMinuteUs;         // what comes within it is one gap's end
constexpr DurationUs kDelayStep = 30 * kSecondUs;  // one delay is measured within it
constexpr std::size_t kEnough = 20;                // gaps or delays before anything is concluded
constexpr std::int64_t kTimesGap = 10;
constexpr DurationUs kZoneStep = 30 * kMinuteUs;
constexpr DurationUs kMostZone = 14 * kHourUs;
constexpr DurationUs kMostAhead = kMinuteUs;       // clocks differ a little
constexpr DurationUs kMostBehind = 3 * kMinuteUs;  // beyond the zone: what a source takes to deliver
constexpr DurationUs kConstant = 2 * kMinuteUs;    // delays of a wrong zone lie so close to each other
constexpr DurationUs kCountedAgain = kHourUs;

struct KindInfo {
  std::string_view name, title;
  plan::Level level;
};

// In the order of HealthKind.
constexpr std::array<KindInfo, kHealthKinds> kKinds = {{
    {"source_silent", "A source sends nothing any more", plan::Level::medium},
    {"source_down", "A source cannot be reached", plan::Level::high},
    {"clock_or_timezone_suspect", "The times of a source's events are wrong", plan::Level::medium},
    {"rule_degraded", "A correlation may miss alerts because memory ran out", plan::Level::high},
    {"history_gap", "Records were gone before they were read", plan::Level::high},
    {"body_too_large", "A sender's events were refused as too large", plan::Level::high},
    {"canary_missing", "A canary did not come through", plan::Level::high},
}};

const KindInfo& info(HealthKind kind) { return kKinds[static_cast<std::size_t>(kind)]; }

std::string ago(DurationUs duration) { return format_duration(std::max(duration - duration % kSecondUs, kSecondUs)); }

// A counter that has grown opens a condition for an hour; what it grew meanwhile is told after it.
Sign grown(TimeUs now, std::uint64_t count, std::uint64_t& told, std::optional<TimeUs> open_since) {
  if (open_since) return {.state = now - *open_since >= kCountedAgain ? State::fine : State::unknown};
  if (count <= told) return {};
  const std::uint64_t news = count - told;
  told = count;
  return {.state = State::bad, .since = now, .count = news};
}

}  // namespace

std::string_view health_name(HealthKind kind) { return info(kind).name; }
std::string health_rule(HealthKind kind) { return fmt::format("vedette.{}", info(kind).name); }

// --- one source ---

SourceWatch::SourceWatch(HealthSource source, TimeUs start) : source_(std::move(source)), start_(start) {}

void SourceWatch::note_records(TimeUs now, std::optional<DurationUs> delay) {
  last_record_ = now;
  if (!last_gap_mark_ || now - *last_gap_mark_ >= kGapStep) {
    if (last_gap_mark_) gaps_.add(now - *last_gap_mark_);
    last_gap_mark_ = now;
  }
  if (delay && (!last_delay_mark_ || now - *last_delay_mark_ >= kDelayStep)) {
    delays_.add(*delay);
    last_delay_mark_ = now;
  }
}

void SourceWatch::note_canary(TimeUs received) { last_canary_ = received; }

std::optional<DurationUs> SourceWatch::silent_after() const {
  if (source_.silent_after) return source_.silent_after;
  if (gaps_.size() < kEnough) return std::nullopt;
  return std::max(kLeastSilence, kTimesGap * gaps_.median());
}

Sign SourceWatch::silence(TimeUs now, const SourceLook& look) const {
  if (look.finished || source_.silent_after == 0) return {.state = State::fine};
  const auto limit = silent_after();
  const TimeUs last = last_record_.value_or(start_);
  const bool silent = limit && now - last >= *limit;
  if (!silent) return {.state = last_record_ ? State::fine : State::unknown};
  if (!look.up) return {};
  const std::string usual = source_.silent_after ? fmt::format("`silent_after` is {}", format_duration(*limit))
                                                 : fmt::format("it usually sends every {}", ago(gaps_.median()));
  return {.state = State::bad,
          .since = last,
          .reason = fmt::format("no record from {} for {} ({}): look at its sender; if it may be quiet for so long, set "
                                "`silent_after` of the source",
                                source_.name, ago(now - last), usual)};
}

Sign SourceWatch::reach(TimeUs now, const SourceLook& look) {
  (look.up ? unwell_since_ : well_since_).reset();
  std::optional<TimeUs>& since = look.up ? well_since_ : unwell_since_;
  if (!since) since = now;
  if (now - *since < kDownAfter) return {};
  if (look.up) return {.state = State::fine};
  return {.state = State::bad,
          .since = *since,
          .reason = fmt::format("{} has been down for {}: {}; rules that wait for it hold their decisions; nothing is lost as "
                                "long as it keeps its records",
                                source_.name, ago(now - *since), look.reason)};
}

// A zone that is read wrongly puts all events off by the same whole half hours.
Sign SourceWatch::clock() const {
  if (delays_.size() < kEnough) return {};
  const DurationUs delay = delays_.median();
  const DurationUs beyond = ((delay + kMostAhead) % kZoneStep + kZoneStep) % kZoneStep;
  const DurationUs zone = delay + kMostAhead - beyond;
  const bool constant = delays_.count_near(delay, kConstant) * 4 >= delays_.size() * 3;
  const bool of_zone = constant && zone != 0 && std::abs(zone) <= kMostZone && beyond <= kMostAhead + kMostBehind;
  if (!of_zone && delay >= -kMostAhead) return {.state = State::fine};
  const std::string measured = delay < 0
                                   ? fmt::format("the events of {} lie {} in the future", source_.name, ago(-delay))
                                   : fmt::format("the events of {} arrive {} after their own time", source_.name, ago(delay));
  const std::string why =
      of_zone ? "a whole number of half hours: a time zone is read wrongly; set `timezone:` of the source, or where times carry "
                "their zone repair the sender's clock"
              : "set the sender's clock by NTP; if it is right, set `timezone:` of the source";
  return {.state = State::bad,
          .since = *last_delay_mark_,
          .reason = fmt::format("{} (median of {} measurements), {}", measured, delays_.size(), why)};
}

Sign SourceWatch::canary(TimeUs now) const {
  if (source_.canary_within == 0) return {.state = State::fine};
  const TimeUs last = last_canary_.value_or(start_);
  if (now - last < source_.canary_within) return {.state = last_canary_ ? State::fine : State::unknown};
  const std::string what = last_canary_
                               ? fmt::format("the last canary of {} came {} ago", source_.name, ago(now - last))
                               : fmt::format("no canary of {} has come since the start {} ago", source_.name, ago(now - last));
  return {.state = State::bad,
          .since = last,
          .reason = fmt::format("{}, one is due every {}: is it sent, is its text that of `contains`, do other records come?",
                                what, format_duration(source_.canary_within))};
}

Sign SourceWatch::gaps(TimeUs now, const SourceLook& look, std::optional<TimeUs> open_since) {
  Sign sign = grown(now, look.history_gaps, told_gaps_, open_since);
  sign.reason = fmt::format(
      "{} deleted records before they were read, the log says which; alerts that needed them are missing: "
      "replay the time from an archive, and keep records longer",
      source_.name);
  return sign;
}

Sign SourceWatch::bodies(TimeUs now, const SourceLook& look, std::optional<TimeUs> open_since) {
  Sign sign = grown(now, look.bodies_too_large, told_bodies_, open_since);
  sign.reason = fmt::format(
      "{} answered 413 {} time{}, and Okta for one never sends such a body again: find its events in the "
      "sender's own log, and raise `limits: {{body: ...}}` of the source",
      source_.name, sign.count, sign.count == 1 ? "" : "s");
  return sign;
}

// --- all of them ---

Health::Health(std::vector<HealthSource> sources, TimeUs start) {
  for (HealthSource& source : sources) {
    std::string name = source.name;
    sources_.emplace(std::move(name), SourceWatch(std::move(source), start));
  }
}

Status Health::restore(std::string_view stored) {
  WireReader reader(stored);
  if (reader.number() != kFormat) return Error{"open health conditions are stored in a format that is not known"};
  Open open;
  for (std::size_t left = reader.count(3); left > 0 && reader.ok(); --left) {
    const std::uint64_t kind = reader.number();
    std::string subject(reader.text());
    const TimeUs since = reader.signed_number();
    if (kind < kHealthKinds) open[{static_cast<HealthKind>(kind), std::move(subject)}] = since;
  }
  if (!reader.ok()) return Error{"the stored health conditions are damaged"};
  // What the configuration does not name any more has no end.
  std::erase_if(open, [this](const auto& entry) {
    return entry.first.first != HealthKind::rule_degraded && !sources_.contains(entry.first.second);
  });
  open_ = std::move(open);
  return {};
}

std::string Health::stored() const {
  if (open_.empty()) return {};
  std::string bytes;
  WireWriter writer(bytes);
  writer.number(kFormat);
  writer.number(open_.size());
  for (const auto& [condition, since] : open_) {
    writer.number(static_cast<std::uint64_t>(condition.first));
    writer.text(condition.second);
    writer.signed_number(since);
  }
  return bytes;
}

void Health::note_records(const std::string& source, TimeUs now, std::optional<DurationUs> delay) {
  const auto found = sources_.find(source);
  if (found != sources_.end()) found->second.note_records(now, delay);
}

void Health::note_canary(const std::string& source, TimeUs received) {
  const auto found = sources_.find(source);
  if (found != sources_.end()) found->second.note_canary(received);
}

HealthNews Health::judge(TimeUs now, const std::map<std::string, SourceLook>& looks, const std::vector<std::string>& degraded) {
  HealthNews news;
  for (auto& [name, watch] : sources_) {
    const auto look = looks.find(name);
    if (look != looks.end()) judge_source(now, watch, look->second, news);
  }
  judge_rules(now, degraded, news);
  return news;
}

void Health::judge_source(TimeUs now, SourceWatch& watch, const SourceLook& look, HealthNews& news) {
  const std::string &name = watch.source().name, &tenant = watch.source().tenant;
  take(HealthKind::source_silent, name, tenant, watch.silence(now, look), news);
  take(HealthKind::source_down, name, tenant, watch.reach(now, look), news);
  take(HealthKind::clock_or_timezone_suspect, name, tenant, watch.clock(), news);
  take(HealthKind::history_gap, name, tenant, watch.gaps(now, look, open_since(HealthKind::history_gap, name)), news);
  take(HealthKind::body_too_large, name, tenant, watch.bodies(now, look, open_since(HealthKind::body_too_large, name)), news);
  take(HealthKind::canary_missing, name, tenant, watch.canary(now), news);
}

void Health::judge_rules(TimeUs now, const std::vector<std::string>& degraded, HealthNews& news) {
  constexpr HealthKind kKind = HealthKind::rule_degraded;
  std::vector<std::string> known = degraded;
  for (const auto& [condition, since] : open_) {
    if (condition.first == kKind) known.push_back(condition.second);
  }
  for (const std::string& rule : known) {
    Sign sign{.state = State::fine};
    if (std::find(degraded.begin(), degraded.end(), rule) != degraded.end())
      sign = {.state = State::bad,
              .since = now,
              .reason = fmt::format("{} held more groups than memory allows and forgot some: it may miss alerts until its window "
                                    "has passed; raise `store: {{memory: {{budget: ...}}}}`, or narrow the rule",
                                    rule)};
    take(kKind, rule, "default", std::move(sign), news);
  }
}

void Health::take(HealthKind kind, const std::string& subject, const std::string& tenant, Sign sign, HealthNews& news) {
  if (sign.state == State::unknown) return;
  const auto found = open_.find({kind, subject});
  if (sign.state == State::fine && found != open_.end()) {
    news.ended.push_back({kind, subject, tenant, found->second, {}, 1});
    open_.erase(found);
  }
  if (sign.state == State::bad && found == open_.end()) {
    open_[{kind, subject}] = sign.since;
    news.begun.push_back({kind, subject, tenant, sign.since, std::move(sign.reason), sign.count});
  }
}

std::optional<TimeUs> Health::open_since(HealthKind kind, const std::string& subject) const {
  const auto found = open_.find({kind, subject});
  return found == open_.end() ? std::nullopt : std::optional(found->second);
}

alert::Alert health_alert(const HealthEvent& event, TimeUs now) {
  const KindInfo& kind = info(event.kind);
  auto rule = std::make_shared<plan::RuleMeta>();
  rule->id = rule->name = rule->key = health_rule(event.kind);
  rule->title = kind.title;
  rule->level = kind.level;
  alert::Alert alert;
  alert.alert_id = to_hex(digest_parts({"vedette.health.v1", kind.name, event.subject, fmt::format("{}", event.since)}));
  alert.episode_id = alert.alert_id;
  alert.rule = std::move(rule);
  alert.level = kind.level;
  alert.time = alert.last_time = alert.fired_at = now;
  alert.first_time = event.since;
  alert.group = {{event.kind == HealthKind::rule_degraded ? "rule" : "source", event.subject}};
  alert.count = event.count;
  alert.reason = event.reason;
  alert.tenant = event.tenant;
  return alert;
}

}  // namespace vedette::app
