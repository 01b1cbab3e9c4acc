#include "rules/source/load.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <map>

#include "engine/base/digest.h"
#include "engine/base/suggest.h"
#include "rules/reference/source_keys.h"
#include "rules/sigma/load.h"
#include "rules/source/document.h"

namespace vedette::rules {
namespace {

using plan::FieldPath;
using plan::SourcePlan;
using yaml::Node;

constexpr auto kKeys = reference::names_of(reference::kSourceKeys);
constexpr auto kLogSourceKeys = reference::names_of(reference::kLogSourceKeys);
constexpr auto kRecogniseKeys = reference::names_of(reference::kRecogniseKeys);
constexpr auto kTimeKeys = reference::names_of(reference::kTimeKeys);
constexpr auto kNormaliseKeys = reference::names_of(reference::kNormaliseKeys);
constexpr auto kSetKeys = reference::names_of(reference::kSetKeys);
constexpr auto kPatternKeys = reference::names_of(reference::kPatternKeys);
constexpr auto kNormalisedNames = reference::names_of(reference::kNormalisedNames);
// In the order of plan::TimeFormat.
constexpr auto kTimeFormats = reference::names_of(reference::kTimeFormats);
constexpr const char* kPathHint = "write keys joined by dots: actor.alternateId";
constexpr std::string_view kFallback = "json";
constexpr std::size_t kMaxRegexBytes = 1024;
constexpr int kMaxRegexMemory = 1 << 20;

// Compiles one document; every problem becomes a diagnostic.
class SourceLoader {
 public:
  SourceLoader(const yaml::File& file, Diagnostics& diagnostics)
      : reader_(file, {"V7001", "V7002", "V7003", "V7005"}, diagnostics) {}

  SourcePlan load(const Node& document) {
    SourcePlan out;
    reader_.check_keys(document, kKeys, "a source type");
    read_name(document, out);
    read_logsources(document, out);
    read_shape(document, out);
    read_times(document, out);
    read_canonical(document, out);
    read_normalise(document, out);
    read_patterns(document, out);
    check_whole(document, out);
    return out;
  }

 private:
  std::optional<FieldPath> path(const Node& node) {
    const std::string* text = reader_.text(node);
    if (text == nullptr) return std::nullopt;
    auto parsed = plan::parse_field_path(*text);
    if (parsed) return std::move(*parsed);
    reader_.report("V7004", node, parsed.error().message, kPathHint);
    return std::nullopt;
  }

  std::vector<FieldPath> paths(const Node& document, std::string_view key) {
    std::vector<FieldPath> out;
    const Node* value = reader_.optional(document, key);
    if (value == nullptr) return out;
    for (const Node* member : reader_.members(*value)) {
      if (auto parsed = path(*member)) out.push_back(std::move(*parsed));
    }
    return out;
  }

  void read_name(const Node& document, SourcePlan& out) {
    const Node* value = reader_.require(document, "source", "a source type");
    const std::string* text = value == nullptr ? nullptr : reader_.text(*value);
    if (text == nullptr) return;
    out.name = *text;
    const bool good = std::all_of(text->begin(), text->end(),
                                  [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; });
    if (!good || text->empty())
      reader_.report("V7006", *value, fmt::format("`{}` is not a source type name", *text),
                     "use lower-case letters, digits and _");
  }

  void read_logsources(const Node& document, SourcePlan& out) {
    const Node* value = reader_.optional(document, "logsource");
    if (value == nullptr) return;
    for (const Node* member : reader_.members(*value)) {
      if (!reader_.expect_map(*member)) continue;
      reader_.check_keys(*member, kLogSourceKeys, "a log source");
      plan::LogSource log_source;
      for (const auto& [key, item] : member->entries) {
        const std::string* text = reader_.text(item);
        if (text == nullptr) continue;
        if (key.text == "category") log_source.category = *text;
        if (key.text == "product") log_source.product = *text;
        if (key.text == "service") log_source.service = *text;
      }
      out.logsources.push_back(std::move(log_source));
    }
  }

