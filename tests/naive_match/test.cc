#include "tests/naive_match/test.h"

#include <arpa/inet.h>
#include <re2/re2.h>

#include <algorithm>
#include <cctype>
#include <cstring>
#include <stdexcept>

namespace vedette::naive {
namespace {

// A Sigma string: literal text and the wildcards * and ?.
struct Token {
  char wildcard = 0;  // '*', '?' or 0
  std::string text;
};

bool contains_name(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::vector<Token> tokens_of(const std::string& text) {
  std::vector<Token> tokens;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size() && std::strchr("*?\\", text[i + 1]) != nullptr) {
      tokens.push_back({0, std::string(1, text[++i])});
    } else if (text[i] == '*' || text[i] == '?') {
      tokens.push_back({text[i], ""});
    } else {
      tokens.push_back({0, std::string(1, text[i])});
    }
  }
  return tokens;
}

std::string literal(const std::vector<Token>& tokens) {
  std::string out;
  for (const Token& token : tokens) {
    if (token.wildcard != 0) throw std::runtime_error("wildcard in an encoded value");
    out += token.text;
  }
  return out;
}

std::string base64(const std::string& bytes) {
  static const char* const kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string bits, out;
  for (const char c : bytes) {
    for (int bit = 7; bit >= 0; --bit) bits += (static_cast<unsigned char>(c) >> bit & 1) != 0 ? '1' : '0';
  }
  while (bits.size() % 6 != 0) bits += '0';
  for (std::size_t i = 0; i < bits.size(); i += 6) out += kDigits[std::stoul(bits.substr(i, 6), nullptr, 2)];
  while (out.size() % 4 != 0) out += '=';
  return out;
}

// The three ways the text can lie inside base64 of longer text, without the digits that depend on its neighbours.
std::vector<std::string> base64_offsets(const std::string& bytes) {
  std::vector<std::string> out;
  for (std::size_t offset = 0; offset < 3; ++offset) {
    const std::string encoded = base64(std::string(offset, ' ') + bytes);
    const std::size_t first = (offset * 8 + 5) / 6;
    const std::size_t whole = (offset + bytes.size()) * 8 / 6;
    out.push_back(encoded.substr(first, whole - first));
  }
  return out;
}

std::string utf16(const std::string& text, bool big_endian) {
  std::string out;
  for (const char c : text) {
    if (static_cast<unsigned char>(c) >= 0x80) throw std::runtime_error("only ASCII in UTF-16 values here");
    if (big_endian) out += '\0';
    out += c;
    if (!big_endian) out += '\0';
  }
  return out;
}

// A dash or slash before a word and not inside one may be any of five.
std::string windash_regex(const std::vector<Token>& tokens, std::size_t i) {
  const auto word = [&](std::size_t at) {
    return tokens[at].wildcard == 0 &&
           (std::isalnum(static_cast<unsigned char>(tokens[at].text[0])) != 0 || tokens[at].text[0] == '_');
  };
  const bool dash = tokens[i].text == "-" || tokens[i].text == "/";
  const bool starts_word = i + 1 < tokens.size() && word(i + 1) && (i == 0 || !word(i - 1));
  return dash && starts_word ? "[-/\xE2\x80\x93\xE2\x80\x94\xE2\x80\x95]" : "";
}

std::string regex_of(const std::vector<Token>& tokens, bool windash) {
  std::string out, plain;
  const auto flush = [&] {
    out += re2::RE2::QuoteMeta(plain);
    plain.clear();
  };
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const std::string dash = windash ? windash_regex(tokens, i) : "";
    if (tokens[i].wildcard == 0 && dash.empty()) {
      plain += tokens[i].text;
      continue;
    }
    flush();
    out += !dash.empty() ? dash : tokens[i].wildcard == '*' ? ".*" : ".";
  }
  flush();
  return out;
}

std::shared_ptr<re2::RE2> compile(const std::string& regex) {
  auto compiled = std::make_shared<re2::RE2>(regex, re2::RE2::Quiet);
  if (!compiled->ok()) throw std::runtime_error("regex refused: " + regex);
  return compiled;
}

