#include "engine/correlate/correlator.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "engine/correlate/applying.h"
#include "engine/correlate/budget.h"
#include "engine/correlate/correlation.h"
#include "engine/correlate/event_rule.h"

namespace vedette::correlate {
namespace {

// A correlation that reads a rule or an inner correlation, and under which input.
struct Reader {
  std::uint32_t correlation = 0;
  std::uint32_t input = 0;
};
using Readers = std::vector<std::vector<Reader>>;

Readers readers_of(const plan::Plan& plan, bool of_correlations) {
  Readers readers(of_correlations ? plan.correlations.size() : plan.rules.size());
  for (std::uint32_t c = 0; c < plan.correlations.size(); ++c) {
    const std::vector<plan::Input>& inputs = plan.correlations[c].inputs;
    for (std::uint32_t i = 0; i < inputs.size(); ++i) {
      if (inputs[i].correlation == of_correlations) readers[inputs[i].index].push_back({c, i});
    }
  }
  return readers;
}

// Types whose values are looked at again, or shown: new_value, value_change.
bool shows_values(const plan::CorrelationPlan& correlation) {
  return correlation.by_values || correlation.type == plan::CorrelationType::value_change;
}

// Columns that outlive the event: group members (for the trigger's spelling) and what outer correlations take from it.
std::vector<std::vector<std::uint32_t>> kept_columns(const plan::Plan& plan) {
  std::vector<std::vector<std::uint32_t>> kept(plan.rules.size());
  const auto keep = [&](std::size_t rule, std::uint32_t column) {
    if (column != plan::kNone) kept[rule].push_back(column);
  };
  const auto keep_of_trigger = [&](const plan::Binding& binding) {
    for (std::size_t rule = 0; rule < binding.column_of_rule.size(); ++rule) keep(rule, binding.column_of_rule[rule]);
  };
  for (const plan::CorrelationPlan& correlation : plan.correlations) {
    for (const plan::TitlePart& part : correlation.title) {
      for (std::size_t rule = 0; rule < part.column_of_rule.size(); ++rule) keep(rule, part.column_of_rule[rule]);
    }
    for (const plan::Export& exported : correlation.exports) {
      for (std::size_t i = 0; i < exported.values.size(); ++i) {
        if (!correlation.inputs[i].correlation) keep(correlation.inputs[i].index, exported.values[i].column);
        keep_of_trigger(exported.values[i]);
      }
    }
    for (const plan::Input& input : correlation.inputs) {
      for (const std::vector<plan::Binding>* bindings : {&input.members, &input.values}) {
        for (const plan::Binding& binding : *bindings) {
          if (!input.correlation && (bindings == &input.members || shows_values(correlation))) keep(input.index, binding.column);
          if (!input.correlation || binding.inner_member >= 0) continue;
          keep_of_trigger(binding);
        }
      }
    }
  }
  for (std::vector<std::uint32_t>& columns : kept) {
    std::sort(columns.begin(), columns.end());
    columns.erase(std::unique(columns.begin(), columns.end()), columns.end());
  }
  return kept;
}

// Work to do, in level order: correlations are numbered by level.
class Agenda {
 public:
  explicit Agenda(std::size_t size) : words_((size + 63) / 64) {}
  void add(std::uint32_t index) {
    words_[index / 64] |= std::uint64_t{1} << (index % 64);
    first_ = std::min<std::size_t>(first_, index / 64);
  }
  // The lowest index, taken off; false when there is none.
  bool next(std::uint32_t& index) {
    for (; first_ < words_.size(); ++first_) {
      std::uint64_t& word = words_[first_];
      if (word == 0) continue;
      index = static_cast<std::uint32_t>(first_ * 64 + static_cast<std::size_t>(std::countr_zero(word)));
      word &= word - 1;
      return true;
    }
    first_ = words_.size();
    return false;
  }

