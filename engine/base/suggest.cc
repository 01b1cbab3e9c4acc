#include "engine/base/suggest.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/base/fold.h"

namespace vedette {
namespace {

constexpr std::size_t kLongest = 128;

// Edits with transpositions (restricted), over folded bytes.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0U : 1U)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    std::swap(before, last);
    std::swap(last, row);
  }
  return last[b.size()];
}

std::string sentence(std::string_view found, std::string fallback) {
  return found.empty() ? std::move(fallback) : fmt::format("did you mean `{}`?", found);
}

}  // namespace

std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates) {
  if (word.empty() || word.size() > kLongest) return {};
  const std::string wanted = folded(word);
  std::string_view best;
  std::size_t best_distance = std::max<std::size_t>(1, std::min<std::size_t>(3, wanted.size() / 3)) + 1;
  for (const std::string_view candidate : candidates) {
    if (candidate.size() > kLongest) continue;
    const std::size_t edits = distance(wanted, folded(candidate));
    if (edits < best_distance) {
      best_distance = edits;
      best = candidate;
    }
  }
  return best;
}

std::string_view nearest(std::string_view word, const std::vector<std::string>& candidates) {
  const std::vector<std::string_view> views(candidates.begin(), candidates.end());
  return nearest(word, views);
}

std::string did_you_mean(std::string_view word, std::span<const std::string_view> candidates, std::string fallback) {
  return sentence(nearest(word, candidates), std::move(fallback));
}

std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates, std::string fallback) {
  return sentence(nearest(word, candidates), std::move(fallback));
}

}  // namespace vedette
