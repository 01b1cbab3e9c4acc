#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <set>
#include <utility>

#include "app/config_keys.h"
#include "app/config_parts.h"
#include "connectors/net/http_client.h"
#include "connectors/sinks/alert_template.h"
#include "engine/base/suggest.h"
#include "engine/match/address.h"

namespace vedette::app {

namespace {

constexpr std::array<std::string_view, 9> kLaterSinks = {"slack",     "pagerduty",     "alertmanager", "splunk_hec", "datadog",
                                                         "sumologic", "elasticsearch", "loki",         "syslog"};

bool is_network(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto address = match::parse_address(text.substr(0, slash));
  if (!address || slash == std::string_view::npos) return address.has_value();
  const std::string_view bits = text.substr(slash + 1);
  int length = -1;
  const auto [end, code] = std::from_chars(bits.data(), bits.data() + bits.size(), length);
  const bool v4 = text.find(':') == std::string_view::npos;
  return code == std::errc() && end == bits.data() + bits.size() && length >= 0 && length <= (v4 ? 32 : 128);
}

// The node of the i-th of `count` texts that the reader made of `list`; the list itself when some were left out.
const yaml::Node& text_at(const yaml::Node& list, std::size_t i, std::size_t count) {
  return list.is_sequence() && list.items.size() == count ? list.items[i] : list;
}

class SinkParser {
 public:
  SinkParser(ConfigReader& reader, const yaml::Node& map) : reader_(reader), map_(map) {}

  SinkConfig parse(std::string name, SinkKind kind) {
    sink_.name = std::move(name);
    sink_.kind = kind;
    common();
    if (kind == SinkKind::standard_output) reader_.keys(map_, names_of(kSinkKeys));
    if (kind == SinkKind::file) file();
    if (kind == SinkKind::kafka) kafka();
    if (kind == SinkKind::webhook) webhook();
    return std::move(sink_);
  }

 private:
  void common() {
    const auto level = reader_.word(map_, "min_level", names_of(rules::reference::kLevels));
    if (level) sink_.min_level = static_cast<plan::Level>(*level);
    const auto continuation = reader_.word(map_, "on_continuation", names_of(kContinuations));
    if (continuation) sink_.on_continuation = static_cast<OnContinuation>(*continuation);
    const auto repeat = reader_.duration(map_, "repeat_interval", kMinuteUs, 365 * kDayUs);
    if (repeat) sink_.repeat_interval = *repeat;
    if (repeat && sink_.on_continuation == OnContinuation::send)
      reader_.report("V9009", *map_.find("repeat_interval"),
                     "`repeat_interval` says how often a dropped continuation goes out: none is", "on_continuation: drop");
  }

