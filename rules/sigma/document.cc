#include "rules/sigma/document.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "engine/base/digest.h"
#include "engine/base/suggest.h"
#include "rules/reference/rule_keys.h"
#include "rules/sigma/extensions.h"
#include "rules/sigma/load.h"
#include "rules/source/load.h"

namespace vedette::rules {
namespace {

using yaml::Node;
using yaml::NodeKind;

// Values of `over` win; maps are merged key by key.
void merge(Node& base, const Node& over) {
  for (const auto& [key, value] : over.entries) {
    const auto found =
        std::find_if(base.entries.begin(), base.entries.end(), [&](const auto& entry) { return entry.first.text == key.text; });
    if (found == base.entries.end()) {
      base.entries.emplace_back(key, value);
    } else if (found->second.is_map() && value.is_map()) {
      merge(found->second, value);
    } else {
      found->first = key;
      found->second = value;
    }
  }
  base.where = over.where;
  base.broken = base.broken || over.broken;
}

void erase_key(Node& map, std::string_view key) {
  std::erase_if(map.entries, [&](const auto& entry) { return entry.first.text == key; });
}

// A document with `action: reset` is no rule: what it would detect must not be lost without a word.
void refuse_reset_rule(const Node& root, Reporter& reporter) {
  for (const auto& [key, value] : root.entries) {
    if (key.text != "detection" && key.text != "correlation" && key.text != "filter") continue;
    reporter.at("V1016", key.where, fmt::format("a document with `action: reset` is no rule; its `{}` would be lost", key.text),
                "write the rule as a document of its own, after a line `---`");
    return;
  }
}

// A scalar or a list of scalars, as a list.
std::vector<std::string> texts_of(const Node& map, std::string_view key, Reporter& reporter) {
  std::vector<std::string> out;
  const Node* node = map.find(key);
  if (node == nullptr || node->kind == NodeKind::null) return out;
  if (node->is_scalar()) return {node->text};
  if (node->is_map()) {
    reporter.at("V1003", node->where, fmt::format("`{}` must be a list of texts", key), "write one `- value` per line");
    return out;
  }
  for (const Node& item : node->items) {
    if (item.is_scalar()) {
      out.push_back(item.text);
    } else if (item.kind != NodeKind::null) {
      reporter.at("V1003", item.where, fmt::format("the entries of `{}` must be texts", key), "quote an entry that holds `: `");
    }
  }
  return out;
}

bool is_uuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    const bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    if (dash ? c != '-' : !hex) return false;
  }
  return true;
}

plan::Level parse_level(const Node& root, Reporter& reporter) {
  const std::string text = text_of(root, "level", reporter);
  if (text.empty()) return plan::Level::medium;
  if (const auto level = find_level(text)) return *level;
  reporter.at("V1011", root.find("level")->where, fmt::format("unknown level `{}`", text), level_hint(text));
  return plan::Level::medium;
}

void check_status(const Node& root, const std::string& status, Reporter& reporter) {
  static constexpr auto kStatus = reference::names_of(reference::kStates);
  if (status.empty() || std::find(kStatus.begin(), kStatus.end(), status) != kStatus.end()) return;
  reporter.at("V2009", root.find("status")->where, fmt::format("unknown status `{}`", status),
              did_you_mean(status, kStatus, "the states are stable, test, experimental, deprecated, unsupported"));
}

void check_id(const Node& root, plan::RuleMeta& meta, Reporter& reporter) {
  if (!meta.id.empty()) {
    meta.key = meta.id;
    if (!is_uuid(meta.id))
      reporter.at("V2002", root.find("id")->where, fmt::format("id `{}` is not a UUID", meta.id),
                  "Sigma ids are random UUIDs, version 4");
    return;
  }
  meta.key = to_hex(digest_parts({meta.label()}));
  const Node* title = root.find("title");
  reporter.at("V2001", title != nullptr ? title->where : root.where, "the document has no id",
              "give it a UUID; without one its alerts are keyed by a hash of its name or title and change with it");
}

bool is_shadow(const Node& root, const std::string& status, Reporter& reporter) {
  const std::string mode = text_of(root, "mode", reporter);
  if (!mode.empty() && mode != "shadow") {
    reporter.at("V1003", root.find("mode")->where, fmt::format("unknown mode `{}`", mode), "the only mode is `shadow`");
  }
  return mode == "shadow" || status == "experimental";
}

