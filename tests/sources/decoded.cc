#include "tests/sources/decoded.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "engine/event/framer.h"
#include "rules/source/load.h"

namespace vedette::tests {
namespace {

class Collector : public event::EventVisitor {
 public:
  Collector(const plan::Plan& plan, DecodedAll& out) : plan_(plan), out_(out) {}

  void on_event(const event::EventView& view) override {
    const plan::SourceProgram& program = plan_.sources[view.head.source];
    Decoded decoded{program.source.name,
                    std::string(view.head.id),
                    std::string(view.raw),
                    view.head.t,
                    view.head.flags,
                    view.head.repeat,
                    {}};
    for (std::uint32_t i = 0; i < program.slots.size(); ++i) {
      if (!view.slot(i).empty()) decoded.fields[program.slots[i].path.text()] = std::string(view.slot(i).front().text);
    }
    ++out_.by_source[decoded.source];
    out_.events.push_back(std::move(decoded));
  }
  void on_reject(const event::Reject& reject) override { out_.rejects.push_back(reject.message); }

 private:
  const plan::Plan& plan_;
  DecodedAll& out_;
};

class Elements : public event::ElementSink {
 public:
  Elements(event::Decoder& decoder, const event::Origin& origin, event::EventVisitor& visitor)
      : decoder_(decoder), origin_(origin), visitor_(visitor) {}

  void on_element(std::string_view bytes, std::uint64_t line, std::uint64_t position) override {
    std::string padded(bytes);
    padded.append(event::kPadding, '\0');
    event::RawRecord record;
    record.bytes = std::string_view(padded).substr(0, bytes.size());
    record.arrival = kArrival;
    record.line = line;
    record.position = position;
    decoder_.decode(record, origin_, line_clock_, visitor_);
  }
  void on_reject(const event::Reject& reject) override { visitor_.on_reject(reject); }

 private:
  event::Decoder& decoder_;
  const event::Origin& origin_;
  event::EventVisitor& visitor_;
  TimeUs line_clock_ = 0;
};

}  // namespace

plan::PlanPtr plan_with_fields(const std::vector<std::string>& fields) {
  Diagnostics diagnostics;
  auto plan = std::make_shared<plan::Plan>();
  for (plan::SourcePlan& source : rules::load_sources(rules::builtin_sources(), diagnostics)) {
    plan::SourceProgram program;
    program.source = std::move(source);
    for (const std::string& field : fields) {
      plan::Slot slot;
      slot.path = *plan::parse_field_path(field);
      for (const plan::Canonical& canonical : program.source.canonical) {
        const auto& to = canonical.to.segments;
        if (to.size() > slot.path.segments.size() || !std::equal(to.begin(), to.end(), slot.path.segments.begin())) continue;
        slot.upper = slot.upper || canonical.upper;
        if (!canonical.from) continue;
        plan::FieldPath& spelling = slot.spellings.emplace_back(*canonical.from);
        spelling.segments.insert(spelling.segments.end(), slot.path.segments.begin() + static_cast<std::ptrdiff_t>(to.size()),
                                 slot.path.segments.end());
      }
      program.slots.push_back(std::move(slot));
    }
    plan->sources.push_back(std::move(program));
  }
  return plan;
}

DecodedAll decode_text(const plan::PlanPtr& plan, const std::string& text, const std::string& force, bool lines) {
  DecodedAll out;
  event::Origin origin;
  origin.source_name = "test";
  for (std::uint32_t i = 0; i < plan->sources.size(); ++i) {
    if (plan->sources[i].source.name == force) origin.source = i;
  }
  event::Decoder decoder(plan);
  Collector collector(*plan, out);
  Elements elements(decoder, origin, collector);
  event::Framer framer(lines ? event::Framing::lines : event::Framing::automatic);
  framer.feed(text, elements);
  framer.finish(elements);
  return out;
}

std::string corpus_folder() {
  const char* given = std::getenv("VEDETTE_CORPUS");
  const std::string folder = given != nullptr ? given : std::string(VEDETTE_SOURCE_DIR) + "/../shared/corpus";
  return std::filesystem::exists(folder + "/events") ? folder : std::string();
}

std::string read_whole(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

}  // namespace vedette::tests
