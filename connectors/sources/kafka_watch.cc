#include "connectors/sources/kafka_watch.h"

#include <fmt/format.h>
#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <memory>
#include <optional>

namespace vedette::connectors {
namespace {

constexpr int kMetadataTimeoutMs = 1000;
constexpr int kProbeTimeoutMs = 1000;
constexpr int kOffsetTimeoutMs = 2000;
constexpr int kGroupTimeoutMs = 2000;
constexpr int kCommitWaitMs = 200;
constexpr int kMostCommitWaits = 5;
constexpr int kMostUnansweredLooks = 5;
constexpr int kMostNamed = 3;  // members or partitions in one message

struct ListDeleter {
  void operator()(rd_kafka_topic_partition_list_t* list) const { rd_kafka_topic_partition_list_destroy(list); }
};
using PartitionList = std::unique_ptr<rd_kafka_topic_partition_list_t, ListDeleter>;
PartitionList new_list(std::size_t size) { return PartitionList(rd_kafka_topic_partition_list_new(static_cast<int>(size))); }

std::string text_of(const KafkaPartitionKey& key) { return fmt::format("{}/{}", key.first, key.second); }

template <class Number>
bool parse_number(std::string_view text, Number& out) {
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), out);
  return parsed.ec == std::errc{} && parsed.ptr == text.data() + text.size() && out >= 0;
}

std::optional<KafkaPartitionKey> parse_partition(const std::string& text) {
  const std::size_t slash = text.rfind('/');
  std::int32_t id = 0;
  if (slash == std::string::npos || !parse_number(std::string_view(text).substr(slash + 1), id)) return std::nullopt;
  return KafkaPartitionKey{text.substr(0, slash), id};
}

}  // namespace

KafkaWatch::KafkaWatch(const KafkaSourceOptions& options, const Clock& clock, const KafkaReporter& reporter)
    : options_(options), clock_(clock), reporter_(reporter), presence_(options_, clock_()) {}

KafkaWatch::~KafkaWatch() { stop(); }

Status KafkaWatch::start(rd_kafka_s* client) {
  client_ = client;
  const GroupLook look = look_at_group();
  if (look.members > 0) return Error{stranger_message(look), options_.name};
  group_checked_ = look.answered;
  if (Status alone = wait_for_company(); !alone.ok()) return alone;
  next_group_look_ = Steady::now() + options_.group_interval;
  commit_queue_ = rd_kafka_queue_new(client_);
  thread_ = std::thread([this] { run(); });
  return {};
}

void KafkaWatch::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
  if (commit_queue_ != nullptr) rd_kafka_queue_destroy(commit_queue_);
  commit_queue_ = nullptr;
}

void KafkaWatch::run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    lock.unlock();
    check_group();
    if (group_checked_) check_presence();
    if (group_checked_ && may_read_) {
      discover();
      probe();
      resolve_refused();
      commit();
    }
    lock.lock();
    wake_.wait_for(lock, options_.probe_interval, [this] { return stopping_; });
  }
  lock.unlock();
  // What is committed last, and that nobody reads any more.
  if (!presence_.beating()) return;
  presence_.leave();
  next_beat_ = {};
  for (int i = 0; i < kMostCommitWaits && committing_; ++i) rd_kafka_queue_poll_callback(commit_queue_, kCommitWaitMs);
  commit();
}

// ---- Partitions -----------------------------------------------------------------------------------------------------

void KafkaWatch::discover() {
  if (Steady::now() < next_discovery_) return;
  for (const std::string& topic : options_.topics) discover_topic(topic);
  next_discovery_ = Steady::now() + options_.metadata_interval;
}

