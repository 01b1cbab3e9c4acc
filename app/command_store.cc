// `vedette store info|verify|backup|restore`: the folder of a service that is stopped.
#include <fmt/format.h>

#include <filesystem>

#include "app/commands.h"
#include "app/exit_code.h"
#include "app/terminal.h"
#include "connectors/store/store.h"
#include "engine/base/json_writer.h"

namespace vedette::app {

namespace {

namespace fs = std::filesystem;

// What is wrong with the command line: no store there, something where a copy shall be. 0: nothing.
int check_paths(const StoreCommandOptions& options) {
  std::error_code ignored;
  if (!fs::exists(options.path + "/format", ignored)) {
    print_error(options.path + ": no store is there; name the folder that `store:` in the configuration names");
    return kExitUsage;
  }
  const bool copies = options.action == StoreAction::backup || options.action == StoreAction::restore;
  if (copies && fs::exists(options.target, ignored) && !fs::is_empty(options.target, ignored)) {
    print_error(options.target + ": something is there already; name a new folder");
    return kExitUsage;
  }
  return kExitOk;
}

void print_span(std::string& out, std::string_view name, std::uint64_t first, std::uint64_t last, std::string_view what) {
  if (last == 0) {
    out += fmt::format("{:<10}empty\n", name);
  } else {
    out += fmt::format("{:<10}{} {} ({} to {})\n", name, with_thousands(last - first + 1), what, first, last);
  }
}

std::string human(const std::string& path, const connectors::StoreInfo& info) {
  std::string out = fmt::format("{:<10}{}, format {}, {}\n", "store", printable(path), info.format, human_bytes(info.bytes));
  print_span(out, "inbox", info.inbox_first, info.inbox_last, "received, not yet applied");
  print_span(out, "log", info.log_first, info.log_last, "entries");
  print_span(out, "outbox", info.outbox_first, info.outbox_last, "alerts");
  out += fmt::format("{:<10}{} alert ids\n", "emitted", with_thousands(info.emitted));
  out += fmt::format("{:<10}{} events, {}\n", "evidence", with_thousands(info.evidence), human_bytes(info.evidence_bytes));
  for (const auto& [name, number] : info.delivered)
    out += fmt::format("{:<10}{} up to {}\n", "delivered", printable(name), number);
  for (const auto& [name, place] : info.cursors)
    out += fmt::format("{:<10}{} at {}\n", "cursor", printable(name), printable(place));
  return out;
}

void json_span(JsonWriter& json, std::string_view name, std::uint64_t first, std::uint64_t last) {
  json.key(name);
  json.begin_object();
  json.key("first");
  json.number(first);
  json.key("last");
  json.number(last);
  json.end_object();
}

std::string as_json(const std::string& path, const connectors::StoreInfo& info) {
  std::string out;
  JsonWriter json(out);
  const auto number = [&json](std::string_view name, std::uint64_t value) {
    json.key(name);
    json.number(value);
  };
  json.begin_object();
  json.key("path");
  json.string(path);
  number("format", info.format);
  number("bytes", info.bytes);
  json_span(json, "inbox", info.inbox_first, info.inbox_last);
  json_span(json, "log", info.log_first, info.log_last);
  json_span(json, "outbox", info.outbox_first, info.outbox_last);
  number("emitted", info.emitted);
  number("evidence", info.evidence);
  number("evidence_bytes", info.evidence_bytes);
  json.key("delivered");
  json.begin_object();
  for (const auto& [name, value] : info.delivered) number(name, value);
  json.end_object();
  json.key("cursors");
  json.begin_object();
  for (const auto& [name, place] : info.cursors) {
    json.key(name);
    json.string(place);
  }
  json.end_object();
  json.end_object();
  return out + "\n";
}

Result<connectors::StoreInfo> read_info(const std::string& path) {
  connectors::StoreOptions options;
  options.path = path;
  options.read_only = true;
  const auto store = connectors::open_store(options, {});
  if (!store) return store.error();
  return (*store)->info();
}

// The store that the command leaves behind or looked at.
Result<connectors::StoreInfo> carry_out(const StoreCommandOptions& options) {
  Status copied;
  switch (options.action) {
    case StoreAction::info:
      return read_info(options.path);
    case StoreAction::verify:
      return connectors::verify_store(options.path);
    case StoreAction::backup:
      copied = connectors::backup_store(options.path, options.target);
      break;
    case StoreAction::restore:
      copied = connectors::restore_store(options.path, options.target);
      break;
  }
  if (!copied) return copied.error();
  return read_info(options.target);
}

}  // namespace

int run_store(const StoreCommandOptions& options) {
  if (const int wrong = check_paths(options); wrong != kExitOk) return wrong;
  const auto info = carry_out(options);
  if (!info) {
    print_error(info.error().to_string());
    return kExitRuntime;
  }
  const bool copies = options.action == StoreAction::backup || options.action == StoreAction::restore;
  const std::string& shown = copies ? options.target : options.path;
  const bool json = options.format != Format::human;
  if (!write_all(stdout, json ? as_json(shown, *info) : human(shown, *info))) return kExitRuntime;
  if (options.action == StoreAction::verify) print_note("every checksum holds and nothing is missing");
  return kExitOk;
}

}  // namespace vedette::app
