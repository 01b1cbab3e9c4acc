#include "tests/corpus/engine.h"

#include "rules/source/load.h"

namespace vedette::corpus {
namespace {

class Collector : public event::EventVisitor {
 public:
  Collector(const plan::Plan& plan, match::Matcher& matcher, const Engine::Visit& visit)
      : plan_(plan), matcher_(matcher), visit_(visit) {}

  void on_event(const event::EventView& event) override {
    arms_.clear();
    matcher_.match(event, arms_);
    std::set<std::uint32_t> rules;
    for (const std::uint32_t arm : arms_) rules.insert(plan_.sources[event.head.source].arms[arm].rule);
    visit_(event.raw, rules);
  }
  void on_reject(const event::Reject&) override { ++rejected; }

  std::size_t rejected = 0;

 private:
  const plan::Plan& plan_;
  match::Matcher& matcher_;
  const Engine::Visit& visit_;
  std::vector<std::uint32_t> arms_;
};

}  // namespace

Engine::Engine(const std::vector<yaml::File>& files, const std::map<std::string, std::vector<std::string>>& lists,
               const std::vector<plan::LogSource>& json_logsources) {
  rules::CompileOptions options;
  options.sources = rules::load_sources(rules::builtin_sources(), diagnostics_);
  options.lists = lists;
  options.json_logsources = json_logsources;
  options.skip_broken = true;
  plan_ = rules::compile(files, options, diagnostics_).plan;
  if (!plan_) return;
  auto program = match::MatchProgram::build(plan_);
  if (!program) {
    plan_ = nullptr;
    return;
  }
  decoder_ = std::make_unique<event::Decoder>(plan_);
  matcher_ = std::make_unique<match::Matcher>(program.value());
}

std::uint32_t Engine::source(std::string_view name) const {
  for (std::uint32_t i = 0; i < plan_->sources.size(); ++i) {
    if (plan_->sources[i].source.name == name) return i;
  }
  return plan::kNone;
}

std::size_t Engine::run(std::uint32_t source, const std::string& record, const Visit& visit) {
  buffer_ = record;
  buffer_.append(event::kPadding, '\0');
  event::RawRecord raw;
  raw.bytes = std::string_view(buffer_).substr(0, record.size());
  raw.arrival = 1'767'600'000 * kSecondUs;
  event::Origin origin;
  origin.source_name = "corpus";
  origin.source = source;
  TimeUs line_clock = 0;
  Collector collector(*plan_, *matcher_, visit);
  decoder_->decode(raw, origin, line_clock, collector);
  return collector.rejected;
}

}  // namespace vedette::corpus
