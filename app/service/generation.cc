#include "app/service/generation.h"

#include <algorithm>
#include <charconv>
#include <set>
#include <utility>

namespace vedette::app {
namespace {

constexpr std::size_t kPipelineDepth = 64;

Pipeline::Options pipeline_options(const GenerationOptions& generation) {
  Pipeline::Options options;
  options.threads = generation.threads;
  options.guard = generation.guard;
  options.keep_rejected_bytes = true;
  options.depth = kPipelineDepth;
  options.keep_raw = true;
  return options;
}

}  // namespace

std::string streams_name(const std::string& table) { return "streams/" + table; }

Generation::Generation(LoadedRules loaded, const GenerationOptions& options, const connectors::Store& store, Origins& origins)
    : rules(std::move(loaded)),
      streams(run::make_stream_table(*rules.plan)),
      writer(rules.plan, streams.name),
      pipeline(rules.plan, rules.program, pipeline_options(options)),
      sequencer(rules.plan, run::ClockMode::live, INT64_MAX, {.memory_budget = options.memory_budget}),
      store_(store),
      reader_(
          rules.plan, [&store](const std::string& name) { return store.bundle(streams_name(name)); },
          [&origins](std::string_view name, std::string_view partition, std::string_view tenant) {
            return origins.named(name, partition, tenant);
          }),
      other_identities_(store.fact(kIdentitiesFact).value_or(identities()) != identities()) {}

Status Generation::fold() {
  std::vector<alert::Alert> muted;
  if (!clocks_restored_) {
    clocks_restored_ = true;
    if (const auto stored = store_.fact(kClocksFact)) {
      auto clocks = run::decode_clocks(*stored);
      if (!clocks) return clocks.error();
      clocks_ = std::move(*clocks);
      reader_.restore_clocks(clocks_, sequencer, muted);
    }
  }
  Status applied;
  const Status read = store_.read_log(folded_, [&](std::uint64_t number, TimeUs, std::string_view bytes) {
    muted.clear();
    applied = reader_.apply(bytes, sequencer, muted);
    if (applied.ok()) applied = reader_.note_clocks(bytes, clocks_);
    if (applied.ok()) folded_ = number;
    return applied.ok();
  });
  if (!read) return read;
  return applied;
}

std::vector<std::string> Generation::warming() const {
  std::set<std::uint32_t> found;
  for (const std::uint32_t index : reader_.cold()) found.insert(index);
  const TimeUs from = log_from(store_);
  TimeUs slowest = INT64_MAX;
  for (const run::ClockMark& clock : clocks_) slowest = std::min(slowest, clock.stamp);
  for (std::uint32_t i = 0; i < rules.plan->correlations.size() && slowest != INT64_MAX; ++i) {
    if (slowest - rules.plan->correlations[i].retention < from) found.insert(i);
  }
  std::vector<std::string> labels;
  for (const std::uint32_t index : found) labels.push_back(rules.plan->correlations[index].meta.label());
  return labels;
}

TimeUs log_from(const connectors::Store& store) {
  const std::string text = store.fact(kLogFromFact).value_or("");
  TimeUs from = INT64_MIN;
  (void)std::from_chars(text.data(), text.data() + text.size(), from);
  return from;
}

}  // namespace vedette::app
