#include "app/replay.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <limits>
#include <numeric>
#include <thread>

#include "app/exit_code.h"
#include "app/interrupt.h"
#include "app/rates.h"
#include "connectors/sources/record_source.h"
#include "rules/source/load.h"

namespace vedette::app {

namespace {

constexpr std::size_t kTickets = 64;
constexpr std::size_t kReorderEvents = 200'000;
constexpr std::uint64_t kSilenceEvents = 200'000;

unsigned thread_count(unsigned wanted) {
  if (wanted > 0) return wanted;
  return std::clamp(std::thread::hardware_concurrency(), 1U, 64U);
}

// Inputs are merged by time, so all of them are open at once.
void allow_many_files() {
  rlimit limit = {};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  (void)setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

Replay::Replay(const ReplayOptions& options, const LoadedRules& rules)
    : options_(options),
      rules_(rules),
      printer_(stdout, options.format),
      progress_("replay", !options.quiet && !is_terminal(stdout)) {}

std::shared_ptr<const event::Origin> Replay::make_origin(const InputFile& file) const {
  auto origin = std::make_shared<event::Origin>();
  // One source name and one clock for all inputs: cutting a file in two changes nothing.
  origin->source_name = "replay";
  origin->partition = file.path;
  origin->tenant = options_.tenant;
  origin->source = source_;
  origin->zone = zone_;
  const auto& sources = rules_.plan->sources;
  const bool year_known =
      std::any_of(sources.begin(), sources.end(), [](const auto& s) { return s.source.text && s.source.year; });
  origin->year_hint = options_.year != 0 ? options_.year : year_known ? 0 : file.modified_year;
  return origin;
}

Status Replay::open() {
  if (options_.from && options_.to && *options_.from >= *options_.to)
    return Error{"--to must be later than --from: it is the first time that is left out"};
  auto source = find_source(*rules_.plan, options_.source);
  if (!source) return source.error();
  source_ = *source;
  if (!rules::load_zone(options_.timezone, zone_))
    return Error{"unknown time zone '" + options_.timezone + "'; use an IANA name such as Europe/Paris"};
  auto files = expand_inputs(options_.events);
  if (!files) return files.error();
  files_ = std::move(*files);
  bytes_of_input_.assign(files_.size(), 0);
  total_bytes_ = std::accumulate(files_.begin(), files_.end(), std::uint64_t{0},
                                 [](std::uint64_t sum, const InputFile& f) { return sum + f.size; });
  allow_many_files();
  if (options_.rejects.empty()) return {};
  for (const InputFile& file : files_) {
    std::error_code unknown;
    if (std::filesystem::equivalent(file.path, options_.rejects, unknown)) {
      return Error{"is one of the inputs; --rejects needs a file of its own", options_.rejects};
    }
  }
  return rejects_.open(options_.rejects);
}

Result<std::unique_ptr<ReplayReader>> Replay::make_reader() const {
  const bool text = source_ != plan::kNone && rules_.plan->sources[source_].source.text;
  std::vector<std::unique_ptr<InputReader>> inputs;
  for (std::size_t i = 0; i < files_.size(); ++i) {
    auto input =
        InputReader::open(files_[i], i, make_origin(files_[i]), text ? event::Framing::lines : event::Framing::automatic);
    if (!input) return input.error();
    inputs.push_back(std::move(*input));
  }
  return std::make_unique<ReplayReader>(std::move(inputs), options_.as_arrived);
}

bool Replay::in_range(const event::EventHead& head) const {
  return (!options_.from || head.t >= *options_.from) && (!options_.to || head.t < *options_.to);
}

Status Replay::print(std::vector<alert::Alert>& alerts) {
  for (const alert::Alert& alert : alerts) {
    if (!options_.rates && !printer_.print(alert)) return Error{"alerts cannot be written to standard output"};
  }
  alerts.clear();
  return {};
}

Status Replay::apply(Done& done) {
  if (merger_) {
    sequencer_->count(*done.hits);
    const Status pushed = merger_->push(done.input, std::move(done.hits));
    if (!pushed) {
      disordered_ = true;
      return pushed;
    }
    if (done.last) merger_->finish(done.input);
  } else {
    std::erase_if(done.hits->events, [&](const correlate::EventHits& event) {
      if (event.hits.empty()) return false;  // only a mark of clocks
      const bool outside = (event.head.flags & event::kTimeMissing) == 0 && !in_range(event.head);
      outside_ += outside ? 1 : 0;
      return outside;
    });
    sequencer_->apply(*done.hits, alerts_);
  }
  return print(alerts_);
}

void Replay::show_progress(const Done& done) {
  bytes_of_input_[done.input] = std::max(bytes_of_input_[done.input], done.bytes_read);
  const run::SequencerCounters& c = sequencer_->counters();
  const std::uint64_t read = std::accumulate(bytes_of_input_.begin(), bytes_of_input_.end(), std::uint64_t{0});
  progress_.update(read, total_bytes_, fmt::format("{} events, {} alerts", with_thousands(c.events), printer_.total()));
}

Status Replay::consume(Pipeline& pipeline, ReplayReader& reader) {
  for (std::size_t i = 0; i < kTickets; ++i) reader.ticket(i % files_.size());
  Done done;
  while (!interrupted() && pipeline.next(done)) {
    const Status kept = rejects_.add(done.rejects);
    if (!kept) return kept;
    show_progress(done);
    const Status applied = apply(done);
    if (!applied) return applied;
    reader.ticket(merger_ ? merger_->wanted() : 0);
  }
  return {};
}

// The reading thread may sit in a read that never returns: end without waiting for it.
void Replay::leave() {
  progress_.clear();
  (void)printer_.finish();
  (void)rejects_.close();
  print_error("interrupted; the alerts so far end here");
  std::_Exit(kExitInterrupted);
}

Status Replay::pass() {
  const auto mode = options_.as_arrived ? run::ClockMode::as_arrived : run::ClockMode::merged;
  sequencer_ = std::make_unique<run::Sequencer>(rules_.plan, mode, options_.now.value_or(connectors::system_clock_now()));
  if (!options_.as_arrived) {
    const auto emit = [this](const correlate::EventHits& event, const event::Origin& origin) {
      if (in_range(event.head)) {
        sequencer_->apply_event(event, origin, alerts_);
      } else {
        ++outside_;
      }
    };
    const std::size_t reorder = options_.sort ? std::numeric_limits<std::size_t>::max() : kReorderEvents;
    merger_ = std::make_unique<run::Merger>(files_.size(), emit, reorder);
  }
  auto reader = make_reader();
  if (!reader) return reader.error();
  Pipeline pipeline(rules_.plan, rules_.program,
                    {.threads = thread_count(options_.threads),
                     .depth = kTickets,
                     .keep_rejected_bytes = rejects_.is_open(),
                     .observer = {},
                     .cancelled = interrupted});
  std::thread reading([&] { (*reader)->read(pipeline); });
  const Status consumed = consume(pipeline, **reader);
  if (interrupted()) leave();
  (*reader)->stop();
  pipeline.abort();
  reading.join();
  warn_about_text(**reader);
  if (!consumed) return consumed;
  if ((*reader)->failure()) return *(*reader)->failure();
  if (options_.no_drain) return {};
  sequencer_->finish(alerts_);
  return print(alerts_);
}

void Replay::warn_about_text(const ReplayReader& reader) const {
  for (std::size_t i = 0; i < files_.size() && !options_.quiet; ++i) {
    if (!reader.saw_text(i) || (options_.year != 0 && !options_.timezone.empty())) continue;
    std::string assumed;
    if (options_.year == 0) assumed += fmt::format("the year {} of the file's date (--year sets it)", files_[i].modified_year);
    if (options_.timezone.empty()) assumed += fmt::format("{}UTC (--timezone sets it)", assumed.empty() ? "" : " and ");
    print_note(fmt::format("{}: syslog times without year or zone are read with {}", files_[i].path, assumed));
    return;
  }
}

std::unique_ptr<SilenceObserver> Replay::look_again(bool& cut) {
  const bool repeatable = std::none_of(files_.begin(), files_.end(), [](const InputFile& file) { return file.path == "-"; });
  if (!repeatable) return nullptr;
  auto reader = make_reader();
  if (!reader) return nullptr;
  auto observer = std::make_unique<SilenceObserver>(rules_.plan);
  Pipeline pipeline(rules_.plan, rules_.program,
                    {.threads = 1,
                     .depth = 4,
                     .keep_rejected_bytes = false,
                     .observer =
                         [&](const event::EventView& event, match::Matcher& matcher) {
                           if (observer->events() < kSilenceEvents) observer->observe(event, matcher);
                         },
                     .cancelled = interrupted});
  for (std::size_t i = 0; i < 4; ++i) (*reader)->ticket(i % files_.size());
  std::thread reading([&] { (*reader)->read(pipeline); });
  Done done;
  std::uint64_t seen = 0;
  while (!interrupted() && seen < kSilenceEvents && pipeline.next(done)) {
    seen += done.hits->counters.events;
    (*reader)->ticket(done.input);
  }
  (*reader)->stop();
  pipeline.abort();
  reading.join();
  cut = seen >= kSilenceEvents;
  return observer;
}

void Replay::explain_silence() {
  bool cut = false;
  if (const auto observer = look_again(cut)) {
    (void)write_all(stderr, printable_lines(observer->report(sequencer_->correlator())));
    if (cut) print_note(fmt::format("counted over the first {} events", with_thousands(kSilenceEvents)));
    return;
  }
  (void)write_all(stderr, printable_lines(SilenceObserver(rules_.plan).report_counters(sequencer_->correlator())));
  print_note("standard input cannot be read twice; give a file for counts term by term");
}

void Replay::show_rates() {
  const correlate::Correlator& correlator = sequencer_->correlator();
  bool cut = false;
  const auto observer = has_silent_rules(*rules_.plan, correlator) ? look_again(cut) : nullptr;
  (void)write_all(stdout, printable_lines(render_rates(*rules_.plan, correlator, sequencer_->counters(), observer.get())));
  if (cut) print_note(fmt::format("why a rule never matched: over the first {} events", with_thousands(kSilenceEvents)));
}

int Replay::finish(const Status& status) {
  progress_.clear();
  const bool printed = printer_.finish();
  const Status rejects_closed = rejects_.close();
  if (!status) {
    print_error(disordered_ ? status.error().to_string() + "; --sort holds all matches in memory and sorts them"
                            : status.error().to_string());
    return disordered_ ? kExitUsage : kExitRuntime;
  }
  if (!printed) {
    print_error("alerts cannot be written to standard output");
    return kExitRuntime;
  }
  if (!rejects_closed) {
    print_error(rejects_closed.error().to_string());
    return kExitRuntime;
  }
  return options_.fail_on && printer_.reached(*options_.fail_on) ? kExitFindings : kExitOk;
}

int Replay::run() {
  const Status opened = open();
  if (!opened) {
    print_error(opened.error().to_string());
    return kExitUsage;
  }
  const auto start = std::chrono::steady_clock::now();
  const Status status = pass();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  const int code = finish(status);
  if (code == kExitOk || code == kExitFindings) {
    ReplayTotals totals;
    totals.inputs = files_.size();
    totals.bytes = std::accumulate(bytes_of_input_.begin(), bytes_of_input_.end(), std::uint64_t{0});
    totals.seconds = took.count();
    totals.outside = outside_;
    totals.id_conflicts = sequencer_->correlator().id_conflicts();
    totals.counters = sequencer_->counters();
    for (const plan::FilterPlan& filter : rules_.plan->filters) totals.filters.push_back(filter.label());
    totals.rejects = rejects_.by_reason();
    totals.first_reject = rejects_.first();
    if (!options_.quiet) (void)write_all(stderr, render_summary(totals, printer_, use_colour(stderr)));
    if (options_.rates) {
      show_rates();
    } else if (printer_.total() == 0) {
      explain_silence();
    }
  }
  return code;
}

int run_replay(const ReplayOptions& options) {
  const auto rules = load_rules_or_report(options.rules);
  if (!rules) return kExitUsage;
  return Replay(options, *rules).run();
}

}  // namespace vedette::app
