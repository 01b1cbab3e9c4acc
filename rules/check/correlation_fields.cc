// Lints over what correlations and titles take from events: fields that the rules they read do not have. A group-by
// field that no event holds leaves every event out, so the rule would stay quiet for ever.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "rules/check/checker.h"
#include "rules/sigma/extensions.h"

namespace vedette::rules {
namespace {

using yaml::Node;

std::vector<const Node*> scalars(const Node* node) {
  std::vector<const Node*> out;
  if (node == nullptr) return out;
  if (node->is_scalar()) out.push_back(node);
  for (const Node& item : node->items) {
    if (item.is_scalar()) out.push_back(&item);
  }
  return out;
}

std::vector<std::string> texts(const Node* node) {
  std::vector<std::string> out;
  for (const Node* scalar : scalars(node)) out.push_back(scalar->text);
  return out;
}

std::string without_transforms(std::string_view field) { return std::string(field.substr(0, field.find('|'))); }

// The uses of the fields under a node, aliases taken apart into the field of each rule.
class Uses {
 public:
  explicit Uses(const Node& correlation) : aliases_(correlation.find("aliases")) {}

  void add(const Node* fields, const Node* of, bool of_each) {
    for (const Node* field : scalars(fields)) {
      const std::string name = without_transforms(field->text);
      const Node* alias = aliases_ != nullptr && aliases_->is_map() ? aliases_->find(name) : nullptr;
      if (alias == nullptr) {
        out_.push_back({name, field->where, texts(of), of_each});
        continue;
      }
      for (const auto& [rule, written] : alias->entries) {
        if (taken_.insert({name, rule.text}).second)
          out_.push_back({without_transforms(written.text), written.where, {rule.text}, true});
      }
    }
  }
  [[nodiscard]] std::vector<FieldUse> take() { return std::move(out_); }

