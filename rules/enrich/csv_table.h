// CSV with a header row as a table for `lookup:`: the first column is the key, compared without case; of several rows with
// one key the first counts; an empty cell is no value. RFC 4180: quotes, doubled quotes, line ends inside quotes.
// Immutable after parsing; any thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/base/result.h"
#include "engine/plan/value_table.h"

namespace vedette::rules {

class CsvTable final : public plan::ValueTable {
 public:
  // An error's message names the line.
  [[nodiscard]] static Result<std::shared_ptr<const CsvTable>> parse(std::string_view text);

  [[nodiscard]] const std::vector<std::string>& columns() const override { return columns_; }
  [[nodiscard]] bool find(std::string_view key, std::uint32_t column, std::string& out) const override;
  [[nodiscard]] const std::string& content_hash() const override { return hash_; }
  [[nodiscard]] std::size_t size() const { return rows_.size(); }

 private:
  CsvTable() = default;

  std::vector<std::string> columns_;                        // the key's included
  std::vector<std::string> cells_;                          // row by row; a row's key is folded
  std::unordered_map<std::string_view, std::size_t> rows_;  // folded key -> its first cell
  std::string hash_;
};

}  // namespace vedette::rules