void KafkaWatch::discover_topic(const std::string& topic) {
  rd_kafka_topic_t* handle = rd_kafka_topic_new(client_, topic.c_str(), nullptr);
  if (handle == nullptr) return;
  const rd_kafka_metadata_t* metadata = nullptr;
  rd_kafka_resp_err_t error = rd_kafka_metadata(client_, 0, handle, &metadata, kMetadataTimeoutMs);
  rd_kafka_topic_destroy(handle);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return set_contact(false, rd_kafka_err2str(error));
  std::vector<std::int32_t> ids;
  if (metadata->topic_cnt == 1) {
    error = metadata->topics[0].err;
    for (int i = 0; i < metadata->topics[0].partition_cnt; ++i) ids.push_back(metadata->topics[0].partitions[i].id);
  }
  rd_kafka_metadata_destroy(metadata);
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) {
    take_topic(topic, ids);
  } else if (error == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) {
    mark_vanished(topic, {});
    const std::lock_guard lock(mutex_);
    met_.insert(topic);
    if (missing_.insert(topic).second)
      reporter_.report(LogLevel::warning, fmt::format("topic {} does not exist; waiting for it", topic));
  } else {
    reporter_.report_seldom(LogLevel::warning, topic, fmt::format("topic {}: {}", topic, rd_kafka_err2str(error)));
  }
}

void KafkaWatch::take_topic(const std::string& topic, const std::vector<std::int32_t>& ids) {
  mark_vanished(topic, {ids.begin(), ids.end()});
  std::vector<KafkaPartitionKey> fresh;
  bool known_topic = false;
  {
    const std::lock_guard lock(mutex_);
    known_topic = met_.contains(topic);
    for (const std::int32_t id : ids) {
      if (!states_.contains({topic, id})) fresh.emplace_back(topic, id);
    }
  }
  for (std::size_t i = 0; i < fresh.size() && !known_topic && options_.resume_at; ++i)
    known_topic = options_.resume_at(text_of(fresh[i])).has_value();
  bool all = true;
  for (const KafkaPartitionKey& key : fresh) {
    KafkaPlace place;
    const bool found = begin_partition(key, known_topic, place);
    all = all && found;
    if (!found) continue;
    const std::lock_guard lock(mutex_);
    states_.try_emplace(key);
    places_.push_back(std::move(place));
    news_ = true;
  }
  const std::lock_guard lock(mutex_);
  if (all) met_.insert(topic);
  missing_.erase(topic);
}

// False when it cannot be told yet.
bool KafkaWatch::begin_partition(const KafkaPartitionKey& key, bool known_topic, KafkaPlace& place) {
  place = {key, KafkaPlace::kFromStart, true};
  const std::optional<std::string> stored = options_.resume_at ? options_.resume_at(text_of(key)) : std::nullopt;
  if (stored) {
    place.first = false;
    if (parse_number(*stored, place.next)) return true;
    const std::lock_guard lock(mutex_);
    State& state = states_[key];
    state.problem = fmt::format("{}: the stored place '{}' is no offset; restore the store from a backup", text_of(key), *stored);
    reporter_.report(LogLevel::error, state.problem);
    return false;
  }
  if (!options_.from_latest || known_topic) return true;
  std::int64_t low = 0;
  const rd_kafka_resp_err_t error =
      rd_kafka_query_watermark_offsets(client_, key.first.c_str(), key.second, &low, &place.next, kOffsetTimeoutMs);
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return true;
  reporter_.report_seldom(LogLevel::warning, text_of(key),
                          fmt::format("the end of {} is unknown: {}", text_of(key), rd_kafka_err2str(error)));
  return false;
}

// Partitions that were there and are no more; those that are there again.
void KafkaWatch::mark_vanished(const std::string& topic, const std::set<std::int32_t>& there) {
  const std::lock_guard lock(mutex_);
  for (auto& [key, state] : states_) {
    if (key.first != topic || state.vanished == !there.contains(key.second)) continue;
    state.vanished = !state.vanished;
    if (state.vanished) {
      reporter_.report(LogLevel::error,
                       fmt::format("{} has vanished from the cluster; it goes on when it is there again", text_of(key)));
    } else {
      reporter_.report(
          LogLevel::warning,
          fmt::format("{} is there again; if it was made anew, what is before offset {} is not read", text_of(key), state.next));
      if (state.next >= 0) refused_.insert_or_assign(key, state.next);
    }
  }
}

