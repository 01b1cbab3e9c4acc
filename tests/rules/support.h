// Shared by the tests of rules/: a small source type, compiling a text, and printing what came out. Test code only.
#pragma once

#include <string>
#include <vector>

#include "rules/sigma/load.h"

namespace vedette::rules::test {

struct Compiled {
  CompiledRules rules;
  Diagnostics diagnostics;
  [[nodiscard]] std::string codes() const;  // "V1004 V2001", in order, without repeated V2001 and V2002
  [[nodiscard]] std::string arm(std::size_t rule = 0, const std::string& source = "okta") const;  // print_arm of its first arm
  [[nodiscard]] const plan::Plan& plan() const { return *rules.plan; }
};

// okta and sshd with a few fields and normalise entries, and json.
[[nodiscard]] CompileOptions options();
[[nodiscard]] Compiled compile_text(const std::string& text, const CompileOptions& with = options());
// A whole rule around one `detection:` body (indented by two blanks) on {product: okta}.
[[nodiscard]] std::string rule(const std::string& detection, const std::string& extra = "");
// The printed arm of `selection: {item}` with `condition: selection`, or the codes of its errors.
[[nodiscard]] std::string item(const std::string& text, const CompileOptions& with = options());

// A rule `name` on eventType name; number 9 is of linux, others of okta. Ends with a document separator, as the next.
[[nodiscard]] std::string base_rule(const std::string& name, int number, const std::string& extra = "");
// A correlation document around the body of `correlation:` (indented by two blanks).
[[nodiscard]] std::string correlation_rule(const std::string& name, int number, const std::string& body,
                                           const std::string& extra = "");
// Rules a, b (okta) and s (sshd) and one correlation `c`.
[[nodiscard]] Compiled with_bases(const std::string& body, const std::string& extra = "");
// print_meaning of the last correlation, its lines joined by "; ", or the codes of its errors.
[[nodiscard]] std::string meaning(const Compiled& compiled);
// meaning(with_bases()) of `type` over rules [a, b] within 10m.
[[nodiscard]] std::string meaning_of(const std::string& type, const std::string& rest, const std::string& extra = "");

}  // namespace vedette::rules::test
