// `vedette store info|verify|backup|restore|rejects`: the folder of a service that is stopped.
#include <fmt/format.h>

#include <filesystem>

#include "app/commands.h"
#include "app/exit_code.h"
#include "app/terminal.h"
#include "connectors/store/store.h"
#include "engine/base/json_writer.h"
#include "engine/base/time.h"
#include "engine/base/utf8.h"

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
  out += fmt::format("{:<10}{} records, {}\n", "rejects", with_thousands(info.rejects), human_bytes(info.rejects_bytes));
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
  number("rejects", info.rejects);
  number("rejects_bytes", info.rejects_bytes);
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
    case StoreAction::rejects:
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

std::string hexadecimal(std::string_view bytes) {
  std::string digits;
  for (const char c : bytes) digits += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return digits;
}

// How a record begins; bytes that are no text as hexadecimal digits.
std::string beginning(const connectors::StoredReject& reject) {
  constexpr std::size_t kShown = 200;
  std::string_view shown = std::string_view(reject.bytes).substr(0, kShown);
  const bool cut = reject.size > shown.size();
  std::string_view whole = shown;  // without a character that the cut went through
  for (int i = 0; cut && i < 3 && !whole.empty() && !valid_utf8(whole); ++i) whole.remove_suffix(1);
  return fmt::format("{}{}", valid_utf8(whole) ? printable(whole) : "hex " + hexadecimal(shown),
                     cut ? fmt::format(" ... ({} bytes)", with_thousands(reject.size)) : "");
}

// Two lines for people: where it came from and why it was refused, and how it begins.
std::string human(const connectors::StoredReject& reject) {
  const std::string place = reject.partition.empty() ? reject.source : reject.source + " " + reject.partition;
  return fmt::format("{}  {} at {}  {}: {}\n  {}\n", format_rfc3339(reject.time), printable(place), reject.position,
                     printable(reject.reason), printable(reject.message), beginning(reject));
}

// Bytes that are no text as hexadecimal digits.
std::string as_json(const connectors::StoredReject& reject) {
  std::string out;
  JsonWriter json(out);
  const auto text = [&json](std::string_view name, std::string_view value) {
    json.key(name);
    json.string(value);
  };
  const auto number = [&json](std::string_view name, std::uint64_t value) {
    json.key(name);
    json.number(value);
  };
  json.begin_object();
  text("time", format_rfc3339(reject.time));
  text("source", reject.source);
  text("partition", reject.partition);
  number("position", reject.position);
  number("line", reject.line);
  text("reason", reject.reason);
  text("message", reject.message);
  number("size", reject.size);
  if (valid_utf8(reject.bytes)) {
    text("bytes", reject.bytes);
  } else {
    text("hex", hexadecimal(reject.bytes));
  }
  json.end_object();
  return out;
}

int list_rejects(const StoreCommandOptions& options) {
  connectors::StoreOptions opening;
  opening.path = options.path;
  opening.read_only = true;
  const auto store = connectors::open_store(opening, {});
  Status listed = store ? Status{} : Status(store.error());
  std::string out;
  std::uint64_t count = 0;
  const auto add = [&](const connectors::StoredReject& reject) {
    if (options.format == Format::json) out += count == 0 ? "[" : ",\n";
    out += options.format == Format::human ? human(reject) : as_json(reject);
    if (options.format == Format::jsonl) out += '\n';
    ++count;
    return true;
  };
  if (store) listed = (*store)->read_rejects(add);
  if (!listed) {
    print_error(listed.error().to_string());
    return kExitRuntime;
  }
  if (options.format == Format::json) out += count == 0 ? "[]\n" : "]\n";
  if (!write_all(stdout, out)) return kExitRuntime;
  if (options.format == Format::human) print_note(fmt::format("{} records were refused", with_thousands(count)));
  return kExitOk;
}

}  // namespace

int run_store(const StoreCommandOptions& options) {
  if (const int wrong = check_paths(options); wrong != kExitOk) return wrong;
  if (options.action == StoreAction::rejects) return list_rejects(options);
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
