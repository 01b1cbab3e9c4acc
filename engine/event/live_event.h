// The event that a Decoder shows to its visitor: what the walk found, and what is worked out only on demand. One per
// Decoder; one thread.
#pragma once

#include <functional>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/arena.h"
#include "engine/event/decoder.h"
#include "engine/event/extraction.h"
#include "engine/event/json_text.h"
#include "engine/event/json_walk.h"

namespace vedette::event {

class LiveEvent final : public EventView {
 public:
  explicit LiveEvent(Arena& arena) : arena_(arena) {}

  void show(const Extraction& found, std::string_view bytes) {
    slots_ = found.slots();
    raw = bytes;
    head = {};
    compacted_.clear();
    begin_ = end_ = 0;
  }
  void set_json(const JsonDoc& doc, std::uint32_t begin, std::uint32_t end) {
    doc_ = doc;
    begin_ = begin;
    end_ = end;
  }

  std::string_view compact_text(const Value& value) const override {
    if (value.kind != ValueKind::object) return value.text;
    for (const auto& [source, text] : compacted_) {
      if (source == value.text.data()) return text;
    }
    std::string_view text = value.text;
    if (has_loose_blanks(text)) {
      char* const out = static_cast<char*>(arena_.allocate(text.size()));
      text = {out, compact(text, out)};
    }
    compacted_.emplace_back(value.text.data(), text);
    return text;
  }

  bool any_scalar(const std::function<bool(std::string_view)>& test) const override {
    if (begin_ == end_) return test(raw);
    return JsonWalk::any_scalar(doc_, begin_, end_, arena_, test);
  }

 private:
  Arena& arena_;
  JsonDoc doc_;
  std::uint32_t begin_ = 0, end_ = 0;  // equal: a text line
  mutable std::vector<std::pair<const char*, std::string_view>> compacted_;
};

}  // namespace vedette::event
