// A load on a running service, over HTTP or as lines on standard output, with its alerts on standard input; and a store
// whose inbox is full. Reports one JSON object in the file `report`. bench/service.py drives it.
#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <map>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "bench/live/inbox.h"
#include "bench/live/lanes.h"
#include "bench/live/requests.h"
#include "bench/live/watch.h"

namespace {

using namespace vedette::bench;

// name=value arguments.
class Arguments {
 public:
  Arguments(int argc, char** argv) {
    for (int i = 2; i < argc; ++i) {
      const std::string_view text = argv[i];
      const std::size_t equals = text.find('=');
      values_[std::string(text.substr(0, equals))] = equals == std::string_view::npos ? "" : text.substr(equals + 1);
    }
  }
  [[nodiscard]] std::string text(const std::string& name, const std::string& otherwise) const {
    const auto found = values_.find(name);
    return found == values_.end() ? otherwise : found->second;
  }
  [[nodiscard]] double number(const std::string& name, double otherwise) const {
    return std::strtod(text(name, fmt::format("{}", otherwise)).c_str(), nullptr);
  }
  [[nodiscard]] std::uint64_t count(const std::string& name, std::uint64_t otherwise) const {
    return std::strtoull(text(name, fmt::format("{}", otherwise)).c_str(), nullptr, 10);
  }

 private:
  std::map<std::string, std::string> values_;
};

RequestOptions request_options(const Arguments& arguments) {
  RequestOptions options;
  const std::string body = arguments.text("body", "hook");
  options.body = body == "hook" ? Body::hook : body == "lines" ? Body::lines : Body::strangers;
  options.most = arguments.count("most", 10);
  options.probe_every = arguments.count("probe-every", 0);
  options.control_users = arguments.count("control-users", 1);
  options.seed = arguments.count("seed", std::random_device{}());
  if (const std::string path = arguments.text("path", ""); !path.empty()) {
    options.head = fmt::format("POST {} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n{}", path,
                               arguments.text("header", "").empty() ? "" : arguments.text("header", "") + "\r\n");
  }
  return options;
}

// One run of a load: its plan, and what came of it.
class Run {
 public:
  Run(const Arguments& arguments, Lanes& lanes)
      : lanes_(lanes),
        mill_(request_options(arguments)),
        random_(7),
        seconds_(arguments.number("seconds", 1e9)),
        warm_(arguments.number("warm", 0)),
        requests_(arguments.count("requests", ~std::uint64_t{0})),
        drain_(arguments.number("drain", 60)),
        control_users_(arguments.count("control-users", 0)),
        timed_(arguments.count("probe-every", 0) > 0) {
    const double mean =
        arguments.text("body", "hook") == "hook" ? (1.0 + arguments.number("most", 10)) / 2 : arguments.number("most", 10);
    request_rate_ = arguments.number("rate", 0) / mean;
  }

  // False: some probe's alert did not come.
  bool go() {
    if (timed_) {
      start(mill_.opening(), seconds_now());
      settle(1e18);
    }
    opened_ = events_;
    begin_ = seconds_now();
    load();
    settle(1e18);
    sent_ = seconds_now();
    if (!timed_) return true;
    start(mill_.last(), seconds_now());
    settle(1e18);
    const double give_up = seconds_now() + drain_;
    while (!watch_.complete() && seconds_now() < give_up) step(give_up);
    drained_ = watch_.complete() ? watch_.last_alert() : give_up;
    return watch_.complete();
  }
  // Alerts that are still on their way: until none came for a while.
  void linger(double seconds) {
    double until = seconds_now() + seconds;
    for (std::uint64_t before = watch_.lines(); seconds_now() < until; step(until)) {
      if (before != watch_.lines()) until = seconds_now() + seconds;
      before = watch_.lines();
    }
  }
  [[nodiscard]] std::string report() const;

 private:
  // An alert may come before the answer, so a probe is noted before it is sent.
  void start(Request request, double due) {
    if (request.probe >= 0) watch_.sent(request.probe, due, seconds_now());
    lanes_.send(std::move(request), due);
  }
  void load() {
    double due = begin_;
    while (mill_.requests() < requests_ && seconds_now() < begin_ + seconds_) {
      while (lanes_.free() && mill_.requests() < requests_ && (request_rate_ == 0 || due <= seconds_now())) {
        start(mill_.next(), request_rate_ == 0 ? seconds_now() : due);
        if (request_rate_ > 0) due += std::exponential_distribution<double>(request_rate_)(random_);
      }
      step(request_rate_ > 0 && lanes_.free() ? due : seconds_now() + 0.1);
    }
  }
  void settle(double until) {
    while (!lanes_.quiet()) step(until);
  }
  void step(double until) {
    done_.clear();
    if (lanes_.wait(std::min(until, seconds_now() + 1), done_) && !watch_.read_alerts()) lanes_.forget_input();
    for (const Answer& answer : done_) {
      events_ += answer.request.events;
      if (answer.due >= begin_ + warm_) answers_.push_back(answer.answered - answer.due);
    }
  }
  [[nodiscard]] std::string control_report() const;

