#include "app/service/service.h"

#include <fmt/format.h>

#include <algorithm>
#include <random>
#include <utility>

#include "app/interrupt.h"
#include "app/service/rule_watch.h"
#include "connectors/net/secrets.h"
#include "connectors/store/store.h"
#include "engine/event/record_codec.h"
#include "rules/source/load.h"

namespace vedette::app {

using connectors::LogLevel;

namespace {

constexpr int kStepMilliseconds = 200;
constexpr std::chrono::seconds kCommitWait{10};
constexpr std::uint64_t kEvidenceOfOneEvent = 64 << 10;
constexpr std::chrono::milliseconds kPumpWait{100};
constexpr std::size_t kMostControls = 16;
constexpr std::chrono::milliseconds kDrainStep{10};
constexpr std::chrono::milliseconds kLeastDelivery{1000};  // for the sinks at the end, whatever was used before
constexpr std::size_t kMostPumped = 32;

// Everything that load_rules() reads.
std::vector<std::string> watched_paths(const Config& config) {
  if (config.reload != ReloadMode::watch) return {};
  std::vector<std::string> paths = list_folders(config.rule_options());
  for (const auto* more : {&config.rule_paths, &config.source_types, &config.identity_files, &config.databases})
    paths.insert(paths.end(), more->begin(), more->end());
  return paths;
}

const Diagnostic* first_error(const Diagnostics& findings) {
  for (const Diagnostic& finding : findings.items()) {
    if (finding.severity == Severity::error) return &finding;
  }
  return nullptr;
}

// 32 hex digits.
std::string random_id() {
  std::random_device random;
  std::string id;
  for (int i = 0; i < 4; ++i) id += fmt::format("{:08x}", random());
  return id;
}

}  // namespace

void check_sources(const Config& config, const plan::Plan& plan, Diagnostics& findings) {
  for (const SourceConfig& source : config.sources) {
    std::vector<std::string> types = {source.source};
    for (const auto& [topic, type] : source.kafka.topic_source) types.push_back(type);
    for (const std::string& type : types) {
      const auto found = find_source(plan, type);
      if (!found)
        findings.add(source.places.of("source").finding("V9004", found.error().message,
                                                        "types of your own: rules: {source_types: [FOLDER]}"));
    }
    ZonePtr zone;
    if (!rules::load_zone(source.timezone, zone))
      findings.add(source.places.of("timezone")
                       .finding("V9004", fmt::format("unknown time zone `{}`", source.timezone),
                                "an IANA name, such as Europe/Paris or America/New_York"));
  }
}

Service::Service(const Config& config, LoadedRules rules, const ServiceOptions& options, Logger& logger)
    : config_(config),
      config_text_(config.text),
      threads_(options.threads),
      accept_data_loss_(options.accept_data_loss),
      logger_(logger),
      plan_(rules.plan),
      first_rules_(std::move(rules)),
      origins_(plan_) {}

Service::~Service() { drain(); }

// --- start ---

Status Service::start() {
  begin_metrics();
  if (const Status opened = open_store(); !opened) return opened;
  if (const Status recovered = recover(); !recovered) return recovered;
  if (interrupted()) return {};  // the inbox may not be in the queue as a whole: nothing may come behind it
  if (const Status adopted = inherited_.read_environment(); !adopted) return adopted;
  const auto closed = [this](const std::string& sink, const std::string& reason) {
    logger_.log(LogLevel::error, sink, reason);
    sink_gone_ = true;
  };
  if (const Status started = sinks_->start(closed); !started) return started;
  const auto listening = [this](const std::string& configured, const std::string& url, const std::string& path) {
    announce(configured, url + path);
  };
  if (const Status started = sources_->start(*intake_, listening); !started) return started;
  for (const connectors::InheritedSocket& left : inherited_.left())
    logger_.log(LogLevel::warning, "service", fmt::format("no source listens on the inherited socket {}", left.address));
  if (const Status started = start_admin(); !started) return started;
  ready_ = true;
  return {};
}

Status Service::open_store() {
  connectors::StoreLimits limits;
  limits.evidence_bytes = config_.store.evidence_bytes;
  limits.evidence_body_bytes = kEvidenceOfOneEvent;
  if (config_.store.durable()) {
    auto opened = connectors::open_store({.path = config_.store.path, .limits = limits, .accept_data_loss = accept_data_loss_},
                                         logger_.callback());
    if (!opened) return opened.error();
    store_ = std::move(*opened);
    if (const Status guarded = crash_guard_.start(config_.store.path); !guarded) return guarded;
    if (crash_guard_.skipped() > 0)
      logger_.log(LogLevel::warning, "service",
                  fmt::format("{} records that ended this process twice are passed over; `vedette store rejects` shows them",
                              crash_guard_.skipped()));
  } else {
    store_ = connectors::make_memory_store(limits);
    logger_.log(LogLevel::warning, "service",
                "no `store` is configured: windows, queued events and undelivered alerts are lost when this process ends");
  }
  committer_ = std::make_unique<connectors::Committer>(*store_, logger_.callback(),
                                                       [this](const std::string& reason) { store_failed(reason); });
  intake_ = std::make_unique<Intake>(queue_, *committer_);
  if (store_->fact(kInstanceFact)) return {};
  connectors::Changes changes;
  changes.facts[kInstanceFact] = random_id();
  committer_->add(std::move(changes));
  if (!committer_->flush(kCommitWait)) return Error{"the store cannot be written: is the disk full?", config_.store.path};
  return {};
}

// The state from the log of hits, muted; then what was received and not yet applied, before anything new.
Status Service::recover() {
  for (const SourceConfig& source : config_.sources) {
    if (source.kind == SourceKind::kafka) continue;
    if (const auto known = origins_.configured(source, "", source.source); !known) return known.error();
  }
  const auto begun = std::chrono::steady_clock::now();
  auto first = std::make_unique<Generation>(
      std::move(first_rules_), GenerationOptions{threads_, config_.store.memory_budget, &crash_guard_}, *store_, origins_);
  if (const Status folded = first->fold(); !folded) return Error{folded.error().to_string(), config_.store.path};
  if (first->folded() > 0) {
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begun);
    logger_.log(LogLevel::info, "store",
                fmt::format("state rebuilt from the log up to entry {} in {} ms", first->folded(), took.count()));
  }
  const std::vector<run::ClockMark> clocks = first->clocks();
  pipeline_ = &first->pipeline;
  applier_ = std::make_unique<Applier>(std::move(first), *store_, *committer_, applier_functions());
  sinks_ = std::make_unique<Sinks>(config_, *store_, *committer_, logger_);
  const auto now = [this] { return clock_.now(); };
  sources_ = std::make_unique<Sources>(config_, plan_, origins_, *store_, logger_, now,
                                       SourceRejects{count_rejects(), keep_rejects()}, inherited_);
  health_ = std::make_unique<HealthWatch>(config_, *applier_, *sources_, now, metrics_, logger_,
                                          [this](std::function<void()> control) { return submit(std::move(control)); });
  if (const Status restored = health_->restore(*store_); !restored) return restored;
  upkeep_ = std::make_unique<Upkeep>(config_, *store_, *committer_, *applier_, *sources_, *sinks_, *health_, logger_,
                                     [this](std::function<void()> control) { return submit(std::move(control)); });
  upkeep_->restore(clocks, *plan_, origins_);
  upkeep_->warn_about_clocks(clock_.now());
  pump_thread_ = std::thread([this] { pump(); });
  correlator_thread_ = std::thread([this] { applier_->run(); });
  const auto origin_of = [this](std::string_view name, std::string_view partition, std::string_view tenant) {
    return origins_.named(name, partition, tenant);
  };
  Status decoded;
  std::uint64_t waiting = 0;
  const Status read = store_->read_inbox(0, [&](std::uint64_t number, TimeUs, std::string_view bytes) {
    auto batch = event::decode_records(bytes, origin_of);
    if (!batch) {
      decoded = batch.error();
      return false;
    }
    batch->inbox = number;
    ++waiting;
    while (!queue_.offer(*batch)) {
      if (store_gone_ || interrupted()) return false;
      (void)queue_.wait_for_room(std::chrono::milliseconds(100));
    }
    return true;
  });
  if (!read) return read;
  if (waiting > 0) logger_.log(LogLevel::info, "store", fmt::format("{} received batches were waiting in the inbox", waiting));
  return decoded;
}

