#include "tests/oracle/harness.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <map>
#include <thread>

#include "engine/match/matcher.h"
#include "engine/run/log_codec.h"
#include "engine/run/merge.h"
#include "engine/run/sequencer.h"
#include "engine/run/worker.h"
#include "rules/sigma/load.h"
#include "tests/oracle/gen/random.h"

namespace vedette::oracle {
namespace {

using correlate::HitBatch;

plan::FieldPath path(const std::string& text) { return plan::parse_field_path(text).value(); }

// Lines of `name=value`, as gen/events.cc writes them.
void make_text(plan::SourcePlan& source) {
  source.text = true;
  source.recognise = {};
  source.time = {{path("timestamp"), plan::TimeFormat::syslog}};
  source.arrival.reset();
  source.id.clear();
  source.patterns = {
      {"repeated", R"(^message repeated (?P<repeat>\d+) times: \[ (?P<inner>.*)\]$)", "repeat", "inner"},
      {"plain",
       R"(^kind=(?P<kind>\S+) user=(?P<user>\S*) ip=(?P<ip>\S*) host=(?P<host>\S*) val=(?P<val>\S*) other=(?P<other>\S*) device=(?P<device>\S*)$)",
       "", ""}};
}

plan::SourcePlan source_plan(const std::string& name, const naive::SourceType& type) {
  plan::SourcePlan source;
  source.name = name;
  source.logsources = {{"", "oracle", name}};
  source.recognise.all = {path("oracle")};
  source.id = {path("id")};
  source.time = {{path("time"), plan::TimeFormat::iso8601}, {path("us"), plan::TimeFormat::epoch_us}};
  source.arrival = plan::TimeField{path("seen"), plan::TimeFormat::epoch_us};
  source.accept = type.accept;
  source.settle = type.settle;
  source.sentinels = type.sentinels;
  source.content_hash = "0123456789abcdef";
  if (name == kTextSource) make_text(source);
  return source;
}

// The streams of a run as origins; tenants and clocks numbered by first appearance.
class Origins {
 public:
  explicit Origins(const plan::Plan& plan) : plan_(plan) {}

  std::shared_ptr<const event::Origin> of(const naive::Record& record) {
    std::shared_ptr<const event::Origin>& origin = origins_[record.stream];
    if (origin) return origin;
    const auto tenant = tenants_.emplace(record.tenant, static_cast<std::uint32_t>(tenants_.size())).first;
    event::Origin made;
    made.source_name = record.stream;
    made.tenant = record.tenant;
    made.tenant_index = tenant->second;
    made.clock = static_cast<std::uint32_t>(origins_.size() - 1);
    for (std::uint32_t i = 0; i < plan_.sources.size(); ++i) {
      if (plan_.sources[i].source.name == record.source) made.source = i;
    }
    origin = std::make_shared<const event::Origin>(std::move(made));
    return origin;
  }

