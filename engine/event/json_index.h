// The first stage of simdjson: where the structural characters of a JSON text are, after checking its encoding and its
// strings. One per nesting level of a Decoder; the index is valid until the next build. One thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "engine/event/json_text.h"

namespace vedette::event {

// A JSON text with its structural index: offsets of { } [ ] : , and of the first byte of every scalar.
struct JsonDoc {
  const char* text = nullptr;
  std::size_t length = 0;
  const std::uint32_t* at = nullptr;  // `count` offsets, followed by `length`
  std::uint32_t count = 0;
  [[nodiscard]] char head(std::uint32_t i) const { return text[at[i]]; }
};

class JsonIndex {
 public:
  JsonIndex();
  ~JsonIndex();
  JsonIndex(JsonIndex&&) noexcept;

  // False with `flaw` filled when the text fails the first stage. Text and index grow only.
  [[nodiscard]] bool build(std::string_view json, JsonDoc& doc, Flaw& flaw);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

[[nodiscard]] bool utf8_ok(std::string_view text);

}  // namespace vedette::event
