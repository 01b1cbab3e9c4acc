#include "app/junit.h"

#include <fmt/format.h>

namespace vedette::app {

std::string xml_escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else if (c == '"') {
      out += "&quot;";
    } else if (byte < 0x20 && c != '\n' && c != '\t') {
      out += "\xEF\xBF\xBD";
    } else {
      out += c;
    }
  }
  return out;
}

void JunitReport::add(const rules::TestReport& report, double seconds) {
  const std::size_t errors = report.diagnostics.has_errors() ? 1 : 0;
  suites_ += fmt::format("  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" time=\"{:.3f}\">\n",
                         xml_escaped(report.path), report.cases.size() + errors, report.failed(), errors, seconds);
  if (errors > 0) {
    suites_ += "    <testcase name=\"load\"><error message=\"the test file or its rules are broken\">";
    for (const Diagnostic& item : report.diagnostics.items()) suites_ += xml_escaped(render_human(item, false));
    suites_ += "</error></testcase>\n";
  }
  for (const rules::CaseResult& result : report.cases) {
    suites_ += fmt::format("    <testcase name=\"{}\" classname=\"{}\"", xml_escaped(result.name), xml_escaped(report.path));
    if (result.passed()) {
      suites_ += "/>\n";
      continue;
    }
    suites_ += fmt::format("><failure message=\"{}\">", xml_escaped(result.failures.front()));
    for (const std::string& line : result.failures) suites_ += xml_escaped(line) + "\n";
    for (const std::string& line : result.closest) suites_ += "closest: " + xml_escaped(line) + "\n";
    suites_ += "</failure></testcase>\n";
  }
  suites_ += "  </testsuite>\n";
}

std::string JunitReport::text() const {
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n" + suites_ + "</testsuites>\n";
}

}  // namespace vedette::app
