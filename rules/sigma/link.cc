// References between documents: ids and names, order and depth of correlations, bindings of group members and values.
#include <fmt/format.h>

#include <algorithm>

#include "engine/base/digest.h"
#include "engine/base/suggest.h"
#include "rules/sigma/compiler.h"

namespace vedette::rules {
namespace {

constexpr int kMaxChain = 4;
constexpr std::size_t kMaxMembers = 16;

bool is_cased(const plan::FieldExpr& expr) {
  return std::find(expr.transforms.begin(), expr.transforms.end(), plan::Transform::cased) != expr.transforms.end();
}

// Of a member's transforms alone: `|local|cased`.
bool is_cased(const std::string& transforms) {
  const auto expr = parse_field_expr("a" + transforms);
  return expr && is_cased(*expr);
}

}  // namespace

void Compiler::error(std::size_t document, std::string_view code, const Location& where, std::string message, std::string hint) {
  reporter(document).at(code, where, std::move(message), std::move(hint));
  documents_[document].good = false;
}

// Ids and names must be unique; broken documents keep theirs, so that references to them are not called undefined.
void Compiler::check_identity() {
  for (std::size_t i = 0; i < documents_.size(); ++i) {
    const plan::RuleMeta& meta = documents_[i].meta();
    const std::string& id = meta.key;
    if (const auto [found, added] = by_id_.try_emplace(id, i); !added && !meta.label().empty()) {
      const Location& first = documents_[found->second].id_where;
      const std::string what = meta.id.empty() ? fmt::format("two documents without id are called `{}`", meta.label())
                                               : fmt::format("id `{}` is used twice", meta.id);
      error(i, "V1012", documents_[i].id_where, what,
            fmt::format("it was first used at {}:{}; give each document its own id", first.file, first.line));
    }
    if (meta.name.empty()) continue;
    if (const auto [found, added] = by_name_.try_emplace(meta.name, i); !added) {
      const Location& first = documents_[found->second].name_where;
      error(i, "V1013", documents_[i].name_where, fmt::format("name `{}` is used twice", meta.name),
            fmt::format("it was first used at {}:{}; references to it would be ambiguous", first.file, first.line));
    }
  }
}

void Compiler::resolve_references() {
  std::vector<std::string> names;
  for (const auto& [name, document] : by_name_) names.push_back(name);
  for (const auto& [id, document] : by_id_) {
    if (!documents_[document].meta().id.empty()) names.push_back(id);
  }
  for (std::size_t i = 0; i < documents_.size(); ++i) {
    if (documents_[i].kind != DocumentKind::correlation) continue;
    Linked linked;
    linked.document = i;
    for (const RuleRef& ref : documents_[i].correlation.rules) {
      const auto id = by_id_.find(ref.text);
      const auto name = by_name_.find(ref.text);
      std::size_t target = id != by_id_.end() ? id->second : name != by_name_.end() ? name->second : kNowhere;
      if (target == kNowhere) {
        error(i, "V1203", ref.where, fmt::format("rule `{}` is not defined", ref.text),
              did_you_mean(ref.text, names, "give the rule a `name`, and load its file together with this one"));
      } else if (std::find(linked.inputs.begin(), linked.inputs.end(), target) != linked.inputs.end()) {
        error(i, "V1204", ref.where, fmt::format("`{}` is a rule that is listed already", ref.text), "remove one of them");
        target = kNowhere;
      }
      linked.inputs.push_back(target);
    }
    linked_.emplace(i, std::move(linked));
  }
}

// Depth first: inner correlations before outer ones.
void Compiler::visit(std::size_t document, std::vector<std::size_t>& path) {
  visiting_[document] = 1;
  path.push_back(document);
  Linked& linked = linked_.at(document);
  for (std::size_t i = 0; i < linked.inputs.size(); ++i) {
    const std::size_t input = linked.inputs[i];
    if (input == kNowhere || documents_[input].kind != DocumentKind::correlation) continue;
    const RuleRef& ref = documents_[document].correlation.rules[i];
    if (visiting_[input] == 1) {
      std::string circle;
      for (auto step = std::find(path.begin(), path.end(), input); step != path.end(); ++step)
        circle += documents_[*step].meta().label() + " -> ";
      error(document, "V1214", ref.where, "correlations refer to each other in a circle",
            circle + documents_[input].meta().label());
      continue;
    }
    if (visiting_[input] == 0) visit(input, path);
    linked.level = std::max(linked.level, linked_.at(input).level + 1);
    if (linked.level == kMaxChain && linked_.at(input).level + 1 == kMaxChain) {
      error(document, "V1215", ref.where, fmt::format("correlations are chained deeper than {}", kMaxChain),
            "refer to the inner correlations directly");
    }
  }
  path.pop_back();
  visiting_[document] = 2;
  order_.push_back(document);
}

void Compiler::order_correlations() {
  std::vector<std::size_t> path;
  for (const auto& [document, linked] : linked_) {
    if (visiting_[document] == 0) visit(document, path);
  }
}

// A correlation over a broken document cannot be compiled either.
void Compiler::drop_dependents() {
  for (const std::size_t document : order_) {
    const Linked& linked = linked_.at(document);
    for (std::size_t i = 0; i < linked.inputs.size() && documents_[document].good; ++i) {
      const std::size_t input = linked.inputs[i];
      if (input == kNowhere || documents_[input].good) continue;
      documents_[document].good = false;
      if (!options_.skip_broken) continue;
      const RuleRef& ref = documents_[document].correlation.rules[i];
      reporter(document).at("V2011", ref.where, fmt::format("left out, because `{}` is broken", ref.text),
                            "correct that document first");
    }
  }
}

std::uint32_t Compiler::column(std::uint32_t rule, const plan::FieldExpr& expr) {
  std::vector<plan::FieldExpr>& known = column_exprs_[rule];
  const auto found = std::find(known.begin(), known.end(), expr);
  if (found != known.end()) return static_cast<std::uint32_t>(found - known.begin());
  known.push_back(expr);
  plan_->rules[rule].columns.push_back({expr.text(), is_cased(expr)});
  return static_cast<std::uint32_t>(known.size() - 1);
}

plan::Binding Compiler::bind_rule(std::size_t owner, std::size_t rule_document, const std::string& text, const Location& where) {
  plan::Binding out;
  auto expr = parse_field_expr(text);
  if (!expr) {
    error(owner, "V1009", where, expr.error().message, "for example actor.alternateId|lower or target[type=User].id");
    return out;
  }
  expr->path = with_indices(std::move(expr->path));
  out.column = column(rule_of_.at(rule_document), *expr);
  return out;
}

// The inner group's member of that name, else the field of the trigger event of every base rule that it may come from.
// A member is taken as its key is, or folded; transforms of its own would lead out of the inner group.
plan::Binding Compiler::bind_correlation(std::size_t owner, std::size_t inner_document, const MemberDoc& member) {
  plan::Binding out;
  const std::vector<MemberDoc>& inner = documents_[inner_document].correlation.group_by;
  for (std::size_t i = 0; i < inner.size(); ++i) {
    if (inner[i].name != member.name) continue;
    out.inner_member = static_cast<std::int32_t>(i);
    if (inner[i].transforms == member.transforms) return out;
    out.fold = is_cased(inner[i].transforms);
    if (member.transforms.empty()) return out;
    const std::string label = documents_[inner_document].meta().label();
    error(owner, "V1212", member.where,
          fmt::format("`{}` has other transforms than `{}`, by which `{}` is grouped", member.text, inner[i].text, label),
          fmt::format("put the transforms into the inner rule: group `{}` by `{}`, too", label, member.text));
    return out;
  }
  const std::vector<AliasDoc>& aliases = documents_[inner_document].correlation.aliases;
  if (std::any_of(aliases.begin(), aliases.end(), [&](const AliasDoc& alias) { return alias.name == member.name; })) {
    error(owner, "V1212", member.where,
          fmt::format("`{}` is an alias inside `{}`, not a field of its events", member.text,
                      documents_[inner_document].meta().label()),
          fmt::format("group the inner correlation by `{0}` and take it here as `{0}`, without transforms", member.name));
    return out;
  }
  out.column_of_rule.assign(plan_->rules.size(), plan::kNone);
  for (const auto& [document, rule] : rule_of_) {
    if (!linked_.at(inner_document).base_rules.contains(rule)) continue;
    out.column_of_rule[rule] = bind_rule(owner, document, member.text, member.where).column;
    if (!documents_[owner].good) return out;
  }
  return out;
}

plan::Binding Compiler::bind(const CorrelationDoc& doc, const Linked& linked, std::size_t input, const MemberDoc& member) {
  const std::size_t target = linked.inputs[input];
  MemberDoc wanted = member;
  const auto alias =
      std::find_if(doc.aliases.begin(), doc.aliases.end(), [&](const AliasDoc& a) { return a.name == member.name; });
  if (alias != doc.aliases.end()) {
    const plan::RuleMeta& meta = documents_[target].meta();
    const auto field = std::find_if(alias->fields.begin(), alias->fields.end(), [&](const auto& entry) {
      return std::get<0>(entry) == doc.rules[input].text || std::get<0>(entry) == meta.key ||
             (!meta.name.empty() && std::get<0>(entry) == meta.name);
    });
    if (field != alias->fields.end()) {
      wanted.text = std::get<1>(*field) + member.transforms;
      const std::size_t bar = wanted.text.find('|', std::min(wanted.text.find(']') + 1, wanted.text.size()));
      wanted.name = wanted.text.substr(0, bar);
      wanted.transforms = bar == std::string::npos ? "" : wanted.text.substr(bar);
      wanted.where = std::get<2>(*field);
    }
  }
  return documents_[target].kind == DocumentKind::rule ? bind_rule(linked.document, target, wanted.text, wanted.where)
                                                       : bind_correlation(linked.document, target, wanted);
}

// Every alias names a field for every rule (an inner correlation may offer it as a group member), and no other rule.
void Compiler::check_aliases(const CorrelationDoc& doc, const Linked& linked) {
  for (const AliasDoc& alias : doc.aliases) {
    std::vector<bool> named(linked.inputs.size(), false);
    std::vector<std::string> listed;
    for (const RuleRef& ref : doc.rules) listed.push_back(ref.text);
    for (const auto& [rule, field, where] : alias.fields) {
      bool found = false;
      for (std::size_t i = 0; i < linked.inputs.size(); ++i) {
        const plan::RuleMeta& meta = documents_[linked.inputs[i]].meta();
        if (rule != doc.rules[i].text && rule != meta.key && rule != meta.name) continue;
        named[i] = found = true;
      }
      if (!found) {
        error(linked.document, "V1211", where, fmt::format("alias `{}` names `{}`, which is not in `rules`", alias.name, rule),
              did_you_mean(rule, listed, "use the rule's name as written in `rules`"));
      }
    }
    for (std::size_t i = 0; i < linked.inputs.size(); ++i) {
      const Document& input = documents_[linked.inputs[i]];
      const bool member = input.kind == DocumentKind::correlation &&
                          std::any_of(input.correlation.group_by.begin(), input.correlation.group_by.end(),
                                      [&](const MemberDoc& m) { return m.name == alias.name; });
      if (named[i] || member) continue;
      error(linked.document, "V1210", alias.where,
            fmt::format("alias `{}` gives no field for rule `{}`", alias.name, doc.rules[i].text),
            fmt::format("add `{}: <field>`", doc.rules[i].text));
    }
  }
}

void Compiler::make_members(const CorrelationDoc& doc, const Linked& linked, plan::CorrelationPlan& out) {
  if (doc.group_by.size() > kMaxMembers || doc.values.size() > kMaxMembers) {
    error(linked.document, "V1212", doc.where, fmt::format("more than {} group members or fields", kMaxMembers),
          "group by fewer fields");
    return;
  }
  for (const MemberDoc& member : doc.group_by) out.members.push_back(member.name);
  for (const MemberDoc& value : doc.values) out.value_names.push_back(value.name);
  for (std::size_t i = 0; i < linked.inputs.size(); ++i) {
    const Document& target = documents_[linked.inputs[i]];
    plan::Input input;
    input.correlation = target.kind == DocumentKind::correlation;
    input.index = input.correlation ? linked_.at(linked.inputs[i]).index : rule_of_.at(linked.inputs[i]);
    for (const MemberDoc& member : doc.group_by) input.members.push_back(bind(doc, linked, i, member));
    for (const MemberDoc& value : doc.values) input.values.push_back(bind(doc, linked, i, value));
    out.inputs.push_back(std::move(input));
  }
}

void Compiler::make_suppress(const CorrelationDoc& doc, const Linked& linked, plan::CorrelationPlan& out) {
  out.suppress.given = doc.suppress.given;
  out.suppress.for_us = doc.suppress.for_us.value_or(std::max(out.window, kHourUs));
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

void Compiler::make_correlation(Linked& linked) {
  const CorrelationDoc& doc = documents_[linked.document].correlation;
  plan::CorrelationPlan out;
  out.meta = doc.meta;
  out.type = doc.type;
  out.window = doc.window;
  out.threshold = doc.threshold.value_or(doc.rules.size());
  out.level = linked.level;
  out.across_tenants = doc.across_tenants;
  for (const std::size_t input : linked.inputs) {
    if (documents_[input].kind == DocumentKind::rule) {
      linked.base_rules.insert(rule_of_.at(input));
    } else {
      const std::set<std::uint32_t>& inner = linked_.at(input).base_rules;
      linked.base_rules.insert(inner.begin(), inner.end());
    }
  }
  check_aliases(doc, linked);
  if (documents_[linked.document].good) make_members(doc, linked, out);
  make_suppress(doc, linked, out);
  std::set<std::uint32_t> sources;
  for (const std::uint32_t rule : linked.base_rules) {
    const plan::RulePlan& base = plan_->rules[rule];
    out.accept = std::max(out.accept, base.accept);
    sources.insert(base.sources.begin(), base.sources.end());
  }
  out.sources.assign(sources.begin(), sources.end());
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
    const Linked& linked = linked_.at(document);
    const bool inputs_good =
        std::all_of(linked.inputs.begin(), linked.inputs.end(), [this](std::size_t input) { return documents_[input].good; });
    if (!inputs_good) {
      documents_[document].good = false;
      continue;
    }
    make_correlation(linked_.at(document));
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

// An outer rule looks back through its inner ones; all correlations of a chain keep what the outermost needs.
void Compiler::make_retention() {
  std::vector<plan::CorrelationPlan>& all = plan_->correlations;
  std::vector<DurationUs> inner_sum(all.size(), 0);  // of W + accept of everything below
  for (std::size_t i = 0; i < all.size(); ++i) {
    std::set<std::uint32_t> below, open;
    for (const plan::Input& input : all[i].inputs) {
      if (input.correlation) open.insert(input.index);
    }
    while (!open.empty()) {
      const std::uint32_t index = *open.begin();
      open.erase(open.begin());
      if (!below.insert(index).second) continue;
      inner_sum[i] += all[index].window + all[index].accept;
      for (const plan::Input& input : all[index].inputs) {
        if (input.correlation) open.insert(input.index);
      }
    }
    all[i].retention = all[i].window + all[i].accept + all[i].suppress.for_us + inner_sum[i];
  }
  for (std::size_t i = all.size(); i-- > 0;) {
    for (const plan::Input& input : all[i].inputs) {
      if (input.correlation) all[input.index].retention = std::max(all[input.index].retention, all[i].retention);
    }
  }
}

std::string Compiler::correlation_hash(const plan::CorrelationPlan& correlation) const {
  std::string text = fmt::format("{} {} {} {} {}\n", plan::type_name(correlation.type), correlation.threshold, correlation.window,
                                 correlation.suppress.for_us, correlation.across_tenants);
  for (const std::uint32_t by : correlation.suppress.by) text += fmt::format("by {}\n", by);
  for (const std::string& member : correlation.members) text += fmt::format("member {}:{}\n", member.size(), member);
  const auto column_text = [this](std::uint32_t rule, std::uint32_t index) { return plan_->rules[rule].columns[index].name; };
  for (const plan::Input& input : correlation.inputs) {
    const plan::RuleMeta& meta = input.correlation ? plan_->correlations[input.index].meta : plan_->rules[input.index].meta;
    text += fmt::format("input {}\n", meta.semantic_hash);
    for (const std::vector<plan::Binding>* bindings : {&input.members, &input.values}) {
      for (const plan::Binding& binding : *bindings) {
        if (binding.inner_member >= 0) text += fmt::format("member {}{}\n", binding.inner_member, binding.fold ? " folded" : "");
        if (binding.column != plan::kNone) text += column_text(input.index, binding.column) + "\n";
        for (std::uint32_t rule = 0; rule < binding.column_of_rule.size(); ++rule) {
          if (binding.column_of_rule[rule] != plan::kNone) {
            text +=
                fmt::format("{} {}\n", plan_->rules[rule].meta.semantic_hash, column_text(rule, binding.column_of_rule[rule]));
          }
        }
      }
      text += "--\n";
    }
  }
  return to_hex(digest_parts({"vedette.correlation.v1", text}), 8);
}

}  // namespace vedette::rules
