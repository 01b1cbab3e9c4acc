#include "app/config_parts.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "app/config_keys.h"
#include "connectors/net/webhook_signature.h"
#include "engine/base/fold.h"

namespace vedette::app {

namespace {

// Settings that the service decides: with others it would lose or repeat events.
constexpr std::array<std::string_view, 10> kOwnProperties = {
    "bootstrap.servers", "metadata.broker.list",     "group.id",         "group.instance.id",  "enable.auto.commit",
    "auto.offset.reset", "enable.auto.offset.store", "transactional.id", "enable.idempotence", "acks"};
// What `tls` and `sasl` stand for.
constexpr std::array<std::string_view, 10> kSecurityProperties = {"security.protocol",
                                                                  "ssl.ca.location",
                                                                  "ssl.certificate.location",
                                                                  "ssl.key.location",
                                                                  "ssl.key.password",
                                                                  "sasl.mechanisms",
                                                                  "sasl.mechanism",
                                                                  "sasl.username",
                                                                  "sasl.password",
                                                                  "enable.ssl.certificate.verification"};

bool contains(std::span<const std::string_view> words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// "x-api-key", "sasl.password", "Authorization": what is called so holds a secret.
bool looks_secret(std::string_view name) {
  const std::string lower = folded(name);
  constexpr std::array<std::string_view, 7> kMarks = {"password", "secret", "token", "authorization",
                                                      "api-key",  "apikey", "cookie"};
  return std::any_of(kMarks.begin(), kMarks.end(), [&](std::string_view mark) { return lower.find(mark) != std::string::npos; });
}

void kafka_tls(ConfigReader& reader, const yaml::Node& map, KafkaConnection& out) {
  reader.keys(map, names_of(kKafkaTlsKeys));
  connectors::KafkaSecurity& security = out.security;
  security.tls = true;
  security.ca = reader.path(map, "ca");
  security.cert = reader.path(map, "cert");
  security.key = reader.path(map, "key");
  if (const yaml::Node* password = map.find("key_password")) security.key_password = reader.secret(*password).value_or("");
  if (security.cert.empty() != security.key.empty()) {
    const bool cert = security.cert.empty();
    reader.report("V9002", map, fmt::format("`tls` with `{}` needs `{}`", cert ? "key" : "cert", cert ? "cert" : "key"));
  }
  if (reader.boolean(map, "verify").value_or(true)) return;
  out.properties["enable.ssl.certificate.verification"] = "false";
  reader.report("V9011", *map.find("verify"), "without `verify` anybody in between can read and forge what the brokers send",
                "ca: the PEM file of the brokers' authority");
}

void kafka_sasl(ConfigReader& reader, const yaml::Node& map, connectors::KafkaSecurity& security) {
  reader.keys(map, names_of(kKafkaSaslKeys));
  const auto mechanism = reader.word(map, "mechanism", names_of(kSaslMechanisms));
  security.mechanism = kSaslMechanisms[mechanism.value_or(0)].name;
  security.user = reader.required(map, "user", "`sasl`");
  if (const yaml::Node* password = map.find("password")) {
    security.password = reader.secret(*password).value_or("");
  } else {
    reader.report("V9002", map, "`sasl` needs `password`", "password: {env: KAFKA_PASSWORD}");
  }
}

void check_properties(ConfigReader& reader, const yaml::Node& map) {
  const yaml::Node* properties = map.find("properties");
  if (properties == nullptr || !properties->is_map()) return;
  for (const auto& [key, value] : properties->entries) {
    if (contains(kOwnProperties, key.text))
      reader.report("V9009", key, fmt::format("`{}` is the service's own affair", key.text), "remove it");
    if ((map.find("tls") != nullptr || map.find("sasl") != nullptr) && contains(kSecurityProperties, key.text))
      reader.report("V9009", key, fmt::format("`{}` is said by `tls` and `sasl` already", key.text),
                    "remove it, or say it all in `properties`");
  }
}

}  // namespace

bool is_filled_list(ConfigReader& reader, const yaml::Node& key, const yaml::Node& list) {
  if (list.is_sequence() && !list.items.empty()) return true;
  reader.report("V9003", list.is_sequence() ? key : list, fmt::format("`{}` is a list with at least one entry", key.text));
  return false;
}

std::string entry_name(ConfigReader& reader, const yaml::Node& map, std::string_view what, std::string_view plural,
                       std::set<std::string>& names) {
  std::string name = reader.required(map, "name", what);
  if (!name.empty() && !names.insert(name).second)
    reader.report("V9006", *map.find("name"), fmt::format("two {} are called `{}`", plural, name));
  return name;
}

std::optional<std::size_t> entry_type(ConfigReader& reader, const yaml::Node& map, std::string_view what,
                                      std::span<const std::string_view> known, std::span<const std::string_view> later) {
  const yaml::Node* type = map.find("type");
  const std::string choices = fmt::format("one of {}", fmt::join(known, ", "));
  if (type == nullptr) {
    reader.report("V9002", map, fmt::format("{} needs `type`", what), choices);
    return std::nullopt;
  }
  if (contains(later, type->text)) {
    reader.report("V9005", *type, fmt::format("`{}` does not exist yet", type->text), choices);
    return std::nullopt;
  }
  return reader.word(map, "type", known);
}

std::map<std::string, std::string> texts_or_secrets(ConfigReader& reader, const yaml::Node& map, std::string_view key) {
  std::map<std::string, std::string> found;
  const yaml::Node* node = reader.map(map, key);
  if (node == nullptr) return found;
  for (const auto& [name, value] : node->entries) {
    const auto text = value.is_map() || looks_secret(name.text) ? reader.secret(value) : reader.text(*node, name.text);
    if (text) found[name.text] = *text;
  }
  return found;
}

std::vector<std::string> signing_secrets(ConfigReader& reader, const yaml::Node& map, std::string_view what) {
  std::vector<std::string> secrets = reader.secrets(map, "secrets", what);
  for (const std::string& secret : secrets) {
    if (connectors::signing_key(secret)) continue;
    reader.report("V9004", *map.find("secrets"), "a signing secret is `whsec_` and at least 24 bytes in Base64",
                  "make one: echo whsec_$(openssl rand -base64 32)");
    break;
  }
  return secrets;
}

KafkaConnection kafka_connection(ConfigReader& reader, const yaml::Node& map, std::string_view what) {
  KafkaConnection connection;
  connection.brokers = reader.required_list(map, "brokers", what);
  connection.properties = texts_or_secrets(reader, map, "properties");
  check_properties(reader, map);
  if (const yaml::Node* tls = reader.map(map, "tls")) kafka_tls(reader, *tls, connection);
  if (const yaml::Node* sasl = reader.map(map, "sasl")) {
    kafka_sasl(reader, *sasl, connection.security);
    if (connection.security.mechanism == "PLAIN" && map.find("tls") == nullptr)
      reader.report("V9011", *map.find("sasl"), "PLAIN sends the password in the clear: there is no `tls`",
                    "tls: {} where the system knows the brokers' authority, else tls: {ca: FILE}");
  }
  return connection;
}

}  // namespace vedette::app
