#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <set>
#include <utility>

#include "app/config_keys.h"
#include "app/config_parts.h"
#include "connectors/net/http_server.h"
#include "engine/base/fold.h"

namespace vedette::app {

namespace {

using connectors::HttpAuthKind;

constexpr std::array<std::string_view, 4> kLaterSources = {"okta_api", "syslog", "stdin", "splunk_hec"};
// Headers that carry other things than a key.
constexpr std::array<std::string_view, 5> kReservedHeaders = {"content-length", "content-type", "content-encoding", "host",
                                                              "transfer-encoding"};

constexpr std::size_t kLeastCanary = 8;

class SourceParser {
 public:
  SourceParser(ConfigReader& reader, const yaml::Node& map) : reader_(reader), map_(map) {}

  SourceConfig parse(std::string name, SourceKind kind) {
    source_.name = std::move(name);
    source_.kind = kind;
    source_.tenant = reader_.text(map_, "tenant").value_or("default");
    const yaml::Node* silent = map_.find("silent_after");
    if (silent != nullptr && silent->text == "off") {
      source_.silent_after = 0;
    } else {
      source_.silent_after = reader_.duration(map_, "silent_after", kSecondUs, 366 * kDayUs);
    }
    if (const yaml::Node* map = reader_.map(map_, "canary")) canary(*map);
    if (kind == SourceKind::okta_hook) okta_hook();
    if (kind == SourceKind::http) http();
    if (kind == SourceKind::kafka) kafka();
    if (kind == SourceKind::file) file();
    return std::move(source_);
  }

 private:
  void canary(const yaml::Node& map) {
    reader_.keys(map, names_of(kCanaryKeys));
    CanaryConfig canary;
    canary.contains = reader_.required(map, "contains", "`canary`");
    if (!canary.contains.empty() && canary.contains.size() < kLeastCanary)
      reader_.report("V9004", *map.find("contains"), "`contains` is too short: other records could hold it by chance",
                     fmt::format("at least {} bytes that stand in no other record", kLeastCanary));
    if (map.find("every") == nullptr) reader_.report("V9002", map, "`canary` needs `every`", "every: 5m");
    canary.every = reader_.duration(map, "every", kSecondUs, 366 * kDayUs).value_or(kDayUs);
    canary.grace = reader_.duration(map, "grace", kSecondUs, 366 * kDayUs).value_or(canary.grace);
    source_.canary = canary;
  }

  void okta_hook() {
    reader_.keys(map_, names_of(kOktaHookKeys));
    source_.source = "okta";
    listener("/okta");
    const yaml::Node* auth = map_.find("auth");
    if (auth == nullptr) {
      reader_.report("V9002", map_, "an okta_hook needs `auth: {secrets: [...]}`", "auth: {secrets: [{env: OKTA_HOOK_SECRET}]}");
    } else if (reader_.is_map(*auth, "`auth`")) {
      reader_.keys(*auth, names_of(kHookAuthKeys));
      source_.http.auth.kind = HttpAuthKind::authorization;
      source_.http.auth.secrets = reader_.secrets(*auth, "secrets", "`auth`");
    }
    warn_of_clear_text();
  }

  void http() {
    reader_.keys(map_, names_of(kHttpKeys));
    listener("/ingest");
    recognised();
    if (const yaml::Node* auth = reader_.map(map_, "auth")) {
      http_auth(*auth);
    } else if (map_.find("auth") == nullptr && beyond_loopback()) {
      reader_.report("V9002", *map_.find("listen"), "an address beyond loopback needs `auth`",
                     "auth: {bearer: [{env: INGEST_TOKEN}]}");
    }
    warn_of_clear_text();
  }

  void listener(std::string_view default_path) {
    HttpSourceConfig& http = source_.http;
    http.listen = reader_.address(map_, "listen", "this source");
    http.path = reader_.text(map_, "path").value_or(std::string(default_path));
    if (!http.path.starts_with('/')) reader_.report("V9004", *map_.find("path"), "`path` starts with /");
    if (const yaml::Node* tls = reader_.map(map_, "tls")) {
      reader_.keys(*tls, names_of(kTlsKeys));
      connectors::HttpTlsFiles files;
      files.certificate = reader_.required_path(*tls, "cert", "`tls`");
      files.key = reader_.required_path(*tls, "key", "`tls`");
      http.tls = files;
    }
    if (const yaml::Node* limits = reader_.map(map_, "limits")) {
      reader_.keys(*limits, names_of(kLimitKeys));
      http.body_bytes = reader_.size(*limits, "body", 1 << 10, 64 << 20).value_or(http.body_bytes);
      http.inflated_bytes = reader_.size(*limits, "inflated", 1 << 10, 256 << 20).value_or(http.inflated_bytes);
      http.connections = reader_.number(*limits, "connections", 1, 65535).value_or(http.connections);
    }
  }