bool is_json_number(const std::string& text) {
  static const re2::RE2 kNumber(R"(-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?)");
  return re2::RE2::FullMatch(text, kNumber);
}

Test regex_test(const std::string& text, const std::vector<std::string>& modifiers) {
  std::string flags;
  for (const char* flag : {"i", "m", "s"}) {
    if (contains_name(modifiers, flag)) flags += flag;
  }
  if (contains_name(modifiers, "ignorecase")) flags += "i";
  const auto regex = compile(flags.empty() ? text : "(?" + flags + ")" + text);
  Test test;
  test.value = [regex](const Value& value) { return re2::RE2::PartialMatch(value.text, *regex); };
  return test;
}

// 16 bytes; IPv4 as ::ffff:a.b.c.d.
bool address_bytes(const std::string& text, unsigned char* out) {
  if (inet_pton(AF_INET6, text.c_str(), out) == 1) return true;
  std::memcpy(out, "\0\0\0\0\0\0\0\0\0\0\xff\xff", 12);
  return inet_pton(AF_INET, text.c_str(), out + 12) == 1;
}

Test cidr_test(const std::string& text) {
  const std::size_t slash = text.find('/');
  const std::string network = text.substr(0, slash);
  const bool v4 = network.find(':') == std::string::npos;
  int prefix = slash == std::string::npos ? (v4 ? 32 : 128) : std::stoi(text.substr(slash + 1));
  if (v4) prefix += 96;
  Test test;
  test.value = [network, prefix, v4](const Value& value) {
    unsigned char a[16], b[16];
    if (value.kind != Value::Kind::string || !address_bytes(network, a) || !address_bytes(value.text, b)) return false;
    if (!v4 && prefix < 96 && std::memcmp(b, "\0\0\0\0\0\0\0\0\0\0\xff\xff", 12) == 0) return false;
    for (int bit = 0; bit < prefix; ++bit) {
      if ((a[bit / 8] >> (7 - bit % 8) & 1) != (b[bit / 8] >> (7 - bit % 8) & 1)) return false;
    }
    return true;
  };
  return test;
}

Test compare_test(const std::string& op, const std::string& number) {
  Test test;
  test.value = [op, number](const Value& value) {
    if (value.kind != Value::Kind::number && value.kind != Value::Kind::string) return false;
    const int order = compare_numbers(value.text, number);
    if (order == 2) return false;
    if (op == "gt") return order > 0;
    if (op == "gte") return order >= 0;
    if (op == "lt") return order < 0;
    return order <= 0;
  };
  return test;
}

Test fieldref_test(const std::string& field, const std::vector<std::string>& modifiers) {
  const bool cased = contains_name(modifiers, "cased");
  const bool front = contains_name(modifiers, "contains") || contains_name(modifiers, "endswith");
  const bool back = contains_name(modifiers, "contains") || contains_name(modifiers, "startswith");
  Test test;
  test.other_field = field;
  test.pair = [=](const Value& value, const Value& other) {
    const std::string regex =
        std::string(cased ? "(?s)" : "(?is)") + (front ? ".*" : "") + re2::RE2::QuoteMeta(other.text) + (back ? ".*" : "");
    return re2::RE2::FullMatch(value.text, *compile(regex));
  };
  return test;
}

// All texts an encoding chain makes of the value.
std::vector<std::vector<Token>> encoded(const std::vector<Token>& tokens, const std::vector<std::string>& modifiers) {
  std::vector<std::vector<Token>> variants = {tokens};
  for (const std::string& modifier : modifiers) {
    std::vector<std::vector<Token>> next;
    for (const auto& variant : variants) {
      std::vector<std::string> texts;
      if (modifier == "base64") {
        texts = {base64(literal(variant))};
      } else if (modifier == "base64offset") {
        texts = base64_offsets(literal(variant));
      } else if (modifier == "wide" || modifier == "utf16le") {
        texts = {utf16(literal(variant), false)};
      } else if (modifier == "utf16be") {
        texts = {utf16(literal(variant), true)};
      } else if (modifier == "utf16") {
        texts = {"\xff\xfe" + utf16(literal(variant), false)};
      } else {
        next.push_back(variant);
        continue;
      }
      for (const std::string& text : texts) {
        std::vector<Token> letters;
        for (const char c : text) letters.push_back({0, std::string(1, c)});
        next.push_back(letters);
      }
    }
    variants = next;
  }
  return variants;
}

