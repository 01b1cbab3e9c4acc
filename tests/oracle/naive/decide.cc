// Waiting decisions (docs/semantics.md, 1, 2 and 4): each is made once, at the first position of the log whose log time is
// past its deadline, from the records before it with stamps up to the deadline.
#include <algorithm>
#include <tuple>

#include "tests/oracle/naive/patterns.h"
#include "tests/oracle/naive/times.h"
#include "tests/oracle/naive/world.h"

namespace vedette::naive {
namespace {

Micros floor_of(Micros t, Micros width) { return t / width - (t % width < 0 ? 1 : 0); }

Decision decision_at(const LogTime& time, Trigger trigger, Micros deadline) {
  Decision decision{std::move(trigger), deadline, time.position_of(deadline)};
  decision.at_end = decision.position == time.end();
  decision.incomplete = time.incomplete_at(decision.position, deadline);
  return decision;
}

}  // namespace

LogTime World::log_time(const Correlation& correlation) const {
  return {log_, sources_of(rules_, correlation), max_hold_of(rules_, correlation)};
}

bool World::log_time_falls() const {
  return std::any_of(rules_.correlations.begin(), rules_.correlations.end(),
                     [&](const Correlation& correlation) { return waits(correlation) && log_time(correlation).falls(); });
}

// --- decisions ---

const std::vector<Decision>& World::decisions(const Correlation& correlation) {
  const auto known = decisions_.find(correlation.name);
  if (known != decisions_.end()) return known->second;
  std::vector<Decision> made = correlation.settled    ? decide_settled(correlation)
                               : tumbles(correlation) ? decide_windows(correlation)
                                                      : decide_negation(correlation);
  return decisions_[correlation.name] = std::move(made);
}

std::vector<Decision> World::decide_windows(const Correlation& correlation) {
  const LogTime time = log_time(correlation);
  const Micros width = correlation.window, edge = rules_.edge;
  std::set<Micros> numbers;
  for (const auto& [group, contributions] : groups_of(correlation, {})) {
    for (const Contribution& one : contributions) numbers.insert(floor_of(one.event->t - edge, width));
  }
  std::vector<Decision> made;
  for (const Micros number : numbers) {
    const Micros deadline = (number + 1) * width + settle_of(rules_, correlation) - edge;
    for (const auto& [group, contributions] : groups_of(correlation, {deadline, time.position_of(deadline)})) {
      Window window;
      for (const Contribution& one : contributions) {
        if (floor_of(one.event->t - edge, width) == number) window.push_back(&one);
      }
      if (window.empty() || !satisfied(correlation, window)) continue;
      const auto later = [](const Contribution* a, const Contribution* b) {
        return std::tie(a->event->t, a->event->id, a->event->source) < std::tie(b->event->t, b->event->id, b->event->source);
      };
      const Event* last = (*std::max_element(window.begin(), window.end(), later))->event;
      made.push_back(decision_at(time, {group, last, {}, number}, deadline));
    }
  }
  return made;
}

// For every event that ends a complete positive part: D is the deadline, or the earliest later stamp at which it is complete.
std::vector<Decision> World::decide_negation(const Correlation& correlation) {
  const LogTime time = log_time(correlation);
  const Groups all = groups_of(correlation, {});
  std::set<Micros> later;  // stamps at which more is known
  for (const Event* event : accepted_) later.insert(event->a);
  for (const Correlation& below : rules_.correlations) {  // inner rules come first
    if (below.name == correlation.name) break;
    if (!waits(below)) continue;
    for (const Decision& inner : decisions(below)) later.insert(inner.deadline);
  }
  std::map<Moment, Groups> seen;
  std::vector<Decision> made;
  for (const auto& [group, contributions] : all) {
    std::set<const Event*> done;
    for (const Contribution& h : contributions) {
      if (!ends_pattern(correlation, h) || !pattern_ends_at(correlation, contributions, h, false, rules_.edge)) continue;
      if (!done.insert(h.event).second) continue;
      std::set<Micros> stamps = {negation_deadline(rules_, correlation, h.event->t) - rules_.edge};
      stamps.insert(later.upper_bound(*stamps.begin()), later.end());
      const auto complete = [&](const Moment& moment, bool cancelling) {
        if (!seen.contains(moment)) seen[moment] = groups_of(correlation, moment);
        const Contributions& known = seen[moment][group];
        return std::any_of(known.begin(), known.end(), [&](const Contribution& one) {
          return one.event == h.event && ends_pattern(correlation, one) &&
                 pattern_ends_at(correlation, known, one, cancelling, rules_.edge);
        });
      };
      const Micros deadline = *std::find_if(stamps.begin(), stamps.end(), [&](Micros x) { return complete({x}, false); });
      if (complete({deadline, time.position_of(deadline)}, true)) {
        made.push_back(decision_at(time, {group, h.event, {}, {}}, deadline));
      }
    }
  }
  return made;
}

// new_value and metrics that wait for everything that could refute them.
std::vector<Decision> World::decide_settled(const Correlation& correlation) {
  const LogTime time = log_time(correlation);
  const Micros wait = settled_wait(rules_, correlation) - rules_.edge;
  std::set<Micros> times;
  for (const auto& [group, contributions] : groups_of(correlation, {})) {
    for (const Contribution& one : contributions) times.insert(one.event->t);
  }
  std::vector<Decision> made;
  for (const Micros t : times) {
    const Micros deadline = t + wait;
    for (const auto& [group, contributions] : groups_of(correlation, {deadline, time.position_of(deadline)})) {
      for (const auto& [event, value] : triggers_in(correlation, contributions, rules_.edge)) {
        if (event->t == t) made.push_back(decision_at(time, {group, event, value, {}}, deadline));
      }
    }
  }
  return made;
}

}  // namespace vedette::naive
