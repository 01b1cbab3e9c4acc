#include "rules/enrich/csv_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "engine/base/digest.h"
#include "engine/base/fold.h"
#include "engine/base/utf8.h"

namespace vedette::rules {
namespace {

// Reads records one after another.
class CsvReader {
 public:
  explicit CsvReader(std::string_view text) : text_(text) {}

  [[nodiscard]] bool at_end() const { return at_ >= text_.size(); }
  [[nodiscard]] std::size_t line() const { return record_line_; }

  // The cells of the next record; empty for a blank line.
  Result<std::vector<std::string>> next() {
    std::vector<std::string> cells;
    record_line_ = line_;
    if (at_line_end()) {
      skip_line_end();
      return cells;
    }
    while (true) {
      std::string cell;
      const bool quote = !at_end() && text_[at_] == '"';
      if (const Status read = quote ? quoted(cell) : plain(cell); !read) return read.error();
      cells.push_back(std::move(cell));
      if (at_end() || text_[at_] != ',') break;
      ++at_;
    }
    skip_line_end();
    return cells;
  }

 private:
  [[nodiscard]] bool at_line_end() const {
    return !at_end() && (text_[at_] == '\n' || (text_[at_] == '\r' && at_ + 1 < text_.size() && text_[at_ + 1] == '\n'));
  }
  void skip_line_end() {
    if (!at_line_end()) return;
    at_ += text_[at_] == '\r' ? 2 : 1;
    ++line_;
  }

  Status plain(std::string& cell) {
    while (!at_end() && text_[at_] != ',' && !at_line_end()) {
      if (text_[at_] == '"') return Error{fmt::format("line {}: a quote inside a cell that does not begin with one", line_)};
      cell += text_[at_++];
    }
    return {};
  }

  Status quoted(std::string& cell) {
    const std::size_t opened = line_;
    for (++at_; !at_end(); ++at_) {
      if (text_[at_] == '\n') ++line_;
      if (text_[at_] != '"') {
        cell += text_[at_];
      } else if (at_ + 1 < text_.size() && text_[at_ + 1] == '"') {
        cell += '"';
        ++at_;
      } else {
        ++at_;
        if (at_end() || text_[at_] == ',' || at_line_end()) return {};
        return Error{fmt::format("line {}: something follows the closing quote of a cell", line_)};
      }
    }
    return Error{fmt::format("line {}: a quote is never closed", opened)};
  }

  std::string_view text_;
  std::size_t at_ = 0, line_ = 1, record_line_ = 1;
};

Status check_header(const std::vector<std::string>& names, std::size_t line) {
  if (names.size() < 2) return Error{fmt::format("line {}: the header needs the key's column and at least one more", line)};
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i].empty()) return Error{fmt::format("line {}: column {} has no name", line, i + 1)};
    if (std::find(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(i), names[i]) !=
        names.begin() + static_cast<std::ptrdiff_t>(i))
      return Error{fmt::format("line {}: two columns are called `{}`", line, names[i])};
  }
  return {};
}

}  // namespace

Result<std::shared_ptr<const CsvTable>> CsvTable::parse(std::string_view text) {
  std::shared_ptr<CsvTable> table(new CsvTable);
  table->hash_ = to_hex(digest_parts({"vedette.table.v1", text}), 8);
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  if (!valid_utf8(text)) return Error{"it is not valid UTF-8"};
  CsvReader reader(text);
  while (!reader.at_end()) {
    auto cells = reader.next();
    if (!cells) return cells.error();
    if (cells->empty()) continue;
    if (table->columns_.empty()) {
      if (const Status status = check_header(*cells, reader.line()); !status) return status.error();
      table->columns_ = std::move(*cells);
      continue;
    }
    if (cells->size() > table->columns_.size())
      return Error{fmt::format("line {} has {} cells, the header {}", reader.line(), cells->size(), table->columns_.size())};
    cells->resize(table->columns_.size());
    cells->front() = folded(cells->front());
    std::move(cells->begin(), cells->end(), std::back_inserter(table->cells_));
  }
  if (table->columns_.empty()) return Error{"it is empty; the first line names the columns"};
  for (std::size_t row = 0; row < table->cells_.size(); row += table->columns_.size()) {
    if (!table->cells_[row].empty()) table->rows_.emplace(table->cells_[row], row);
  }
  return std::shared_ptr<const CsvTable>(std::move(table));
}

bool CsvTable::find(std::string_view key, std::uint32_t column, std::string& out) const {
  const auto row = rows_.find(key);
  if (row == rows_.end() || cells_[row->second + column].empty()) return false;
  out += cells_[row->second + column];
  return true;
}

}  // namespace vedette::rules
