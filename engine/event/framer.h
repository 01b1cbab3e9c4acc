// Splits a byte stream into elements (spec: formats, "Framing and limits"): NDJSON, JSON arrays, {"Records":[...]},
// pretty-printed and concatenated values, text lines. Pure scanner: no JSON parsing beyond strings and brackets.
// NDJSON lines take a memchr path. One framer per input; one thread at a time.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/event/decoder.h"

namespace vedette::event {

class ElementSink {
 public:
  virtual ~ElementSink() = default;
  // `bytes` is valid during the call only. line: 1-based line of its first byte; position: its byte offset.
  virtual void on_element(std::string_view bytes, std::uint64_t line, std::uint64_t position) = 0;
  // Over-long elements and broken framing. An over-long element is passed over, and the next one goes on; after broken
  // framing the framer resumes at the next line that begins a value (behind a broken array: an array), so it counts once.
  virtual void on_reject(const Reject& reject) = 0;
};

enum class Framing : std::uint8_t { automatic, lines };  // lines: text sources, one element a line

inline constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

// Whether a JSON text begins with {"Records":[ or {"records":[.
[[nodiscard]] bool opens_records(std::string_view text);

class Framer {
 public:
  explicit Framer(Framing framing = Framing::automatic, Limits limits = {});
  // Consumes a chunk of the stream; elements that end in it are reported. Blank lines and a leading BOM are skipped.
  void feed(std::string_view chunk, ElementSink& sink);
  // End of input: an unfinished element is reported when complete, else rejected.
  void finish(ElementSink& sink);

 private:
  // undecided: in or before the first value; it makes lines when it is alone on its line.
  enum class Mode : std::uint8_t { undecided, lines, values };
  // What holds the elements: nothing, a top-level array, or the array of {"Records": [...]}; `tail` is the rest of that
  // object behind its array.
  enum class Wrapper : std::uint8_t { none, array, records, tail };
  enum class Last : std::uint8_t { start, open, comma, colon, text };

  void skip_mark(std::string_view chunk);
  void feed_lines(ElementSink& sink);
  void scan_between(ElementSink& sink);
  void scan_first_value_behind(ElementSink& sink);
  void scan_member(ElementSink& sink);
  void scan_element(ElementSink& sink);
  void scan_string(ElementSink& sink);
  void opened(char c, ElementSink& sink);
  void closed(char c, ElementSink& sink);
  void skip_lines();
  void start_element();
  void start_wrapper(Wrapper wrapper);
  void end_element(ElementSink& sink);
  void next_line();
  void go_on_by_lines();
  void broken(std::string_view what, ElementSink& sink);
  void save_rest(ElementSink& sink);
  void emit_line(std::string_view line, ElementSink& sink);
  void emit(std::string_view bytes, ElementSink& sink);
  void reject(std::string_view reason, std::string_view message, std::string_view bytes, ElementSink& sink) const;
  [[nodiscard]] std::string_view element_text();
  [[nodiscard]] bool first_on_line() const;

  Limits limits_;
  Mode mode_ = Mode::undecided;
  Wrapper wrapper_ = Wrapper::none;

  std::string_view chunk_;        // what feed() was given
  std::size_t at_ = 0;            // its next byte
  std::size_t begin_ = 0;         // where the element or line begins in it
  std::string pending_;           // bytes of the element or line from earlier chunks
  std::uint64_t base_ = 0;        // stream offset of the chunk
  std::uint64_t line_ = 1;        // line of the next byte
  std::uint64_t line_start_ = 0;  // stream offset of that line
  std::uint64_t start_line_ = 1;  // of the element or line
  std::uint64_t start_position_ = 0;
  bool blank_so_far_ = true;  // nothing but blanks of that line in earlier chunks
  std::size_t mark_ = 0;      // bytes of the byte order mark seen; 3 = past it

  bool inside_ = false;  // in an element or in the tail
  bool held_ = false;    // the first value is complete, what follows it decides
  std::size_t held_length_ = 0;
  bool discard_ = false;      // the element is passed over
  bool string_ = false;       // in a string
  bool escape_ = false;       // behind its backslash
  bool comma_ = false;        // in a wrapper: behind a comma
  bool first_member_ = true;  // in a wrapper: no element yet
  bool skipping_ = false;     // bytes are passed over up to a line that begins with one of resume_
  std::string_view resume_;
  Last last_ = Last::start;
  int depth_ = 0;
  bool deep_ = false;         // deeper than `kinds_` can tell
  std::uint64_t kinds_ = 0;   // open brackets, 1 = object, innermost lowest
  std::uint32_t tokens_ = 0;  // strings, colons and opening brackets of the element
};

}  // namespace vedette::event