ApplierFunctions Service::applier_functions() {
  ApplierFunctions functions;
  functions.outbox_committed = [this](std::uint64_t outbox) { sinks_->committed(outbox); };
  functions.source_committed = [this](const std::string& source, const std::string& partition, const std::string& resume) {
    sources_->committed(source, partition, resume);
  };
  functions.alerted = [this](const alert::Alert& alert) { note_alert(alert); };
  functions.applied = [this](const Done& done, const run::Sequencer& sequencer) { note_applied(done, sequencer); };
  functions.in_force = [this](const Generation& generation) {
    late_counted_ = generation.sequencer.counters().late;
    conflicts_counted_ = generation.sequencer.correlator().id_conflicts();
    ordinals_counted_ = generation.sequencer.counters().ordinals_forgotten;
    upkeep_->in_force(generation.rules.plan);
    engine_metrics_.in_force(*generation.rules.plan, generation.sequencer);
    if (generation.other_identities())
      logger_.log(
          LogLevel::warning, "rules",
          "`identities` have changed: earlier events stay with the person that they were given, so that windows by person "
          "are whole once their timespan has passed");
    for (const std::string& label : generation.warming())
      logger_.log(LogLevel::warning, "rules", fmt::format("{} is warming: the log lacks what it needs from before now", label));
  };
  functions.failed = [this](const std::string& reason) { store_failed(reason); };
  return functions;
}