  Lanes& lanes_;
  RequestMill mill_;
  Watch watch_;
  std::mt19937_64 random_;
  double seconds_, warm_;
  std::uint64_t requests_;
  double drain_;
  std::uint64_t control_users_;
  bool timed_;
  double request_rate_ = 0;
  double begin_ = 0, sent_ = 0, drained_ = 0;
  std::uint64_t events_ = 0, opened_ = 0;
  std::vector<double> answers_;
  std::vector<Answer> done_;
};

// Control users with three events are owed one alert each, those with two none.
std::string Run::control_report() const {
  if (control_users_ == 0) return "";
  std::uint64_t owed = 0, missing = 0, wrong = 0;
  for (std::uint64_t user = 0; user < control_users_; ++user) {
    const std::uint64_t events = mill_.requests() / control_users_ + (user < mill_.requests() % control_users_ ? 1 : 0);
    const auto found = watch_.control().find(user);
    const std::uint64_t alerts = found == watch_.control().end() ? 0 : found->second;
    owed += events >= 3 ? 1 : 0;
    missing += events >= 3 && alerts == 0 ? 1 : 0;
    wrong += alerts > (events >= 3 ? 1U : 0U) ? 1 : 0;
  }
  return fmt::format(R"(,"control_owed":{},"control_missing":{},"control_wrong":{},"degraded":{})", owed, missing, wrong,
                     watch_.degraded());
}

std::string Run::report() const {
  std::string statuses;
  for (const auto& [status, count] : lanes_.statuses())
    fmt::format_to(std::back_inserter(statuses), "{}\"{}\":{}", statuses.empty() ? "" : ",", status, count);
  const Watch::Latencies alerts = watch_.latencies(begin_ + warm_);
  const auto quantiles = [](const char* name, const std::vector<double>& values) {
    return fmt::format(R"(,"{}":{{"count":{},"p50":{:.6f},"p90":{:.6f},"p99":{:.6f},"max":{:.6f}}})", name, values.size(),
                       quantile(values, 0.5), quantile(values, 0.9), quantile(values, 0.99), quantile(values, 1));
  };
  return fmt::format(
             R"({{"events":{},"requests":{},"sending":{:.3f},"drained":{:.3f},"alerts":{},"missing":{},"statuses":{{{}}}{}{}{}{}}})",
             events_ - opened_, mill_.requests(), sent_ - begin_, timed_ ? drained_ - begin_ : 0.0, watch_.lines(),
             alerts.missing, statuses, quantiles("answer", answers_), quantiles("alert_from_due", alerts.from_due),
             quantiles("alert_from_sent", alerts.from_sent), control_report()) +
         "\n";
}

int finish(const Arguments& arguments, const std::string& report, bool ok) {
  const std::string path = arguments.text("report", "/dev/stderr");
  std::FILE* file = std::fopen(path.c_str(), "w");
  if (file == nullptr) return 4;
  std::fwrite(report.data(), 1, report.size(), file);
  std::fclose(file);
  return ok ? 0 : 1;
}

int run(const Arguments& arguments, Lanes& lanes) {
  Run load(arguments, lanes);
  const bool ok = load.go();
  load.linger(arguments.number("linger", 0));
  return finish(arguments, load.report(), ok);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string mode = argc > 1 ? argv[1] : "";
  const Arguments arguments(argc, argv);
  if (mode == "http") {
    Lanes lanes(static_cast<std::uint16_t>(arguments.count("port", 0)), arguments.count("connections", 16));
    return run(arguments, lanes);
  }
  if (mode == "pipe") {
    Lanes lanes;
    return run(arguments, lanes);
  }
  if (mode == "inbox") {
    const InboxResult filled = fill_inbox(arguments.text("store", ""), arguments.text("source", "hook"),
                                          arguments.count("batches", 1000), request_options(arguments));
    if (!filled.error.empty()) fmt::print(stderr, "{}\n", filled.error);
    return finish(arguments, fmt::format("{{\"events\":{},\"batches\":{}}}\n", filled.events, filled.batches),
                  filled.error.empty());
  }
  fmt::print(stderr,
             "usage: vedette-bench-load http port=N path=/P [header=\"Name: value\"] [connections=16] LOAD\n"
             "       vedette-bench-load pipe LOAD         lines on standard output\n"
             "       vedette-bench-load inbox store=PATH source=NAME batches=N [most=10]\n"
             "LOAD: [body=hook|lines|strangers] [most=10] [rate=EVENTS/S] [seconds=S] [requests=N] [probe-every=N] [warm=S]\n"
             "      [control-users=N] [linger=S] [report=FILE]\n");
  return 2;
}
