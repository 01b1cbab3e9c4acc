#include "tests/oracle/naive/keys.h"

#include <algorithm>
#include <utility>

namespace vedette::naive {
namespace {

// Letters beyond ASCII, upper (or odd) form first.
const std::vector<std::pair<std::string, std::string>> kLetters = {
    {"\u00C9", "\u00E9"},  // E acute
    {"\u00DC", "\u00FC"},  // U diaeresis
    {"\u0391", "\u03B1"},  // Greek alpha
    {"\u03A3", "\u03C3"},  // Greek sigma
    {"\u03C2", "\u03C3"},  // Greek final sigma
    {"\u0410", "\u0430"},  // Cyrillic a
    {"\u212A", "k"},       // Kelvin sign
    {"\u017F", "s"},       // long s
};

char lower_ascii(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
char upper_ascii(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

std::string transformed(std::string text, const std::string& transform) {
  if (transform == "lower") std::transform(text.begin(), text.end(), text.begin(), lower_ascii);
  if (transform == "upper") std::transform(text.begin(), text.end(), text.begin(), upper_ascii);
  const std::size_t at = text.rfind('@');
  if (transform == "local" && at != std::string::npos) text.erase(at);
  if (transform == "domain" && at != std::string::npos) text.erase(0, at + 1);
  return text;
}

bool is_sentinel(const std::string& text, const SourceType& source) {
  const auto same = [&](const std::string& sentinel) { return fold(sentinel) == fold(text); };
  return std::any_of(source.sentinels.begin(), source.sentinels.end(), same);
}

std::optional<std::string> key_of(const Value& value, const FieldRef& field, const SourceType& source) {
  if (value.kind == ValueKind::null || value.text.empty() || is_sentinel(value.text, source)) return std::nullopt;
  std::string text = value.text;
  for (const std::string& transform : field.transforms) text = transformed(text, transform);
  if (text.empty() || is_sentinel(text, source)) return std::nullopt;
  const bool cased = std::count(field.transforms.begin(), field.transforms.end(), "cased") > 0;
  const bool as_written = value.kind == ValueKind::number || value.kind == ValueKind::object;
  return cased || as_written ? text : fold(text);
}

}  // namespace

std::string fold(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    if (static_cast<unsigned char>(text[i]) < 0x80) {
      out += lower_ascii(text[i++]);
      continue;
    }
    const auto letter = std::find_if(kLetters.begin(), kLetters.end(),
                                     [&](const auto& pair) { return text.compare(i, pair.first.size(), pair.first) == 0; });
    if (letter != kLetters.end()) {
      out += letter->second;
      i += letter->first.size();
    } else {
      out += lower_ascii(text[i++]);
    }
  }
  return out;
}

std::vector<std::string> keys_of(const Event& event, const FieldRef& field, const SourceType& source) {
  std::vector<std::string> keys;
  const std::vector<Value>* values = event.fields.find(field.path);
  if (values == nullptr) return keys;
  for (const Value& value : *values) {
    const std::optional<std::string> key = key_of(value, field, source);
    if (!key || std::find(keys.begin(), keys.end(), *key) != keys.end()) continue;
    if (keys.size() < kFanOut) keys.push_back(*key);
  }
  return keys;
}

std::vector<std::vector<std::string>> tuples_of(const std::vector<std::vector<std::string>>& parts) {
  std::vector<std::vector<std::string>> tuples = {{}};
  for (const std::vector<std::string>& part : parts) {
    std::vector<std::vector<std::string>> longer;
    for (const std::vector<std::string>& tuple : tuples) {
      for (const std::string& key : part) {
        longer.push_back(tuple);
        longer.back().push_back(key);
      }
    }
    tuples = std::move(longer);
  }
  if (tuples.size() > kFanOut) tuples.resize(kFanOut);
  return tuples;
}

}  // namespace vedette::naive
