// Alerts to a stream: JSON lines, one JSON array, or blocks for people; counted per level and rule. One thread.
#pragma once

#include <array>
#include <cstdint>
#include <cstdio>
#include <map>
#include <string>

#include "app/commands.h"
#include "engine/alert/alert.h"

namespace vedette::app {

class AlertPrinter {
 public:
  // automatic: human on a terminal, else jsonl.
  AlertPrinter(std::FILE* stream, Format format);

  // False when the stream refuses.
  [[nodiscard]] bool print(const alert::Alert& alert);
  [[nodiscard]] bool finish();

  [[nodiscard]] std::uint64_t total() const { return total_; }
  [[nodiscard]] std::uint64_t of_level(plan::Level level) const { return levels_[static_cast<std::size_t>(level)]; }
  [[nodiscard]] const std::map<std::string, std::uint64_t>& by_rule() const { return rules_; }
  [[nodiscard]] bool reached(plan::Level level) const;

 private:
  std::FILE* stream_;
  Format format_;
  bool colour_;
  std::string text_;
  std::uint64_t total_ = 0;
  std::array<std::uint64_t, 5> levels_ = {};
  std::map<std::string, std::uint64_t> rules_;
};

// The block that people read; ends with an empty line.
[[nodiscard]] std::string render_alert(const alert::Alert& alert, bool colour);

}  // namespace vedette::app
