#include "app/logger.h"

#include <fmt/format.h>

#include <array>
#include <string>

#include "app/terminal.h"
#include "connectors/sources/record_source.h"
#include "engine/base/json_writer.h"
#include "engine/base/time.h"

namespace vedette::app {

namespace {

constexpr std::array<std::string_view, 4> kNames = {"debug", "info", "warning", "error"};
constexpr std::array<Colour, 4> kColours = {Colour::dim, Colour::green, Colour::yellow, Colour::red};

std::string json_line(std::string_view time, std::string_view level, std::string_view component, std::string_view message) {
  std::string line;
  JsonWriter json(line);
  json.begin_object();
  json.key("ts");
  json.string(time);
  json.key("level");
  json.string(level);
  json.key("component");
  json.string(component);
  json.key("msg");
  json.string(message);
  json.end_object();
  return line + "\n";
}

// Lines behind the first stand four blanks in, so that none looks like another entry.
std::string indented(std::string_view text) {
  while (text.ends_with('\n')) text.remove_suffix(1);
  std::string out;
  for (const char c : text) out += c == '\n' ? std::string("\n    ") : std::string(1, c);
  return out;
}

}  // namespace

void Logger::log(connectors::LogLevel level, std::string_view component, std::string_view message) {
  if (!wants(level)) return;
  const auto index = static_cast<std::size_t>(level);
  const std::string time = format_rfc3339(connectors::system_clock_now());
  std::string line;
  if (json_) {
    line = json_line(time, kNames[index], component, message);
  } else {
    const bool colour = use_colour(stderr);
    line = fmt::format("{} {} {}: {}\n", paint(time, Colour::dim, colour),
                       paint(fmt::format("{:<7}", kNames[index]), kColours[index], colour), component,
                       indented(printable_lines(message)));
  }
  const std::lock_guard lock(mutex_);
  (void)write_all(stderr, line);
}

connectors::Log Logger::callback() {
  return [this](connectors::LogLevel level, std::string_view component, std::string_view message) {
    log(level, component, message);
  };
}

void Logger::plain(std::string_view line) {
  const std::lock_guard lock(mutex_);
  (void)write_all(stderr, fmt::format("{}\n", line));
}

}  // namespace vedette::app
