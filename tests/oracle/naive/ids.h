// Digests, buckets and alert ids, from the bytes that the formats document lays down. Pure.
#pragma once

#include <string>
#include <vector>

#include "tests/oracle/naive/model.h"

namespace vedette::naive {

// The first 16 bytes, in hex, of SHA-256 over the parts, each behind its length.
std::string digest_id(const std::vector<std::string>& parts);

std::string event_alert_id(const std::string& tenant, const std::string& rule, const std::string& source,
                           const std::string& event);
std::string alert_id(const std::string& tenant, const std::string& rule, Micros period, const std::vector<std::string>& by,
                     const std::string& bucket);

// The bucket of a trigger at t: a number in decimal, or @ and the trigger's event id for period 0.
std::string bucket_of(Micros t, const std::string& event, const std::string& tenant, const std::string& rule, Micros period,
                      const std::vector<std::string>& by);

}  // namespace vedette::naive
