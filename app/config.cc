#include "app/config.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>

#include "app/config_keys.h"
#include "app/config_parts.h"
#include "app/config_reader.h"
#include "connectors/net/http_server.h"

namespace vedette::app {

namespace {

namespace fs = std::filesystem;

// Learning beyond `off` is refused as not there yet.
constexpr std::array<std::string_view, 3> kLearnWords = {"off", "suggest", "trust"};
// Below it no rule can hold a window of any use.
constexpr std::uint64_t kLeastBudget = 16 << 20;
constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 50;

class Parser {
 public:
  Parser(const yaml::File& file, Diagnostics& diagnostics) : reader_(file, diagnostics) { config_.path = file.path; }

  Config parse(const yaml::Node& root) {
    if (!reader_.is_map(root, "the configuration")) return std::move(config_);
    reader_.keys(root, names_of(kConfigKeys));
    config_.places = reader_.places(root);
    for (const char* key : {"rules", "sources"}) {
      if (root.find(key) == nullptr)
        reader_.report("V9002", root, fmt::format("the configuration needs `{}`", key),
                       fmt::format("{}: {}", key, rules::reference::find_key(kConfigKeys, key)->example));
    }
    if (const yaml::Node* map = reader_.map(root, "store")) store(*map);
    if (const yaml::Node* map = reader_.map(root, "rules")) rules(*map);
    if (const yaml::Node* map = reader_.map(root, "identities")) identities(*map);
    if (const yaml::Node* map = reader_.map(root, "enrich")) enrich(*map);
    flow(root);
    config_.health_alerts = reader_.word(root, "health", names_of(kHealthModes)).value_or(0) == 0;
    if (const yaml::Node* map = reader_.map(root, "admin")) admin(*map);
    if (const yaml::Node* map = reader_.map(root, "log")) log(*map);
    config_.drain_timeout = reader_.duration(root, "drain_timeout", kSecondUs, kHourUs).value_or(config_.drain_timeout);
    return std::move(config_);
  }

 private:
  // Sources, sinks, routes: the later ones refer to the earlier.
  void flow(const yaml::Node& root) {
    const yaml::Node *sources = nullptr, *sinks = nullptr, *routes = nullptr;
    for (const auto& [key, value] : root.entries) {
      if (key.text == "sources") sources = &key;
      if (key.text == "sinks") sinks = &key;
      if (key.text == "routes") routes = &key;
    }
    if (sources != nullptr) parse_sources(reader_, *sources, *root.find("sources"), config_);
    std::vector<std::string> names = {"stdout"};
    if (sinks != nullptr) {
      names = parse_sinks(reader_, *sinks, *root.find("sinks"), config_);
    } else {
      config_.sinks.push_back({.name = "stdout"});
    }
    if (routes != nullptr) parse_routes(reader_, *routes, *root.find("routes"), names, config_);
  }

  void store(const yaml::Node& map) {
    reader_.keys(map, names_of(kStoreKeys));
    StoreConfig& store = config_.store;
    store.path = reader_.required_path(map, "path", "`store`");
    if (const yaml::Node* evidence = reader_.map(map, "evidence")) {
      reader_.keys(*evidence, names_of(kEvidenceKeys));
      store.evidence_keep = reader_.duration(*evidence, "keep", kMinuteUs, 3650 * kDayUs).value_or(store.evidence_keep);
      store.evidence_bytes = reader_.size(*evidence, "max_bytes", 1 << 20, kMostBytes).value_or(store.evidence_bytes);
    }
    if (const yaml::Node* memory = reader_.map(map, "memory")) {
      reader_.keys(*memory, names_of(kMemoryKeys));
      store.memory_budget = reader_.size(*memory, "budget", kLeastBudget, kMostBytes).value_or(store.memory_budget);
    }
  }

