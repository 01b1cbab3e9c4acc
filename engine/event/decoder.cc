#include "engine/event/decoder.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "engine/base/arena.h"
#include "engine/base/hash.h"
#include "engine/event/event_time.h"
#include "engine/event/framer.h"
#include "engine/event/json_index.h"
#include "engine/event/json_walk.h"
#include "engine/event/live_event.h"
#include "engine/event/source_type.h"

namespace vedette::event {
namespace {

constexpr std::size_t kMaxNesting = 4;  // JSON texts inside strings of JSON texts
constexpr int kDepthBits = 64;          // brackets are matched in one word

bool container(char c) { return c == '{' || c == '['; }

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && json_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && json_blank(text.back())) text.remove_suffix(1);
  return text;
}

std::string_view without_line_end(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.remove_suffix(1);
  return text;
}

// How the source type of a value is found.
struct Choice {
  std::uint32_t forced = plan::kNone;
  std::uint32_t sibling = plan::kNone;  // type of the value's siblings in an envelope, for one that no type recognises
  std::uint32_t via = plan::kNone;      // unwrap path that led here: only types that list it may take the value
  bool probe = false;                   // say nothing unless a type recognises it
};

// A value to decode: an element of a document.
struct Item {
  JsonDoc doc;
  std::uint32_t at = 0;   // its structural index
  int depth = 0;          // containers around it
  std::size_t level = 0;  // strings around its document
  bool root = false;      // nothing may follow it
};

// What became of a value. `end` is the structural index behind it, 0 when it is not known.
struct Outcome {
  bool taken = false;  // events or rejects were reported
  std::uint32_t end = 0;
};

}  // namespace

class Decoder::Impl {
 public:
  Impl(plan::PlanPtr plan, Limits limits)
      : plan_(std::move(plan)),
        limits_(limits),
        types_(build_source_types(*plan_)),
        walk_(std::min(limits.depth, kDepthBits), arena_),
        view_(arena_),
        indexes_(kMaxNesting + 1) {
    if (types_.fallback != plan::kNone) hint_ = types_.fallback;
  }

  void decode(const RawRecord& record, const Origin& origin, TimeUs& line_clock, EventVisitor& visitor) {
    record_ = &record;
    origin_ = &origin;
    line_clock_ = &line_clock;
    visitor_ = &visitor;
    arena_.clear();
    events_ = 0;
    prepare_origin_trie();
    decode_record();
  }

 private:
  void decode_record() {
    const std::string_view bytes = record_->bytes;
    std::string_view json = trimmed(bytes);
    if (json.starts_with(kByteOrderMark)) json = trimmed(json.substr(kByteOrderMark.size()));
    if (json.empty()) return reject("json", "empty", bytes);
    if (types_.types.empty()) return reject("recognise", "the plan has no source types", bytes);
    if (bytes.size() > limits_.record_bytes)
      return reject("size", fmt::format("{} bytes, more than {}", bytes.size(), limits_.record_bytes), bytes);
    Choice choice;
    choice.forced = origin_->source;
    const bool text_type = choice.forced != plan::kNone && types_.types[choice.forced].text;
    if (text_type) {
      const bool enveloped = !origin_->unwrap.empty() || !types_.types[choice.forced].unwrap.empty();
      if (!enveloped || json.front() != '{' || !decode_document(json, 0, choice_probing(choice)))
        decode_text(without_line_end(bytes), choice.forced);
    } else if (choice.forced != plan::kNone || container(json.front())) {
      (void)decode_document(json, 0, choice);
    } else {
      decode_text(without_line_end(bytes), plan::kNone);
    }
  }

  static Choice choice_probing(Choice choice) {
    choice.probe = true;
    return choice;
  }

  // ---- JSON -------------------------------------------------------------------------------------------------------

  // False only when probing, and then nothing was reported.
  bool decode_document(std::string_view json, std::size_t level, const Choice& choice) {
    JsonDoc doc;
    Flaw flaw;
    if (!indexes_[level].build(json, doc, flaw)) {
      if (choice.probe) return false;
      if (level == 0 && (json.front() == '[' || opens_records(json))) {
        decode_split(json, choice);
      } else {
        reject(flaw, json, level);
      }
      return true;
    }
    return decode_item({doc, 0, 0, level, true}, choice).taken;
  }

