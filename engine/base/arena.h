// Bump arena: chunks are kept on clear(), so a warmed-up arena allocates nothing. Not thread-safe; one owner at a time.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace vedette {

class Arena {
 public:
  explicit Arena(std::size_t chunk_bytes = 64 * 1024) : chunk_bytes_(chunk_bytes) {}
  Arena(Arena&&) = default;
  Arena& operator=(Arena&&) = default;

  // Uninitialised memory aligned for any fundamental type.
  [[nodiscard]] void* allocate(std::size_t bytes) {
    bytes = (bytes + 15) & ~std::size_t{15};
    while (current_ < chunks_.size() && used_ + bytes > chunks_[current_].size) {
      ++current_;
      used_ = 0;
    }
    if (current_ == chunks_.size()) {
      const std::size_t size = bytes > chunk_bytes_ ? bytes : chunk_bytes_;
      chunks_.push_back({std::make_unique_for_overwrite<std::byte[]>(size), size});
      used_ = 0;
    }
    void* memory = chunks_[current_].memory.get() + used_;
    used_ += bytes;
    return memory;
  }

  [[nodiscard]] std::string_view copy(std::string_view text) {
    if (text.empty()) return {};
    char* memory = static_cast<char*>(allocate(text.size()));
    std::memcpy(memory, text.data(), text.size());
    return {memory, text.size()};
  }

  // Trivially destructible elements only, value-initialised.
  template <typename T>
  [[nodiscard]] std::span<T> array(std::size_t count) {
    static_assert(std::is_trivially_destructible_v<T>);
    if (count == 0) return {};
    T* memory = static_cast<T*>(allocate(count * sizeof(T)));
    std::uninitialized_value_construct_n(memory, count);
    return {memory, count};
  }

  void clear() {
    current_ = 0;
    used_ = 0;
  }

 private:
  struct Chunk {
    std::unique_ptr<std::byte[]> memory;
    std::size_t size;
  };
  std::size_t chunk_bytes_;
  std::vector<Chunk> chunks_;
  std::size_t current_ = 0;
  std::size_t used_ = 0;
};

}  // namespace vedette