 private:
  const plan::Plan& plan_;
  std::map<std::string, std::shared_ptr<const event::Origin>> origins_;
  std::map<std::string, std::uint32_t> tenants_;
};

// A batch under construction: where its bytes lie is fixed only when it is complete.
struct Draft {
  std::shared_ptr<const event::Origin> origin;
  const naive::Record* control = nullptr;  // not a batch, but a tick or a source type down or up
  std::size_t input = 0;                   // of the merge
  std::vector<const naive::Record*> records;
};

event::RecordBatch batch_of(const Draft& draft, std::uint64_t sequence, bool live) {
  event::RecordBatch batch;
  batch.sequence = sequence;
  batch.origin = draft.origin;
  for (const naive::Record* record : draft.records) batch.buffer += record->bytes + "\n";
  batch.buffer.append(event::kPadding, '\0');
  std::size_t begin = 0;
  for (const naive::Record* record : draft.records) {
    event::RawRecord raw;
    raw.bytes = std::string_view(batch.buffer).substr(begin, record->bytes.size());
    if (live) raw.arrival = record->arrival.value();
    raw.position = begin;
    raw.line = batch.records.size() + 1;
    batch.records.push_back(raw);
    begin += record->bytes.size() + 1;
  }
  return batch;
}

std::uint32_t source_index(const plan::Plan& plan, const std::string& name) {
  std::uint32_t i = 0;
  while (plan.sources[i].source.name != name) ++i;
  return i;
}

void control(const plan::Plan& plan, const Draft& draft, run::Sequencer& sequencer, std::vector<alert::Alert>& alerts) {
  const naive::Record& record = *draft.control;
  const std::uint32_t source = source_index(plan, record.source);
  if (record.entry == naive::Entry::tick) return sequencer.tick(*draft.origin, source, record.arrival.value(), alerts);
  sequencer.set_down(source, record.entry == naive::Entry::down, alerts);
}

// What came of a run.
struct Ran {
  std::vector<alert::Alert> alerts;
  std::uint64_t events = 0, rejected = 0;
  std::string problem;
};

// A live run that is stopped and recovered from its log of hits now and then: the old part of the log is trimmed, the rest
// folded into a new sequencer whose alerts are dropped, and the run goes on. Nothing may show.
class RestartedRun {
 public:
  RestartedRun(plan::PlanPtr plan, const Run& run, const std::vector<Draft>& drafts,
               const std::vector<std::shared_ptr<HitBatch>>& batches)
      : plan_(std::move(plan)),
        drafts_(drafts),
        batches_(batches),
        random_(run.seed + 1),
        streams_(run::make_stream_table(*plan_)),
        writer_(plan_, streams_.name) {}

  Ran go() {
    restart();
    for (std::size_t i = 0; i < drafts_.size(); ++i) {
      if (random_.percent(3)) restart();
      entries_.emplace_back();
      if (drafts_[i].control != nullptr) {
        control(*plan_, drafts_[i], *sequencer_, ran_.alerts);
        write_control(drafts_[i]);
      } else {
        sequencer_->apply(*batches_[i], ran_.alerts);
        ran_.events += batches_[i]->counters.events;
        ran_.rejected += batches_[i]->counters.rejected;
        writer_.batch(*batches_[i], entries_.back());
      }
    }
    sequencer_->finish(ran_.alerts);
    return std::move(ran_);
  }

 private:
  void write_control(const Draft& draft) {
    const naive::Record& record = *draft.control;
    const std::uint32_t source = source_index(*plan_, record.source);
    if (record.entry == naive::Entry::tick) return writer_.tick(*draft.origin, source, record.arrival.value(), entries_.back());
    writer_.down(source, record.entry == naive::Entry::down, entries_.back());
  }

  void restart() {
    const auto origin_of = [this](std::string_view name, std::string_view, std::string_view tenant) {
      const auto found = std::find_if(drafts_.begin(), drafts_.end(), [&](const Draft& draft) {
        return draft.origin && draft.origin->source_name == name && draft.origin->tenant == tenant;
      });
      return found == drafts_.end() ? std::make_shared<const event::Origin>() : found->origin;
    };
    run::LogReader reader(
        plan_, [this](const std::string&) { return std::optional(streams_.bytes); }, origin_of);
    trim(reader);
    sequencer_ = std::make_unique<run::Sequencer>(plan_, run::ClockMode::live);
    std::vector<alert::Alert> muted;
    reader.restore_clocks(trimmed_, *sequencer_, muted);
    for (const std::string& entry : entries_) {
      if (const Status applied = reader.apply(entry, *sequencer_, muted); !applied) ran_.problem = applied.error().message;
    }
    if (!reader.cold().empty()) ran_.problem = "the log lacks something";
    if (!entries_.empty() && random_.percent(5)) read_damaged(reader);
  }

  // Damaged bytes are an error or other values, never more.
  void read_damaged(run::LogReader& reader) {
    std::string entry = entries_[static_cast<std::size_t>(random_.between(0, static_cast<std::int64_t>(entries_.size()) - 1))];
    const auto place = static_cast<std::size_t>(random_.between(0, static_cast<std::int64_t>(entry.size()) - 1));
    if (random_.percent(50)) {
      entry.resize(place);
    } else {
      entry[place] = static_cast<char>(random_.between(0, 255));
    }
    run::Sequencer scratch(plan_, run::ClockMode::live);
    std::vector<alert::Alert> alerts;
    (void)reader.apply(entry, scratch, alerts);
  }