  // An array of which some element fails the first stage: the scanner finds the others.
  void decode_split(std::string_view json, const Choice& choice) {
    class Elements final : public ElementSink {
     public:
      Elements(Impl& decoder, std::string_view json, const Choice& picked, std::uint64_t origin)
          : decoder_(decoder), json_(json), choice_(picked), origin_(origin) {}
      void on_element(std::string_view bytes, std::uint64_t, std::uint64_t) override {
        if (decoder_.events_ < decoder_.limits_.events_per_record) {
          const bool copied = bytes.data() < json_.data() || bytes.data() >= json_.data() + json_.size();
          (void)decoder_.decode_document(copied ? decoder_.padded(bytes) : bytes, 0, choice_);
        } else if (!full_) {
          full_ = true;
          decoder_.reject_surplus(bytes, 0);
        }
      }
      void on_reject(const Reject& found) override {
        Reject placed = found;
        placed.line = decoder_.record_->line;
        placed.position += origin_;
        decoder_.visitor_->on_reject(placed);
      }

     private:
      Impl& decoder_;
      std::string_view json_;
      const Choice& choice_;
      std::uint64_t origin_;
      bool full_ = false;
    };
    Elements elements(*this, json, choice, record_->position);
    Framer framer(Framing::automatic, limits_);
    framer.feed(json, elements);
    framer.finish(elements);
  }

  // What a framer had to piece together has no padding behind it.
  std::string_view padded(std::string_view bytes) {
    char* const copy = static_cast<char*>(arena_.allocate(bytes.size() + kPadding));
    std::copy(bytes.begin(), bytes.end(), copy);
    return {copy, bytes.size()};
  }

  Outcome decode_item(const Item& item, const Choice& choice) {
    switch (item.doc.head(item.at)) {
      case '{':
        return decode_object(item, choice);
      case '[':
        return decode_array(item, choice);
      case '"':
        return decode_string(item, choice);
      default:
        break;
    }
    if (walk_.check(item.doc, item.at, item.depth) == 0) return refuse(item, choice);
    if (choice.probe) return {};
    reject("element", "not an object", element_bytes(item, item.at + 1), item.level);
    return {true, item.at + 1};
  }

  // A string that holds JSON, or a line of a text source.
  Outcome decode_string(const Item& item, const Choice& choice) {
    const Outcome taken{true, item.at + 1};
    const bool text_type = choice.forced != plan::kNone && types_.types[choice.forced].text;
    std::string_view text = JsonWalk::string_source(item.doc, item.at);
    char* const plain = static_cast<char*>(arena_.allocate(text.size() + kPadding));
    const auto length = item.level < kMaxNesting ? unescape(text, plain) : std::nullopt;
    if (length) {
      text = trimmed({plain, *length});
      if (text_type) {
        decode_text(without_line_end({plain, *length}), choice.forced);
        return taken;
      }
      if (!text.empty() && container(text.front())) return {decode_document(text, item.level + 1, choice), item.at + 1};
    }
    if (choice.probe) return {};
    reject("element", length ? "a string that holds no JSON" : "a string that cannot be read", element_bytes(item, item.at + 1),
           item.level);
    return taken;
  }

  Outcome decode_array(const Item& item, const Choice& choice) {
    const JsonDoc& doc = item.doc;
    if (item.depth >= limits_.depth) {
      if (!choice.probe) reject("depth", "nested too deeply", element_bytes(item, doc.count), item.level);
      return {!choice.probe, 0};
    }
    Choice next = choice;
    std::uint32_t i = item.at + 1;
    if (i < doc.count && doc.head(i) == ']') return finish_array(item, choice, i + 1, !choice.probe);
    bool taken = false;
    while (true) {
      if (i >= doc.count) return broken_array(item, i, next, "no closing bracket");
      if (events_ >= limits_.events_per_record) {
        reject_surplus(element_bytes({doc, i, item.depth + 1, item.level, false}, doc.count), item.level);
        return {true, 0};
      }
      const Item member{doc, i, item.depth + 1, item.level, false};
      const Outcome outcome = decode_item(member, next);
      if (!outcome.taken) return {taken, 0};
      taken = true;
      i = outcome.end != 0 ? outcome.end : walk_.skip(doc, i, member.depth);
      if (i == 0) return {true, 0};  // the rest went with the rejected element
      if (next.probe) next.sibling = hint_;
      next.probe = false;
      if (i >= doc.count) return broken_array(item, i, next, "no closing bracket");
      const char c = doc.head(i++);
      if (c == ']') return finish_array(item, next, i, true);
      if (c != ',') return broken_array(item, i - 1, next, "expected a comma or a closing bracket");
    }
  }