std::vector<KafkaPlace> KafkaWatch::take_places() {
  if (!news_) return {};
  const std::lock_guard lock(mutex_);
  news_ = false;
  return std::exchange(places_, {});
}

// ---- Ends -----------------------------------------------------------------------------------------------------------

// Asks all leaders at once for the ends of their partitions: that is the lag, the proof that they can be reached, and the
// target of a round.
void KafkaWatch::probe() {
  PartitionList list = new_list(8);
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [key, state] : states_) {
      if (!state.vanished)
        rd_kafka_topic_partition_list_add(list.get(), key.first.c_str(), key.second)->offset = RD_KAFKA_OFFSET_END;
    }
  }
  const TimeUs asked = clock_();
  if (list->cnt > 0) {
    const rd_kafka_resp_err_t error = rd_kafka_offsets_for_times(client_, list.get(), kProbeTimeoutMs);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return set_contact(false, rd_kafka_err2str(error));
  }
  std::map<KafkaPartitionKey, std::int64_t> ends;
  for (int i = 0; i < list->cnt; ++i) {
    const rd_kafka_topic_partition_t& place = list->elems[i];
    if (place.err != RD_KAFKA_RESP_ERR_NO_ERROR || place.offset < 0) {
      return set_contact(false, fmt::format("{}/{}: {}", place.topic, place.partition, rd_kafka_err2str(place.err)));
    }
    ends.emplace(KafkaPartitionKey{place.topic, place.partition}, place.offset);
  }
  take_ends(ends, asked);
}

void KafkaWatch::take_ends(const std::map<KafkaPartitionKey, std::int64_t>& ends, TimeUs asked) {
  {
    const std::lock_guard lock(mutex_);
    if (ends.empty() && met_.size() < options_.topics.size()) return;
    for (const auto& [key, end] : ends) states_[key].end = end;
    if (!round_open_) {
      round_open_ = true;
      round_asked_ = asked;
      round_began_ = Steady::now();
      for (auto& [key, state] : states_) state.target = state.end;
    }
    close_round();
  }
  set_contact(true, "");
}

void KafkaWatch::close_round() {
  if (!round_open_ || met_.size() < options_.topics.size()) return;
  for (const auto& [key, state] : states_) {
    if (state.vanished || !state.problem.empty() || state.next < 0 || state.next < state.target) return;
  }
  round_open_ = false;
  complete_to_ = round_asked_;
  complete_since_ = round_began_;
}

void KafkaWatch::set_contact(bool up, const std::string& reason) {
  const std::lock_guard lock(mutex_);
  if (up == contact_ && up) return;
  const auto now = Steady::now();
  if (contact_ && !up) {
    contact_lost_ = now;
    reporter_.report(LogLevel::warning, fmt::format("the brokers are down or out of reach: {}; trying on", reason));
  } else if (up && contact_lost_ != Steady::time_point{}) {
    const auto seconds = std::chrono::duration<double>(now - contact_lost_).count();
    reporter_.report(LogLevel::info, fmt::format("the brokers are back after {:.0f} s", seconds));
  } else if (!up) {
    reporter_.report_seldom(LogLevel::warning, "contact",
                            fmt::format("the brokers are down or out of reach: {}; trying on", reason));
  }
  // What was complete before an outage says nothing about what comes with its end.
  if (!up) round_open_ = false;
  contact_ = up;
  contact_reason_ = reason;
}

void KafkaWatch::offered(const std::vector<std::pair<KafkaPartitionKey, std::int64_t>>& next) {
  const std::lock_guard lock(mutex_);
  for (const auto& [key, offset] : next) states_[key].next = offset;
  close_round();
}

// ---- Offsets that a broker does not have ----------------------------------------------------------------------------

void KafkaWatch::refused(const KafkaPartitionKey& key, std::int64_t next) {
  const std::lock_guard lock(mutex_);
  refused_.insert_or_assign(key, next);
}

void KafkaWatch::resolve_refused() {
  std::map<KafkaPartitionKey, std::int64_t> refused;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [key, next] : refused_) {
      if (!states_[key].vanished) refused.emplace(key, next);
    }
  }
  for (const auto& [key, next] : refused) resolve(key, next);
}

