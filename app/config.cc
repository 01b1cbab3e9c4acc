#include "app/config.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "app/config_keys.h"
#include "app/config_reader.h"
#include "connectors/net/http_server.h"

namespace vedette::app {

namespace {

namespace fs = std::filesystem;

// `store` gets a message of its own; learning beyond `off` is refused as not there yet.
constexpr auto kRootKeys = [] {
  constexpr auto kNames = names_of(kConfigKeys);
  std::array<std::string_view, kNames.size() + 1> out{"store"};
  std::copy(kNames.begin(), kNames.end(), out.begin() + 1);
  return out;
}();
constexpr std::array<std::string_view, 3> kLearnWords = {"off", "suggest", "trust"};

class Parser {
 public:
  Parser(const yaml::File& file, Diagnostics& diagnostics)
      : reader_(file, diagnostics), folder_(fs::path(file.path).parent_path()) {
    config_.path = file.path;
  }

  Config parse(const yaml::Node& root) {
    if (!reader_.is_map(root, "the configuration")) return config_;
    reader_.keys(root, kRootKeys, {"routes"});
    for (const auto& [key, value] : root.entries) section(key, value);
    if (root.find("rules") == nullptr)
      reader_.report("V9002", root, "the configuration needs `rules`", "rules: {paths: [rules]}");
    if (config_.sources.empty() && root.find("sources") == nullptr)
      reader_.report("V9002", root, "the configuration needs `sources`");
    if (config_.sinks.empty() && root.find("sinks") == nullptr) config_.sinks.push_back({.name = "stdout"});
    return config_;
  }

 private:
  void section(const yaml::Node& key, const yaml::Node& value) {
    if (key.text == "store")
      reader_.report("V9005", key, "`store` does not exist yet: the service keeps its state in memory", "remove the key");
    if (key.text == "rules" && reader_.is_map(value, "`rules`")) rules(value);
    if (key.text == "identities" && reader_.is_map(value, "`identities`")) identities(value);
    if (key.text == "enrich" && reader_.is_map(value, "`enrich`")) enrich(value);
    if (key.text == "admin" && reader_.is_map(value, "`admin`")) admin(value);
    if (key.text == "log" && reader_.is_map(value, "`log`")) log(value);
    if (key.text == "sources" || key.text == "sinks") each(key, value);
  }

  void each(const yaml::Node& key, const yaml::Node& list) {
    const bool sources = key.text == "sources";
    if (!list.is_sequence() || list.items.empty()) {
      reader_.report("V9003", list.is_sequence() ? key : list, fmt::format("`{}` is a list with at least one entry", key.text));
      return;
    }
    std::set<std::string> names;
    for (const yaml::Node& item : list.items) {
      if (!reader_.is_map(item, sources ? "a source" : "a sink")) continue;
      const std::string name = reader_.required(item, "name", sources ? "a source" : "a sink");
      if (!name.empty() && !names.insert(name).second) {
        reader_.report("V9006", *item.find("name"), fmt::format("two {} are called `{}`", key.text, name));
      }
      if (sources) {
        source(item, name);
      } else {
        sink(item, name);
      }
    }
  }

  void rules(const yaml::Node& map) {
    reader_.keys(map, names_of(kRulesKeys), {"reload"});
    config_.rule_paths = paths(reader_.required_list(map, "paths", "`rules`"));
    config_.lists = paths(reader_.texts(map, "lists"));
  }

  void identities(const yaml::Node& map) {
    reader_.keys(map, names_of(kIdentitiesKeys));
    config_.identity_files = paths(reader_.texts(map, "aliases"));
    config_.domains = reader_.texts(map, "domains");
    const auto learn = reader_.word(map, "learn", kLearnWords);
    if (learn && *learn != 0) reader_.report("V9005", *map.find("learn"), "learned identities do not exist yet", "learn: off");
  }

  void enrich(const yaml::Node& map) {
    reader_.keys(map, names_of(kEnrichKeys));
    config_.databases = paths(reader_.required_list(map, "databases", "`enrich`"));
  }

  void admin(const yaml::Node& map) {
    reader_.keys(map, names_of(kAdminKeys));
    AdminConfig admin;
    admin.listen = reader_.address(map, "listen", "`admin`");
    if (const yaml::Node* token = map.find("token")) admin.token = reader_.secret(*token);
    if (!admin.listen.empty() && map.find("token") == nullptr && !connectors::is_loopback(admin.listen)) {
      reader_.report("V9002", *map.find("listen"), "an admin address beyond loopback needs `token`",
                     "token: {env: VEDETTE_ADMIN_TOKEN}");
    }
    config_.admin = admin;
  }

