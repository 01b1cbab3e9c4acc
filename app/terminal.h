// What the terminal shows: colour only on a terminal and without NO_COLOR, a progress bar on stderr only on a terminal,
// one-line messages on stderr. Used by the thread that runs the command.
#pragma once

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

#include "engine/base/diagnostic.h"
#include "engine/plan/plan.h"

namespace vedette::app {

enum class Colour : std::uint8_t { bold, dim, red, green, yellow, blue, magenta };

[[nodiscard]] bool is_terminal(std::FILE* stream);
[[nodiscard]] bool use_colour(std::FILE* stream);

// The text in the colour, or as it is.
[[nodiscard]] std::string paint(std::string_view text, Colour colour, bool enabled);
[[nodiscard]] Colour level_colour(plan::Level level);

// Control characters made visible, so that event text can neither drive the terminal nor make up lines.
[[nodiscard]] std::string printable(std::string_view text);
// The same for our own text of several lines: it keeps its newlines.
[[nodiscard]] std::string printable_lines(std::string_view text);

// "vedette: error: message" and the like, on stderr.
void print_error(std::string_view message);
void print_warning(std::string_view message);
void print_note(std::string_view message);
// All diagnostics, to stderr, followed by nothing.
void print_diagnostics(const Diagnostics& diagnostics);

// Writes all of it; false when the stream refuses (disk full, closed pipe).
[[nodiscard]] bool write_all(std::FILE* stream, std::string_view text);

[[nodiscard]] std::string with_thousands(std::uint64_t number);
[[nodiscard]] std::string human_bytes(std::uint64_t bytes);

// A bar on stderr, drawn at most ten times a second and not before half a second has passed.
class Progress {
 public:
  explicit Progress(std::string_view label, bool wanted = true);
  ~Progress() { clear(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // total 0: unknown, only the counts are shown.
  void update(std::uint64_t done, std::uint64_t total, std::string_view detail);
  void clear();

 private:
  std::string label_;
  bool enabled_;
  bool drawn_ = false;
  std::chrono::steady_clock::time_point start_;
  std::chrono::steady_clock::time_point last_;
};

}  // namespace vedette::app
