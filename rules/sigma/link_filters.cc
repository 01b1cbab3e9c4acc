// Which rules each filter filters.
#include <fmt/format.h>

#include <algorithm>

#include "engine/base/fold.h"
#include "engine/base/suggest.h"
#include "rules/sigma/compiler.h"

namespace vedette::rules {
namespace {

// Everything that the filter's logsource gives, the rule's must give alike.
bool serves(const plan::LogSource& filter, const plan::LogSource& rule) {
  const auto same = [](const std::string& wanted, const std::string& given) {
    return wanted.empty() || equal_folded(wanted, given);
  };
  return same(filter.category, rule.category) && same(filter.product, rule.product) && same(filter.service, rule.service);
}

}  // namespace

// The rule documents that a filter names. Reports names that are none.
std::vector<std::size_t> Compiler::filtered_rules(std::size_t document) {
  const FilterDoc& filter = documents_[document].filter;
  std::vector<std::size_t> out;
  std::vector<std::string> names;
  for (std::size_t i = 0; i < documents_.size(); ++i) {
    if (documents_[i].kind != DocumentKind::rule) continue;
    if (filter.any) out.push_back(i);
    const plan::RuleMeta& meta = documents_[i].meta();
    if (!meta.name.empty()) names.push_back(meta.name);
    if (!meta.id.empty()) names.push_back(meta.id);
  }
  for (const RuleRef& ref : filter.rules) {
    const auto id = by_id_.find(ref.text);
    const auto name = by_name_.find(ref.text);
    const std::size_t target = id != by_id_.end() ? id->second : name != by_name_.end() ? name->second : kNowhere;
    if (target == kNowhere) {
      if (options_.partial) continue;
      error(document, "V1256", ref.where, fmt::format("rule `{}` is not defined", ref.text),
            did_you_mean(ref.text, names, "give the rule a `name`, and load its file together with this one"));
    } else if (documents_[target].kind != DocumentKind::rule) {
      const bool correlation = documents_[target].kind == DocumentKind::correlation;
      error(document, "V1257", ref.where, fmt::format("`{}` is a {}", ref.text, correlation ? "correlation" : "filter"),
            correlation ? "filters apply to events: name the rules that it reads" : "name the rules themselves");
    } else if (std::find(out.begin(), out.end(), target) == out.end()) {
      out.push_back(target);
    }
  }
  return out;
}

void Compiler::make_filters() {
  for (std::size_t i = 0; i < documents_.size(); ++i) {
    if (documents_[i].kind != DocumentKind::filter || !documents_[i].good) continue;
    const FilterDoc& doc = documents_[i].filter;
    const std::vector<std::size_t> named = filtered_rules(i);
    if (!documents_[i].good) continue;
    const auto index = static_cast<std::uint32_t>(plan_->filters.size());
    const plan::RuleMeta& meta = doc.meta;
    plan_->filters.push_back({meta.id, meta.name, meta.title, doc.owner, doc.reason, meta.where, doc.expires});
    filter_documents_.push_back(i);
    bool applies = false;
    for (const std::size_t rule : named) {
      if (!serves(doc.logsource, documents_[rule].rule.logsource)) continue;
      filters_of_[rule].push_back(index);
      applies = true;
    }
    if (!applies && !options_.partial) {
      reporter(i).at("V2016", doc.logsource_where, "the filter applies to none of the rules it names",
                     "what its logsource gives (category, product, service) a rule's must give, too, with the same values");
    }
  }
}

std::string Compiler::filters_canonical(std::size_t document) const {
  const auto filters = filters_of_.find(document);
  if (filters == filters_of_.end()) return {};
  std::vector<std::string> texts;
  for (const std::uint32_t filter : filters->second) {
    const FilterDoc& doc = documents_[filter_documents_[filter]].filter;
    texts.push_back(fmt::format("filter {} {} {}\n", doc.expires, doc.zone ? doc.zone->name : "", doc.detection.canonical()));
  }
  std::sort(texts.begin(), texts.end());
  return fmt::format("{}", fmt::join(texts, ""));
}

}  // namespace vedette::rules
