// Helpers of the event tests: plans built by hand, a decoder run over one record or a whole stream, events copied out.
#pragma once

#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "engine/event/decoder.h"
#include "engine/event/framer.h"
#include "engine/plan/plan.h"

namespace vedette::event::test {

inline plan::FieldPath path(std::string_view text) {
  auto parsed = plan::parse_field_path(text);
  return parsed ? *parsed : plan::FieldPath{};
}

inline std::vector<plan::FieldPath> paths(const std::vector<std::string>& texts) {
  std::vector<plan::FieldPath> out;
  for (const std::string& text : texts) out.push_back(path(text));
  return out;
}

// A source type under construction.
inline plan::SourceProgram source(const std::string& name, const std::vector<std::string>& slots = {}) {
  plan::SourceProgram program;
  program.source.name = name;
  for (const std::string& slot : slots) program.slots.push_back({path(slot), {}, false});
  return program;
}

inline plan::SourceProgram json_source(const std::vector<std::string>& slots = {}) {
  plan::SourceProgram program = source("json", slots);
  program.source.id = paths({"id", "uuid"});
  for (const char* field : {"@timestamp", "timestamp", "time", "published"})
    program.source.time.push_back({path(field), plan::TimeFormat::iso8601});
  return program;
}

inline plan::SourceProgram okta_source(const std::vector<std::string>& slots = {"eventType", "actor.alternateId"}) {
  plan::SourceProgram program = source("okta", slots);
  program.source.recognise.all = paths({"uuid", "eventType"});
  program.source.unwrap = paths({"data.events", "detail", "message", "_raw", "payload.value"});
  program.source.id = paths({"uuid"});
  program.source.time = {{path("published"), plan::TimeFormat::iso8601}};
  return program;
}

inline plan::SourceProgram cloudtrail_source(const std::vector<std::string>& slots = {"eventName", "userIdentity.arn"}) {
  plan::SourceProgram program = source("aws_cloudtrail", slots);
  program.source.recognise.all = paths({"eventSource", "eventName", "awsRegion"});
  program.source.unwrap = paths({"Records", "detail", "message", "_raw", "payload.value"});
  program.source.id = paths({"eventID"});
  program.source.time = {{path("eventTime"), plan::TimeFormat::iso8601}};
  return program;
}

inline plan::SourceProgram sshd_source(const std::vector<std::string>& slots = {"message", "program", "host", "pid", "user",
                                                                                "pattern", "source_ip"}) {
  plan::SourceProgram program = source("sshd", slots);
  program.source.text = true;
  program.source.patterns = {
      {"repeated", R"(^message repeated (?P<times>\d+) times: \[ (?P<inner>.*)\]$)", "times", "inner"},
      {"failed", R"(^Failed \S+ for (?:invalid user )?(?P<user>.*) from (?P<source_ip>\S+) port \d+(?: ssh2)?$)", "", ""},
      {"accepted", R"(^Accepted \S+ for (?P<user>.*) from (?P<source_ip>\S+) port \d+ ssh2)", "", ""},
  };
  return program;
}

inline plan::PlanPtr plan_of(std::vector<plan::SourceProgram> sources) {
  auto plan = std::make_shared<plan::Plan>();
  plan->sources = std::move(sources);
  return plan;
}

// All five, in name order.
inline plan::PlanPtr standard_plan() { return plan_of({cloudtrail_source(), json_source({"a"}), okta_source(), sshd_source()}); }

struct Seen {
  std::string source;
  EventHead head;
  std::string id;
  std::string raw;
  std::vector<std::vector<Value>> slots;  // kinds and elements; texts are in `texts`
  std::vector<std::vector<std::string>> texts;
};

struct Refused {
  std::string reason, message, bytes;
  std::uint64_t line = 0, position = 0;
};

// Copies everything out while the views live; `inspect` sees the live event.
class Collector final : public EventVisitor {
 public:
  explicit Collector(plan::PlanPtr plan) : plan_(std::move(plan)) {}