 private:
  const Node* aliases_;
  std::set<std::pair<std::string, std::string>> taken_;
  std::vector<FieldUse> out_;
};

const Node* map_at(const Node& map, std::string_view key) {
  const Node* node = map.find(key);
  return node != nullptr && node->is_map() ? node : nullptr;
}

bool is_named(const plan::RuleMeta& meta, const std::string& text) {
  return text == meta.id || text == meta.key || (!meta.name.empty() && text == meta.name);
}

}  // namespace

std::vector<FieldUse> field_uses(const DocumentView& document) {
  if (document.type != DocumentType::correlation) return {};
  const Node& body = document.body;
  const Node* type = body.find("type");
  Uses uses(body);
  uses.add(body.find("group-by"), nullptr, true);
  const Node* condition = map_at(body, "condition");
  const Node* field = condition != nullptr ? condition->find("field") : nullptr;
  if (field == nullptr) field = body.find("field");
  const bool risk = type != nullptr && type->text == "value_sum" && field != nullptr && field->text == "risk";
  if (!risk) uses.add(field, nullptr, false);
  if (const Node* values = map_at(body, "values")) {
    for (const auto& [name, metric] : values->entries) {
      if (!metric.is_map()) continue;
      uses.add(metric.find("distinct"), metric.find("of"), false);
      uses.add(metric.find("sum"), metric.find("of"), false);
    }
  }
  if (const Node* exports = map_at(body, "export")) {
    for (const auto& [name, value] : exports->entries) {
      if (value.is_map()) uses.add(value.find("distinct"), nullptr, false);
    }
  }
  return uses.take();
}

std::vector<FieldUse> title_uses(const DocumentView& document) {
  if (document.type == DocumentType::filter) return {};
  static constexpr std::string_view kBuiltIn[] = {"span", "first", "last"};
  Diagnostics ignored;
  Reporter quiet(document.file, ignored);
  const auto is_given = [&](const std::string& name) {
    const Node* values = map_at(document.body, "values");
    const Node* aliases = map_at(document.body, "aliases");
    return (values != nullptr && (values->find(name) != nullptr || std::ranges::find(kBuiltIn, name) != std::end(kBuiltIn))) ||
           (aliases != nullptr && aliases->find(name) != nullptr);
  };
  const std::vector<std::string> members = texts(document.body.find("group-by"));
  std::vector<FieldUse> out;
  for (const TitlePartDoc& part : parse_title(document.root, quiet)) {
    if (!part.name || title_word(part.text) != plan::TitleKind::column || is_given(part.text)) continue;
    const std::string field = without_transforms(part.text);
    const auto same = [&](const std::string& member) { return without_transforms(member) == field; };
    if (document.type == DocumentType::correlation && std::ranges::any_of(members, same)) continue;
    out.push_back({field, part.where, {}, false});
  }
  return out;
}

std::vector<std::string> derived_names(const Node& root) {
  std::vector<std::string> out;
  const auto add = [&out](const Node& lookup) {
    const Node* as = lookup.find("as");
    if (as != nullptr && as->is_scalar()) out.push_back(as->text);
  };
  if (const Node* lookup = root.find("lookup")) {
    add(*lookup);
    for (const Node& each : lookup->items) add(each);
  }
  if (const Node* enrich = map_at(root, "enrich")) {
    for (const auto& [name, address] : enrich->entries) out.push_back(name.text);
  }
  return out;
}

const SeenDocument* Checker::seen(const plan::RuleMeta& meta) const {
  const auto found = seen_.find({meta.where.file, meta.where.line});
  return found == seen_.end() ? nullptr : &found->second;
}

bool Checker::known(const SeenDocument& rule, std::string_view field) const {
  const std::string_view first = field.substr(0, field.find('.'));
  if (std::ranges::find(rule.derived, first) != rule.derived.end()) return true;
  std::string source;
  return fields_.ask(rule.logsource, field, source) == KnownFields::Answer::known;
}

std::string Checker::remedy(const SeenDocument& rule, std::string_view field) const {
  const std::string category = fields_.category_with(rule.logsource, field);
  if (rule.logsource.category.empty() && !category.empty()) {
    return fmt::format("it is a normalised name, which rules of a category have: `logsource: {{category: {}{}{}}}`", category,
                       rule.logsource.product.empty() ? "" : ", product: ", rule.logsource.product);
  }
  const std::string near = fields_.nearest_to(rule.logsource, field);
  return near.empty() ? "`vedette rules fields SOURCE` lists what it has" : fmt::format("did you mean `{}`?", near);
}

// A field that each rule needs is missing in one; or one that any rule may give, in all.
void Checker::look_at_uses(const plan::Plan& plan, const plan::CorrelationPlan& correlation, const SeenDocument& document) {
  Sink sink(reporter(*document.file));
  sink.use("V2125");
  for (const FieldUse& use : document.uses) {
    const plan::RuleMeta* lacking = nullptr;
    bool found = false;
    for (const plan::Input& input : correlation.inputs) {
      const plan::RuleMeta& meta = input.correlation ? plan.correlations[input.index].meta : plan.rules[input.index].meta;
      const auto is_it = [&](const std::string& text) { return is_named(meta, text); };
      if ((!use.of_each && input.until) || (!use.of.empty() && std::ranges::none_of(use.of, is_it))) continue;
      const SeenDocument* rule = input.correlation ? nullptr : seen(meta);
      const bool has = rule == nullptr || known(*rule, use.field);
      found = found || has;
      if (!has && lacking == nullptr) lacking = &meta;
    }
    if (lacking == nullptr || (found && !use.of_each)) continue;
    sink.at(use.where, fmt::format("events of `{}` have no field `{}`", lacking->label(), use.field),
            remedy(*seen(*lacking), use.field));
  }
}

// `base`: the rules whose events may trigger the alert.
void Checker::look_at_title(const SeenDocument& document, const std::vector<const SeenDocument*>& base) {
  if (base.empty()) return;
  Sink sink(reporter(*document.file));
  sink.use("V2126");
  for (const FieldUse& use : document.in_title) {
    const auto has = [&](const SeenDocument* rule) { return rule == nullptr || known(*rule, use.field); };
    if (std::ranges::any_of(base, has)) continue;
    sink.at(use.where, fmt::format("`{}` in the title is no field of the events, and always `?`", use.field),
            remedy(*base.front(), use.field));
  }
}

void Checker::look_at_fields(const plan::Plan& plan) {
  for (const plan::RulePlan& rule : plan.rules) {
    if (const SeenDocument* document = seen(rule.meta)) look_at_title(*document, {document});
  }
  // In level order: the rules below each correlation.
  std::vector<std::vector<const SeenDocument*>> below(plan.correlations.size());
  for (std::size_t i = 0; i < plan.correlations.size(); ++i) {
    const plan::CorrelationPlan& correlation = plan.correlations[i];
    for (const plan::Input& input : correlation.inputs) {
      if (!input.correlation) {
        below[i].push_back(seen(plan.rules[input.index].meta));
      } else {
        below[i].insert(below[i].end(), below[input.index].begin(), below[input.index].end());
      }
    }
    const SeenDocument* document = seen(correlation.meta);
    if (document == nullptr) continue;
    look_at_uses(plan, correlation, *document);
    look_at_title(*document, below[i]);
  }
}

}  // namespace vedette::rules
