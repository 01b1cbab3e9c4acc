#include "engine/run/log_codec.h"

#include <algorithm>
#include <map>

#include "engine/base/digest.h"
#include "engine/base/hash.h"
#include "engine/base/wire.h"
#include "engine/run/stream_map.h"

namespace vedette::run {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr DurationUs kAheadUs = 5 * kMinuteUs;  // an event time may lie so far ahead of its stamp
enum Kind : std::uint8_t { kBatch = 1, kTick = 2, kDown = 3, kEpoch = 4 };

// Differences of times wrap, so that any two times have one.
std::int64_t since(TimeUs t, TimeUs base) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(t) - static_cast<std::uint64_t>(base));
}
TimeUs after(TimeUs base, std::int64_t difference) {
  return static_cast<TimeUs>(static_cast<std::uint64_t>(base) + static_cast<std::uint64_t>(difference));
}

void write_origin(const event::Origin& origin, WireWriter& writer) {
  writer.text(origin.source_name);
  writer.text(origin.partition);
  writer.text(origin.tenant);
}

// Only source types that have delivered have a stamp.
void write_stamps(std::span<const TimeUs> stamps, TimeUs base, WireWriter& writer) {
  const auto seen = [](TimeUs stamp) { return stamp != event::kNoArrival; };
  writer.number(static_cast<std::uint64_t>(std::count_if(stamps.begin(), stamps.end(), seen)));
  for (std::size_t source = 0; source < stamps.size(); ++source) {
    if (!seen(stamps[source])) continue;
    writer.number(source);
    writer.signed_number(since(stamps[source], base));
  }
}

void write_hit(const correlate::Hit& hit, WireWriter& writer) {
  writer.number(hit.rule);
  writer.byte(hit.level ? static_cast<std::uint8_t>(static_cast<std::uint8_t>(*hit.level) + 1) : std::uint8_t{0});
  for (const correlate::ColumnValues& values : hit.columns) {
    writer.number(values.size());
    for (const correlate::ColumnValue& value : values) {
      writer.text(value.original);
      const bool same = value.key == value.original;
      writer.byte(same ? 0 : 1);
      if (!same) writer.text(value.key);
    }
  }
}

void write_event(const correlate::EventHits& event, TimeUs base, WireWriter& writer) {
  const bool made = (event.head.flags & event::kIdMade) != 0;
  writer.byte(event.head.flags);
  writer.number(event.head.source);
  writer.number(event.head.repeat);
  writer.signed_number(since(event.head.t, base));
  writer.text(made ? event.raw : event.head.id);
  write_stamps(event.stamps, base, writer);
  writer.number(event.hits.size());
  for (const correlate::Hit& hit : event.hits) write_hit(hit, writer);
}

// One entry read: origin, then what its kind has.
struct EntryHead {
  std::uint8_t kind = 0;
  std::string_view streams;
};

EntryHead read_head(WireReader& reader) {
  EntryHead head;
  head.kind = reader.byte();
  head.streams = reader.text();
  return head;
}

struct OriginName {
  std::string_view name, partition, tenant;
};

OriginName read_origin(WireReader& reader) {
  OriginName origin;
  origin.name = reader.text();
  origin.partition = reader.text();
  origin.tenant = reader.text();
  return origin;
}

// Decodes batches into one HitBatch, whose memory is reused.
class BatchDecoder {
 public:
  BatchDecoder(WireReader& reader, const StreamMap& map, const plan::Plan& plan, correlate::HitBatch& out)
      : reader_(reader), map_(map), plan_(plan), out_(out) {}

  bool decode(std::shared_ptr<const event::Origin> origin) {
    out_.clear();
    out_.stamps.assign(plan_.sources.size(), event::kNoArrival);
    out_.origin = std::move(origin);
    base_ = reader_.signed_number();
    read_stamps(out_.stamps);
    const std::size_t events = reader_.count(6);
    for (std::size_t i = 0; i < events && reader_.ok(); ++i) read_event();
    return reader_.ok() && reader_.at_end();
  }

