#include "tests/match/exhaustive/comparison.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>

namespace vedette::match {
namespace {

constexpr std::size_t kRulesPerFile = 800;

}  // namespace

std::string quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? "''" : std::string(1, c);
  return out + "'";
}

std::string rule_text(std::size_t number, const std::string& selection, const std::string& condition) {
  return "title: rule " + std::to_string(number) + "\nlogsource: {product: small}\ndetection:\n  s:\n    " + selection +
         "\n  condition: " + condition + "\n";
}

std::string event_of(const std::string& value) { return "{\"f\":" + value + "}"; }
std::string json_text(const std::string& text) { return naive::make_string(text).raw; }

Comparison::Comparison(const Texts& rules) : texts_(rules) {
  std::vector<yaml::File> files;
  for (std::size_t begin = 0; begin < rules.size(); begin += kRulesPerFile) {
    std::string text;
    for (std::size_t i = begin; i < std::min(rules.size(), begin + kRulesPerFile); ++i)
      text += (text.empty() ? "" : "---\n") + rules[i];
    for (naive::Rule& rule : naive::parse_rules(text)) naive_.push_back(std::move(rule));
    char name[32];
    std::snprintf(name, sizeof name, "rules%06zu.yml", begin);
    files.push_back({name, std::move(text)});
  }
  engine_ =
      std::make_unique<corpus::Engine>(files, std::map<std::string, Texts>{}, std::vector<plan::LogSource>{{"", "small", ""}});
  for (const Diagnostic& diagnostic : engine_->diagnostics().items()) {
    if (diagnostic.severity == Severity::error) ADD_FAILURE() << render_human(diagnostic, false);
  }
  usable_ = engine_->ok() && naive_.size() == rules.size() && engine_->plan().rules.size() == rules.size();
  for (std::size_t i = 0; usable_ && i < rules.size(); ++i) usable_ = engine_->plan().rules[i].meta.title == naive_[i].title;
  if (usable_) json_ = engine_->source("json");
}

void Comparison::compare(const std::string& event) {
  const std::size_t before = events_;
  naive::Event parsed;
  parsed.json = naive::parse_json(event).value();
  engine_->run(json_, event, [&](std::string_view, const std::set<std::uint32_t>& fired) {
    ++events_;
    auto next = fired.begin();
    for (std::uint32_t rule = 0; rule < naive_.size(); ++rule) {
      const bool got = next != fired.end() && *next == rule;
      if (got) ++next;
      const bool want = naive::matches(naive_[rule], parsed);
      ++pairs_;
      matched_ += want ? 1 : 0;
      if (got != want && ++differences_ < 10)
        ADD_FAILURE() << event << " engine " << got << " naive " << want << "\n" << texts_[rule];
    }
  });
  EXPECT_EQ(events_, before + 1) << event;
}

void Comparison::finish(const char* what, std::size_t most) const {
  std::printf("%s: %zu rules, %zu events, %zu pairs, %zu matched, %zu differ\n", what, naive_.size(), events_, pairs_, matched_,
              differences_);
  EXPECT_GT(matched_, pairs_ / most);
  EXPECT_LT(matched_, pairs_ - pairs_ / most);
}

}  // namespace vedette::match
