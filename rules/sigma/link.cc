// References between documents: ids, names and tags, order and depth of correlations.
#include <fmt/format.h>

#include <algorithm>

#include "engine/base/fold.h"
#include "engine/base/suggest.h"
#include "rules/sigma/compiler.h"

namespace vedette::rules {
namespace {

constexpr int kMaxChain = 4;

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

// A name or id; kNowhere, reported, when there is none or it is listed already.
void Compiler::resolve(Linked& linked, const RuleRef& ref, const std::vector<std::string>& names) {
  const bool until = linked.listed > 0;
  const auto id = by_id_.find(ref.text);
  const auto name = by_name_.find(ref.text);
  std::size_t target = id != by_id_.end() ? id->second : name != by_name_.end() ? name->second : kNowhere;
  if (target == kNowhere) {
    error(linked.document, "V1203", ref.where, fmt::format("rule `{}` is not defined", ref.text),
          did_you_mean(ref.text, names, "give the rule a `name`, and load its file together with this one"));
  } else if (documents_[target].kind == DocumentKind::filter) {
    error(linked.document, "V1203", ref.where, fmt::format("`{}` is a filter", ref.text), "refer to the rules that it filters");
    target = kNowhere;
  } else if (const auto listed = std::find(linked.inputs.begin(), linked.inputs.end(), target); listed != linked.inputs.end()) {
    const bool of_rules = until && static_cast<std::size_t>(listed - linked.inputs.begin()) < linked.listed;
    error(linked.document, of_rules ? "V1229" : "V1204", ref.where,
          fmt::format("`{}` is a rule that is listed {}already", ref.text, of_rules ? "in `rules` " : ""),
          of_rules ? "a rule either counts or ends the count" : "remove one of them");
    target = kNowhere;
  }
  linked.inputs.push_back(target);
  linked.refs.push_back(ref);
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
    linked.tagged = !documents_[i].correlation.tags.empty();
    for (const RuleRef& ref : documents_[i].correlation.rules) resolve(linked, ref, names);
    linked_.emplace(i, std::move(linked));
  }
  expand_tags();
  for (auto& [document, linked] : linked_) {
    linked.listed = linked.inputs.size();
    for (const RuleRef& ref : documents_[document].correlation.until) resolve(linked, ref, names);
  }
}

// Rules and correlations that carry one of the tags, in the order of their ids.
std::vector<std::size_t> Compiler::tagged_documents(const CorrelationDoc& doc) const {
  std::vector<std::size_t> out;
  for (const auto& [id, document] : by_id_) {
    if (documents_[document].kind == DocumentKind::filter || !documents_[document].good) continue;
    const std::vector<std::string>& tags = documents_[document].meta().tags;
    const bool carries = std::any_of(tags.begin(), tags.end(), [&](const std::string& tag) {
      return std::any_of(doc.tags.begin(), doc.tags.end(), [&](const std::string& wanted) { return equal_folded(tag, wanted); });
    });
    if (carries) out.push_back(document);
  }
  return out;
}

// References by tag leave out the referring correlation and whatever reads it, be it through other tags: which are expanded
// first makes no difference.
void Compiler::expand_tags() {
  std::map<std::size_t, std::vector<std::size_t>> matches, readers;
  for (const auto& [document, linked] : linked_) {
    std::vector<std::size_t> read = linked.inputs;
    if (linked.tagged) {
      matches[document] = tagged_documents(documents_[document].correlation);
      read.insert(read.end(), matches[document].begin(), matches[document].end());
    }
    for (const RuleRef& ref : documents_[document].correlation.until) {
      const auto id = by_id_.find(ref.text);
      const auto name = by_name_.find(ref.text);
      if (id != by_id_.end() || name != by_name_.end()) read.push_back(id != by_id_.end() ? id->second : name->second);
    }
    for (const std::size_t input : read) {
      if (input != kNowhere) readers[input].push_back(document);
    }
  }
  for (const auto& [document, found] : matches) {
    std::set<std::size_t> outer = {document};
    for (std::vector<std::size_t> open = {document}; !open.empty();) {
      const std::size_t inner = open.back();
      open.pop_back();
      for (const std::size_t reader : readers[inner]) {
        if (outer.insert(reader).second) open.push_back(reader);
      }
    }
    const CorrelationDoc& doc = documents_[document].correlation;
    Linked& linked = linked_.at(document);
    for (const std::size_t input : found) {
      if (outer.contains(input)) continue;
      const plan::RuleMeta& meta = documents_[input].meta();
      linked.inputs.push_back(input);
      linked.refs.push_back({meta.name.empty() ? meta.key : meta.name, doc.tags_where});
    }
    if (linked.inputs.empty()) {
      error(document, "V1219", doc.tags_where, "no rule carries one of these tags",
            "tags are written as in the rules, for example attack.credential-access");
    }
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
    const RuleRef& ref = linked.refs[i];
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

// A reference by tag does not depend on rules that are broken.
void Compiler::drop_broken_tagged(Linked& linked) {
  if (!linked.tagged) return;
  for (std::size_t i = linked.listed; i-- > 0;) {
    if (documents_[linked.inputs[i]].good) continue;
    linked.inputs.erase(linked.inputs.begin() + static_cast<std::ptrdiff_t>(i));
    linked.refs.erase(linked.refs.begin() + static_cast<std::ptrdiff_t>(i));
    --linked.listed;
  }
  if (linked.listed == 0) documents_[linked.document].good = false;
}

// A correlation over a broken document cannot be compiled either.
void Compiler::drop_dependents() {
  for (const std::size_t document : order_) {
    Linked& linked = linked_.at(document);
    drop_broken_tagged(linked);
    for (std::size_t i = 0; i < linked.inputs.size() && documents_[document].good; ++i) {
      const std::size_t input = linked.inputs[i];
      if (input == kNowhere || documents_[input].good) continue;
      documents_[document].good = false;
      if (!options_.skip_broken) continue;
      const RuleRef& ref = linked.refs[i];
      reporter(document).at("V2011", ref.where, fmt::format("left out, because `{}` is broken", ref.text),
                            "correct that document first");
    }
  }
}

}  // namespace vedette::rules
