// Keys that several parts of the configuration share: secrets, TLS, connections to Kafka, sizes. Constants; any thread.
#pragma once

#include "rules/reference/words.h"

namespace vedette::app {

using rules::reference::Key;
using rules::reference::Shape;
using rules::reference::Table;
using rules::reference::Word;

// A size in bytes, as app/byte_size.h reads it.
inline constexpr std::string_view kSizeSchema =
    R"({"anyOf": [{"type": "integer", "minimum": 0}, {"type": "string", "pattern": "^[0-9]+( ?([kKmMgGtT][iI]?)?[bB])?$"}]})";
inline constexpr std::string_view kSizeShown = "size";

inline constexpr std::array<Key, 2> kSecretKeys = {{
    {.name = "env", .help = "The environment variable that holds it", .example = "OKTA_HOOK_SECRET"},
    {.name = "file", .help = "The file that holds it; ends of lines at its end do not count", .example = "/run/secrets/okta"},
}};
inline constexpr Table kSecretTable = {"secret", "a secret", kSecretKeys, false};

inline constexpr std::array<Key, 2> kTlsKeys = {{
    {.name = "cert",
     .help = "PEM file: the certificate and those between it and a root",
     .example = "tls/cert.pem",
     .required = true},
    {.name = "key", .help = "PEM file: its private key", .example = "tls/key.pem", .required = true},
}};
inline constexpr Table kTlsTable = {"tls", "`tls`", kTlsKeys, false};

inline constexpr std::array<Word, 3> kSaslMechanisms = {{
    {"PLAIN", "the password itself; only with `tls`"},
    {"SCRAM-SHA-256", "a proof of the password"},
    {"SCRAM-SHA-512", "a proof of the password"},
}};

inline constexpr std::array<Key, 5> kKafkaTlsKeys = {{
    {.name = "ca", .help = "PEM file of the brokers' authority; the system's", .example = "tls/ca.pem"},
    {.name = "cert", .help = "PEM file of our certificate, where brokers ask for one", .example = "tls/client.pem"},
    {.name = "key", .help = "PEM file of its private key", .example = "tls/client.key"},
    {.name = "key_password",
     .shape = Shape::map,
     .help = "What the private key is encrypted with",
     .example = "{env: CLIENT_KEY_PASSWORD}",
     .inner = &kSecretTable},
    {.name = "verify", .shape = Shape::boolean, .help = "Whether the brokers' certificate is checked; true", .example = "true"},
}};
inline constexpr Table kKafkaTlsTable = {"kafka-tls", "`tls` of kafka", kKafkaTlsKeys, false};

inline constexpr std::array<Key, 3> kKafkaSaslKeys = {{
    {.name = "mechanism",
     .shape = Shape::word,
     .help = "How the password is proved; PLAIN",
     .example = "SCRAM-SHA-512",
     .words = kSaslMechanisms},
    {.name = "user", .help = "The user", .example = "vedette", .required = true},
    {.name = "password",
     .shape = Shape::map,
     .help = "The password",
     .example = "{env: KAFKA_PASSWORD}",
     .required = true,
     .inner = &kSecretTable},
}};
inline constexpr Table kKafkaSaslTable = {"kafka-sasl", "`sasl` of kafka", kKafkaSaslKeys, false};

inline constexpr std::array<Key, 4> kKafkaConnectionKeys = {{
    {.name = "brokers",
     .shape = Shape::texts,
     .help = "Kafka brokers, host:port",
     .example = "[\"kafka:9092\"]",
     .required = true},
    {.name = "tls",
     .shape = Shape::map,
     .help = "Connections are encrypted; `{}` will do where the system knows the authority",
     .example = "{ca: tls/ca.pem}",
     .inner = &kKafkaTlsTable},
    {.name = "sasl",
     .shape = Shape::map,
     .help = "Who we are",
     .example = "{mechanism: SCRAM-SHA-512, user: vedette, password: {env: KAFKA_PASSWORD}}",
     .inner = &kKafkaSaslTable},
    {.name = "properties",
     .shape = Shape::special,
     .help = "Further librdkafka settings; passwords and secrets as {env: NAME} or {file: PATH}",
     .example = "{fetch.wait.max.ms: 10}",
     .schema = R"({"type": "object", "additionalProperties": {"anyOf": [{"$ref": "#/$defs/text"}, {"$ref": "#/$defs/secret"}]}})",
     .shown = "setting -> text or [secret](#secret)"},
}};

}  // namespace vedette::app
