#include "engine/event/framer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "engine/event/bytes.h"

namespace vedette::event {
namespace {

constexpr int kKindBits = 64;

std::string_view without_trailing_blanks(std::string_view text) {
  while (!text.empty() && json_blank(text.back())) text.remove_suffix(1);
  return text;
}

bool all_blank(std::string_view text) { return std::all_of(text.begin(), text.end(), json_blank); }

// Removes `token` from the front, with the blanks before it.
bool take(std::string_view& text, std::string_view token) {
  while (!text.empty() && json_blank(text.front())) text.remove_prefix(1);
  if (!text.starts_with(token)) return false;
  text.remove_prefix(token.size());
  return true;
}

// The next quote, backslash or newline at or behind `at`.
std::size_t find_in_string(std::string_view text, std::size_t at) {
  while (at + 8 <= text.size()) {
    const std::uint64_t word = load_word(text.data() + at);
    if (has_byte(word, '"') || has_byte(word, '\\') || has_byte(word, '\n')) break;
    at += 8;
  }
  while (at < text.size() && text[at] != '"' && text[at] != '\\' && text[at] != '\n') ++at;
  return at;
}

}  // namespace

bool opens_records(std::string_view text) {
  return take(text, "{") && (take(text, "\"Records\"") || take(text, "\"records\"")) && take(text, ":") && take(text, "[");
}

Framer::Framer(Framing framing, Limits limits)
    : limits_(limits), mode_(framing == Framing::lines ? Mode::lines : Mode::undecided) {}

void Framer::feed(std::string_view chunk, ElementSink& sink) {
  chunk_ = chunk;
  at_ = begin_ = 0;
  if (mark_ < kByteOrderMark.size()) skip_mark(chunk);
  if (mark_ < kByteOrderMark.size()) {  // all of it may belong to the mark
    base_ += chunk.size();
    return;
  }
  while (at_ < chunk_.size()) {
    if (skipping_) {
      skip_lines();
    } else if (mode_ == Mode::lines) {
      feed_lines(sink);
    } else if (inside_) {
      scan_element(sink);
    } else {
      scan_between(sink);
    }
  }
  save_rest(sink);
  const std::size_t line = line_start_ > base_ ? static_cast<std::size_t>(line_start_ - base_) : 0;
  blank_so_far_ = (line_start_ >= base_ || blank_so_far_) && all_blank(chunk_.substr(line));
  base_ += chunk.size();
  chunk_ = {};
}

void Framer::finish(ElementSink& sink) {
  if (mark_ > 0 && mark_ < kByteOrderMark.size()) pending_ = kByteOrderMark.substr(0, mark_);
  mark_ = kByteOrderMark.size();
  if (held_) {
    emit(std::string_view(pending_).substr(0, held_length_), sink);
  } else if (mode_ != Mode::values) {
    if (!discard_) emit_line(pending_, sink);
  } else if (inside_ ? !discard_ || wrapper_ == Wrapper::tail : wrapper_ != Wrapper::none) {
    if (!inside_) start_line_ = line_;
    if (!inside_) start_position_ = base_;
    reject("truncated", "the input ends inside a value", pending_, sink);
  }
  pending_.clear();
  inside_ = held_ = discard_ = skipping_ = string_ = escape_ = false;
  wrapper_ = Wrapper::none;
}

// ---- Lines ----------------------------------------------------------------------------------------------------------

void Framer::feed_lines(ElementSink& sink) {
  while (at_ < chunk_.size()) {
    if (pending_.empty() && !discard_) {
      start_line_ = line_;
      start_position_ = base_ + at_;
    }
    begin_ = at_;
    const void* const found = std::memchr(chunk_.data() + at_, '\n', chunk_.size() - at_);
    if (found == nullptr) {
      at_ = chunk_.size();
      return;
    }
    at_ = static_cast<std::size_t>(static_cast<const char*>(found) - chunk_.data());
    if (!discard_) emit_line(element_text(), sink);
    discard_ = false;
    pending_.clear();
    ++at_;
    next_line();
    begin_ = at_;
  }
}

void Framer::emit_line(std::string_view line, ElementSink& sink) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (!all_blank(line)) emit(line, sink);
}

void Framer::next_line() {
  ++line_;
  line_start_ = base_ + at_;
}

// The first value shows that every line is an element of its own: its line starts over.
void Framer::go_on_by_lines() {
  mode_ = Mode::lines;
  at_ = begin_;
  inside_ = held_ = string_ = escape_ = false;
}

// ---- Values ---------------------------------------------------------------------------------------------------------

void Framer::skip_mark(std::string_view chunk) {
  while (at_ < chunk.size() && mark_ < kByteOrderMark.size() && chunk[at_] == kByteOrderMark[mark_]) {
    ++at_;
    ++mark_;
  }
  if (at_ == chunk.size() && mark_ < kByteOrderMark.size()) return;
  if (mark_ > 0 && mark_ < kByteOrderMark.size()) {  // text that begins like the mark
    pending_ = kByteOrderMark.substr(0, mark_);
    mode_ = Mode::lines;
  }
  mark_ = kByteOrderMark.size();
  begin_ = at_;
  line_start_ = base_ + at_;
}