 private:
  void read_stamps(std::span<TimeUs> stamps) {
    const std::size_t count = reader_.count(2);
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint64_t source = reader_.number();
      const TimeUs stamp = after(base_, reader_.signed_number());
      if (source < map_.sources().size() && map_.sources()[source] != plan::kNone) stamps[map_.sources()[source]] = stamp;
    }
  }

  void read_event() {
    correlate::EventHits event;
    event.head.flags = reader_.byte();
    const std::uint64_t source = reader_.number();
    event.head.repeat = static_cast<std::uint32_t>(reader_.number());
    event.head.t = after(base_, reader_.signed_number());
    const std::string_view id = out_.arena.copy(reader_.text());
    if ((event.head.flags & event::kIdMade) != 0) {
      event.raw = id;
      event.head.raw_hash = siphash128(id, process_hash_seed());
    } else {
      event.head.id = id;
    }
    const std::span<TimeUs> stamps = out_.arena.array<TimeUs>(plan_.sources.size());
    std::fill(stamps.begin(), stamps.end(), event::kNoArrival);
    read_stamps(stamps);
    event.stamps = stamps;
    hits_.clear();
    const std::size_t hits = reader_.count(2);
    for (std::size_t i = 0; i < hits && reader_.ok(); ++i) read_hit();
    const bool known = source < map_.sources().size() && map_.sources()[source] != plan::kNone;
    if (known) event.head.source = map_.sources()[source];
    if (known && !hits_.empty()) {
      std::stable_sort(hits_.begin(), hits_.end(),
                       [](const correlate::Hit& a, const correlate::Hit& b) { return a.rule < b.rule; });
      const std::span<correlate::Hit> list = out_.arena.array<correlate::Hit>(hits_.size());
      std::copy(hits_.begin(), hits_.end(), list.begin());
      event.hits = list;
    }
    out_.events.push_back(event);
  }

  void read_hit() {
    const std::uint64_t rule = reader_.number();
    if (rule >= map_.rules().size()) {
      reader_.damage();
      return;
    }
    const StreamMap::Stored& stored = map_.rules()[rule];
    const std::uint8_t level = reader_.byte();
    columns_.assign(stored.columns, {});
    for (correlate::ColumnValues& column : columns_) column = read_values();
    for (const StreamMap::Target& target : stored.targets) {
      const std::span<correlate::ColumnValues> columns = out_.arena.array<correlate::ColumnValues>(target.columns.size());
      for (std::size_t i = 0; i < columns.size(); ++i) {
        if (target.columns[i] != plan::kNone) columns[i] = columns_[target.columns[i]];
      }
      correlate::Hit hit;
      hit.rule = target.rule;
      hit.columns = columns;
      if (level > 0) hit.level = static_cast<plan::Level>(level - 1);
      hits_.push_back(hit);
    }
  }

  correlate::ColumnValues read_values() {
    const std::span<correlate::ColumnValue> values = out_.arena.array<correlate::ColumnValue>(reader_.count(2));
    for (correlate::ColumnValue& value : values) {
      value.original = out_.arena.copy(reader_.text());
      value.key = reader_.byte() == 0 ? value.original : out_.arena.copy(reader_.text());
    }
    return values;
  }

  WireReader& reader_;
  const StreamMap& map_;
  const plan::Plan& plan_;
  correlate::HitBatch& out_;
  TimeUs base_ = 0;
  std::vector<correlate::Hit> hits_;
  std::vector<correlate::ColumnValues> columns_;
};

}  // namespace

StreamTable make_stream_table(const plan::Plan& plan) {
  StreamTable table;
  table.bytes = StreamMap::encode(plan);
  table.name = to_hex(digest_parts({"vedette.streams", table.bytes}), 8);
  return table;
}

// --- writing ---

void LogWriter::begin(std::uint8_t kind, std::string& out) const {
  out.clear();
  WireWriter writer(out);
  writer.byte(kVersion);
  writer.byte(kind);
  writer.text(streams_);
}

void LogWriter::batch(const correlate::HitBatch& batch, std::string& out) const {
  begin(kBatch, out);
  WireWriter writer(out);
  write_origin(*batch.origin, writer);
  const TimeUs newest = newest_stamp(batch);
  const TimeUs base = newest == event::kNoArrival ? 0 : newest;
  writer.signed_number(base);
  write_stamps(batch.stamps, base, writer);
  writer.number(batch.events.size());
  for (const correlate::EventHits& event : batch.events) write_event(event, base, writer);
}

