// Every event of the corpus goes to its source type, or to json; those of the three real types with their id and time.
#include <gtest/gtest.h>
#include <re2/re2.h>

#include <algorithm>
#include <filesystem>

#include "tests/sources/decoded.h"

namespace vedette::tests {
namespace {

using Counts = std::map<std::string, std::size_t>;

class SourceCorpus : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = corpus_folder();
    if (folder_.empty()) GTEST_SKIP() << "corpus absent: events of the source types";
  }
  [[nodiscard]] DecodedAll decode(const plan::PlanPtr& plan, const std::string& file, const std::string& force = "") const {
    return decode_text(plan, read_whole(folder_ + "/events/" + file), force, file.ends_with(".log"));
  }
  std::string folder_;
};

// The value of a top-level text key, found without the decoder.
std::string text_of(const std::string& raw, const std::string& key) {
  std::string value;
  re2::RE2::PartialMatch(raw, "\"" + key + "\"\\s*:\\s*\"([^\"]*)\"", &value);
  return value;
}

void expect_ids_and_times(const DecodedAll& decoded, const std::string& id, const std::string& time) {
  for (const Decoded& event : decoded.events) {
    EXPECT_EQ(event.id, text_of(event.raw, id)) << event.raw.substr(0, 200);
    const auto t = parse_iso8601(text_of(event.raw, time));
    EXPECT_EQ((event.flags & event::kTimeMissing) != 0, !t.has_value()) << event.raw.substr(0, 200);
    if (t) {
      EXPECT_EQ(event.t, *t);
    }
  }
}

std::size_t with_flag(const DecodedAll& decoded, event::EventFlag flag) {
  return static_cast<std::size_t>(std::count_if(decoded.events.begin(), decoded.events.end(),
                                                [&](const Decoded& event) { return (event.flags & flag) != 0; }));
}

TEST_F(SourceCorpus, EachFileGoesToItsSourceType) {
  const Counts okta_files = {{"okta", 161}, {"okta_event_hook", 3}, {"okta_cribl_envelope", 12}};
  const auto plan = plan_with_fields({});
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder_ + "/events")) {
    const std::string name = entry.path().filename().string();
    const bool text = std::filesystem::exists(entry.path() / "events.log");
    const DecodedAll decoded = decode(plan, name + (text ? "/events.log" : "/events.ndjson"));
    EXPECT_TRUE(decoded.rejects.empty()) << name << ": " << decoded.rejects.front();
    Counts wanted;
    if (okta_files.contains(name)) {
      wanted = {{"okta", okta_files.at(name)}};
    } else if (name == "aws_cloudtrail") {
      wanted = {{"aws_cloudtrail", 35}};
    } else if (name == "sshd_syslog") {
      wanted = {{"sshd", 158}};
    } else if (name == "postgresql") {
      wanted = {{"json", 10}, {"sshd", 12}};  // sshd stands for any syslog text
    } else {
      wanted = {{"json", decoded.events.size()}};
      EXPECT_FALSE(decoded.events.empty()) << name;
    }
    EXPECT_EQ(decoded.by_source, wanted) << name;
    ++files;
  }
  EXPECT_EQ(files, 31U);
}

TEST_F(SourceCorpus, OktaEventsHaveIdAndTime) {
  const auto plan = plan_with_fields({"eventType", "outcome.result"});
  for (const char* file : {"okta/events.ndjson", "okta_event_hook/events.ndjson", "okta_cribl_envelope/events.ndjson"}) {
    const DecodedAll decoded = decode(plan, file);
    EXPECT_EQ(with_flag(decoded, event::kTimeMissing), 0U) << file;
    EXPECT_EQ(with_flag(decoded, event::kIdMade), 0U) << file;
    if (std::string(file) != "okta_cribl_envelope/events.ndjson") expect_ids_and_times(decoded, "uuid", "published");
    for (const Decoded& event : decoded.events) {
      EXPECT_FALSE(event.fields.at("eventType").empty());
      const std::string& result = event.fields.at("outcome.result");
      EXPECT_TRUE(std::none_of(result.begin(), result.end(), [](char c) { return c >= 'a' && c <= 'z'; })) << result;
    }
  }
}

TEST_F(SourceCorpus, PartialOktaEventsAreKept) {
  const auto plan = plan_with_fields({"eventType"});
  const DecodedAll recognised = decode(plan, "okta/partial.ndjson");
  EXPECT_EQ(recognised.by_source, (Counts{{"okta", 8}, {"json", 18}}));
  const DecodedAll forced = decode(plan, "okta/partial.ndjson", "okta");
  EXPECT_EQ(forced.by_source, (Counts{{"okta", 26}}));
  EXPECT_TRUE(forced.rejects.empty());
  EXPECT_EQ(with_flag(forced, event::kTimeMissing), 17U);
  EXPECT_EQ(with_flag(forced, event::kIdMade), 18U);
}

TEST_F(SourceCorpus, CloudTrailEventsHaveIdAndTime) {
  const auto plan = plan_with_fields({"eventName"});
  const DecodedAll decoded = decode(plan, "aws_cloudtrail/events.ndjson");
  ASSERT_EQ(decoded.events.size(), 35U);
  expect_ids_and_times(decoded, "eventID", "eventTime");
  EXPECT_EQ(with_flag(decoded, event::kTimeMissing), 1U);  // one event's time is "..."
  EXPECT_EQ(with_flag(decoded, event::kIdMade), 1U);
}

TEST_F(SourceCorpus, SyslogLinesAreReadByTheirPatterns) {
  const auto plan = plan_with_fields({"action", "pattern", "user", "source_ip", "port", "program", "message"});
  const DecodedAll decoded = decode(plan, "sshd_syslog/events.log");
  ASSERT_EQ(decoded.events.size(), 158U);
  EXPECT_EQ(with_flag(decoded, event::kTimeMissing), 31U);  // lines without a header
  EXPECT_EQ(with_flag(decoded, event::kRepeated), 2U);
  Counts actions;
  for (const Decoded& event : decoded.events) {
    const auto action = event.fields.find("action");
    if (action != event.fields.end()) ++actions[action->second];
    EXPECT_TRUE(event.fields.contains("message"));
    const bool sign_in = action != event.fields.end() && (action->second == "Failed" || action->second == "Accepted");
    EXPECT_EQ(sign_in, re2::RE2::PartialMatch(event.raw, R"((Failed|Accepted) [\w/-]+ for .* from \S+ port \d+)")) << event.raw;
    if (sign_in) {
      EXPECT_TRUE(event.fields.contains("user") && event.fields.contains("source_ip") && event.fields.contains("port"))
          << event.raw;
    }
    EXPECT_EQ(event.repeat, (event.flags & event::kRepeated) != 0 ? 5U : 1U);
  }
  EXPECT_EQ(actions["Failed"], 21U);
  EXPECT_EQ(actions["Accepted"], 3U);
  EXPECT_EQ(actions["Invalid"], 11U);
}

}  // namespace
}  // namespace vedette::tests
