// Bytes of a file, of standard input, or of what a .gz or .zst archive holds. Archives are told by their first bytes;
// a name that promises one must keep the promise. Bounded: beyond 64 MiB of output a ratio over 250:1 stops.
// One owner; bytes_read() may be called from another thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/result.h"
#include "engine/base/time.h"

namespace vedette::connectors {

class ByteStream {
 public:
  virtual ~ByteStream() = default;
  // Up to `size` bytes into `out`; 0 only at the end. Errors name the file and the place in it.
  [[nodiscard]] virtual Result<std::size_t> read(char* out, std::size_t size) = 0;
  // Bytes of the file itself consumed so far (compressed ones for an archive).
  [[nodiscard]] virtual std::uint64_t bytes_read() const = 0;
  // Its size when known (regular files), else 0.
  [[nodiscard]] virtual std::uint64_t bytes_total() const = 0;
};

struct DecompressLimits {
  std::uint64_t free_bytes = 64 << 20;  // up to here any ratio is fine
  std::uint64_t ratio = 250;
  int zstd_window_log = 27;
};

// "-" is standard input. Fails when the file cannot be read. Once *cancel is set the input is at its end, even while a pipe
// keeps silent.
[[nodiscard]] Result<std::unique_ptr<ByteStream>> open_byte_stream(const std::string& path, DecompressLimits limits = {},
                                                                   const std::atomic<bool>* cancel = nullptr);

// The whole of a gzip or zstd text in memory, at most `max_bytes` of it.
enum class Unpacked : std::uint8_t { whole, damaged, too_large };
[[nodiscard]] Unpacked gunzip(std::string_view compressed, std::size_t max_bytes, std::string& out);
[[nodiscard]] Unpacked unzstd(std::string_view compressed, std::size_t max_bytes, std::string& out);

// When the file was last modified; nothing for standard input or a missing file.
[[nodiscard]] std::optional<TimeUs> modified_time(const std::string& path);

}  // namespace vedette::connectors
