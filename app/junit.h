// JUnit XML of rule tests. One thread.
#pragma once

#include <string>

#include "rules/test/runner.h"

namespace vedette::app {

class JunitReport {
 public:
  void add(const rules::TestReport& report, double seconds);
  [[nodiscard]] std::string text() const;

 private:
  std::string suites_;
};

// Text fit for XML content and attributes; characters that XML forbids become U+FFFD.
[[nodiscard]] std::string xml_escaped(std::string_view text);

}  // namespace vedette::app