// Digits of a number without sign, decimal point or outer zeros, and the place of the point before them.
struct Plain {
  int sign = 0;
  std::string digits;
  long long point = 0;
};

bool plain_number(const std::string& text, Plain& out) {
  std::string sign, whole, fraction, exponent;
  static const re2::RE2 kNumber(R"((-?)(0|[1-9]\d*)(?:\.(\d+))?(?:[eE]([+-]?\d{1,15}))?)");
  if (!re2::RE2::FullMatch(text, kNumber, &sign, &whole, &fraction, &exponent)) return false;
  out.digits = whole + fraction;
  out.point = static_cast<long long>(whole.size()) + (exponent.empty() ? 0 : std::stoll(exponent));
  while (!out.digits.empty() && out.digits.front() == '0') {
    out.digits.erase(0, 1);
    --out.point;
  }
  while (!out.digits.empty() && out.digits.back() == '0') out.digits.pop_back();
  out.sign = out.digits.empty() ? 0 : sign == "-" ? -1 : 1;
  return true;
}

}  // namespace

int compare_numbers(const std::string& a, const std::string& b) {
  Plain x, y;
  if (!plain_number(a, x) || !plain_number(b, y)) return 2;
  if (x.sign != y.sign) return x.sign < y.sign ? -1 : 1;
  if (x.sign == 0) return 0;
  if (x.point != y.point) return (x.point < y.point) == (x.sign > 0) ? -1 : 1;
  const int order = x.digits.compare(y.digits);  // no outer zeros: a prefix is smaller
  return order == 0 ? 0 : (order < 0) == (x.sign > 0) ? -1 : 1;
}

Test make_test(const std::string& text, bool is_null, const std::vector<std::string>& modifiers, bool keyword) {
  Test test;
  if (is_null) {
    test.is_null = true;
    return test;
  }
  if (contains_name(modifiers, "exists")) {
    test.is_exists = true;
    test.expected = text == "true" || text == "True" || text == "yes";
    return test;
  }
  if (contains_name(modifiers, "re")) return regex_test(text, modifiers);
  if (contains_name(modifiers, "cidr")) return cidr_test(text);
  if (contains_name(modifiers, "fieldref")) return fieldref_test(text, modifiers);
  for (const char* op : {"gt", "gte", "lt", "lte"}) {
    if (contains_name(modifiers, op)) return compare_test(op, text);
  }
  const bool front = keyword || contains_name(modifiers, "contains") || contains_name(modifiers, "endswith");
  const bool back = keyword || contains_name(modifiers, "contains") || contains_name(modifiers, "startswith");
  std::string regex;
  for (const auto& variant : encoded(tokens_of(text), modifiers)) {
    regex += (regex.empty() ? "" : "|") + regex_of(variant, contains_name(modifiers, "windash"));
  }
  regex = std::string(contains_name(modifiers, "cased") ? "(?s)" : "(?is)") + (front ? ".*" : "") + "(?:" + regex + ")" +
          (back ? ".*" : "");
  const auto compiled = compile(regex);
  const bool plain = std::none_of(modifiers.begin(), modifiers.end(), [](const std::string& modifier) {
    return modifier.starts_with("base64") || modifier.starts_with("utf16") || modifier == "wide" || modifier == "windash";
  });
  const bool numeric = plain && !front && !back && is_json_number(text);
  test.value = [compiled, numeric, text](const Value& value) {
    if (numeric && value.kind == Value::Kind::number && compare_numbers(value.text, text) == 0) return true;
    return re2::RE2::FullMatch(value.text, *compiled);
  };
  return test;
}

}  // namespace vedette::naive
