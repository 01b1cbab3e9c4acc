#include "engine/event/pair_text.h"

#include "engine/event/bytes.h"

namespace vedette::event {

bool PairText::key_at(std::size_t at, Pair& pair, std::size_t& value) const {
  const std::size_t equals = text_.find_first_of(",={}", at);
  if (equals == std::string_view::npos || text_[equals] != '=') return false;
  std::string_view key = text_.substr(at, equals - at);
  while (!key.empty() && json_blank(key.front())) key.remove_prefix(1);
  while (!key.empty() && json_blank(key.back())) key.remove_suffix(1);
  pair.key = key;
  value = equals + 1;
  return !key.empty();
}

std::optional<PairText::Pair> PairText::next() {
  Pair pair, following;
  std::size_t begin = 0;
  std::size_t ignored = 0;
  if (complete_ || !key_at(at_, pair, begin)) return std::nullopt;
  std::size_t depth = 0;
  for (std::size_t at = begin; (at = text_.find_first_of(",{}", at)) != std::string_view::npos; ++at) {
    const char c = text_[at];
    if (c == '{') {
      ++depth;
    } else if (c == '}' && depth > 0) {
      --depth;
    } else if (c == '}') {
      complete_ = at + 1 == text_.size();
      pair.value = text_.substr(begin, at - begin);
      at_ = text_.size();
      return complete_ ? std::optional(pair) : std::nullopt;
    } else if (depth == 0 && at + 1 < text_.size() && text_[at + 1] == ' ' && key_at(at + 2, following, ignored)) {
      pair.value = text_.substr(begin, at - begin);
      at_ = at + 2;
      return pair;
    }
  }
  return std::nullopt;
}

bool is_pair_text(std::string_view text) {
  PairText pairs(text);
  while (pairs.next()) {
  }
  return pairs.complete();
}

}  // namespace vedette::event
