#include "connectors/store/keys.h"

namespace vedette::connectors {

namespace {

constexpr std::uint64_t kSign = std::uint64_t{1} << 63;
constexpr std::size_t kNumbersBytes = 12 * 8;

}  // namespace

void append_u64(std::string& out, std::uint64_t value) {
  for (int shift = 56; shift >= 0; shift -= 8) out += static_cast<char>((value >> shift) & 0xFFU);
}

std::uint64_t read_u64(std::string_view bytes, std::size_t at) {
  if (bytes.size() < at + 8) return 0;
  std::uint64_t value = 0;
  for (std::size_t i = at; i < at + 8; ++i) value = (value << 8U) | static_cast<unsigned char>(bytes[i]);
  return value;
}

void append_time(std::string& out, TimeUs time) { append_u64(out, static_cast<std::uint64_t>(time) ^ kSign); }

TimeUs read_time(std::string_view bytes, std::size_t at) { return static_cast<TimeUs>(read_u64(bytes, at) ^ kSign); }

std::string key_of(Kind kind, std::string_view name) {
  std::string key(1, static_cast<char>(kind));
  key += name;
  return key;
}

std::string key_of(Kind kind, std::uint64_t number) {
  std::string key(1, static_cast<char>(kind));
  append_u64(key, number);
  return key;
}

std::string key_of(Kind kind, TimeUs time, std::string_view name) {
  std::string key(1, static_cast<char>(kind));
  append_time(key, time);
  key += name;
  return key;
}

std::string end_of(Kind kind) { return std::string(1, static_cast<char>(static_cast<char>(kind) + 1)); }

std::string encode_entry(const StoredEntry& entry) {
  std::string value;
  value.reserve(8 + entry.bytes.size());
  append_time(value, entry.time);
  value += entry.bytes;
  return value;
}

std::string encode_emitted(const EmittedAlert& alert) {
  std::string value;
  append_u64(value, alert.outbox);
  append_u64(value, alert.revision);
  append_time(value, alert.time);
  return value;
}

std::optional<EmittedAlert> decode_emitted(std::string_view alert_id, std::string_view value) {
  if (value.size() != 24) return std::nullopt;
  return EmittedAlert{std::string(alert_id), read_u64(value, 0), static_cast<std::uint32_t>(read_u64(value, 8)),
                      read_time(value, 16)};
}

std::string encode_numbers(const StoreNumbers& numbers) {
  std::string value;
  for (const LogSpan& span : {numbers.inbox, numbers.log, numbers.outbox}) {
    append_u64(value, span.dropped);
    append_u64(value, span.last);
    append_u64(value, span.holes_to);
  }
  for (const std::uint64_t count : {numbers.emitted, numbers.evidence, numbers.evidence_bytes}) append_u64(value, count);
  return value;
}

std::optional<StoreNumbers> decode_numbers(std::string_view value) {
  if (value.size() != kNumbersBytes) return std::nullopt;
  const auto span = [value](std::size_t at) {
    return LogSpan{read_u64(value, at), read_u64(value, at + 8), read_u64(value, at + 16)};
  };
  return StoreNumbers{span(0), span(24), span(48), read_u64(value, 72), read_u64(value, 80), read_u64(value, 88)};
}

}  // namespace vedette::connectors
