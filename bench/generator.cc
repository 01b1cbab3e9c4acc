#include "bench/generator.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <string_view>

namespace vedette::bench {
namespace {

struct Kind {
  const char* type;
  const char* message;
  int weight;  // per mille
};

// The tail stands for some forty further types of a real tenant.
constexpr Kind kKinds[] = {
    {"user.authentication.sso", "User single sign on to app", 250},
    {"policy.evaluate_sign_on", "Evaluation of sign-on policy", 130},
    {"user.session.start", "User login to Okta", 130},
    {"user.authentication.auth_via_mfa", "Authentication of user via MFA", 85},
    {"user.authentication.verify", "Verify user identity", 60},
    {"app.oauth2.token.grant.access_token", "OAuth2 access token is granted", 50},
    {"user.session.end", "User logout from Okta", 40},
    {"system.push.send_factor_verify_push", "Send Okta Verify push notification", 35},
    {"app.oauth2.as.authorize", "OAuth2 authorization request", 30},
    {"group.user_membership.add", "Add user to group membership", 25},
    {"application.user_membership.add", "Add user to application membership", 25},
    {"user.account.update_profile", "Update user profile for Okta", 20},
    {"app.generic.unauth_app_access_attempt", "User attempted unauthorized access to app", 15},
    {"user.account.lock", "Max sign in attempts exceeded", 8},
    {"user.account.update_password", "User update password for Okta", 8},
    {"user.mfa.factor.activate", "Activate factor or authenticator enrollment for user", 8},
    {"user.mfa.factor.deactivate", "Reset factor or authenticator enrollment for user", 5},
    {"user.account.reset_password", "Fired when the user's Okta password is reset", 5},
    {"system.api_token.create", "Create API token", 1},
    {"policy.rule.update", "Update policy rule", 2},
    {"user.account.privilege.grant", "Grant user privilege", 1},
    {"security.threat.detected", "Request from suspicious actor", 3},
    {"user.session.access_admin_app", "User accessing Okta admin app", 14},
    {"user.lifecycle.create", "Create Okta user", 10},
    {"user.lifecycle.activate", "Activate Okta user", 10},
    {"system.email.send_factor_verify_message", "Send factor verification email", 10},
    {"user.credential.enroll", "User credential enrolled", 10},
    {"device.user.add", "Add device to user", 10},
};

constexpr const char* kApps[] = {"Slack", "GitHub Enterprise", "Payroll Europe", "AWS Console",
                                 "Zoom",  "Google Workspace",  "Jira",           "Salesforce"};
constexpr const char* kCities[] = {"Berlin", "Paris", "Toronto", "Osaka", "Austin", "Leeds", "Porto", "Oslo"};
constexpr const char* kCountries[] = {"Germany",       "France",         "Canada",   "Japan",
                                      "United States", "United Kingdom", "Portugal", "Norway"};
constexpr const char* kReasons[] = {"INVALID_CREDENTIALS", "LOCKED_OUT", "VERIFICATION_ERROR"};

std::string ip_of(std::size_t n) { return fmt::format("198.{}.{}.{}", 18 + (n >> 16 & 1), n >> 8 & 255, n & 255); }

}  // namespace

OktaLoad::OktaLoad(LoadOptions options) : options_(options), random_(options.seed), now_(options.start) {
  double sum = 0;
  zipf_.reserve(options_.users);
  for (std::size_t i = 0; i < options_.users; ++i) zipf_.push_back(sum += 1.0 / static_cast<double>(i + 1));
}

std::size_t OktaLoad::pick_user() {
  if (!options_.zipf) return random_() % options_.users;
  const double at = std::uniform_real_distribution<double>(0, zipf_.back())(random_);
  return static_cast<std::size_t>(std::lower_bound(zipf_.begin(), zipf_.end(), at) - zipf_.begin());
}

std::string OktaLoad::hex(std::size_t digits) {
  std::string out;
  while (out.size() < digits) out += fmt::format("{:016x}", random_());
  out.resize(digits);
  return out;
}

void OktaLoad::append_client(std::string& out, std::size_t user) {
  const std::size_t place = user % std::size(kCities);
  fmt::format_to(
      std::back_inserter(out),
      R"("client":{{"userAgent":{{"rawUserAgent":"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_{}) AppleWebKit/537.36 )"
      R"((KHTML, like Gecko) Chrome/1{}.0.0.0 Safari/537.36","os":"Mac OS X","browser":"CHROME"}},"zone":"null",)"
      R"("device":"Computer","id":null,"ipAddress":"{}","geographicalContext":{{"city":"{}","state":null,"country":"{}",)"
      R"("postalCode":"{}","geolocation":{{"lat":{:.4f},"lon":{:.4f}}}}}}},)",
      user % 8, 20 + user % 10, ip_of(user % 131'072), kCities[place], kCountries[place], 10'000 + user % 89'999,
      40.0 + static_cast<double>(place), static_cast<double>(place) * 3.5);
}