  // Drops entries from the front that no rule can need.
  void trim(run::LogReader& reader) {
    std::vector<run::ClockMark> clocks = trimmed_;
    for (const std::string& entry : entries_) (void)reader.note_clocks(entry, clocks);
    TimeUs oldest = INT64_MAX;
    for (const run::ClockMark& clock : clocks) oldest = std::min(oldest, clock.stamp);
    while (!entries_.empty()) {
      std::vector<run::ClockMark> first;
      (void)reader.note_clocks(entries_.front(), first);
      for (const run::ClockMark& clock : first) {
        if (clock.stamp >= oldest - run::log_retention(*plan_)) return;
      }
      if (first.empty()) return;  // a source going down or up: kept, with what follows
      (void)reader.note_clocks(entries_.front(), trimmed_);
      entries_.pop_front();
    }
  }

  plan::PlanPtr plan_;
  const std::vector<Draft>& drafts_;
  const std::vector<std::shared_ptr<HitBatch>>& batches_;
  Random random_;
  run::StreamTable streams_;
  run::LogWriter writer_;
  std::unique_ptr<run::Sequencer> sequencer_;
  std::deque<std::string> entries_;
  std::vector<run::ClockMark> trimmed_;
  Ran ran_;
};

class PipelineImpl final : public Pipeline {
 public:
  PipelineImpl(plan::PlanPtr plan, std::shared_ptr<const match::MatchProgram> program)
      : plan_(std::move(plan)), program_(std::move(program)) {}

  Outcome run(const Run& run) override {
    outcome_ = {};
    const std::vector<Draft> drafts = draft(run);
    const std::vector<std::shared_ptr<HitBatch>>& batches = decode(run, drafts);
    std::vector<alert::Alert> alerts;
    const run::ClockMode mode = run.clock == naive::Clock::live     ? run::ClockMode::live
                                : run.clock == naive::Clock::merged ? run::ClockMode::merged
                                                                    : run::ClockMode::as_arrived;
    run::Sequencer sequencer(plan_, mode, run.now);
    if (run.clock == naive::Clock::merged) {
      merge(drafts, batches, sequencer, alerts);
    } else if (run.clock == naive::Clock::live) {
      return outcome_of(run, RestartedRun(plan_, run, drafts, batches).go());
    } else {
      for (std::size_t i = 0; i < drafts.size(); ++i) {
        if (drafts[i].control != nullptr) {
          control(*plan_, drafts[i], sequencer, alerts);
        } else {
          sequencer.apply(*batches[i], alerts);
        }
      }
    }
    sequencer.finish(alerts);
    return outcome_of(run, {std::move(alerts), sequencer.counters().events, sequencer.counters().rejected, {}});
  }

 private:
  Outcome outcome_of(const Run& run, Ran ran) {
    outcome_.problem += ran.problem;
    if (ran.rejected > 0) outcome_.problem += "events were rejected; ";
    const auto is_event = [](const naive::Record& record) { return record.entry == naive::Entry::event; };
    const auto events = static_cast<std::uint64_t>(std::count_if(run.log.begin(), run.log.end(), is_event));
    if (ran.events != events) outcome_.problem += "events are missing; ";
    for (const alert::Alert& alert : ran.alerts) {
      const auto flagged = [&](const char* flag) { return std::count(alert.flags.begin(), alert.flags.end(), flag) > 0; };
      outcome_.alerts.push_back({alert.alert_id, alert.rule->key, alert.tenant, alert.time, alert.revision, alert.withdrawn,
                                 alert.incomplete, flagged("at_end"), flagged("late_resolution"), alert.fired_at});
    }
    return std::move(outcome_);
  }

  plan::PlanPtr plan_;
  std::shared_ptr<const match::MatchProgram> program_;
  std::vector<std::unique_ptr<run::Worker>> workers_;
  std::vector<std::shared_ptr<HitBatch>> batches_;  // their memory is reused
  Outcome outcome_;

