// Random events with arrays, objects and strings that hold structure, through the real compiler and decoder, against the
// naive matcher: target[any] blocks, element filters, indices, paths into strings. VEDETTE_SEED chooses another seed.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>

#include "tests/match/exhaustive/comparison.h"

namespace vedette::match {
namespace {

std::uint64_t seed() {
  const char* given = std::getenv("VEDETTE_SEED");
  return given != nullptr ? std::strtoull(given, nullptr, 10) : 20261123;
}

class Random {
 public:
  explicit Random(std::uint64_t from) : engine_(from) {}
  std::size_t below(std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(engine_); }
  bool one_in(std::size_t n) { return below(n) == 0; }
  template <typename T>
  const T& of(const std::vector<T>& all) {
    return all[below(all.size())];
  }

 private:
  std::mt19937_64 engine_;
};

const Texts kKeys = {"t", "d", "x y"};
const Texts kWords = {"a", "A", "b", "ab", "", "1", "a, t=b", "{", "a=b"};

// Events of few keys and words, so that rules and events meet.
class Events {
 public:
  explicit Events(Random& random) : random_(random) {}

  std::string event() {
    std::string out = "{\"id\":1";
    for (const char* key : {"t", "f", "g"}) {
      if (!random_.one_in(6)) out += ",\"" + std::string(key) + "\":" + value(3);
    }
    if (random_.one_in(8)) out += ",\"f.t\":" + value(1);
    return out + "}";
  }

 private:
  std::string value(int depth) {
    switch (random_.below(depth > 0 ? 10 : 3)) {
      case 0:
        return random_.of(Texts{"null", "true", "1", "1.0", "{}", "[]"});
      case 1:
      case 2:
        return json_text(random_.of(kWords));
      case 3:
        return json_text(pairs(depth - 1));
      case 4:
        return json_text(broken(random_.one_in(2) ? object(depth - 1) : array(depth - 1)));
      case 5:
      case 6:
      case 7:
        return array(depth - 1);
      default:
        return object(depth - 1);
    }
  }

  std::string object(int depth) {
    std::string out = "{";
    for (const std::string& key : kKeys) {
      if (random_.one_in(3)) continue;
      out += (out.size() > 1 ? blank() + "," + blank() : "") + json_text(key) + blank() + ":" + blank() + value(depth);
    }
    return out + "}";
  }

  std::string array(int depth) {
    std::string out = "[";
    for (std::size_t count = random_.below(4); count > 0; --count) out += (out.size() > 1 ? "," + blank() : "") + value(depth);
    return out + blank() + "]";
  }

  std::string pairs(int depth) {
    std::string out = blank() + "{";
    for (std::size_t count = random_.below(4); count > 0; --count) {
      if (!out.ends_with("{")) out += random_.one_in(8) ? "," : ", ";
      out += blank() + random_.of(kKeys) + blank() + (random_.one_in(12) ? "" : "=");
      out += depth > 0 && random_.one_in(4) ? pairs(depth - 1) : random_.of(kWords);
    }
    return broken(out + "}" + blank());
  }

  // Now and then something is cut off, doubled or added.
  std::string broken(std::string text) {
    if (!random_.one_in(8) || text.empty()) return text;
    const std::size_t at = random_.below(text.size());
    switch (random_.below(3)) {
      case 0:
        return text.substr(0, at);
      case 1:
        return text + text.substr(at);
      default:
        text[at] = random_.of(std::vector<char>{'{', '}', '=', ',', ' ', '"', 'a'});
        return text;
    }
  }

  std::string blank() { return random_.one_in(5) ? " " : ""; }

  Random& random_;
};

class Rules {
 public:
  explicit Rules(Random& random) : random_(random) {}

  std::string selection() {
    if (random_.one_in(2)) return block();
    const std::string path = random_.one_in(3) ? filtered() : plain();
    return item(path);
  }

 private:
  std::string item(const std::string& field) {
    const std::string key = quoted(field + modifiers());
    return key + ": " + values();
  }

  std::string root() { return random_.of(Texts{"f", "g", "f.t", "f.d", "t", "f[0]", "f[1]", "f{}.t", "f.x y"}); }
  std::string plain() {
    std::string path = root();
    for (std::size_t more = random_.below(3); more > 0; --more)
      path += "." + random_.of(kKeys) + (random_.one_in(8) ? "[0]" : "");
    return path;
  }
  std::string filtered() {
    return random_.of(Texts{"f", "g", "f.t"}) + "[" + random_.of(kKeys) + "=" + random_.of(Texts{"a", "b", "1"}) + "]." +
           random_.of(kKeys);
  }
  std::string block() {
    std::string out = quoted(root() + "[any]") + ": {";
    const std::size_t entries = 1 + random_.below(3);
    for (std::size_t i = 0; i < entries; ++i) {
      const std::string field = kKeys[i] + (random_.one_in(3) ? "." + random_.of(kKeys) : "");
      out += (i > 0 ? ", " : "") + item(field);
    }
    return out + "}";
  }

  std::string modifiers() {
    modifier_ = random_.of(
        Texts{"", "", "", "", "|contains", "|neq", "|cased", "|exists", "|fieldref", "|startswith|neq", "|contains|all"});
    return modifier_;
  }
  std::string values() {
    if (modifier_ == "|exists") return random_.one_in(2) ? "true" : "false";
    if (modifier_ == "|fieldref") return random_.of(Texts{"t", "f.t", "g"});
    if (modifier_ == "|contains|all") return "[a, b]";
    const bool wildcards = modifier_ != "|contains";
    if ((modifier_.empty() || modifier_ == "|neq") && random_.one_in(5)) return "null";
    const Texts some = {"a", "b", "1", "'a*'", "'*b'", "''"};
    const std::string one = wildcards ? random_.of(some) : random_.of(Texts{"a", "b", "1"});
    return random_.one_in(3) ? "[" + one + ", b]" : one;
  }

  Random& random_;
  std::string modifier_;
};

TEST(Structure, RandomEventsAndRules) {
  const std::uint64_t chosen = seed();
  std::printf("seed %llu\n", static_cast<unsigned long long>(chosen));
  Random random(chosen);
  Rules rules(random);
  Events events(random);
  Texts texts;
  for (int i = 0; i < 1200; ++i) texts.push_back(rule_text(texts.size(), rules.selection(), random.one_in(6) ? "not s" : "s"));
  Comparison comparison(texts);
  ASSERT_TRUE(comparison.usable());
  for (int i = 0; i < 600; ++i) comparison.compare(events.event());
  comparison.finish("structure", 12);
}

// Each rule alone: what other rules read must not change what a path finds.
TEST(Structure, RulesAlone) {
  Random random(seed() + 1);
  Rules rules(random);
  Events events(random);
  Texts shown;
  for (int i = 0; i < 60; ++i) shown.push_back(events.event());
  for (int i = 0; i < 150; ++i) {
    Comparison comparison({rule_text(0, rules.selection())});
    ASSERT_TRUE(comparison.usable());
    for (const std::string& event : shown) comparison.compare(event);
  }
}

}  // namespace
}  // namespace vedette::match