  void read_shape(const Node& document, SourcePlan& out) {
    if (const Node* value = reader_.optional(document, "recognise"); value != nullptr && reader_.expect_map(*value)) {
      reader_.check_keys(*value, kRecogniseKeys, "`recognise`");
      out.recognise = {paths(*value, "all"), paths(*value, "any"), paths(*value, "none")};
    }
    out.unwrap = paths(document, "unwrap");
    out.id = paths(document, "id");
    out.fields = paths(document, "fields");
    if (reader_.optional(document, "encoded") != nullptr) out.encoded = paths(document, "encoded");
    if (const Node* value = reader_.optional(document, "sentinels")) out.sentinels = reader_.texts(*value);
  }

  std::optional<plan::TimeField> time_field(const Node& node) {
    if (!reader_.expect_map(node)) return std::nullopt;
    reader_.check_keys(node, kTimeKeys, "a time");
    plan::TimeField out;
    const Node* at = reader_.require(node, "path", "a time");
    auto parsed = at == nullptr ? std::nullopt : path(*at);
    if (const Node* format = reader_.optional(node, "format")) read_format(*format, out);
    if (!parsed) return std::nullopt;
    out.path = std::move(*parsed);
    return out;
  }

  void read_format(const Node& node, plan::TimeField& out) {
    const std::string* text = reader_.text(node);
    if (text == nullptr) return;
    const auto found = std::find(kTimeFormats.begin(), kTimeFormats.end(), *text);
    if (found != kTimeFormats.end()) {
      out.format = static_cast<plan::TimeFormat>(found - kTimeFormats.begin());
      return;
    }
    reader_.report("V7007", node, fmt::format("unknown time format `{}`", *text),
                   did_you_mean(*text, kTimeFormats, fmt::format("the formats are {}", fmt::join(kTimeFormats, ", "))));
  }

  void read_times(const Node& document, SourcePlan& out) {
    if (const Node* value = reader_.require(document, "time", "a source type")) {
      for (const Node* member : reader_.members(*value)) {
        if (auto field = time_field(*member)) out.time.push_back(std::move(*field));
      }
    }
    if (const Node* value = reader_.optional(document, "arrival")) out.arrival = time_field(*value);
    if (const Node* value = reader_.optional(document, "accept")) out.accept = reader_.duration(*value).value_or(out.accept);
    if (const Node* value = reader_.optional(document, "settle")) out.settle = reader_.duration(*value).value_or(out.settle);
    if (const Node* value = reader_.optional(document, "timezone")) {
      const std::string* text = reader_.text(*value);
      if (text != nullptr && !load_zone(*text, out.zone)) {
        reader_.report("V7008", *value, fmt::format("unknown time zone `{}`", *text),
                       "use an IANA name such as Europe/Berlin or UTC");
      }
    }
    if (const Node* value = reader_.optional(document, "year")) read_year(*value, out);
  }

  void read_year(const Node& node, SourcePlan& out) {
    const std::string* text = reader_.text(node);
    if (text == nullptr) return;
    int year = 0;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), year);
    if (error == std::errc() && end == text->data() + text->size() && year >= 1970 && year < 2100) {
      out.year = year;
    } else {
      reader_.report("V7009", node, fmt::format("`{}` is not a year from 1970 to 2099", *text), "write all four digits: 2026");
    }
  }

  // from: to, from: to|upper, path: '|upper'
  void read_canonical(const Node& document, SourcePlan& out) {
    const Node* value = reader_.optional(document, "canonical");
    if (value == nullptr || !reader_.expect_map(*value)) return;
    for (const auto& [key, item] : value->entries) {
      const std::string* text = reader_.text(item);
      auto from = path(key);
      if (text == nullptr || !from) continue;
      plan::Canonical canonical;
      std::string_view target = *text;
      if (const std::size_t bar = target.find('|'); bar != std::string_view::npos) {
        if (target.substr(bar) != "|upper") {
          reader_.report("V7010", item, fmt::format("`{}` cannot be used here", target.substr(bar)),
                         "the only transform of `canonical` is |upper");
          continue;
        }
        canonical.upper = true;
        target = target.substr(0, bar);
      }
      auto to = target.empty() ? Result<FieldPath>(*from) : plan::parse_field_path(target);
      if (!to) {
        reader_.report("V7004", item, to.error().message, kPathHint);
        continue;
      }
      canonical.to = std::move(*to);
      if (!target.empty()) canonical.from = std::move(*from);
      out.canonical.push_back(std::move(canonical));
    }
  }