void KafkaWatch::resolve(const KafkaPartitionKey& key, std::int64_t next) {
  std::int64_t low = 0, high = 0;
  const rd_kafka_resp_err_t error =
      rd_kafka_query_watermark_offsets(client_, key.first.c_str(), key.second, &low, &high, kOffsetTimeoutMs);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return;  // asked again soon
  const std::lock_guard lock(mutex_);
  State& state = states_[key];
  if (next > high) {
    if (!state.problem.empty()) return;
    state.problem = fmt::format(
        "{}: our offset {} is beyond the partition's end {}: the topic was made anew, or the cluster lost records; it is not "
        "read until the end is there again; to start over, give the source another `name`",
        text_of(key), next, high);
    return reporter_.report(LogLevel::error, state.problem);
  }
  if (next >= 0 && next < low) {
    ++history_gaps_;
    reporter_.report(LogLevel::error,
                     fmt::format("history_gap: {}: the {} records from offset {} on were removed from the topic before they were "
                                 "read; going on with the oldest kept, {}; keep records longer (retention.ms)",
                                 text_of(key), low - next, next, low));
  }
  if (!state.problem.empty()) reporter_.report(LogLevel::info, fmt::format("{} goes on", text_of(key)));
  state.problem.clear();
  places_.push_back({key, std::max(next, low), false});
  news_ = true;
  refused_.erase(key);
}

// ---- The group ------------------------------------------------------------------------------------------------------

KafkaWatch::GroupLook KafkaWatch::look_at_group() const {
  GroupLook look;
  const rd_kafka_group_list* groups = nullptr;
  const rd_kafka_resp_err_t error = rd_kafka_list_groups(client_, options_.group.c_str(), &groups, kGroupTimeoutMs);
  look.unsupported = error == RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE || error == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED ||
                     error == RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED;
  look.answered = error == RD_KAFKA_RESP_ERR_NO_ERROR || error == RD_KAFKA_RESP_ERR__PARTIAL || look.unsupported;
  if (groups == nullptr) return look;
  for (int i = 0; i < groups->group_cnt; ++i) {
    const rd_kafka_group_info& group = groups->groups[i];
    if (options_.group != group.group) continue;
    for (int j = 0; j < group.member_cnt; ++j) {
      const rd_kafka_group_member_info& member = group.members[j];
      if (look.members++ < kMostNamed)
        look.who += fmt::format("{}{} at {}", look.who.empty() ? "" : ", ", member.client_id, member.client_host);
    }
  }
  rd_kafka_group_list_destroy(groups);
  return look;
}

std::string KafkaWatch::stranger_message(const GroupLook& look) const {
  return fmt::format(
      "{} active in group '{}' ({}): only one process may read for it; stop the other, or give this source a `group` of its own",
      look.members == 1 ? "another consumer is" : fmt::format("{} other consumers are", look.members), options_.group, look.who);
}

// Before anything is read, then from time to time.
void KafkaWatch::check_group() {
  if (group_checked_ && Steady::now() < next_group_look_) return;
  const GroupLook look = look_at_group();
  next_group_look_ = Steady::now() + options_.group_interval;
  if (!look.answered) {
    if (group_checked_) return;
    set_contact(false, "no broker answers");
    // One broker that is away must not keep us from reading: then others are looked for while we read.
    group_checked_ = ++unanswered_looks_ >= kMostUnansweredLooks;
    return;
  }
  group_strangers_ = look.members;
  const std::lock_guard lock(mutex_);
  const std::string message = look.members > 0 ? stranger_message(look) : "";
  if (look.unsupported) {
    reporter_.report_seldom(LogLevel::info, "group", "the brokers do not tell who else is in the group");
  } else if (!group_checked_ && look.members > 0) {
    if (group_refusal_.empty()) reporter_.report(LogLevel::error, message + "; nothing is read meanwhile");
  } else if (look.members > 0 && group_warning_.empty()) {
    reporter_.report(LogLevel::error, message);
  } else if (look.members == 0 && !(group_warning_.empty() && group_refusal_.empty())) {
    reporter_.report(LogLevel::info, fmt::format("group '{}' is ours alone again", options_.group));
  }
  group_refusal_ = group_checked_ ? "" : message;
  group_warning_ = group_checked_ ? message : "";
  group_checked_ = group_checked_ || look.members == 0;
}

