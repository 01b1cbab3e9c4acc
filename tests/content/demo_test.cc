// The demo's story through the engine: the alerts that story.txt names, and no others.
#include <gtest/gtest.h>
#include <re2/re2.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <sstream>

#include "engine/run/sequencer.h"
#include "engine/run/worker.h"
#include "rules/sigma/load.h"
#include "rules/source/load.h"

namespace vedette::rules {
namespace {

const std::string kDemo = std::string(VEDETTE_SOURCE_DIR) + "/demo";
constexpr TimeUs kNow = 1'796'000'000'000'000;  // 2026-11-30

struct Step {
  std::string how, file, what, expected;
};

std::string read_whole(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  EXPECT_TRUE(stream.good()) << path;
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

std::vector<Step> story() {
  std::vector<Step> out;
  std::istringstream lines(read_whole(kDemo + "/story.txt"));
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with('#')) continue;
    Step step;
    std::istringstream fields(line);
    std::getline(fields, step.how, '|');
    if (step.how == "kill") continue;  // the service is started again: nothing may differ
    std::getline(fields, step.file, '|');
    std::getline(fields, step.what, '|');
    std::getline(fields, step.expected);
    out.push_back(step);
  }
  return out;
}

std::string syslog_time(TimeUs t) {
  static const char* const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const CivilTime civil = to_civil(t);
  char text[32];
  std::snprintf(text, sizeof text, "%s %2d %02d:%02d:%02d", months[civil.month - 1], civil.day, civil.hour, civil.minute,
                civil.second);
  return text;
}

// What demo/render.sh does.
std::string rendered(const std::string& text) {
  static const re2::RE2 place("@(iso|log)-([0-9]+)@");
  std::string out;
  re2::StringPiece rest(text);
  std::string kind, ago;
  for (const char* begin = text.data(); re2::RE2::FindAndConsume(&rest, place, &kind, &ago); begin = rest.data()) {
    const auto consumed = static_cast<std::size_t>(rest.data() - begin);
    out.append(begin, consumed - (kind.size() + ago.size() + 3));
    const TimeUs t = kNow - std::stoll(ago) * kSecondUs;
    out += kind == "iso" ? format_rfc3339(t) : syslog_time(t);
  }
  return out.append(rest.data(), rest.size());
}

plan::PlanPtr demo_plan() {
  Diagnostics diagnostics;
  CompileOptions options;
  options.sources = load_sources(builtin_sources(), diagnostics);
  for (const yaml::File& file : builtin_lists()) parse_list(file, options.lists, diagnostics);
  options.identity_domains = {"acme.example"};
  const auto files = read_rule_files({std::string(VEDETTE_SOURCE_DIR) + "/rules/packs/founding"}, diagnostics);
  auto compiled = compile(*files, options, diagnostics);
  EXPECT_FALSE(diagnostics.has_errors());
  return compiled.plan;
}

class Story {
 public:
  Story() : plan_(demo_plan()), worker_(plan_, *match::MatchProgram::build(plan_)), sequencer_(plan_, run::ClockMode::live) {
    for (const char* how : {"hook", "http", "file"}) {
      auto origin = std::make_shared<event::Origin>();
      origin->source_name = how;
      origin->clock = static_cast<std::uint32_t>(origins_.size());
      for (std::uint32_t i = 0; i < plan_->sources.size(); ++i) {
        const std::string& name = plan_->sources[i].source.name;
        if ((origin->source_name == "hook" && name == "okta") || (origin->source_name == "file" && name == "sshd"))
          origin->source = i;
      }
      origins_[how] = std::move(origin);
    }
  }

  // The alerts of one step: rule, person, count.
  std::vector<std::string> feed(const Step& step) {
    arrival_ += kSecondUs;
    const std::string text = rendered(read_whole(kDemo + "/events/" + step.file));
    std::vector<alert::Alert> alerts;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
      event::RecordBatch batch;
      batch.sequence = sequence_++;
      batch.origin = origins_.at(step.how);
      batch.buffer = line + std::string(event::kPadding, '\0');
      event::RawRecord record;
      record.bytes = std::string_view(batch.buffer).substr(0, line.size());
      record.arrival = arrival_;
      batch.records.push_back(record);
      correlate::HitBatch hits;
      worker_.process(batch, line_clock_, hits);
      EXPECT_EQ(hits.counters.rejected, 0U) << step.file;
      EXPECT_GT(hits.counters.matched, 0U) << step.file;
      sequencer_.apply(hits, alerts);
    }
    std::vector<std::string> out;
    for (const alert::Alert& alert : alerts)
      out.push_back(alert.rule->label() + " " + alert.group.at(0).second + " " + std::to_string(alert.count));
    return out;
  }

 private:
  plan::PlanPtr plan_;
  run::Worker worker_;
  run::Sequencer sequencer_;
  std::map<std::string, std::shared_ptr<const event::Origin>> origins_;
  std::uint64_t sequence_ = 0;
  TimeUs arrival_ = kNow;
  TimeUs line_clock_ = 0;
};

TEST(Demo, FiresWhatTheStorySaysAndNothingElse) {
  Story live;
  std::size_t alerts = 0;
  const std::vector<Step> steps = story();
  EXPECT_EQ(steps.size(), 11U);
  for (const Step& step : steps) {
    const std::vector<std::string> wanted =
        step.expected.empty() ? std::vector<std::string>{} : std::vector<std::string>{step.expected};
    EXPECT_EQ(live.feed(step), wanted) << step.file;
    alerts += wanted.size();
  }
  EXPECT_EQ(alerts, 2U);
}

TEST(Demo, TheLastStepFirstIsTheSameStory) {
  Story live;
  std::vector<Step> steps = story();
  std::reverse(steps.begin(), steps.end());
  std::vector<std::string> found, wanted;
  for (const Step& step : steps) {
    for (std::string& alert : live.feed(step)) found.push_back(std::move(alert));
    if (!step.expected.empty()) wanted.push_back(step.expected);
  }
  std::sort(found.begin(), found.end());
  std::sort(wanted.begin(), wanted.end());
  EXPECT_EQ(found, wanted);
}

}  // namespace
}  // namespace vedette::rules