  [[nodiscard]] bool beyond_loopback() const {
    return !source_.http.listen.empty() && !connectors::is_loopback(source_.http.listen);
  }

  void warn_of_clear_text() {
    const HttpAuthKind kind = source_.http.auth.kind;
    const bool shown = kind != HttpAuthKind::none && kind != HttpAuthKind::standard_webhooks;
    if (!shown || map_.find("tls") != nullptr || !beyond_loopback()) return;
    reader_.report("V9011", *map_.find("listen"), "secrets reach this address in the clear: there is no `tls`",
                   "tls: {cert: FILE, key: FILE}, or a proxy with TLS in front and an address on loopback here");
  }

  void http_auth(const yaml::Node& auth) {
    reader_.keys(auth, names_of(kHttpAuthKeys));
    std::size_t ways = 0;
    for (std::size_t i = 0; i < kHttpAuthKeys.size(); ++i) {
      const yaml::Node* way = auth.find(kHttpAuthKeys[i].name);
      if (way == nullptr) continue;
      if (++ways == 1) {
        source_.http.auth.kind = static_cast<HttpAuthKind>(static_cast<std::size_t>(HttpAuthKind::bearer) + i);
        auth_of(auth, *way);
      } else {
        reader_.report("V9009", *way, "`auth` has one way of telling who may send",
                       "give the other senders a source of their own");
      }
    }
    if (ways == 0)
      reader_.report("V9002", auth, fmt::format("`auth` needs one of {}", fmt::join(names_of(kHttpAuthKeys), ", ")),
                     "bearer: [{env: INGEST_TOKEN}]");
  }

  void auth_of(const yaml::Node& auth, const yaml::Node& way) {
    connectors::HttpAuthOptions& out = source_.http.auth;
    if (out.kind == HttpAuthKind::bearer) out.secrets = reader_.secrets(auth, "bearer", "`auth`");
    if (out.kind == HttpAuthKind::basic) basic(auth);
    if (out.kind == HttpAuthKind::api_key && reader_.is_map(way, "`api_key`")) api_key(way);
    if (out.kind == HttpAuthKind::standard_webhooks && reader_.is_map(way, "`standard_webhooks`")) {
      reader_.keys(way, names_of(kStandardWebhooksKeys));
      out.secrets = signing_secrets(reader_, way, "`standard_webhooks`");
      const auto tolerance = reader_.duration(way, "tolerance", kSecondUs, kDayUs);
      if (tolerance) out.tolerance = std::chrono::seconds(*tolerance / kSecondUs);
      out.once = true;
    }
  }

  void basic(const yaml::Node& auth) {
    const yaml::Node& list = *auth.find("basic");
    if (!list.is_sequence() || list.items.empty()) {
      reader_.report("V9003", list, "`basic` is a list of users with at least one entry",
                     "basic: [{user: NAME, password: {env: NAME}}]");
      return;
    }
    for (const yaml::Node& item : list.items) {
      if (!reader_.is_map(item, "an entry of `basic`")) continue;
      reader_.keys(item, names_of(kBasicUserKeys));
      const std::string user = reader_.required(item, "user", "an entry of `basic`");
      if (user.find(':') != std::string::npos) reader_.report("V9004", *item.find("user"), "a user holds no colon");
      if (const yaml::Node* password = item.find("password")) {
        if (const auto value = reader_.secret(*password)) source_.http.auth.secrets.push_back(user + ":" + *value);
      } else {
        reader_.report("V9002", item, "an entry of `basic` needs `password`", "password: {env: NAME}");
      }
    }
  }

  void api_key(const yaml::Node& map) {
    reader_.keys(map, names_of(kApiKeyKeys));
    connectors::HttpAuthOptions& out = source_.http.auth;
    out.header = reader_.required(map, "header", "`api_key`");
    const auto in_name = [](char c) {
      return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    };
    const bool reserved = std::any_of(kReservedHeaders.begin(), kReservedHeaders.end(),
                                      [&](std::string_view other) { return equal_folded(out.header, other); });
    if (!std::all_of(out.header.begin(), out.header.end(), in_name) || reserved)
      reader_.report("V9004", *map.find("header"), "`header` is the name of a header that can hold a key", "header: X-Api-Key");
    out.secrets = reader_.secrets(map, "values", "`api_key`");
  }

