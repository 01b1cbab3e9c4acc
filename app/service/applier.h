// The correlator's thread of the service: takes decoded batches in their order, applies them to the sequencer, and hands
// what became of each (log entry, alerts, evidence, cursor, inbox place) to the committer as one change. Also where ticks,
// sources going down and new rule sets take their place in the log. run() is the thread; the other functions say on which.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "app/service/generation.h"
#include "connectors/store/committer.h"
#include "engine/alert/alert.h"

namespace vedette::app {

struct ApplierFunctions {
  // After the commit: alerts up to this outbox number may be delivered.
  std::function<void(std::uint64_t outbox)> outbox_committed;
  // After the commit: the source may acknowledge. On the committer's thread.
  std::function<void(const std::string& source, const std::string& partition, const std::string& resume)> source_committed;
  // On the correlator's thread.
  std::function<void(const alert::Alert& alert)> alerted;
  std::function<void(const Done& done, const run::Sequencer& sequencer)> applied;
  std::function<void(const Generation& generation)> in_force;
  // The next generation cannot take over: the thread ends.
  std::function<void(const std::string& reason)> failed;
};

class Applier {
 public:
  Applier(std::unique_ptr<Generation> first, connectors::Store& store, connectors::Committer& committer,
          ApplierFunctions functions);

  // Until the generation in force has ended and no other follows, or stop().
  void run();
  // What has not been applied is left: the thread ends after the batch in hand. Any thread.
  void stop() { stopping_ = true; }
  // run() has returned. Any thread.
  [[nodiscard]] bool ended() const { return ended_; }
  // The rule set to go on with when the one in force has been closed. Any thread, before its pipeline is closed, and not while
  // another is_waiting(): batches may be on their way to that one.
  void follow_with(std::unique_ptr<Generation> next);
  // A rule set has not yet taken over. Any thread.
  [[nodiscard]] bool is_waiting() const { return waiting_; }
  // The pipeline to submit to. Stays valid until the next generation is in force.
  [[nodiscard]] Pipeline& pipeline() { return generation_->pipeline; }
  [[nodiscard]] const Generation& generation() const { return *generation_; }

  // Only within a control job, which runs on the correlator's thread.
  void tick(const event::Origin& origin, std::uint32_t source, TimeUs stamp);
  void set_down(std::uint32_t source, bool down);
  // Alerts of the service itself, committed in one write with the facts that say that they were made.
  void raise(const std::vector<alert::Alert>& alerts, std::map<std::string, std::string> facts);

  [[nodiscard]] std::uint64_t last_log() const { return log_; }

 private:
  void observe();
  void apply(Done& done);
  void emit(connectors::Changes& changes);
  void put(connectors::Changes& changes, const alert::Alert& alert, TimeUs now);
  void commit(connectors::Changes changes);
  void keep_evidence(const correlate::EventHits& event, const event::Origin& origin);
  void commit_control(std::string entry, TimeUs time);
  void begin_epoch();
  [[nodiscard]] bool take_over();
  [[nodiscard]] Status wait_for_commit();

  std::unique_ptr<Generation> generation_;
  connectors::Store& store_;
  connectors::Committer& committer_;
  ApplierFunctions functions_;
  std::mutex mutex_;
  std::unique_ptr<Generation> next_;
  std::atomic<bool> waiting_ = false, stopping_ = false, ended_ = false;
  std::vector<alert::Alert> alerts_;
  std::vector<connectors::StoredEvidence> evidence_;
  std::string bytes_;
  std::atomic<std::uint64_t> log_;
  std::uint64_t outbox_;
};

}  // namespace vedette::app
