// Rules -> arms: logsource routing, normalised fields, predicates per source type; and the hash of the whole plan.
#include <fmt/format.h>

#include <algorithm>

#include "engine/base/digest.h"
#include "engine/base/fold.h"
#include "rules/sigma/compiler.h"
#include "rules/sigma/load.h"
#include "rules/sigma/sigma_string.h"
#include "rules/yaml/edit.h"

namespace vedette::rules {
namespace {

using plan::LogSource;
using plan::NodeKind;
using plan::Normalise;

bool gives(const std::string& wanted, const std::string& given) { return wanted.empty() || equal_folded(wanted, given); }

bool product_and_service(const LogSource& wanted, const LogSource& given) {
  return gives(wanted.product, given.product) && gives(wanted.service, given.service);
}

// True when no event can satisfy both: some path with literal values on both sides and none in common.
bool disjoint(const Normalise& a, const Normalise& b) {
  const auto literals = [](const plan::WhenTerm& term) {
    return std::none_of(term.values.begin(), term.values.end(),
                        [](const std::string& value) { return has_wildcards(parse_sigma_string(value)); });
  };
  for (const plan::WhenTerm& left : a.when) {
    for (const plan::WhenTerm& right : b.when) {
      if (left.path != right.path || !literals(left) || !literals(right)) continue;
      const bool common = std::any_of(left.values.begin(), left.values.end(), [&](const std::string& value) {
        return std::any_of(right.values.begin(), right.values.end(),
                           [&](const std::string& other) { return equal_folded(value, other); });
      });
      if (!common) return true;
    }
  }
  return false;
}

std::string routing_text(const LogSource& source) {
  std::string out;
  const auto add = [&out](std::string_view name, const std::string& value) {
    if (!value.empty()) out += fmt::format("{}{}={}", out.empty() ? "" : ",", name, value);
  };
  add("category", source.category);
  add("product", source.product);
  add("service", source.service);
  return out;
}

// Builds the nodes of one arm: the body of its rule, then its levels and filters.
class ArmBuilder {
 public:
  ArmBuilder(SourceBuilder& builder, const Normalise* entry, const std::vector<plan::TablePlan>& tables)
      : builder_(builder), entry_(entry), tables_(tables) {}

  void add_body(const RuleDoc& doc, const std::vector<const Normalise*>& earlier, Reporter& reporter) {
    read(doc.detection, doc.zone, reporter);
    derived_ = &doc.derived;
    std::vector<std::uint32_t> parts;
    for (const Normalise* other : earlier) {
      if (entry_ == nullptr || disjoint(*other, *entry_)) continue;
      parts.push_back(negated(when(*other)));
    }
    if (entry_ != nullptr) {
      for (const plan::WhenTerm& term : entry_->when)
        parts.insert(parts.begin() + static_cast<std::ptrdiff_t>(lead_++), when_term(term));
    }
    name_selections();
    parts.push_back(expr(doc.detection.condition));
    arm_.root = group(NodeKind::all_of, std::move(parts));
    std::vector<const LevelCondition*> levels;
    for (const LevelCondition& level : doc.detection.levels) {
      if (level.level > doc.meta.level) levels.push_back(&level);
    }
    std::stable_sort(levels.begin(), levels.end(), [](const auto* a, const auto* b) { return a->level < b->level; });
    for (const LevelCondition* level : levels)
      arm_.levels.push_back({static_cast<std::uint8_t>(level->level), expr(level->condition)});
  }

  void add_filter(std::uint32_t index, const FilterDoc& doc, Reporter& reporter) {
    read(doc.detection, doc.zone, reporter);
    name_selections();
    arm_.filters.push_back({index, expr(doc.detection.condition)});
  }

  [[nodiscard]] plan::Arm take() { return std::move(arm_); }

 private:
  // From here on nodes are made of this detection.
  void read(const Detection& detection, const ZonePtr& zone, Reporter& reporter) {
    detection_ = &detection;
    zone_ = zone;
    reporter_ = &reporter;
    derived_ = nullptr;
    selections_.assign(detection.selections.size(), plan::kNone);
  }

  void name_selections() {
    for (std::size_t i = 0; i < detection_->selections.size(); ++i)
      arm_.selections.push_back({detection_->selections[i].name, selection(i)});
  }

  std::uint32_t node(plan::Node made) {
    arm_.nodes.push_back(std::move(made));
    return static_cast<std::uint32_t>(arm_.nodes.size() - 1);
  }

  std::uint32_t group(NodeKind kind, std::vector<std::uint32_t> children) {
    if (children.size() == 1) return children.front();
    return node({kind, plan::kNone, std::move(children)});
  }

