// Why nothing fired: per rule, how many events were of its log source, how many passed its first term, and which
// selection was never true. An Observer is fed every event of a second pass by one worker.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "engine/correlate/correlator.h"
#include "engine/event/decoder.h"
#include "engine/match/matcher.h"
#include "engine/plan/plan.h"

namespace vedette::app {

class SilenceObserver {
 public:
  explicit SilenceObserver(plan::PlanPtr plan);
  void observe(const event::EventView& event, match::Matcher& matcher);

  // The explanation for people; ends with a newline. The correlator is that of the first pass.
  [[nodiscard]] std::string report(const correlate::Correlator& correlator) const;
  // The same from the first pass's counters alone, when no second pass is possible.
  [[nodiscard]] std::string report_counters(const correlate::Correlator& correlator) const;
  [[nodiscard]] std::uint64_t events() const { return events_; }
  // The line of one rule or correlation; ends with a newline.
  void rule_lines(std::string& out, std::size_t rule) const;
  void correlation_lines(std::string& out, std::size_t correlation, const correlate::Correlator& correlator) const;

 private:
  struct SelectionCount {
    std::string name;
    std::uint64_t count = 0;
  };
  struct RuleCount {
    std::uint64_t of_source = 0;
    std::uint64_t first_term = 0;
    std::uint64_t matched = 0;
    std::uint64_t filtered = 0;  // would have matched without filters
    std::set<std::string> first_texts;
    std::vector<SelectionCount> selections;
  };
  // What one event came to for one rule.
  struct EventOutcome {
    bool matched = false;
    bool filtered = false;
    bool first_term = false;
    std::set<std::string> selections;
  };
  void observe_arm(const event::EventView& event, match::Matcher& matcher, std::uint32_t arm, RuleCount& count,
                   EventOutcome& outcome);
  void source_line(std::string& out) const;

  plan::PlanPtr plan_;
  std::vector<RuleCount> rules_;
  std::vector<std::uint64_t> per_source_;
  std::vector<match::NodeTrace> nodes_;
  std::uint64_t events_ = 0;
};

}  // namespace vedette::app
