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

}  // namespace vedette::rules::test
