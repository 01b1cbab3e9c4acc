// What the value of a Kafka message holds: JSON, a JSON array, several lines, text; behind a Confluent header or not, packed
// as gzip or zstd or not. Known envelopes are the decoder's. Pure; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/event/framer.h"

namespace vedette::connectors {

struct KafkaValueOptions {
  bool text = false;  // lines of text: no Confluent header, no arrays
  std::size_t inflated_bytes = 16 << 20;
  event::Limits limits = {};
};

// Gives the value's records to the sink (line: 1-based line in a value of several, else 0; position 0), or why it is refused:
// reasons `schema` (a Confluent header before something else than JSON), `compression`, and those of framing. False when
// the value is empty or blank. `scratch` is reused from call to call.
[[nodiscard]] bool unpack_kafka_value(std::string_view value, const KafkaValueOptions& options, std::string& scratch,
                                      event::ElementSink& sink);

}  // namespace vedette::connectors
