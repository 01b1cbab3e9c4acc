// Helpers of the connector tests: a temporary folder, archives made on the spot, a sink that records, a raw TCP client.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "connectors/net/log.h"
#include "connectors/sources/record_source.h"

namespace vedette::connectors::testing {

class TempDir {
 public:
  TempDir() {
    std::string pattern = (std::filesystem::temp_directory_path() / "vedette-test-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~TempDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  [[nodiscard]] std::string file(const std::string& name) const { return (path_ / name).string(); }
  std::string write(const std::string& name, std::string_view content) const {
    std::ofstream(file(name), std::ios::binary) << content;
    return file(name);
  }

 private:
  std::filesystem::path path_;
};

inline std::string gzip(std::string_view text) {
  z_stream zlib{};
  deflateInit2(&zlib, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&zlib, text.size()) + 64, '\0');
  zlib.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  zlib.avail_in = static_cast<uInt>(text.size());
  zlib.next_out = reinterpret_cast<Bytef*>(out.data());
  zlib.avail_out = static_cast<uInt>(out.size());
  deflate(&zlib, Z_FINISH);
  out.resize(zlib.total_out);
  deflateEnd(&zlib);
  return out;
}

inline std::string zstd(std::string_view text, int window_log = 0) {
  ZSTD_CCtx* context = ZSTD_createCCtx();
  if (window_log > 0) ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, window_log);
  if (window_log > 0) ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, 0);
  std::string out(ZSTD_compressBound(text.size()), '\0');
  ZSTD_inBuffer in{text.data(), text.size(), 0};
  ZSTD_outBuffer made{out.data(), out.size(), 0};
  if (window_log > 0) {
    // Streaming, so that the frame does not shrink its window to the content.
    while (in.pos < in.size) ZSTD_compressStream2(context, &made, &in, ZSTD_e_continue);
  }
  ZSTD_compressStream2(context, &made, &in, ZSTD_e_end);
  ZSTD_freeCCtx(context);
  out.resize(made.pos);
  return out;
}

inline std::shared_ptr<const event::Origin> origin_named(const std::string& name) {
  auto origin = std::make_shared<event::Origin>();
  origin->source_name = name;
  return origin;
}

// Records what it is offered; refuses when full.
class RecordingSink final : public BatchSink {
 public:
  bool offer(event::RecordBatch& batch) override {
    const std::lock_guard lock(mutex_);
    if (room_ == 0) return false;
    --room_;
    batch.sequence = batches_.size();
    batches_.push_back(std::move(batch));
    batch = {};
    return true;
  }
  bool offer(event::RecordBatch& batch, Done done) override {
    if (!offer(batch)) return false;
    done(true);
    return true;
  }
  bool wait_for_room(std::chrono::milliseconds timeout) override {
    std::this_thread::sleep_for(std::min(timeout, std::chrono::milliseconds(5)));
    const std::lock_guard lock(mutex_);
    return room_ > 0;
  }
  void set_full(bool full) { allow(full ? 0 : SIZE_MAX); }
  // Takes so many more batches, then refuses.
  void allow(std::size_t batches) {
    const std::lock_guard lock(mutex_);
    room_ = batches;
  }
  [[nodiscard]] std::vector<std::string> records() const {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> out;
    for (const auto& batch : batches_) {
      for (const auto& record : batch.records) out.emplace_back(record.bytes);
    }
    return out;
  }
  // Calls `look` with the batches under the lock.
  void inspect(const std::function<void(const std::vector<event::RecordBatch>&)>& look) const {
    const std::lock_guard lock(mutex_);
    look(batches_);
  }

 private:
  mutable std::mutex mutex_;
  std::size_t room_ = SIZE_MAX;
  std::vector<event::RecordBatch> batches_;
};

inline bool eventually(const std::function<bool()>& test, std::chrono::milliseconds limit = std::chrono::seconds(10)) {
  const auto end = std::chrono::steady_clock::now() + limit;
  while (std::chrono::steady_clock::now() < end) {
    if (test()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return test();
}

// What was logged, for assertions.
class LogBook {
 public:
  [[nodiscard]] Log log() {
    return [this](LogLevel, std::string_view component, std::string_view message) {
      const std::lock_guard lock(mutex_);
      text_.append(component).append(": ").append(message).append("\n");
    };
  }
  [[nodiscard]] std::string text() const {
    const std::lock_guard lock(mutex_);
    return text_;
  }

 private:
  mutable std::mutex mutex_;
  std::string text_;
};

// A plain TCP connection to 127.0.0.1, from another loopback address if wanted.
class RawClient {
 public:
  explicit RawClient(const std::string& address, const char* from = "127.0.0.1") {
    descriptor_ = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in own{};
    own.sin_family = AF_INET;
    ::inet_pton(AF_INET, from, &own.sin_addr);
    if (std::string_view(from) != "127.0.0.1") ::bind(descriptor_, reinterpret_cast<sockaddr*>(&own), sizeof own);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    to.sin_port = htons(static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1))));
    connected_ = ::connect(descriptor_, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0;
  }
  ~RawClient() { ::close(descriptor_); }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  [[nodiscard]] bool connected() const { return connected_; }
  [[nodiscard]] int descriptor() const { return descriptor_; }
  bool send(std::string_view text) {
    while (!text.empty()) {
      const ssize_t n = ::send(descriptor_, text.data(), text.size(), MSG_NOSIGNAL);
      if (n <= 0) return false;
      text.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
  }
  // Everything until the server closes, or the limit passes.
  std::string receive_all(std::chrono::milliseconds limit = std::chrono::seconds(10)) {
    return receive([](const std::string&) { return false; }, limit);
  }
  // Until `count` complete responses without bodies beyond Content-Length are there; enough for these tests: counts
  // status lines and waits for the last one's body.
  std::string receive_responses(std::size_t count, std::chrono::milliseconds limit = std::chrono::seconds(10)) {
    return receive([count](const std::string& text) { return complete_responses(text) >= count; }, limit);
  }
  [[nodiscard]] bool closed() const { return closed_; }

 private:
  std::string receive(const std::function<bool(const std::string&)>& enough, std::chrono::milliseconds limit) {
    const auto end = std::chrono::steady_clock::now() + limit;
    std::string text;
    while (!enough(text)) {
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
      pollfd wait{descriptor_, POLLIN, 0};
      if (left.count() <= 0 || ::poll(&wait, 1, static_cast<int>(left.count())) <= 0) break;
      char block[4096];
      const ssize_t n = ::recv(descriptor_, block, sizeof block, 0);
      if (n <= 0) {
        closed_ = true;
        break;
      }
      text.append(block, static_cast<std::size_t>(n));
    }
    return text;
  }
  static std::size_t complete_responses(const std::string& text) {
    std::size_t count = 0, at = 0;
    for (;;) {
      const std::size_t end = text.find("\r\n\r\n", at);
      if (end == std::string::npos) return count;
      const std::size_t length = text.find("Content-Length: ", at);
      std::size_t body = 0;
      if (length != std::string::npos && length < end) body = std::stoul(text.substr(length + 16));
      if (text.size() < end + 4 + body) return count;
      at = end + 4 + body;
      ++count;
    }
  }

  int descriptor_ = -1;
  bool connected_ = false;
  bool closed_ = false;
};

}  // namespace vedette::connectors::testing
