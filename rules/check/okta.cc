// Lints that know Okta's catalogue of event types, and the fields that sources know.
#include <fmt/format.h>

#include <algorithm>

#include "engine/base/fold.h"
#include "engine/base/suggest.h"
#include "rules/check/items.h"
#include "rules/check/okta_event_types.h"
#include "rules/sigma/derived.h"
#include "rules/sigma/sigma_string.h"

namespace vedette::rules {
namespace {

bool names_event_type(const ItemView& item) {
  return equal_folded(item.field, "eventType") && equal_folded(item.document.logsource.product, "okta") && !item.chain.re &&
         !item.chain.exists && !item.chain.fieldref && item.chain.encodings.empty() && !item.chain.expand;
}

// Both folded. '*' and '?' as Sigma has them.
bool matches(const SigmaString& pattern, std::size_t piece, std::string_view text) {
  if (piece == pattern.size()) return text.empty();
  const plan::Piece& first = pattern[piece];
  switch (first.kind) {
    case plan::PieceKind::literal: {
      const std::string literal = folded(first.text);
      return text.starts_with(literal) && matches(pattern, piece + 1, text.substr(literal.size()));
    }
    case plan::PieceKind::any_one:
      return !text.empty() && matches(pattern, piece + 1, text.substr(1));
    case plan::PieceKind::any_many:
      break;
  }
  for (std::size_t skip = 0; skip <= text.size(); ++skip) {
    if (matches(pattern, piece + 1, text.substr(skip))) return true;
  }
  return false;
}

// A value that several types may match; the pattern with what its modifiers add.
std::optional<SigmaString> pattern_of(const ItemView& item, const yaml::Node& value) {
  const bool around = item.chain.contains;
  SigmaString pattern, text = parse_sigma_string(value.text);
  const SigmaString many = {{plan::PieceKind::any_many, {}}};
  if (around || item.chain.endswith) append_pieces(pattern, many);
  append_pieces(pattern, text);
  if (around || item.chain.startswith) append_pieces(pattern, many);
  return has_wildcards(pattern) ? std::optional<SigmaString>(std::move(pattern)) : std::nullopt;
}

std::string_view nearest_event_type(std::string_view text) {
  static const std::vector<std::string_view> names = [] {
    std::vector<std::string_view> out;
    for (const OktaEventType& type : okta_event_types()) out.push_back(type.name);
    return out;
  }();
  return nearest(text, names);
}

}  // namespace

void unknown_event_type(const ItemView& item, Sink& sink) {
  if (!names_event_type(item)) return;
  for (const yaml::Node* value : item.values) {
    if (value->text.empty() || pattern_of(item, *value) || find_okta_event_type(value->text) != nullptr) continue;
    const std::string_view near = nearest_event_type(value->text);
    sink.at(value->where, fmt::format("Okta has no event type `{}`", value->text),
            near.empty() ? "compare it with Okta's catalogue; a type newer than this program is not known to it"
                         : fmt::format("did you mean `{}`?", near));
  }
}

void not_by_event_hook(const ItemView& item, Sink& sink) {
  if (!names_event_type(item) || item.chain.neq) return;
  for (const yaml::Node* value : item.values) {
    if (pattern_of(item, *value)) continue;
    const OktaEventType* type = find_okta_event_type(value->text);
    if (type == nullptr || type->hook) continue;
    sink.at(value->where, fmt::format("no event hook delivers `{}`", type->name),
            "read the System Log by API, log stream or export as well; an okta_hook source alone never sees it");
  }
}

void pattern_without_event_type(const ItemView& item, Sink& sink) {
  if (!names_event_type(item)) return;
  for (const yaml::Node* value : item.values) {
    const auto pattern = pattern_of(item, *value);
    if (!pattern) continue;
    const auto types = okta_event_types();
    if (std::any_of(types.begin(), types.end(),
                    [&](const OktaEventType& type) { return matches(*pattern, 0, folded(type.name)); }))
      continue;
    sink.at(value->where, fmt::format("`{}` matches none of Okta's event types", value->text),
            "event types are words joined by dots, such as user.session.start");
  }
}

void far_field(const ItemView& item, Sink& sink) {
  if (item.field.empty() || names_derived(item.document.root, item.field)) return;
  std::string source;
  if (item.document.context.fields.ask(item.document.logsource, item.field, source) != KnownFields::Answer::unknown) return;
  const bool of_filter = item.document.type == DocumentType::filter;
  sink.inside(item.key, 0, item.chain.field.size(), fmt::format("source {} has no field like `{}`", source, item.field),
              of_filter ? "filters see what events hold, not the `lookup` and `enrich` of rules; accounts belong into a list: "
                          "`actor.alternateId|expand: '%travellers%'`"
                        : "`vedette rules fields` lists what it has; a field that no event carries is absent, and never equal to "
                          "anything");
}

}  // namespace vedette::rules