 private:
  std::vector<std::uint64_t> words_;
  std::size_t first_ = 0;
};

bool comes_before(const alert::Alert& a, const alert::Alert& b) {
  if (a.chain_level != b.chain_level) return a.chain_level < b.chain_level;
  if (const int c = a.rule->key.compare(b.rule->key); c != 0) return c < 0;
  if (const int c = a.key_text.compare(b.key_text); c != 0) return c < 0;
  if (a.bucket != b.bucket) return a.bucket < b.bucket;
  return a.bucket_text < b.bucket_text;
}

}  // namespace

class Correlator::Impl {
 public:
  Impl(plan::PlanPtr plan, const CorrelatorOptions& options)
      : shared_(plan, kept_columns(*plan), options.memory_budget > 0),
        budget_(options.memory_budget, shared_.charged),
        rule_readers_(readers_of(*plan, false)),
        correlation_readers_(readers_of(*plan, true)),
        agenda_(plan->correlations.size()) {
    for (std::uint32_t i = 0; i < plan->rules.size(); ++i) {
      rules_.push_back(std::make_unique<EventRule>(shared_, i));
      if (plan->rules[i].emits) budget_.add(*rules_.back());
    }
    for (std::uint32_t i = 0; i < plan->correlations.size(); ++i) {
      correlations_.push_back(std::make_unique<Correlation>(shared_, i, correlations_));
      budget_.add(*correlations_.back());
      if (plan->correlations[i].decision == plan::DecisionClass::waiting) waiting_.push_back(i);
    }
  }

  void apply(const EventHits& given, const event::Origin& origin, std::vector<alert::Alert>& alerts) {
    EventHits event = given;
    if (mutated(Mutation::arrival_order)) event.head.t = event.head.a;
    if (mutated(Mutation::whole_seconds)) event.head.t = floor_div(event.head.t, kSecondUs) * kSecondUs;
    shared_.records.name_tenant(origin.tenant_index, origin.tenant);
    const auto before = static_cast<std::ptrdiff_t>(alerts.size());
    Applying applying(shared_, event, origin.tenant_index, alerts);
    for (const Hit& hit : event.hits) rules_[hit.rule]->apply(hit, applying);
    if (!waiting_.empty()) shared_.clocks.mark();
    if ((event.head.flags & event::kLate) == 0 || mutated(Mutation::late_accepted)) correlate(applying);
    if (budget_.exceeded()) budget_.enforce(event.head.a);
    if (static_cast<std::ptrdiff_t>(alerts.size()) - before > 1)
      std::stable_sort(alerts.begin() + before, alerts.end(), comes_before);
  }

  void advance(std::uint32_t clock, std::uint32_t source, TimeUs stamp) {
    shared_.clocks.advance(clock, source, stamp);
    shared_.deciding = !waiting_.empty() && decided_epoch_ != shared_.clocks.epoch();
    if (correlations_.empty() || shared_.deciding) return;
    if (++sweeping_ >= correlations_.size()) sweeping_ = 0;
    correlations_[sweeping_]->sweep(1);
  }

  void set_down(std::uint32_t source, bool down) { shared_.clocks.set_down(source, down); }
  bool is_down(std::uint32_t source) const { return shared_.clocks.is_down(source); }

  // One deadline after the other, inner correlations first; what they tell outer ones may make more fall due.
  void decide(bool at_end, std::vector<alert::Alert>& alerts) {
    if (waiting_.empty() || (!at_end && decided_epoch_ == shared_.clocks.epoch())) return;
    decided_epoch_ = shared_.clocks.epoch();
    shared_.deciding = true;
    for (const std::uint32_t index : waiting_) correlations_[index]->begin_decisions();
    for (TimeUs deadline = next_due(at_end); deadline != kNothingDue; deadline = next_due(at_end)) {
      const auto before = static_cast<std::ptrdiff_t>(alerts.size());
      for (const std::uint32_t index : waiting_) {
        if (correlations_[index]->due(at_end) != deadline) continue;
        Applying applying(shared_, deadline, at_end, alerts);
        passed_.clear();
        correlations_[index]->decide(deadline, applying, passed_);
        pass(index);
        run(applying);
      }
      std::stable_sort(alerts.begin() + before, alerts.end(), comes_before);
    }
    shared_.deciding = false;
  }