  // The keys of sources whose records may be of any source type.
  void recognised() {
    const yaml::Node* type = map_.find("source");
    if (type != nullptr && type->is_map() && source_.kind == SourceKind::kafka) {
      topic_types(*type);
    } else {
      source_.source = reader_.text(map_, "source").value_or("");
      if (source_.source == "auto") source_.source.clear();
    }
    source_.unwrap = reader_.texts(map_, "unwrap");
    if (source_.unwrap == std::vector<std::string>{"auto"}) source_.unwrap.clear();
    for (const std::string& path : source_.unwrap) {
      const auto parsed = plan::parse_field_path(path);
      if (!parsed)
        reader_.report("V9004", *map_.find("unwrap"), fmt::format("`{}` is no field path: {}", path, parsed.error().message));
    }
    source_.timezone = reader_.text(map_, "timezone").value_or("");
    source_.year = reader_.number(map_, "year", 1970, 9999).value_or(0);
  }

  void topic_types(const yaml::Node& types) {
    const std::vector<std::string>& topics = source_.kafka.topics;
    for (const auto& [topic, value] : types.entries) {
      if (const auto text = reader_.text(types, topic.text))
        source_.kafka.topic_source[topic.text] = *text == "auto" ? "" : *text;
      if (std::find(topics.begin(), topics.end(), topic.text) == topics.end())
        reader_.report("V9004", topic, fmt::format("`{}` is not among the topics", topic.text));
    }
  }

  void kafka() {
    reader_.keys(map_, names_of(kKafkaSourceKeys));
    source_.kafka.connection = kafka_connection(reader_, map_, "a kafka source");
    source_.kafka.topics = reader_.required_list(map_, "topics", "a kafka source");
    source_.kafka.group = reader_.text(map_, "group").value_or("vedette");
    source_.kafka.from_latest = reader_.word(map_, "start", names_of(kStartWords)).value_or(0) == 1;
    recognised();
  }

  void file() {
    reader_.keys(map_, names_of(kFileSourceKeys));
    FileSourceConfig& file = source_.file;
    const std::string path = reader_.required(map_, "path", "a file source");
    file.path = path.empty() || path == "-" ? path : reader_.absolute(path);
    file.follow = reader_.boolean(map_, "follow").value_or(false);
    file.from_end = reader_.word(map_, "start", names_of(kStartWords)).value_or(0) == 1;
    if (file.path == "-" && file.follow)
      reader_.report("V9009", *map_.find("follow"), "standard input is not followed", "remove it");
    recognised();
  }

  ConfigReader& reader_;
  const yaml::Node& map_;
  SourceConfig source_;
};

bool same(const std::optional<connectors::HttpTlsFiles>& a, const std::optional<connectors::HttpTlsFiles>& b) {
  return a.has_value() == b.has_value() && (!a || (a->certificate == b->certificate && a->key == b->key));
}

// What two sources may not have in common, told at the second one.
void check_pair(ConfigReader& reader, const SourceConfig& first, const SourceConfig& second, const yaml::Node& node) {
  const bool files = first.kind == SourceKind::file && second.kind == SourceKind::file;
  if (files && !second.file.path.empty() && first.file.path == second.file.path)
    reader.report("V9009", *node.find("path"), fmt::format("`{}` reads this file already", first.name));
  const HttpSourceConfig &a = first.http, &b = second.http;
  if (b.listen.empty() || a.listen != b.listen || b.listen.ends_with(":0")) return;
  const auto at = [&](std::string_view key) -> const yaml::Node& {
    const yaml::Node* given = node.find(key);
    return given == nullptr ? *node.find("listen") : *given;
  };
  if (a.path == b.path)
    reader.report("V9009", at("path"), fmt::format("`{}` has the same address and path", first.name),
                  "give one of them another path");
  if (!same(a.tls, b.tls))
    reader.report("V9009", at("tls"), fmt::format("`{}` has the same address and other `tls`", first.name),
                  "one address has one certificate: repeat it, or use another port");
  if (a.body_bytes != b.body_bytes || a.inflated_bytes != b.inflated_bytes || a.connections != b.connections)
    reader.report("V9009", at("limits"), fmt::format("`{}` has the same address and other `limits`", first.name),
                  "repeat them, or use another port");
}

}  // namespace

void parse_sources(ConfigReader& reader, const yaml::Node& key, const yaml::Node& list, Config& config) {
  if (!is_filled_list(reader, key, list)) return;
  std::set<std::string> names;
  for (const yaml::Node& item : list.items) {
    if (!reader.is_map(item, "a source")) continue;
    std::string name = entry_name(reader, item, "a source", "sources", names);
    const auto kind = entry_type(reader, item, "a source", names_of(kSourceKinds), kLaterSources);
    if (!kind) continue;
    SourceConfig source = SourceParser(reader, item).parse(std::move(name), static_cast<SourceKind>(*kind));
    source.places = reader.places(item);
    for (const SourceConfig& earlier : config.sources) check_pair(reader, earlier, source, item);
    config.sources.push_back(std::move(source));
  }
}

}  // namespace vedette::app
