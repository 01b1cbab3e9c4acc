// Memory of window state: a size-class pool for variable-size blocks and a slab of equal objects under dense indices.
// Freed memory is kept and reused, so that a steady load allocates nothing. One owner, one thread (the correlator's).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace vedette::correlate {

class Pool {
 public:
  Pool() = default;
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  // The size a request is rounded up to: 32, 48, 64, 96, 128, 192, ...
  [[nodiscard]] static std::size_t rounded(std::size_t bytes);
  // At least `bytes` uninitialised bytes, 16-aligned. release() takes the same `bytes` (or their rounded size).
  [[nodiscard]] void* allocate(std::size_t bytes);
  void release(void* block, std::size_t bytes);
  [[nodiscard]] std::size_t bytes_in_use() const { return in_use_; }

 private:
  struct Free {
    Free* next;
  };
  // Before every large block: the list of those still out, freed with the pool.
  struct Large {
    Large* previous;
    Large* next;
  };
  [[nodiscard]] void* allocate_large(std::size_t bytes);
  void release_large(void* block);

  static constexpr std::size_t kFirstChunk = 8 * 1024;
  static constexpr std::size_t kLargestChunk = 256 * 1024;
  static constexpr std::size_t kLargest = 32 * 1024;  // beyond it a block comes from the system and returns to it
  static constexpr std::size_t kClasses = 24;

  std::vector<std::unique_ptr<std::byte[]>> chunks_;
  std::size_t chunk_bytes_ = 0;
  std::size_t chunk_used_ = 0;
  Free* free_[kClasses] = {};
  Large* large_ = nullptr;
  std::size_t in_use_ = 0;
};

// Objects of one type by index; references stay valid. T is default-constructible; release() leaves a fresh T behind.
template <typename T>
class Slab {
 public:
  [[nodiscard]] T& operator[](std::uint32_t index) { return chunks_[index / kPerChunk][index % kPerChunk]; }
  [[nodiscard]] const T& operator[](std::uint32_t index) const { return chunks_[index / kPerChunk][index % kPerChunk]; }

  [[nodiscard]] std::uint32_t allocate() {
    ++live_;
    if (!free_.empty()) {
      const std::uint32_t index = free_.back();
      free_.pop_back();
      return index;
    }
    if (size_ == chunks_.size() * kPerChunk) {
      chunks_.push_back(std::make_unique<T[]>(kPerChunk));
      const std::size_t room = chunks_.size() * kPerChunk;
      if (free_.capacity() < room) free_.reserve(2 * room);  // release() must not allocate
    }
    return size_++;
  }

  void release(std::uint32_t index) {
    (*this)[index] = T{};
    free_.push_back(index);
    --live_;
  }

  // Whether the index is of memory that is there: only then may an object that is not allocated be looked at.
  [[nodiscard]] bool present(std::uint32_t index) const { return chunks_[index / kPerChunk] != nullptr; }
  // Indices ever used: [0, extent()).
  [[nodiscard]] std::uint32_t extent() const { return size_; }
  [[nodiscard]] std::size_t live() const { return live_; }
  [[nodiscard]] std::size_t bytes() const { return live_ * sizeof(T); }

 private:
  static constexpr std::uint32_t kPerChunk = 64;
  std::vector<std::unique_ptr<T[]>> chunks_;
  std::vector<std::uint32_t> free_;
  std::uint32_t size_ = 0;
  std::size_t live_ = 0;
};

}  // namespace vedette::correlate
