// Real events that nobody on this project wrote. Where the corpus is absent the tests are skipped by name.
#include <gtest/gtest.h>

#include <set>

#include "tests/event/support.h"

namespace vedette::event::test {
namespace {

struct Outcome {
  std::map<std::string, int> events;  // by source type
  int made_ids = 0, no_time = 0, rejects = 0, repeats = 0;
  std::set<std::string> ids;
};

// Frames and decodes a file; with a type, forced.
Outcome decode_stream(const std::string& stream, const std::string& forced, Framing framing = Framing::automatic) {
  Decoding run(standard_plan());
  run.origin.year_hint = 2024;
  if (!forced.empty()) run.force(forced);
  const Elements elements = frame(stream, 4096, framing);
  EXPECT_TRUE(elements.rejects.empty());
  for (const Element& element : elements.elements) run.record(element.bytes, kNoArrival, element.line, element.position);
  Outcome out;
  for (const Seen& event : run.events()) {
    ++out.events[event.source];
    out.made_ids += (event.head.flags & kIdMade) != 0;
    out.no_time += (event.head.flags & kTimeMissing) != 0;
    out.repeats += static_cast<int>(event.head.repeat) - 1;
    if (!event.id.empty()) out.ids.insert(event.id);
  }
  for (const Refused& refused : run.rejects()) ADD_FAILURE() << refused.line << ": " << refused.reason << ": " << refused.message;
  out.rejects = static_cast<int>(run.rejects().size());
  return out;
}

#define CORPUS(variable, name) \
  std::string variable;        \
  if (!read_file(corpus_file(name), variable)) GTEST_SKIP() << "no corpus file " << name

using Counts = std::map<std::string, int>;

TEST(Corpus, Okta) {
  CORPUS(stream, "events/okta/events.ndjson");
  for (const char* forced : {"", "okta"}) {
    const Outcome out = decode_stream(stream, forced);
    EXPECT_EQ(out.events, (Counts{{"okta", 161}}));
    EXPECT_EQ(out.made_ids, 0);
    EXPECT_EQ(out.no_time, 0);
  }
}

TEST(Corpus, OktaPartial) {
  CORPUS(stream, "events/okta/partial.ndjson");
  const Outcome out = decode_stream(stream, "okta");
  EXPECT_EQ(out.events, (Counts{{"okta", 26}}));
  EXPECT_GT(out.made_ids + out.no_time, 25);
}

TEST(Corpus, OktaEventHook) {
  CORPUS(stream, "events/okta_event_hook/events.ndjson");
  for (const char* forced : {"", "okta"}) {
    const Outcome out = decode_stream(stream, forced);
    EXPECT_EQ(out.events, (Counts{{"okta", 3}}));
    EXPECT_EQ(out.ids.count("33e9dcbc-3ed3-423b-acdf-7e44ab17ebdb"), 1U);
    EXPECT_EQ(out.no_time, 0);
  }
}

TEST(Corpus, OktaCribl) {
  CORPUS(stream, "events/okta_cribl_envelope/events.ndjson");
  for (const char* forced : {"", "okta"}) {
    const Outcome out = decode_stream(stream, forced);
    EXPECT_EQ(out.events, (Counts{{"okta", 12}}));
    EXPECT_EQ(out.made_ids, 0);
    EXPECT_EQ(out.no_time, 0);
  }
}

TEST(Corpus, CloudTrail) {
  CORPUS(stream, "events/aws_cloudtrail/events.ndjson");
  const Outcome told = decode_stream(stream, "aws_cloudtrail");
  EXPECT_EQ(told.events, (Counts{{"aws_cloudtrail", 35}}));
  // The same events as an S3 object.
  std::string object = "{\"Records\":[";
  for (const Element& element : frame(stream).elements) object += (object.back() == '[' ? "" : ",") + element.bytes;
  const Outcome records = decode_stream(object + "]}", "aws_cloudtrail");
  EXPECT_EQ(records.events, told.events);
  EXPECT_EQ(records.ids, told.ids);
}

TEST(Corpus, Sshd) {
  CORPUS(stream, "events/sshd_syslog/events.log");
  const Outcome out = decode_stream(stream, "sshd", Framing::lines);
  EXPECT_EQ(out.events, (Counts{{"sshd", 158}}));
  EXPECT_EQ(out.made_ids, 158);
  EXPECT_EQ(out.repeats, 8);   // two lines declare five each
  EXPECT_EQ(out.no_time, 31);  // lines without a header
  EXPECT_EQ(decode_stream(stream, "").events, out.events);
}

// Every other JSON source decodes as generic JSON: nothing of it is malformed.
TEST(Corpus, EveryOtherSource) {
  int files = 0;
  for (const char* name : {"auth0",       "cisco_duo",        "cloudflare_access",
                           "cyberark",    "docker_hub",       "entra_diagnostic",
                           "entra_graph", "gcp_audit",        "github",
                           "gitlab",      "google_workspace", "jumpcloud",
                           "keycloak",    "kubernetes_audit", "m365",
                           "onelogin",    "onepassword",      "salesforce",
                           "slack",       "snowflake",        "sshd_journald",
                           "teleport",    "terraform_cloud",  "vault",
                           "zoom"}) {
    std::string stream;
    if (!read_file(corpus_file(std::string("events/") + name + "/events.ndjson"), stream)) continue;
    ++files;
    const Outcome out = decode_stream(stream, "json");
    EXPECT_EQ(out.rejects, 0) << name;
    EXPECT_GT(out.events.at("json"), 0) << name;
  }
  if (files == 0) GTEST_SKIP() << "no corpus files events/*/events.ndjson";
  EXPECT_EQ(files, 25);
}

}  // namespace
}  // namespace vedette::event::test