void Service::announce(const std::string& configured, const std::string& url) {
  const std::string line = "listening " + url;
  if (configured.ends_with(":0")) {
    logger_.plain(line);
  } else {
    logger_.log(LogLevel::info, "http", line);
  }
}

// --- while it runs ---

void Service::pump() {
  std::vector<Job> jobs;
  for (std::uint64_t pumped = 0; !queue_.drained();) {
    Job job;
    while (jobs.size() < kMostPumped && queue_.pop(job.batch, jobs.empty() ? kPumpWait : std::chrono::milliseconds(0))) {
      health_->find_canaries(job);
      jobs.push_back(std::exchange(job, {}));
      add_controls(jobs, ++pumped);
    }
    add_controls(jobs, pumped);
    const std::lock_guard lock(pipeline_mutex_);
    if (!pipeline_->submit(jobs)) return;
  }
  const std::lock_guard lock(pipeline_mutex_);
  pipeline_->close();
}

// After everything that sources have offered so far: a tick says that a source had nothing more.
bool Service::submit(std::function<void()> control) {
  const std::lock_guard lock(controls_mutex_);
  if (controls_.size() >= kMostControls) return false;
  controls_.push_back({queue_.accepted(), std::move(control)});
  return true;
}

void Service::add_controls(std::vector<Job>& jobs, std::uint64_t pumped) {
  const std::lock_guard lock(controls_mutex_);
  for (; !controls_.empty() && controls_.front().after <= pumped; controls_.pop_front()) {
    Job job;
    job.control = std::move(controls_.front().job);
    jobs.push_back(std::move(job));
  }
}

Status Service::run() {
  RuleWatch watch(watched_paths(config_));
  while (!wait_for_interrupt(kStepMilliseconds) && !sink_gone_ && !store_gone_ && !sources_->finished()) {
    if (take_reload_signal()) reload_wanted_ = true;
    // One at a time: rules that wait for their turn have batches already.
    if (!applier_->is_waiting() && reload_wanted_.exchange(false)) note_reload(reload());
    if (step() && config_.reload == ReloadMode::watch && watch.changed()) reload_wanted_ = true;
  }
  logger_.log(LogLevel::info, "service",
              interrupted() ? "stopping: draining what was accepted" : "stopping: every source has ended");
  drain();
  logger_.log(
      LogLevel::info, "service",
      fmt::format("{} events, {} matched, {} late, {} refused, {} alerts", events_, matched_, late_counted_, rejected_, alerts_));
  const std::lock_guard lock(failure_mutex_);
  if (store_gone_) return Error{failure_, config_.store.path};
  if (sink_gone_) return Error{"a sink is gone"};
  return {};
}

// What is due once a second. False: not yet.
bool Service::step() {
  const auto now = std::chrono::steady_clock::now();
  if (now < next_step_) return false;
  next_step_ = now + std::chrono::seconds(1);
  if (const auto told = clock_.step()) logger_.log(LogLevel::warning, "clock", *told);
  upkeep_->step(clock_.now());
  health_->step(clock_.now());
  return true;
}

