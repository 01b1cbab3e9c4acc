#include "tests/naive_match/json.h"

#include <cstdint>
#include <cstdio>

namespace vedette::naive {
namespace {

void append_code_point(std::string& out, std::uint32_t c) {
  const auto byte = [&](std::uint32_t value) { out += static_cast<char>(static_cast<unsigned char>(value)); };
  if (c < 0x80) {
    byte(c);
  } else if (c < 0x800) {
    byte(0xc0 | c >> 6);
    byte(0x80 | (c & 0x3f));
  } else if (c < 0x10000) {
    byte(0xe0 | c >> 12);
    byte(0x80 | (c >> 6 & 0x3f));
    byte(0x80 | (c & 0x3f));
  } else {
    byte(0xf0 | c >> 18);
    byte(0x80 | (c >> 12 & 0x3f));
    byte(0x80 | (c >> 6 & 0x3f));
    byte(0x80 | (c & 0x3f));
  }
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  std::optional<Json> document() {
    Json json;
    if (!value(json)) return std::nullopt;
    blanks();
    if (at_ != text_.size()) return std::nullopt;
    return json;
  }

 private:
  void blanks() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r')) ++at_;
  }
  bool take(char c) {
    blanks();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  bool value(Json& out) {
    blanks();
    if (at_ >= text_.size()) return false;
    if (text_[at_] == '{') return object(out);
    if (text_[at_] == '[') return array(out);
    if (text_[at_] == '"') return string(out);
    return word(out);
  }

  bool object(Json& out) {
    out.kind = Json::Kind::object;
    ++at_;
    if (take('}')) return true;
    do {
      Json key, member;
      blanks();
      if (at_ >= text_.size() || text_[at_] != '"' || !string(key) || !take(':') || !value(member)) return false;
      out.members.emplace_back(std::move(key), std::move(member));
    } while (take(','));
    return take('}');
  }

  bool array(Json& out) {
    out.kind = Json::Kind::array;
    ++at_;
    if (take(']')) return true;
    do {
      Json item;
      if (!value(item)) return false;
      out.items.push_back(std::move(item));
    } while (take(','));
    return take(']');
  }

  bool hex(std::uint32_t& out) {
    out = 0;
    for (int i = 0; i < 4; ++i) {
      if (at_ >= text_.size()) return false;
      const char c = text_[at_++];
      std::uint32_t digit = 0;
      if (c >= '0' && c <= '9') {
        digit = static_cast<std::uint32_t>(c - '0');
      } else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f') {
        digit = static_cast<std::uint32_t>((c | 0x20) - 'a') + 10;
      } else {
        return false;
      }
      out = out * 16 + digit;
    }
    return true;
  }

  bool escape(std::string& out) {
    if (at_ >= text_.size()) return false;
    switch (text_[at_++]) {
      case '"':
        out += '"';
        return true;
      case '\\':
        out += '\\';
        return true;
      case '/':
        out += '/';
        return true;
      case 'b':
        out += '\b';
        return true;
      case 'f':
        out += '\f';
        return true;
      case 'n':
        out += '\n';
        return true;
      case 'r':
        out += '\r';
        return true;
      case 't':
        out += '\t';
        return true;
      case 'u': {
        std::uint32_t c = 0, low = 0;
        if (!hex(c)) return false;
        if (c >= 0xd800 && c < 0xdc00) {
          if (text_.substr(at_, 2) != "\\u") return false;
          at_ += 2;
          if (!hex(low) || low < 0xdc00 || low > 0xdfff) return false;
          c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
        }
        append_code_point(out, c);
        return true;
      }
      default:
        return false;
    }
  }

  bool string(Json& out) {
    out.kind = Json::Kind::string;
    const std::size_t begin = at_++;
    while (at_ < text_.size() && text_[at_] != '"') {
      const char c = text_[at_++];
      if (c != '\\') {
        out.text += c;
      } else if (!escape(out.text)) {
        return false;
      }
    }
    if (at_ >= text_.size()) return false;
    ++at_;
    out.raw = text_.substr(begin, at_ - begin);
    return true;
  }

  bool word(Json& out) {
    const std::size_t begin = at_;
    while (at_ < text_.size() && text_.substr(at_, 1).find_first_of(",]} \t\r\n") == std::string_view::npos) ++at_;
    out.text = text_.substr(begin, at_ - begin);
    if (out.text == "null") {
      out.kind = Json::Kind::null;
    } else if (out.text == "true" || out.text == "false") {
      out.kind = Json::Kind::boolean;
    } else {
      out.kind = Json::Kind::number;
      if (out.text.empty() || out.text.find_first_not_of("0123456789+-.eE") != std::string::npos) return false;
    }
    return true;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

const Json* Json::find(std::string_view name) const {
  for (const auto& [key, member] : members) {
    if (key.text == name) return &member;
  }
  return nullptr;
}

std::optional<Json> parse_json(std::string_view text) { return Parser(text).document(); }

std::string compact(const Json& json) {
  std::string out;
  switch (json.kind) {
    case Json::Kind::null:
      return "null";
    case Json::Kind::string:
      return json.raw;
    case Json::Kind::array:
      for (const Json& item : json.items) out += (out.empty() ? "" : ",") + compact(item);
      return "[" + out + "]";
    case Json::Kind::object:
      for (const auto& [key, member] : json.members) out += (out.empty() ? "" : ",") + key.raw + ":" + compact(member);
      return "{" + out + "}";
    default:
      return json.text;
  }
}

Json make_string(std::string_view text) {
  Json json;
  json.kind = Json::Kind::string;
  json.text = text;
  json.raw = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      json.raw += '\\';
      json.raw += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      char escaped[8];
      std::snprintf(escaped, sizeof escaped, "\\u%04x", static_cast<unsigned>(static_cast<unsigned char>(c)));
      json.raw += escaped;
    } else {
      json.raw += c;
    }
  }
  json.raw += '"';
  return json;
}

}  // namespace vedette::naive
