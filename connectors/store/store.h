// The durable store of the service: one atomic, synced write per group of changes, and what recovery reads back. What is
// stored is bytes with numbers and times; what they mean is their writers' (engine/run/log_codec, app). Two kinds: RocksDB
// in a folder (open_store), and memory (make_memory_store) for a service without `store:`. write() is called by one thread
// at a time (the committer's); readers may run on any thread meanwhile and see whole changes only.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/net/log.h"
#include "engine/base/result.h"
#include "engine/base/time.h"

namespace vedette::connectors {

// A numbered piece of one of the three logs. Numbers ascend without gaps within a log, from 1.
struct StoredEntry {
  std::uint64_t number = 0;
  TimeUs time = 0;  // log time, microseconds: what trimming goes by
  std::string bytes;
};

// The raw body of an event that a rule matched.
struct StoredEvidence {
  std::string event;  // tenant, source type and id, made by the writer
  TimeUs time = 0;
  std::string bytes;
};

// An alert id that was emitted, with the place of its latest revision in the outbox.
struct EmittedAlert {
  std::string alert_id;
  std::uint64_t outbox = 0;
  std::uint32_t revision = 1;
  TimeUs time = 0;
};

// A record that could not be read, kept for people to look at.
struct StoredReject {
  std::string source, partition;
  std::string reason, message;           // the word of vedette_source_errors_total; a sentence
  TimeUs time = 0;                       // of its arrival
  std::uint64_t position = 0, line = 0;  // byte offset, or the Kafka offset; 0: unknown
  std::uint64_t size = 0;                // of the whole record; more than `bytes` holds when it was cut
  std::string bytes;
};

// What becomes durable together.
struct Changes {
  std::vector<StoredEntry> inbox;   // received by push sources, not yet applied
  std::uint64_t inbox_applied = 0;  // entries up to this one have been applied and are dropped; 0: none
  std::vector<StoredEntry> log;     // applied: hits, ticks, epochs
  std::vector<StoredEntry> outbox;  // alerts for the sinks
  std::vector<EmittedAlert> emitted;
  std::vector<StoredEvidence> evidence;
  std::vector<StoredReject> rejects;               // those that are there already are not added again
  std::map<std::string, std::string> cursors;      // of pull sources: "name/partition" -> where it goes on
  std::map<std::string, std::uint64_t> delivered;  // of sinks: name -> outbox entries up to this one are delivered
  std::map<std::string, std::string> bundles;      // rule bundles by content hash
  std::map<std::string, std::string> facts;        // small named values (epoch, clocks); empty text removes

  [[nodiscard]] bool empty() const;
  void clear();
  // Adds what `other` holds, which comes later; leaves it empty.
  void append(Changes& other);
};

enum class WriteOutcome : std::uint8_t {
  ok,
  full,    // no space: nothing was written, the store stays usable; try again later
  failed,  // a write or sync failed: what is on disk is unknown, the process must end
};

struct WriteResult {
  WriteOutcome outcome = WriteOutcome::ok;
  std::string message = {};
};

struct StoreLimits {
  std::uint64_t evidence_bytes = std::uint64_t{4} << 30;                    // all bodies; oldest first beyond it
  std::uint64_t evidence_body_bytes = std::uint64_t{1} << 20;               // one body; longer ones are cut
  std::uint64_t rejects = 10'000, rejects_bytes = std::uint64_t{64} << 20;  // all refused records; oldest first beyond it
  std::uint64_t reject_bytes = std::uint64_t{64} << 10;                     // one of them; longer ones are cut
  // Free space of the disk below which nothing more is received, and below half of which nothing is written at all: what
  // the store needs to put itself in order.
  std::uint64_t reserve_bytes = std::uint64_t{32} << 20;
};

// Everything up to the numbers and times is dropped.
struct Trim {
  std::uint64_t log = 0;
  std::uint64_t outbox = 0;
  TimeUs emitted_before = INT64_MIN;
  TimeUs evidence_before = INT64_MIN;
};

struct StoreInfo {
  std::uint32_t format = 0;
  std::uint64_t inbox_first = 0, inbox_last = 0;  // 0: empty
  std::uint64_t log_first = 0, log_last = 0;
  std::uint64_t outbox_first = 0, outbox_last = 0;
  std::uint64_t emitted = 0, evidence = 0;  // entries
  std::uint64_t evidence_bytes = 0;
  std::uint64_t rejects = 0, rejects_bytes = 0;
  std::uint64_t rejects_dropped = 0;  // oldest ones that gave way, since it was opened
  std::uint64_t bytes = 0;            // on disk
  std::map<std::string, std::string> cursors;
  std::map<std::string, std::uint64_t> delivered;
};

class Store {
 public:
  virtual ~Store() = default;

