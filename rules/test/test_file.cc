#include "rules/test/test_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>

#include "engine/base/suggest.h"
#include "rules/reference/test_keys.h"
#include "rules/source/document.h"
#include "rules/test/record_text.h"

namespace vedette::rules::test {
namespace {

using yaml::Node;

constexpr auto kFileKeys = reference::names_of(reference::kTestFileKeys);
constexpr auto kIdentityKeys = reference::names_of(reference::kIdentityKeys);
constexpr auto kAliasKeys = reference::names_of(reference::kAliasKeys);
constexpr auto kCaseKeys = reference::names_of(reference::kCaseKeys);
constexpr auto kEventKeys = reference::names_of(reference::kEventKeys);
constexpr auto kExpectKeys = reference::names_of(reference::kExpectKeys);
constexpr std::string_view kDefaultStart = "2026-01-05T08:00:00Z";

class TestParser {
 public:
  TestParser(const yaml::File& file, const std::vector<plan::SourcePlan>& sources, Diagnostics& diagnostics)
      : reader_(file, {"V8001", "V8002", "V8003", "V8004"}, diagnostics), sources_(sources) {}

  TestFile parse(const Node& document) {
    TestFile out;
    reader_.check_keys(document, kFileKeys, "a test file");
    read_rules(document, out);
    if (const Node* value = reader_.optional(document, "identities"); value != nullptr && reader_.expect_map(*value))
      read_identities(*value, out);
    if (const Node* value = reader_.optional(document, "lists"); value != nullptr && reader_.expect_map(*value)) {
      for (const auto& [name, values] : value->entries) out.lists[name.text] = reader_.texts(values);
    }
    if (const Node* value = reader_.require(document, "tests", "a test file")) {
      for (const Node* member : reader_.members(*value)) {
        if (reader_.expect_map(*member)) out.cases.push_back(read_case(*member));
      }
    }
    return out;
  }

 private:
  void read_rules(const Node& document, TestFile& out) {
    const std::filesystem::path self(reader_.file().path);
    if (const Node* value = reader_.optional(document, "rules")) {
      for (const Node* member : reader_.members(*value)) {
        if (const std::string* text = reader_.text(*member))
          out.rules.emplace_back((self.parent_path() / *text).string(), member->where);
      }
      return;
    }
    std::string sibling = self.string();
    if (const std::size_t at = sibling.rfind(".test."); at != std::string::npos) sibling.erase(at, 5);
    out.rules.emplace_back(std::move(sibling), Location{self.string(), 1, 1, 1});
  }

  void read_identities(const Node& map, TestFile& out) {
    reader_.check_keys(map, kIdentityKeys, "`identities`");
    if (const Node* value = reader_.optional(map, "domains")) out.identity_domains = reader_.texts(*value);
    const Node* aliases = reader_.optional(map, "aliases");
    if (aliases == nullptr) return;
    for (const Node* member : reader_.members(*aliases)) {
      if (!reader_.expect_map(*member)) continue;
      reader_.check_keys(*member, kAliasKeys, "an alias");
      plan::Alias alias{"", "*", ""};
      if (const Node* value = reader_.require(*member, "person", "an alias"); value != nullptr && reader_.text(*value))
        alias.person = value->text;
      if (const Node* value = reader_.require(*member, "account", "an alias"); value != nullptr && reader_.text(*value))
        alias.account = value->text;
      if (const Node* value = reader_.optional(*member, "system"); value != nullptr && reader_.text(*value))
        alias.system = value->text;
      out.identity_aliases.push_back(std::move(alias));
    }
  }

