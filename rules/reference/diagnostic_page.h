// The page of a diagnostic code, docs/diagnostics/V1004.md: what it means, an example with the diagnostic as a person sees
// it, how to mend it. Pages are made from the table of codes and the golden files of the tests, and built into the program.
// Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/base/diagnostic_codes.h"
#include "rules/yaml/node.h"

namespace vedette::rules::reference {

// A file that causes the diagnostic, and all diagnostics of it as rendered for people.
struct DiagnosticExample {
  std::string input;
  std::string rendered;
};

[[nodiscard]] std::string diagnostic_page(const DiagnosticCode& code, const DiagnosticExample& example);
// docs/diagnostics/README.md
[[nodiscard]] std::string diagnostic_index();

// The shipped pages: docs/diagnostics/V*.md, embedded at build time.
[[nodiscard]] const std::vector<yaml::File>& builtin_pages();
// The page's text; empty when there is none.
[[nodiscard]] std::string_view find_page(std::string_view code);

}  // namespace vedette::rules::reference
