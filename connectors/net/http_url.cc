#include <charconv>

#include "connectors/net/http_client.h"

namespace vedette::connectors {
namespace {

bool host_character(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_'; }

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

// "host", "host:8443", "[::1]:8443" into the URL's parts.
Status read_authority(std::string_view authority, HttpUrl& url) {
  std::string_view rest;
  if (authority.starts_with('[')) {
    const std::size_t end = authority.find(']');
    if (end == std::string_view::npos) return Error{"has a `[` without its `]`"};
    url.host = lower(authority.substr(1, end - 1));
    rest = authority.substr(end + 1);
    if (url.host.find_first_not_of("0123456789abcdef:.") != std::string::npos)
      return Error{"has no IPv6 address in its brackets"};
  } else {
    const std::size_t colon = authority.find(':');
    url.host = lower(authority.substr(0, colon));
    rest = colon == std::string_view::npos ? std::string_view() : authority.substr(colon);
    for (const char c : url.host) {
      if (!host_character(c)) return Error{"has a character in its host that belongs in none"};
    }
  }
  if (url.host.empty()) return Error{"has no host"};
  url.port = url.tls ? 443 : 80;
  if (rest.empty()) return {};
  const char* end = rest.data() + rest.size();
  const auto [stop, code] = std::from_chars(rest.data() + 1, end, url.port);
  if (rest.front() != ':' || code != std::errc() || stop != end || url.port == 0) return Error{"has no port between 1 and 65535"};
  return {};
}

}  // namespace

Result<HttpUrl> parse_http_url(std::string_view text) {
  const auto wrong = [](std::string_view what) { return Error{std::string(what), "url"}; };
  for (const char c : text) {
    if (c <= ' ' || c >= 0x7f) return wrong("has a blank, a control character or one beyond ASCII; write it as %XX");
  }
  HttpUrl url;
  const std::size_t scheme = text.find("://");
  const std::string name = scheme == std::string_view::npos ? std::string() : lower(text.substr(0, scheme));
  if (name != "https" && name != "http") return wrong("must begin with https://");
  url.tls = name == "https";
  const std::string_view rest = text.substr(scheme + 3);
  const std::size_t end = rest.find_first_of("/?#\\");
  const std::string_view authority = rest.substr(0, end);
  const std::string_view target = end == std::string_view::npos ? std::string_view() : rest.substr(end);
  if (authority.find('@') != std::string_view::npos) return wrong("must not hold a user or password; use a header");
  if (target.find_first_of("#\\") != std::string_view::npos) return wrong("must not hold `#` or `\\`");
  if (Status read = read_authority(authority, url); !read.ok()) return wrong(read.error().message);
  url.authority = lower(authority);
  url.target = target.starts_with('/') ? std::string(target) : "/" + std::string(target);
  return url;
}

}  // namespace vedette::connectors
