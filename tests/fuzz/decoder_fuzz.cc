// Any bytes through the framer and the decoder. Besides not crashing: the elements do not depend on the chunks, every
// element becomes events or rejects, and what is shown of an event lies inside buffers that exist.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "engine/event/decoder.h"
#include "engine/event/framer.h"

namespace {

using namespace vedette;

[[noreturn]] void fail(const char* what) {
  std::fprintf(stderr, "decoder_fuzz: %s\n", what);
  std::abort();
}

plan::FieldPath path(const char* text) { return plan::parse_field_path(text).value(); }

plan::SourceProgram program(const char* name, std::initializer_list<const char*> slots) {
  plan::SourceProgram out;
  out.source.name = name;
  for (const char* slot : slots) out.slots.push_back({path(slot), {}, false});
  return out;
}

plan::PlanPtr make_plan() {
  auto plan = std::make_shared<plan::Plan>();
  plan::SourceProgram aws = program("aws_cloudtrail", {"eventName", "resources.ARN", "requestParameters"});
  aws.source.recognise.all = {path("eventSource"), path("eventName"), path("awsRegion")};
  aws.source.unwrap = {path("Records"), path("detail"), path("message")};
  aws.source.id = {path("eventID")};
  aws.source.time = {{path("eventTime"), plan::TimeFormat::iso8601}};
  plan::SourceProgram json = program("json", {"a", "a.b", "a[1].b", "b[0]", "a.b.c", "a.b"});
  json.slots.back().path.segments.front().each = true;
  json.source.id = {path("id")};
  json.source.time = {{path("time"), plan::TimeFormat::syslog}, {path("t"), plan::TimeFormat::epoch_ms}};
  json.source.arrival = plan::TimeField{path("seen"), plan::TimeFormat::epoch_ns};
  plan::SourceProgram okta = program("okta", {"eventType", "target.alternateId", "outcome.result", "actor"});
  okta.slots[2].upper = true;
  okta.slots[1].spellings = {path("actor.alternateId")};
  okta.source.recognise.all = {path("uuid"), path("eventType")};
  okta.source.unwrap = {path("data.events"), path("detail"), path("message"), path("_raw"), path("payload.value")};
  okta.source.id = {path("uuid")};
  okta.source.time = {{path("published"), plan::TimeFormat::iso8601}};
  plan::SourceProgram sshd = program("sshd", {"message", "user", "program"});
  sshd.source.text = true;
  sshd.source.patterns = {{"repeated", R"(^message repeated (?P<n>\d+) times: \[ (?P<inner>.*)\]$)", "n", "inner"},
                          {"failed", R"(^Failed \S+ for (?P<user>.*) from (?P<ip>\S+) port \d+)", "", ""}};
  plan->sources = {aws, json, okta, sshd};
  return plan;
}

void touch(std::string_view text) {
  static volatile unsigned sink = 0;
  unsigned sum = 0;
  for (const char c : text) sum += static_cast<unsigned char>(c);
  sink = sink + sum;
}

class Toucher final : public event::EventVisitor {
 public:
  explicit Toucher(const plan::Plan& plan) : plan_(plan) {}
  void on_event(const event::EventView& event) override {
    ++seen;
    touch(event.raw);
    touch(event.head.id);
    const plan::SourceProgram& source = plan_.sources.at(event.head.source);
    for (std::uint32_t i = 0; i < source.slots.size(); ++i) {
      for (const event::Value& value : event.slot(i)) {
        touch(value.text);
        if (value.kind == event::ValueKind::object) touch(event.compact_text(value));
      }
    }
    (void)event.any_scalar([](std::string_view text) {
      touch(text);
      return false;
    });
  }
  void on_reject(const event::Reject& reject) override {
    ++seen;
    touch(reject.bytes);
    touch(reject.message);
    if (reject.reason.empty()) fail("a reject without a reason");
  }
  std::size_t seen = 0;

 private:
  const plan::Plan& plan_;
};

class Collect final : public event::ElementSink {
 public:
  void on_element(std::string_view bytes, std::uint64_t line, std::uint64_t position) override { add(bytes, line, position); }
  void on_reject(const event::Reject& reject) override {
    touch(reject.bytes);
    add("!", 0, 0);
  }
  std::vector<std::string> elements;
  std::string places;

 private:
  void add(std::string_view bytes, std::uint64_t line, std::uint64_t position) {
    elements.emplace_back(bytes);
    places += std::to_string(line) + "@" + std::to_string(position) + " ";
  }
};

Collect frame(std::string_view bytes, std::size_t chunk, event::Framing framing) {
  event::Limits limits;
  limits.element_bytes = 2000;
  event::Framer framer(framing, limits);
  Collect out;
  for (std::size_t at = 0; at < bytes.size(); at += chunk) {
    const std::string_view piece = bytes.substr(at, chunk);
    const std::vector<char> copy(piece.begin(), piece.end());
    framer.feed({copy.data(), copy.size()}, out);
  }
  framer.finish(out);
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const plan::PlanPtr plan = make_plan();
  static event::Decoder decoder(plan);
  static event::Decoder strict(plan, [] {
    event::Limits limits;
    limits.strict_json = true;
    return limits;
  }());
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);

  const auto buffer = std::make_unique<char[]>(size + event::kPadding);
  if (size != 0) std::memcpy(buffer.get(), data, size);
  event::RawRecord record;
  record.bytes = {buffer.get(), size};
  event::Origin origin;
  origin.year_hint = 2024;
  TimeUs clock = 0;
  for (const std::uint32_t forced : {plan::kNone, 0U, 1U, 2U, 3U}) {
    origin.source = forced;
    Toucher toucher(*plan);
    decoder.decode(record, origin, clock, toucher);
    strict.decode(record, origin, clock, toucher);
  }

  const Collect whole = frame(bytes, size + 1, event::Framing::automatic);
  const Collect pieces = frame(bytes, 3, event::Framing::automatic);
  if (bytes.size() < 2000 && whole.elements != pieces.elements) fail("the elements depend on the chunks");
  if (bytes.size() < 2000 && whole.places != pieces.places) fail("the places depend on the chunks");
  const Collect lines = frame(bytes, 5, event::Framing::lines);
  for (const std::string& element : lines.elements) {
    if (element.find('\n') != std::string::npos) fail("a line holds a newline");
  }
  return 0;
}
