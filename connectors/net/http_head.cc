#include "connectors/net/http_head.h"

#include <algorithm>
#include <string>

namespace vedette::connectors {
namespace {

constexpr std::string_view kLineEnd = "\r\n";
constexpr std::string_view kHeadEnd = "\r\n\r\n";

bool token_char(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

bool is_token(std::string_view text) { return !text.empty() && std::all_of(text.begin(), text.end(), token_char); }

bool is_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

// The headers that say where a request ends, and whom it is for.
struct Framing {
  int lengths = 0, codings = 0, hosts = 0;
};

std::optional<std::string_view> look_at_header(std::string_view line, Framing& seen) {
  if (line.front() == ' ' || line.front() == '\t') return "a header line is folded";
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) return "a header has no proper name";
  const std::string name = lower(line.substr(0, colon));
  const std::string_view value = trimmed(line.substr(colon + 1));
  if (name == "content-length") {
    ++seen.lengths;
    if (!is_digits(value)) return "Content-Length is not a number";
  } else if (name == "transfer-encoding") {
    ++seen.codings;
    if (lower(value) != "chunked") return "only the transfer coding chunked is understood";
  } else if (name == "host") {
    ++seen.hosts;
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::size_t> head_length(std::string_view bytes, std::size_t from) {
  const std::size_t end = bytes.find(kHeadEnd, from < kHeadEnd.size() ? 0 : from - kHeadEnd.size());
  if (end == std::string_view::npos) return std::nullopt;
  return end + kHeadEnd.size();
}

std::optional<std::string_view> objection_to_bytes(std::string_view bytes, std::size_t from) {
  if (!bytes.empty() && !token_char(bytes.front())) return "it does not begin with a method";
  for (std::size_t i = from; i < bytes.size(); ++i) {
    const auto c = static_cast<unsigned char>(bytes[i]);
    if (c >= 0x20 && c != 0x7f) continue;
    if (c == '\n' && i > 0 && bytes[i - 1] == '\r') continue;
    if (c == '\t' || (c == '\r' && i + 1 == bytes.size())) continue;
    if (c == '\r' && bytes[i + 1] == '\n') continue;
    return "there is a control character in its head";
  }
  return std::nullopt;
}

std::optional<std::string_view> objection_to_head(std::string_view head) {
  const std::size_t first = head.find(kLineEnd);
  const std::string_view request_line = head.substr(0, first);
  const bool old = request_line.ends_with(" HTTP/1.0");
  if (std::count(request_line.begin(), request_line.end(), ' ') != 2 || (!old && !request_line.ends_with(" HTTP/1.1"))) {
    return "its first line is not METHOD TARGET HTTP/1.1";
  }
  Framing seen;
  for (std::size_t at = first + kLineEnd.size(); at < head.size();) {
    const std::size_t end = head.find(kLineEnd, at);
    if (end == at || end == std::string_view::npos) break;
    if (auto objection = look_at_header(head.substr(at, end - at), seen)) return objection;
    at = end + kLineEnd.size();
  }
  if (seen.lengths > 1) return "Content-Length is repeated";
  if (seen.codings > 1) return "Transfer-Encoding is repeated";
  if (seen.lengths > 0 && seen.codings > 0) return "Content-Length and Transfer-Encoding exclude each other";
  if (seen.codings > 0 && old) return "HTTP/1.0 has no Transfer-Encoding";
  if (seen.hosts > 1) return "Host is repeated";
  return std::nullopt;
}

}  // namespace vedette::connectors
