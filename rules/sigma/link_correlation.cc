// Correlations from their documents: inputs, suppression, titles, and the semantic hash.
#include <fmt/format.h>

#include <algorithm>

#include "engine/base/digest.h"
#include "engine/base/suggest.h"
#include "engine/plan/print.h"
#include "rules/sigma/compiler.h"

namespace vedette::rules {
namespace {

constexpr std::size_t kMaxMembers = 16;

}  // namespace

// Members and values of every input; until rules have members alone, and a metric reads only the inputs that it counts.
void Compiler::make_inputs(const CorrelationDoc& doc, const Linked& linked, plan::CorrelationPlan& out) {
  std::vector<const MemberDoc*> values;
  std::vector<const plan::Metric*> metric_of;
  for (const MemberDoc& value : doc.values) values.push_back(&value);
  for (std::size_t i = 0; i < doc.metrics.size(); ++i) {
    for (const MemberDoc& field : doc.metrics[i].fields) {
      values.push_back(&field);
      metric_of.push_back(&out.metrics[i]);
    }
  }
  if (doc.group_by.size() > kMaxMembers || values.size() > kMaxMembers) {
    error(linked.document, "V1212", doc.where, fmt::format("more than {} group members or fields", kMaxMembers),
          "group by fewer fields");
    return;
  }
  for (const MemberDoc& member : doc.group_by) out.members.push_back(member.name);
  for (const MemberDoc* value : values) out.value_names.push_back(value->name);
  for (std::uint32_t i = 0; i < linked.inputs.size(); ++i) {
    plan::Input& input = out.inputs[i];
    for (const MemberDoc& member : doc.group_by) input.members.push_back(bind(doc, linked, i, member));
    if (input.until || out.sum_risk) continue;
    for (std::size_t v = 0; v < values.size(); ++v) {
      const bool read = v >= metric_of.size() ||
                        std::find(metric_of[v]->inputs.begin(), metric_of[v]->inputs.end(), i) != metric_of[v]->inputs.end();
      input.values.push_back(read ? bind(doc, linked, i, *values[v]) : plan::Binding());
    }
  }
  for (const ExportDoc& wanted : doc.exports) {
    plan::Export made{wanted.name, {}};
    for (std::size_t i = 0; i < linked.inputs.size(); ++i)
      made.values.push_back(out.inputs[i].until ? plan::Binding() : bind(doc, linked, i, wanted.field));
    out.exports.push_back(std::move(made));
  }
}

void Compiler::make_sources_of(Linked& linked, plan::CorrelationPlan& out) {
  std::set<std::uint32_t> sources;
  for (std::size_t i = 0; i < linked.inputs.size(); ++i) {
    const std::size_t document = linked.inputs[i];
    plan::Input& input = out.inputs.emplace_back();
    input.correlation = documents_[document].kind == DocumentKind::correlation;
    input.until = i >= linked.listed;
    if (input.correlation) {
      const Linked& inner = linked_.at(document);
      input.index = inner.index;
      linked.base_rules.insert(inner.base_rules.begin(), inner.base_rules.end());
    } else {
      input.index = rule_of_.at(document);
      linked.base_rules.insert(input.index);
    }
  }
  for (const std::uint32_t rule : linked.base_rules) {
    const plan::RulePlan& base = plan_->rules[rule];
    out.accept = std::max(out.accept, base.accept);
    sources.insert(base.sources.begin(), base.sources.end());
  }
  out.sources.assign(sources.begin(), sources.end());
}

void Compiler::make_suppress(const CorrelationDoc& doc, const Linked& linked, plan::CorrelationPlan& out) {
  const bool per_value = out.type == plan::CorrelationType::new_value;
  out.by_values = per_value;
  out.suppress.given = doc.suppress.given;
  out.suppress.for_us = doc.suppress.for_us.value_or(per_value ? out.window : std::max(out.window, kHourUs));
  if (!doc.suppress.by_given) {
    for (std::uint32_t i = 0; i < out.members.size(); ++i) out.suppress.by.push_back(i);
    return;
  }
  std::vector<std::uint32_t>& by = out.suppress.by;
  for (const auto& [text, where] : doc.suppress.by) {
    const auto member = std::find_if(doc.group_by.begin(), doc.group_by.end(),
                                     [&text = text](const MemberDoc& m) { return m.name == text || m.text == text; });
    if (member == doc.group_by.end()) {
      error(linked.document, "V1213", where, fmt::format("`{}` is not a member of `group-by`", text),
            did_you_mean(text, out.members, "suppress by one or more members of `group-by`"));
      continue;
    }
    const auto index = static_cast<std::uint32_t>(member - doc.group_by.begin());
    if (std::find(by.begin(), by.end(), index) == by.end()) by.push_back(index);
  }
  std::sort(by.begin(), by.end());
}

// Names mean group members, then metrics, then built-ins, else fields of the trigger event.
plan::Title Compiler::correlation_title(const CorrelationDoc& doc, const Linked& linked, const plan::CorrelationPlan& plan) {
  plan::Title out;
  for (const TitlePartDoc& part : doc.title) {
    plan::TitlePart made{plan::TitleKind::text, part.text};
    const auto member = std::find(plan.members.begin(), plan.members.end(), part.text);
    const auto metric =
        std::find_if(plan.metrics.begin(), plan.metrics.end(), [&](const plan::Metric& m) { return m.name == part.text; });
    if (!part.name) {
      out.push_back(std::move(made));
      continue;
    }
    if (member != plan.members.end()) {
      made.kind = plan::TitleKind::member;
      made.index = static_cast<std::uint32_t>(member - plan.members.begin());
    } else if (metric != plan.metrics.end()) {
      made.kind = plan::TitleKind::metric;
      made.index = static_cast<std::uint32_t>(metric - plan.metrics.begin());
    } else if (made.kind = title_word(part.text); made.kind == plan::TitleKind::column) {
      const bool metrics = plan.type == plan::CorrelationType::metrics;
      if (metrics && (part.text == "span" || part.text == "first" || part.text == "last")) {
        made.kind = part.text == "span"    ? plan::TitleKind::span
                    : part.text == "first" ? plan::TitleKind::first
                                           : plan::TitleKind::last;
      } else {
        made.column_of_rule = bind_trigger(linked.document, linked.base_rules, part.text, part.where);
      }
    }
    out.push_back(std::move(made));
  }
  return out;
}

void Compiler::make_correlation(Linked& linked) {
  const CorrelationDoc& doc = documents_[linked.document].correlation;
  plan::CorrelationPlan out;
  out.meta = doc.meta;
  out.type = doc.type;
  out.window = doc.window;
  out.level = linked.level;
  out.across_tenants = doc.across_tenants;
  out.tumbling = doc.tumbling;
  out.bounds = doc.bounds;
  out.percentile = doc.percentile;
  out.sum_risk = doc.sum_risk;
  out.change_all = doc.change_all;
  out.speed_kmh = doc.speed_kmh;
  out.distance_km = doc.distance_km;
  out.learn = doc.learn;
  out.fire_first = doc.fire_first;
  make_sources_of(linked, out);
  check_aliases(doc, linked);
  make_condition(doc, linked, out);
  if (documents_[linked.document].good) make_inputs(doc, linked, out);
  make_suppress(doc, linked, out);
  make_decision(doc, linked, out);
  make_settle(doc, linked, out);
  if (documents_[linked.document].good) out.title = correlation_title(doc, linked, out);
  if (!documents_[linked.document].good) return;
  linked.index = static_cast<std::uint32_t>(plan_->correlations.size());
  plan_->correlations.push_back(std::move(out));
  for (const plan::Input& input : plan_->correlations.back().inputs) {
    if (input.correlation) {
      plan_->correlations[input.index].inner = true;
    } else {
      plan_->rules[input.index].referred = true;
    }
  }
}

// In level order, within a level as written.
void Compiler::make_correlations() {
  std::stable_sort(order_.begin(), order_.end(), [this](std::size_t a, std::size_t b) {
    return std::pair(linked_.at(a).level, a) < std::pair(linked_.at(b).level, b);
  });
  std::set<std::pair<bool, std::uint32_t>> generated;
  for (const std::size_t document : order_) {
    if (!documents_[document].good) continue;
    Linked& linked = linked_.at(document);
    drop_broken_tagged(linked);
    const bool inputs_good =
        std::all_of(linked.inputs.begin(), linked.inputs.end(), [this](std::size_t input) { return documents_[input].good; });
    if (!inputs_good) documents_[document].good = false;
    if (!documents_[document].good) continue;
    make_correlation(linked);
    if (!documents_[document].good || !documents_[document].correlation.generate) continue;
    for (const plan::Input& input : plan_->correlations.back().inputs) generated.emplace(input.correlation, input.index);
  }
  for (std::uint32_t i = 0; i < plan_->rules.size(); ++i)
    plan_->rules[i].emits = !plan_->rules[i].referred || generated.contains({false, i});
  for (std::uint32_t i = 0; i < plan_->correlations.size(); ++i) {
    plan_->correlations[i].emits = !plan_->correlations[i].inner || generated.contains({true, i});
  }
  make_retention();
  for (plan::CorrelationPlan& correlation : plan_->correlations) correlation.meta.semantic_hash = correlation_hash(correlation);
}

std::string Compiler::correlation_hash(const plan::CorrelationPlan& correlation) const {
  std::string text = fmt::format("{} {} {} {} {}\n", plan::type_name(correlation.type), correlation.threshold, correlation.window,
                                 correlation.suppress.for_us, correlation.across_tenants);
  for (const std::uint32_t by : correlation.suppress.by) text += fmt::format("by {}\n", by);
  for (const std::string& member : correlation.members) text += fmt::format("member {}:{}\n", member.size(), member);
  const auto column_text = [this](std::uint32_t rule, std::uint32_t index) { return plan_->rules[rule].columns[index].name; };
  const auto add = [&](const plan::Input& input, const plan::Binding& binding) {
    if (binding.inner_member >= 0) text += fmt::format("member {}{}\n", binding.inner_member, binding.fold ? " folded" : "");
    if (binding.inner_export >= 0) text += fmt::format("export {}{}\n", binding.inner_export, binding.fold ? " folded" : "");
    if (binding.column != plan::kNone) text += column_text(input.index, binding.column) + "\n";
    for (std::uint32_t rule = 0; rule < binding.column_of_rule.size(); ++rule) {
      if (binding.column_of_rule[rule] != plan::kNone) {
        text += fmt::format("{} {}\n", plan_->rules[rule].meta.semantic_hash, column_text(rule, binding.column_of_rule[rule]));
      }
    }
  };
  for (std::size_t i = 0; i < correlation.inputs.size(); ++i) {
    const plan::Input& input = correlation.inputs[i];
    const plan::RuleMeta& meta = input.correlation ? plan_->correlations[input.index].meta : plan_->rules[input.index].meta;
    text += fmt::format("input {}\n", meta.semantic_hash);
    if (correlation.sum_risk) text += fmt::format("risk {}\n", meta.risk);
    for (const std::vector<plan::Binding>* bindings : {&input.members, &input.values}) {
      for (const plan::Binding& binding : *bindings) add(input, binding);
      text += "--\n";
    }
    for (const plan::Export& exported : correlation.exports) add(input, exported.values[i]);
  }
  text += plan::print_meaning(correlation);
  return to_hex(digest_parts({"vedette.correlation.v1", text}), 8);
}

}  // namespace vedette::rules