  Outcome finish_array(const Item& item, const Choice& choice, std::uint32_t end, bool taken) {
    if (item.root && end != item.doc.count && !choice.probe) {
      reject(Flaw{"json", "something follows the value", item.doc.at[end]}, element_bytes(item, end), item.level);
    }
    return {taken, end};
  }

  Outcome broken_array(const Item& item, std::uint32_t i, const Choice& choice, std::string_view what) {
    if (choice.probe) return {};
    const std::size_t at = i < item.doc.count ? item.doc.at[i] : item.doc.length;
    reject(Flaw{"json", what, at}, element_bytes(item, item.doc.count), item.level, item.doc.at[item.at]);
    return {true, 0};
  }

  Outcome decode_object(const Item& item, const Choice& choice) {
    if (limits_.strict_json && walk_.check(item.doc, item.at, item.depth) == 0) return refuse(item, choice);
    if (origin_trie_ && item.level == 0 && choice.via == plan::kNone) {
      if (const Outcome outcome = decode_origin_envelope(item, choice); outcome.taken) return outcome;
    }
    if (choice.forced != plan::kNone) return decode_forced(item, choice);
    return decode_auto(item, choice);
  }

  Outcome refuse(const Item& item, const Choice& choice) {
    if (choice.probe) return {};
    const Flaw flaw = walk_.flaw();
    const std::uint32_t end = item.root ? item.doc.count : walk_.skip(item.doc, item.at, item.depth);
    reject(flaw, element_bytes(item, end), item.level, item.doc.at[item.at]);
    return {true, item.root ? 0 : end};
  }

  // Walks the value with a type's trie; 0 when malformed.
  std::uint32_t extract(const Item& item, SourceType& type) {
    return walk_.extract(item.doc, item.at, item.depth, type.trie, *type.found);
  }

  // False when something follows the value of a whole document; reported unless probing.
  bool closed(const Item& item, const Choice& choice, std::uint32_t end) {
    if (!item.root || end == item.doc.count) return true;
    if (!choice.probe)
      reject(Flaw{"json", "something follows the value", item.doc.at[end]}, element_bytes(item, item.doc.count), item.level);
    return false;
  }

  Outcome decode_forced(const Item& item, const Choice& choice) {
    SourceType& type = types_.types[choice.forced];
    const std::uint32_t end = extract(item, type);
    if (end == 0) return refuse(item, choice);
    if (!closed(item, choice, end)) return {!choice.probe, 0};
    const bool event = type.recognises(type.found->seen) || item.level == kMaxNesting;
    if (!event && decode_envelopes(item, choice, type.unwrap)) return {true, end};
    if (type.text) return {};  // a line that looks like JSON, or an envelope without a line
    emit(item, type, end);
    return {true, end};
  }

  Outcome decode_auto(const Item& item, const Choice& choice) {
    const std::uint32_t first = hint_;
    SourceType& guess = types_.types[first];
    const std::uint32_t end = extract(item, guess);
    if (end == 0) return refuse(item, choice);
    if (!closed(item, choice, end)) return {!choice.probe, 0};
    std::uint32_t matches = 0;
    std::uint32_t taker = recognise(guess.found->seen, matches);
    const bool enveloped = matches == 0 && item.level < kMaxNesting && !guess.found->envelopes.empty();
    if (enveloped && decode_envelopes(item, choice, {})) return {true, end};
    if (matches != 1 || !may_take(taker, choice.via)) {
      if (choice.probe) return {};
      taker = choice.sibling != plan::kNone ? choice.sibling : types_.fallback;
    }
    if (taker == plan::kNone) {
      reject("recognise", matches == 0 ? "no source type recognises it" : "several source types recognise it",
             element_bytes(item, end), item.level);
      return {true, end};
    }
    // Looking for envelopes may have used the type's buffers.
    if (enveloped || taker != first) (void)extract(item, types_.types[taker]);
    hint_ = taker;
    emit(item, types_.types[taker], end);
    return {true, end};
  }

