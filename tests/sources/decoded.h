// Decoding text through the shipped source types, with the fields a test asks for. Test support.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "engine/event/decoder.h"
#include "engine/plan/plan.h"

namespace vedette::tests {

struct Decoded {
  std::string source;
  std::string id;  // empty: made from the bytes
  std::string raw;
  TimeUs t = 0;
  std::uint8_t flags = 0;
  std::uint32_t repeat = 1;
  std::map<std::string, std::string> fields;  // first value of each field asked for; absent ones are left out
};

struct DecodedAll {
  std::vector<Decoded> events;
  std::vector<std::string> rejects;
  std::map<std::string, std::size_t> by_source;
};

// The shipped source types with slots for `fields`.
[[nodiscard]] plan::PlanPtr plan_with_fields(const std::vector<std::string>& fields);

// `force`: name of a source type, or empty to recognise each record. `lines`: one record a line, else JSON framing.
[[nodiscard]] DecodedAll decode_text(const plan::PlanPtr& plan, const std::string& text, const std::string& force, bool lines);

// The corpus folder, or empty when it is not there.
[[nodiscard]] std::string corpus_folder();
[[nodiscard]] std::string read_whole(const std::string& path);

// Stamp of every decoded record.
inline constexpr TimeUs kArrival = 1'781'000'000'000'000;  // 2026-06-09

}  // namespace vedette::tests
