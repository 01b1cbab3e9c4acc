#include "connectors/net/http_auth.h"

#include <algorithm>
#include <charconv>

#include "connectors/net/webhook_signature.h"

namespace vedette::connectors {
namespace {

constexpr std::size_t kMostIds = 65'536;
constexpr std::size_t kMostIdBytes = 256;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// What follows a scheme ("bearer ") that is written in any case; nothing when it is another.
std::optional<std::string_view> behind_scheme(std::string_view value, std::string_view scheme) {
  if (value.size() < scheme.size()) return std::nullopt;
  for (std::size_t i = 0; i < scheme.size(); ++i) {
    if (lower(value[i]) != scheme[i]) return std::nullopt;
  }
  return value.substr(scheme.size());
}

bool printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

bool header_name(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = lower(c);
  return out;
}

}  // namespace

HttpAuth::HttpAuth(const HttpAuthOptions& options)
    : kind_(options.kind),
      header_(lower(std::string_view(options.header))),
      tolerance_(options.tolerance.count() * kSecondUs),
      once_(options.once),
      secrets_(std::make_shared<Secrets>()) {}

Result<std::shared_ptr<HttpAuth>> HttpAuth::make(const HttpAuthOptions& options) {
  const std::shared_ptr<HttpAuth> auth(new HttpAuth(options));
  if (options.kind == HttpAuthKind::none) {
    if (!options.secrets.empty()) return Error{"secrets need a kind of authentication"};
    return auth;
  }
  if (options.kind == HttpAuthKind::api_key && !header_name(auth->header_)) {
    return Error{"an API key needs the name of its header, like X-API-Key"};
  }
  if (options.kind != HttpAuthKind::api_key && !options.header.empty()) return Error{"only an API key has a header of its own"};
  if (options.once && options.kind != HttpAuthKind::standard_webhooks) {
    return Error{"only signed webhooks have an id to tell repeats by"};
  }
  if (Status set = auth->set_secrets(options.secrets); !set) return set.error();
  return auth;
}

Status HttpAuth::set_secrets(const std::vector<std::string>& secrets) {
  if (kind_ == HttpAuthKind::none) return Error{"this endpoint has no authentication: nothing to replace"};
  auto fresh = std::make_shared<Secrets>();
  std::vector<std::string> whole;
  for (const std::string& secret : secrets) {
    if (secret.empty()) continue;
    if (kind_ == HttpAuthKind::standard_webhooks) {
      auto key = signing_key(secret);
      if (!key) return key.error();
      fresh->keys.push_back(std::move(*key));
    } else if (kind_ == HttpAuthKind::basic && secret.find(':') == std::string::npos) {
      return Error{"a secret of basic authentication is user:password"};
    } else {
      whole.push_back(secret);
    }
  }
  if (whole.empty() && fresh->keys.empty()) return Error{"at least one secret that is not empty is needed"};
  fresh->whole = SecretSet(whole);
  const std::lock_guard lock(mutex_);
  secrets_ = std::move(fresh);
  return {};
}

std::shared_ptr<const HttpAuth::Secrets> HttpAuth::secrets() const {
  const std::lock_guard lock(mutex_);
  return secrets_;
}

bool HttpAuth::admits_head(const HttpRequest& head, TimeUs now) const {
  if (kind_ == HttpAuthKind::none) return true;
  if (kind_ == HttpAuthKind::standard_webhooks) return plausible_webhook(head, now);
  const auto value = head.header(kind_ == HttpAuthKind::api_key ? std::string_view(header_) : "authorization");
  return value && admits_authorization(*value, secrets()->whole);
}

bool HttpAuth::admits_authorization(std::string_view value, const SecretSet& known) const {
  if (kind_ == HttpAuthKind::bearer) {
    const auto token = behind_scheme(value, "bearer ");
    return token && known.matches(*token);
  }
  if (kind_ == HttpAuthKind::basic) {
    const auto encoded = behind_scheme(value, "basic ");
    std::string user_and_password;
    return encoded && decode_base64(*encoded, user_and_password) && known.matches(user_and_password);
  }
  return known.matches(value);
}

// Everything but the signature itself, which needs the body.
bool HttpAuth::plausible_webhook(const HttpRequest& head, TimeUs now) const {
  const auto id = head.header("webhook-id");
  const auto timestamp = head.header("webhook-timestamp");
  if (!id || !timestamp || !head.header("webhook-signature")) return false;
  if (id->empty() || id->size() > kMostIdBytes || !printable(*id)) return false;
  std::int64_t seconds = 0;
  const auto parsed = std::from_chars(timestamp->data(), timestamp->data() + timestamp->size(), seconds);
  if (parsed.ec != std::errc{} || parsed.ptr != timestamp->data() + timestamp->size()) return false;
  if (seconds < 0 || seconds > INT64_MAX / kSecondUs / 2) return false;
  const DurationUs away = now - seconds * kSecondUs;
  return away <= tolerance_ && away >= -tolerance_;
}

bool HttpAuth::admits_body(const HttpRequest& request) const {
  if (kind_ != HttpAuthKind::standard_webhooks) return true;
  return webhook_signed(secrets()->keys, request.header("webhook-id").value_or(""),
                        request.header("webhook-timestamp").value_or(""), request.body,
                        request.header("webhook-signature").value_or(""));
}

HttpResponse HttpAuth::refusal() const {
  HttpResponse answer{401, "", "", {}};
  if (kind_ == HttpAuthKind::bearer) answer.headers.emplace_back("WWW-Authenticate", "Bearer");
  if (kind_ == HttpAuthKind::basic) answer.headers.emplace_back("WWW-Authenticate", "Basic realm=\"vedette\"");
  return answer;
}

bool HttpAuth::seen(const std::string& webhook_id, TimeUs now) {
  if (!once_) return false;
  const std::lock_guard lock(mutex_);
  while (!oldest_ids_.empty() && oldest_ids_.front().first < now) {
    ids_.erase(oldest_ids_.front().second);
    oldest_ids_.pop_front();
  }
  return ids_.contains(webhook_id);
}

void HttpAuth::remember(const std::string& webhook_id, TimeUs now) {
  if (!once_) return;
  const std::lock_guard lock(mutex_);
  // A timestamp may lie one tolerance ahead of us and is good for another one.
  const TimeUs until = now + 2 * tolerance_;
  if (!ids_.emplace(webhook_id, until).second) return;
  oldest_ids_.emplace_back(until, webhook_id);
  if (oldest_ids_.size() > kMostIds) {
    ids_.erase(oldest_ids_.front().second);
    oldest_ids_.pop_front();
  }
}

}  // namespace vedette::connectors
