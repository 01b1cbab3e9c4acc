#include "engine/alert/alert.h"
#include "engine/base/json_writer.h"

namespace vedette::alert {
namespace {

void text(JsonWriter& json, std::string_view key, std::string_view value) {
  json.key(key);
  if (value.empty()) {
    json.null();
  } else {
    json.string(value);
  }
}

void time(JsonWriter& json, std::string_view key, TimeUs t) {
  json.key(key);
  json.string(format_rfc3339(t));
}

void texts(JsonWriter& json, std::string_view key, const std::vector<std::string>& values) {
  json.key(key);
  json.begin_array();
  for (const std::string& value : values) json.string(value);
  json.end_array();
}

void boolean(JsonWriter& json, std::string_view key, bool value) {
  json.key(key);
  json.boolean(value);
}

void number(JsonWriter& json, std::string_view key, std::uint64_t value) {
  json.key(key);
  json.number(value);
}

void group(JsonWriter& json, const Alert& alert) {
  json.key("group");
  json.begin_object();
  for (const auto& [member, value] : alert.group) text(json, member, value);
  json.end_object();
}

void events(JsonWriter& json, const Alert& alert) {
  json.key("events");
  json.begin_array();
  for (const EvidenceRef& event : alert.events) json.string(event.source + ":" + event.id);
  json.end_array();
}

void entities(JsonWriter& json, const Alert& alert) {
  json.key("entities");
  json.begin_array();
  for (const auto& [type, value] : alert.entities) {
    json.begin_object();
    text(json, "type", type);
    text(json, "value", value);
    json.end_object();
  }
  json.end_array();
}

}  // namespace

// The order of the keys is part of the format.
void append_json(std::string& out, const Alert& alert) {
  static const plan::RuleMeta kNoRule;
  const plan::RuleMeta& rule = alert.rule ? *alert.rule : kNoRule;
  JsonWriter json(out);
  json.begin_object();
  text(json, "alert_id", alert.alert_id);
  text(json, "rule_id", rule.id);
  text(json, "rule", rule.label());
  text(json, "level", plan::level_name(alert.level));
  time(json, "time", alert.time);
  group(json, alert);
  number(json, "count", alert.count);
  events(json, alert);
  number(json, "elided", alert.elided);
  text(json, "reason", alert.reason);
  text(json, "title", alert.title.empty() ? rule.title : alert.title);
  text(json, "author", alert.author);
  texts(json, "references", rule.references);
  texts(json, "tags", rule.tags);
  text(json, "tenant", alert.tenant);
  texts(json, "source", alert.sources);
  time(json, "first_time", alert.first_time);
  time(json, "last_time", alert.last_time);
  time(json, "fired_at", alert.fired_at);
  text(json, "episode_id", alert.episode_id);
  boolean(json, "continuation", alert.continuation);
  number(json, "revision", alert.revision);
  text(json, "status", alert.withdrawn ? "withdrawn" : "new");
  boolean(json, "incomplete", alert.incomplete);
  texts(json, "flags", alert.flags);
  text(json, "rule_hash", rule.semantic_hash);
  entities(json, alert);
  json.end_object();
}

}  // namespace vedette::alert
