#include "rules/test/run.h"

#include <algorithm>
#include <map>
#include <random>
#include <thread>

#include "engine/run/sequencer.h"

namespace vedette::rules::test {
namespace {

std::vector<std::shared_ptr<const event::Origin>> make_origins(const plan::Plan& plan) {
  std::vector<std::shared_ptr<const event::Origin>> out;
  for (std::uint32_t i = 0; i < plan.sources.size(); ++i) {
    auto origin = std::make_shared<event::Origin>();
    origin->source_name = "test/" + plan.sources[i].source.name;
    origin->clock = i;
    origin->source = i;
    out.push_back(std::move(origin));
  }
  return out;
}

event::RecordBatch make_batch(const TestEvent& event, const Delivery& delivery, std::uint64_t sequence,
                              std::shared_ptr<const event::Origin> origin) {
  event::RecordBatch batch;
  batch.sequence = sequence;
  batch.origin = std::move(origin);
  batch.buffer = event.record;
  batch.buffer.append(event::kPadding, '\0');
  event::RawRecord record;
  record.bytes = std::string_view(batch.buffer).substr(0, event.record.size());
  record.arrival = delivery.arrival;
  record.position = delivery.event;
  record.line = delivery.event + 1;
  batch.records.push_back(record);
  return batch;
}

void copy_hits(const correlate::HitBatch& batch, std::size_t event, std::vector<SeenHit>& out) {
  for (const correlate::EventHits& found : batch.events) {
    for (const correlate::Hit& hit : found.hits) {
      SeenHit seen{hit.rule, event, found.head.repeat, found.head.t, {}};
      for (const correlate::ColumnValues& column : hit.columns) {
        std::vector<std::string>& keys = seen.columns.emplace_back();
        for (const correlate::ColumnValue& value : column) keys.emplace_back(value.key);
      }
      out.push_back(std::move(seen));
    }
  }
}

bool all_hold(const std::vector<std::uint32_t>& nodes, const std::vector<bool>& results) {
  return std::all_of(nodes.begin(), nodes.end(), [&](std::uint32_t node) { return results[node]; });
}

// Collects, for one event, how far each rule of its source was from matching.
void trace_misses(const event::EventView& view, match::Matcher& matcher, const plan::Plan& plan, std::size_t event,
                  std::vector<Miss>& out) {
  const plan::SourceProgram& program = plan.sources[view.head.source];
  std::vector<match::NodeTrace> nodes;
  for (std::uint32_t index = 0; index < program.arms.size(); ++index) {
    const plan::Arm& arm = program.arms[index];
    nodes.clear();
    const bool matched = matcher.trace(view, index, nodes);
    Miss miss;
    miss.rule = arm.rule;
    miss.event = event;
    std::vector<bool> results(arm.nodes.size(), false);
    const std::vector<bool> of_body = plan::nodes_under(arm, arm.root);
    for (const match::NodeTrace& node : nodes) {
      results[node.node] = node.result;
      const plan::Node& shape = arm.nodes[node.node];
      if (node.result || !of_body[node.node]) continue;
      if (shape.kind == plan::NodeKind::predicate) {
        if (miss.failed++ == 0)
          miss.first = program.predicates[shape.predicate].text + " (the event has " + node.field_text + ")";
      } else if (shape.kind == plan::NodeKind::any_member && all_hold(shape.children, results)) {
        if (miss.failed++ == 0) miss.first = shape.text + " (no member has all of it)";
      }
    }
    for (const plan::ArmFilter& filter : arm.filters) {
      const plan::FilterPlan& of = plan.filters[filter.filter];
      if (!results[arm.root] || results[filter.node] || !match::in_force(of, view.head)) continue;
      miss.failed = 1;
      miss.first = "because filter `" + of.label() + "` removes it";
    }
    for (const plan::Selection& selection : arm.selections) miss.selections.push_back(results[selection.node]);
    if (!matched) out.push_back(std::move(miss));
  }
}

// Of every alert its last revision, in the place of the first; those withdrawn are gone.
void keep_last_revisions(std::vector<alert::Alert>& alerts) {
  std::map<std::string, std::size_t> places;
  std::vector<alert::Alert> kept;
  for (alert::Alert& each : alerts) {
    const auto [place, added] = places.emplace(each.alert_id, kept.size());
    if (added) {
      kept.push_back(std::move(each));
    } else {
      kept[place->second] = std::move(each);
    }
  }
  std::erase_if(kept, [](const alert::Alert& each) { return each.withdrawn; });
  alerts = std::move(kept);
}

}  // namespace

Runner::Runner(plan::PlanPtr plan, std::shared_ptr<const match::MatchProgram> program)
    : plan_(std::move(plan)), program_(std::move(program)), origins_(make_origins(*plan_)) {}

Result<Runner> Runner::make(plan::PlanPtr plan) {
  auto program = match::MatchProgram::build(plan);
  if (!program) return program.error();
  return Runner(std::move(plan), std::move(*program));
}

void Runner::process(run::Worker& worker, const TestCase& test, std::span<const Delivery> order, std::size_t first,
                     std::size_t step, std::vector<correlate::HitBatch>& out) const {
  std::vector<TimeUs> line_clocks(origins_.size(), 0);
  for (std::size_t i = first; i < order.size(); i += step) {
    const TestEvent& event = test.events[order[i].event];
    const event::RecordBatch batch = make_batch(event, order[i], i, origins_[event.source]);
    worker.process(batch, line_clocks[event.source], out[i]);
  }
}

void Runner::process_traced(const TestCase& test, std::span<const Delivery> order, Run& run,
                            std::vector<correlate::HitBatch>& out) {
  run::Worker& worker = *workers_.front();
  worker.on_reject([&](const event::Origin&, const event::Reject& reject) { run.rejects.push_back(reject.message); });
  worker.observe([&](const event::EventView& view, match::Matcher& matcher) {
    trace_misses(view, matcher, *plan_, static_cast<std::size_t>(view.head.line - 1), run.misses);
  });
  process(worker, test, order, 0, 1, out);
  worker.on_reject({});
  worker.observe({});
  for (std::size_t i = 0; i < out.size(); ++i) copy_hits(out[i], order[i].event, run.hits);
}

Run Runner::run(const TestCase& test, std::span<const Delivery> order, std::size_t workers, bool traced) {
  while (workers_.size() < workers) workers_.push_back(std::make_unique<run::Worker>(plan_, program_));
  Run out;
  std::vector<correlate::HitBatch> batches(order.size());
  if (traced) {
    process_traced(test, order, out, batches);
  } else if (workers == 1) {
    process(*workers_.front(), test, order, 0, 1, batches);
  } else {
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < workers; ++i) {
      threads.emplace_back([&, i] { process(*workers_[i], test, order, i, workers, batches); });
    }
    for (std::thread& thread : threads) thread.join();
  }
  run::Sequencer sequencer(plan_, run::ClockMode::live);
  for (const correlate::HitBatch& batch : batches) sequencer.apply(batch, out.alerts);
  sequencer.finish(out.alerts);
  keep_last_revisions(out.alerts);
  return out;
}