  [[nodiscard]] const EventRule& rule(std::uint32_t index) const { return *rules_[index]; }
  [[nodiscard]] const Correlation& correlation(std::uint32_t index) const { return *correlations_[index]; }

  [[nodiscard]] std::uint64_t id_conflicts() const { return shared_.id_conflicts; }

  [[nodiscard]] std::size_t accounted_bytes() const { return shared_.charged; }
  [[nodiscard]] std::size_t state_bytes() const {
    std::size_t bytes = shared_.pool.bytes_in_use() + shared_.records.bytes();
    for (const auto& rule : rules_) bytes += rule->bytes();
    for (const auto& correlation : correlations_) bytes += correlation->bytes();
    return bytes;
  }

 private:
  // All levels, to completion.
  void correlate(Applying& applying) {
    for (const Hit& hit : applying.event().hits) {
      for (const Reader& reader : rule_readers_[hit.rule]) {
        correlations_[reader.correlation]->add_hit(reader.input, hit);
        agenda_.add(reader.correlation);
      }
    }
    run(applying);
  }

  void run(Applying& applying) {
    std::uint32_t index = 0;
    while (agenda_.next(index)) {
      passed_.clear();
      correlations_[index]->apply(applying, passed_);
      pass(index);
    }
  }

  // What a correlation tells those that read it.
  void pass(std::uint32_t index) {
    for (const Passed& passed : passed_) {
      for (const Reader& reader : correlation_readers_[index]) {
        shared_.records.retain(passed.record);
        correlations_[reader.correlation]->add_derived(reader.input, passed);
        agenda_.add(reader.correlation);
      }
      shared_.records.release(passed.record);
    }
  }

  [[nodiscard]] TimeUs next_due(bool at_end) {
    TimeUs earliest = kNothingDue;
    for (const std::uint32_t index : waiting_) earliest = std::min(earliest, correlations_[index]->due(at_end));
    return earliest;
  }

  Shared shared_;
  Budget budget_;
  Readers rule_readers_;
  Readers correlation_readers_;
  Agenda agenda_;
  std::vector<std::unique_ptr<EventRule>> rules_;
  Correlations correlations_;
  std::vector<std::uint32_t> waiting_;  // correlations with decisions that wait, inner ones first
  std::uint64_t decided_epoch_ = 0;
  std::vector<Passed> passed_;
  std::size_t sweeping_ = 0;
};

Correlator::Correlator(plan::PlanPtr plan, const CorrelatorOptions& options)
    : impl_(std::make_unique<Impl>(std::move(plan), options)) {}
Correlator::~Correlator() = default;

void Correlator::apply(const EventHits& event, const event::Origin& origin, std::vector<alert::Alert>& alerts) {
  impl_->apply(event, origin, alerts);
}

void Correlator::advance(std::uint32_t clock, std::uint32_t source, TimeUs stamp) { impl_->advance(clock, source, stamp); }

void Correlator::decide(std::vector<alert::Alert>& alerts) { impl_->decide(false, alerts); }
void Correlator::set_down(std::uint32_t source, bool down) { impl_->set_down(source, down); }
bool Correlator::is_down(std::uint32_t source) const { return impl_->is_down(source); }
void Correlator::finish(std::vector<alert::Alert>& alerts) { impl_->decide(true, alerts); }

RuleCounters Correlator::rule_counters(std::uint32_t rule) const { return impl_->rule(rule).counters(); }
RuleCounters Correlator::correlation_counters(std::uint32_t correlation) const {
  return impl_->correlation(correlation).counters();
}
std::uint64_t Correlator::id_conflicts() const { return impl_->id_conflicts(); }
std::size_t Correlator::state_bytes() const { return impl_->state_bytes(); }
std::size_t Correlator::accounted_bytes() const { return impl_->accounted_bytes(); }

}  // namespace vedette::correlate
