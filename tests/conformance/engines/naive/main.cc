// The naive evaluator of tests/oracle as an engine under test: a request a line on stdin, an answer a line on stdout.
#include <algorithm>
#include <iostream>
#include <string>

#include "tests/conformance/engines/naive/request.h"
#include "tests/oracle/naive/evaluate.h"

namespace vedette::conformance {
namespace {

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  return out + "\"";
}

// The members that make the alert and, of new_value, the value's parts.
std::string group_of(const naive::Alert& alert, const naive::Rules& rules) {
  std::vector<std::string> names;
  for (const naive::Correlation& correlation : rules.correlations) {
    if (correlation.id != alert.rule) continue;
    for (const naive::Member& member : correlation.group_by) {
      const auto& by = correlation.suppress.by;
      if (!by || std::count(by->begin(), by->end(), member.name) > 0) names.push_back(member.name);
    }
    if (correlation.type == naive::Type::new_value) {
      names.insert(names.end(), correlation.values.begin(), correlation.values.end());
    }
  }
  std::string out;
  for (std::size_t i = 0; i < names.size(); ++i) out += (i == 0 ? "" : ",") + quoted(names[i]) + ":" + quoted(alert.by.at(i));
  return "{" + out + "}";
}

std::string answer(const std::string& line) {
  const std::optional<naive::Json> request = naive::parse_json(line);
  if (!request) return R"({"error":"the request is not JSON"})";
  const naive::Rules rules = read_rules(*request);
  const naive::Log log = naive::sequence(read_events(*request), naive::Clock::as_arrived, rules.sources);
  const bool drain = request->find("drain")->text == "true";
  std::string firings;
  for (const auto& [id, alert] : naive::evaluate(log, rules)) {
    if (alert.at_end && !drain) continue;
    firings += (firings.empty() ? "" : ",") + ("{\"rule\":" + quoted(alert.rule)) + ",\"time\":" + quoted(time_text(alert.time)) +
               ",\"group\":" + group_of(alert, rules) + "}";
  }
  return "{\"firings\":[" + firings + "]}";
}

}  // namespace
}  // namespace vedette::conformance

int main() {
  std::string line;
  while (std::getline(std::cin, line)) {
    std::string out;
    try {
      out = vedette::conformance::answer(line);
    } catch (const vedette::conformance::Unsupported& reason) {
      out = "{\"unsupported\":" + vedette::conformance::quoted(reason.what()) + "}";
    } catch (const std::exception& error) {
      out = "{\"error\":" + vedette::conformance::quoted(error.what()) + "}";
    }
    std::cout << out << std::endl;
  }
  return 0;
}