std::vector<Delivery> in_order(const TestCase& test) {
  std::vector<Delivery> out;
  for (std::size_t i = 0; i < test.events.size(); ++i) out.push_back({i, test.events[i].t});
  return out;
}

namespace {

// How late an event of a source may come without changing what fires: decisions that wait allow less than `accept`.
DurationUs allowed_delay(const plan::Plan& plan, std::uint32_t source) {
  DurationUs out = std::max<DurationUs>(plan.sources[source].source.accept, 0);
  for (const plan::CorrelationPlan& correlation : plan.correlations) {
    const bool listens = std::find(correlation.sources.begin(), correlation.sources.end(), source) != correlation.sources.end();
    if (listens && correlation.decision == plan::DecisionClass::waiting)
      out = std::min({out, plan.sources[source].source.settle, correlation.settle});
  }
  return out;
}

}  // namespace

std::vector<Delivery> shuffled(const TestCase& test, const plan::Plan& plan, std::uint64_t seed, bool twice) {
  std::mt19937_64 random(seed);
  std::vector<Delivery> out;
  for (std::size_t i = 0; i < test.events.size(); ++i) {
    const TestEvent& event = test.events[i];
    const DurationUs allowed = allowed_delay(plan, event.source);
    const auto longest = static_cast<std::uint64_t>(event.own_time ? allowed / 2 : allowed);
    const int copies = twice && !event.id.empty() ? 2 : 1;
    for (int copy = 0; copy < copies; ++copy) out.push_back({i, event.t + static_cast<TimeUs>(random() % (longest + 1))});
  }
  std::stable_sort(out.begin(), out.end(), [](const Delivery& a, const Delivery& b) { return a.arrival < b.arrival; });
  return out;
}

}  // namespace vedette::rules::test
