#include "app/service/applier.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "app/service/evidence.h"
#include "app/service/outbox.h"
#include "app/service/quarantine.h"
#include "connectors/sinks/outbox_alert.h"
#include "connectors/sources/record_source.h"

namespace vedette::app {

using connectors::Changes;

namespace {

constexpr std::chrono::seconds kFlushStep{1};
constexpr int kFlushSteps = 60;

}  // namespace

Applier::Applier(std::unique_ptr<Generation> first, connectors::Store& store, connectors::Committer& committer,
                 ApplierFunctions functions)
    : generation_(std::move(first)),
      store_(store),
      committer_(committer),
      functions_(std::move(functions)),
      log_(store.last_log()),
      outbox_(store.last_outbox()) {
  observe();
}

void Applier::observe() {
  generation_->sequencer.observe(
      [this](const correlate::EventHits& event, const event::Origin& origin) { keep_evidence(event, origin); });
}

void Applier::run() {
  begin_epoch();
  do {
    Done done;
    while (!stopping_ && generation_->pipeline.next(done)) {
      if (done.control) {
        done.control();
      } else {
        apply(done);
      }
    }
  } while (take_over());
  ended_ = true;
}

void Applier::follow_with(std::unique_ptr<Generation> next) {
  const std::lock_guard lock(mutex_);
  next_ = std::move(next);
  waiting_ = true;
}

// The next generation knows the log up to some entry; the rest is folded now, when nothing else happens.
bool Applier::take_over() {
  std::unique_ptr<Generation> next;
  {
    const std::lock_guard lock(mutex_);
    next = std::move(next_);
  }
  if (!next) return false;
  Status folded = wait_for_commit();
  if (folded) folded = next->fold();
  if (!folded) {
    follow_with(std::move(next));  // batches may be on their way to it
    if (!stopping_) functions_.failed("rules could not be exchanged: " + folded.error().to_string());
    return false;
  }
  generation_ = std::move(next);
  waiting_ = false;
  observe();
  begin_epoch();
  return true;
}

// A full disk takes as long as it takes.
Status Applier::wait_for_commit() {
  for (int step = 0; step < kFlushSteps && !stopping_; step += committer_.full() ? 0 : 1) {
    if (committer_.flush(kFlushStep)) return {};
  }
  return Error{"what was applied could not be committed"};
}

// Names the rules in force in the log, once per change.
void Applier::begin_epoch() {
  const std::string& bundle = generation_->rules.plan->hash;
  const std::string table = streams_name(generation_->streams.name);
  if (generation_->stored_bundle() != bundle || !store_.bundle(table)) {
    Changes changes;
    changes.bundles[table] = generation_->streams.bytes;
    changes.facts[kIdentitiesFact] = generation_->identities();
    generation_->writer.epoch(bundle, bytes_);
    changes.log.push_back({++log_, 0, bytes_});
    committer_.add(std::move(changes));
  }
  functions_.in_force(*generation_);
}

void Applier::keep_evidence(const correlate::EventHits& event, const event::Origin& origin) {
  const std::string& type = generation_->rules.plan->sources[event.head.source].source.name;
  evidence_.push_back({evidence_key(origin.tenant, type, event.head.id), event.head.a, std::string(event.raw)});
}

void Applier::apply(Done& done) {
  Changes changes;
  const correlate::HitBatch& hits = *done.hits;
  if (done.records > 0) {
    generation_->sequencer.apply(hits, alerts_);
    generation_->writer.batch(hits, bytes_);
    const TimeUs newest = run::newest_stamp(hits);
    changes.log.push_back({++log_, newest == event::kNoArrival ? 0 : newest, bytes_});
    changes.evidence = std::exchange(evidence_, {});
  }
  for (const RejectRecord& reject : done.rejects)
    changes.rejects.push_back(
        stored_reject(*hits.origin, {reject.reason, reject.message, reject.bytes, reject.line, reject.position}));
  changes.inbox_applied = done.inbox;
  const event::Origin& origin = *hits.origin;
  if (!done.resume.empty()) changes.cursors[origin.source_name + "/" + origin.partition] = done.resume;
  emit(changes);
  connectors::Committer::Done committed;
  if (!changes.outbox.empty() || !done.resume.empty()) {
    committed = [this, outbox = changes.outbox.empty() ? 0 : outbox_, origin = hits.origin, resume = done.resume](bool durable) {
      if (!durable) return;
      if (outbox > 0) functions_.outbox_committed(outbox);
      if (!resume.empty()) functions_.source_committed(origin->source_name, origin->partition, resume);
    };
  }
  (void)committer_.wait_for_queue(/*on_full_disk=*/true);
  // Only alerts have somebody who waits for them.
  if (changes.outbox.empty()) {
    committer_.add_patiently(std::move(changes), std::move(committed));
  } else {
    committer_.add(std::move(changes), std::move(committed));
  }
  functions_.applied(done, generation_->sequencer);
}

// The alerts made, into the outbox. Shadow rules are evaluated and counted, never routed.
void Applier::emit(Changes& changes) {
  const TimeUs now = alerts_.empty() ? 0 : connectors::system_clock_now();
  for (const alert::Alert& alert : alerts_) {
    functions_.alerted(alert);
    if (!alert.rule->shadow) put(changes, alert, now);
  }
  alerts_.clear();
}

void Applier::put(Changes& changes, const alert::Alert& alert, TimeUs now) {
  changes.outbox.push_back({++outbox_, alert.fired_at, connectors::encode_outbox_alert(outbox_alert(alert, now))});
  changes.emitted.push_back({alert.alert_id, outbox_, alert.revision, alert.fired_at});
}

void Applier::raise(const std::vector<alert::Alert>& alerts, std::map<std::string, std::string> facts) {
  Changes changes;
  changes.facts = std::move(facts);
  const TimeUs now = connectors::system_clock_now();
  for (const alert::Alert& alert : alerts) put(changes, alert, now);
  commit(std::move(changes));
}

void Applier::tick(const event::Origin& origin, std::uint32_t source, TimeUs stamp) {
  generation_->sequencer.tick(origin, source, stamp, alerts_);
  generation_->writer.tick(origin, source, stamp, bytes_);
  commit_control(bytes_, stamp);
}

void Applier::set_down(std::uint32_t source, bool down) {
  generation_->sequencer.set_down(source, down, alerts_);
  generation_->writer.down(source, down, bytes_);
  commit_control(bytes_, 0);
}

void Applier::commit_control(std::string entry, TimeUs time) {
  Changes changes;
  changes.log.push_back({++log_, time, std::move(entry)});
  emit(changes);
  commit(std::move(changes));
}

void Applier::commit(Changes changes) {
  const std::uint64_t outbox = changes.outbox.empty() ? 0 : outbox_;
  committer_.add(std::move(changes), [this, outbox](bool durable) {
    if (durable && outbox > 0) functions_.outbox_committed(outbox);
  });
}

}  // namespace vedette::app
