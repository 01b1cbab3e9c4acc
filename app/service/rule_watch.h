// `rules: {reload: watch}`: says when the files that rules are made of have changed and have been left alone since the last
// look, so that a half-written change is not read. Names, sizes and times are compared, not contents. One thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace vedette::app {

class RuleWatch {
 public:
  // Files, and folders with all that is below them.
  explicit RuleWatch(std::vector<std::string> paths);
  // To be called about once a second.
  [[nodiscard]] bool changed();

 private:
  [[nodiscard]] std::string look() const;

  std::vector<std::string> paths_;
  std::string loaded_;  // as the files were when they were last reported
  std::string seen_;    // at the last look
};

}  // namespace vedette::app
