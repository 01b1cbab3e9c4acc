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
  // Over-long or broken framing; the framer resumes at the next line.
  virtual void on_reject(const Reject& reject) = 0;
};

enum class Framing : std::uint8_t { automatic, lines };  // lines: text sources, one element a line

class Framer {
 public:
  explicit Framer(Framing framing = Framing::automatic, Limits limits = {});
  // Consumes a chunk of the stream; elements that end in it are reported. Blank lines and a leading BOM are skipped.
  void feed(std::string_view chunk, ElementSink& sink);
  // End of input: an unfinished element is reported when complete, else rejected.
  void finish(ElementSink& sink);

 private:
  enum class Mode : std::uint8_t { undecided, lines, values, array };
  Framing framing_;
  Limits limits_;
  Mode mode_ = Mode::undecided;
  std::string pending_;
  std::uint64_t line_ = 1;
  std::uint64_t position_ = 0;
};

}  // namespace vedette::event
