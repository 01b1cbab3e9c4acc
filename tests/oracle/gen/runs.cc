#include "tests/oracle/gen/runs.h"

#include <algorithm>
#include <set>

#include "tests/oracle/gen/random.h"

namespace vedette::oracle {
namespace {

using naive::Clock;
using naive::kMinute;
using naive::Micros;
using naive::Record;

// One copy of an event on its way to the engine.
struct Copy {
  const CaseEvent* event = nullptr;
  std::string stream;
  std::optional<Micros> arrival;
  bool timed = true;
};

class RunMaker {
 public:
  RunMaker(const RuleSet& set, const Case& test_case) : set_(set), case_(test_case), random_(test_case.seed ^ 0x517) {}

  std::vector<Run> make() {
    std::vector<Run> runs;
    runs.push_back(run("replay", Clock::merged, once(), 1, 7));
    runs.push_back(run("replay, copies, 2 workers", Clock::merged, with_copies(shuffled(once())), 2, 3));
    runs.push_back(run("shuffled, one at a time", Clock::as_arrived, started(shuffled(once())), 1, 1));
    runs.push_back(run("shuffled, copies, 4 workers", Clock::as_arrived, started(with_copies(shuffled(once()))), 4, 4));
    const bool text = set_.rules.sources.contains(kTextSource);  // a line has no place for its arrival
    runs.push_back(run("recorded arrivals, copies", text ? Clock::live : Clock::as_arrived, arriving(), 1, 5));
    runs.push_back(run("live, 2 workers", Clock::live, arriving(), 2, 2));
    if (random_.percent(20)) runs[3].now = middle();
    return runs;
  }

 private:
  const RuleSet& set_;
  const Case& case_;
  Random random_;

  std::string stream_of(const CaseEvent& event) {
    return event.record.tenant + "/" + event.record.source + "/" + (random_.percent(70) ? "hook" : "poll");
  }

  std::vector<Copy> once() {
    std::vector<Copy> copies;
    for (const CaseEvent& event : case_.events) copies.push_back({&event, stream_of(event), {}, true});
    return copies;
  }

  std::vector<Copy> shuffled(std::vector<Copy> copies) {
    random_.shuffle(copies);
    return copies;
  }

  // A tenth of the events are delivered again, anywhere in the log and by any way. Events without an id would be new ones.
  std::vector<Copy> with_copies(std::vector<Copy> copies) {
    for (std::size_t extra = (copies.size() + 5) / 10; extra > 0; --extra) {
      Copy again = random_.pick(copies);
      if (random_.percent(30)) again.stream = stream_of(*again.event);
      copies.insert(copies.begin() + random_.between(0, static_cast<std::int64_t>(copies.size())), again);
    }
    return copies;
  }

  // The oldest event of every stream comes first, so that no clock starts behind what others made the engine forget.
  std::vector<Copy> started(std::vector<Copy> copies) {
    std::map<std::string, std::size_t> oldest;
    for (std::size_t i = 0; i < copies.size(); ++i) {
      const auto [place, fresh] = oldest.emplace(copies[i].stream, i);
      if (!fresh && copies[i].event->record.t < copies[place->second].event->record.t) place->second = i;
    }
    if (oldest.size() == 1) return copies;
    std::vector<Copy> first, rest;
    for (std::size_t i = 0; i < copies.size(); ++i) (oldest[copies[i].stream] == i ? first : rest).push_back(copies[i]);
    std::stable_sort(first.begin(), first.end(),
                     [](const Copy& a, const Copy& b) { return a.event->record.t < b.event->record.t; });
    first.insert(first.end(), rest.begin(), rest.end());
    return first;
  }

  Micros delay(Micros accept) {
    const std::int64_t way = random_.between(0, 99);
    if (way < 50) return random_.between(0, accept / 2);
    if (way < 60) return accept;
    if (way < 68) return accept + 1;
    if (way < 75) return accept + random_.between(0, accept);
    if (way < 85) return -random_.between(0, 5 * kMinute);
    if (way < 88) return -5 * kMinute;
    if (way < 91) return -5 * kMinute - 1;
    return 0;
  }

  // Delayed events in order of arrival, some neighbours of a stream swapped; copies arrive later. An event without a time, or
  // from the future, has no copies, since its time depends on the copy.
  std::vector<Copy> arriving() {
    const bool punctual = random_.percent(30);
    std::vector<Copy> copies;
    for (Copy copy : once()) {
      const Micros accept = set_.rules.sources.at(copy.event->record.source).accept;
      copy.arrival = *copy.event->record.t + (punctual ? random_.between(0, accept / 4) : delay(accept));
      copy.timed = !random_.percent(3);
      copies.push_back(copy);
      if (!random_.percent(10) || !copy.timed || *copy.arrival < *copy.event->record.t) continue;
      copy.stream = stream_of(*copy.event);
      *copy.arrival += random_.between(0, accept / 2);
      copies.push_back(copy);
    }
    std::stable_sort(copies.begin(), copies.end(), [](const Copy& a, const Copy& b) { return a.arrival < b.arrival; });
    if (random_.percent(30)) {
      for (int swaps = 0; swaps < 6; ++swaps) {
        const auto i = static_cast<std::size_t>(random_.between(0, static_cast<std::int64_t>(copies.size()) - 2));
        if (copies[i].stream == copies[i + 1].stream) std::swap(copies[i], copies[i + 1]);
      }
    }
    return copies;
  }

  Micros middle() {
    std::vector<Micros> times;
    for (const CaseEvent& event : case_.events) times.push_back(*event.record.t);
    std::sort(times.begin(), times.end());
    return times[times.size() / 2];
  }

  Run run(const std::string& name, Clock clock, const std::vector<Copy>& copies, std::size_t workers, std::size_t batch) {
    Run run{name, clock, std::numeric_limits<Micros>::max(), {}, workers, batch, random_.next()};
    for (const Copy& copy : copies) {
      Record record = copy.event->record;
      record.stream = copy.stream;
      record.arrival = copy.arrival;
      record.bytes = to_line(*copy.event, clock == Clock::as_arrived ? copy.arrival : std::nullopt, copy.timed);
      if (!copy.timed) record.t.reset();
      run.log.push_back(std::move(record));
    }
    return run;
  }
};

}  // namespace

std::vector<Run> make_runs(const RuleSet& set, const Case& test_case) { return RunMaker(set, test_case).make(); }

}  // namespace vedette::oracle