void Framer::scan_between(ElementSink& sink) {
  const char c = chunk_[at_];
  if (held_) return scan_first_value_behind(sink);
  if (json_blank(c)) {
    ++at_;
    if (c != '\n') return;
    next_line();
    pending_.clear();
    return;
  }
  if (wrapper_ != Wrapper::none) return scan_member(sink);
  if (c == '{') {
    start_element();
  } else if (c == '[') {
    ++at_;
    start_wrapper(Wrapper::array);
  } else if (mode_ == Mode::undecided) {
    begin_ = line_start_ >= base_ ? static_cast<std::size_t>(line_start_ - base_) : 0;
    start_line_ = line_;
    start_position_ = line_start_;
    go_on_by_lines();
  } else {
    start_element();
    broken("expected a value", sink);
  }
}

// What follows the first value on its line decides between lines and values.
void Framer::scan_first_value_behind(ElementSink& sink) {
  const char c = chunk_[at_];
  if (c == '{' || c == '[') {
    emit(element_text().substr(0, held_length_), sink);
    pending_.clear();
    held_ = false;
    mode_ = Mode::values;
  } else if (json_blank(c) && c != '\n') {
    ++at_;
  } else {
    go_on_by_lines();
  }
}

// Between the elements of an array.
void Framer::scan_member(ElementSink& sink) {
  const char c = chunk_[at_];
  if (c == ']' && !comma_) {
    ++at_;
    if (wrapper_ == Wrapper::array) {
      wrapper_ = Wrapper::none;
      return;
    }
    start_element();
    wrapper_ = Wrapper::tail;
    discard_ = true;
    depth_ = 1;
    kinds_ = 1;
    last_ = Last::text;
  } else if (c == ',' && !comma_ && !first_member_) {
    comma_ = true;
    ++at_;
  } else if (c == ',' || c == ']' || c == '}' || c == ':') {
    start_element();
    broken("expected a value", sink);
  } else if (!first_member_ && !comma_) {
    start_element();
    broken("expected a comma or a closing bracket", sink);
  } else {
    start_element();
  }
}

void Framer::start_element() {
  begin_ = at_;
  pending_.clear();
  start_line_ = line_;
  start_position_ = base_ + at_;
  inside_ = true;
  discard_ = deep_ = string_ = escape_ = false;
  last_ = Last::start;
  depth_ = 0;
  kinds_ = 0;
  tokens_ = 0;
}

void Framer::start_wrapper(Wrapper wrapper) {
  wrapper_ = wrapper;
  mode_ = Mode::values;
  inside_ = false;
  comma_ = false;
  first_member_ = true;
  pending_.clear();
}

void Framer::scan_element(ElementSink& sink) {
  if (string_) scan_string(sink);
  while (at_ < chunk_.size() && inside_ && !skipping_) {
    const char c = chunk_[at_];
    switch (c) {
      case '"':
        ++at_;
        ++tokens_;
        string_ = true;
        scan_string(sink);
        break;
      case '{':
      case '[':
        opened(c, sink);
        break;
      case '}':
      case ']':
        closed(c, sink);
        break;
      case '\n':
        if (depth_ == 0) return end_element(sink);
        if (mode_ == Mode::undecided) mode_ = Mode::values;
        ++at_;
        next_line();
        break;
      case ' ':
      case '\t':
      case '\r':
        if (depth_ == 0) return end_element(sink);
        ++at_;
        break;
      case ',':
        if (depth_ == 0) return end_element(sink);
        last_ = Last::comma;
        ++at_;
        break;
      case ':':
        last_ = Last::colon;
        ++tokens_;
        ++at_;
        break;
      default:
        last_ = Last::text;
        ++at_;
    }
  }
}

void Framer::scan_string(ElementSink& sink) {
  while (at_ < chunk_.size()) {
    if (escape_ && chunk_[at_] != '\n') {
      escape_ = false;
      ++at_;
      continue;
    }
    at_ = find_in_string(chunk_, at_);
    if (at_ == chunk_.size()) return;
    const char c = chunk_[at_];
    if (c == '\n') return broken("a string does not end on its line", sink);
    ++at_;
    escape_ = c == '\\';
    if (escape_) continue;
    string_ = false;
    last_ = Last::text;
    if (depth_ == 0) end_element(sink);
    return;
  }
}

void Framer::opened(char c, ElementSink& sink) {
  const bool in_object = (kinds_ & 1) != 0;
  const bool allowed = depth_ == 0 ? last_ == Last::start
                       : in_object ? last_ == Last::colon
                                   : last_ == Last::open || last_ == Last::comma;
  if (!allowed && !deep_) return broken("expected a key or a comma", sink);
  ++at_;
  if (c == '[' && depth_ == 1 && tokens_ == 3 && wrapper_ == Wrapper::none && !discard_ && opens_records(element_text())) {
    return start_wrapper(Wrapper::records);
  }
  ++tokens_;
  if (++depth_ > kKindBits) deep_ = true;
  kinds_ = (kinds_ << 1) | (c == '{' ? 1U : 0U);
  last_ = Last::open;
}

