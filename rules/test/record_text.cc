#include "rules/test/record_text.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>

#include "engine/base/json_writer.h"

namespace vedette::rules::test {
namespace {

using yaml::Node;
using yaml::NodeKind;

void append_scalar(JsonWriter& writer, const Node& node) {
  static const re2::RE2 number(R"(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)");
  const bool plain = !node.quoted && (node.text == "true" || node.text == "false" || re2::RE2::FullMatch(node.text, number));
  if (plain) {
    writer.raw(node.text);
  } else {
    writer.string(node.text);
  }
}

void append(JsonWriter& writer, const Node& node) {
  switch (node.kind) {
    case NodeKind::null:
      writer.null();
      break;
    case NodeKind::scalar:
      append_scalar(writer, node);
      break;
    case NodeKind::sequence:
      writer.begin_array();
      for (const Node& item : node.items) append(writer, item);
      writer.end_array();
      break;
    case NodeKind::map:
      writer.begin_object();
      for (const auto& [key, value] : node.entries) {
        writer.key(key.text);
        append(writer, value);
      }
      writer.end_object();
      break;
  }
}

Node scalar(std::string text, bool quoted) {
  Node node;
  node.kind = NodeKind::scalar;
  node.text = std::move(text);
  node.quoted = quoted;
  return node;
}

Node* find_entry(Node& map, const std::string& key) {
  for (auto& [name, value] : map.entries) {
    if (name.text == key) return &value;
  }
  return nullptr;
}

void fill(Node& map, const plan::FieldPath& path, Node value) {
  Node* at = &map;
  for (std::size_t i = 0; i < path.segments.size(); ++i) {
    const std::string& key = path.segments[i].key;
    if (find_entry(*at, key) == nullptr) at->entries.emplace_back(scalar(key, true), Node{});
    at = find_entry(*at, key);
    if (i + 1 < path.segments.size()) at->kind = NodeKind::map;
  }
  *at = std::move(value);
}

Node time_value(TimeUs t, plan::TimeFormat format) {
  switch (format) {
    case plan::TimeFormat::epoch_s:
      return scalar(fmt::format("{}.{:06}", floor_div(t, kSecondUs), t - floor_div(t, kSecondUs) * kSecondUs), false);
    case plan::TimeFormat::epoch_ms:
      return scalar(fmt::format("{}", floor_div(t, 1000)), false);
    case plan::TimeFormat::epoch_us:
      return scalar(fmt::format("{}", t), false);
    case plan::TimeFormat::epoch_ns:
      return scalar(fmt::format("{}000", t), false);
    case plan::TimeFormat::iso8601:
    case plan::TimeFormat::syslog:
      break;
  }
  return scalar(format_rfc3339(t), true);
}

}  // namespace

std::string to_json(const Node& node) {
  std::string out;
  JsonWriter writer(out);
  append(writer, node);
  return out;
}

const Node* value_at(const Node& map, const plan::FieldPath& path) {
  if (const Node* literal = map.find(path.text())) return literal;
  const Node* at = &map;
  for (const plan::PathSegment& segment : path.segments) {
    at = at->is_map() ? at->find(segment.key) : nullptr;
    if (at == nullptr) return nullptr;
  }
  return at;
}

bool enveloped(const Node& event, const plan::SourcePlan& source) {
  return std::any_of(source.unwrap.begin(), source.unwrap.end(),
                     [&](const plan::FieldPath& path) { return value_at(event, path) != nullptr; });
}

std::string json_record(const Node& event, const plan::SourcePlan& source, TimeUs t, const std::string& id) {
  if (enveloped(event, source)) return to_json(event);
  Node filled = event;
  if (!source.time.empty() && value_at(event, source.time.front().path) == nullptr) {
    fill(filled, source.time.front().path, time_value(t, source.time.front().format));
  }
  if (!source.id.empty() && value_at(event, source.id.front()) == nullptr) fill(filled, source.id.front(), scalar(id, true));
  return to_json(filled);
}

std::string text_record(std::string_view text, TimeUs t) {
  static const re2::RE2 header(R"([^\s:]+ [\w./()-]+(?:\[\d+\])?: )");
  re2::StringPiece rest(text.data(), text.size());
  const bool has_header = re2::RE2::Consume(&rest, header);
  return fmt::format("{} {}{}", format_rfc3339(t), has_header ? "" : "host1 sshd[100]: ", text);
}

}  // namespace vedette::rules::test
