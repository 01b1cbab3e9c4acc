#include "bench/live/events.h"

#include <fmt/format.h>

#include <iterator>

#include "bench/generator.h"

namespace vedette::bench {
namespace {

constexpr std::string_view kIdKey = R"("uuid":")", kTimeKey = R"("published":")";
constexpr std::size_t kIdLength = 36, kTimeLength = 24;

}  // namespace

EventMill::EventMill(std::uint64_t seed, std::size_t templates) : random_(seed), run_(random_()) {
  OktaLoad load({.seed = seed});
  for (std::size_t i = 0; i < templates; ++i) {
    Template made;
    load.append_event(made.bytes);
    made.id = made.bytes.rfind(kIdKey) + kIdKey.size();
    made.time = made.bytes.find(kTimeKey) + kTimeKey.size();
    made.bytes.replace(made.time, made.bytes.find('"', made.time) - made.time, kTimeLength, '0');
    if (made.id > made.time) made.id = made.bytes.rfind(kIdKey) + kIdKey.size();
    templates_.push_back(std::move(made));
  }
}

// The run and the count make it unique: what is sent is never taken for a repetition.
void EventMill::stamp_id(char* place) { fmt::format_to_n(place, kIdLength, "{:016x}-{:019x}", run_, count_++); }

std::string_view EventMill::time_text(TimeUs now) {
  const TimeUs millisecond = now / 1000;
  if (millisecond != text_of_) {
    text_of_ = millisecond;
    const std::string whole = format_rfc3339(now / kSecondUs * kSecondUs);
    text_ = fmt::format("{}.{:03}Z", whole.substr(0, 19), millisecond % 1000);
  }
  return text_;
}

void EventMill::append(std::string& out, TimeUs now) {
  const Template& from = templates_[count_ % templates_.size()];
  const std::size_t begin = out.size();
  out += from.bytes;
  time_text(now).copy(out.data() + begin + from.time, kTimeLength);
  stamp_id(out.data() + begin + from.id);
}

void EventMill::append_small(std::string& out, std::string_view type, std::string_view user, TimeUs now) {
  char id[kIdLength];
  stamp_id(id);
  fmt::format_to(
      std::back_inserter(out),
      R"({{"uuid":"{}","published":"{}","eventType":"{}","severity":"INFO","actor":{{"type":"User","alternateId":"{}"}},)"
      R"("client":{{"ipAddress":"192.0.2.10"}},"outcome":{{"result":"FAILURE","reason":"INVALID_CREDENTIALS"}}}})",
      std::string_view(id, kIdLength), time_text(now), type, user);
}

void EventMill::append_stranger(std::string& out, TimeUs now) {
  append_small(out, "user.session.start", fmt::format("{:016x}@acme.example", random_()), now);
}

}  // namespace vedette::bench
