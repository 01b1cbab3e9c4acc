#include "tests/naive_match/inside.h"

#include <re2/re2.h>

#include <vector>

namespace vedette::naive {
namespace {

std::string trimmed(const std::string& text) {
  std::string out;
  RE2::FullMatch(text, R"((?s)[ \n\r\t]*(.*?)[ \n\r\t]*)", &out);
  return out;
}

// Braces around each character; empty when they do not match.
std::vector<int> depths_of(const std::string& text) {
  std::vector<int> depths;
  int depth = 0;
  for (const char c : text) {
    if (c == '}') --depth;
    depths.push_back(depth);
    if (c == '{') ++depth;
    if (depth < 0) return {};
  }
  return depth == 0 ? depths : std::vector<int>{};
}

std::optional<Json> pairs_of(const std::string& content) {
  static const RE2 kPair(R"((?s)([^,={}]+)=(.*))");
  static const RE2 kNextKey(R"((?s)[^,={}]*[^,={} \n\r\t][^,={}]*=.*)");
  const std::vector<int> depths = depths_of(content);
  if (depths.empty()) return std::nullopt;
  std::vector<std::string> pieces(1);
  for (std::size_t i = 0; i < content.size(); ++i) {
    const bool ends = depths[i] == 0 && content[i] == ',' && i + 1 < content.size() && content[i + 1] == ' ' &&
                      RE2::FullMatch(content.substr(i + 2), kNextKey);
    if (ends) {
      pieces.emplace_back();
      ++i;
    } else {
      pieces.back() += content[i];
    }
  }
  Json object;
  object.kind = Json::Kind::object;
  for (const std::string& piece : pieces) {
    std::string key, value;
    if (!RE2::FullMatch(piece, kPair, &key, &value) || trimmed(key).empty()) return std::nullopt;
    object.members.emplace_back(make_string(trimmed(key)), make_string(value));
  }
  return object;
}

}  // namespace

std::optional<Json> inside(const std::string& text) {
  const std::string content = trimmed(text);
  if (content.size() < 2) return std::nullopt;
  if (RE2::PartialMatch(content, R"(^(\[|\{[ \n\r\t]*["}]))")) return parse_json(content);
  if (content.front() != '{' || content.back() != '}') return std::nullopt;
  return pairs_of(content.substr(1, content.size() - 2));
}

}  // namespace vedette::naive
