// What is known of a source type's fields: from the source type, from the loaded rules and from events. Main thread.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "engine/plan/plan.h"

namespace vedette::app {

struct FieldRow {
  std::string name;
  bool known = false;                // the source type lists it, or it lies inside an encoded one
  bool encoded = false;              // its text holds JSON or {k=v}
  std::set<std::string> normalised;  // the names it serves
  std::set<std::string> rules;       // that read it
  std::uint64_t events = 0;          // that have it, null or not
  std::string sample;                // of them, the first value that is not empty
};

class FieldTable {
 public:
  // Known fields in the order of the source type, then what rules read besides.
  FieldTable(const plan::Plan& plan, std::uint32_t source);

  // One event: note() for each of its values, then event(). Objects and arrays (`container`) count only where known.
  void note(const std::string& path, std::string_view value, bool container = false);
  void event();

  [[nodiscard]] const std::vector<FieldRow>& rows() const { return rows_; }
  [[nodiscard]] std::uint64_t events() const { return events_; }

 private:
  FieldRow& row(const std::string& name);
  void read_rules(const plan::Plan& plan, const plan::SourceProgram& program);
  [[nodiscard]] std::string canonical(const std::string& path) const;

  const plan::SourcePlan& source_;
  std::vector<FieldRow> rows_;
  std::map<std::string, std::size_t, std::less<>> index_;  // by name
  std::vector<std::uint64_t> last_;                        // per row: the last event that had it
  std::uint64_t events_ = 0;
};

}  // namespace vedette::app