  void on_event(const EventView& event) override {
    Seen seen;
    const plan::SourceProgram& program = plan_->sources[event.head.source];
    seen.source = program.source.name;
    seen.head = event.head;
    seen.id = event.head.id;
    seen.raw = event.raw;
    for (std::uint32_t i = 0; i < program.slots.size(); ++i) {
      const auto values = event.slot(i);
      seen.slots.emplace_back(values.begin(), values.end());
      std::vector<std::string> texts;
      for (const Value& value : values) texts.emplace_back(value.text);
      seen.texts.push_back(std::move(texts));
    }
    events.push_back(std::move(seen));
    if (inspect) inspect(event);
  }
  void on_reject(const Reject& reject) override {
    rejects.push_back({std::string(reject.reason), reject.message, std::string(reject.bytes), reject.line, reject.position});
  }

  std::function<void(const EventView&)> inspect;
  std::vector<Seen> events;
  std::vector<Refused> rejects;

 private:
  plan::PlanPtr plan_;
};

// A decoder with its origin and clock.
class Decoding {
 public:
  explicit Decoding(plan::PlanPtr plan, Limits limits = {}) : collected(plan), plan_(plan), decoder_(plan, limits) {}

  Decoding& force(const std::string& name) {
    for (std::uint32_t i = 0; i < plan_->sources.size(); ++i) {
      if (plan_->sources[i].source.name == name) origin.source = i;
    }
    return *this;
  }

  // The bytes stand in a buffer of exactly their size and the padding, so that a longer look is noticed.
  Decoding& record(std::string_view bytes, TimeUs arrival = kNoArrival, std::uint64_t line = 1, std::uint64_t position = 0) {
    const auto buffer = std::make_unique<char[]>(bytes.size() + kPadding);
    std::copy(bytes.begin(), bytes.end(), buffer.get());
    std::fill_n(buffer.get() + bytes.size(), kPadding, '}');
    RawRecord raw;
    raw.bytes = {buffer.get(), bytes.size()};
    raw.arrival = arrival;
    raw.line = line;
    raw.position = position;
    decoder_.decode(raw, origin, clock, collected);
    return *this;
  }

  [[nodiscard]] const std::vector<Seen>& events() const { return collected.events; }
  [[nodiscard]] const std::vector<Refused>& rejects() const { return collected.rejects; }

  Collector collected;
  Origin origin;
  TimeUs clock = 0;

 private:
  plan::PlanPtr plan_;
  Decoder decoder_;
};

struct Element {
  std::string bytes;
  std::uint64_t line = 0, position = 0;
};

class Elements final : public ElementSink {
 public:
  void on_element(std::string_view bytes, std::uint64_t line, std::uint64_t position) override {
    elements.push_back({std::string(bytes), line, position});
  }
  void on_reject(const Reject& reject) override {
    rejects.push_back({std::string(reject.reason), reject.message, std::string(reject.bytes), reject.line, reject.position});
  }
  [[nodiscard]] std::vector<std::string> texts() const {
    std::vector<std::string> out;
    for (const Element& element : elements) out.push_back(element.bytes);
    return out;
  }
  std::vector<Element> elements;
  std::vector<Refused> rejects;
};

// Frames a stream cut into chunks of a size (0 = one chunk).
inline Elements frame(std::string_view stream, std::size_t chunk = 0, Framing framing = Framing::automatic, Limits limits = {}) {
  Elements out;
  Framer framer(framing, limits);
  if (chunk == 0) chunk = stream.size() + 1;
  for (std::size_t at = 0; at < stream.size(); at += chunk) {
    // Each chunk in a buffer of its own size.
    const std::vector<char> piece(stream.begin() + static_cast<std::ptrdiff_t>(at),
                                  stream.begin() + static_cast<std::ptrdiff_t>(std::min(at + chunk, stream.size())));
    framer.feed({piece.data(), piece.size()}, out);
  }
  framer.finish(out);
  return out;
}

inline std::string corpus_file(const std::string& name) {
  const char* const given = std::getenv("VEDETTE_CORPUS");
  return (given != nullptr ? std::string(given) : std::string(VEDETTE_SOURCE_DIR) + "/../shared/corpus") + "/" + name;
}

inline bool read_file(const std::string& name, std::string& out) {
  std::ifstream file(name, std::ios::binary);
  if (!file) return false;
  std::ostringstream text;
  text << file.rdbuf();
  out = text.str();
  return true;
}

}  // namespace vedette::event::test