void parse_rule(const Node& root, const DetectionContext& context, RuleDoc& rule, Reporter& reporter) {
  rule.logsource = parse_logsource(root, "rule", rule.logsource_where, reporter);
  DetectionPlace place{"detection", rule.meta.title};
  if (const Node* levels = root.find("level-when"); levels != nullptr && levels->kind != NodeKind::null)
    place.levels = parse_level_when(*levels, rule.meta.level, reporter);
  rule.detection = parse_detection(*root.find("detection"), context, place, reporter);
  if (const Node* suppress = root.find("suppress")) {
    rule.suppress = parse_suppress(*suppress, reporter);
    for (const auto& [text, where] : rule.suppress.by) {
      if (auto expr = parse_field_expr(text); !expr)
        reporter.at("V1009", where, expr.error().message, "for example actor.alternateId|lower");
    }
    const bool without_for = suppress->is_map() && suppress->find("for") == nullptr;  // a wrong one is reported already
    if (rule.suppress.given && without_for) {
      reporter.at("V1015", suppress->where, "`suppress` of a rule needs `for`",
                  "for example `suppress: {by: [actor.id], for: 1h}`");
    }
  }
  rule.zone = parse_timezone(root, reporter);
  rule.derived = parse_derived(root, reporter);
  rule.title = parse_title(root, reporter);
  for (const TitlePartDoc& part : rule.title) {
    if (!part.name || title_word(part.text) != plan::TitleKind::column) continue;
    if (auto expr = parse_field_expr(part.text); !expr)
      reporter.at("V1009", part.where, expr.error().message, "for example {actor.alternateId}");
  }
}

}  // namespace

plan::LogSource parse_logsource(const Node& root, std::string_view what, Location& where, Reporter& reporter) {
  plan::LogSource out;
  const Node* node = root.find("logsource");
  where = node != nullptr ? node->where : root.where;
  if (node == nullptr || node->kind == NodeKind::null) {
    reporter.at("V1002", root.where, fmt::format("the {} has no logsource", what),
                "add for example `logsource: {product: okta, service: okta}`");
    return out;
  }
  if (!node->is_map()) {
    reporter.at("V1003", node->where, "`logsource` must be a map", "give category, product or service");
    return out;
  }
  for (const auto& [key, value] : node->entries) {
    if (key.text == "category" || key.text == "product" || key.text == "service") where = key.where;
  }
  out.category = text_of(*node, "category", reporter);
  out.product = text_of(*node, "product", reporter);
  out.service = text_of(*node, "service", reporter);
  if (out == plan::LogSource{}) {
    reporter.at("V1002", node->where, "`logsource` gives neither category, product nor service",
                "add for example `product: okta`");
  }
  return out;
}

ZonePtr parse_timezone(const Node& root, Reporter& reporter) {
  ZonePtr zone;
  const std::string name = text_of(root, "timezone", reporter);
  if (!name.empty() && !load_zone(name, zone)) {
    reporter.at("V1017", root.find("timezone")->where, fmt::format("unknown time zone `{}`", name),
                "use an IANA name such as Europe/Berlin");
  }
  return zone;
}

std::string text_of(const Node& map, std::string_view key, Reporter& reporter) {
  const Node* node = map.find(key);
  if (node == nullptr || node->kind == NodeKind::null) return {};
  if (node->is_scalar()) return node->text;
  reporter.at("V1003", node->where, fmt::format("`{}` must be text, not a {}", key, node->is_map() ? "map" : "list"),
              fmt::format("write `{}: value`", key));
  return {};
}

std::vector<Node> apply_actions(std::vector<Node> roots, Reporter& reporter) {
  static constexpr auto kActions = reference::names_of(reference::kActions);
  std::vector<Node> out;
  Node global, previous;
  global.kind = previous.kind = NodeKind::map;
  for (Node& root : roots) {
    const Node* action = root.is_map() ? root.find("action") : nullptr;
    if (action == nullptr) {
      if (root.is_map() && !global.entries.empty()) {
        Node merged = global;
        merge(merged, root);
        root = std::move(merged);
      }
      previous = root;
      out.push_back(std::move(root));
      continue;
    }
    const std::string name = action->text;
    if (std::find(kActions.begin(), kActions.end(), name) == kActions.end()) {
      reporter.at("V1016", action->where, fmt::format("unknown action `{}`", name),
                  did_you_mean(name, kActions, "the actions are global, reset, repeat"));
      continue;
    }
    if (name == "repeat" && previous.entries.empty()) {
      reporter.at("V1016", action->where, "there is no document before to repeat", "write the first document in full");
      continue;
    }
    erase_key(root, "action");
    if (name == "global") {
      merge(global, root);
    } else if (name == "reset") {
      refuse_reset_rule(root, reporter);
      global.entries.clear();
    } else {
      merge(previous, root);
      out.push_back(previous);
    }
  }
  return out;
}

