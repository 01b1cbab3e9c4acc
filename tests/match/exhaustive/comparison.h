// Rules through the real compiler, decoder and matcher beside the naive matcher, event by event. Test code; one thread.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "tests/corpus/engine.h"
#include "tests/naive_match/match.h"

namespace vedette::match {

using Texts = std::vector<std::string>;

// A YAML scalar in single quotes.
[[nodiscard]] std::string quoted(const std::string& text);
// One rule from the lines of its selection `s`.
[[nodiscard]] std::string rule_text(std::size_t number, const std::string& selection, const std::string& condition = "s");
// {"f":value}
[[nodiscard]] std::string event_of(const std::string& value);
// A JSON string.
[[nodiscard]] std::string json_text(const std::string& text);

// Both matchers over the same rules.
class Comparison {
 public:
  explicit Comparison(const Texts& rules);
  [[nodiscard]] bool usable() const { return usable_; }
  void compare(const std::string& event);
  // At least one pair in `most` matches and one does not.
  void finish(const char* what, std::size_t most) const;

 private:
  std::vector<naive::Rule> naive_;
  std::vector<std::string> texts_;
  std::unique_ptr<corpus::Engine> engine_;
  std::uint32_t json_ = plan::kNone;
  bool usable_ = false;
  std::size_t events_ = 0, pairs_ = 0, matched_ = 0, differences_ = 0;
};

}  // namespace vedette::match