  void rules(const yaml::Node& map) {
    reader_.keys(map, names_of(kRulesKeys));
    config_.rule_paths = reader_.required_list(map, "paths", "`rules`");
    for (std::string& path : config_.rule_paths) path = reader_.absolute(path);
    config_.lists = reader_.paths(map, "lists");
    config_.source_types = reader_.paths(map, "source_types");
    if (const yaml::Node* json = map.find("json")) this->json(*json);
    name_paths(map, "paths", config_.rule_paths, "file or folder of rules");
    name_paths(map, "lists", config_.lists, "folder of lists", true);
    name_paths(map, "source_types", config_.source_types, "file or folder of source types");
    if (const auto mode = reader_.word(map, "reload", names_of(kReloadModes))) config_.reload = static_cast<ReloadMode>(*mode);
  }

  // One log source, or a list of them.
  void json(const yaml::Node& given) {
    const std::size_t entries = given.is_sequence() ? given.items.size() : 1;
    for (std::size_t i = 0; i < entries; ++i) {
      const yaml::Node& map = given.is_sequence() ? given.items[i] : given;
      if (!reader_.is_map(map, "an entry of `json`")) continue;
      const auto known = names_of(rules::reference::kLogSourceKeys);
      reader_.keys(map, known);
      std::string logsource;
      for (const std::string_view key : known) {
        if (const auto value = reader_.text(map, key))
          logsource += fmt::format("{}{}={}", logsource.empty() ? "" : ",", key, *value);
      }
      if (logsource.empty())
        reader_.report("V9002", map, "an entry of `json` needs `product`, `service` or `category`",
                       "what `logsource` of the rules says: {product: azure, service: signinlogs}");
      config_.json_logsources.push_back(std::move(logsource));
    }
  }

  // Paths that load_config() looks for.
  void name_paths(const yaml::Node& map, std::string_view key, const std::vector<std::string>& paths, std::string_view what,
                  bool folder = false) {
    for (std::size_t i = 0; i < paths.size(); ++i) {
      const yaml::Node& node = *map.find(key);
      const yaml::Node& at = node.is_sequence() && node.items.size() == paths.size() ? node.items[i] : node;
      config_.named_paths.push_back({paths[i], std::string(what), folder, reader_.place(at)});
    }
  }

  void identities(const yaml::Node& map) {
    reader_.keys(map, names_of(kIdentitiesKeys));
    config_.identity_files = reader_.paths(map, "aliases");
    config_.domains = reader_.texts(map, "domains");
    name_paths(map, "aliases", config_.identity_files, "CSV file");
    const auto learn = reader_.word(map, "learn", kLearnWords);
    if (learn && *learn != 0) reader_.report("V9005", *map.find("learn"), "learned identities do not exist yet", "learn: off");
  }

  void enrich(const yaml::Node& map) {
    reader_.keys(map, names_of(kEnrichKeys));
    config_.databases = reader_.required_list(map, "databases", "`enrich`");
    for (std::string& path : config_.databases) path = reader_.absolute(path);
    name_paths(map, "databases", config_.databases, "MaxMind DB file");
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
    const auto taken = std::find_if(config_.sources.begin(), config_.sources.end(),
                                    [&](const SourceConfig& source) { return source.http.listen == admin.listen; });
    if (!admin.listen.empty() && !admin.listen.ends_with(":0") && taken != config_.sources.end())
      reader_.report("V9009", *map.find("listen"), fmt::format("`{}` listens on this address already", taken->name),
                     "use another port");
    admin.places = reader_.places(map);
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

  ConfigReader reader_;
  Config config_;
};

}  // namespace

RuleOptions Config::rule_options() const {
  RuleOptions options;
  options.rules = rule_paths;
  options.lists = lists;
  options.source_types = source_types;
  options.logsources = json_logsources;
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
  if (!fs::exists(path, code)) return Error{"no such file; `vedette init` writes one", path};
  if (fs::is_directory(path, code)) return Error{"is a folder; name the file in it, such as vedette.yml", path};
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  if (!in) return Error{"cannot be read", path};
  Config config = parse_config({path, text.str()}, diagnostics);
  config.text = text.str();
  for (const NamedPath& named : config.named_paths) {
    if (named.folder ? fs::is_directory(named.path, code) : fs::exists(named.path, code)) continue;
    diagnostics.add(named.place.finding("V9012", fmt::format("no such {}: {}", named.what, named.path),
                                        "relative paths start at the configuration's folder"));
  }
  return config;
}

}  // namespace vedette::app
