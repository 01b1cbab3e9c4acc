// `vedette check`: compiles rule files and says everything there is to say about them: errors and warnings of the
// compiler, the lints of rules/check/lints.cc, and on request what goes beyond Sigma. Reads no file itself: the texts of
// test files come through a function. Stateless; any thread.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/diagnostic.h"
#include "engine/base/time.h"
#include "rules/sigma/load.h"
#include "rules/yaml/node.h"

namespace vedette::rules {

struct CheckSettings {
  bool lints = true;
  bool portable = false;      // V219x: what each document uses beyond Sigma 2.1
  std::optional<TimeUs> now;  // for the ends of filters; none: they are not judged
  // The text of x.test.yml for x.yml, or none when there is no such file. Empty: tests are not looked for.
  std::function<std::optional<std::string>(const std::string& path)> read_test;
};

struct Checked {
  CompiledRules rules;
  Diagnostics findings;  // sorted
};

[[nodiscard]] Checked check(const std::vector<yaml::File>& files, const CompileOptions& options, const CheckSettings& settings);

}  // namespace vedette::rules
