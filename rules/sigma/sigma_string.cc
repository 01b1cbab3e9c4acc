#include "rules/sigma/sigma_string.h"

#include <fmt/format.h>

#include <array>

#include "engine/base/utf8.h"

namespace vedette::rules {
namespace {

using plan::Piece;
using plan::PieceKind;

constexpr std::size_t kMaxExpansions = 100'000;
constexpr std::size_t kMaxDashes = 5;

void append_literal(SigmaString& out, std::string_view text) {
  if (text.empty()) return;
  if (out.empty() || out.back().kind != PieceKind::literal) out.push_back({PieceKind::literal, {}});
  out.back().text += text;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_placeholder_character(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-' || c == '.';
}

constexpr std::array<std::string_view, 5> kDashes = {"-", "/", "\xE2\x80\x93", "\xE2\x80\x94", "\xE2\x80\x95"};

// Length of the dash at text[at], or 0.
std::size_t dash_at(std::string_view text, std::size_t at) {
  for (const std::string_view dash : kDashes) {
    if (text.substr(at).starts_with(dash)) return dash.size();
  }
  return 0;
}

bool is_word_character(std::string_view text, std::size_t at) {
  const auto c = static_cast<unsigned char>(text[at]);
  if (c >= 0x80) return dash_at(text, at) == 0;
  return is_digit(text[at]) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

struct DashPlace {
  std::size_t piece, offset, length;
};

// Dashes of a literal that begin a word: nothing of a word before, a word character after.
void find_dashes(const std::string& text, std::size_t piece, std::vector<DashPlace>& out) {
  bool after_word = false;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t dash = dash_at(text, at);
    if (dash > 0 && !after_word && at + dash < text.size() && is_word_character(text, at + dash)) {
      out.push_back({piece, at, dash});
    }
    after_word = dash == 0 && is_word_character(text, at);
    at += dash > 0 ? dash : decode_utf8(text, at).length;
  }
}

}  // namespace

SigmaString parse_sigma_string(std::string_view text) {
  SigmaString out;
  std::size_t literal = 0;  // where the pending literal run begins
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '\\' && at + 1 < text.size() && (text[at + 1] == '*' || text[at + 1] == '?' || text[at + 1] == '\\')) {
      append_literal(out, text.substr(literal, at - literal));
      literal = ++at;  // the escaped character begins the next run
    } else if (c == '*' || c == '?') {
      append_literal(out, text.substr(literal, at - literal));
      append_pieces(out, {{c == '*' ? PieceKind::any_many : PieceKind::any_one, {}}});
      literal = at + 1;
    }
  }
  append_literal(out, text.substr(std::min(literal, text.size())));
  return out;
}

void append_pieces(SigmaString& out, const SigmaString& tail) {
  for (const Piece& piece : tail) {
    if (piece.kind == PieceKind::literal) {
      append_literal(out, piece.text);
    } else if (piece.kind != PieceKind::any_many || out.empty() || out.back().kind != PieceKind::any_many) {
      out.push_back(piece);
    }
  }
}

bool has_wildcards(const SigmaString& text) {
  return text.size() > 1 || (text.size() == 1 && text.front().kind != PieceKind::literal);
}

std::string_view literal_of(const SigmaString& text) {
  return text.size() == 1 && text.front().kind == PieceKind::literal ? std::string_view(text.front().text) : std::string_view();
}

bool is_canonical_number(std::string_view text) {
  std::size_t at = 0;
  const auto digits = [&] {
    const std::size_t begin = at;
    while (at < text.size() && is_digit(text[at])) ++at;
    return at - begin;
  };
  if (at < text.size() && text[at] == '-') ++at;
  const bool leading_zero = at < text.size() && text[at] == '0';
  const std::size_t whole = digits();
  if (whole == 0 || (leading_zero && whole > 1)) return false;
  if (at < text.size() && text[at] == '.') {
    ++at;
    if (digits() == 0) return false;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
    if (digits() == 0) return false;
  }
  return at == text.size();
}

Result<std::string> decimal_text(std::string_view text) {
  std::string out;
  std::string_view rest = text;
  if (rest.starts_with('+') || rest.starts_with('-')) {
    if (rest.front() == '-') out = "-";
    rest.remove_prefix(1);
  }
  while (rest.size() > 1 && rest.front() == '0' && is_digit(rest[1])) rest.remove_prefix(1);
  out += rest;
  if (!is_canonical_number(out) || out.size() > 64) return Error{fmt::format("`{}` is not a number", text)};
  return out;
}