void Framer::closed(char c, ElementSink& sink) {
  if (depth_ == 0) {
    if (c == ']' && wrapper_ != Wrapper::none) return end_element(sink);
    return broken("a closing bracket without an opening one", sink);
  }
  if (!deep_ && (kinds_ & 1) != (c == '}' ? 1U : 0U)) return broken("brackets do not match", sink);
  ++at_;
  kinds_ >>= 1;
  last_ = Last::text;
  if (--depth_ == 0) end_element(sink);
}

// The bytes of the element or line so far.
std::string_view Framer::element_text() {
  const std::string_view here = chunk_.substr(begin_, at_ - begin_);
  if (pending_.empty()) return here;
  pending_ += here;
  begin_ = at_;
  return pending_;
}

void Framer::end_element(ElementSink& sink) {
  inside_ = false;
  if (wrapper_ == Wrapper::tail) {
    wrapper_ = Wrapper::none;
    return;
  }
  if (discard_) {
    if (mode_ == Mode::values && wrapper_ == Wrapper::none) mode_ = Mode::undecided;
  } else if (mode_ == Mode::undecided && wrapper_ == Wrapper::none) {
    held_ = true;
    held_length_ = pending_.size() + (at_ - begin_);
    return;
  } else {
    emit(element_text(), sink);
  }
  pending_.clear();
  first_member_ = false;
  comma_ = false;
}

void Framer::emit(std::string_view bytes, ElementSink& sink) {
  if (bytes.size() <= limits_.element_bytes) return sink.on_element(bytes, start_line_, start_position_);
  reject("size", fmt::format("more than {} bytes", limits_.element_bytes), bytes.substr(0, limits_.element_bytes), sink);
}

// At the end of a chunk.
void Framer::save_rest(ElementSink& sink) {
  if (mode_ == Mode::undecided && !inside_ && !held_ && !skipping_) {  // blanks that a text line may begin with
    pending_ += chunk_.substr(line_start_ > base_ ? static_cast<std::size_t>(line_start_ - base_) : 0);
    if (pending_.size() > limits_.element_bytes) pending_.clear();
    return;
  }
  const bool unfinished = mode_ == Mode::lines ? at_ > begin_ || !pending_.empty() : inside_ || held_;
  if (!unfinished || discard_ || skipping_) return;
  pending_ += chunk_.substr(begin_);
  if (pending_.size() <= limits_.element_bytes) return;
  emit(held_ ? std::string_view(pending_).substr(0, held_length_) : std::string_view(pending_), sink);
  pending_.clear();
  if (held_) {
    held_ = false;
    return;
  }
  discard_ = true;
  if (mode_ == Mode::undecided) mode_ = Mode::values;
}

// ---- Broken framing -------------------------------------------------------------------------------------------------

// Only blanks between the start of the line and the next byte.
bool Framer::first_on_line() const {
  if (line_start_ < base_) return blank_so_far_ && all_blank(chunk_.substr(0, at_));
  return all_blank(
      chunk_.substr(static_cast<std::size_t>(line_start_ - base_), at_ - static_cast<std::size_t>(line_start_ - base_)));
}

void Framer::broken(std::string_view what, ElementSink& sink) {
  if (mode_ == Mode::undecided && wrapper_ == Wrapper::none && inside_ && start_line_ == line_) return go_on_by_lines();
  const std::string message = fmt::format("{} at byte {}", what, base_ + at_ - start_position_);
  const char c = chunk_[at_];
  const bool next_value = wrapper_ == Wrapper::none && start_line_ < line_ && (c == '{' || c == '[') && first_on_line();
  if (!next_value) {
    skipping_ = true;
    at_ = std::min(chunk_.find('\n', at_), chunk_.size());
  }
  if (!discard_ || wrapper_ == Wrapper::tail) {
    reject("framing", message, without_trailing_blanks(element_text()).substr(0, limits_.element_bytes), sink);
  }
  // The rest of an array counts once: a new one must begin before elements are taken again.
  resume_ = wrapper_ == Wrapper::none ? "{[" : wrapper_ == Wrapper::array ? "[" : "{";
  mode_ = Mode::undecided;
  wrapper_ = Wrapper::none;
  inside_ = discard_ = string_ = escape_ = false;
  pending_.clear();
}

void Framer::skip_lines() {
  while (at_ < chunk_.size()) {
    if (base_ + at_ == line_start_ && resume_.find(chunk_[at_]) != std::string_view::npos) {
      skipping_ = false;
      return;
    }
    const void* const found = std::memchr(chunk_.data() + at_, '\n', chunk_.size() - at_);
    if (found == nullptr) {
      at_ = chunk_.size();
      return;
    }
    at_ = static_cast<std::size_t>(static_cast<const char*>(found) - chunk_.data()) + 1;
    next_line();
  }
}

void Framer::reject(std::string_view reason, std::string_view message, std::string_view bytes, ElementSink& sink) const {
  Reject out;
  out.reason = reason;
  out.message = message;
  out.bytes = bytes;
  out.line = start_line_;
  out.position = start_position_;
  sink.on_reject(out);
}

}  // namespace vedette::event
