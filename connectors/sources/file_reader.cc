#include "connectors/sources/file_reader.h"

#include <utility>

namespace vedette::connectors {

// Turns the framer's elements into batches.
class FileReader::Collector final : public event::ElementSink {
 public:
  Collector(std::shared_ptr<const event::Origin> origin, RejectHandler on_reject, Clock arrival)
      : builder_(std::move(origin)), on_reject_(std::move(on_reject)), arrival_(std::move(arrival)) {}

  void on_element(std::string_view bytes, std::uint64_t line, std::uint64_t position) override {
    builder_.add(bytes, now_, line, position);
    if (builder_.full()) close_batch();
  }
  void on_reject(const event::Reject& reject) override {
    if (on_reject_) on_reject_(*builder_.origin(), reject);
  }

  // To be called before each block: records are stamped with the time of the read.
  void stamp() { now_ = arrival_ ? arrival_() : event::kNoArrival; }
  void close_batch() {
    if (builder_.empty()) return;
    builder_.take(ready_.emplace_back());
  }
  [[nodiscard]] bool pop(event::RecordBatch& out) {
    if (ready_.empty()) return false;
    std::swap(out, ready_.front());
    ready_.pop_front();
    return true;
  }

 private:
  BatchBuilder builder_;
  RejectHandler on_reject_;
  Clock arrival_;
  TimeUs now_ = event::kNoArrival;
  std::deque<event::RecordBatch> ready_;
};

Result<std::unique_ptr<FileReader>> FileReader::open(const std::string& path, std::shared_ptr<const event::Origin> origin,
                                                     FileReaderOptions options) {
  auto stream = open_byte_stream(path, options.decompress, options.cancel);
  if (!stream.ok()) return stream.error();
  return std::unique_ptr<FileReader>(new FileReader(std::move(*stream), std::move(origin), std::move(options)));
}

FileReader::FileReader(std::unique_ptr<ByteStream> stream, std::shared_ptr<const event::Origin> origin, FileReaderOptions options)
    : stream_(std::move(stream)),
      block_(options.block_bytes, '\0'),
      live_(static_cast<bool>(options.arrival)),
      framer_(options.framing, options.limits),
      collector_(std::make_unique<Collector>(std::move(origin), std::move(options.on_reject), std::move(options.arrival))) {}

FileReader::~FileReader() = default;

Result<bool> FileReader::next(event::RecordBatch& out) {
  for (;;) {
    if (collector_->pop(out)) return true;
    if (!failure_.ok()) return failure_.error();
    if (ended_) return false;
    read_block();
  }
}

void FileReader::read_block() {
  auto size = stream_->read(block_.data(), block_.size());
  collector_->stamp();
  if (!size.ok()) {
    failure_ = size.error();
    collector_->close_batch();
  } else if (*size > 0) {
    framer_.feed(std::string_view(block_.data(), *size), *collector_);
    if (live_) collector_->close_batch();
  } else {
    framer_.finish(*collector_);
    collector_->close_batch();
    ended_ = true;
  }
}

}  // namespace vedette::connectors
