// Keys and values of the store in RocksDB: one letter for the kind, then what sorts, numbers big-endian. Part of the format
// (folder.h, kStoreFormat): a change here is a new format. Pure; any thread.
//   i l o  number -> time, bytes          inbox, log, outbox
//   e      alert id -> outbox number, revision, time        f  time, alert id -> nothing: emitted, by time
//   v      time, event -> cut or whole, body                w  event -> time
//   q      number -> refused record (quarantine.h). Came later, without a new format: a program that does not know it runs on
//          such a store and passes it over, except that its `store verify` names it as something unknown.
//   c d b n  name -> value                cursors, delivered, bundles, facts
//   m      -> StoreNumbers
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "connectors/store/numbers.h"

namespace vedette::connectors {

enum class Kind : char {
  inbox = 'i',
  log = 'l',
  outbox = 'o',
  emitted = 'e',
  emitted_time = 'f',
  evidence = 'v',
  evidence_index = 'w',
  reject = 'q',
  cursor = 'c',
  delivered = 'd',
  bundle = 'b',
  fact = 'n',
  numbers = 'm',
};

void append_u64(std::string& out, std::uint64_t value);
// 0 when the text ends before.
[[nodiscard]] std::uint64_t read_u64(std::string_view bytes, std::size_t at);
// Sorts like the number, negative ones too.
void append_time(std::string& out, TimeUs time);
[[nodiscard]] TimeUs read_time(std::string_view bytes, std::size_t at);

[[nodiscard]] std::string key_of(Kind kind, std::string_view name = {});
[[nodiscard]] std::string key_of(Kind kind, std::uint64_t number);
[[nodiscard]] std::string key_of(Kind kind, TimeUs time, std::string_view name);
// The first key behind all of the kind.
[[nodiscard]] std::string end_of(Kind kind);

[[nodiscard]] std::string encode_entry(const StoredEntry& entry);
[[nodiscard]] std::string encode_emitted(const EmittedAlert& alert);
[[nodiscard]] std::optional<EmittedAlert> decode_emitted(std::string_view alert_id, std::string_view value);
[[nodiscard]] std::string encode_numbers(const StoreNumbers& numbers);
[[nodiscard]] std::optional<StoreNumbers> decode_numbers(std::string_view value);

}  // namespace vedette::connectors