  std::uint32_t negated(std::uint32_t child) { return node({NodeKind::negation, plan::kNone, {child}}); }

  std::uint32_t when(const Normalise& entry) {
    std::vector<std::uint32_t> parts;
    for (const plan::WhenTerm& term : entry.when) parts.push_back(when_term(term));
    if (parts.empty()) return node({NodeKind::always, plan::kNone, {}});
    return group(NodeKind::all_of, std::move(parts));
  }

  std::uint32_t when_term(const plan::WhenTerm& term) {
    plan::Predicate predicate;
    plan::FieldExpr field;
    field.path = term.path;
    predicate.field = builder_.field(field);
    predicate.text = term.path.text() + ": [";
    for (const std::string& value : term.values) {
      plan::ValueTest test;
      test.alternatives.push_back({parse_sigma_string(value), false, is_canonical_number(value)});
      predicate.tests.push_back(std::move(test));
      predicate.text += (predicate.tests.size() > 1 ? ", " : "") + value;
    }
    predicate.text += "]";
    return node({NodeKind::predicate, builder_.predicate(std::move(predicate)), {}});
  }

  std::uint32_t selection(std::size_t index) {
    if (selections_[index] == plan::kNone) selections_[index] = expr(detection_->selections[index].expr);
    return selections_[index];
  }

  std::uint32_t expr(const Expr& from) {
    switch (from.kind) {
      case ExprKind::item:
        return item(detection_->items[from.index]);
      case ExprKind::selection:
        return selection(from.index);
      case ExprKind::negation:
        return negated(expr(from.children.front()));
      case ExprKind::all_of:
      case ExprKind::any_of:
        break;
    }
    std::vector<std::uint32_t> children;
    for (const Expr& child : from.children) children.push_back(expr(child));
    return group(from.kind == ExprKind::all_of ? NodeKind::all_of : NodeKind::any_of, std::move(children));
  }

  std::uint32_t item(const Item& from) {
    if (from.entries.empty()) return test(from, from.field.empty() ? plan::kNone : field(from.field, from.where));
    plan::Node block{NodeKind::any_member, plan::kNone, {}};
    plan::FieldExpr array = expr_of(from.field);
    array.path.segments.back().each = true;
    for (const Item& entry : from.entries) {
      plan::FieldExpr part = array;
      const plan::FieldPath inside = expr_of(entry.field).path;
      part.path.segments.insert(part.path.segments.end(), inside.segments.begin(), inside.segments.end());
      block.children.push_back(test(entry, native_field(part, entry.where)));
    }
    block.members = native_field(array, from.where);
    block.text = from.text;
    return node(std::move(block));
  }

  std::uint32_t test(const Item& from, std::uint32_t of_field) {
    plan::Predicate predicate;
    predicate.field = of_field;
    predicate.all = from.all;
    predicate.negate = from.negate;
    predicate.part = from.part;
    if (from.part != plan::TimePart::none) predicate.zone = zone_;
    predicate.text = from.text;
    predicate.line = from.where.line;
    for (const ItemTest& value : from.tests) {
      predicate.tests.push_back(value.test);
      if (value.test.kind == plan::TestKind::field) predicate.tests.back().other_field = field(value.other_field, from.where);
    }
    return node({NodeKind::predicate, builder_.predicate(std::move(predicate)), {}});
  }

  // Checked when the item was parsed.
  static plan::FieldExpr expr_of(const std::string& name) {
    auto expr = parse_field_expr(name);
    return expr ? std::move(*expr) : plan::FieldExpr{};
  }

  std::uint32_t field(const std::string& name, const Location& where) {
    const plan::FieldExpr written = expr_of(name);
    const DerivedDoc* derived = derived_ == nullptr ? nullptr : derived_of(*derived_, written.path);
    if (derived == nullptr) return field_of(builder_.resolve(written, entry_), name, where);
    return builder_.derived(*derived, field_of(builder_.resolve(derived->key, entry_), derived->key_text, derived->key_where),
                            written, tables_);
  }

  // A field of the source itself, whatever normalised names there are.
  std::uint32_t native_field(const plan::FieldExpr& written, const Location& where) {
    return field_of(builder_.resolve(written, nullptr), written.text(), where);
  }

  // Only of the letters' case; another spelling of array members stays.
  [[nodiscard]] std::optional<Fix> respelling(const std::string& name, const std::string& repaired, const Location& where) const {
    if (!equal_folded(name, repaired)) return std::nullopt;
    auto edit = yaml::replace_at(reporter_->file(), where, name, repaired);
    if (!edit) return std::nullopt;
    return Fix{fmt::format("write `{}`", repaired), {std::move(*edit)}};
  }

