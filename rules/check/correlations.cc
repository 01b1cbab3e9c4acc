// Lints over correlations and filters.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "rules/check/logic.h"

namespace vedette::rules {
namespace {

using yaml::Node;

constexpr DurationUs kLongTimespan = 30 * kDayUs;
constexpr DurationUs kSoon = 30 * kDayUs;

bool counts(std::string_view type) { return type == "event_count" || type == "value_count"; }

// A key of the correlation, only of correlations.
const Node* key_of(const DocumentView& document, std::string_view key) {
  return document.type == DocumentType::correlation ? document.body.find(key) : nullptr;
}

std::string type_of(const DocumentView& document) {
  const Node* type = key_of(document, "type");
  return type != nullptr ? type->text : "";
}

// The bounds of a counting correlation's condition.
std::vector<std::pair<const Node*, const Node*>> bounds_of(const DocumentView& document) {
  static constexpr std::array<std::string_view, 6> kOperators = {"gt", "gte", "lt", "lte", "eq", "neq"};
  std::vector<std::pair<const Node*, const Node*>> out;
  const Node* condition = key_of(document, "condition");
  if (condition == nullptr || !condition->is_map()) return out;
  for (const auto& [key, value] : condition->entries) {
    if (std::find(kOperators.begin(), kOperators.end(), key.text) != kOperators.end()) out.emplace_back(&key, &value);
  }
  return out;
}

// `expires`, `owner` and the like may stand in the document or inside `filter`.
const Node* filter_key(const DocumentView& document, std::string_view key) {
  if (document.type != DocumentType::filter) return nullptr;
  const Node* outside = document.root.find(key);
  return outside != nullptr ? outside : document.body.find(key);
}

std::optional<TimeUs> expiry(const DocumentView& document) {
  const Node* node = filter_key(document, "expires");
  return node != nullptr && node->is_scalar() ? parse_iso8601(node->text) : std::nullopt;
}

}  // namespace

void long_timespan(const DocumentView& document, Sink& sink) {
  const Node* node = key_of(document, "timespan");
  const std::string type = type_of(document);
  if (node == nullptr || !node->is_scalar() || type == "new_value") return;
  const auto timespan = parse_duration(node->text);
  if (!timespan || *timespan <= kLongTimespan) return;
  sink.at(node->where, fmt::format("a window of {} is kept in memory for every group", format_duration(*timespan)),
          "30d is long already; a first-seen rule is `type: new_value`");
}

void threshold_of_one(const DocumentView& document, Sink& sink) {
  const std::string type = type_of(document);
  const auto bounds = bounds_of(document);
  if (!counts(type) || bounds.size() != 1) return;
  const auto& [key, value] = bounds.front();
  const bool one = (key->text == "gte" && value->text == "1") || (key->text == "gt" && value->text == "0");
  if (!one) return;
  sink.at(value->where, fmt::format("every event reaches this bound: the {} counts nothing", type),
          "use the rule alone, with `suppress` where it is too loud; or raise the bound");
}

void tumbling_window(const DocumentView& document, Sink& sink) {
  const std::string type = type_of(document);
  if (!counts(type) && type != "value_sum") return;
  for (const auto& [key, value] : bounds_of(document)) {
    if (key->text == "gt" || key->text == "gte") continue;
    const Node* timespan = key_of(document, "timespan");
    sink.at(
        key->where, fmt::format("with `{}` the windows stand side by side instead of sliding", key->text),
        fmt::format("each {} is judged once, when it is over and late events had their time; only groups with an event in it are",
                    timespan != nullptr ? timespan->text : "window"));
    return;
  }
}

void neq_bound(const DocumentView& document, Sink& sink) {
  const auto bounds = bounds_of(document);
  if (bounds.size() != 1 || bounds.front().first->text != "neq") return;
  sink.at(bounds.front().first->where, fmt::format("nearly every window differs from {}", bounds.front().second->text),
          "say what too many or too few is: `gte`, `lte`");
}

void one_group(const DocumentView& document, Sink& sink) {
  if (document.type != DocumentType::correlation) return;
  const Node* node = key_of(document, "group-by");
  if (node != nullptr && node->kind != yaml::NodeKind::null && !(node->is_sequence() && node->items.empty())) return;
  sink.at(document.place("correlation"), "without `group-by` all events are counted together",
          "add for example `group-by: [actor.alternateId]` unless the whole tenant is meant");
}

void temporal_of_one(const DocumentView& document, Sink& sink) {
  const std::string type = type_of(document);
  const Node* rules = key_of(document, "rules");
  if ((type != "temporal" && type != "temporal_ordered") || rules == nullptr) return;
  const bool one = rules->is_scalar() || (rules->is_sequence() && rules->items.size() == 1);
  if (!one) return;
  sink.at(rules->is_scalar() ? rules->where : rules->items.front().where, fmt::format("{} of one rule is that rule", type),
          "list the rules that have to come together; to count one, use event_count");
}

void display_name_group(const DocumentView& document, Sink& sink) {
  const Node* node = key_of(document, "group-by");
  if (node == nullptr) return;
  const auto look = [&](const Node& member) {
    const std::string field = member.text.substr(0, member.text.find('|'));
    if (field != "displayName" && !field.ends_with(".displayName")) return;
    sink.at(member.where, fmt::format("`{}` is a name for people: two may share it, and it can be changed", field),
            fmt::format("group by `{}id` or `{}alternateId`", field.substr(0, field.size() - 11),
                        field.substr(0, field.size() - 11)));
  };
  if (node->is_scalar()) look(*node);
  for (const Node& member : node->items) look(member);
}

void filter_expired(const DocumentView& document, Sink& sink) {
  const auto expires = expiry(document);
  if (!expires || !document.context.now || *expires > *document.context.now) return;
  const Node& node = *filter_key(document, "expires");
  sink.at(node.where, fmt::format("the filter expired on {}: what it kept quiet alerts again", node.text),
          "remove it, or give it a new date");
}

void filter_expires_soon(const DocumentView& document, Sink& sink) {
  const auto expires = expiry(document);
  if (!expires || !document.context.now || *expires <= *document.context.now || *expires - *document.context.now > kSoon) return;
  const Node& node = *filter_key(document, "expires");
  const std::int64_t days = (*expires - *document.context.now + kDayUs - 1) / kDayUs;
  const Node* owner = filter_key(document, "owner");
  sink.at(node.where, fmt::format("the filter expires in {} day{}", days, days == 1 ? "" : "s"),
          fmt::format("{} decides: a new date, or an end to the exception",
                      owner != nullptr && owner->is_scalar() ? owner->text : "its owner"));
}

void filter_unowned(const DocumentView& document, Sink& sink) {
  if (document.type != DocumentType::filter) return;
  std::string lacking;
  for (const std::string_view key : {"owner", "reason", "expires"}) {
    if (filter_key(document, key) == nullptr) lacking += fmt::format("{}`{}`", lacking.empty() ? "" : ", ", key);
  }
  if (lacking.empty()) return;
  sink.at(document.place("filter"), fmt::format("the filter says nothing of {}", lacking),
          "an exception that nobody owns and nothing ends stays for ever");
}

}  // namespace vedette::rules
