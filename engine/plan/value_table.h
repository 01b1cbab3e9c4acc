// Values that are looked up by a value of the event: a row of a table by its key, facts about an address. What `lookup:` and
// `enrich:` of rules read. Immutable; find() from any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace vedette::plan {

class ValueTable {
 public:
  virtual ~ValueTable() = default;
  [[nodiscard]] virtual const std::vector<std::string>& columns() const = 0;
  // Appends the value of a column to `out`; false when there is none. `key` is folded. Allocates nothing but what `out` may need.
  [[nodiscard]] virtual bool find(std::string_view key, std::uint32_t column, std::string& out) const = 0;
  // 16 hex over everything that find() can answer.
  [[nodiscard]] virtual const std::string& content_hash() const = 0;
};

using ValueTablePtr = std::shared_ptr<const ValueTable>;

}  // namespace vedette::plan
