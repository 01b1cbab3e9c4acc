// What MaxMind DB files say about an address, as a table for `enrich:`. The files are mapped into memory and must not be
// changed in place while the program runs (replace them by renaming). libmaxminddb stays inside address_table.cc.
// Immutable after opening; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/plan/value_table.h"

namespace vedette::rules {

// A fact that some kind of file gives: country, city, asn, organization, location.
struct AddressFact {
  std::string_view name;
  std::string_view kind;  // of file, for people: "City or Country"
};
[[nodiscard]] const std::vector<AddressFact>& address_facts();

// The table over all files; its columns are the facts that they give. Of several files with the same fact the first counts.
[[nodiscard]] Result<plan::ValueTablePtr> open_addresses(const std::vector<std::string>& paths);

}  // namespace vedette::rules