// Rotated secrets: those of the endpoints that are served, as the configuration and the files that it names have them now.
Status Service::reload_secrets() {
  Diagnostics findings;
  const auto config = load_config(config_.path, findings);
  if (!config) return Error{"not reloaded: " + config.error().to_string()};
  if (const Diagnostic* wrong = first_error(findings))
    return Error{"not reloaded, rules and secrets in force stay: " + render_human(*wrong, false)};
  if (config->text != config_text_) {
    config_text_ = config->text;
    logger_.log(LogLevel::warning, "service",
                config_.path + " has changed: a reload takes over only secrets of HTTP sources, the rest needs a restart");
  }
  for (const SourceConfig& source : config->sources) {
    if (source.http.auth.secrets.empty()) continue;
    for (connectors::HttpSource* http : sources_->http()) {
      if (!http->serves(source.name)) continue;
      if (const Status set = http->set_secrets(source.name, source.http.auth.secrets); !set)
        return Error{"not reloaded: " + set.error().to_string(), "source " + source.name};
    }
  }
  return {};
}

// The rules are read, compiled and given their state from the log beside the ones in force; then they take their place
// between two batches. On any error the old ones stay.
Status Service::reload() {
  if (const Status secrets = reload_secrets(); !secrets) return secrets;
  auto loaded = load_rules(config_.rule_options());
  if (!loaded) return Error{"not reloaded: " + loaded.error().to_string()};
  if (!loaded->plan) {
    const Diagnostic* wrong = first_error(loaded->diagnostics);
    return Error{"not reloaded, the rules in force stay: " + (wrong != nullptr ? render_human(*wrong, false) : "")};
  }
  if (loaded->plan->rules.empty() && loaded->plan->correlations.empty())
    return Error{"not reloaded, the rules in force stay: no rule was found in the given places"};
  const auto same_type = [](const plan::SourceProgram& a, const plan::SourceProgram& b) {
    return a.source.name == b.source.name && a.source.text == b.source.text;
  };
  if (!std::equal(plan_->sources.begin(), plan_->sources.end(), loaded->plan->sources.begin(), loaded->plan->sources.end(),
                  same_type))
    return Error{"not reloaded: other source types need a restart"};
  const std::size_t rules = loaded->rules + loaded->correlations;
  auto next = std::make_unique<Generation>(
      std::move(*loaded), GenerationOptions{threads_, config_.store.memory_budget, &crash_guard_}, *store_, origins_);
  if (const Status folded = next->fold(); !folded) return folded;
  {
    // On a full disk the pump keeps it until there is room.
    std::unique_lock lock(pipeline_mutex_, std::defer_lock);
    while (!lock.try_lock_for(std::chrono::milliseconds(kStepMilliseconds))) {
      if (interrupted() || store_gone_ || sink_gone_) return Error{"not reloaded: stopping"};
      (void)step();
    }
    Pipeline* before = std::exchange(pipeline_, &next->pipeline);
    applier_->follow_with(std::move(next));
    before->close();
  }
  note_rules(rules);
  logger_.log(LogLevel::info, "rules", fmt::format("reloaded: {} rules and correlations", rules));
  return {};
}

void Service::store_failed(const std::string& reason) {
  const std::lock_guard lock(failure_mutex_);
  failure_ = reason;
  store_gone_ = true;
}

// What was accepted; after a signal no longer than `until`: the rest is worked off after the next start. A full disk would
// hold it up without end.
void Service::work_off(std::chrono::steady_clock::time_point until) {
  const auto out_of_time = [until] { return interrupted() && std::chrono::steady_clock::now() >= until; };
  while (!store_gone_ && !applier_->ended() && !out_of_time()) std::this_thread::sleep_for(kDrainStep);
  if (store_gone_ || !applier_->ended()) {
    if (!store_gone_)
      logger_.log(LogLevel::warning, "service", "`drain_timeout` is over: what is left is worked off after the next start");
    applier_->stop();
    pipeline_->abort();  // without the lock: the pump may hold it while it waits for room
    committer_->stop();
  }
  pump_thread_.join();
  correlator_thread_.join();
}

void Service::drain() {
  ready_ = false;
  const auto begun = std::chrono::steady_clock::now();
  const auto until = begun + std::chrono::microseconds(config_.drain_timeout);
  if (sources_) sources_->stop();
  queue_.close();
  if (correlator_thread_.joinable()) work_off(until);
  if (committer_ && !committer_->full()) (void)committer_->flush(kCommitWait);
  if (sinks_) {
    const auto from = interrupted() ? std::chrono::steady_clock::now() : begun;
    sinks_->stop(std::max(std::chrono::duration_cast<std::chrono::milliseconds>(until - from), kLeastDelivery));
  }
  if (committer_) committer_->stop();
  if (admin_) admin_->stop();
  if (admin_thread_.joinable()) admin_thread_.join();
}

}  // namespace vedette::app
