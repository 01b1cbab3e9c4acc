// One rule set in force: the plan, the workers that decode and match by it, the sequencer with its state, and the writer of
// its log entries. A reload builds the next one beside the present. Owned by the correlator's thread once it is in force.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "app/load_rules.h"
#include "app/pipeline.h"
#include "app/service/origins.h"
#include "connectors/store/store.h"
#include "engine/run/log_codec.h"
#include "engine/run/sequencer.h"

namespace vedette::app {

struct GenerationOptions {
  unsigned threads = 1;
  std::size_t memory_budget = 0;
  run::RecordGuard* guard = nullptr;
};

class Generation {
 public:
  Generation(LoadedRules rules, const GenerationOptions& options, const connectors::Store& store, Origins& origins);

  // Folds stored log entries after those folded before, muted. Errors: a damaged entry, a newer format.
  [[nodiscard]] Status fold();
  // Up to which entry.
  [[nodiscard]] std::uint64_t folded() const { return folded_; }
  // The bundle that the last epoch entry folded named; empty: none.
  [[nodiscard]] const std::string& stored_bundle() const { return reader_.bundle(); }
  // The clocks as the entries folded leave them.
  [[nodiscard]] const std::vector<run::ClockMark>& clocks() const { return clocks_; }
  // Labels of correlations that the stored log cannot rebuild in full: it does not hold their events, or not from so long ago.
  [[nodiscard]] std::vector<std::string> warming() const;

  // The table of who is who is another than that of the rules before: hits in the log keep the persons that they had.
  [[nodiscard]] bool other_identities() const { return other_identities_; }
  // What is stored of the table.
  [[nodiscard]] std::string identities() const { return "table " + rules.plan->identity.content_hash(); }

  LoadedRules rules;
  run::StreamTable streams;
  run::LogWriter writer;
  Pipeline pipeline;
  run::Sequencer sequencer;

 private:
  const connectors::Store& store_;
  run::LogReader reader_;
  std::uint64_t folded_ = 0;
  bool clocks_restored_ = false;
  const bool other_identities_;
  std::vector<run::ClockMark> clocks_;
};

// Names in the store.
inline constexpr const char* kClocksFact = "clocks";
// The log time before which entries were trimmed.
inline constexpr const char* kLogFromFact = "log_from";
inline constexpr const char* kIdentitiesFact = "identities";
// INT64_MIN: nothing was trimmed.
[[nodiscard]] TimeUs log_from(const connectors::Store& store);
[[nodiscard]] std::string streams_name(const std::string& table);

}  // namespace vedette::app
