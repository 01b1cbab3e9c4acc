// Benchmarks as ratios of two things in one run, interleaved, medians. Usage: vedette-bench roof|load ...
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "bench/generator.h"
#include "bench/roof.h"
#include "engine/event/framer.h"
#include "engine/run/sequencer.h"
#include "engine/run/worker.h"
#include "rules/sigma/load.h"
#include "rules/source/load.h"

namespace {

using namespace vedette;

// CPU seconds of this thread: the pipeline here is single-threaded, and other load on the machine does not count.
double thread_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

plan::PlanPtr load_plan(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  Diagnostics diagnostics;
  rules::CompileOptions options;
  options.sources = rules::load_sources(rules::builtin_sources(), diagnostics);
  auto compiled = rules::compile({{path, text.str()}}, options, diagnostics);
  for (const Diagnostic& diagnostic : diagnostics.items()) fmt::print(stderr, "{}", render_human(diagnostic, false));
  return compiled.plan;
}

struct PipelineRun {
  std::uint64_t events = 0, matched = 0, alerts = 0;
};

// Frame, copy into padded batches, decode, match, sequence, correlate, encode and write: what a replay does per event.
class BatchFiller : public event::ElementSink {
 public:
  explicit BatchFiller(event::RecordBatch& batch) : batch_(batch) {}
  void on_element(std::string_view bytes, std::uint64_t line, std::uint64_t position) override {
    places_.push_back({batch_.buffer.size(), bytes.size()});
    batch_.buffer.append(bytes);
    batch_.records.push_back({{}, event::kNoArrival, position, line});
  }
  void on_reject(const event::Reject&) override {}
  void seal() {
    batch_.buffer.append(event::kPadding, ' ');
    for (std::size_t i = 0; i < places_.size(); ++i) {
      batch_.records[i].bytes = std::string_view(batch_.buffer).substr(places_[i].first, places_[i].second);
    }
    places_.clear();
  }

 private:
  event::RecordBatch& batch_;
  std::vector<std::pair<std::size_t, std::size_t>> places_;
};

PipelineRun run_pipeline(std::string_view text, const plan::PlanPtr& plan, const std::shared_ptr<const match::MatchProgram>& program,
                         std::FILE* sink) {
  run::Worker worker(plan, program);
  run::Sequencer sequencer(plan, run::ClockMode::as_arrived);
  auto origin = std::make_shared<event::Origin>();
  origin->source_name = "bench";
  event::RecordBatch batch;
  batch.origin = origin;
  BatchFiller filler(batch);
  event::Framer framer;
  correlate::HitBatch hits;
  std::vector<alert::Alert> alerts;
  std::string json;
  TimeUs line_clock = 0;
  constexpr std::size_t kChunk = 256 * 1024;
  for (std::size_t at = 0; at < text.size(); at += kChunk) {
    batch.buffer.clear();
    batch.records.clear();
    framer.feed(text.substr(at, kChunk), filler);
    if (at + kChunk >= text.size()) framer.finish(filler);
    filler.seal();
    worker.process(batch, line_clock, hits);
    sequencer.apply(hits, alerts);
    for (const alert::Alert& alert : alerts) {
      json.clear();
      alert::append_json(json, alert);
      json += '\n';
      std::fwrite(json.data(), 1, json.size(), sink);
    }
    alerts.clear();
  }
  const run::SequencerCounters& counters = sequencer.counters();
  return {counters.events, counters.matched, counters.alerts};
}

int roof(std::size_t events, int samples, const std::string& rules) {
  const plan::PlanPtr plan = load_plan(rules);
  if (plan == nullptr) return 2;
  const auto program = match::MatchProgram::build(plan);
  std::string text = bench::OktaLoad({}).ndjson(events);
  const std::size_t size = text.size();
  text.append(event::kPadding, ' ');
  const std::string_view load(text.data(), size);
  std::FILE* sink = std::tmpfile();
  PipelineRun last;
  std::vector<double> roof_rate, pipeline_rate, ratio;
  for (int i = 0; i <= samples; ++i) {  // the first pair is the warm-up
    double begin = thread_seconds();
    const bench::RoofResult bare = bench::run_roof(load);
    const double roof_seconds = thread_seconds() - begin;
    begin = thread_seconds();
    last = run_pipeline(load, plan, *program, sink);
    const double pipeline_seconds = thread_seconds() - begin;
    if (bare.malformed != 0 || last.events != bare.events) {
      fmt::print(stderr, "the two sides saw different events: {} and {}\n", bare.events, last.events);
      return 4;
    }
    if (i == 0) continue;
    roof_rate.push_back(static_cast<double>(bare.events) / roof_seconds);
    pipeline_rate.push_back(static_cast<double>(last.events) / pipeline_seconds);
    ratio.push_back(roof_seconds / pipeline_seconds);
  }
  std::fclose(sink);
  fmt::print("events {}  bytes/event {}  matched {:.1f} %  alerts {}\n", last.events, size / last.events,
             100.0 * static_cast<double>(last.matched) / static_cast<double>(last.events), last.alerts);
  fmt::print("roof      median {:.0f} events/s per core\n", median(roof_rate));
  fmt::print("pipeline  median {:.0f} events/s per core\n", median(pipeline_rate));
  const auto [low, high] = std::minmax_element(ratio.begin(), ratio.end());
  fmt::print("ratio     median {:.3f} (min {:.3f}, max {:.3f}, {} pairs)\n", median(ratio), *low, *high, samples);
  return median(ratio) >= 0.6 ? 0 : 1;
}

// One side only, for profilers and instruction counts.
int once(const std::string& side, std::size_t events, int times, const std::string& rules) {
  std::string text = bench::OktaLoad({}).ndjson(events);
  const std::size_t size = text.size();
  text.append(event::kPadding, ' ');
  const std::string_view load(text.data(), size);
  if (side == "roof") {
    for (int i = 0; i < times; ++i) fmt::print("{}\n", bench::run_roof(load).events);
    return 0;
  }
  const plan::PlanPtr plan = load_plan(rules);
  if (plan == nullptr) return 2;
  std::FILE* sink = std::tmpfile();
  const auto program = match::MatchProgram::build(plan);
  for (int i = 0; i < times; ++i) fmt::print("{}\n", run_pipeline(load, plan, *program, sink).events);
  std::fclose(sink);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string mode = argc > 1 ? argv[1] : "";
  const auto argument = [&](int at, const char* otherwise) { return std::string(argc > at ? argv[at] : otherwise); };
  if (mode == "roof") {
    return roof(std::stoul(argument(2, "50000")), std::stoi(argument(3, "9")), argument(4, "bench/rules/twentyfive.yml"));
  }
  if (mode == "once") return once(argument(2, "pipeline"), std::stoul(argument(3, "20000")), std::stoi(argument(4, "1")), argument(5, "bench/rules/twentyfive.yml"));
  if (mode == "load") {
    const std::string text = bench::OktaLoad({}).ndjson(std::stoul(argument(2, "1000")));
    std::fwrite(text.data(), 1, text.size(), stdout);
    return 0;
  }
  fmt::print(stderr,
             "usage: vedette-bench roof [EVENTS] [PAIRS] [RULES]   pipeline against bare extraction, interleaved; exit 1 below 0.6\n"
             "       vedette-bench once roof|pipeline [EVENTS] [TIMES] [RULES]   one side, for a profiler\n"
             "       vedette-bench load [EVENTS]   the load as NDJSON on stdout\n");
  return 2;
}