  // One atomic change; with ok it survives a power loss.
  [[nodiscard]] virtual WriteResult write(const Changes& changes) = 0;

  // Received records would find room at this moment.
  [[nodiscard]] virtual bool has_room() const = 0;

  // Highest numbers ever given, also of what was trimmed. 0: none.
  [[nodiscard]] virtual std::uint64_t last_inbox() const = 0;
  [[nodiscard]] virtual std::uint64_t last_log() const = 0;
  [[nodiscard]] virtual std::uint64_t last_outbox() const = 0;

  // Visits entries after `after`, ascending, until the visitor returns false.
  using Visitor = std::function<bool(std::uint64_t number, TimeUs time, std::string_view bytes)>;
  [[nodiscard]] virtual Status read_inbox(std::uint64_t after, const Visitor& visit) const = 0;
  [[nodiscard]] virtual Status read_log(std::uint64_t after, const Visitor& visit) const = 0;
  [[nodiscard]] virtual Status read_outbox(std::uint64_t after, const Visitor& visit) const = 0;

  [[nodiscard]] virtual std::optional<std::string> cursor(const std::string& name) const = 0;
  [[nodiscard]] virtual std::uint64_t delivered(const std::string& sink) const = 0;
  [[nodiscard]] virtual std::optional<std::string> bundle(const std::string& hash) const = 0;
  [[nodiscard]] virtual std::optional<std::string> fact(const std::string& name) const = 0;
  [[nodiscard]] virtual std::optional<EmittedAlert> emitted(const std::string& alert_id) const = 0;
  // truncated: the body was too long and is cut.
  [[nodiscard]] virtual std::optional<std::string> evidence(const std::string& event, bool* truncated = nullptr) const = 0;

  // Refused records, oldest first, until the visitor returns false.
  using RejectVisitor = std::function<bool(const StoredReject& reject)>;
  [[nodiscard]] virtual Status read_rejects(const RejectVisitor& visit) const = 0;

  // Drops what nobody needs any more. Not synced by itself.
  [[nodiscard]] virtual Status trim(const Trim& trim) = 0;
  [[nodiscard]] virtual Result<StoreInfo> info() const = 0;
};

struct StoreOptions {
  std::string path;
  StoreLimits limits = {};
  bool accept_data_loss = false;  // open what is left of a damaged store
  bool read_only = false;
};

// Errors: another process has it open, a newer format, synced data missing or damaged (names --accept-data-loss), no space.
[[nodiscard]] Result<std::unique_ptr<Store>> open_store(const StoreOptions& options, Log log);
[[nodiscard]] std::unique_ptr<Store> make_memory_store(const StoreLimits& limits = {});

// Reads everything and checks every checksum; the store must not be open.
[[nodiscard]] Result<StoreInfo> verify_store(const std::string& path);
// A consistent copy into a new folder, verified. Refused while a service has the store open: stop it first.
[[nodiscard]] Status backup_store(const std::string& path, const std::string& folder);
// A backup becomes a store at a path where none is.
[[nodiscard]] Status restore_store(const std::string& folder, const std::string& path);

}  // namespace vedette::connectors
