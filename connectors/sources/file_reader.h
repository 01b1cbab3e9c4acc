// Reads one recorded input (file, "-", .gz, .zst) as record batches, for replay. Batches depend on the input's bytes
// only, never on timing, unless they are stamped. Pulled by one thread; progress may be read from another.
#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <string>

#include "connectors/sources/batch_builder.h"
#include "connectors/sources/byte_stream.h"
#include "connectors/sources/record_source.h"
#include "engine/event/framer.h"

namespace vedette::connectors {

struct FileReaderOptions {
  event::Framing framing = event::Framing::automatic;
  event::Limits limits = {};
  RejectHandler on_reject = {};  // framing's rejects
  // Live reading: stamps records with the read time and hands them over after each read. Unset: no stamps, full batches.
  Clock arrival = {};
  const std::atomic<bool>* cancel = nullptr;  // ends the input when set
  DecompressLimits decompress = {};
  std::size_t block_bytes = 256 * 1024;
};

class FileReader {
 public:
  [[nodiscard]] static Result<std::unique_ptr<FileReader>> open(const std::string& path,
                                                                std::shared_ptr<const event::Origin> origin,
                                                                FileReaderOptions options = {});
  ~FileReader();

  // The next batch into `out` (whose memory is reused); false at the end. An error (truncated archive, bomb, read
  // failure) comes after the batches of what was read before it; nothing follows it.
  [[nodiscard]] Result<bool> next(event::RecordBatch& out);
  [[nodiscard]] std::uint64_t bytes_read() const { return stream_->bytes_read(); }
  [[nodiscard]] std::uint64_t bytes_total() const { return stream_->bytes_total(); }

 private:
  class Collector;
  FileReader(std::unique_ptr<ByteStream> stream, std::shared_ptr<const event::Origin> origin, FileReaderOptions options);
  void read_block();

  std::unique_ptr<ByteStream> stream_;
  std::string block_;
  bool live_;
  event::Framer framer_;
  std::unique_ptr<Collector> collector_;
  Status failure_;
  bool ended_ = false;
};

}  // namespace vedette::connectors