void OktaLoad::append_debug(std::string& out) {
  const bool fresh = random_() % 20 == 0;
  fmt::format_to(
      std::back_inserter(out),
      R"("debugContext":{{"debugData":{{"requestId":"{}","dtHash":"{}","requestUri":"/idp/idx/identify","threatSuspected":"false",)"
      R"("url":"/idp/idx/identify?state={}","deviceFingerprint":"{}","authnRequestId":"{}","factor":"OKTA_VERIFY_PUSH",)"
      R"("behaviors":"{{New Geo-Location=NEGATIVE, New Device={}, New IP={}, New State=NEGATIVE, New Country=NEGATIVE, )"
      R"(Velocity=NEGATIVE}}","risk":"{{level={}}}","logOnlySecurityData":"{{\"risk\":{{\"level\":\"LOW\"}},\"behaviors\":)"
      R"({{\"New Device\":\"{}\",\"New IP\":\"NEGATIVE\"}}}}","traceId":"{}","authenticationClassRef":"urn:okta:loa:1fa:any")",
      hex(22), hex(64), hex(24), hex(32), hex(24), fresh ? "POSITIVE" : "NEGATIVE", fresh ? "POSITIVE" : "NEGATIVE",
      fresh ? "MEDIUM" : "LOW", fresh ? "POSITIVE" : "NEGATIVE", hex(24));
  for (std::size_t i = random_() % 6; i > 0; --i) fmt::format_to(std::back_inserter(out), R"(,"detail{}":"{}")", i, hex(20));
  out += "}},";
}

void OktaLoad::append_targets(std::string& out, std::string_view type, std::size_t user) {
  const std::size_t app = random_() % std::size(kApps);
  if (type == "user.authentication.sso" || type.starts_with("app")) {
    fmt::format_to(
        std::back_inserter(out),
        R"("target":[{{"id":"0oa{:017}","type":"AppInstance","alternateId":"{}","displayName":"{}","detailEntry":null}},)"
        R"({{"id":"0ua{:017}","type":"AppUser","alternateId":"user{}@acme.example","displayName":"User {}","detailEntry":null}}])",
        app, kApps[app], kApps[app], user, user, user);
    return;
  }
  fmt::format_to(
      std::back_inserter(out),
      R"("target":[{{"id":"00u{:017}","type":"User","alternateId":"user{}@acme.example","displayName":"User {}","detailEntry":null}}])",
      user, user, user);
}

void OktaLoad::append_event(std::string& out) {
  const std::size_t user = pick_user();
  int at = static_cast<int>(random_() % 1000);
  const Kind* kind = std::begin(kKinds);
  while (kind + 1 != std::end(kKinds) && at >= kind->weight) at -= (kind++)->weight;
  const bool failed = static_cast<int>(random_() % 1000) < options_.failures_per_mille;
  const std::string_view type = options_.only.empty() ? std::string_view(kind->type) : std::string_view(options_.only);
  now_ += static_cast<DurationUs>(random_() % static_cast<std::uint64_t>(2 * options_.step));

  fmt::format_to(
      std::back_inserter(out),
      R"({{"actor":{{"id":"00u{:017}","type":"User","alternateId":"user{}@acme.example","displayName":"User {}","detailEntry":null}},)",
      user, user, user);
  append_client(out, user);
  fmt::format_to(
      std::back_inserter(out),
      R"("device":null,"authenticationContext":{{"authenticationProvider":null,"credentialProvider":null,"credentialType":null,)"
      R"("issuer":null,"interface":null,"authenticationStep":0,"rootSessionId":"{}","externalSessionId":"{}"}},)"
      R"("displayMessage":"{}","eventType":"{}","outcome":{{"result":"{}","reason":{}}},"published":"{}",)"
      R"("securityContext":{{"asNumber":{},"asOrg":"example networks","isp":"example networks","domain":"example.net","isProxy":{}}},)"
      R"("severity":"{}",)",
      hex(25), hex(25), kind->message, type, failed ? "FAILURE" : "SUCCESS",
      failed ? fmt::format("\"{}\"", kReasons[random_() % std::size(kReasons)]) : "null", format_rfc3339(now_ / 1000 * 1000),
      1000 + user % 60'000, random_() % 50 == 0 ? "true" : "false", failed ? "WARN" : "INFO");
  append_debug(out);
  fmt::format_to(std::back_inserter(out),
                 R"("legacyEventType":"core.{}","transaction":{{"type":"WEB","id":"{}","detail":{{}}}},)", type, hex(27));
  const std::string uuid = hex(32);
  fmt::format_to(std::back_inserter(out),
                 R"("uuid":"{}-{}-{}-{}-{}","version":"0","request":{{"ipChain":[{{"ip":"{}","geographicalContext":)"
                 R"({{"city":"{}","country":"{}"}},"version":"V4","source":null}}]}},)",
                 uuid.substr(0, 8), uuid.substr(8, 4), uuid.substr(12, 4), uuid.substr(16, 4), uuid.substr(20, 12),
                 ip_of(user % 131'072), kCities[user % std::size(kCities)], kCountries[user % std::size(kCountries)]);
  append_targets(out, type, user);
  out += '}';
}

std::string OktaLoad::ndjson(std::size_t count) {
  std::string out;
  out.reserve(count * 2300);
  for (std::size_t i = 0; i < count; ++i) {
    append_event(out);
    out += '\n';
  }
  return out;
}

}  // namespace vedette::bench
