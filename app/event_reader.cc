#include "app/event_reader.h"

#include <fmt/format.h>

#include "app/terminal.h"

namespace vedette::app {

namespace {

void refused(const std::string& path, std::uint64_t line, const std::string& message) {
  print_warning(fmt::format("{}:{}: refused: {}", path, line, message));
}

Status read_file(const EventReading& reading, const InputFile& file, std::size_t index, const run::EventObserver& visit) {
  auto origin = std::make_shared<event::Origin>();
  origin->source_name = reading.name;
  origin->partition = file.path;
  origin->source = reading.source;
  origin->zone = reading.zone;
  origin->year_hint = reading.year != 0 ? reading.year : file.modified_year;
  const bool text = reading.source != plan::kNone && reading.plan->sources[reading.source].source.text;
  auto input = InputReader::open(file, index, origin, text ? event::Framing::lines : event::Framing::automatic);
  if (!input) return input.error();
  run::Worker worker(reading.plan, reading.program);
  worker.observe(visit);
  worker.on_reject([&](const event::Origin&, const event::Reject& reject) { refused(file.path, reject.line, reject.message); });
  TimeUs line_clock = 0;
  correlate::HitBatch hits;
  while (!(*input)->finished()) {
    auto job = (*input)->next();
    if (!job) return job.error();
    for (const RejectRecord& reject : job->framing_rejects) refused(file.path, reject.line, reject.message);
    if (!job->batch.records.empty()) worker.process(job->batch, line_clock, hits);
  }
  return {};
}

}  // namespace

Status read_events(const EventReading& reading, const std::vector<InputFile>& files, const run::EventObserver& visit) {
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (Status read = read_file(reading, files[i], i, visit); !read) return read;
  }
  return {};
}

}  // namespace vedette::app