  void read_normalise(const Node& document, SourcePlan& out) {
    const Node* value = reader_.optional(document, "normalise");
    if (value == nullptr) return;
    for (const Node* member : reader_.members(*value)) {
      if (!reader_.expect_map(*member)) continue;
      reader_.check_keys(*member, kNormaliseKeys, "a `normalise` entry");
      plan::Normalise entry;
      if (const Node* when = reader_.optional(*member, "when"); when != nullptr && reader_.expect_map(*when))
        read_when(*when, entry);
      if (const Node* category = reader_.require(*member, "category", "a `normalise` entry")) {
        if (const std::string* text = reader_.text(*category)) entry.category = *text;
      }
      if (const Node* set = reader_.optional(*member, "set"); set != nullptr && reader_.expect_map(*set)) read_set(*set, entry);
      out.normalise.push_back(std::move(entry));
    }
  }

  void read_when(const Node& map, plan::Normalise& entry) {
    for (const auto& [key, item] : map.entries) {
      auto field = path(key);
      auto values = reader_.texts(item);
      if (!field) continue;
      if (values.empty()) reader_.report("V7002", key, fmt::format("`{}` needs at least one value", key.text));
      entry.when.push_back({std::move(*field), std::move(values)});
    }
  }

  void read_set(const Node& map, plan::Normalise& entry) {
    for (const auto& [key, item] : map.entries) {
      if (std::find(kNormalisedNames.begin(), kNormalisedNames.end(), key.text) == kNormalisedNames.end()) {
        reader_.report(
            "V7011", key, fmt::format("`{}` is not a normalised name", key.text),
            did_you_mean(key.text, kNormalisedNames, fmt::format("the names are {}", fmt::join(kNormalisedNames, ", "))));
        continue;
      }
      if (auto expr = item.is_map() ? mapped_expression(item) : expression(item))
        entry.set.push_back({key.text, std::move(*expr)});
    }
  }

  std::optional<plan::FieldExpr> expression(const Node& node) {
    const std::string* text = reader_.text(node);
    if (text == nullptr) return std::nullopt;
    auto parsed = parse_field_expr(*text);
    if (parsed) return std::move(*parsed);
    reader_.report("V7004", node, parsed.error().message, parsed.error().where.empty() ? kPathHint : parsed.error().where);
    return std::nullopt;
  }

  // {path, map, else} or {value}
  std::optional<plan::FieldExpr> mapped_expression(const Node& node) {
    reader_.check_keys(node, kSetKeys, "a `set` value");
    plan::FieldExpr out;
    if (const Node* value = node.find("value")) {
      const std::string* text = reader_.text(*value);
      if (text == nullptr) return std::nullopt;
      out.constant = *text;
      return out;
    }
    const Node* source = reader_.require(node, "path", "a `set` value");
    auto parsed = source == nullptr ? std::nullopt : expression(*source);
    if (!parsed) return std::nullopt;
    out = std::move(*parsed);
    if (const Node* map = reader_.optional(node, "map"); map != nullptr && reader_.expect_map(*map)) {
      for (const auto& [key, item] : map->entries) {
        if (const std::string* text = reader_.text(item)) out.map.emplace_back(key.text, *text);
      }
    }
    if (const Node* other = reader_.optional(node, "else")) {
      if (const std::string* text = reader_.text(*other)) out.map_else = *text;
    }
    return out;
  }

  void read_patterns(const Node& document, SourcePlan& out) {
    const Node* value = reader_.optional(document, "patterns");
    if (value == nullptr) return;
    for (const Node* member : reader_.members(*value)) {
      out.text = true;
      if (!reader_.expect_map(*member)) continue;
      reader_.check_keys(*member, kPatternKeys, "a pattern");
      plan::TextPattern pattern;
      if (const Node* name = reader_.require(*member, "name", "a pattern")) {
        if (const std::string* text = reader_.text(*name)) pattern.name = *text;
      }
      const Node* regex = reader_.require(*member, "regex", "a pattern");
      if (regex != nullptr && read_regex(*regex, *member, pattern)) out.patterns.push_back(std::move(pattern));
    }
  }