void LogWriter::tick(const event::Origin& origin, std::uint32_t source, TimeUs stamp, std::string& out) const {
  begin(kTick, out);
  WireWriter writer(out);
  write_origin(origin, writer);
  writer.number(source);
  writer.signed_number(stamp);
}

void LogWriter::down(std::uint32_t source, bool down, std::string& out) const {
  begin(kDown, out);
  WireWriter writer(out);
  writer.number(source);
  writer.byte(down ? 1 : 0);
}

void LogWriter::epoch(std::string_view bundle, std::string& out) const {
  begin(kEpoch, out);
  WireWriter(out).text(bundle);
}

TimeUs newest_stamp(const correlate::HitBatch& batch) {
  TimeUs newest = event::kNoArrival;
  for (const TimeUs stamp : batch.stamps) newest = std::max(newest, stamp);
  return newest;
}

DurationUs log_retention(const plan::Plan& plan) {
  DurationUs longest = kDayUs;  // equal lines without an id are counted for a day
  for (const plan::RulePlan& rule : plan.rules) longest = std::max(longest, rule.suppress.for_us + rule.accept);
  for (const plan::CorrelationPlan& correlation : plan.correlations) longest = std::max(longest, correlation.retention);
  return longest + kAheadUs;
}

// --- reading ---

class LogReader::Impl {
 public:
  Impl(plan::PlanPtr plan, Streams streams, Origins origins)
      : plan_(std::move(plan)), streams_(std::move(streams)), origins_(std::move(origins)) {
    lacking_.resize(plan_->correlations.size(), false);
  }

  Status apply(std::string_view entry, Sequencer& sequencer, std::vector<alert::Alert>& alerts) {
    WireReader reader(entry);
    auto opened = open(reader);
    if (!opened) return opened.error();
    const auto [kind, map] = *opened;
    bool good = true;
    if (kind == kBatch) {
      const OriginName name = read_origin(reader);
      if (!reader.ok()) return damaged();
      good = BatchDecoder(reader, *map, *plan_, batch_).decode(origins_(name.name, name.partition, name.tenant));
      if (good) sequencer.apply(batch_, alerts);
      for (std::size_t c = 0; c < lacking_.size(); ++c) lacking_[c] = lacking_[c] || !map->complete()[c];
    } else if (kind == kTick) {
      const OriginName name = read_origin(reader);
      const std::uint32_t source = current_source(reader.number(), *map);
      const TimeUs stamp = reader.signed_number();
      good = reader.ok();
      if (good && source != plan::kNone) sequencer.tick(*origins_(name.name, name.partition, name.tenant), source, stamp, alerts);
    } else if (kind == kDown) {
      const std::uint32_t source = current_source(reader.number(), *map);
      const bool down = reader.byte() != 0;
      good = reader.ok();
      if (good && source != plan::kNone) sequencer.set_down(source, down, alerts);
    } else {
      bundle_ = reader.text();
      good = reader.ok();
    }
    return good ? Status{} : damaged();
  }