  // Consecutive records of one stream share a batch; for a merge every stream is two inputs.
  std::vector<Draft> draft(const Run& run) {
    Random random(run.seed);
    Origins origins(*plan_);
    std::vector<Draft> drafts;
    std::map<const event::Origin*, std::size_t> first_input;
    std::int64_t room = 0;
    for (const naive::Record& record : run.log) {
      if (record.entry != naive::Entry::event) {
        const bool tick = record.entry == naive::Entry::tick;
        drafts.push_back({tick ? origins.of(record) : nullptr, &record, 0, {}});
        room = 0;
        continue;
      }
      const auto origin = origins.of(record);
      if (drafts.empty() || drafts.back().origin != origin || room == 0) {
        const std::size_t pair = first_input.emplace(origin.get(), 2 * first_input.size()).first->second;
        drafts.push_back({origin, nullptr, pair + static_cast<std::size_t>(random.between(0, 1)), {}});
        room = random.between(1, static_cast<std::int64_t>(run.batch));
      }
      drafts.back().records.push_back(&record);
      --room;
    }
    return drafts;
  }

  const std::vector<std::shared_ptr<HitBatch>>& decode(const Run& run, const std::vector<Draft>& drafts) {
    while (batches_.size() < drafts.size()) batches_.push_back(std::make_shared<HitBatch>());
    while (workers_.size() < run.workers) workers_.push_back(std::make_unique<run::Worker>(plan_, program_));
    const auto work = [&](std::size_t worker) {
      TimeUs line_clock = 0;
      for (std::size_t i = worker; i < drafts.size(); i += run.workers) {
        if (drafts[i].control != nullptr) continue;
        workers_[worker]->process(batch_of(drafts[i], i, run.clock == naive::Clock::live), line_clock, *batches_[i]);
      }
    };
    if (run.workers == 1) {
      work(0);
      return batches_;
    }
    std::vector<std::thread> threads;
    for (std::size_t worker = 0; worker < run.workers; ++worker) threads.emplace_back(work, worker);
    for (std::thread& thread : threads) thread.join();
    return batches_;
  }

  void merge(const std::vector<Draft>& drafts, const std::vector<std::shared_ptr<HitBatch>>& batches, run::Sequencer& sequencer,
             std::vector<alert::Alert>& alerts) {
    std::map<std::size_t, std::vector<std::size_t>> by_input;  // input -> batches, in order
    for (std::size_t i = 0; i < drafts.size(); ++i) by_input[drafts[i].input].push_back(i);
    std::vector<std::vector<std::size_t>> inputs;
    for (auto& [input, list] : by_input) inputs.push_back(std::move(list));
    run::Merger merger(inputs.size(), [&](const correlate::EventHits& event, const event::Origin& origin) {
      sequencer.apply_event(event, origin, alerts);
    });
    std::vector<std::size_t> next(inputs.size(), 0);
    for (std::size_t input = merger.wanted(); input < inputs.size(); input = merger.wanted()) {
      if (next[input] == inputs[input].size()) {
        merger.finish(input);
        continue;
      }
      const auto& batch = batches[inputs[input][next[input]++]];
      sequencer.count(*batch);
      if (const Status status = merger.push(input, batch); !status) outcome_.problem += status.error().to_string() + "; ";
    }
  }
};

}  // namespace

std::unique_ptr<Pipeline> Pipeline::load(const std::string& yaml, const naive::SourceTypes& sources, std::string& problem) {
  rules::CompileOptions options;
  for (const auto& [name, type] : sources) options.sources.push_back(source_plan(name, type));
  Diagnostics diagnostics;
  const rules::CompiledRules compiled = rules::compile({{"oracle.yml", yaml}}, options, diagnostics);
  if (diagnostics.has_errors() || !compiled.plan) {
    for (const Diagnostic& diagnostic : diagnostics.items()) {
      if (diagnostic.severity == Severity::error) problem += render_human(diagnostic, false);
    }
    return nullptr;
  }
  auto program = match::MatchProgram::build(compiled.plan);
  if (!program) {
    problem = program.error().to_string();
    return nullptr;
  }
  return std::make_unique<PipelineImpl>(compiled.plan, *program);
}

}  // namespace vedette::oracle
