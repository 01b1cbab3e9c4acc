// Bindings: where group members, values and names in titles come from, per input of a correlation; and aliases.
#include <fmt/format.h>

#include <algorithm>

#include "engine/base/suggest.h"
#include "rules/sigma/compiler.h"
#include "rules/sigma/correlation_parser.h"

namespace vedette::rules {
namespace {

bool is_cased(const plan::FieldExpr& expr) {
  return std::find(expr.transforms.begin(), expr.transforms.end(), plan::Transform::cased) != expr.transforms.end();
}

// Of a member's transforms alone: `|local|cased`.
bool is_cased(const std::string& transforms) {
  const auto expr = parse_field_expr("a" + transforms);
  return expr && is_cased(*expr);
}

}  // namespace

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
  check_derived(owner, rule_document, text, where);
  expr->path = with_indices(std::move(expr->path));
  out.column = column(rule_of_.at(rule_document), *expr);
  return out;
}

// What the inner correlation itself offers under that name, a member of its group or an export, as its key is, or folded;
// transforms of its own would lead out of the inner group. False when it offers nothing of that name.
bool Compiler::bind_inner(std::size_t owner, std::size_t inner_document, const MemberDoc& member, plan::Binding& out) {
  const CorrelationDoc& inner = documents_[inner_document].correlation;
  const MemberDoc* offered = nullptr;
  for (std::size_t i = 0; i < inner.group_by.size() && offered == nullptr; ++i) {
    if (inner.group_by[i].name != member.name) continue;
    offered = &inner.group_by[i];
    out.inner_member = static_cast<std::int32_t>(i);
  }
  for (std::size_t i = 0; i < inner.exports.size() && offered == nullptr; ++i) {
    if (inner.exports[i].name != member.name) continue;
    offered = &inner.exports[i].field;
    out.inner_export = static_cast<std::int32_t>(i);
  }
  if (offered == nullptr) return false;
  if (offered->transforms == member.transforms) return true;
  out.fold = is_cased(offered->transforms);
  if (member.transforms.empty()) return true;
  const std::string label = documents_[inner_document].meta().label();
  if (out.inner_export >= 0) {
    error(owner, "V1212", member.where, fmt::format("`{}` has other transforms than what `{}` exports", member.text, label),
          fmt::format("put the transforms into the export of `{}`, and take it here as `{}`", label, member.name));
  } else {
    error(owner, "V1212", member.where,
          fmt::format("`{}` has other transforms than `{}`, by which `{}` is grouped", member.text, offered->text, label),
          fmt::format("put the transforms into the inner rule: group `{}` by `{}`, too", label, member.text));
  }
  return true;
}

// What the inner correlation offers, else the field of the trigger event of every base rule that it may come from.
plan::Binding Compiler::bind_correlation(std::size_t owner, std::size_t inner_document, const MemberDoc& member) {
  plan::Binding out;
  if (bind_inner(owner, inner_document, member, out)) return out;
  const std::vector<AliasDoc>& aliases = documents_[inner_document].correlation.aliases;
  if (std::any_of(aliases.begin(), aliases.end(), [&](const AliasDoc& alias) { return alias.name == member.name; })) {
    error(owner, "V1212", member.where,
          fmt::format("`{}` is an alias inside `{}`, not a field of its events", member.text,
                      documents_[inner_document].meta().label()),
          fmt::format("group the inner correlation by `{0}` and take it here as `{0}`, without transforms", member.name));
    return out;
  }
  out.column_of_rule = bind_trigger(owner, linked_.at(inner_document).base_rules, member.text, member.where);
  return out;
}

// The column of each of the rules, kNone for others.
std::vector<std::uint32_t> Compiler::bind_trigger(std::size_t owner, const std::set<std::uint32_t>& rules,
                                                  const std::string& text, const Location& where) {
  std::vector<std::uint32_t> out(plan_->rules.size(), plan::kNone);
  for (const auto& [document, rule] : rule_of_) {
    if (!rules.contains(rule)) continue;
    out[rule] = bind_rule(owner, document, text, where).column;
    if (!documents_[owner].good) return out;
  }
  return out;
}

// Whether a text of the correlation means this input.
bool Compiler::named_by(const Linked& linked, std::size_t input, const std::string& text) const {
  if (text == linked.refs[input].text) return true;
  if (linked.inputs[input] == kNowhere) return false;
  const plan::RuleMeta& meta = documents_[linked.inputs[input]].meta();
  return text == meta.key || (!meta.name.empty() && text == meta.name);
}

plan::Binding Compiler::bind(const CorrelationDoc& doc, const Linked& linked, std::size_t input, const MemberDoc& member) {
  const std::size_t target = linked.inputs[input];
  MemberDoc wanted = member;
  const auto alias =
      std::find_if(doc.aliases.begin(), doc.aliases.end(), [&](const AliasDoc& a) { return a.name == member.name; });
  if (alias != doc.aliases.end()) {
    const auto field = std::find_if(alias->fields.begin(), alias->fields.end(),
                                    [&](const auto& entry) { return named_by(linked, input, std::get<0>(entry)); });
    if (field != alias->fields.end()) wanted = member_of(std::get<1>(*field) + member.transforms, std::get<2>(*field));
  }
  if (documents_[target].kind == DocumentKind::rule) {
    refuse_lookup(linked.document, target, wanted.text, wanted.where);
    return bind_rule(linked.document, target, wanted.text, wanted.where);
  }
  for (const auto& [document, rule] : rule_of_) {
    if (linked_.at(target).base_rules.contains(rule)) refuse_lookup(linked.document, document, wanted.text, wanted.where);
  }
  return bind_correlation(linked.document, target, wanted);
}

// Every alias names a field for every rule (an inner correlation may offer it as a group member or export), and no other rule.
void Compiler::check_aliases(const CorrelationDoc& doc, const Linked& linked) {
  for (const AliasDoc& alias : doc.aliases) {
    std::vector<bool> named(linked.inputs.size(), false);
    std::vector<std::string> listed;
    for (const RuleRef& ref : linked.refs) listed.push_back(ref.text);
    for (const auto& [rule, field, where] : alias.fields) {
      bool found = false;
      for (std::size_t i = 0; i < linked.inputs.size(); ++i) {
        if (named_by(linked, i, rule)) named[i] = found = true;
      }
      if (!found) {
        error(linked.document, "V1211", where, fmt::format("alias `{}` names `{}`, which is not in `rules`", alias.name, rule),
              did_you_mean(rule, listed, "use the rule's name as written in `rules`"));
      }
    }
    for (std::size_t i = 0; i < linked.inputs.size(); ++i) {
      const Document& input = documents_[linked.inputs[i]];
      const CorrelationDoc& inner = input.correlation;
      const bool offered =
          input.kind == DocumentKind::correlation &&
          (std::any_of(inner.group_by.begin(), inner.group_by.end(), [&](const MemberDoc& m) { return m.name == alias.name; }) ||
           std::any_of(inner.exports.begin(), inner.exports.end(), [&](const ExportDoc& e) { return e.name == alias.name; }));
      if (named[i] || offered) continue;
      error(linked.document, "V1210", alias.where,
            fmt::format("alias `{}` gives no field for rule `{}`", alias.name, linked.refs[i].text),
            fmt::format("add `{}: <field>`", linked.refs[i].text));
    }
  }
}

}  // namespace vedette::rules