  Status note_clocks(std::string_view entry, std::vector<ClockMark>& marks) {
    WireReader reader(entry);
    auto opened = open(reader);
    if (!opened) return opened.error();
    const auto [kind, map] = *opened;
    if (kind != kBatch && kind != kTick) return {};
    const OriginName name = read_origin(reader);
    const TimeUs base = kind == kBatch ? reader.signed_number() : 0;
    const std::size_t count = kind == kBatch ? reader.count(2) : 1;
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint32_t source = current_source(reader.number(), *map);
      const TimeUs stamp = after(base, reader.signed_number());
      if (reader.ok() && source != plan::kNone) raise(name, plan_->sources[source].source.name, stamp, marks);
    }
    return reader.ok() ? Status{} : damaged();
  }

  void restore_clocks(const std::vector<ClockMark>& marks, Sequencer& sequencer, std::vector<alert::Alert>& alerts) {
    for (const ClockMark& mark : marks) {
      for (std::uint32_t source = 0; source < plan_->sources.size(); ++source) {
        if (plan_->sources[source].source.name != mark.source_type) continue;
        sequencer.tick(*origins_(mark.source_name, mark.partition, mark.tenant), source, mark.stamp, alerts);
      }
    }
  }

  [[nodiscard]] std::vector<std::uint32_t> cold() const {
    std::vector<std::uint32_t> found;
    for (std::uint32_t c = 0; c < lacking_.size(); ++c) {
      if (lacking_[c]) found.push_back(c);
    }
    return found;
  }

  std::string bundle_;

 private:
  struct Opened {
    std::uint8_t kind = 0;
    const StreamMap* map = nullptr;
  };

  static Error damaged() { return Error{"an entry of the log is damaged"}; }

  Result<Opened> open(WireReader& reader) {
    const std::uint8_t version = reader.byte();
    if (reader.ok() && version > kVersion) return Error{"the log was written by a newer version of vedette"};
    const EntryHead head = read_head(reader);
    if (!reader.ok() || version == 0 || head.kind < kBatch || head.kind > kEpoch) return damaged();
    const auto known = maps_.find(head.streams);
    if (known != maps_.end()) return Opened{head.kind, &known->second};
    const std::optional<std::string> bytes = streams_(std::string(head.streams));
    if (!bytes) return Error{"the stream table " + std::string(head.streams) + " is missing"};
    Result<StreamMap> map = StreamMap::decode(*bytes, *plan_);
    if (!map) return map.error();
    return Opened{head.kind, &maps_.emplace(std::string(head.streams), std::move(*map)).first->second};
  }

  [[nodiscard]] static std::uint32_t current_source(std::uint64_t stored, const StreamMap& map) {
    return stored < map.sources().size() ? map.sources()[stored] : plan::kNone;
  }

  static void raise(const OriginName& name, const std::string& type, TimeUs stamp, std::vector<ClockMark>& marks) {
    for (ClockMark& mark : marks) {
      if (mark.source_name != name.name || mark.partition != name.partition || mark.tenant != name.tenant) continue;
      if (mark.source_type != type) continue;
      mark.stamp = std::max(mark.stamp, stamp);
      return;
    }
    marks.push_back({std::string(name.name), std::string(name.partition), std::string(name.tenant), type, stamp});
  }

  plan::PlanPtr plan_;
  Streams streams_;
  Origins origins_;
  std::map<std::string, StreamMap, std::less<>> maps_;
  std::vector<bool> lacking_;
  correlate::HitBatch batch_;
};

LogReader::LogReader(plan::PlanPtr plan, Streams streams, Origins origins)
    : impl_(std::make_unique<Impl>(std::move(plan), std::move(streams), std::move(origins))) {}
LogReader::~LogReader() = default;

Status LogReader::apply(std::string_view entry, Sequencer& sequencer, std::vector<alert::Alert>& alerts) {
  return impl_->apply(entry, sequencer, alerts);
}
Status LogReader::note_clocks(std::string_view entry, std::vector<ClockMark>& marks) { return impl_->note_clocks(entry, marks); }
void LogReader::restore_clocks(const std::vector<ClockMark>& marks, Sequencer& sequencer, std::vector<alert::Alert>& alerts) {
  impl_->restore_clocks(marks, sequencer, alerts);
}
std::vector<std::uint32_t> LogReader::cold() const { return impl_->cold(); }
const std::string& LogReader::bundle() const { return impl_->bundle_; }

std::string encode_clocks(const std::vector<ClockMark>& marks) {
  std::string bytes;
  WireWriter writer(bytes);
  writer.byte(kVersion);
  writer.number(marks.size());
  for (const ClockMark& mark : marks) {
    for (const std::string* text : {&mark.source_name, &mark.partition, &mark.tenant, &mark.source_type}) writer.text(*text);
    writer.signed_number(mark.stamp);
  }
  return bytes;
}

Result<std::vector<ClockMark>> decode_clocks(std::string_view bytes) {
  WireReader reader(bytes);
  if (reader.byte() > kVersion) return Error{"the clocks were written by a newer version of vedette"};
  std::vector<ClockMark> marks(reader.count(5));
  for (ClockMark& mark : marks) {
    for (std::string* text : {&mark.source_name, &mark.partition, &mark.tenant, &mark.source_type}) *text = reader.text();
    mark.stamp = reader.signed_number();
  }
  if (!reader.ok() || !reader.at_end()) return Error{"the stored clocks are damaged"};
  return marks;
}

}  // namespace vedette::run
