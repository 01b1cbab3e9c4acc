// What the sshd patterns read out of lines, honest and forged.
#include <gtest/gtest.h>

#include "tests/sources/decoded.h"

namespace vedette::tests {
namespace {

Decoded read_line(const std::string& line) {
  static const plan::PlanPtr plan = plan_with_fields({"action", "method", "user", "invalid", "source_ip", "port", "key",
                                                      "program", "pid", "host", "message", "pattern", "more"});
  const DecodedAll decoded = decode_text(plan, line + "\n", "sshd", true);
  EXPECT_EQ(decoded.events.size(), 1U) << line;
  return decoded.events.empty() ? Decoded{} : decoded.events.front();
}

std::string field(const Decoded& event, const std::string& name) {
  const auto at = event.fields.find(name);
  return at == event.fields.end() ? "(absent)" : at->second;
}

struct Peer {
  const char* message;
  const char* action;
  const char* user;
  const char* source_ip;
  const char* port;
};

TEST(SshdPatterns, SignInsAndTheirPeers) {
  const Peer peers[] = {
      {"Failed password for alice from 192.0.2.7 port 40001 ssh2", "Failed", "alice", "192.0.2.7", "40001"},
      {"Failed password for invalid user mallory from 192.0.2.7 port 40001 ssh2", "Failed", "mallory", "192.0.2.7", "40001"},
      {"Failed password for illegal user mallory from 192.0.2.7 port 40001", "Failed", "mallory", "192.0.2.7", "40001"},
      {"Failed keyboard-interactive/pam for alice from 2001:db8::7 port 40001 ssh2", "Failed", "alice", "2001:db8::7", "40001"},
      {"Failed none for invalid user  from 192.0.2.7 port 40001 ssh2", "Failed", "", "192.0.2.7", "40001"},
      {"Failed publickey for alice from 192.0.2.7 port 40001 ssh2: RSA SHA256:abc", "Failed", "alice", "192.0.2.7", "40001"},
      {"Accepted password for alice from 192.0.2.7 port 40001 ssh2", "Accepted", "alice", "192.0.2.7", "40001"},
      {"Accepted publickey for alice from 192.0.2.7 port 40001 ssh2: ED25519 SHA256:abc", "Accepted", "alice", "192.0.2.7",
       "40001"},
      {"Accepted publickey for alice from 192.0.2.7 port 40001 ssh2: ED25519-CERT ID alice@acme.example (serial 7) CA RSA "
       "SHA256:abc",
       "Accepted", "alice", "192.0.2.7", "40001"},
      // Names that the visitor chose.
      {"Failed password for invalid user root from 198.51.100.9 port 22 ssh2 from 192.0.2.7 port 40001 ssh2", "Failed",
       "root from 198.51.100.9 port 22 ssh2", "192.0.2.7", "40001"},
      {"Failed password for invalid user a b  c from 192.0.2.7 port 40001 ssh2", "Failed", "a b  c", "192.0.2.7", "40001"},
      {"Failed password for invalid user x from 198.51.100.9 port 22 ssh2: y from 192.0.2.7 port 40001 ssh2", "Failed",
       "x from 198.51.100.9 port 22 ssh2: y", "192.0.2.7", "40001"},
      {"Failed password for invalid user Accepted password for root from 198.51.100.9 port 1 ssh2 from 192.0.2.7 port 40001 ssh2",
       "Failed", "Accepted password for root from 198.51.100.9 port 1 ssh2", "192.0.2.7", "40001"},
  };
  for (const Peer& peer : peers) {
    const Decoded event = read_line(std::string("Jun  9 10:30:01 bastion sshd[4100]: ") + peer.message);
    EXPECT_EQ(field(event, "action"), peer.action) << peer.message;
    EXPECT_EQ(field(event, "user"), peer.user) << peer.message;
    EXPECT_EQ(field(event, "source_ip"), peer.source_ip) << peer.message;
    EXPECT_EQ(field(event, "port"), peer.port) << peer.message;
    EXPECT_EQ(field(event, "program"), "sshd");
    EXPECT_EQ(event.repeat, 1U);
  }
}

TEST(SshdPatterns, LinesThatTellOfAnAttemptAgainAreNoSignIns) {
  const char* messages[] = {
      "Invalid user mallory from 192.0.2.7 port 40001",
      "Invalid user Failed password for root from 198.51.100.9 port 1 ssh2 from 192.0.2.7 port 40001",
      "PAM 3 more authentication failures; logname= uid=0 euid=0 tty=ssh ruser= rhost=192.0.2.7  user=alice",
      "pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=192.0.2.7  user=alice",
      "error: maximum authentication attempts exceeded for alice from 192.0.2.7 port 40001 ssh2 [preauth]",
      "Connection closed by authenticating user alice 192.0.2.7 port 40001 [preauth]",
      "Disconnected from user alice 192.0.2.7 port 40001",
      "User alice from 192.0.2.7 not allowed because not listed in AllowUsers",
  };
  for (const char* message : messages) {
    const Decoded event = read_line(std::string("Jun  9 10:30:01 bastion sshd[4100]: ") + message);
    const std::string action = field(event, "action");
    EXPECT_TRUE(action != "Failed" && action != "Accepted" && action != "(absent)") << message << " -> " << action;
    EXPECT_EQ(field(event, "source_ip"), "192.0.2.7") << message;
  }
}

TEST(SshdPatterns, ARepeatedMessageIsReadInsideAndDeclaresItsCount) {
  const Decoded event = read_line(
      "Jun  9 10:30:01 bastion sshd[4100]: message repeated 5 times: [ Failed password for alice from 192.0.2.7 port 40001 "
      "ssh2]");
  EXPECT_EQ(event.repeat, 5U);
  EXPECT_TRUE((event.flags & event::kRepeated) != 0);
  EXPECT_EQ(field(event, "action"), "Failed");
  EXPECT_EQ(field(event, "user"), "alice");
  EXPECT_EQ(field(event, "source_ip"), "192.0.2.7");
}

TEST(SshdPatterns, PamCountsAndOtherPrograms) {
  EXPECT_EQ(field(read_line("Jun  9 10:30:01 bastion sshd[4100]: PAM 1 more authentication failure; logname= uid=0 euid=0 "
                            "tty=ssh ruser= rhost=192.0.2.7"),
                  "more"),
            "1");
  const Decoded old = read_line(
      "Jun  9 10:30:01 bastion sshd(pam_unix)[19937]: authentication failure; logname= uid=0 euid=0 tty=NODEVssh ruser= "
      "rhost=192.0.2.7  user=root");
  EXPECT_EQ(field(old, "action"), "authentication failure");
  EXPECT_EQ(field(old, "user"), "root");
  const Decoded sudo =
      read_line("Jun  9 10:30:01 bastion sudo: alice : TTY=pts/0 ; PWD=/home/alice ; USER=root ; COMMAND=/bin/ls");
  EXPECT_EQ(field(sudo, "program"), "sudo");
  EXPECT_EQ(field(sudo, "message"), "alice : TTY=pts/0 ; PWD=/home/alice ; USER=root ; COMMAND=/bin/ls");
  EXPECT_EQ(field(sudo, "action"), "(absent)");
  EXPECT_EQ(field(read_line("Jun  9 10:30:01 bastion passwd[7]: pam_unix(passwd:chauthtok): password changed for alice"), "user"),
            "alice");
}

TEST(SshdPatterns, LinesWithoutAHeaderLackOnlyTheirTime) {
  for (const char* line : {"Failed password for alice from 192.0.2.7 port 40001 ssh2",
                           " Failed password for alice from 192.0.2.7 port 40001 ssh2 "}) {
    const Decoded event = read_line(line);
    EXPECT_TRUE((event.flags & event::kTimeMissing) != 0);
    EXPECT_EQ(field(event, "action"), "Failed");
    EXPECT_EQ(field(event, "user"), "alice");
    EXPECT_EQ(field(event, "program"), "(absent)");
  }
}

TEST(SshdPatterns, TimesWithAndWithoutAYear) {
  EXPECT_EQ(read_line("Jun  9 10:30:01 bastion sshd[1]: x").t, *parse_iso8601("2026-06-09T10:30:01Z"));
  EXPECT_EQ(read_line("Dec 31 23:59:59 bastion sshd[1]: x").t, *parse_iso8601("2025-12-31T23:59:59Z"));
  EXPECT_EQ(read_line("2026-06-09T10:30:01.250000+02:00 bastion sshd[1]: x").t, *parse_iso8601("2026-06-09T08:30:01.25Z"));
}

}  // namespace
}  // namespace vedette::tests