plan::RuleMeta parse_meta(const Node& root, Document& document, Reporter& reporter) {
  plan::RuleMeta meta;
  meta.where = root.where;
  meta.title = text_of(root, "title", reporter);
  meta.name = text_of(root, "name", reporter);
  meta.id = text_of(root, "id", reporter);
  meta.description = text_of(root, "description", reporter);
  meta.status = text_of(root, "status", reporter);
  meta.date = text_of(root, "date", reporter);
  for (const std::string& author : texts_of(root, "author", reporter)) meta.author += (meta.author.empty() ? "" : ", ") + author;
  meta.level = parse_level(root, reporter);
  meta.references = texts_of(root, "references", reporter);
  meta.tags = texts_of(root, "tags", reporter);
  meta.falsepositives = texts_of(root, "falsepositives", reporter);
  check_status(root, meta.status, reporter);
  meta.shadow = is_shadow(root, meta.status, reporter);
  if (meta.title.empty()) {
    if (meta.name.empty() && meta.id.empty()) {
      reporter.at("V1002", root.where, "the document has no title, name or id", "add a `title`");
    } else {
      reporter.at("V2013", root.where, "the document has no title", "add a `title`: alerts show it");
    }
  }
  check_id(root, meta, reporter);
  meta.risk = parse_risk(root, reporter);
  document.id_where = root.find("id") != nullptr ? root.find("id")->where : root.where;
  document.name_where = root.find("name") != nullptr ? root.find("name")->where : root.where;
  return meta;
}

SuppressDoc parse_suppress(const Node& node, Reporter& reporter) {
  SuppressDoc out;
  if (!node.is_map()) {
    reporter.at("V1015", node.where, "`suppress` must be a map", "for example `suppress: {by: [actor.id], for: 1h}`");
    return out;
  }
  out.given = true;
  for (const auto& [key, value] : node.entries) {
    if (key.text == "for") {
      const std::optional<DurationUs> duration = value.text == "0" ? std::optional<DurationUs>(0) : parse_duration(value.text);
      if (!value.is_scalar() || !duration || *duration < 0) {
        reporter.at("V1015", value.where, fmt::format("`for: {}` is not a time", value.text),
                    "a number and one of s m h d w, or 0 for one alert per trigger");
        continue;
      }
      out.for_us = *duration;
    } else if (key.text == "by") {
      out.by_given = true;
      const std::vector<const Node*> items = [&] {
        std::vector<const Node*> list;
        if (value.is_sequence()) {
          for (const Node& item : value.items) list.push_back(&item);
        } else {
          list.push_back(&value);
        }
        return list;
      }();
      for (const Node* item : items) {
        if (item->is_scalar() && !item->text.empty()) {
          out.by.emplace_back(item->text, item->where);
        } else {
          reporter.at("V1015", item->where, "`by` must list fields", "for example `by: [actor.id]`");
        }
      }
    } else {
      static constexpr auto kKeys = reference::names_of(reference::kSuppressKeys);
      reporter.at("V1015", key.where, fmt::format("unknown key `{}` in `suppress`", key.text),
                  did_you_mean(key.text, kKeys, "the keys are `by` and `for`"));
    }
  }
  return out;
}

std::optional<Document> parse_document(const Node& root, const DetectionContext& context, Reporter& reporter) {
  if (!root.is_map()) {
    reporter.at("V1001", root.where, "a document must be a map with `title`, `logsource` and `detection`",
                "check the indentation of the file");
    return std::nullopt;
  }
  const Node* detection = root.find("detection");
  const Node* correlation = root.find("correlation");
  const auto filter =
      std::find_if(root.entries.begin(), root.entries.end(), [](const auto& entry) { return entry.first.text == "filter"; });
  if (filter != root.entries.end()) {
    if (detection == nullptr && correlation == nullptr) return parse_filter_document(root, context, reporter);
    reporter.at("V1001", filter->first.where,
                fmt::format("the document has both `{}` and `filter`", detection != nullptr ? "detection" : "correlation"),
                "a filter is a document of its own, after a line `---`");
    return std::nullopt;
  }
  if ((detection == nullptr) == (correlation == nullptr)) {
    std::vector<std::string> keys;
    for (const auto& [key, value] : root.entries) keys.push_back(key.text);
    const std::string_view near = detection == nullptr ? nearest("detection", keys) : std::string_view();
    reporter.at("V1001", root.where,
                detection == nullptr ? "the document has neither `detection` nor `correlation`"
                                     : "the document has both `detection` and `correlation`",
                near.empty() ? "a rule has `detection`, a correlation has `correlation`, a filter has `filter`"
                             : fmt::format("is `{}` meant to be `detection`?", near));
    return std::nullopt;
  }
  const std::size_t before = reporter.errors();
  Document document;
  document.kind = detection != nullptr ? DocumentKind::rule : DocumentKind::correlation;
  document.where = root.where;
  plan::RuleMeta meta = parse_meta(root, document, reporter);
  if (document.kind == DocumentKind::rule) {
    document.rule.meta = std::move(meta);
    parse_rule(root, context, document.rule, reporter);
  } else {
    document.correlation = parse_correlation(root, meta.level, reporter);
    document.correlation.meta = std::move(meta);
  }
  document.good = !root.broken && reporter.errors() == before;
  return document;
}

}  // namespace vedette::rules
