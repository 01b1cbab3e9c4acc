// Hand-built plans and events for tests of the correlator: every rule has the columns user, value, ip, user|cased;
// times are seconds.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/correlate/correlator.h"

namespace vedette::test {

using Values = std::vector<std::string>;

struct Event {
  Values rules;  // names of the rules it matches
  double t = 0;  // seconds
  std::string id;
  Values user = {"alice"};
  Values value = {};
  Values ip = {};
  std::string tenant = "default";
  std::string source = "okta";
  std::uint32_t repeat = 1;
  std::uint8_t flags = 0;
  double a = 4000;                        // arrival stamp, seconds
  std::optional<plan::Level> level = {};  // of its hits, by level-when
};

struct MetricSpec {
  std::string name;
  plan::MetricKind kind = plan::MetricKind::count;
  Values fields = {};
  Values of = {};  // rules; empty = all listed
};

struct Corr {
  std::string name;
  plan::CorrelationType type = plan::CorrelationType::event_count;
  Values rules;         // names of rules or of correlations defined before
  double window = 600;  // seconds
  std::uint64_t threshold = 3;
  double period = 600;  // suppress.for; 0 = one alert per trigger
  Values members = {"user"};
  Values values = {};                  // counted fields
  std::vector<std::uint32_t> by = {};  // members; empty = all of them
  bool by_nothing = false;             // suppress.by: []
  bool across_tenants = false;
  bool generate = false;  // its own alerts although a later correlation reads it
  plan::DecisionClass decision = plan::DecisionClass::monotone;
  bool settled = false;
  std::vector<plan::Bound> bounds = {};  // value_sum
  bool sum_risk = false;
  bool change_all = false;
  std::vector<plan::Bound> speed_kmh = {}, distance_km = {};
  std::vector<MetricSpec> metrics = {};
  std::string condition = {};  // over metrics, in postfix: "attempts 3 >= users 2 >= and"
  Values until = {};
  std::vector<std::pair<plan::Level, std::string>> level_when = {};
  std::vector<std::pair<std::string, std::string>> exports = {};  // name, field
  plan::Title title = {};
  std::uint32_t risk = 0;
  double accept = 6 * 3600;  // seconds
};

// Rules are those named by the correlations; emit lists rules that make their own alerts as well.
struct PlanSpec {
  std::vector<Corr> correlations;
  Values emit = {};
  plan::Suppress rule_suppress = {};
  plan::Title rule_title = {};
  std::map<std::string, std::uint32_t> risk = {};  // of rules
};

[[nodiscard]] inline plan::Bound gt(std::string number) { return {plan::CompareOp::gt, false, std::move(number)}; }
[[nodiscard]] inline plan::Bound gte(std::string number) { return {plan::CompareOp::gte, false, std::move(number)}; }

[[nodiscard]] plan::PlanPtr make_plan(const PlanSpec& spec);

// Feeds events in the given order to a fresh correlator (one call each), clocks following their arrival.
class Replay {
 public:
  explicit Replay(plan::PlanPtr plan, const correlate::CorrelatorOptions& options = {})
      : plan_(std::move(plan)), correlator_(plan_, options) {}
  void feed(const Event& event);
  void feed_all(const std::vector<Event>& events) {
    for (const Event& event : events) feed(event);
  }
  void advance(double stamp, std::uint32_t source = 0) { correlator_.advance(0, source, static_cast<TimeUs>(stamp * 1e6)); }

  [[nodiscard]] const std::vector<alert::Alert>& alerts() const { return alerts_; }
  [[nodiscard]] std::vector<alert::Alert> alerts_of(const std::string& rule) const;
  // Of alerts whose last revision was not withdrawn.
  [[nodiscard]] std::set<std::int64_t> settled_buckets(const std::string& rule) const;
  [[nodiscard]] std::set<std::string> settled_ids() const;
  [[nodiscard]] std::set<std::int64_t> buckets(const std::string& rule) const;
  [[nodiscard]] std::set<std::string> ids() const;
  [[nodiscard]] correlate::Correlator& correlator() { return correlator_; }
  [[nodiscard]] const plan::Plan& plan() const { return *plan_; }

 private:
  plan::PlanPtr plan_;
  correlate::Correlator correlator_;
  std::vector<alert::Alert> alerts_;
  std::map<std::string, std::uint32_t> tenants_;
};

// Settled buckets of a rule's alerts, asserted to be the same in every order of arrival (all of them up to 6 events, else
// seeded shuffles). Alert ids must agree, too; only refutable plans may emit one twice.
[[nodiscard]] std::set<std::int64_t> buckets_in_every_order(const PlanSpec& spec, std::vector<Event> events,
                                                            const std::string& rule);

}  // namespace vedette::test
