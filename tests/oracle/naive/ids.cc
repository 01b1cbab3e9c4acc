#include "tests/oracle/naive/ids.h"

#include <openssl/sha.h>

#include <array>

namespace vedette::naive {
namespace {

std::array<unsigned char, SHA256_DIGEST_LENGTH> sha256_of_parts(const std::vector<std::string>& parts) {
  std::string bytes;
  for (const std::string& part : parts) {
    for (unsigned shift = 0; shift < 32; shift += 8) bytes += static_cast<char>((part.size() >> shift) & 0xff);
    bytes += part;
  }
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest.data());
  return digest;
}

Micros phase_of(const std::string& tenant, const std::string& rule, Micros period, const std::vector<std::string>& by) {
  if (period < 6 * kHour) return 0;
  std::vector<std::string> parts = {tenant, rule};
  parts.insert(parts.end(), by.begin(), by.end());
  const auto digest = sha256_of_parts(parts);
  std::uint64_t number = 0;
  for (std::size_t i = 8; i-- > 0;) number = number * 256 + digest[i];
  return static_cast<Micros>(number % static_cast<std::uint64_t>(period));
}

}  // namespace

std::string digest_id(const std::vector<std::string>& parts) {
  const auto digest = sha256_of_parts(parts);
  const std::string hex = "0123456789abcdef";
  std::string out;
  for (std::size_t i = 0; i < 16; ++i) {
    out += hex[digest[i] / 16];
    out += hex[digest[i] % 16];
  }
  return out;
}

std::string event_alert_id(const std::string& tenant, const std::string& rule, const std::string& source,
                           const std::string& event) {
  return digest_id({"vedette.event-alert.v1", tenant, rule, source, event});
}

std::string alert_id(const std::string& tenant, const std::string& rule, Micros period, const std::vector<std::string>& by,
                     const std::string& bucket) {
  std::vector<std::string> parts = {"vedette.alert.v1", tenant, rule, std::to_string(period)};
  parts.insert(parts.end(), by.begin(), by.end());
  parts.push_back(bucket);
  return digest_id(parts);
}

std::string bucket_of(Micros t, const std::string& event, const std::string& tenant, const std::string& rule, Micros period,
                      const std::vector<std::string>& by) {
  if (period == 0) return "@" + event;
  const Micros shifted = t - phase_of(tenant, rule, period, by);
  Micros bucket = shifted / period;
  if (bucket * period > shifted) --bucket;  // division truncates toward zero; buckets are floors
  return std::to_string(bucket);
}

}  // namespace vedette::naive
