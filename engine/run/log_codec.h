// The log of hits as bytes, and the fold over it that is recovery (spec semantics §5): what the correlator's thread applied
// (batches of hits, ticks, sources going down, epochs) is written as numbered entries; reading them back in order, under the
// same rules or under changed ones, rebuilds the state. Entries say rules, columns and source types by numbers of a *stream
// table*, which is stored once per plan: hits of a base rule whose detection and columns are still there feed the new plan.
// Versioned and bounds-checked. A writer and a reader each belong to one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/correlate/hit.h"
#include "engine/run/sequencer.h"

namespace vedette::run {

// The stream table of a plan, and the name it is stored under (16 hex digits of its digest).
struct StreamTable {
  std::string name;
  std::string bytes;
};
[[nodiscard]] StreamTable make_stream_table(const plan::Plan& plan);

class LogWriter {
 public:
  // `streams`: the name of the plan's stream table.
  LogWriter(plan::PlanPtr plan, std::string streams) : plan_(std::move(plan)), streams_(std::move(streams)) {}

  // Each replaces `out`.
  void batch(const correlate::HitBatch& batch, std::string& out) const;
  void tick(const event::Origin& origin, std::uint32_t source, TimeUs stamp, std::string& out) const;
  void down(std::uint32_t source, bool down, std::string& out) const;
  // From here on events are judged by other rules: the hash of their bundle.
  void epoch(std::string_view bundle, std::string& out) const;

 private:
  void begin(std::uint8_t kind, std::string& out) const;

  plan::PlanPtr plan_;
  std::string streams_;
};

// The newest stamp in a batch of hits; kNoArrival when it has none. What entries are trimmed by.
[[nodiscard]] TimeUs newest_stamp(const correlate::HitBatch& batch);

// How long, in log time behind the newest stamp of an entry, it may still matter to some rule of the plan.
[[nodiscard]] DurationUs log_retention(const plan::Plan& plan);

// The clocks as entries leave them: the newest stamp per origin and source type. What is known of entries that were trimmed.
struct ClockMark {
  std::string source_name, partition, tenant;
  std::string source_type;
  TimeUs stamp = 0;
};

class LogReader {
 public:
  // The bytes of a stream table by name.
  using Streams = std::function<std::optional<std::string>(const std::string& name)>;
  // The origin of a name, partition and tenant; never null.
  using Origins = std::function<std::shared_ptr<const event::Origin>(std::string_view name, std::string_view partition,
                                                                     std::string_view tenant)>;

  LogReader(plan::PlanPtr plan, Streams streams, Origins origins);
  ~LogReader();

  // Applies one entry; alerts that it makes are appended. Errors: damaged bytes, a newer version, a missing stream table.
  [[nodiscard]] Status apply(std::string_view entry, Sequencer& sequencer, std::vector<alert::Alert>& alerts);
  // The clocks of one entry, raised in `marks`.
  [[nodiscard]] Status note_clocks(std::string_view entry, std::vector<ClockMark>& marks);
  void restore_clocks(const std::vector<ClockMark>& marks, Sequencer& sequencer, std::vector<alert::Alert>& alerts);

  // Correlations that lack something in entries applied so far: a base rule or a column was not recorded then.
  [[nodiscard]] std::vector<std::uint32_t> cold() const;
  // The bundle that the last epoch entry named.
  [[nodiscard]] const std::string& bundle() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

[[nodiscard]] std::string encode_clocks(const std::vector<ClockMark>& marks);
[[nodiscard]] Result<std::vector<ClockMark>> decode_clocks(std::string_view bytes);

}  // namespace vedette::run
