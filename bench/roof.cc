#include "bench/roof.h"

#include <simdjson.h>

#include <array>
#include <cstring>
#include <string>
#include <vector>

namespace vedette::bench {
namespace {

namespace ondemand = simdjson::ondemand;

constexpr std::array<std::string_view, 14> kPaths = {"uuid",
                                                     "published",
                                                     "eventType",
                                                     "outcome.result",
                                                     "outcome.reason",
                                                     "actor.id",
                                                     "actor.alternateId",
                                                     "client.ipAddress",
                                                     "client.userAgent.os",
                                                     "client.geographicalContext.country",
                                                     "securityContext.asNumber",
                                                     "authenticationContext.externalSessionId",
                                                     "target.type",
                                                     "target.displayName"};

struct TrieNode {
  std::string key;
  bool terminal = false;
  std::vector<TrieNode> children;
  // First child to try for a key's first byte; -1 none.
  std::array<std::int16_t, 256> by_first{};
};

void add_path(TrieNode& root, std::string_view path) {
  TrieNode* node = &root;
  while (!path.empty()) {
    const std::size_t dot = path.find('.');
    const std::string key(path.substr(0, dot));
    path = dot == std::string_view::npos ? std::string_view() : path.substr(dot + 1);
    TrieNode* child = nullptr;
    for (TrieNode& known : node->children) {
      if (known.key == key) child = &known;
    }
    if (child == nullptr) {
      node->children.push_back({});
      child = &node->children.back();
      child->key = key;
    }
    node = child;
  }
  node->terminal = true;
}

void index_children(TrieNode& node) {
  node.by_first.fill(-1);
  for (std::size_t i = node.children.size(); i-- > 0;) {
    node.by_first[static_cast<unsigned char>(node.children[i].key[0])] = static_cast<std::int16_t>(i);
    index_children(node.children[i]);
  }
}

class Walk {
 public:
  explicit Walk(RoofResult& result) : result_(result) {}

  bool object(ondemand::object object, const TrieNode& node) {
    std::size_t left = node.children.size();
    for (auto field : object) {
      ondemand::raw_json_string raw;
      if (field.key().get(raw) != simdjson::SUCCESS) return false;
      const TrieNode* child = left > 0 ? find(node, raw.raw()) : nullptr;
      if (child == nullptr) continue;
      --left;
      ondemand::value value;
      if (field.value().get(value) != simdjson::SUCCESS || !take(value, *child)) return false;
    }
    return true;
  }

 private:
  static const TrieNode* find(const TrieNode& node, const char* key) {
    const std::int16_t first = node.by_first[static_cast<unsigned char>(key[0])];
    if (first < 0) return nullptr;
    for (auto i = static_cast<std::size_t>(first); i < node.children.size(); ++i) {
      const std::string& name = node.children[i].key;
      if (std::memcmp(key, name.data(), name.size()) == 0 && key[name.size()] == '"') return &node.children[i];
    }
    return nullptr;
  }

  bool take(ondemand::value value, const TrieNode& node) {
    ondemand::json_type type{};
    if (value.type().get(type) != simdjson::SUCCESS) return false;
    switch (type) {
      case ondemand::json_type::array:
        return array(value, node);
      case ondemand::json_type::object:
        return nested(value, node);
      case ondemand::json_type::string:
        return text(value, node);
      default:
        return scalar(value, node);
    }
  }

  bool array(ondemand::value value, const TrieNode& node) {
    ondemand::array list;
    if (value.get_array().get(list) != simdjson::SUCCESS) return false;
    for (auto element : list) {
      ondemand::value member;
      if (element.get(member) != simdjson::SUCCESS || !take(member, node)) return false;
    }
    return true;
  }

  bool nested(ondemand::value value, const TrieNode& node) {
    ondemand::object inner;
    return value.get_object().get(inner) == simdjson::SUCCESS && (node.children.empty() || object(inner, node));
  }

  bool text(ondemand::value value, const TrieNode& node) {
    std::string_view string;
    if (!node.terminal) return true;
    if (value.get_string().get(string) != simdjson::SUCCESS) return false;
    ++result_.fields;
    result_.bytes += string.size();
    return true;
  }

  bool scalar(ondemand::value value, const TrieNode& node) {
    if (node.terminal) {
      ++result_.fields;
      result_.bytes += value.raw_json_token().size();
    }
    return true;
  }

  RoofResult& result_;
};

}  // namespace

RoofResult run_roof(std::string_view text) {
  TrieNode root;
  for (const std::string_view path : kPaths) add_path(root, path);
  index_children(root);

  RoofResult result;
  Walk walk(result);
  ondemand::parser parser;
  const char* at = text.data();
  const char* end = at + text.size();
  while (at < end) {
    const char* newline = static_cast<const char*>(std::memchr(at, '\n', static_cast<std::size_t>(end - at)));
    if (newline == nullptr) newline = end;
    const auto length = static_cast<std::size_t>(newline - at);
    ondemand::document document;
    ondemand::object object;
    const bool good = parser.iterate(at, length, length + simdjson::SIMDJSON_PADDING).get(document) == simdjson::SUCCESS &&
                      document.get_object().get(object) == simdjson::SUCCESS && walk.object(object, root) &&
                      document.current_location().error() == simdjson::OUT_OF_BOUNDS;
    ++(good ? result.events : result.malformed);
    at = newline + 1;
  }
  return result;
}

}  // namespace vedette::bench
