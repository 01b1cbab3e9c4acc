#include "app/service/evidence.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace vedette::app {

namespace {

using connectors::HttpResponse;

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

// "%3A" and "+" of a query; nothing when a % is not followed by two hex digits.
std::optional<std::string> decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i] == '+' ? ' ' : text[i];
      continue;
    }
    if (i + 2 >= text.size() || hex_value(text[i + 1]) < 0 || hex_value(text[i + 2]) < 0) return std::nullopt;
    out += static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2]));
    i += 2;
  }
  return out;
}

// The value of a parameter; empty when it is absent.
std::optional<std::string> parameter(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(pair.size() + 1, query.size()));
    if (pair.substr(0, pair.find('=')) == name && pair.size() > name.size()) return decoded(pair.substr(name.size() + 1));
  }
  return std::string();
}

HttpResponse text(int status, std::string message) { return {status, std::move(message), "text/plain", {}}; }

}  // namespace

std::string evidence_key(std::string_view tenant, std::string_view source_type, std::string_view id) {
  return fmt::format("{}\n{}\n{}", tenant, source_type, id);
}

HttpResponse evidence_response(const connectors::Store& store, std::string_view query) {
  const auto event = parameter(query, "event"), tenant = parameter(query, "tenant");
  const std::size_t colon = event ? event->find(':') : std::string::npos;
  if (!tenant || colon == std::string::npos)
    return text(400, "ask for ?event=okta:7f3c, as an alert names it, and &tenant=NAME unless it is default\n");
  bool truncated = false;
  const std::string_view named = *event;
  auto body = store.evidence(evidence_key(tenant->empty() ? "default" : *tenant, named.substr(0, colon), named.substr(colon + 1)),
                             &truncated);
  if (!body) return text(404, "no such event is kept: it matched no rule, or it is older than `store: {evidence: ...}` keeps\n");
  HttpResponse response{200, std::move(*body), "application/octet-stream", {}};
  if (truncated) response.headers.emplace_back("X-Vedette-Truncated", "true");
  return response;
}

}  // namespace vedette::app