  void log(const yaml::Node& map) {
    reader_.keys(map, names_of(kLogKeys));
    if (const auto format = reader_.word(map, "format", names_of(kLogFormats))) {
      config_.log_format_given = true;
      config_.log_json = *format == 0;
    }
    const auto level = reader_.word(map, "level", names_of(kLogLevels));
    if (level) config_.log_level = static_cast<connectors::LogLevel>(*level);
  }

  void source(const yaml::Node& map, const std::string& name) {
    const yaml::Node* type = map.find("type");
    if (type == nullptr) {
      reader_.report("V9002", map, "a source needs `type`", "okta_hook, http, kafka or file");
      return;
    }
    if (type->text == "okta_api" || type->text == "syslog" || type->text == "stdin" || type->text == "splunk_hec") {
      reader_.report("V9005", *type, fmt::format("sources of type `{}` do not exist yet", type->text),
                     "okta_hook, http, kafka or file");
      return;
    }
    const auto kind = reader_.word(map, "type", names_of(kSourceKinds));
    if (!kind) return;
    SourceConfig source;
    source.name = name;
    source.kind = static_cast<SourceKind>(*kind);
    source.tenant = reader_.text(map, "tenant").value_or("default");
    switch (source.kind) {
      case SourceKind::okta_hook:
        okta_hook(map, source);
        break;
      case SourceKind::http:
        http(map, source);
        break;
      case SourceKind::kafka:
        kafka_source(map, source);
        break;
      case SourceKind::file:
        file(map, source);
        break;
    }
    config_.sources.push_back(std::move(source));
  }

  void okta_hook(const yaml::Node& map, SourceConfig& source) {
    reader_.keys(map, names_of(kOktaHookKeys), {"tls"});
    source.source = "okta";
    endpoint(map, source, "/okta", "secrets");
    if (source.secrets.empty() && map.find("auth") == nullptr) {
      reader_.report("V9002", map, "an okta_hook needs `auth: {secrets: [...]}`", "auth: {secrets: [{env: OKTA_HOOK_SECRET}]}");
    }
  }

  void http(const yaml::Node& map, SourceConfig& source) {
    reader_.keys(map, names_of(kHttpKeys), {"tls"});
    endpoint(map, source, "/ingest", "bearer");
    recognised(map, source);
    if (source.secrets.empty() && map.find("auth") == nullptr && !source.listen.empty() &&
        !connectors::is_loopback(source.listen)) {
      reader_.report("V9002", *map.find("listen"), "an address beyond loopback needs `auth: {bearer: [...]}`",
                     "auth: {bearer: [{env: INGEST_TOKEN}]}");
    }
  }

  void endpoint(const yaml::Node& map, SourceConfig& source, std::string_view default_path, std::string_view secrets_key) {
    source.listen = reader_.address(map, "listen", "this source");
    source.path = reader_.text(map, "path").value_or(std::string(default_path));
    if (!source.path.starts_with('/')) reader_.report("V9004", *map.find("path"), "`path` starts with /");
    const yaml::Node* auth = map.find("auth");
    if (auth == nullptr || !reader_.is_map(*auth, "`auth`")) return;
    reader_.keys(*auth, std::array{secrets_key});
    const yaml::Node* list = auth->find(secrets_key);
    if (list == nullptr || !list->is_sequence() || list->items.empty()) {
      reader_.report("V9002", *auth, fmt::format("`auth` needs `{}`, a list with at least one secret", secrets_key));
      return;
    }
    for (const yaml::Node& item : list->items) {
      if (auto secret = reader_.secret(item)) source.secrets.push_back(std::move(*secret));
    }
  }

  // The keys of sources whose records may be of any source type.
  void recognised(const yaml::Node& map, SourceConfig& source) {
    const yaml::Node* type = map.find("source");
    if (type != nullptr && type->is_map() && source.kind == SourceKind::kafka) {
      for (const auto& [topic, value] : type->entries) {
        if (const auto text = reader_.text(*type, topic.text)) source.topic_source[topic.text] = *text == "auto" ? "" : *text;
        if (std::find(source.topics.begin(), source.topics.end(), topic.text) == source.topics.end()) {
          reader_.report("V9004", topic, fmt::format("`{}` is not among the topics", topic.text));
        }
      }
    } else {
      source.source = reader_.text(map, "source").value_or("");
      if (source.source == "auto") source.source.clear();
    }
    source.unwrap = reader_.texts(map, "unwrap");
    if (source.unwrap == std::vector<std::string>{"auto"}) source.unwrap.clear();
    for (const std::string& path : source.unwrap) {
      const auto parsed = plan::parse_field_path(path);
      if (!parsed)
        reader_.report("V9004", *map.find("unwrap"), fmt::format("`{}` is no field path: {}", path, parsed.error().message));
    }
    source.timezone = reader_.text(map, "timezone").value_or("");
    source.year = reader_.number(map, "year", 1970, 9999).value_or(0);
  }

