#include "rules/check/fields.h"

#include <algorithm>

#include "engine/base/fold.h"
#include "engine/base/suggest.h"

namespace vedette::rules {
namespace {

// The keys of a written field, joined by dots, without indices and element filters; folded.
std::string keys_of(std::string_view field) {
  std::string out;
  int depth = 0;
  for (const char c : field) {
    if (c == '[' || c == '{') ++depth;
    if (depth == 0) out += c;
    if ((c == ']' || c == '}') && depth > 0) --depth;
  }
  // target.0.id: an index in the place of a key.
  std::string keys;
  for (std::size_t at = 0; at <= out.size();) {
    const std::size_t dot = std::min(out.find('.', at), out.size());
    const std::string_view key = std::string_view(out).substr(at, dot - at);
    const bool index = !key.empty() && key.find_first_not_of("0123456789") == std::string_view::npos;
    if (!index || keys.empty()) keys += (keys.empty() ? "" : ".") + std::string(key);
    at = dot + 1;
  }
  return folded(keys);
}

bool gives(const std::string& wanted, const std::string& given) { return wanted.empty() || equal_folded(wanted, given); }

}  // namespace

KnownFields::KnownFields(const std::vector<plan::SourcePlan>& sources) {
  for (const plan::SourcePlan& plan : sources) {
    Source source;
    source.plan = &plan;
    for (const plan::FieldPath& path : plan.fields) {
      std::string prefix, written;
      for (const plan::PathSegment& segment : path.segments) {
        if (!prefix.empty()) source.inner.insert(prefix);
        written += (written.empty() ? "" : ".") + segment.key;
        prefix = folded(written);
      }
      source.leaves.insert(prefix);
      source.names.push_back(prefix);
      source.written.push_back(std::move(written));
    }
    for (const plan::Normalise& entry : plan.normalise) {
      auto& names = categories_[folded(entry.category)];
      for (const plan::NormalisedField& field : entry.set) names.insert(folded(field.name));
    }
    sources_.push_back(std::move(source));
  }
}

bool KnownFields::normalised(std::string_view category, std::string_view name) const {
  const auto found = categories_.find(folded(category));
  return found != categories_.end() && found->second.contains(folded(name));
}

bool KnownFields::serves(const Source& source, const plan::LogSource& wanted) const {
  if (!wanted.category.empty()) {
    return std::any_of(source.plan->normalise.begin(), source.plan->normalise.end(),
                       [&](const plan::Normalise& entry) { return equal_folded(entry.category, wanted.category); });
  }
  return std::any_of(source.plan->logsources.begin(), source.plan->logsources.end(), [&](const plan::LogSource& given) {
    return gives(wanted.product, given.product) && gives(wanted.service, given.service);
  });
}

KnownFields::Answer KnownFields::ask(const Source& source, const std::string& name) {
  if (source.leaves.contains(name) || source.inner.contains(name)) return Answer::known;
  // Below a listed field anything may follow: objects whose keys vary, JSON inside strings.
  for (std::size_t dot = name.find('.'); dot != std::string::npos; dot = name.find('.', dot + 1)) {
    const std::string_view prefix = std::string_view(name).substr(0, dot);
    if (source.leaves.contains(prefix)) return Answer::known;
  }
  return nearest(name, source.names).empty() ? Answer::unknown : Answer::near;
}

std::string KnownFields::nearest_to(const plan::LogSource& logsource, std::string_view field) const {
  const std::string name = keys_of(field);
  if (const auto found = categories_.find(folded(logsource.category)); found != categories_.end()) {
    const std::vector<std::string> names(found->second.begin(), found->second.end());
    if (const std::string_view near = nearest(name, names); !near.empty()) return std::string(near);
  }
  for (const Source& source : sources_) {
    if (!serves(source, logsource)) continue;
    if (const std::string_view near = nearest(name, source.written); !near.empty()) return std::string(near);
  }
  return {};
}

std::string KnownFields::category_with(const plan::LogSource& logsource, std::string_view name) const {
  std::string any;
  for (const Source& source : sources_) {
    for (const plan::Normalise& entry : source.plan->normalise) {
      if (!normalised(entry.category, name)) continue;
      if (serves(source, logsource)) return entry.category;
      if (any.empty()) any = entry.category;
    }
  }
  return any;
}

KnownFields::Answer KnownFields::ask(const plan::LogSource& logsource, std::string_view field, std::string& source_name) const {
  const std::string name = keys_of(field);
  if (!logsource.category.empty() && normalised(logsource.category, name)) return Answer::known;
  Answer answer = Answer::known;
  for (const Source& source : sources_) {
    if (!serves(source, logsource)) continue;
    if (source.names.empty()) return Answer::known;
    const Answer one = ask(source, name);
    if (one != Answer::unknown) return one;
    answer = one;
    source_name = source.plan->name;
  }
  return answer;
}

}  // namespace vedette::rules
