// Replay on the built program: determinism, exit codes, refused records, the explanation of silence.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <vector>

#include "tests/app/events.h"
#include "tests/app/program.h"

namespace vedette::tests {
namespace {

const std::string& rules() {
  static const std::string path = source_path("tests/app/data/rules");
  return path;
}

std::vector<std::string> replay(std::vector<std::string> more) {
  std::vector<std::string> words = {"replay", "--rules", rules(), "--format", "jsonl"};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

// Cut after a line, near the given share of the text.
std::pair<std::string, std::string> cut(const std::string& text, double share) {
  const auto at = text.find('\n', static_cast<std::size_t>(static_cast<double>(text.size()) * share)) + 1;
  return {text.substr(0, at), text.substr(at)};
}

std::size_t lines(const std::string& text) { return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')); }

TEST(Replay, AlertsAreTheSameHoweverTheInputIsCutPackedOrThreaded) {
  const Folder folder;
  const std::string text = sign_ins(6000);
  const std::string whole = folder.write("whole.ndjson", text);
  const auto [first, rest] = cut(text, 0.37);
  const std::string a = folder.write("a.ndjson", first);
  const std::string b = folder.write_gz("b.ndjson.gz", rest);
  const Outcome expected = run(replay({"--threads", "1", whole}));
  ASSERT_EQ(expected.code, 0) << expected.err;
  ASSERT_GT(lines(expected.out), 10U);
  for (const char* threads : {"1", "2", "4"}) {
    EXPECT_EQ(run(replay({"--threads", threads, whole})).out, expected.out) << threads;
    EXPECT_EQ(run(replay({"--threads", threads, b, a})).out, expected.out) << "split, " << threads;
    EXPECT_EQ(run(replay({"--threads", threads, "-"}), text).out, expected.out) << "stdin, " << threads;
  }
  EXPECT_EQ(run(replay({folder.write_gz("whole.gz", text)})).out, expected.out);
}

TEST(Replay, AsArrivedIsTheSameHoweverTheInputIsCutOrThreaded) {
  const Folder folder;
  std::string text;
  for (int block = 0; block < 60; ++block) {
    for (int i = 49; i >= 0; --i)
      text +=
          login_failure(block * 50 + i, kStart + (block * 50 + i) * kSecondUs, "user" + std::to_string(i % 7) + "@acme.example") +
          "\n";
  }
  const std::string whole = folder.write("whole.ndjson", text);
  const auto [first, rest] = cut(text, 0.5);
  const Outcome expected = run(replay({"--as-arrived", "--threads", "1", whole}));
  ASSERT_EQ(expected.code, 0) << expected.err;
  ASSERT_GT(lines(expected.out), 5U);
  EXPECT_EQ(run(replay({"--as-arrived", "--threads", "4", whole})).out, expected.out);
  EXPECT_EQ(run(replay({"--as-arrived", folder.write("a.json", first), folder.write("b.json", rest)})).out, expected.out);
}

TEST(Replay, SyslogIsTheSameHoweverManyThreads) {
  const Folder folder;
  std::string text;
  for (int i = 0; i < 40000; ++i) {
    const int at = 20 * 3600 + i, hour = (at / 3600) % 24;
    text += fmt::format("{} {:02d}:{:02d}:{:02d} host sshd[{}]: Failed password for user{} from 10.0.0.1 port {} ssh2\n",
                        at < 24 * 3600 ? "Dec 31" : "Jan  1", hour, (at / 60) % 60, at % 60, i, i % 9, 1024 + i);
  }
  const std::string file = folder.write("auth.log", text);
  const std::vector<std::string> base = {
      "replay", "--rules", source_path("rules/packs/founding"), "--format", "jsonl", "--year", "2025", "--timezone", "UTC", file};
  auto with = [&](const char* threads) {
    auto words = base;
    words.insert(words.end(), {"--threads", threads});
    return run(words);
  };
  const Outcome expected = with("1");
  ASSERT_EQ(expected.code, 0) << expected.err;
  ASSERT_GT(lines(expected.out), 5U);
  EXPECT_NE(expected.out.find("\"time\":\"2025-12-31T"), std::string::npos);
  EXPECT_NE(expected.out.find("\"time\":\"2026-01-01T"), std::string::npos) << "the year turns with the lines";
  EXPECT_EQ(expected.out.find("2025-01-01T"), std::string::npos);
  EXPECT_EQ(with("2").out, expected.out);
  EXPECT_EQ(with("4").out, expected.out);
}

TEST(Replay, InputsAreMergedByEventTime) {
  const Folder folder;
  std::string odd, even;
  for (int i = 0; i < 10; ++i) (i % 2 == 0 ? even : odd) += login_failure(i, kStart + i * kMinuteUs, "eve@acme.example") + "\n";
  const Outcome outcome = run(replay({folder.write("odd.ndjson", odd), folder.write("even.ndjson", even)}));
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_NE(outcome.out.find(R"("time":"2026-05-04T09:04:00.000000Z")"), std::string::npos) << outcome.out;
}

TEST(Replay, FromAndToBoundTheEvents) {
  const Folder folder;
  std::string text;
  for (int i = 0; i < 5; ++i) text += login_failure(i, kStart + i * kMinuteUs, "eve@acme.example") + "\n";
  const std::string file = folder.write("e.ndjson", text);
  EXPECT_EQ(lines(run(replay({file})).out), 1U);
  EXPECT_EQ(lines(run(replay({"--from", "2026-05-04T09:00:00Z", "--to", "2026-05-04T09:04:01Z", file})).out), 1U);
  EXPECT_EQ(lines(run(replay({"--from", "2026-05-04T09:00:01Z", file})).out), 0U);
  EXPECT_EQ(lines(run(replay({"--to", "2026-05-04T09:04:00Z", file})).out), 0U);
  const Outcome reversed = run(replay({"--from", "2026-05-05", "--to", "2026-05-04", file}));
  EXPECT_EQ(reversed.code, 2);
  EXPECT_NE(reversed.err.find("--to must be later than --from"), std::string::npos) << reversed.err;
}

TEST(Replay, FailOnTurnsAnAlertIntoExitCodeOne) {
  const Folder folder;
  const std::string file = folder.write("e.ndjson", sign_ins(300));
  EXPECT_EQ(run(replay({"--fail-on", "high", file})).code, 1);
  EXPECT_EQ(run(replay({"--fail-on", "medium", file})).code, 1);
  EXPECT_EQ(run(replay({"--fail-on", "critical", file})).code, 0);
}

TEST(Replay, FormatsAgree) {
  const Folder folder;
  const std::string file = folder.write("e.ndjson", sign_ins(300));
  const Outcome jsonl = run(replay({file}));
  const Outcome json = run({"replay", "--rules", rules(), "--format", "json", file});
  const Outcome human = run({"replay", "--rules", rules(), "--format", "human", file});
  std::string joined = "[\n";
  for (std::size_t at = 0; at < jsonl.out.size();) {
    const auto end = jsonl.out.find('\n', at);
    joined += (at == 0 ? "" : ",\n") + jsonl.out.substr(at, end - at);
    at = end + 1;
  }
  EXPECT_EQ(json.out, joined + "\n]\n");
  EXPECT_NE(human.out.find("HIGH"), std::string::npos);
  EXPECT_NE(human.out.find("okta_many_failed"), std::string::npos);
  EXPECT_EQ(human.out.find('\x1b'), std::string::npos) << "colour without a terminal";
  EXPECT_EQ(run({"replay", "--rules", rules(), "--format", "json", folder.write("none.ndjson", sign_ins(1))}).out, "[]\n");
}

TEST(Replay, RefusedRecordsAreCountedAndKept) {
  const Folder folder;
  const std::string bad = "{\"uuid\": \"x\", \"eventType\": }";
  const std::string file = folder.write("e.ndjson", login_failure(1, kStart, "a@acme.example") + "\n" + bad + "\n" +
                                                        login_failure(2, kStart, "a@acme.example") + "\n");
  const Outcome outcome = run(replay({"--rejects", folder.path("rejects"), file}));
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_NE(outcome.err.find("1 record"), std::string::npos) << outcome.err;
  EXPECT_NE(outcome.err.find(file + ":2"), std::string::npos) << outcome.err;
  EXPECT_NE(outcome.err.find("2 events"), std::string::npos) << outcome.err;
  const std::string rejects = read_file(folder.path("rejects"));
  EXPECT_EQ(lines(rejects), 1U);
  EXPECT_NE(rejects.find("\"line\":2"), std::string::npos) << rejects;
  EXPECT_NE(rejects.find("\\\"eventType\\\": }"), std::string::npos) << rejects;
}

TEST(Replay, TheRejectFileIsNeverAnInput) {
  const Folder folder;
  const std::string text = login_failure(1, kStart, "a@acme.example") + "\n";
  const std::string file = folder.write("e.ndjson", text);
  const Outcome outcome = run(replay({"--rejects", folder.path("./e.ndjson"), file}));
  EXPECT_EQ(outcome.code, 2) << outcome.err;
  EXPECT_NE(outcome.err.find("--rejects"), std::string::npos) << outcome.err;
  EXPECT_EQ(read_file(file), text) << "the input is untouched";
}

// A value that breaks the line and another that drives the terminal stay within their line.
TEST(Replay, ValuesCannotForgeLinesOfTheHumanFormat) {
  const Folder folder;
  const std::string user = R"(eve\u001b]0;x\u0007\nHIGH  fake\r\tx)";
  std::string text;
  for (int i = 0; i < 5; ++i) text += login_failure(i, kStart + i * kSecondUs, user) + "\n";
  const std::string file = folder.write("e.ndjson", text);
  const Outcome outcome = run({"replay", "-q", "--rules", rules(), "--format", "human", file});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_NE(outcome.out.find(R"(=eve\x1b]0;x\x07\nHIGH  fake\r\tx)"), std::string::npos) << outcome.out;
  EXPECT_EQ(outcome.out.find("\nHIGH  fake"), std::string::npos) << outcome.out;
  EXPECT_EQ(outcome.out.find_first_of("\x1b\x07\r\t"), std::string::npos) << outcome.out;
}

TEST(Replay, AClosedPipeIsARuntimeFailureToldOnce) {
  const Folder folder;
  const std::string file = folder.write("e.ndjson", sign_ins(20'000));
  for (const std::string& words : {"replay -q --rules '" + rules() + "' '" + file + "'", std::string("replay --help"),
                                   "rules list --rules '" + rules() + "'"}) {
    const std::string command = "{ sleep 0.3; '" VEDETTE_PROGRAM "' " + words + "; echo $? >'" + folder.path("code") +
                                "'; } 2>'" + folder.path("err") + "' | true";
    ASSERT_EQ(std::system(command.c_str()), 0);
    EXPECT_EQ(read_file(folder.path("code")), "4\n") << words;
    EXPECT_NE(read_file(folder.path("err")).find("cannot be written"), std::string::npos) << words;
    EXPECT_EQ(lines(read_file(folder.path("err"))), 1U) << read_file(folder.path("err"));
  }
}

TEST(Replay, CopiesThatDifferAreNoted) {
  const Folder folder;
  const std::string first = login_failure(1, kStart, "eve@acme.example") + "\n";
  const std::string moved = login_failure(1, kStart + kSecondUs, "eve@acme.example") + "\n";
  const Outcome same = run(replay({folder.write("same.ndjson", first + first)}));
  EXPECT_EQ(same.err.find("redelivered"), std::string::npos) << same.err;
  const Outcome one = run(replay({folder.write("one.ndjson", first + moved)}));
  EXPECT_NE(one.err.find("1 redelivered copy differs from the first"), std::string::npos) << one.err;
  const Outcome two = run(replay({folder.write("two.ndjson", first + moved + moved)}));
  EXPECT_NE(two.err.find("2 redelivered copies differ from the first"), std::string::npos) << two.err;
}

TEST(Replay, MissingInputAndBrokenRulesAreUsageErrors) {
  const Folder folder;
  EXPECT_EQ(run(replay({folder.path("nothing.ndjson")})).code, 2);
  EXPECT_EQ(run(replay({folder.path()})).code, 2) << "an empty folder";
  const std::string file = folder.write("e.ndjson", sign_ins(300));
  folder.write("rules/good.yml", read_file(source_path("tests/app/data/rules/failures.yml")));
  folder.write("rules/broken.yml",
               "title: broken\nlogsource: {product: okta}\ndetection: {selection: {a|startwith: b}, condition: selection}\n");
  const Outcome broken = run({"replay", "--rules", folder.path("rules"), file});
  EXPECT_EQ(broken.code, 2);
  EXPECT_NE(broken.err.find("broken.yml:3"), std::string::npos) << broken.err;
  EXPECT_EQ(broken.out, "");
  const Outcome skipped = run({"replay", "--rules", folder.path("rules"), "--skip-broken", "--format", "jsonl", file});
  EXPECT_EQ(skipped.code, 0) << skipped.err;
  EXPECT_NE(skipped.err.find("broken.yml:3"), std::string::npos) << skipped.err;
  EXPECT_EQ(skipped.out, run(replay({file})).out);
  const Outcome source = run(replay({"--source", "okt", file}));
  EXPECT_EQ(source.code, 2);
  EXPECT_NE(source.err.find("did you mean 'okta'"), std::string::npos) << source.err;
}

TEST(Replay, ADecompressionBombStopsWithARuntimeFailure) {
  const Folder folder;
  const std::string bomb = folder.write_gz("zeros.json.gz", std::string(80U << 20, ' '));
  const Outcome outcome = run(replay({bomb}));
  EXPECT_EQ(outcome.code, 4);
  EXPECT_NE(outcome.err.find("zeros.json.gz"), std::string::npos) << outcome.err;
}

TEST(Replay, SilenceIsExplainedRuleByRule) {
  const Folder folder;
  std::string text;
  for (int i = 0; i < 3; ++i) text += login_failure(i, kStart + i * kSecondUs, "eve@acme.example") + "\n";
  text += okta_event("z", kStart, "user.session.end", "eve@acme.example", "SUCCESS") + "\n";
  const Outcome outcome = run(replay({folder.write("e.ndjson", text)}));
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(outcome.out, "");
  EXPECT_NE(outcome.err.find("No alerts"), std::string::npos) << outcome.err;
  EXPECT_NE(outcome.err.find("okta_failed: 4 events of its log source, 3 passed its first term"), std::string::npos)
      << outcome.err;
  EXPECT_NE(outcome.err.find("never true: filter_robot"), std::string::npos) << outcome.err;
  EXPECT_NE(outcome.err.find("okta_many_failed: 3 events contributed"), std::string::npos) << outcome.err;
  const Outcome foreign = run(replay({folder.write("x.ndjson", "{\"a\":1}\n")}));
  EXPECT_NE(foreign.err.find("No event belongs to the log source of any rule"), std::string::npos) << foreign.err;
  const Outcome piped = run(replay({"-"}), text);
  EXPECT_NE(piped.err.find("okta_failed: 3 events matched"), std::string::npos) << piped.err;
}

TEST(Replay, DisorderBeyondTheBufferNamesSort) {
  const Folder folder;
  std::string text;
  constexpr int kCount = 205'000;
  for (int i = kCount; i > 0; --i)
    text += login_failure(i, kStart + i * kSecondUs, "u" + std::to_string(i / 5) + "@acme.example") + "\n";
  const std::string file = folder.write("e.ndjson", text);
  const Outcome outcome = run(replay({file}));
  EXPECT_EQ(outcome.code, 2);
  EXPECT_NE(outcome.err.find("--sort"), std::string::npos) << outcome.err;
  const Outcome sorted = run(replay({"--sort", "-q", file}));
  EXPECT_EQ(sorted.code, 0) << sorted.err;
  EXPECT_GT(lines(sorted.out), 30'000U);
}

TEST(Replay, InterruptedIs130) {
  const Folder folder;
  const std::string fifo = folder.path("fifo.json");
  ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
  Running replaying(replay({fifo}), folder);
  std::FILE* writer = std::fopen(fifo.c_str(), "w");
  ASSERT_NE(writer, nullptr);
  std::fputs((login_failure(1, kStart, "a@acme.example") + "\n").c_str(), writer);
  std::fflush(writer);
  replaying.signal(SIGINT);
  EXPECT_EQ(replaying.wait(), 130);
  std::fclose(writer);
}

}  // namespace
}  // namespace vedette::tests