  void kafka_source(const yaml::Node& map, SourceConfig& source) {
    reader_.keys(map, names_of(kKafkaSourceKeys), {"tls", "sasl"});
    source.brokers = reader_.required_list(map, "brokers", "a kafka source");
    source.topics = reader_.required_list(map, "topics", "a kafka source");
    source.group = reader_.text(map, "group").value_or("vedette");
    source.from_latest = reader_.word(map, "start", names_of(kStartWords)).value_or(0) == 1;
    source.properties = properties(map);
    recognised(map, source);
  }

  void file(const yaml::Node& map, SourceConfig& source) {
    reader_.keys(map, names_of(kFileSourceKeys));
    const std::string path = reader_.required(map, "path", "a file source");
    source.path = path.empty() || path == "-" ? path : absolute(path);
    source.follow = reader_.boolean(map, "follow").value_or(false);
    source.from_end = reader_.word(map, "start", names_of(kStartWords)).value_or(0) == 1;
    recognised(map, source);
  }

  void sink(const yaml::Node& map, const std::string& name) {
    const yaml::Node* type = map.find("type");
    if (type == nullptr) {
      reader_.report("V9002", map, "a sink needs `type`", "stdout or kafka");
      return;
    }
    constexpr std::array<std::string_view, 11> kLater = {"file",          "webhook",    "slack",   "pagerduty",
                                                         "alertmanager",  "splunk_hec", "datadog", "sumologic",
                                                         "elasticsearch", "loki",       "syslog"};
    if (std::find(kLater.begin(), kLater.end(), type->text) != kLater.end()) {
      reader_.report("V9005", *type, fmt::format("sinks of type `{}` do not exist yet", type->text), "stdout or kafka");
      return;
    }
    const auto kind = reader_.word(map, "type", names_of(kSinkKinds));
    if (!kind) return;
    SinkConfig sink;
    sink.name = name;
    sink.kind = static_cast<SinkKind>(*kind);
    const auto level = reader_.word(map, "min_level", names_of(rules::reference::kLevels));
    if (level) sink.min_level = static_cast<plan::Level>(*level);
    if (sink.kind == SinkKind::kafka) {
      reader_.keys(map, names_of(kKafkaSinkKeys), {"tls", "sasl", "on_continuation"});
      sink.brokers = reader_.required_list(map, "brokers", "a kafka sink");
      sink.topic = reader_.required(map, "topic", "a kafka sink");
      sink.properties = properties(map);
    } else {
      reader_.keys(map, names_of(kStdoutKeys), {"on_continuation"});
    }
    config_.sinks.push_back(std::move(sink));
  }

  // librdkafka settings: plain values, or references for secrets.
  std::map<std::string, std::string> properties(const yaml::Node& map) {
    std::map<std::string, std::string> found;
    const yaml::Node* node = map.find("properties");
    if (node == nullptr || !reader_.is_map(*node, "`properties`")) return found;
    for (const auto& [key, value] : node->entries) {
      const bool hidden = key.text.find("password") != std::string::npos || key.text.find("secret") != std::string::npos;
      const auto text = value.is_map() || hidden ? reader_.secret(value) : reader_.text(*node, key.text);
      if (text) found[key.text] = *text;
    }
    return found;
  }

  [[nodiscard]] std::string absolute(const std::string& path) const {
    const fs::path given(path);
    return given.is_absolute() ? path : (folder_ / given).lexically_normal().string();
  }

  [[nodiscard]] std::vector<std::string> paths(std::vector<std::string> given) const {
    for (std::string& path : given) path = absolute(path);
    return given;
  }

  ConfigReader reader_;
  fs::path folder_;
  Config config_;
};

}  // namespace

RuleOptions Config::rule_options() const {
  RuleOptions options;
  options.rules = rule_paths;
  options.lists = lists;
  options.lists_beside_rules = false;
  options.identities = identity_files;
  options.domains = domains;
  options.databases = databases;
  return options;
}

Config parse_config(const yaml::File& file, Diagnostics& diagnostics) {
  const auto documents = yaml::parse(file, diagnostics);
  Parser parser(file, diagnostics);
  if (diagnostics.has_errors()) return {};
  yaml::Node empty;
  empty.where = {file.path, 1, 1, 1};
  if (documents.size() > 1) ConfigReader(file, diagnostics).report("V9003", documents[1], "the configuration is one document");
  return parser.parse(documents.empty() ? empty : documents.front());
}

Result<Config> load_config(const std::string& path, Diagnostics& diagnostics) {
  std::error_code code;
  if (!fs::is_regular_file(path, code)) return Error{"no such file; `vedette init` writes one", path};
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  if (!in) return Error{"cannot be read", path};
  return parse_config({path, text.str()}, diagnostics);
}

}  // namespace vedette::app
