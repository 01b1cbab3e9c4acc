#include "connectors/sinks/alert_template.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "connectors/sinks/json_view.h"
#include "engine/base/json_writer.h"

namespace vedette::connectors {
namespace {

constexpr std::string_view kWhole = "alert";
// The alert's stable keys.
constexpr std::array<std::string_view, 27> kKeys = {
    "alert_id", "rule_id",    "rule",         "level",      "time",   "group",      "count",  "events",     "elided",
    "reason",   "title",      "author",       "references", "tags",   "tenant",     "source", "first_time", "last_time",
    "fired_at", "episode_id", "continuation", "revision",   "status", "incomplete", "flags",  "rule_hash",  "entities"};

bool known(std::string_view key) { return key == kWhole || std::find(kKeys.begin(), kKeys.end(), key) != kKeys.end(); }

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

// Whether `text`, begun inside or outside of a JSON string, ends inside of one.
bool ends_in_string(std::string_view text, bool in_string) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (in_string && text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      in_string = !in_string;
    }
  }
  return in_string;
}

}  // namespace

Result<AlertTemplate::Part> AlertTemplate::parse_placeholder(std::string_view inside, bool in_string) {
  constexpr std::string_view kText = "text ";
  std::string_view name = trimmed(inside);
  Part part;
  part.form = in_string ? Form::escaped : Form::json;
  if (name.starts_with(kText)) {
    part.form = Form::text;
    name = trimmed(name.substr(kText.size()));
  }
  const std::size_t dot = name.find('.');
  part.text = std::string(name.substr(0, dot));
  if (dot != std::string_view::npos) part.member = std::string(name.substr(dot + 1));
  if (!known(part.text)) return Error{fmt::format("`{}` is no key of an alert", part.text)};
  if (dot != std::string_view::npos && (part.text != "group" || part.member.empty()))
    return Error{fmt::format("`{}`: only `group` has members, as in group.user", name)};
  return part;
}

Result<AlertTemplate> AlertTemplate::parse(std::string_view text) {
  AlertTemplate out;
  bool in_string = false;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t begin = std::min(text.find("{{", at), text.size());
    const std::string_view literal = text.substr(at, begin - at);
    if (!literal.empty()) out.parts_.push_back({Form::literal, std::string(literal)});
    in_string = ends_in_string(literal, in_string);
    if (begin == text.size()) break;
    const std::size_t end = text.find("}}", begin);
    const std::string where = fmt::format("body, character {}", begin + 1);
    if (end == std::string_view::npos) return Error{"`{{` has no `}}`", where};
    auto part = parse_placeholder(text.substr(begin + 2, end - begin - 2), in_string);
    if (!part.ok()) return Error{part.error().message, where};
    out.parts_.push_back(std::move(*part));
    at = end + 2;
  }
  return out;
}

Result<std::string> AlertTemplate::render(std::string_view json) const {
  if (!json_member(json, "alert_id")) return Error{"the alert is no JSON object with an alert_id"};
  std::string out;
  for (const Part& part : parts_) {
    if (part.form == Form::literal) {
      out += part.text;
      continue;
    }
    std::string_view value = part.text == kWhole ? json : json_member(json, part.text).value_or("null");
    if (!part.member.empty()) value = json_member(value, part.member).value_or("null");
    if (part.form == Form::json) {
      out += value;
    } else if (part.form == Form::text) {
      out += json_as_text(value);
    } else {
      std::string quoted;
      append_json_string(quoted, part.text == kWhole ? std::string(value) : json_as_text(value));
      out += std::string_view(quoted).substr(1, quoted.size() - 2);
    }
  }
  return out;
}

}  // namespace vedette::connectors