  bool read_regex(const Node& node, const Node& entry, plan::TextPattern& pattern) {
    const std::string* text = reader_.text(node);
    if (text == nullptr) return false;
    if (text->size() > kMaxRegexBytes) {
      reader_.report("V7012", node, fmt::format("the regex is {} bytes long, more than {}", text->size(), kMaxRegexBytes),
                     "split it into several patterns");
      return false;
    }
    re2::RE2::Options options(re2::RE2::Quiet);
    options.set_max_mem(kMaxRegexMemory);
    const re2::RE2 compiled(*text, options);
    if (!compiled.ok()) {
      reader_.report("V7012", node, fmt::format("not a valid regex: {}", compiled.error()),
                     "the syntax is RE2's: no look-around, no back references");
      return false;
    }
    pattern.regex = *text;
    pattern.repeat_group = group_of(entry, "repeat", compiled);
    pattern.inner_group = group_of(entry, "inner", compiled);
    return true;
  }

  std::string group_of(const Node& entry, std::string_view key, const re2::RE2& regex) {
    const Node* value = reader_.optional(entry, key);
    const std::string* text = value == nullptr ? nullptr : reader_.text(*value);
    if (text == nullptr) return {};
    const auto& groups = regex.NamedCapturingGroups();
    if (groups.contains(*text)) return *text;
    std::vector<std::string> names;
    for (const auto& [name, number] : groups) names.push_back(name);
    reader_.report("V7013", *value, fmt::format("the regex has no group named `{}`", *text),
                   did_you_mean(*text, names, fmt::format("write (?P<{}>...) in the regex", *text)));
    return {};
  }

  void check_whole(const Node& document, const SourcePlan& out) {
    if (out.text || out.name == kFallback) return;
    if (out.recognise.all.empty() && out.recognise.any.empty()) {
      reader_.report("V7002", document, "a source type needs `recognise`",
                     "name paths that only its events have: recognise: {all: [uuid, eventType]}");
    }
  }

  DocumentReader reader_;
};

// Null when the file is broken.
std::optional<SourcePlan> load_file(const yaml::File& file, Diagnostics& diagnostics) {
  const std::size_t before = diagnostics.error_count();
  const std::vector<Node> documents = yaml::parse(file, diagnostics);
  if (diagnostics.error_count() > before) return std::nullopt;
  DocumentReader reader(file, {"V7001", "V7002", "V7003", "V7005"}, diagnostics);
  if (documents.size() != 1 || !documents.front().is_map()) {
    Node place;
    place.where = {file.path, 1, 1, 1};
    reader.report("V7003", documents.empty() ? place : documents.back(), "a source file holds one document, a map",
                  "start with `source: <name>`");
    return std::nullopt;
  }
  SourcePlan plan = SourceLoader(file, diagnostics).load(documents.front());
  if (diagnostics.error_count() > before) return std::nullopt;
  plan.content_hash = to_hex(digest_parts({"vedette.source.v1", file.text}), 8);
  return plan;
}

}  // namespace

std::vector<SourcePlan> load_sources(const std::vector<yaml::File>& files, Diagnostics& diagnostics) {
  std::map<std::string, SourcePlan> by_name;
  for (const yaml::File& file : files) {
    if (auto plan = load_file(file, diagnostics)) by_name.insert_or_assign(plan->name, std::move(*plan));
  }
  for (const yaml::File& file : builtin_sources()) {
    if (by_name.contains(std::string(kFallback)) || !file.path.ends_with("/json.yml")) continue;
    if (auto plan = load_file(file, diagnostics)) by_name.emplace(plan->name, std::move(*plan));
  }
  std::vector<SourcePlan> out;
  for (auto& [name, plan] : by_name) out.push_back(std::move(plan));
  return out;
}

}  // namespace vedette::rules
