#include "tests/oracle/gen/runs.h"

#include <algorithm>
#include <set>

#include "tests/oracle/gen/random.h"
#include "tests/oracle/naive/times.h"

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
  bool waits_ = any_waits(set_);

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

  // A stamp at the deadline of some decision about an event at t, or a microsecond beside it.
  std::optional<Micros> at_a_deadline(Micros t) {
    std::vector<Micros> deadlines;
    for (const naive::Correlation& correlation : set_.rules.correlations) {
      if (!naive::waits(correlation)) continue;
      const Micros w = correlation.window;
      if (correlation.settled) {
        deadlines.push_back(t + naive::settled_wait(set_.rules, correlation));
      } else if (naive::tumbles(correlation)) {
        deadlines.push_back(t - ((t % w) + w) % w + w + naive::settle_of(set_.rules, correlation));
      } else {
        const Micros deadline = naive::negation_deadline(set_.rules, correlation, t);
        deadlines.insert(deadlines.end(), {deadline, deadline - w, deadline - w / 2});
      }
    }
    if (deadlines.empty()) return std::nullopt;
    const Micros stamp = random_.pick(deadlines) + random_.pick(std::vector<Micros>{-1, 0, 0, 1, 1});
    return stamp < t ? std::nullopt : std::optional<Micros>(stamp);
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
    const int edges = !waits_ ? 0 : random_.pick(std::vector<int>{0, 30, 60});
    std::vector<Copy> copies;
    for (Copy copy : once()) {
      const Micros accept = set_.rules.sources.at(copy.event->record.source).accept;
      copy.arrival = *copy.event->record.t + (punctual ? random_.between(0, accept / 4) : delay(accept));
      if (edges > 0 && random_.percent(edges)) copy.arrival = at_a_deadline(*copy.event->record.t).value_or(*copy.arrival);
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
    if (waits_ && random_.percent(25)) fall_silent(copies);
    if (waits_ && punctual && random_.percent(40)) start_late(copies);
    return copies;
  }

  // A stream that delivers nothing any more holds every decision.
  void fall_silent(std::vector<Copy>& copies) {
    const std::string stream = random_.pick(copies).stream;
    const auto from = copies.begin() + random_.between(0, static_cast<std::int64_t>(copies.size()) - 1);
    copies.erase(std::remove_if(from, copies.end(), [&](const Copy& copy) { return copy.stream == stream; }), copies.end());
  }

  // The first records of a stream come a little later than their stamps say.
  void start_late(std::vector<Copy>& copies) {
    if (copies.empty()) return;
    const std::string stream = random_.pick(copies).stream;
    const auto of_stream = [&](const Copy& copy) { return copy.stream == stream; };
    const auto first = std::find_if(copies.begin(), copies.end(), of_stream);
    const auto end = first + random_.between(0, std::min<std::int64_t>(8, copies.end() - first));
    std::stable_partition(first, end, [&](const Copy& copy) { return !of_stream(copy); });
  }

  // Source types go down and come up again, healthy streams report that time has passed.
  void add_controls(Run& run) {
    std::vector<std::string> sources;
    for (const auto& [name, source] : set_.rules.sources) sources.push_back(name);
    const auto anywhere = [&] { return static_cast<std::size_t>(random_.between(0, static_cast<std::int64_t>(run.log.size()))); };
    for (int times = random_.percent(50) ? 1 : 2; times > 0; --times) {
      Record down;
      down.entry = naive::Entry::down;
      down.source = random_.pick(sources);
      Record up = down;
      up.entry = naive::Entry::up;
      const std::size_t at = anywhere(), until = anywhere();
      if (until > at) run.log.insert(run.log.begin() + static_cast<std::ptrdiff_t>(until), up);
      run.log.insert(run.log.begin() + static_cast<std::ptrdiff_t>(at), down);
    }
    if (run.clock != Clock::live) return;
    for (std::int64_t ticks = random_.between(0, 3); ticks > 0 && !run.log.empty(); --ticks) {
      const std::size_t at = anywhere();
      if (at == 0 || run.log[at - 1].entry != naive::Entry::event) continue;
      Record tick = run.log[at - 1];
      tick.entry = naive::Entry::tick;
      *tick.arrival += random_.pick(std::vector<Micros>{0, naive::kSecond, kMinute, naive::kHour});
      run.log.insert(run.log.begin() + static_cast<std::ptrdiff_t>(at), tick);
    }
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
    if (waits_ && clock != Clock::merged && random_.percent(40)) add_controls(run);
    return run;
  }
};

}  // namespace

std::vector<Run> make_runs(const RuleSet& set, const Case& test_case) { return RunMaker(set, test_case).make(); }

}  // namespace vedette::oracle
