// Text sources: headers, the year and zone of syslog times, patterns and repeat counts.
#include "engine/event/syslog.h"

#include <gtest/gtest.h>

#include "tests/event/support.h"

namespace vedette::event::test {
namespace {

using Texts = std::vector<std::string>;

Texts header(std::string_view line) {
  const SyslogLine out = parse_syslog(line);
  return {std::string(out.timestamp), std::string(out.host), std::string(out.program), std::string(out.pid),
          std::string(out.message)};
}

TEST(SyslogHeader, Rfc3164) {
  EXPECT_EQ(header("Mar 15 10:30:01 web sshd[12345]: Failed password"),
            (Texts{"Mar 15 10:30:01", "web", "sshd", "12345", "Failed password"}));
  EXPECT_EQ(header("Mar  5 10:30:01 web sshd[1]: x: y [preauth]"),
            (Texts{"Mar  5 10:30:01", "web", "sshd", "1", "x: y [preauth]"}));
  EXPECT_EQ(header("Mar 5 10:30:01 web sudo: bob : TTY=pts/0"), (Texts{"Mar 5 10:30:01", "web", "sudo", "", "bob : TTY=pts/0"}));
  EXPECT_EQ(header("<38>Mar  5 10:30:01 web sshd[1]: x"), (Texts{"Mar  5 10:30:01", "web", "sshd", "1", "x"}));
  EXPECT_EQ(header("Jun 14 15:16:01 combo sshd(pam_unix)[19939]: authentication failure; rhost=1.2.3.4 "),
            (Texts{"Jun 14 15:16:01", "combo", "sshd(pam_unix)", "19939", "authentication failure; rhost=1.2.3.4 "}));
  EXPECT_EQ(header("Mar  5 10:30:01 web last message repeated 2 times"),
            (Texts{"Mar  5 10:30:01", "web", "", "", "last message repeated 2 times"}));
  EXPECT_EQ(header("Mar  5 10:30:01 sshd[1]: no host"), (Texts{"Mar  5 10:30:01", "", "sshd", "1", "no host"}));
  EXPECT_EQ(header("Mar  5 10:30:01 web sshd[1]:"), (Texts{"Mar  5 10:30:01", "web", "sshd", "1", ""}));
  EXPECT_EQ(header("Mar  5 10:30:01.250 web sshd[1]: x"), (Texts{"Mar  5 10:30:01.250", "web", "sshd", "1", "x"}));
}

TEST(SyslogHeader, Rfc3339) {
  EXPECT_EQ(header("2026-05-17T17:57:47.009102+00:00 h passwd[9]: changed"),
            (Texts{"2026-05-17T17:57:47.009102+00:00", "h", "passwd", "9", "changed"}));
  EXPECT_EQ(header("2026-05-17T17:57:47Z h sshd-session[9]: x"), (Texts{"2026-05-17T17:57:47Z", "h", "sshd-session", "9", "x"}));
}

TEST(SyslogHeader, Rfc5424) {
  EXPECT_EQ(header("<34>1 2003-10-11T22:14:15.003Z host su 77 ID47 - 'su root' failed"),
            (Texts{"2003-10-11T22:14:15.003Z", "host", "su", "77", "'su root' failed"}));
  EXPECT_EQ(header("<34>1 2003-10-11T22:14:15Z host sshd - - [a@1 k=\"]\\\"\"][b@2] \xEF\xBB\xBFmessage"),
            (Texts{"2003-10-11T22:14:15Z", "host", "sshd", "", "message"}));
  EXPECT_EQ(header("<34>1 - - - - - -"), (Texts{"-", "", "", "", ""}));
}

TEST(SyslogHeader, None) {
  for (const char* line : {"", "Failed password for x", "Mar", "Mar 5", "Mar 5 10:30", "Mar 5 10:30:0x h p: m",
                           "Xxx  5 10:30:01 h p: m", "2026-05-17", "<34>1 x", "<34>",
                           "<34>1 2003-10-11T22:14:15Z host su - ID [open", "Mar  5 10:30:01", "2026-13-17T17:57:47Z h p: m"}) {
    EXPECT_EQ(parse_syslog(line).message, line);
    EXPECT_EQ(parse_syslog(line).timestamp, "") << line;
  }
}

TimeUs at(std::string_view iso) { return parse_iso8601(iso).value(); }

ZoneTable berlin() {
  ZoneTable zone;
  zone.name = "Europe/Berlin";
  zone.first_offset_s = 3600;
  for (const char* change : {"2023-03-26T01:00:00Z+", "2023-10-29T01:00:00Z-", "2024-03-31T01:00:00Z+", "2024-10-27T01:00:00Z-",
                             "2025-03-30T01:00:00Z+", "2025-10-26T01:00:00Z-"}) {
    const std::string_view text = change;
    zone.transitions.push_back({at(text.substr(0, 20)), text.back() == '+' ? 7200 : 3600});
  }
  return zone;
}

std::string live(std::string_view time, std::string_view arrival, const ZoneTable* zone = nullptr) {
  SyslogReference reference;
  reference.arrival = at(arrival);
  reference.zone = zone;
  const auto t = parse_syslog_time(time, reference);
  return t ? format_rfc3339(*t).substr(0, 19) : "none";
}

std::string after(std::string_view time, std::string_view previous, const ZoneTable* zone = nullptr) {
  SyslogReference reference;
  reference.previous = at(previous);
  reference.year = 1999;  // of no account once there is a line before
  reference.zone = zone;
  const auto t = parse_syslog_time(time, reference);
  return t ? format_rfc3339(*t).substr(0, 19) : "none";
}

std::string first(std::string_view time, int year, const ZoneTable* zone = nullptr) {
  SyslogReference reference;
  reference.year = year;
  reference.zone = zone;
  const auto t = parse_syslog_time(time, reference);
  return t ? format_rfc3339(*t).substr(0, 19) : "none";
}

TEST(SyslogYear, Live) {
  EXPECT_EQ(live("Mar  5 10:30:01", "2024-03-05T10:30:02Z"), "2024-03-05T10:30:01");
  EXPECT_EQ(live("Dec 31 23:59:59", "2025-01-01T00:00:01Z"), "2024-12-31T23:59:59");
  EXPECT_EQ(live("Jan  1 00:00:01", "2024-12-31T23:59:59Z"), "2025-01-01T00:00:01");
  // Not over a day after the arrival, however near.
  EXPECT_EQ(live("Mar  6 10:30:02", "2024-03-05T10:30:02Z"), "2024-03-06T10:30:02");
  EXPECT_EQ(live("Mar  6 10:30:03", "2024-03-05T10:30:02Z"), "2023-03-06T10:30:03");
  EXPECT_EQ(live("Mar  6 10:30:01", "2025-03-05T10:30:02Z"), "2025-03-06T10:30:01");
  // A backlog of months.
  EXPECT_EQ(live("Oct  1 00:00:00", "2025-03-05T00:00:00Z"), "2024-10-01T00:00:00");
}

TEST(SyslogYear, LeapDay) {
  EXPECT_EQ(live("Feb 29 12:00:00", "2024-03-01T00:00:00Z"), "2024-02-29T12:00:00");
  EXPECT_EQ(live("Feb 29 12:00:00", "2025-03-01T00:00:00Z"), "2024-02-29T12:00:00");
  EXPECT_EQ(live("Feb 29 12:00:00", "2024-02-28T13:00:00Z"), "2024-02-29T12:00:00");
  EXPECT_EQ(live("Feb 29 12:00:00", "2024-02-28T11:00:00Z"), "2020-02-29T12:00:00");
  EXPECT_EQ(after("Feb 29 12:00:00", "2023-12-31T00:00:00Z"), "2024-02-29T12:00:00");
  EXPECT_EQ(after("Feb 29 12:00:00", "2024-02-28T00:00:00Z"), "2024-02-29T12:00:00");
  EXPECT_EQ(first("Feb 29 12:00:00", 2024), "2024-02-29T12:00:00");
  EXPECT_EQ(first("Feb 29 12:00:00", 2026), "2024-02-29T12:00:00");
  EXPECT_EQ(live("Feb 30 12:00:00", "2024-03-01T00:00:00Z"), "none");
}

TEST(SyslogYear, Replay) {
  EXPECT_EQ(first("Dec 31 23:59:59", 2023), "2023-12-31T23:59:59");
  EXPECT_EQ(first("Dec 31 23:59:59", 0), "none");
  EXPECT_EQ(after("Jan  1 00:00:01", "2023-12-31T23:59:59Z"), "2024-01-01T00:00:01");
  EXPECT_EQ(after("Dec 31 23:59:58", "2024-01-01T00:00:01Z"), "2023-12-31T23:59:58");
  // A quiet week does not send the log a year back.
  EXPECT_EQ(after("Mar 12 10:00:00", "2024-03-05T10:00:00Z"), "2024-03-12T10:00:00");
  EXPECT_EQ(after("Jan 20 10:00:00", "2023-12-05T10:00:00Z"), "2024-01-20T10:00:00");
}

TEST(SyslogYear, OwnYearAndZoneWin) {
  EXPECT_EQ(live("2020-05-17T17:57:47+02:00", "2024-03-05T10:30:02Z"), "2020-05-17T15:57:47");
  EXPECT_EQ(first("2020-05-17T17:57:47+02:00", 0), "2020-05-17T15:57:47");
}

TEST(SyslogZone, Offsets) {
  const ZoneTable zone = berlin();
  EXPECT_EQ(live("Jan 15 12:00:00", "2024-01-15T11:00:05Z", &zone), "2024-01-15T11:00:00");
  EXPECT_EQ(live("Jul 15 12:00:00", "2024-07-15T10:00:05Z", &zone), "2024-07-15T10:00:00");
  EXPECT_EQ(first("Jul 15 12:00:00", 2024, &zone), "2024-07-15T10:00:00");
  EXPECT_EQ(live("Jan  1 00:30:00", "2023-12-31T23:30:01Z", &zone), "2023-12-31T23:30:00");
}

// 31 March 2024: 02:00 becomes 03:00; the missing hour shifts by the gap.
TEST(SyslogZone, SpringChange) {
  const ZoneTable zone = berlin();
  EXPECT_EQ(after("Mar 31 01:59:59", "2024-03-31T00:00:00Z", &zone), "2024-03-31T00:59:59");
  EXPECT_EQ(after("Mar 31 03:00:00", "2024-03-31T00:00:00Z", &zone), "2024-03-31T01:00:00");
  EXPECT_EQ(after("Mar 31 02:30:00", "2024-03-31T00:00:00Z", &zone), "2024-03-31T01:30:00");
  EXPECT_EQ(live("Mar 31 02:30:00", "2024-03-31T01:30:01Z", &zone), "2024-03-31T01:30:00");
}

// 27 October 2024: 03:00 becomes 02:00; the hour comes twice.
TEST(SyslogZone, AutumnChange) {
  const ZoneTable zone = berlin();
  EXPECT_EQ(first("Oct 27 02:30:00", 2024, &zone), "2024-10-27T00:30:00");
  EXPECT_EQ(after("Oct 27 02:30:00", "2024-10-27T00:10:00Z", &zone), "2024-10-27T00:30:00");
  EXPECT_EQ(after("Oct 27 02:10:00", "2024-10-27T00:50:00Z", &zone), "2024-10-27T01:10:00");
  EXPECT_EQ(after("Oct 27 02:30:00", "2024-10-27T01:20:00Z", &zone), "2024-10-27T01:30:00");
  EXPECT_EQ(after("Oct 27 03:00:00", "2024-10-27T01:50:00Z", &zone), "2024-10-27T02:00:00");
  // Live: the reading next to the arrival.
  EXPECT_EQ(live("Oct 27 02:30:00", "2024-10-27T00:30:01Z", &zone), "2024-10-27T00:30:00");
  EXPECT_EQ(live("Oct 27 02:30:00", "2024-10-27T01:30:01Z", &zone), "2024-10-27T01:30:00");
}

// ---- Through the decoder ---------------------------------------------------------------------------------------------

// message, program, host, pid, user, pattern, source_ip
Texts fields(const Seen& event) {
  Texts out;
  for (const auto& texts : event.texts) out.push_back(texts.empty() ? "-" : texts[0]);
  return out;
}

TEST(TextSource, FieldsAndPatterns) {
  Decoding run(standard_plan());
  run.origin.year_hint = 2024;
  run.record("Mar  5 10:30:01 web sshd[7]: Failed password for invalid user bob from 192.0.2.9 port 4711 ssh2", kNoArrival, 12);
  run.record("Mar  5 10:30:02 web CRON[8]: whatever");
  run.record("no header\r\n");
  ASSERT_EQ(run.events().size(), 3U);
  EXPECT_EQ(fields(run.events()[0]), (Texts{"Failed password for invalid user bob from 192.0.2.9 port 4711 ssh2", "sshd", "web",
                                            "7", "bob", "failed", "192.0.2.9"}));
  EXPECT_EQ(format_rfc3339(run.events()[0].head.t), "2024-03-05T10:30:01.000000Z");
  EXPECT_EQ(run.events()[0].head.flags, kIdMade);
  EXPECT_EQ(run.events()[0].head.line, 12U);
  EXPECT_EQ(run.events()[0].head.repeat, 1U);
  EXPECT_EQ(fields(run.events()[1]), (Texts{"whatever", "CRON", "web", "8", "-", "-", "-"}));
  EXPECT_EQ(fields(run.events()[2]), (Texts{"no header", "-", "-", "-", "-", "-", "-"}));
  EXPECT_EQ(run.events()[2].head.flags, kIdMade | kTimeMissing);
  EXPECT_EQ(run.events()[2].raw, "no header");
  EXPECT_EQ(run.clock, at("2024-03-05T10:30:02Z"));
}

TEST(TextSource, AttackerChosenNames) {
  Decoding run(standard_plan());
  run.record(
      "Mar  5 10:30:01 web sshd[7]: Failed password for root from 198.51.100.1 port 22 ssh2 from 192.0.2.9 port 4711 ssh2");
  run.record("Mar  5 10:30:01 web sshd[7]: Failed password for message repeated 9 times: [ x] from 192.0.2.9 port 1 ssh2");
  ASSERT_EQ(run.events().size(), 2U);
  EXPECT_EQ(run.events()[0].texts[6], (Texts{"192.0.2.9"}));
  EXPECT_EQ(run.events()[0].texts[4], (Texts{"root from 198.51.100.1 port 22 ssh2"}));
  EXPECT_EQ(run.events()[1].head.repeat, 1U);
}

TEST(TextSource, RepeatedMessages) {
  Decoding run(standard_plan());
  run.record(
      "Dec 10 07:13:56 LabSZ sshd[24227]: message repeated 5 times: [ Failed password for root from 5.36.59.76 port 42393 ssh2]");
  run.record("Dec 10 07:13:56 LabSZ sshd[24227]: message repeated 3 times: [ something else]");
  run.record(
      "Dec 10 07:13:56 LabSZ sshd[24227]: message repeated 1 times: [ Failed password for root from 5.36.59.76 port 42393 ssh2]");
  run.record("Dec 10 07:13:56 LabSZ sshd[24227]: message repeated 99999999999 times: [ x]");
  ASSERT_EQ(run.events().size(), 4U);
  EXPECT_EQ(fields(run.events()[0]), (Texts{"Failed password for root from 5.36.59.76 port 42393 ssh2", "sshd", "LabSZ", "24227",
                                            "root", "failed", "5.36.59.76"}));
  EXPECT_EQ(run.events()[0].head.repeat, 5U);
  EXPECT_EQ(run.events()[0].head.flags & kRepeated, kRepeated);
  EXPECT_EQ(fields(run.events()[1]), (Texts{"something else", "sshd", "LabSZ", "24227", "-", "repeated", "-"}));
  EXPECT_EQ(run.events()[1].head.repeat, 3U);
  EXPECT_EQ(run.events()[2].head.repeat, 1U);
  EXPECT_EQ(run.events()[2].head.flags & kRepeated, 0);
  EXPECT_EQ(run.events()[3].head.repeat, 1U);
  EXPECT_EQ(run.events()[0].raw.substr(0, 6), "Dec 10");
}

// The outer count stands, whatever the inner message says.
TEST(TextSource, RepeatInsideRepeat) {
  Decoding run(plan_of({sshd_source({"times", "message"})}));
  run.record("Dec 10 07:13:56 h sshd[2]: message repeated 5 times: [ message repeated 9 times: [ x]]");
  ASSERT_EQ(run.events().size(), 1U);
  EXPECT_EQ(run.events()[0].head.repeat, 5U);
  EXPECT_EQ(fields(run.events()[0]), (Texts{"5", "message repeated 9 times: [ x]"}));
}

TEST(TextSource, ClockOfTheOrigin) {
  Decoding run(standard_plan());
  run.origin.year_hint = 2023;
  run.record("Dec 31 23:59:59 h sshd[1]: a").record("no header").record("Jan  1 00:00:01 h sshd[1]: b");
  ASSERT_EQ(run.events().size(), 3U);
  EXPECT_EQ(format_rfc3339(run.events()[2].head.t), "2024-01-01T00:00:01.000000Z");
  // The arrival counts more than the line before.
  run.record("Jan  1 00:00:01 h sshd[1]: b", at("2030-01-01T00:00:05Z"));
  EXPECT_EQ(format_rfc3339(run.events()[3].head.t), "2030-01-01T00:00:01.000000Z");
  EXPECT_EQ(run.events()[3].head.a, at("2030-01-01T00:00:05Z"));
}

TEST(TextSource, YearAndZoneOfTheSource) {
  plan::SourceProgram sshd = sshd_source();
  sshd.source.year = 2024;
  sshd.source.zone = std::make_shared<ZoneTable>(berlin());
  Decoding run(plan_of({json_source(), sshd}));
  run.record("Jul 15 12:00:00 h sshd[1]: a");
  Decoding other(plan_of({json_source(), sshd}));
  other.origin.year_hint = 2023;
  other.origin.zone = std::make_shared<ZoneTable>();
  other.record("Jul 15 12:00:00 h sshd[1]: a");
  EXPECT_EQ(format_rfc3339(run.events()[0].head.t), "2024-07-15T10:00:00.000000Z");
  EXPECT_EQ(format_rfc3339(other.events()[0].head.t), "2023-07-15T12:00:00.000000Z");
  Decoding unknown(standard_plan());
  unknown.record("Jul 15 12:00:00 h sshd[1]: a");
  EXPECT_EQ(unknown.events()[0].head.flags & kTimeMissing, kTimeMissing);
}

TEST(TextSource, Refused) {
  Decoding run(standard_plan());
  run.record(
      "Mar  5 10:30:01 web sshd[7]: b\xff"
      "d");
  ASSERT_EQ(run.rejects().size(), 1U);
  EXPECT_EQ(run.rejects()[0].reason, "utf8");
  EXPECT_NE(run.rejects()[0].message.find("at byte 30"), std::string::npos) << run.rejects()[0].message;
}

TEST(TextSource, KeywordsSeeTheLine) {
  Decoding run(standard_plan());
  Texts seen;
  run.collected.inspect = [&](const EventView& event) {
    EXPECT_TRUE(event.any_scalar([&](std::string_view text) {
      seen.emplace_back(text);
      return true;
    }));
  };
  run.record("Mar  5 10:30:01 web sshd[7]: x");
  EXPECT_EQ(seen, (Texts{"Mar  5 10:30:01 web sshd[7]: x"}));
}

TEST(TextSource, SeveralTextTypes) {
  plan::SourceProgram sudo = source("sudo", {"tty"});
  sudo.source.text = true;
  sudo.source.patterns = {{"command", R"(TTY=(?P<tty>\S+) ;)", "", ""}};
  sudo.source.recognise.all = paths({"tty"});
  plan::SourceProgram sshd = sshd_source();
  sshd.source.recognise.any = paths({"user", "source_ip"});
  Decoding run(plan_of({json_source(), sshd, sudo}));
  run.record("Mar  5 10:30:01 h sudo: bob : TTY=pts/0 ; PWD=/")
      .record("Mar  5 10:30:01 web sshd[7]: Accepted publickey for bob from 192.0.2.9 port 1 ssh2");
  run.record("Mar  5 10:30:01 web sshd[7]: neither");
  ASSERT_EQ(run.events().size(), 2U);
  EXPECT_EQ(run.events()[0].source, "sudo");
  EXPECT_EQ(run.events()[0].texts[0], (Texts{"pts/0"}));
  EXPECT_EQ(run.events()[1].source, "sshd");
  ASSERT_EQ(run.rejects().size(), 1U);
  EXPECT_EQ(run.rejects()[0].reason, "recognise");
}

TEST(TextSource, UpperAndIds) {
  plan::SourceProgram text = source("text", {"user"});
  text.source.text = true;
  text.slots[0].upper = true;
  text.slots[0].spellings = paths({"login"});
  text.source.id = paths({"pid"});
  text.source.patterns = {{"a", R"(user=(?P<user>\w+))", "", ""}, {"b", R"(login=(?P<login>\w+))", "", ""}};
  Decoding run(plan_of({text}));
  run.record("Mar  5 10:30:01 h p[42]: user=bob")
      .record("Mar  5 10:30:01 h p[43]: login=eve")
      .record("Mar  5 10:30:01 h p: login=eve");
  ASSERT_EQ(run.events().size(), 3U);
  EXPECT_EQ(run.events()[0].texts[0], (Texts{"BOB"}));
  EXPECT_EQ(run.events()[0].id, "42");
  EXPECT_EQ(run.events()[1].texts[0], (Texts{"EVE"}));
  EXPECT_EQ(run.events()[2].head.flags & kIdMade, kIdMade);
}

}  // namespace
}  // namespace vedette::event::test
