#include "app/terminal.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>

namespace vedette::app {

namespace {

constexpr std::array<std::string_view, 7> kCodes = {"1", "2", "31", "32", "33", "34", "35"};

std::string escaped(std::string_view text, bool keep_lines) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const bool c1 = byte == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0;
    if (c1) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned char>(text[++i]));
    } else if (keep_lines && byte == '\n') {
      out += '\n';
    } else if (byte == '\n' || byte == '\r' || byte == '\t') {
      out += byte == '\n' ? "\\n" : byte == '\r' ? "\\r" : "\\t";
    } else if (byte < 0x20) {
      out += fmt::format("\\x{:02x}", byte);
    } else if (byte == 0x7F) {
      out += "\\x7f";
    } else {
      out += text[i];
    }
  }
  return out;
}

void print_line(std::string_view kind, Colour colour, std::string_view message) {
  const bool colours = use_colour(stderr);
  const std::string line =
      fmt::format("{} {} {}\n", paint("vedette:", Colour::bold, colours), paint(kind, colour, colours), printable(message));
  (void)write_all(stderr, line);
}

}  // namespace

bool is_terminal(std::FILE* stream) { return isatty(fileno(stream)) == 1; }

bool use_colour(std::FILE* stream) {
  const char* no_colour = std::getenv("NO_COLOR");
  return is_terminal(stream) && (no_colour == nullptr || *no_colour == '\0');
}

std::string paint(std::string_view text, Colour colour, bool enabled) {
  if (!enabled) return std::string(text);
  return fmt::format("\x1b[{}m{}\x1b[0m", kCodes[static_cast<std::size_t>(colour)], text);
}

Colour level_colour(plan::Level level) {
  switch (level) {
    case plan::Level::critical:
      return Colour::magenta;
    case plan::Level::high:
      return Colour::red;
    case plan::Level::medium:
      return Colour::yellow;
    case plan::Level::low:
      return Colour::blue;
    case plan::Level::informational:
      return Colour::dim;
  }
  return Colour::dim;
}

std::string printable(std::string_view text) { return escaped(text, false); }
std::string printable_lines(std::string_view text) { return escaped(text, true); }

void print_error(std::string_view message) { print_line("error:", Colour::red, message); }
void print_warning(std::string_view message) { print_line("warning:", Colour::yellow, message); }
void print_note(std::string_view message) { print_line("note:", Colour::blue, message); }

void print_diagnostics(const Diagnostics& diagnostics) {
  const bool colours = use_colour(stderr);
  std::string text;
  for (const Diagnostic& item : diagnostics.items()) text += render_human(item, colours);
  (void)write_all(stderr, text);
}

bool write_all(std::FILE* stream, std::string_view text) {
  return std::fwrite(text.data(), 1, text.size(), stream) == text.size() && std::fflush(stream) == 0;
}

std::string with_thousands(std::uint64_t number) {
  const std::string digits = std::to_string(number);
  std::string out;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) out += ',';
    out += digits[i];
  }
  return out;
}

std::string human_bytes(std::uint64_t bytes) {
  constexpr std::array<std::string_view, 5> kUnits = {"B", "KiB", "MiB", "GiB", "TiB"};
  auto amount = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (amount >= 1024 && unit + 1 < kUnits.size()) {
    amount /= 1024;
    ++unit;
  }
  return unit == 0 ? fmt::format("{} B", bytes) : fmt::format("{:.1f} {}", amount, kUnits[unit]);
}

Progress::Progress(std::string_view label, bool wanted)
    : label_(label), enabled_(wanted && is_terminal(stderr)), start_(std::chrono::steady_clock::now()), last_(start_) {}

void Progress::update(std::uint64_t done, std::uint64_t total, std::string_view detail) {
  using namespace std::chrono_literals;
  if (!enabled_) return;
  const auto now = std::chrono::steady_clock::now();
  if (now - start_ < 500ms || now - last_ < 100ms) return;
  last_ = now;
  drawn_ = true;
  std::string bar;
  if (total > 0) {
    constexpr std::uint64_t kWidth = 28;
    const std::uint64_t shown = std::min(done, total);
    const std::uint64_t filled = shown * kWidth / total;
    bar = fmt::format("[{}{}] {:3d}%  ", std::string(filled, '#'), std::string(kWidth - filled, '.'), shown * 100 / total);
  }
  (void)write_all(stderr, fmt::format("\r\x1b[K{} {}{}", label_, bar, detail));
}

void Progress::clear() {
  if (drawn_) (void)write_all(stderr, "\r\x1b[K");
  drawn_ = false;
}

}  // namespace vedette::app