// ---- Other Vedettes -------------------------------------------------------------------------------------------------

std::string KafkaWatch::company_message() const {
  return fmt::format(
      "another Vedette reads for group '{}' ({}): only one may; stop the other, or give this source a `group` of its own",
      options_.group, presence_.who());
}

// At the start: somebody who was there may have gone, which takes a few of its beats to see.
Status KafkaWatch::wait_for_company() {
  while (group_checked_ && !may_read_) {
    const KafkaPresence::Look look = presence_.look(client_);
    const KafkaCompany company = presence_.judge(look, Steady::now());
    if (company == KafkaCompany::taken) return Error{company_message(), options_.name};
    take_company(company, look);
    if (company != KafkaCompany::maybe) break;
    std::this_thread::sleep_for(options_.presence_interval / 4);
  }
  return {};
}

void KafkaWatch::check_presence() {
  if (Steady::now() < next_presence_) return;
  const KafkaPresence::Look look = presence_.look(client_);
  take_company(presence_.judge(look, Steady::now()), look);
}

void KafkaWatch::take_company(KafkaCompany company, const KafkaPresence::Look& look) {
  next_presence_ = Steady::now() + options_.presence_interval / (company == KafkaCompany::maybe ? 4 : 1);
  // As with the group: one broker that is away must not keep us from reading.
  if (company == KafkaCompany::unknown && !may_read_ && !halted_)
    company = ++unanswered_presence_ >= kMostUnansweredLooks ? KafkaCompany::alone : company;
  const std::lock_guard lock(mutex_);
  if (company == KafkaCompany::unknown) return;
  const bool taken = company == KafkaCompany::taken;
  const bool waits = !may_read_ && company == KafkaCompany::maybe;
  presence_strangers_ = taken || company == KafkaCompany::second ? 1 : 0;
  if (waits) {
    if (!halted_)
      reporter_.report_seldom(LogLevel::info, "company",
                              fmt::format("another Vedette read for group '{}' ({}); looking whether it still does",
                                          options_.group, presence_.who()));
    return;
  }
  const std::string refusal = taken ? company_message() : "", warning = company == KafkaCompany::second ? company_message() : "";
  if (taken && presence_refusal_.empty()) reporter_.report(LogLevel::error, refusal + "; nothing is read meanwhile");
  if (!warning.empty() && presence_warning_.empty()) reporter_.report(LogLevel::error, warning);
  if (refusal.empty() && warning.empty() && !(presence_refusal_.empty() && presence_warning_.empty()))
    reporter_.report(LogLevel::info, fmt::format("group '{}' is ours alone again", options_.group));
  presence_refusal_ = refusal;
  presence_warning_ = warning;
  halted_ = taken;
  if (taken) return presence_.leave();
  if (!may_read_ || !presence_.beating()) {
    for (const auto& [topic, offset] : look.offsets) group_offsets_.try_emplace({topic, 0}, offset);
    presence_.enter();
  }
  may_read_ = true;
}

void KafkaWatch::committed(const std::string& partition, const std::string& resume) {
  const std::optional<KafkaPartitionKey> key = parse_partition(partition);
  std::int64_t offset = 0;
  if (!key || !parse_number(resume, offset)) return;
  const std::lock_guard lock(mutex_);
  to_commit_[*key] = offset;
}

// One commit at a time; the newest offsets replace older ones meanwhile.
void KafkaWatch::commit() {
  rd_kafka_queue_poll_callback(commit_queue_, 0);
  if (committing_ || halted_) return;
  std::map<KafkaPartitionKey, std::int64_t> offsets;
  {
    const std::lock_guard lock(mutex_);
    if (!contact_) return;
    offsets.swap(to_commit_);
    add_beats(offsets);
  }
  if (!offsets.empty()) commit_offsets(std::move(offsets));
}