  // 90s, 8m20s, 1h30m: a sum of lengths.
  std::optional<DurationUs> offset(const Node& node) {
    const std::string* text = reader_.text(node);
    if (text == nullptr) return std::nullopt;
    DurationUs sum = 0;
    std::string_view rest = *text;
    while (!rest.empty()) {
      const std::size_t unit = std::min(rest.find_first_of("smhdw"), rest.size() - 1);
      const auto part = parse_duration(rest.substr(0, unit + 1));
      if (!part || *part > kDayUs * 3650) break;
      sum += *part;
      rest.remove_prefix(unit + 1);
    }
    if (rest.empty() && !text->empty()) return sum;
    reader_.report("V8004", node, fmt::format("`{}` is not a time after the start", *text),
                   "write numbers with s, m, h, d or w: 90s, 8m20s");
    return std::nullopt;
  }

  TestCase read_case(const Node& map) {
    reader_.check_keys(map, kCaseKeys, "a test");
    TestCase out;
    out.where = map.where;
    if (const Node* value = reader_.require(map, "name", "a test"); value != nullptr && reader_.text(*value))
      out.name = value->text;
    out.start = parse_iso8601(kDefaultStart).value_or(0);
    if (const Node* value = reader_.optional(map, "start"); value != nullptr && reader_.text(*value)) {
      if (const auto start = parse_iso8601(value->text)) {
        out.start = *start;
      } else {
        reader_.report("V8004", *value, fmt::format("`{}` is not a time", value->text), "write it as 2026-01-05T08:00:00Z");
      }
    }
    if (const Node* value = reader_.require(map, "events", "a test")) {
      for (const Node* member : reader_.members(*value)) {
        if (reader_.expect_map(*member)) read_event(*member, out);
      }
    }
    std::stable_sort(out.events.begin(), out.events.end(), [](const TestEvent& a, const TestEvent& b) { return a.t < b.t; });
    if (map.find("expect") == nullptr) reader_.require(map, "expect", "a test");
    if (const Node* value = reader_.optional(map, "expect")) {
      for (const Node* member : reader_.members(*value)) {
        if (reader_.expect_map(*member)) out.expect.push_back(read_expectation(*member, out.start));
      }
    }
    return out;
  }

  // Null when the source type is missing or unknown.
  const plan::SourcePlan* read_source(const Node& map, TestEvent& out) {
    const Node* value = reader_.require(map, "source", "an event");
    if (value == nullptr || reader_.text(*value) == nullptr) return nullptr;
    std::vector<std::string> names;
    for (const plan::SourcePlan& source : sources_) {
      if (source.name == value->text) {
        out.source = static_cast<std::uint32_t>(&source - sources_.data());
        return &source;
      }
      names.push_back(source.name);
    }
    reader_.report("V8005", *value, fmt::format("unknown source type `{}`", value->text),
                   did_you_mean(value->text, names, fmt::format("the source types are {}", fmt::join(names, ", "))));
    return nullptr;
  }

  void read_event(const Node& map, TestCase& test) {
    reader_.check_keys(map, kEventKeys, "an event");
    TestEvent out;
    out.t = test.start;
    if (const Node* value = reader_.optional(map, "at")) out.t += offset(*value).value_or(0);
    const plan::SourcePlan* source = read_source(map, out);
    if (source == nullptr) return;
    const Node* wanted = map.find(source->text ? "text" : "event");
    const Node* other = map.find(source->text ? "event" : "text");
    if (wanted == nullptr || other != nullptr) {
      reader_.report("V8007", other != nullptr ? *other : map,
                     fmt::format("an event of `{}` needs `{}`, and not `{}`", source->name, source->text ? "text" : "event",
                                 source->text ? "event" : "text"),
                     "`event` holds the fields of a JSON event, `text` a line of a text source such as sshd");
      return;
    }
    if (source->text) {
      if (reader_.text(*wanted) == nullptr) return;
      out.record = text_record(wanted->text, out.t);
    } else {
      if (!reader_.expect_map(*wanted)) return;
      read_json(map, *wanted, *source, test, out);
    }
    test.events.push_back(std::move(out));
  }

