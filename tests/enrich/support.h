// Databases made for a test, and rules run over events with tables and databases. One thread.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "rules/sigma/load.h"
#include "tests/enrich/mmdb_writer.h"

namespace vedette::test {

// A folder that is gone with the object.
class Folder {
 public:
  Folder();
  ~Folder();
  [[nodiscard]] std::string file(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

// Paris 203.0.113.0/24 and 2001:db8:1::/48, Tokyo 198.51.100.0/24, a country alone 192.0.2.0/24.
[[nodiscard]] MmdbWriter city_database(int ip_version);
// 203.0.113.0/24: AS64500 Example Net.
[[nodiscard]] MmdbWriter asn_database();

[[nodiscard]] rules::CompileOptions options();

struct Outcome {
  std::string codes;                 // of errors, joined
  std::vector<std::string> rules;    // per event: labels of the rules that match it, joined by blanks
  std::vector<std::string> columns;  // per hit: its columns, name=text, joined by blanks
  std::string printed;
  std::string hash;
};
[[nodiscard]] Outcome run(const std::string& rules, const std::vector<std::string>& events, const rules::CompileOptions& with);

}  // namespace vedette::test
