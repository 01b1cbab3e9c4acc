#include "connectors/sources/kafka_presence.h"

#include <fmt/format.h>
#include <librdkafka/rdkafka.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <memory>
#include <tuple>

#include "engine/base/time.h"

namespace vedette::connectors {
namespace {

constexpr int kLookTimeoutMs = 2000;
constexpr int kBeatsUntilGone = 3;
constexpr std::string_view kBegin = "vedette id=";

std::string host_name() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) return "unknown";
  std::string host = name.data();
  for (char& c : host) c = c > ' ' && c < 0x7f ? c : '?';
  return host;
}

// The word behind " name=", up to the next blank.
std::string_view word(std::string_view text, std::string_view name) {
  const std::size_t at = text.find(name);
  if (at == std::string_view::npos) return {};
  text.remove_prefix(at + name.size());
  return text.substr(0, text.find(' '));
}

template <class Number>
bool number(std::string_view text, Number& out) {
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), out);
  return !text.empty() && parsed.ec == std::errc{} && parsed.ptr == text.data() + text.size();
}

}  // namespace

std::string KafkaPresenceText::to_text() const {
  return fmt::format("vedette id={} host={} pid={} start={} beat={}", id, host, pid, start, beat);
}

std::optional<KafkaPresenceText> KafkaPresenceText::parse(std::string_view text) {
  KafkaPresenceText parsed;
  if (!text.starts_with(kBegin)) return std::nullopt;
  parsed.id = word(text, " id=");
  parsed.host = word(text, " host=");
  if (parsed.id.empty() || !number(word(text, " pid="), parsed.pid) || !number(word(text, " start="), parsed.start) ||
      !number(word(text, " beat="), parsed.beat))
    return std::nullopt;
  return parsed;
}

KafkaPresence::KafkaPresence(const KafkaSourceOptions& options, TimeUs now)
    : options_(options), self_{options.instance, host_name(), static_cast<std::uint64_t>(::getpid()), now, 0} {}

KafkaPresence::Look KafkaPresence::look(rd_kafka_s* client) const {
  Look look;
  rd_kafka_topic_partition_list_t* raw = rd_kafka_topic_partition_list_new(static_cast<int>(options_.topics.size()));
  for (const std::string& topic : options_.topics) rd_kafka_topic_partition_list_add(raw, topic.c_str(), 0);
  const std::unique_ptr<rd_kafka_topic_partition_list_t, void (*)(rd_kafka_topic_partition_list_t*)> list(
      raw, rd_kafka_topic_partition_list_destroy);
  look.answered = rd_kafka_committed(client, list.get(), kLookTimeoutMs) == RD_KAFKA_RESP_ERR_NO_ERROR;
  for (int i = 0; i < list->cnt && look.answered; ++i) {
    const rd_kafka_topic_partition_t& place = list->elems[i];
    if (place.err != RD_KAFKA_RESP_ERR_NO_ERROR) continue;
    if (place.offset >= 0) look.offsets[place.topic] = place.offset;
    if (place.metadata != nullptr)
      look.texts[place.topic] = std::string(static_cast<const char*>(place.metadata), place.metadata_size);
  }
  return look;
}

// Of this machine, and no longer running.
bool KafkaPresence::is_gone(const KafkaPresenceText& text) const {
  if (text.host != self_.host) return false;
  return text.pid == self_.pid || (::kill(static_cast<pid_t>(text.pid), 0) != 0 && errno == ESRCH);
}

KafkaCompany KafkaPresence::judge(const Look& look, Steady::time_point now) {
  if (!look.answered) return KafkaCompany::unknown;
  found_.reset();
  KafkaCompany company = KafkaCompany::alone;
  for (const auto& [topic, text] : look.texts) {
    const auto other = KafkaPresenceText::parse(text);
    const bool written = written_.contains(topic);
    if (!other || other->same_process(self_) || (!written && is_gone(*other))) {
      others_.erase(topic);
      continue;
    }
    // An earlier process on our store is gone, for the store is open once. One that goes on is on a copy of it.
    const bool earlier = other->id == self_.id;
    const auto [known, fresh] = others_.try_emplace(topic, Other{*other, now});
    const bool went_on = !fresh && other->same_process(known->second.text) && other->beat != known->second.text.beat;
    if (!fresh && (went_on || !other->same_process(known->second.text))) known->second = {*other, now};
    if (written || went_on) {
      found_ = *other;
      if (company == KafkaCompany::taken) continue;
      const auto age = [](const KafkaPresenceText& one) { return std::tie(one.start, one.id, one.pid); };
      company = written && age(self_) < age(*other) ? KafkaCompany::second : KafkaCompany::taken;
    } else if (!earlier && now - known->second.since < kBeatsUntilGone * options_.presence_interval &&
               company == KafkaCompany::alone) {
      company = KafkaCompany::maybe;
      if (!found_) found_ = *other;
    }
  }
  return company;
}

std::string KafkaPresence::who() const {
  if (!found_) return "";
  return fmt::format("on {}, process {}, started {}", found_->host, found_->pid, format_rfc3339(found_->start));
}

std::string KafkaPresence::next_text() {
  if (!beating_) return "";
  ++self_.beat;
  return self_.to_text();
}

}  // namespace vedette::connectors
