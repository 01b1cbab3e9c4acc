// `vedette version` and `vedette schema`.
#include <fmt/format.h>

#include "app/commands.h"
#include "app/exit_code.h"
#include "app/terminal.h"
#include "app/version.h"
#include "engine/base/json_writer.h"

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
    text = fmt::format("vedette {} ({})\n", kVersion, compiler());
  }
  (void)write_all(stdout, text);
  return kExitOk;
}

int run_schema(const std::string&) {
  print_error("JSON Schemas are not there yet; `vedette check` and `vedette init` show the formats");
  return kExitUsage;
}

}  // namespace vedette::app
