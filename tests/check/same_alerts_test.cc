// A fixed rule matches exactly the events that the rule matched before: every combination of small expressions and
// values, compiled and run before and after the fix.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <memory>
#include <set>

#include "engine/base/json_writer.h"
#include "engine/event/decoder.h"
#include "engine/match/matcher.h"
#include "tests/check/support.h"

namespace vedette::rules::test {
namespace {

class Rules : public event::EventVisitor {
 public:
  explicit Rules(plan::PlanPtr plan) : plan_(std::move(plan)), decoder_(plan_) {
    auto program = match::MatchProgram::build(plan_);
    if (program) matcher_ = std::make_unique<match::Matcher>(program.value());
  }

  // The rules that match a record.
  const std::set<std::uint32_t>& matching(const std::string& record) {
    matched_.clear();
    std::string bytes = record;
    bytes.append(event::kPadding, '\0');
    event::RawRecord raw;
    raw.bytes = std::string_view(bytes).substr(0, record.size());
    raw.arrival = 1'767'600'000 * kSecondUs;
    event::Origin origin;
    origin.source_name = "test";
    TimeUs line_clock = 0;
    decoder_.decode(raw, origin, line_clock, *this);
    return matched_;
  }

  void on_event(const event::EventView& event) override {
    arms_.clear();
    matcher_->match(event, arms_);
    for (const std::uint32_t arm : arms_) matched_.insert(plan_->sources[event.head.source].arms[arm].rule);
    ++events;
  }
  void on_reject(const event::Reject& reject) override { ADD_FAILURE() << reject.reason; }

  std::size_t events = 0;

 private:
  plan::PlanPtr plan_;
  event::Decoder decoder_;
  std::unique_ptr<match::Matcher> matcher_;
  std::vector<std::uint32_t> arms_;
  std::set<std::uint32_t> matched_;
};

yaml::File rule(std::size_t number, const std::string& item) {
  return {
      fmt::format("{:05}.yml", number),
      fmt::format(
          "title: R{0}\nid: 9b7c1f52-0000-4000-8000-{0:012}\nlogsource: {{product: okta}}\ndetection:\n  selection:\n    {1}\n"
          "  condition: 1 of them\n",
          number, item)};
}

std::vector<std::string> regex_items() {
  std::vector<std::string> out;
  for (const char* modifier : {"re", "re|i", "re|all"}) {
    for (const char* front : {"", ".*", ".*?", "^", "^.*", "(?i)"}) {
      for (const char* body : {"ab", "a\\.b", "a.b", "b+", "11", "a|b", "(a|b)", "[aB]", "aB", "a\\-", "a\\\\.*"}) {
        for (const char* back : {"", ".*", ".*?", "$", "\\.*"}) {
          const std::string regex = fmt::format("{}{}{}", front, body, back);
          out.push_back(fmt::format("outcome.reason|{}: '{}'", modifier, regex));
          out.push_back(fmt::format("outcome.reason|{}: ['{}', '{}1', '{}']", modifier, regex, front, regex));
        }
      }
    }
  }
  return out;
}

std::vector<std::string> string_items() {
  std::vector<std::string> out;
  for (const char* modifier : {"", "|contains", "|startswith", "|endswith", "|cased", "|neq", "|contains|all"}) {
    for (const char* front : {"", "*", "\\*", "?", "**"}) {
      for (const char* body : {"ab", "11", "a*b", "a\\\\", "B.", "1"}) {
        for (const char* back : {"", "*", "\\*", "\\\\*", "**"}) {
          const std::string text = fmt::format("{}{}{}", front, body, back);
          out.push_back(fmt::format("outcome.reason{}: '{}'", modifier, text));
          out.push_back(fmt::format("outcome.reason{}: ['{}', '*b{}', '{}']", modifier, text, back, text));
        }
      }
    }
  }
  return out;
}

// JSON values of a field: all short strings over an alphabet of edge cases, and what is no string.
std::vector<std::string> values() {
  constexpr std::string_view kLetters[] = {"a", "b", "B", ".", "1", "\n", "*", "\\", "-"};
  std::vector<std::string> texts = {""};
  for (std::size_t begin = 0, round = 0; round < 3; ++round) {
    const std::size_t end = texts.size();
    for (; begin < end; ++begin) {
      for (const std::string_view letter : kLetters) texts.push_back(texts[begin] + std::string(letter));
    }
  }
  std::vector<std::string> out = {"null", "true", "11", "1.1e1", "11.0", "[]", R"(["ab","b"])", R"({"a":"b"})", R"(["a.b",11])"};
  for (const std::string& text : texts) {
    out.emplace_back();
    append_json_string(out.back(), text);
  }
  return out;
}

void compare(const std::vector<std::string>& items, std::size_t at_least) {
  std::vector<yaml::File> files;
  for (const std::string& item : items) files.push_back(rule(files.size(), item));
  CheckSettings with = settings();
  with.read_test = {};
  const Checked before = check(files, options(), with);
  const Fixed fixed = check_and_fix(files, options(), with);
  ASSERT_TRUE(before.rules.plan && fixed.checked.rules.plan) << render_human(before.findings.items().front(), false);
  std::set<std::string> changed;
  for (const AppliedFix& fix : fixed.applied) {
    if (fix.code != "V2152") changed.insert(fix.where.file);
  }
  EXPECT_GE(changed.size(), at_least) << "of " << files.size();
  Rules old_rules(before.rules.plan), new_rules(fixed.checked.rules.plan);
  std::size_t matches = 0;
  for (const std::string& value : values()) {
    const std::string record =
        fmt::format(R"({{"uuid":"u","published":"2026-05-01T00:00:00Z","eventType":"x","outcome":{{"reason":{}}}}})", value);
    const std::set<std::uint32_t> wanted = old_rules.matching(record);
    const std::set<std::uint32_t>& found = new_rules.matching(record);
    matches += wanted.size();
    for (std::uint32_t i = 0; i < files.size(); ++i) {
      ASSERT_EQ(wanted.contains(i), found.contains(i)) << value << "\n" << files[i].text << "became\n" << fixed.files[i].text;
    }
  }
  EXPECT_EQ(old_rules.events, values().size());
  EXPECT_GT(matches, files.size());
}

TEST(SameAlerts, OfRegularExpressions) { compare(regex_items(), 500); }

TEST(SameAlerts, OfStrings) { compare(string_items(), 300); }

}  // namespace
}  // namespace vedette::rules::test
