// Java-map text, `{New Device=POSITIVE, reasons=A, B, level={x=y}}`: keys up to `=` and without blanks around them, values up
// to the next `, key=` or the closing brace; braces inside a value belong to it. Pure; any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace vedette::event {

class PairText {
 public:
  struct Pair {
    std::string_view key, value;
  };

  // `text` without blanks around it.
  explicit PairText(std::string_view text) : text_(text), at_(text.starts_with('{') ? 1 : text.size()) {}

  // The next pair; nullopt at the end or where the text is malformed.
  [[nodiscard]] std::optional<Pair> next();
  // Whether the closing brace was reached and nothing follows it.
  [[nodiscard]] bool complete() const { return complete_; }

 private:
  // The key that begins at `at` ends with an equals sign before anything else that has a meaning.
  [[nodiscard]] bool key_at(std::size_t at, Pair& pair, std::size_t& value) const;

  std::string_view text_;
  std::size_t at_;
  bool complete_ = false;
};

// Whether all of the text is such a map.
[[nodiscard]] bool is_pair_text(std::string_view text);

}  // namespace vedette::event
