#include "engine/plan/identity.h"

#include <algorithm>

#include "engine/base/digest.h"
#include "engine/base/fold.h"

namespace vedette::plan {
namespace {

std::string alias_key(std::string_view system, std::string_view account) {
  std::string key = folded(system);
  key += '\0';
  append_folded(key, account);
  return key;
}

}  // namespace

IdentityTable::IdentityTable(std::vector<std::string> domains, const std::vector<Alias>& aliases,
                             const std::vector<std::string>& shared_accounts) {
  std::vector<std::string> parts;
  for (const std::string& domain : domains) {
    domains_.push_back(folded(domain));
    parts.push_back("domain " + domains_.back());
  }
  for (const Alias& alias : aliases) {
    const std::string key = alias_key(alias.system, alias.account);
    aliases_.insert_or_assign(key, folded(alias.person));
    parts.push_back("alias " + key + " " + folded(alias.person));
  }
  for (const std::string& account : shared_accounts) {
    shared_.insert(folded(account));
    parts.push_back("shared " + folded(account));
  }
  std::sort(parts.begin(), parts.end());
  const std::vector<std::string_view> views(parts.begin(), parts.end());
  content_hash_ = to_hex(digest_parts(views), 8);
}

bool IdentityTable::resolve(std::string_view system, std::string_view account, std::string& out) const {
  if (account.empty()) return false;
  if (!aliases_.empty()) {
    for (const std::string_view scope : {system, std::string_view("*")}) {
      if (const auto found = aliases_.find(alias_key(scope, account)); found != aliases_.end()) {
        out += found->second;
        return true;
      }
    }
  }
  const std::size_t begin = out.size();
  append_folded(out, account);
  const std::string_view whole = std::string_view(out).substr(begin);
  const std::size_t at = whole.rfind('@');
  const bool listed = at != std::string_view::npos && at > 0 &&
                      std::find(domains_.begin(), domains_.end(), whole.substr(at + 1)) != domains_.end();
  const std::string_view person = listed ? whole.substr(0, at) : whole;
  if (!shared_.empty() && (shared_.contains(std::string(whole)) || shared_.contains(std::string(person)))) {
    out.resize(begin);
    return false;
  }
  out.resize(begin + person.size());
  return true;
}

}  // namespace vedette::plan
