// What a person reads when what a configuration names cannot be reached: golden/<code>_<slug>.yml beside its .txt. Where
// 18443 stands, each run takes a free port, in use for V9013.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <utility>

#include "tests/app/program.h"

namespace vedette::tests {
namespace {

namespace fs = std::filesystem;

const std::string kPort = "18443";

// A listening socket on a port of its own, until it goes.
class Port {
 public:
  Port() : descriptor_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(descriptor_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(descriptor_, 1), 0);
    EXPECT_EQ(::getsockname(descriptor_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    number_ = std::to_string(ntohs(address.sin_port));
  }
  ~Port() { close(); }
  Port(const Port&) = delete;
  Port& operator=(const Port&) = delete;

  void close() {
    if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
  }
  [[nodiscard]] const std::string& number() const { return number_; }

 private:
  int descriptor_;
  std::string number_;
};

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) text.replace(at, from.size(), to);
  return text;
}

// With nothing to complain of.
void write_rule(const Folder& folder) {
  folder.write("rules/a.yml",
               "title: Admin granted\nid: 4d7ef3a1-6a70-4c0f-9c39-5a6f7e1d2b90\nname: okta_admin_granted\nstatus: test\n"
               "description: Somebody was given rights.\nauthor: me\ntags: [attack.t1098]\nfalsepositives: [none]\n"
               "logsource: {product: okta, service: okta}\n"
               "detection: {s: {eventType: user.account.privilege.grant}, condition: s}\nlevel: high\n");
  folder.write("rules/a.test.yml",
               "tests:\n  - name: a grant\n    start: 2026-05-04T09:00:00Z\n    events:\n      - {at: 0s, source: okta, event: "
               "{eventType: user.account.privilege.grant}}\n    expect: [{rule: okta_admin_granted, at: 0s}]\n"
               "  - name: none\n    start: 2026-05-04T09:00:00Z\n    events:\n      - {at: 0s, source: okta, event: "
               "{eventType: user.account.privilege.revoke}}\n    expect: []\n");
}

Outcome check(const std::string& name, const std::string& config, Port& port) {
  const Folder folder;
  write_rule(folder);
  folder.write(name, replaced(config, kPort, port.number()));
  Outcome out = run({"check", "-c", name, "--connect"}, "", folder.path());
  out.out = replaced(out.out, port.number(), kPort);
  return out;
}

TEST(Connect, WhatCannotBeReachedReadsAsExpected) {
  int files = 0;
  for (const auto& entry : fs::directory_iterator(source_path("tests/connect/golden"))) {
    if (entry.path().extension() != ".yml") continue;
    ++files;
    const std::string name = entry.path().filename().string();
    Port port;
    if (!name.starts_with("V9013")) port.close();
    const Outcome checked = check(name, read_file(entry.path()), port);
    const fs::path expected = fs::path(entry.path()).replace_extension(".txt");
    if (std::getenv("VEDETTE_UPDATE_DOCS") != nullptr) std::ofstream(expected, std::ios::binary) << checked.out;
    EXPECT_EQ(checked.out, read_file(expected)) << name << "\n" << checked.err;
    EXPECT_EQ(checked.code, name.starts_with("V9012") ? 1 : 0) << checked.err;
  }
  EXPECT_EQ(files, 3);
}

// Everything there: nothing is said, every place is named, nothing was sent or made.
TEST(Connect, WhatCanBeReachedIsQuiet) {
  Port hook, unused;
  unused.close();
  const Folder folder;
  write_rule(folder);
  folder.write("auth.log", "");
  const std::string config =
      "rules: {paths: [rules]}\nstore: {path: data}\nsources:\n  - {name: in, type: http, listen: \"127.0.0.1:" +
      unused.number() +
      "\", path: /x}\n  - {name: ssh, type: file, path: auth.log}\nsinks:\n"
      "  - {name: pager, type: webhook, url: \"http://127.0.0.1:" +
      hook.number() +
      "/hook\", allow: [127.0.0.0/8], dead_letter: lost.jsonl}\n  - {name: log, type: file, path: alerts.jsonl}\n"
      "admin: {listen: \"127.0.0.1:0\"}\n";
  folder.write("vedette.yml", config);
  const Outcome checked = run({"check", "-c", "vedette.yml", "--connect"}, "", folder.path());
  EXPECT_EQ(checked.code, 0) << checked.out << checked.err;
  EXPECT_EQ(checked.out, "");
  for (const char* place : {"store: ", "source `in`: 127.0.0.1:", "source `ssh`: ", "sink `pager`: http://127.0.0.1:",
                            "sink `log`: ", "admin: 127.0.0.1:0"})
    EXPECT_NE(checked.err.find(std::string("trying ") + place), std::string::npos) << place << checked.err;
  EXPECT_NE(checked.err.find("lost.jsonl"), std::string::npos) << checked.err;
  EXPECT_FALSE(fs::exists(folder.path("data")));
  EXPECT_FALSE(fs::exists(folder.path("alerts.jsonl")));
  EXPECT_EQ(run({"check", "--connect", "rules"}, "", folder.path()).code, 2);
}

// A broker that nobody runs; librdkafka's own words come along.
TEST(Connect, BrokersThatAreAway) {
  Port port;
  port.close();
  const Folder folder;
  write_rule(folder);
  folder.write("vedette.yml", "rules: {paths: [rules]}\nsources:\n  - {name: bus, type: kafka, brokers: [\"127.0.0.1:" +
                                  port.number() + "\"], topics: [t], source: okta}\nsinks:\n  - {name: out, type: stdout}\n");
  const Outcome checked = run({"check", "-c", "vedette.yml", "--connect"}, "", folder.path());
  EXPECT_EQ(checked.code, 1);
  EXPECT_NE(checked.out.find("error[V9012]: source `bus`: 127.0.0.1:" + port.number() + ": "), std::string::npos) << checked.out;
}

TEST(Completion, KnowsCommandsAndOptions) {
  const Outcome bash = run({"completion", "bash"});
  ASSERT_EQ(bash.code, 0);
  const Folder folder;
  folder.write("try.sh", bash.out +
                             "\nCOMP_WORDS=(vedette rules sh); COMP_CWORD=2; _vedette; echo \"${COMPREPLY[*]}\"\n"
                             "COMP_WORDS=(vedette check --con); COMP_CWORD=2; _vedette; echo \"${COMPREPLY[*]}\"\n"
                             "COMP_WORDS=(vedette rep); COMP_CWORD=1; _vedette; echo \"${COMPREPLY[*]}\"\n");
  ASSERT_EQ(std::system(("bash " + folder.path("try.sh") + " > " + folder.path("out")).c_str()), 0);
  EXPECT_EQ(read_file(folder.path("out")), "show\n--config --connect\nreplay\n");
  EXPECT_NE(run({"completion", "fish"}).out.find("complete -c vedette -f -n '__fish_use_subcommand' -a replay -d '"),
            std::string::npos);
  EXPECT_NE(run({"completion", "zsh"}).out.find("bashcompinit"), std::string::npos);
  EXPECT_EQ(run({"completion", "tcsh"}).code, 2);
}

}  // namespace
}  // namespace vedette::tests