  void file() {
    reader_.keys(map_, names_of(kFileSinkKeys));
    sink_.file.path = reader_.required_path(map_, "path", "a file sink");
    const yaml::Node* rotate = reader_.map(map_, "rotate");
    if (rotate == nullptr) return;
    reader_.keys(*rotate, names_of(kRotateKeys));
    RotateConfig& out = sink_.file.rotate;
    out.size = reader_.size(*rotate, "size", 64 << 10, std::uint64_t{1} << 40).value_or(0);
    out.daily = reader_.boolean(*rotate, "daily").value_or(false);
    out.keep = reader_.number(*rotate, "keep", 1, 10'000).value_or(out.keep);
    if (rotate->find("size") == nullptr && !out.daily)
      reader_.report("V9002", *rotate, "`rotate` needs `size` or `daily: true`", "size: 100MB");
  }

  void kafka() {
    reader_.keys(map_, names_of(kKafkaSinkKeys));
    sink_.kafka.connection = kafka_connection(reader_, map_, "a kafka sink");
    sink_.kafka.topic = reader_.required(map_, "topic", "a kafka sink");
    sink_.dead_letter = reader_.path(map_, "dead_letter");
  }

  void webhook() {
    reader_.keys(map_, names_of(kWebhookKeys));
    WebhookConfig& out = sink_.webhook;
    out.url = reader_.required(map_, "url", "a webhook sink");
    if (map_.find("secrets") != nullptr) out.secrets = signing_secrets(reader_, map_, "this sink");
    out.headers = texts_or_secrets(reader_, map_, "headers");
    out.body = reader_.text(map_, "body").value_or("");
    if (!out.body.empty()) check_body(*map_.find("body"));
    out.timeout = reader_.duration(map_, "timeout", kSecondUs, 10 * kMinuteUs).value_or(out.timeout);
    out.allow = reader_.texts(map_, "allow");
    for (std::size_t i = 0; i < out.allow.size(); ++i) {
      if (!is_network(out.allow[i]))
        reader_.report("V9004", text_at(*map_.find("allow"), i, out.allow.size()),
                       fmt::format("`{}` is no network in CIDR notation", out.allow[i]), "for example 10.20.0.0/16 or fd00::/8");
    }
    if (!out.url.empty()) check_url(*map_.find("url"));
    out.ca = reader_.path(map_, "ca");
    sink_.dead_letter = reader_.path(map_, "dead_letter");
  }

  void check_url(const yaml::Node& node) {
    const auto url = connectors::parse_http_url(node.text);
    if (!url && node.text.find('@') != std::string::npos) {
      reader_.report("V9007", node, "a secret is never written here",
                     "headers: {Authorization: {env: NAME}} instead of user:password@ in the URL");
    } else if (!url) {
      reader_.report("V9004", node, "`url` " + url.error().message, "for example https://hooks.example.com/vedette");
    } else if (!url->tls && sink_.webhook.allow.empty()) {
      reader_.report("V9004", node, "`url` begins with https://, or `allow` names the network that http:// leads to",
                     "https://, or allow: [10.20.0.0/16]");
    }
  }

  void check_body(const yaml::Node& node) {
    const auto body = connectors::AlertTemplate::parse(sink_.webhook.body);
    if (!body)
      reader_.report("V9004", node, body.error().to_string(),
                     "keys of an alert in braces: {{title}}, {{reason}}, {{group.user}}, {{alert}} for all of it");
  }

  ConfigReader& reader_;
  const yaml::Node& map_;
  SinkConfig sink_;
};

// The files that a sink writes.
std::vector<std::pair<std::string_view, std::string>> files_of(const SinkConfig& sink) {
  std::vector<std::pair<std::string_view, std::string>> out;
  if (!sink.file.path.empty()) out.emplace_back("path", sink.file.path);
  if (!sink.dead_letter.empty()) out.emplace_back("dead_letter", sink.dead_letter);
  return out;
}

// A file has one writer, and no source reads it.
void check_files(ConfigReader& reader, const Config& config, const SinkConfig& sink, const yaml::Node& node) {
  for (const auto& [key, path] : files_of(sink)) {
    for (const SinkConfig& other : config.sinks) {
      for (const auto& [other_key, other_path] : files_of(other)) {
        if (other_path == path)
          reader.report("V9009", *node.find(key), fmt::format("`{}` writes to this file already", other.name),
                        "give each its own");
      }
    }
    for (const SourceConfig& source : config.sources) {
      if (source.file.path == path)
        reader.report("V9009", *node.find(key), fmt::format("`{}` reads this file: its alerts would be its events", source.name));
    }
  }
}

RouteConfig parse_route(ConfigReader& reader, const yaml::Node& map, const std::vector<std::string>& sinks) {
  reader.keys(map, names_of(kRouteKeys));
  RouteConfig route;
  if (const yaml::Node* match = reader.map(map, "match")) {
    reader.keys(*match, names_of(kMatchKeys));
    route.match_places = reader.places(*match);
    const auto level = reader.word(*match, "level", names_of(rules::reference::kLevels));
    if (level) route.level = static_cast<plan::Level>(*level);
    route.tags = reader.texts(*match, "tags");
    route.rules = reader.texts(*match, "rule");
    route.sources = reader.texts(*match, "source");
    route.tenants = reader.texts(*match, "tenant");
  }
  route.to = reader.required_list(map, "to", "a route");
  const yaml::Node* to = map.find("to");
  for (std::size_t i = 0; i < route.to.size(); ++i) {
    if (std::find(sinks.begin(), sinks.end(), route.to[i]) != sinks.end()) continue;
    reader.report("V9010", text_at(*to, i, route.to.size()), fmt::format("no sink is called `{}`", route.to[i]),
                  did_you_mean(route.to[i], sinks, fmt::format("there are: {}", fmt::join(sinks, ", "))));
  }
  return route;
}

}  // namespace

std::vector<std::string> parse_sinks(ConfigReader& reader, const yaml::Node& key, const yaml::Node& list, Config& config) {
  if (!is_filled_list(reader, key, list)) return {};
  std::set<std::string> names;
  bool to_stdout = false;
  for (const yaml::Node& item : list.items) {
    if (!reader.is_map(item, "a sink")) continue;
    std::string name = entry_name(reader, item, "a sink", "sinks", names);
    const auto kind = entry_type(reader, item, "a sink", names_of(kSinkKinds), kLaterSinks);
    if (!kind) continue;
    SinkConfig sink = SinkParser(reader, item).parse(std::move(name), static_cast<SinkKind>(*kind));
    if (sink.kind == SinkKind::standard_output && std::exchange(to_stdout, true))
      reader.report("V9009", *item.find("type"), "another sink writes to standard output already");
    sink.places = reader.places(item);
    check_files(reader, config, sink, item);
    config.sinks.push_back(std::move(sink));
  }
  return {names.begin(), names.end()};
}

void parse_routes(ConfigReader& reader, const yaml::Node& key, const yaml::Node& list, const std::vector<std::string>& sinks,
                  Config& config) {
  if (!is_filled_list(reader, key, list)) return;
  for (const yaml::Node& item : list.items) {
    if (reader.is_map(item, "a route")) config.routes.push_back(parse_route(reader, item, sinks));
  }
}

}  // namespace vedette::app
