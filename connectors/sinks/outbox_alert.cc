#include "connectors/sinks/outbox_alert.h"

#include <fmt/format.h>
#include <zlib.h>

#include "engine/base/wire.h"

namespace vedette::connectors {
namespace {

// Layout: version, fields, then CRC-32 of everything before it, little-endian.
constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kChecksumBytes = 4;
constexpr std::uint8_t kWithdrawn = 1, kContinuation = 2;

std::string checksum(std::string_view bytes) {
  auto sum = static_cast<std::uint32_t>(crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
  std::string out;
  for (std::size_t i = 0; i < kChecksumBytes; ++i, sum >>= 8) out.push_back(static_cast<char>(sum & 0xff));
  return out;
}

void write_texts(WireWriter& out, const std::vector<std::string>& values) {
  out.number(values.size());
  for (const std::string& value : values) out.text(value);
}

std::vector<std::string> read_texts(WireReader& in) {
  std::vector<std::string> out(in.count());
  for (std::string& value : out) value = in.text();
  return out;
}

Error damaged(std::uint64_t number, std::string what) { return Error{std::move(what), fmt::format("outbox entry {}", number)}; }

OutboxAlert read_fields(WireReader& in) {
  OutboxAlert alert;
  const std::uint8_t flags = in.byte();
  alert.withdrawn = (flags & kWithdrawn) != 0;
  alert.continuation = (flags & kContinuation) != 0;
  const std::uint8_t level = in.byte();
  if (level > static_cast<std::uint8_t>(plan::Level::critical)) in.damage();
  alert.level = static_cast<plan::Level>(level);
  alert.revision = static_cast<std::uint32_t>(in.number());
  alert.time = in.signed_number();
  alert.committed = in.signed_number();
  for (std::string* text :
       {&alert.alert_id, &alert.episode_id, &alert.rule_id, &alert.rule, &alert.tenant, &alert.group_key, &alert.json})
    *text = in.text();
  alert.tags = read_texts(in);
  alert.sources = read_texts(in);
  return alert;
}

}  // namespace

std::string encode_outbox_alert(const OutboxAlert& alert) {
  std::string bytes;
  WireWriter out(bytes);
  out.byte(kVersion);
  out.byte(static_cast<std::uint8_t>((alert.withdrawn ? kWithdrawn : 0) | (alert.continuation ? kContinuation : 0)));
  out.byte(static_cast<std::uint8_t>(alert.level));
  out.number(alert.revision);
  out.signed_number(alert.time);
  out.signed_number(alert.committed);
  for (const std::string* text :
       {&alert.alert_id, &alert.episode_id, &alert.rule_id, &alert.rule, &alert.tenant, &alert.group_key, &alert.json})
    out.text(*text);
  write_texts(out, alert.tags);
  write_texts(out, alert.sources);
  bytes += checksum(bytes);
  return bytes;
}

Result<OutboxAlert> decode_outbox_alert(std::uint64_t number, std::string_view bytes) {
  if (bytes.size() <= kChecksumBytes) return damaged(number, "is too short to be an alert");
  // The version comes first: a newer layout may check itself otherwise.
  if (const auto version = static_cast<std::uint8_t>(bytes[0]); version != kVersion)
    return damaged(number, fmt::format("has version {}; this program reads version {}", version, kVersion));
  const std::string_view body = bytes.substr(0, bytes.size() - kChecksumBytes);
  if (bytes.substr(body.size()) != checksum(body)) return damaged(number, "is damaged: its checksum differs");
  WireReader in(body.substr(1));
  OutboxAlert alert = read_fields(in);
  if (!in.ok() || !in.at_end()) return damaged(number, "is not laid out as an alert");
  alert.number = number;
  return alert;
}

}  // namespace vedette::connectors