Expansion expand_placeholders(std::string_view text, const ListLookup& lists) {
  Expansion out;
  out.strings.emplace_back();
  std::string literal;  // still escaped
  const auto flush = [&] {
    const SigmaString parsed = parse_sigma_string(literal);
    for (SigmaString& string : out.strings) append_pieces(string, parsed);
    literal.clear();
  };
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '\\' && at + 1 < text.size()) {
      if (text[at + 1] != '%') literal += text[at];
      literal += text[++at];
      continue;
    }
    std::size_t end = at + 1;
    while (end < text.size() && is_placeholder_character(text[end])) ++end;
    if (text[at] != '%' || end == at + 1 || end >= text.size() || text[end] != '%') {
      literal += text[at];
      continue;
    }
    flush();
    out.any_placeholder = true;
    const std::string_view name = text.substr(at + 1, end - at - 1);
    const std::vector<std::string>* values = lists(name);
    if (values == nullptr) {
      out.unknown_list = name;
      out.offset = at;
      return out;
    }
    std::vector<SigmaString> product;
    for (const SigmaString& string : out.strings) {
      for (const std::string& value : *values) {
        if (product.size() >= kMaxExpansions) break;
        product.push_back(string);
        append_pieces(product.back(), parse_sigma_string(value));
      }
    }
    out.strings = std::move(product);
    at = end;
  }
  flush();
  return out;
}

Result<std::vector<SigmaString>> dash_permutations(const SigmaString& text) {
  std::vector<DashPlace> places;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i].kind == PieceKind::literal) find_dashes(text[i].text, i, places);
  }
  if (places.size() > kMaxDashes) return Error{fmt::format("`windash` on {} dashes gives too many permutations", places.size())};
  std::vector<SigmaString> out = {text};
  // From the last place to the first, so that offsets stay right.
  for (auto place = places.rbegin(); place != places.rend(); ++place) {
    std::vector<SigmaString> next;
    for (const SigmaString& string : out) {
      for (const std::string_view dash : kDashes) {
        next.push_back(string);
        next.back()[place->piece].text.replace(place->offset, place->length, dash);
      }
    }
    out = std::move(next);
  }
  return out;
}

std::string base64(std::string_view bytes) {
  static constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    std::uint32_t group = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      group = group << 8 | (at + i < bytes.size() ? static_cast<unsigned char>(bytes[at + i]) : 0U);
    }
    const std::size_t have = std::min<std::size_t>(3, bytes.size() - at);
    for (std::size_t i = 0; i < 4; ++i) out += i <= have ? kAlphabet[group >> (18 - 6 * i) & 63U] : '=';
  }
  return out;
}

std::vector<std::string> base64_offsets(std::string_view bytes) {
  static constexpr std::array<std::size_t, 3> kSkip = {0, 2, 3};  // characters that the bytes before share
  static constexpr std::array<std::size_t, 3> kDrop = {0, 3, 2};  // characters that the bytes behind share, with padding
  std::vector<std::string> out;
  for (std::size_t shift = 0; shift < 3; ++shift) {
    const std::string encoded = base64(std::string(shift, ' ') + std::string(bytes));
    const std::size_t drop = kDrop[(bytes.size() + shift) % 3];
    const std::size_t used = kSkip[shift] + drop;
    out.push_back(encoded.size() > used ? encoded.substr(kSkip[shift], encoded.size() - used) : std::string());
  }
  return out;
}

std::string utf16_bytes(std::string_view utf8, bool big_endian, bool mark) {
  std::string out;
  const auto put = [&](std::uint32_t unit) {
    const char high = static_cast<char>(static_cast<unsigned char>(unit >> 8 & 0xFFU));
    const char low = static_cast<char>(static_cast<unsigned char>(unit & 0xFFU));
    out += big_endian ? high : low;
    out += big_endian ? low : high;
  };
  if (mark) put(0xFEFF);
  for (std::size_t at = 0; at < utf8.size();) {
    const CodePoint point = decode_utf8(utf8, at);
    at += point.length;
    if (point.value < 0x10000) {
      put(point.value);
    } else {
      put(0xD800 + ((point.value - 0x10000) >> 10));
      put(0xDC00 + ((point.value - 0x10000) & 0x3FF));
    }
  }
  return out;
}

}  // namespace vedette::rules
