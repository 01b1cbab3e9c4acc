// Benchmarks as ratios of two things in one run, interleaved, medians. Usage: vedette-bench roof|load ...
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <ctime>
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

constexpr int kWarmUp = 3;  // slices before the counted ones

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

// A running pipeline: its state stays warm from one slice of the load to the next.
class Pipeline {
 public:
  Pipeline(const plan::PlanPtr& plan, const std::shared_ptr<const match::MatchProgram>& program)
      : worker_(plan, program), sequencer_(plan, run::ClockMode::as_arrived), filler_(batch_), sink_(std::tmpfile()) {
    auto origin = std::make_shared<event::Origin>();
    origin->source_name = "bench";
    batch_.origin = std::move(origin);
  }
  ~Pipeline() { std::fclose(sink_); }
  Pipeline(const Pipeline&) = delete;
  Pipeline& operator=(const Pipeline&) = delete;

  // Thread seconds of each stage so far.
  struct Stages {
    double frame = 0, decode_match = 0, correlate = 0, alerts = 0;
  };
  [[nodiscard]] const Stages& stages() const { return stages_; }
  void reset_stages() { stages_ = {}; }

  // What the slice added.
  PipelineRun run(std::string_view text) {
    const run::SequencerCounters before = sequencer_.counters();
    event::Framer framer;
    constexpr std::size_t kChunk = 256 * 1024;
    for (std::size_t at = 0; at < text.size(); at += kChunk) {
      double began = thread_seconds();
      batch_.buffer.clear();
      batch_.records.clear();
      framer.feed(text.substr(at, kChunk), filler_);
      if (at + kChunk >= text.size()) framer.finish(filler_);
      filler_.seal();
      began = note(stages_.frame, began);
      worker_.process(batch_, line_clock_, hits_);
      began = note(stages_.decode_match, began);
      sequencer_.apply(hits_, alerts_);
      began = note(stages_.correlate, began);
      write_alerts();
      note(stages_.alerts, began);
    }
    const run::SequencerCounters& after = sequencer_.counters();
    return {after.events - before.events, after.matched - before.matched, after.alerts - before.alerts};
  }

 private:
  static double note(double& stage, double began) {
    const double now = thread_seconds();
    stage += now - began;
    return now;
  }

  void write_alerts() {
    for (const alert::Alert& alert : alerts_) {
      json_.clear();
      alert::append_json(json_, alert);
      json_ += '\n';
      std::fwrite(json_.data(), 1, json_.size(), sink_);
    }
    alerts_.clear();
  }

  run::Worker worker_;
  run::Sequencer sequencer_;
  event::RecordBatch batch_;
  BatchFiller filler_;
  correlate::HitBatch hits_;
  std::vector<alert::Alert> alerts_;
  std::string json_;
  Stages stages_;
  TimeUs line_clock_ = 0;
  std::FILE* sink_;
};

// The next slice of the load, padded; `size` without the padding.
std::string next_slice(bench::OktaLoad& load, std::size_t events, std::size_t& size) {
  std::string text = load.ndjson(events);
  size = text.size();
  text.append(event::kPadding, ' ');
  return text;
}

int roof(std::size_t events, int samples, const std::string& rules) {
  const plan::PlanPtr plan = load_plan(rules);
  if (plan == nullptr) return 2;
  Pipeline pipeline(plan, *match::MatchProgram::build(plan));
  bench::OktaLoad load({});
  PipelineRun total;
  std::size_t bytes = 0;
  std::vector<double> roof_rate, pipeline_rate, ratio;
  for (int i = 0; i < samples + kWarmUp; ++i) {
    std::size_t size = 0;
    const std::string text = next_slice(load, events, size);
    const std::string_view slice(text.data(), size);
    if (i == kWarmUp) pipeline.reset_stages();
    double begin = thread_seconds();
    const bench::RoofResult bare = bench::run_roof(slice);
    const double roof_seconds = thread_seconds() - begin;
    begin = thread_seconds();
    const PipelineRun got = pipeline.run(slice);
    const double pipeline_seconds = thread_seconds() - begin;
    if (bare.malformed != 0 || got.events != bare.events) {
      fmt::print(stderr, "the two sides saw different events: {} and {}\n", bare.events, got.events);
      return 4;
    }
    if (i < kWarmUp) continue;
    total.events += got.events;
    total.matched += got.matched;
    total.alerts += got.alerts;
    bytes += size;
    roof_rate.push_back(static_cast<double>(bare.events) / roof_seconds);
    pipeline_rate.push_back(static_cast<double>(got.events) / pipeline_seconds);
    ratio.push_back(roof_seconds / pipeline_seconds);
  }
  fmt::print("events {}  bytes/event {}  matched {:.1f} %  alerts {}\n", total.events, bytes / total.events,
             100.0 * static_cast<double>(total.matched) / static_cast<double>(total.events), total.alerts);
  fmt::print("roof      median {:.0f} events/s per core\n", median(roof_rate));
  fmt::print("pipeline  median {:.0f} events/s per core\n", median(pipeline_rate));
  const Pipeline::Stages& stages = pipeline.stages();
  const double per_event = 1e9 / static_cast<double>(total.events);
  fmt::print("stages    frame {:.0f}  decode+match {:.0f}  correlate {:.0f}  alerts {:.0f} ns/event\n", stages.frame * per_event,
             stages.decode_match * per_event, stages.correlate * per_event, stages.alerts * per_event);
  const auto [low, high] = std::minmax_element(ratio.begin(), ratio.end());
  fmt::print("ratio     median {:.3f} (min {:.3f}, max {:.3f}, {} pairs)\n", median(ratio), *low, *high, samples);
  return median(ratio) >= 0.6 ? 0 : 1;
}

// One side only, for profilers and instruction counts.
int once(const std::string& side, std::size_t events, int times, const std::string& rules) {
  const plan::PlanPtr plan = load_plan(rules);
  if (plan == nullptr) return 2;
  Pipeline pipeline(plan, *match::MatchProgram::build(plan));
  bench::OktaLoad load({});
  for (int i = 0; i < times; ++i) {
    std::size_t size = 0;
    const std::string text = next_slice(load, events, size);
    const std::string_view slice(text.data(), size);
    fmt::print("{}\n", side == "roof" ? bench::run_roof(slice).events : side == "load" ? events : pipeline.run(slice).events);
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string mode = argc > 1 ? argv[1] : "";
  const auto argument = [&](int at, const char* otherwise) { return std::string(argc > at ? argv[at] : otherwise); };
  if (mode == "roof") {
    return roof(std::stoul(argument(2, "30000")), std::stoi(argument(3, "9")), argument(4, "bench/rules/twentyfive.yml"));
  }
  if (mode == "once")
    return once(argument(2, "pipeline"), std::stoul(argument(3, "20000")), std::stoi(argument(4, "1")),
                argument(5, "bench/rules/twentyfive.yml"));
  if (mode == "load") {
    const std::string text = bench::OktaLoad({}).ndjson(std::stoul(argument(2, "1000")));
    std::fwrite(text.data(), 1, text.size(), stdout);
    return 0;
  }
  fmt::print(
      stderr,
      "usage: vedette-bench roof [EVENTS] [PAIRS] [RULES]   pipeline against bare extraction, interleaved; exit 1 below 0.6\n"
      "       vedette-bench once roof|pipeline|load [EVENTS] [TIMES] [RULES]   one side, for a profiler\n"
      "       vedette-bench load [EVENTS]   the load as NDJSON on stdout\n");
  return 2;
}
