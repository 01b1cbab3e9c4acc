// Addresses of which nothing is known; enough to compile rules that enrich. Test code only.
#pragma once

#include <string>
#include <vector>

#include "engine/plan/value_table.h"

namespace vedette::tests {

class NoAddresses final : public plan::ValueTable {
 public:
  [[nodiscard]] const std::vector<std::string>& columns() const override { return columns_; }
  [[nodiscard]] bool find(std::string_view, std::uint32_t, std::string&) const override { return false; }
  [[nodiscard]] const std::string& content_hash() const override { return hash_; }

 private:
  std::vector<std::string> columns_ = {"country", "city", "asn", "organization", "location"};
  std::string hash_ = "0000000000000000";
};

}  // namespace vedette::tests
