// Account -> person (spec: formats, "Transforms", `person`). Immutable after load; any thread.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace vedette::plan {

struct Alias {
  std::string person, system, account;  // system: source type name or '*'
};

class IdentityTable {
 public:
  IdentityTable() = default;
  IdentityTable(std::vector<std::string> domains, const std::vector<Alias>& aliases,
                const std::vector<std::string>& shared_accounts);

  // Appends the person of the account seen in the source type to `out` and returns true; returns false (appending
  // nothing) for shared and empty accounts. An alias wins; an address of a listed domain becomes its local part; any other
  // account stays whole. Comparison and result are folded. A shared account is one that is listed as it is written, or
  // whose domain and local part are both listed: root@acme.com is shared, root@other.org is somebody.
  bool resolve(std::string_view system, std::string_view account, std::string& out) const;

  [[nodiscard]] const std::string& content_hash() const { return content_hash_; }

 private:
  std::vector<std::string> domains_;
  std::unordered_map<std::string, std::string> aliases_;  // "system\0account" folded -> person
  std::unordered_set<std::string> shared_;
  std::string content_hash_;
};

}  // namespace vedette::plan
