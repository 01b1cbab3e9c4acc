// One text source type, ready to run: the syslog header, then the patterns on the message, in order. Fields are message,
// program, host, pid, timestamp, pattern (the matching pattern's name) and the named groups of the pattern.
// Built once per Decoder; one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/arena.h"
#include "engine/event/extraction.h"
#include "engine/event/syslog.h"
#include "engine/plan/source_program.h"

namespace vedette::event {

class TextSource {
 public:
  explicit TextSource(const plan::SourceProgram& program);
  ~TextSource();
  TextSource(TextSource&&) noexcept;

  // Fills the slots and ids of `out` from a line; views into the line, the plan and the arena.
  void read(std::string_view line, Extraction& out, Arena& arena);
  // Of the last line read.
  [[nodiscard]] std::string_view timestamp() const { return line_.timestamp; }
  [[nodiscard]] std::uint32_t repeat() const { return repeat_; }
  [[nodiscard]] bool recognised() const;

 private:
  struct Pattern;
  struct Wanted {
    std::uint32_t field;
    bool upper;
  };

  std::uint32_t field(const std::string& name);
  void add_pattern(const plan::TextPattern& pattern);
  // Index of the first matching pattern, its groups set as fields; kNone when there is none.
  std::uint32_t match(std::string_view message, bool inner);
  void read_repeat(const Pattern& pattern);
  void fill(Extraction& out, Arena& arena) const;
  void set(std::uint32_t field, std::string_view text);
  [[nodiscard]] bool present(const plan::FieldPath& path) const;

  const plan::SourcePlan& plan_;
  std::vector<std::string> names_;          // field names
  std::vector<std::string_view> fields_;    // values of the line; null data = absent
  std::vector<std::vector<Wanted>> slots_;  // per slot: the fields it reads
  std::vector<std::uint32_t> ids_;          // per id path: the field, or kNone
  std::vector<Pattern> patterns_;
  SyslogLine line_;
  std::uint32_t repeat_ = 1;
};

}  // namespace vedette::event
