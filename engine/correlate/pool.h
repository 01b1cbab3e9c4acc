// Memory of window state: a size-class pool for variable-size blocks and a slab of equal objects under dense indices.
// Freed memory is kept and reused, so that a steady load allocates nothing; when much more is held than used (a flood has
// passed, or names have become longer), it goes back to the system. One owner, one thread (the correlator's).
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
  // Blocks of one class, behind this head; a chunk begins at a multiple of its size, so that a block's chunk is known.
  struct Chunk {
    Chunk* previous;  // in the list of those of its class with room
    Chunk* next;      // there, or in the list of spare ones
    Free* free;
    std::uint32_t used;   // blocks that are out
    std::uint32_t fresh;  // nothing was handed out from here on
    std::size_t place;    // in chunks_
  };
  // Before every large block: the list of those still out, freed with the pool.
  struct Large {
    Large* previous;
    Large* next;
  };
  static constexpr std::size_t kChunk = 256 * 1024;
  static constexpr std::size_t kLargest = 32 * 1024;  // beyond it a block comes from the system and returns to it
  static constexpr std::size_t kClasses = 24;
  static constexpr std::size_t kHead = (sizeof(Chunk) + 15) / 16 * 16;

  [[nodiscard]] static bool full(const Chunk& chunk, std::size_t size) {
    return chunk.free == nullptr && chunk.fresh + size > kChunk;
  }
  [[nodiscard]] Chunk* make_room(std::size_t index);
  void link(std::size_t index, Chunk* chunk);
  void unlink(std::size_t index, Chunk* chunk);
  void retire(std::size_t index, Chunk* chunk);
  void give_back(Chunk* chunk);
  [[nodiscard]] void* allocate_large(std::size_t bytes);
  void release_large(void* block);

  std::vector<Chunk*> chunks_;  // all of them
  Chunk* room_[kClasses] = {};  // per class, those with room
  Chunk* spare_ = nullptr;      // of no class
  std::size_t spares_ = 0;
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
    std::uint32_t index = size_;
    if (!free_.empty()) {
      index = free_.back();
      free_.pop_back();
    } else {
      if (size_++ == chunks_.size() * kPerChunk) {
        chunks_.emplace_back();
        used_.push_back(0);
        const std::size_t room = chunks_.size() * kPerChunk;
        if (free_.capacity() < room) free_.reserve(2 * room);  // release() must not allocate
      }
    }
    const std::uint32_t chunk = index / kPerChunk;
    if (used_[chunk]++ == 0) {
      if (chunks_[chunk] == nullptr) {
        chunks_[chunk] = std::make_unique<T[]>(kPerChunk);
      } else {
        --empty_;
      }
    }
    return index;
  }

  void release(std::uint32_t index) {
    (*this)[index] = T{};
    free_.push_back(index);
    --live_;
    const std::uint32_t chunk = index / kPerChunk;
    if (--used_[chunk] == 0 && ++empty_ > kSpares + live_ / kPerChunk / 2) give_back(chunk);
  }

  // Whether the index is of memory that is there: only then may an object that is not allocated be looked at.
  [[nodiscard]] bool present(std::uint32_t index) const { return chunks_[index / kPerChunk] != nullptr; }
  // Indices ever used: [0, extent()).
  [[nodiscard]] std::uint32_t extent() const { return size_; }
  [[nodiscard]] std::size_t live() const { return live_; }
  [[nodiscard]] std::size_t bytes() const { return live_ * sizeof(T); }

 private:
  static constexpr std::uint32_t kPerChunk = 64;
  static constexpr std::size_t kSpares = 32;

  // Empty chunks go, but half as many as may stay, and the one that was used last.
  void give_back(std::uint32_t last) {
    std::size_t stay = (kSpares + live_ / kPerChunk / 2) / 2;
    for (std::uint32_t chunk = 0; chunk < chunks_.size(); ++chunk) {
      if (used_[chunk] > 0 || chunks_[chunk] == nullptr || chunk == last) continue;
      if (stay > 0) {
        --stay;
        continue;
      }
      chunks_[chunk].reset();
      --empty_;
    }
  }

  std::vector<std::unique_ptr<T[]>> chunks_;  // none where nothing was used for a while
  std::vector<std::uint32_t> used_;           // objects in use per chunk
  std::size_t empty_ = 0;                     // chunks with none
  std::vector<std::uint32_t> free_;
  std::uint32_t size_ = 0;
  std::size_t live_ = 0;
};

}  // namespace vedette::correlate