  std::uint32_t field_of(const ResolvedField& resolved, const std::string& name, const Location& where) {
    if (!resolved.repaired.empty()) {
      reporter_->at("V2003", where,
                    fmt::format("field `{}` is written `{}` by source {}", name, resolved.repaired, builder_.source().name),
                    fmt::format("write `{}`", resolved.repaired), respelling(name, resolved.repaired, where));
    } else if (!resolved.suggestion.empty()) {
      reporter_->at("V2014", where, fmt::format("field `{}` is unknown to source {}", name, builder_.source().name),
                    fmt::format("did you mean `{}`?", resolved.suggestion));
    }
    return builder_.field(resolved.expr);
  }

  SourceBuilder& builder_;
  const Normalise* entry_;
  const std::vector<plan::TablePlan>& tables_;
  const Detection* detection_ = nullptr;
  const std::vector<DerivedDoc>* derived_ = nullptr;
  ZonePtr zone_;
  Reporter* reporter_ = nullptr;
  plan::Arm arm_;
  std::vector<std::uint32_t> selections_;
  std::size_t lead_ = 0;
};

}  // namespace

void Compiler::make_sources() {
  std::vector<plan::SourcePlan> sources = options_.sources;
  std::stable_sort(sources.begin(), sources.end(),
                   [](const plan::SourcePlan& a, const plan::SourcePlan& b) { return a.name < b.name; });
  for (plan::SourcePlan& source : sources) {
    if (source.name == "json")
      source.logsources.insert(source.logsources.end(), options_.json_logsources.begin(), options_.json_logsources.end());
    sources_.emplace_back(std::move(source));
  }
}

// The normalise entries through which the source serves the logsource; `direct` when it serves it as it is.
std::vector<const Normalise*> Compiler::entries_for(const SourceBuilder& builder, const LogSource& wanted, bool& direct) const {
  std::vector<const Normalise*> out;
  const plan::SourcePlan& source = builder.source();
  direct = std::any_of(source.logsources.begin(), source.logsources.end(), [&](const LogSource& given) {
    return gives(wanted.category, given.category) && product_and_service(wanted, given);
  });
  if (wanted.category.empty()) return out;
  const bool restricted = !wanted.product.empty() || !wanted.service.empty();
  const bool named = std::any_of(source.logsources.begin(), source.logsources.end(),
                                 [&](const LogSource& given) { return product_and_service(wanted, given); });
  if (restricted && !named) return out;
  for (const Normalise& entry : source.normalise) {
    if (equal_folded(entry.category, wanted.category)) out.push_back(&entry);
  }
  if (!out.empty()) direct = false;
  return out;
}

// Rules and the sources that serve them; arms follow when all columns are known.
void Compiler::make_rules() {
  for (std::size_t i = 0; i < documents_.size(); ++i) {
    if (documents_[i].kind != DocumentKind::rule || !documents_[i].good) continue;
    const RuleDoc& doc = documents_[i].rule;
    plan::RulePlan rule;
    rule.meta = doc.meta;
    rule.logsource = doc.logsource;
    for (std::uint32_t source = 0; source < sources_.size(); ++source) {
      bool direct = false;
      if (entries_for(sources_[source], doc.logsource, direct).empty() && !direct) continue;
      rule.sources.push_back(source);
      rule.accept = std::max(rule.accept, sources_[source].source().accept);
    }
    if (rule.sources.empty()) {
      const std::string wanted = routing_text(doc.logsource);
      reporter(i).at("V2007", doc.logsource_where, fmt::format("no source type serves {}", wanted),
                     fmt::format("the rule is loaded but sees no events; for generic JSON give --logsource {}", wanted));
    }
    const auto index = static_cast<std::uint32_t>(plan_->rules.size());
    rule_of_[i] = index;
    column_exprs_.emplace_back();
    plan_->rules.push_back(std::move(rule));
    plan::RulePlan& made = plan_->rules.back();
    made.suppress.given = doc.suppress.given;
    made.suppress.for_us = doc.suppress.for_us.value_or(0);
    for (const auto& [text, where] : doc.suppress.by) made.suppress.by.push_back(bind_rule(i, i, text, where).column);
    std::string canonical = fmt::format("{}\n{}\n{}\n{}\n", doc.logsource.category, doc.logsource.product, doc.logsource.service,
                                        doc.zone ? doc.zone->name : "");
    made.title = rule_title(i);
    if (doc.suppress.given) canonical += fmt::format("suppress {}\n", made.suppress.for_us);
    for (const auto& [text, where] : doc.suppress.by) canonical += fmt::format("by {}\n", text);
    if (doc.meta.risk != 0) canonical += fmt::format("risk {}\n", doc.meta.risk);
    canonical += filters_canonical(i) + derived_canonical(doc.derived);
    made.meta.semantic_hash = to_hex(digest_parts({"vedette.rule.v1", canonical, doc.detection.canonical()}), 8);
  }
}

plan::Title Compiler::rule_title(std::size_t document) {
  plan::Title out;
  for (const TitlePartDoc& part : documents_[document].rule.title) {
    plan::TitlePart made{plan::TitleKind::text, part.text};
    if (part.name) {
      made.kind = title_word(part.text);
      if (made.kind == plan::TitleKind::column) made.index = bind_rule(document, document, part.text, part.where).column;
    }
    out.push_back(std::move(made));
  }
  return out;
}

void Compiler::make_arm(std::uint32_t rule, std::size_t document, SourceBuilder& builder,
                        const std::vector<const Normalise*>& entries, std::size_t entry) {
  const RuleDoc& doc = documents_[document].rule;
  const Normalise* own = entry < entries.size() ? entries[entry] : nullptr;
  const std::vector<const Normalise*> earlier(entries.begin(),
                                              entries.begin() + static_cast<std::ptrdiff_t>(std::min(entry, entries.size())));
  ArmBuilder nodes(builder, own, plan_->tables);
  nodes.add_body(doc, earlier, reporter(document));
  if (const auto filters = filters_of_.find(document); filters != filters_of_.end()) {
    for (const std::uint32_t filter : filters->second) {
      const std::size_t from = filter_documents_[filter];
      nodes.add_filter(filter, documents_[from].filter, reporter(from));
    }
  }
  plan::Arm arm = nodes.take();
  arm.rule = rule;
  for (const plan::FieldExpr& expr : column_exprs_[rule]) {
    if (const DerivedDoc* derived = derived_of(doc.derived, expr.path)) {
      const ResolvedField key = builder.resolve(derived->key, own);
      const std::uint32_t field = key.missing ? plan::kNone : builder.field(key.expr);
      arm.columns.push_back(key.missing ? plan::kNone : builder.derived(*derived, field, expr, plan_->tables));
      continue;
    }
    const ResolvedField resolved = builder.resolve(expr, own);
    arm.columns.push_back(resolved.missing ? plan::kNone : builder.field(resolved.expr));
  }
  builder.arm(std::move(arm));
}

void Compiler::make_arms_of(std::uint32_t rule, std::size_t document) {
  const RuleDoc& doc = documents_[document].rule;
  for (const std::uint32_t source : plan_->rules[rule].sources) {
    bool direct = false;
    const std::vector<const Normalise*> entries = entries_for(sources_[source], doc.logsource, direct);
    if (direct) make_arm(rule, document, sources_[source], {}, 0);
    for (std::size_t i = 0; i < entries.size(); ++i) make_arm(rule, document, sources_[source], entries, i);
  }
}

void Compiler::make_arms() {
  for (const auto& [document, rule] : rule_of_) make_arms_of(rule, document);
  for (SourceBuilder& builder : sources_) plan_->sources.push_back(builder.take());
}

std::string Compiler::plan_hash() const {
  std::string text = plan::print_plan(*plan_);
  for (const plan::SourceProgram& program : plan_->sources) {
    for (const plan::Predicate& predicate : program.predicates) text += plan::print_predicate(program, predicate) + "\n";
    for (const plan::Arm& arm : program.arms) {
      for (const plan::Node& node : arm.nodes) {
        text += fmt::format("{} {} {}", static_cast<int>(node.kind), node.predicate, node.members);
        for (const std::uint32_t child : node.children) text += fmt::format(" {}", child);
        text += '\n';
      }
      for (const plan::ArmFilter& filter : arm.filters) text += fmt::format("filter {} {}\n", filter.filter, filter.node);
      for (const plan::ArmLevel& level : arm.levels) text += fmt::format("level {} {}\n", level.level, level.node);
    }
  }
  const auto add_meta = [&text](const plan::RuleMeta& meta) {
    for (const std::string* part : {&meta.title, &meta.name, &meta.author}) text += fmt::format("{}:{}\n", part->size(), *part);
    for (const std::string& reference : meta.references) text += reference + "\n";
    for (const std::string& tag : meta.tags) text += tag + "\n";
  };
  for (const plan::RulePlan& rule : plan_->rules) add_meta(rule.meta);
  for (const plan::CorrelationPlan& correlation : plan_->correlations) add_meta(correlation.meta);
  return to_hex(digest_parts({"vedette.plan.v1", text, plan_->identity.content_hash()}), 8);
}

}  // namespace vedette::rules
