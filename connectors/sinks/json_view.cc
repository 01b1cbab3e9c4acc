#include "connectors/sinks/json_view.h"

#include <algorithm>
#include <charconv>
#include <cstdint>

namespace vedette::connectors {
namespace {

constexpr int kMostDepth = 16;

// Reads values one after another; once something is wrong, everything is.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] bool at_end() {
    skip_blanks();
    return rest_.empty();
  }
  bool take(char c) {
    skip_blanks();
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  // The raw text of the next value.
  std::string_view value(int depth = 0) {
    skip_blanks();
    const std::string_view begin = rest_;
    if (rest_.empty() || depth > kMostDepth) return fail();
    if (rest_.front() == '"') {
      skip_string();
    } else if (rest_.front() == '{' || rest_.front() == '[') {
      skip_nested(depth);
    } else {
      skip_scalar();
    }
    return ok_ ? begin.substr(0, begin.size() - rest_.size()) : std::string_view();
  }
  // Calls visit(name, value) for each member; name is raw, with its quotes.
  template <typename Visit>
  void members(int depth, Visit visit) {
    if (!take('{')) return (void)fail();
    if (take('}')) return;
    do {
      const std::string_view name = value(depth + 1);
      if (!ok_ || !name.starts_with('"') || !take(':')) return (void)fail();
      const std::string_view held = value(depth + 1);
      if (!ok_) return;
      visit(name, held);
    } while (take(','));
    if (!take('}')) (void)fail();
  }
  template <typename Visit>
  void elements(int depth, Visit visit) {
    if (!take('[')) return (void)fail();
    if (take(']')) return;
    do {
      const std::string_view element = value(depth + 1);
      if (!ok_) return;
      visit(element);
    } while (take(','));
    if (!take(']')) (void)fail();
  }

 private:
  std::string_view fail() {
    ok_ = false;
    rest_ = {};
    return {};
  }
  void skip_blanks() {
    while (!rest_.empty() && std::string_view(" \t\r\n").find(rest_.front()) != std::string_view::npos) rest_.remove_prefix(1);
  }
  void skip_string() {
    for (std::size_t i = 1; i < rest_.size(); ++i) {
      if (rest_[i] == '\\') {
        ++i;
      } else if (rest_[i] == '"') {
        rest_.remove_prefix(i + 1);
        return;
      }
    }
    (void)fail();
  }
  void skip_nested(int depth) {
    if (rest_.front() == '{') {
      members(depth, [](std::string_view, std::string_view) {});
    } else {
      elements(depth, [](std::string_view) {});
    }
  }
  void skip_scalar() {
    const std::size_t end = std::min(rest_.find_first_of(",]} \t\r\n\""), rest_.size());
    if (end == 0) return (void)fail();
    rest_.remove_prefix(end);
  }

  std::string_view rest_;
  bool ok_ = true;
};

std::optional<std::uint32_t> hex4(std::string_view text) {
  std::uint32_t out = 0;
  if (text.size() < 4) return std::nullopt;
  const auto [stop, code] = std::from_chars(text.data(), text.data() + 4, out, 16);
  return code == std::errc() && stop == text.data() + 4 ? std::optional(out) : std::nullopt;
}

void append_utf8(std::string& out, std::uint32_t c) {
  const auto put = [&](std::uint32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (c < 0x80) return put(c);
  if (c < 0x800) {
    put(0xc0 | (c >> 6));
  } else {
    if (c < 0x10000) {
      put(0xe0 | (c >> 12));
    } else {
      put(0xf0 | (c >> 18));
      put(0x80 | ((c >> 12) & 0x3f));
    }
    put(0x80 | ((c >> 6) & 0x3f));
  }
  put(0x80 | (c & 0x3f));
}

// Behind "\u" at the front of `rest`: appends the character and says how many bytes of `rest` it took.
std::size_t append_escape_u(std::string& out, std::string_view rest) {
  constexpr std::uint32_t kReplacement = 0xfffd;
  const auto first = hex4(rest);
  if (!first) return append_utf8(out, kReplacement), 0;
  if (*first >= 0xd800 && *first < 0xdc00 && rest.substr(4).starts_with("\\u")) {
    const auto second = hex4(rest.substr(6));
    if (second && *second >= 0xdc00 && *second < 0xe000) {
      append_utf8(out, 0x10000 + ((*first - 0xd800) << 10) + (*second - 0xdc00));
      return 10;
    }
  }
  append_utf8(out, *first >= 0xd800 && *first < 0xe000 ? kReplacement : *first);
  return 4;
}

// raw: with its quotes.
std::string unescape(std::string_view raw) {
  constexpr std::string_view kNamed = "bfnrt", kMeant = "\b\f\n\r\t";
  std::string out;
  raw = raw.substr(1, raw.size() - 2);
  for (std::size_t i = 0; i < raw.size(); ++i) {
    if (raw[i] != '\\' || i + 1 >= raw.size()) {
      out.push_back(raw[i]);
    } else if (raw[++i] == 'u') {
      i += append_escape_u(out, raw.substr(i + 1));
    } else {
      const std::size_t named = kNamed.find(raw[i]);
      out.push_back(named == std::string_view::npos ? raw[i] : kMeant[named]);
    }
  }
  return out;
}

}  // namespace

std::optional<std::string_view> json_member(std::string_view object, std::string_view name) {
  Scanner scanner(object);
  std::optional<std::string_view> found;
  scanner.members(0, [&](std::string_view raw, std::string_view value) {
    if (!found && unescape(raw) == name) found = value;
  });
  return scanner.ok() && scanner.at_end() ? found : std::nullopt;
}

std::string json_as_text(std::string_view value) {
  if (value.starts_with('"')) return value.size() < 2 ? std::string() : unescape(value);
  if (value == "null") return {};
  std::string out;
  const auto add = [&](const std::string& item) { out += (out.empty() ? "" : ", ") + item; };
  Scanner scanner(value);
  if (value.starts_with('[')) {
    scanner.elements(0, [&](std::string_view element) { add(json_as_text(element)); });
  } else if (value.starts_with('{')) {
    scanner.members(0, [&](std::string_view raw, std::string_view held) { add(unescape(raw) + "=" + json_as_text(held)); });
  } else {
    out = value;
  }
  return scanner.ok() ? out : std::string();
}

}  // namespace vedette::connectors