// Of partition 0 of each topic, whatever became of its offset; with the lock.
void KafkaWatch::add_beats(std::map<KafkaPartitionKey, std::int64_t>& offsets) {
  if (Steady::now() < next_beat_) return;
  next_beat_ = Steady::now() + options_.presence_interval;
  for (const std::string& topic : options_.topics) {
    const KafkaPartitionKey key{topic, 0};
    const auto state = states_.find(key);
    if (state == states_.end() || state->second.vanished) continue;
    const auto known = group_offsets_.find(key);
    offsets.try_emplace(key, known == group_offsets_.end() ? 0 : known->second);
  }
}

void KafkaWatch::commit_offsets(std::map<KafkaPartitionKey, std::int64_t> offsets) {
  PartitionList list = new_list(offsets.size());
  const std::string text = presence_.next_text();
  beats_.clear();
  for (const auto& [key, offset] : offsets) {
    rd_kafka_topic_partition_t* place = rd_kafka_topic_partition_list_add(list.get(), key.first.c_str(), key.second);
    place->offset = offset;
    group_offsets_[key] = offset;
    if (key.second != 0 || text.empty()) continue;
    beats_.push_back(key.first);
    place->metadata = ::strdup(text.c_str());  // the list frees it
    place->metadata_size = text.size();
  }
  const auto done = [](rd_kafka_t*, rd_kafka_resp_err_t error, rd_kafka_topic_partition_list_t*, void* opaque) {
    static_cast<KafkaWatch*>(opaque)->committed_to_group(error);
  };
  committing_ = rd_kafka_commit_queue(client_, list.get(), commit_queue_, done, this) == RD_KAFKA_RESP_ERR_NO_ERROR;
  rd_kafka_queue_poll_callback(commit_queue_, kCommitWaitMs);
}

// A group with members takes no offsets from outside: somebody has joined.
void KafkaWatch::committed_to_group(int error) {
  committing_ = false;
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return presence_.written(beats_);
  ++group_refusals_;
  if (error == RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID || error == RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION) next_group_look_ = {};
}

// ---- What is known --------------------------------------------------------------------------------------------------

SourceHealth KafkaWatch::health() const {
  const std::lock_guard lock(mutex_);
  SourceHealth health;
  if (!group_refusal_.empty() || !presence_refusal_.empty()) {
    health.reason = group_refusal_.empty() ? presence_refusal_ : group_refusal_;
  } else if (!contact_) {
    health.reason = "the brokers are down or out of reach: " + contact_reason_;
  } else {
    for (const auto& [key, state] : states_) {
      if (state.vanished) health.reason = text_of(key) + " has vanished from the cluster";
      if (!state.problem.empty()) health.reason = state.problem;
    }
  }
  health.up = health.reason.empty();
  const auto fresh = 3 * options_.probe_interval + std::chrono::milliseconds(kProbeTimeoutMs);
  health.caught_up = health.up && complete_to_ != SourceHealth::kNoTime && Steady::now() - complete_since_ < fresh;
  health.complete_to = complete_to_;
  if (health.up && !missing_.empty()) health.reason = fmt::format("topic {} does not exist", *missing_.begin());
  if (health.up && !group_warning_.empty()) health.reason = group_warning_;
  if (health.up && !presence_warning_.empty()) health.reason = presence_warning_;
  return health;
}

std::vector<KafkaPartitionState> KafkaWatch::states() const {
  const std::lock_guard lock(mutex_);
  std::vector<KafkaPartitionState> out;
  for (const auto& [key, state] : states_) {
    out.push_back({key.first, key.second, std::max<std::int64_t>(state.next, -1), state.end,
                   state.vanished ? "vanished from the cluster" : state.problem});
  }
  return out;
}

void KafkaWatch::count(KafkaSourceCounters& counters) const {
  counters.history_gaps = history_gaps_;
  counters.group_refusals = group_refusals_;
  counters.group_strangers = group_strangers_ + presence_strangers_;
}

}  // namespace vedette::connectors
