// `vedette version`, `vedette schema` and `vedette rules reference`.
#include <fmt/format.h>

#include <array>
#include <utility>

#include "app/commands.h"
#include "app/config_schema.h"
#include "app/exit_code.h"
#include "app/terminal.h"
#include "app/version.h"
#include "engine/base/json_writer.h"
#include "rules/reference/markdown.h"
#include "rules/reference/schema.h"

namespace vedette::app {

namespace {

std::string compiler() {
#if defined(__clang__)
  return fmt::format("clang {}.{}.{}", __clang_major__, __clang_minor__, __clang_patchlevel__);
#else
  return fmt::format("gcc {}.{}.{}", __GNUC__, __GNUC_MINOR__, __GNUC_PATCHLEVEL__);
#endif
}

}  // namespace

std::string version_line() { return fmt::format("vedette {} ({})", kVersion, compiler()); }

int run_version(bool as_json) {
  std::string text;
  if (as_json) {
    JsonWriter json(text);
    json.begin_object();
    json.key("version");
    json.string(kVersion);
    json.key("compiler");
    json.string(compiler());
    json.end_object();
    text += "\n";
  } else {
    text = version_line() + "\n";
  }
  (void)write_all(stdout, text);
  return kExitOk;
}

int run_schema(const std::string& kind) {
  const std::array<std::pair<std::string_view, std::string (*)()>, 4> kinds = {{{"rule", rules::reference::rule_schema},
                                                                                {"test", rules::reference::test_schema},
                                                                                {"source", rules::reference::source_schema},
                                                                                {"config", config_schema}}};
  for (const auto& [name, make] : kinds) {
    if (name != kind) continue;
    (void)write_all(stdout, make());
    return kExitOk;
  }
  print_error("no schema of that name: rule, test, source or config");
  return kExitUsage;
}

int run_reference() {
  (void)write_all(stdout, rules::reference::reference_markdown(config_reference()));
  return kExitOk;
}

}  // namespace vedette::app
