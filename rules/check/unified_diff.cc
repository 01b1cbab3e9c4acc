#include <fmt/format.h>

#include <algorithm>

#include "rules/check/fix.h"

namespace vedette::rules {
namespace {

constexpr std::size_t kAround = 3;
constexpr std::size_t kMaxTable = 16'000'000;

// Lines with their newlines.
std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
    out.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return out;
}

// One line of the comparison: ' ' in both, '-' only before, '+' only after.
struct Line {
  char kind = ' ';
  std::string_view text;
};

// The longest common lines of the two middles, by the usual table; of very long ones, none.
void compare_middle(const std::vector<std::string_view>& a, const std::vector<std::string_view>& b, std::vector<Line>& out) {
  const std::size_t n = a.size(), m = b.size();
  std::vector<std::uint32_t> table;
  const bool small = (n + 1) * (m + 1) <= kMaxTable;
  if (small) {
    table.assign((n + 1) * (m + 1), 0);
    for (std::size_t i = n; i-- > 0;) {
      for (std::size_t j = m; j-- > 0;) {
        const std::uint32_t best = std::max(table[(i + 1) * (m + 1) + j], table[i * (m + 1) + j + 1]);
        table[i * (m + 1) + j] = a[i] == b[j] ? table[(i + 1) * (m + 1) + j + 1] + 1 : best;
      }
    }
  }
  std::size_t i = 0, j = 0;
  while (i < n || j < m) {
    if (small && i < n && j < m && a[i] == b[j]) {
      out.push_back({' ', a[i++]});
      ++j;
    } else if (i < n && (j == m || !small || table[(i + 1) * (m + 1) + j] >= table[i * (m + 1) + j + 1])) {
      out.push_back({'-', a[i++]});
    } else {
      out.push_back({'+', b[j++]});
    }
  }
}

std::vector<Line> compare(std::string_view before, std::string_view after) {
  std::vector<std::string_view> a = lines_of(before), b = lines_of(after);
  std::size_t head = 0;
  while (head < a.size() && head < b.size() && a[head] == b[head]) ++head;
  std::size_t tail = 0;
  while (tail < a.size() - head && tail < b.size() - head && a[a.size() - 1 - tail] == b[b.size() - 1 - tail]) ++tail;
  std::vector<Line> out;
  for (std::size_t i = 0; i < head; ++i) out.push_back({' ', a[i]});
  const auto middle = [&](const std::vector<std::string_view>& lines) {
    return std::vector<std::string_view>(lines.begin() + static_cast<std::ptrdiff_t>(head),
                                         lines.end() - static_cast<std::ptrdiff_t>(tail));
  };
  compare_middle(middle(a), middle(b), out);
  for (std::size_t i = a.size() - tail; i < a.size(); ++i) out.push_back({' ', a[i]});
  return out;
}

std::string range(std::size_t first, std::size_t count) {
  // An empty range names the line before it.
  if (count == 0) return fmt::format("{},0", first - 1);
  return count == 1 ? fmt::format("{}", first) : fmt::format("{},{}", first, count);
}

}  // namespace

std::string unified_diff(const std::string& path, std::string_view before, std::string_view after) {
  const std::vector<Line> lines = compare(before, after);
  std::string out;
  std::size_t old_line = 1, new_line = 1, at = 0;
  while (at < lines.size()) {
    std::size_t change = at;
    while (change < lines.size() && lines[change].kind == ' ') ++change;
    if (change == lines.size()) break;
    const std::size_t begin = std::max(at, change > kAround ? change - kAround : 0);
    old_line += begin - at;
    new_line += begin - at;
    // Until so many equal lines follow that the next change is a hunk of its own.
    std::size_t end = change, equal = 0;
    while (end < lines.size() && equal <= 2 * kAround) equal = lines[end++].kind == ' ' ? equal + 1 : 0;
    end -= equal > kAround ? equal - kAround : 0;
    std::string body;
    std::size_t removed = 0, added = 0;
    for (std::size_t i = begin; i < end; ++i) {
      removed += lines[i].kind == '+' ? 0 : 1;
      added += lines[i].kind == '-' ? 0 : 1;
      body += lines[i].kind;
      body += lines[i].text;
      if (!lines[i].text.ends_with('\n')) body += "\n\\ No newline at end of file\n";
    }
    if (out.empty()) out = fmt::format("--- {}\n+++ {}\n", path, path);
    out += fmt::format("@@ -{} +{} @@\n{}", range(old_line, removed), range(new_line, added), body);
    old_line += removed;
    new_line += added;
    at = end;
  }
  return out;
}

}  // namespace vedette::rules
