#include "connectors/sources/kafka_value.h"

#include <fmt/format.h>

#include "connectors/sources/byte_stream.h"

namespace vedette::connectors {
namespace {

constexpr std::size_t kConfluentHeader = 5;  // magic byte 0 and a four-byte schema id, most significant byte first
constexpr std::string_view kBlanks = " \t\r\n";

void refuse(std::string_view reason, std::string message, std::string_view bytes, event::ElementSink& sink) {
  event::Reject reject;
  reject.reason = reason;
  reject.message = std::move(message);
  reject.bytes = bytes;
  sink.on_reject(reject);
}

bool is_gzip(std::string_view bytes) { return bytes.starts_with("\x1f\x8b"); }
bool is_zstd(std::string_view bytes) { return bytes.starts_with("\x28\xb5\x2f\xfd"); }

bool begins_json(std::string_view bytes) {
  if (bytes.starts_with(event::kByteOrderMark)) bytes.remove_prefix(event::kByteOrderMark.size());
  const std::size_t first = bytes.find_first_not_of(kBlanks);
  return first == std::string_view::npos || bytes[first] == '{' || bytes[first] == '[' || bytes[first] == '"';
}

std::uint32_t schema_id(std::string_view value) {
  std::uint32_t id = 0;
  for (std::size_t i = 1; i < kConfluentHeader; ++i) id = (id << 8) | static_cast<unsigned char>(value[i]);
  return id;
}

// False when it was refused.
bool strip_header(std::string_view& body, std::string_view value, event::ElementSink& sink) {
  if (!body.starts_with('\0')) return true;
  if (body.size() <= kConfluentHeader) {
    refuse("schema", "a Confluent header without a value behind it", value, sink);
    return false;
  }
  const std::uint32_t id = schema_id(body);
  body.remove_prefix(kConfluentHeader);
  if (is_gzip(body) || is_zstd(body) || begins_json(body)) return true;
  refuse(
      "schema",
      fmt::format(
          "schema id {} is before something that is not JSON: Avro and Protobuf are not read; produce JSON or JSON Schema", id),
      value, sink);
  return false;
}

bool unpack(std::string_view& body, std::string_view value, const KafkaValueOptions& options, std::string& scratch,
            event::ElementSink& sink) {
  const bool gzip = is_gzip(body);
  if (!gzip && !is_zstd(body)) return true;
  const char* format = gzip ? "gzip" : "zstd";
  const Unpacked result = gzip ? gunzip(body, options.inflated_bytes, scratch) : unzstd(body, options.inflated_bytes, scratch);
  if (result == Unpacked::damaged) refuse("compression", fmt::format("the {} data is damaged", format), value, sink);
  if (result == Unpacked::too_large)
    refuse("compression", fmt::format("the {} data holds more than {} bytes", format, options.inflated_bytes), value, sink);
  body = scratch;
  return result == Unpacked::whole;
}

}  // namespace

bool unpack_kafka_value(std::string_view value, const KafkaValueOptions& options, std::string& scratch,
                        event::ElementSink& sink) {
  std::string_view body = value;
  if (!options.text && !strip_header(body, value, sink)) return true;
  if (!unpack(body, value, options, scratch, sink)) return true;
  const std::size_t last = body.find_last_not_of(kBlanks);
  if (last == std::string_view::npos) return false;
  event::Limits limits = options.limits;
  limits.element_bytes = limits.record_bytes;  // what an envelope or an array holds is the decoder's to bound
  // The usual value is one line: the decoder takes apart what it holds.
  if (body.substr(0, last).find('\n') == std::string_view::npos && last < limits.record_bytes) {
    sink.on_element(body.substr(0, last + 1), 0, 0);
    return true;
  }
  event::Framer framer(options.text ? event::Framing::lines : event::Framing::automatic, limits);
  framer.feed(body, sink);
  framer.finish(sink);
  return true;
}

}  // namespace vedette::connectors
