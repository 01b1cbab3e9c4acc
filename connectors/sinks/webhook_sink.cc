#include "connectors/sinks/webhook_sink.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "connectors/net/webhook_signature.h"

namespace vedette::connectors {
namespace {

constexpr std::chrono::hours kLongestWait{24 * 365};

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

// Characters of a header's name (RFC 9110, token).
bool token(std::string_view text) {
  constexpr std::string_view kOthers = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           kOthers.find(c) != std::string_view::npos;
  });
}

Status check_header(const std::string& name, const std::string& value) {
  static constexpr std::array<std::string_view, 8> kOurs = {"host",       "content-length",    "transfer-encoding", "connection",
                                                            "webhook-id", "webhook-timestamp", "webhook-signature", "expect"};
  if (!token(name)) return Error{"is no name of a header", name};
  if (std::find(kOurs.begin(), kOurs.end(), lower(name)) != kOurs.end()) return Error{"is set by the sink itself", name};
  for (const char c : value) {
    if ((static_cast<unsigned char>(c) < ' ' && c != '\t') || c == 0x7f)
      return Error{"has a control character in its value", name};
  }
  return {};
}

std::optional<std::int64_t> number(std::string_view text) {
  std::int64_t out = 0;
  const auto [stop, code] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (text.empty() || code != std::errc() || stop != text.data() + text.size() || out < 0) return std::nullopt;
  return out;
}

// "Sun, 06 Nov 1994 08:49:37 GMT"
std::optional<TimeUs> parse_http_date(std::string_view text) {
  constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
  if (text.size() != 29 || text.substr(3, 2) != ", " || text.substr(25) != " GMT") return std::nullopt;
  const std::size_t month = kMonths.find(text.substr(8, 3));
  if (month == std::string_view::npos || month % 3 != 0) return std::nullopt;
  CivilTime civil;
  civil.month = static_cast<int>(month / 3) + 1;
  for (const auto& [field, at, size] : {std::tuple{&civil.day, 5, 2},
                                        {&civil.year, 12, 4},
                                        {&civil.hour, 17, 2},
                                        {&civil.minute, 20, 2},
                                        {&civil.second, 23, 2}}) {
    const auto value = number(text.substr(static_cast<std::size_t>(at), static_cast<std::size_t>(size)));
    if (!value) return std::nullopt;
    *field = static_cast<int>(*value);
  }
  return valid_civil(civil) ? std::optional(from_civil(civil)) : std::nullopt;
}

}  // namespace

std::chrono::milliseconds parse_retry_after(std::string_view value, TimeUs now) {
  constexpr std::int64_t kMost = std::chrono::seconds(kLongestWait).count();
  if (const auto seconds = number(value)) return std::chrono::seconds(std::min(*seconds, kMost));
  const auto date = parse_http_date(value);
  if (!date || *date <= now) return {};
  return std::chrono::milliseconds(std::min((*date - now) / 1000, kMost * 1000));
}

Result<std::unique_ptr<WebhookSink>> WebhookSink::make(WebhookSinkOptions options) {
  const auto wrong = [&](const Error& error) { return Error{error.to_string(), options.name}; };
  for (const auto& [name, value] : options.headers) {
    if (Status fit = check_header(name, value); !fit.ok()) return wrong(fit.error());
  }
  std::vector<std::string> keys;
  for (const std::string& secret : options.secrets) {
    auto key = signing_key(secret);
    if (!key.ok()) return wrong(Error{key.error().message, fmt::format("secret {}", keys.size() + 1)});
    keys.push_back(std::move(*key));
  }
  auto body = AlertTemplate::parse(options.body.empty() ? "{{alert}}" : options.body);
  if (!body.ok()) return wrong(body.error());
  auto client = HttpClient::make(options.url, options.http);
  if (!client.ok()) return wrong(client.error());
  return std::unique_ptr<WebhookSink>(new WebhookSink(std::move(options), std::move(*client), std::move(keys), std::move(*body)));
}

WebhookSink::WebhookSink(WebhookSinkOptions options, std::unique_ptr<HttpClient> client, std::vector<std::string> keys,
                         AlertTemplate body)
    : options_(std::move(options)), client_(std::move(client)), keys_(std::move(keys)), body_(std::move(body)) {}

Delivery WebhookSink::deliver(std::span<const OutboxAlert> alerts) {
  for (std::size_t i = 0; i < alerts.size(); ++i) {
    Delivery delivery = deliver_one(alerts[i]);
    if (delivery.next != Delivery::Next::done) {
      delivery.delivered = i;
      return delivery;
    }
  }
  return {.delivered = alerts.size()};
}

Delivery WebhookSink::deliver_one(const OutboxAlert& alert) {
  const auto body = body_.render(alert.json);
  if (!body.ok()) return {.next = Delivery::Next::rejected, .reason = body.error().to_string()};
  const auto answer = client_->send("POST", headers_of(alert, *body), *body);
  if (!answer.ok()) return {.next = Delivery::Next::retry, .reason = answer.error().to_string()};
  return judge(*answer);
}

HttpClient::Headers WebhookSink::headers_of(const OutboxAlert& alert, const std::string& body) const {
  const std::string id = fmt::format("{}.{}", alert.alert_id, alert.revision);
  const std::string seconds = std::to_string(floor_div(options_.now(), kSecondUs));
  HttpClient::Headers out = {{"Content-Type", options_.content_type}};
  out.insert(out.end(), options_.headers.begin(), options_.headers.end());
  out.emplace_back("webhook-id", id);
  out.emplace_back("webhook-timestamp", seconds);
  std::string signatures;
  for (const std::string& key : keys_) signatures += (signatures.empty() ? "" : " ") + sign_webhook(key, id, seconds, body);
  if (!keys_.empty()) out.emplace_back("webhook-signature", signatures);
  return out;
}

// The answer's text is the other side's and goes nowhere.
Delivery WebhookSink::judge(const HttpAnswer& answer) const {
  const int status = answer.status;
  if (status / 100 == 2) return {};
  const bool passes = status == 408 || status == 425 || status == 429 || status / 100 == 5;
  const std::string_view why = status / 100 == 3 ? "; redirects are not followed, give the address it leads to"
                               : status == 410   ? ": the receiver says that it is gone"
                                                 : "";
  Delivery out{.next = passes ? Delivery::Next::retry : Delivery::Next::rejected,
               .reason = fmt::format("answered {}{}", status, why)};
  if (const auto asked = answer.header("retry-after"); passes && asked) out.wait = parse_retry_after(*asked, options_.now());
  return out;
}

}  // namespace vedette::connectors