  [[nodiscard]] bool may_take(std::uint32_t type, std::uint32_t via) const {
    return via >= kOriginPath || types_.types[type].unwraps(via);
  }

  // The last type that recognises an event of which these paths are present.
  std::uint32_t recognise(const std::vector<std::uint64_t>& seen, std::uint32_t& matches) const {
    std::uint32_t match = plan::kNone;
    for (const SourceType& type : types_.types) {
      if (!type.recognises(seen)) continue;
      match = type.index;
      ++matches;
    }
    return match;
  }

  // ---- Envelopes --------------------------------------------------------------------------------------------------

  // Tries the values at the unwrap paths found by the last walk: a forced type's in `order`, else those of all types.
  // With a forced type, false means that no value could hold events, and nothing else was walked.
  bool decode_envelopes(const Item& item, const Choice& choice, const std::vector<std::uint32_t>& order) {
    const bool forced = choice.forced != plan::kNone;
    const std::size_t base = hits_.size();
    const auto& found = types_.types[forced ? choice.forced : hint_].found->envelopes;
    hits_.insert(hits_.end(), found.begin(), found.end());
    const std::size_t end = hits_.size();
    const std::size_t paths = forced ? order.size() : types_.unwrap_paths;
    bool taken = false;
    for (std::size_t i = 0; i < paths && !taken; ++i) {
      const auto path = forced ? order[i] : static_cast<std::uint32_t>(i);
      for (std::size_t h = base; h < end; ++h) {
        if (hits_[h].path != path) continue;
        Choice inner = choice;
        inner.via = path;
        inner.probe = !forced && !taken;
        taken = decode_envelope(item, hits_[h], inner) || taken;
      }
    }
    hits_.resize(base);
    return taken;
  }

  // The value of one unwrap path. Values that cannot hold events (null, numbers, plain text) are no envelopes.
  bool decode_envelope(const Item& item, const EnvelopeHit hit, const Choice& choice) {
    const char first = item.doc.head(hit.value);
    if (!container(first) && first != '"') return false;
    if (first == '"' && !holds_events(item, hit, choice)) return false;
    return decode_item({item.doc, hit.value, hit.depth, item.level, false}, choice).taken;
  }

  bool holds_events(const Item& item, const EnvelopeHit& hit, const Choice& choice) {
    if (choice.forced != plan::kNone && types_.types[choice.forced].text) return true;
    std::string_view inside = trimmed(JsonWalk::string_source(item.doc, hit.value));
    while (inside.starts_with("\\n") || inside.starts_with("\\r") || inside.starts_with("\\t"))
      inside = trimmed(inside.substr(2));
    return item.level < kMaxNesting && !inside.empty() && container(inside.front());
  }

  void prepare_origin_trie() {
    if (origin_paths_ == origin_->unwrap) return;
    origin_paths_ = origin_->unwrap;
    origin_trie_.reset();
    if (origin_paths_.empty()) return;
    origin_trie_.emplace();
    for (std::uint32_t i = 0; i < origin_paths_.size(); ++i) origin_trie_->add(origin_paths_[i], Presence{true, i});
    origin_trie_->finish();
  }

  // The configured paths of the origin: what they hold is taken as if it had come alone.
  Outcome decode_origin_envelope(const Item& item, const Choice& choice) {
    const std::uint32_t end = walk_.extract(item.doc, item.at, item.depth, *origin_trie_, origin_found_);
    if (end == 0) return refuse(item, choice);
    if (!closed(item, choice, end)) return {!choice.probe, 0};
    origin_hits_ = origin_found_.envelopes;
    for (std::uint32_t path = 0; path < origin_paths_.size(); ++path) {
      bool taken = false;
      for (std::size_t h = 0; h < origin_hits_.size(); ++h) {
        if (origin_hits_[h].path == path) taken = decode_origin_value(item, origin_hits_[h], choice) || taken;
      }
      if (taken) return {true, end};
    }
    return {};
  }