  void read_json(const Node& map, const Node& event, const plan::SourcePlan& source, const TestCase& test, TestEvent& out) {
    if (!source.id.empty() && !enveloped(event, source)) {
      const Node* given = value_at(event, source.id.front());
      const Node* named = reader_.optional(map, "id");
      out.id = given != nullptr                           ? given->text
               : named != nullptr && reader_.text(*named) ? named->text
                                                          : fmt::format("e{}", test.events.size() + 1);
    }
    out.own_time = enveloped(event, source) || (!source.time.empty() && value_at(event, source.time.front().path) != nullptr);
    out.record = json_record(event, source, out.t, out.id);
  }

  Expectation read_expectation(const Node& map, TimeUs start) {
    reader_.check_keys(map, kExpectKeys, "an expectation");
    Expectation out;
    out.where = map.where;
    if (const Node* value = reader_.require(map, "rule", "an expectation"); value != nullptr && reader_.text(*value)) {
      out.rule = value->text;
      out.where = value->where;
    }
    if (const Node* value = reader_.optional(map, "at")) {
      if (const auto at = offset(*value)) out.at = start + *at;
    }
    if (const Node* value = reader_.optional(map, "count")) read_count(*value, out);
    if (const Node* value = reader_.optional(map, "level")) read_level(*value, out);
    if (const Node* value = reader_.optional(map, "group"); value != nullptr && reader_.expect_map(*value)) {
      for (const auto& [key, item] : value->entries) {
        if (const std::string* text = reader_.text(item)) out.group.emplace_back(key.text, *text);
      }
    }
    return out;
  }

  void read_count(const Node& node, Expectation& out) {
    const std::string* text = reader_.text(node);
    if (text == nullptr) return;
    std::uint64_t count = 0;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), count);
    if (error == std::errc() && end == text->data() + text->size()) {
      out.count = count;
    } else {
      reader_.wrong_type(node, "a whole number");
    }
  }

  void read_level(const Node& node, Expectation& out) {
    const std::string* text = reader_.text(node);
    if (text == nullptr) return;
    for (const auto level :
         {plan::Level::informational, plan::Level::low, plan::Level::medium, plan::Level::high, plan::Level::critical}) {
      if (plan::level_name(level) == *text) out.level = level;
    }
    if (!out.level) reader_.wrong_type(node, "a level (informational, low, medium, high, critical)");
  }

  DocumentReader reader_;
  const std::vector<plan::SourcePlan>& sources_;
};

}  // namespace

TestFile parse_test_file(const yaml::File& file, const std::vector<plan::SourcePlan>& sources, Diagnostics& diagnostics) {
  const std::size_t before = diagnostics.error_count();
  const std::vector<Node> documents = yaml::parse(file, diagnostics);
  if (diagnostics.error_count() > before) return {};
  TestParser parser(file, sources, diagnostics);
  if (documents.size() == 1 && documents.front().is_map()) return parser.parse(documents.front());
  Node place;
  place.where = {file.path, 1, 1, 1};
  DocumentReader(file, {"V8001", "V8002", "V8003", "V8004"}, diagnostics)
      .report("V8003", documents.empty() ? place : documents.back(), "a test file holds one document, a map",
              "start with `tests:`");
  return {};
}

std::string offset_text(TimeUs t, TimeUs start) {
  std::string out;
  std::int64_t us = t - start;
  if (us < 0) return "-" + offset_text(start - us, start);
  for (const auto& [unit, name] : {std::pair{kDayUs, 'd'}, std::pair{kHourUs, 'h'}, std::pair{kMinuteUs, 'm'}}) {
    if (us >= unit) out += fmt::format("{}{}", us / unit, name);
    us %= unit;
  }
  if (us % kSecondUs != 0) return out + fmt::format("{}.{:06}s", us / kSecondUs, us % kSecondUs);
  return us != 0 || out.empty() ? out + fmt::format("{}s", us / kSecondUs) : out;
}

}  // namespace vedette::rules::test