  bool decode_origin_value(const Item& item, const EnvelopeHit& hit, Choice choice) {
    const char first = item.doc.head(hit.value);
    choice.probe = false;
    choice.via = kOriginPath;
    if (container(first)) return decode_item({item.doc, hit.value, hit.depth, item.level, false}, choice).taken;
    if (first != '"') return false;
    if (holds_events(item, hit, choice)) return decode_item({item.doc, hit.value, hit.depth, item.level, false}, choice).taken;
    if (choice.forced != plan::kNone) return false;
    const std::string_view text = JsonWalk::string_source(item.doc, hit.value);
    char* const plain = static_cast<char*>(arena_.allocate(text.size() + kPadding));
    const auto length = unescape(text, plain);
    if (!length) return false;
    decode_text(without_line_end({plain, *length}), plan::kNone);
    return true;
  }

  // ---- Text -------------------------------------------------------------------------------------------------------

  void decode_text(std::string_view line, std::uint32_t forced) {
    if (line.size() > limits_.element_bytes)
      return reject("size", fmt::format("{} bytes, more than {}", line.size(), limits_.element_bytes), line);
    if (!utf8_ok(line)) return reject(Flaw{"utf8", "not UTF-8", first_bad_utf8(line)}, line, 0);
    SourceType* const type = forced != plan::kNone ? &types_.types[forced] : recognise_text(line);
    if (type == nullptr) return reject("recognise", "neither JSON nor a line of a text source", line);
    type->text->read(line, *type->found, arena_);
    view_.show(*type->found, line);
    EventHead& head = fill_head(*type);
    head.repeat = type->text->repeat();
    if (head.repeat > 1) head.flags |= kRepeated;
    set_time(*type, type->text->timestamp());
    report();
  }

  // Exactly one text source must recognise the line; a single one need not.
  SourceType* recognise_text(std::string_view line) {
    SourceType* only = nullptr;
    SourceType* match = nullptr;
    int types = 0;
    int matches = 0;
    for (SourceType& type : types_.types) {
      if (!type.text) continue;
      only = &type;
      ++types;
    }
    if (types <= 1) return only;
    for (SourceType& type : types_.types) {
      if (!type.text) continue;
      type.text->read(line, *type.found, arena_);
      if (!type.text->recognised()) continue;
      match = &type;
      ++matches;
    }
    return matches == 1 ? match : nullptr;
  }

  // ---- Reporting --------------------------------------------------------------------------------------------------

  void emit(const Item& item, SourceType& type, std::uint32_t end) {
    const std::string_view bytes = element_bytes(item, end);
    if (bytes.size() > limits_.element_bytes) {
      return reject("size", fmt::format("{} bytes, more than {}", bytes.size(), limits_.element_bytes), bytes, item.level);
    }
    view_.show(*type.found, bytes);
    view_.set_json(item.doc, item.at, end);
    fill_head(type);
    set_time(type, {});
    report();
  }

  EventHead& fill_head(const SourceType& type) {
    EventHead& head = view_.head;
    head.source = type.index;
    head.line = record_->line;
    for (const Value& id : type.found->ids) {
      if (!head.id.empty()) break;
      head.id = id.text;
    }
    if (head.id.empty()) {
      head.flags |= kIdMade;
      head.raw_hash = siphash128(view_.raw, seed_);
    }
    return head;
  }

  // line_time: the time of a text line's header, empty for JSON.
  void set_time(const SourceType& type, std::string_view line_time) {
    const plan::SourcePlan& source = type.program.source;
    EventHead& head = view_.head;
    SyslogReference reference;
    reference.zone = origin_->zone ? origin_->zone.get() : source.zone.get();
    reference.year = origin_->year_hint != 0 ? origin_->year_hint : source.year.value_or(0);
    if (*line_clock_ != 0) reference.previous = *line_clock_;
    head.a = record_->arrival;
    if (head.a == kNoArrival && source.arrival)
      head.a = parse_time(type.found->arrival, source.arrival->format, reference).value_or(kNoArrival);
    if (head.a != kNoArrival) reference.arrival = head.a;

    std::optional<TimeUs> t;
    bool syslog = !line_time.empty();
    if (syslog) t = parse_syslog_time(line_time, reference);
    for (std::size_t i = 0; i < source.time.size() && !t && !type.text; ++i) {
      t = parse_time(type.found->times[i], source.time[i].format, reference);
      syslog = source.time[i].format == plan::TimeFormat::syslog;
    }
    if (!t) {
      head.flags |= kTimeMissing;
      return;
    }
    head.t = *t;
    if (syslog) *line_clock_ = *t;
  }

  void report() {
    ++events_;
    visitor_->on_event(view_);
  }

  // Source bytes of a value whose end is known; else up to the end of its document.
  static std::string_view element_bytes(const Item& item, std::uint32_t end) {
    if (end == 0) end = item.doc.count;
    const char* const first = item.doc.text + item.doc.at[item.at];
    if (end >= item.doc.count && item.root) return {first, item.doc.length - item.doc.at[item.at]};
    if (container(*first) && end > item.at && end <= item.doc.count) {
      return {first, static_cast<std::size_t>(item.doc.at[end - 1] - item.doc.at[item.at] + 1)};
    }
    return JsonWalk::source(item.doc, item.at, end);
  }

  void reject(std::string_view reason, std::string message, std::string_view bytes, std::size_t level = 0) {
    Reject out;
    out.reason = reason;
    out.message = std::move(message);
    out.line = record_->line;
    out.position = record_->position;
    if (level == 0) {
      out.bytes = bytes;
      if (bytes.data() >= record_->bytes.data() && bytes.data() <= record_->bytes.data() + record_->bytes.size()) {
        out.position += static_cast<std::uint64_t>(bytes.data() - record_->bytes.data());
      }
    } else {
      out.bytes = record_->bytes;
      out.message += " (in a string of its envelope)";
    }
    visitor_->on_reject(out);
  }

  void reject_surplus(std::string_view bytes, std::size_t level) {
    reject("events", fmt::format("more than {} events in one record", limits_.events_per_record), bytes, level);
  }

  // base: offset of `bytes` in the text that the flaw counts in.
  void reject(const Flaw& flaw, std::string_view bytes, std::size_t level, std::size_t base = 0) {
    reject(flaw.reason, fmt::format("{} at byte {}", flaw.what, flaw.at - std::min(base, flaw.at)), bytes, level);
  }

  static constexpr std::uint32_t kOriginPath = plan::kNone - 1;

  plan::PlanPtr plan_;
  Limits limits_;
  SourceTypes types_;
  Arena arena_;
  JsonWalk walk_;
  LiveEvent view_;
  std::vector<JsonIndex> indexes_;  // per level of strings in strings
  std::vector<EnvelopeHit> hits_;   // stack: the envelopes under trial
  std::uint32_t hint_ = 0;          // the type that the last record turned out to be
  HashSeed seed_ = process_hash_seed();

  std::vector<plan::FieldPath> origin_paths_;
  std::optional<PathTrie> origin_trie_;
  Extraction origin_found_{0, 0, 0, 0};
  std::vector<EnvelopeHit> origin_hits_;

  const RawRecord* record_ = nullptr;
  const Origin* origin_ = nullptr;
  TimeUs* line_clock_ = nullptr;
  EventVisitor* visitor_ = nullptr;
  std::size_t events_ = 0;
};

Decoder::Decoder(plan::PlanPtr plan, Limits limits) : impl_(std::make_unique<Impl>(std::move(plan), limits)) {}
Decoder::~Decoder() = default;

void Decoder::decode(const RawRecord& record, const Origin& origin, TimeUs& line_clock, EventVisitor& visitor) {
  impl_->decode(record, origin, line_clock, visitor);
}

}  // namespace vedette::event
