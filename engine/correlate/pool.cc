#include "engine/correlate/pool.h"

#include <algorithm>
#include <bit>
#include <new>

namespace vedette::correlate {
namespace {

constexpr std::size_t kSmallest = 32;

// Classes alternate between 2^n and 1.5 * 2^n.
std::size_t class_of(std::size_t bytes) {
  if (bytes <= kSmallest) return 0;
  const auto power = static_cast<std::size_t>(std::bit_width(bytes - 1));  // 2^(power-1) < bytes <= 2^power
  const std::size_t middle = (std::size_t{1} << (power - 1)) + (std::size_t{1} << (power - 2));
  return bytes <= middle ? 2 * (power - 5) - 1 : 2 * (power - 5);
}

std::size_t class_bytes(std::size_t index) {
  const std::size_t power = 5 + index / 2;
  return index % 2 == 0 ? std::size_t{1} << power : (std::size_t{1} << power) + (std::size_t{1} << (power - 1));
}

}  // namespace

Pool::~Pool() {
  while (large_ != nullptr) release_large(large_ + 1);
}

void* Pool::allocate_large(std::size_t bytes) {
  auto* block = new (::operator new(bytes + sizeof(Large))) Large{nullptr, large_};
  if (large_ != nullptr) large_->previous = block;
  large_ = block;
  return block + 1;
}

void Pool::release_large(void* memory) {
  Large* block = static_cast<Large*>(memory) - 1;
  (block->previous != nullptr ? block->previous->next : large_) = block->next;
  if (block->next != nullptr) block->next->previous = block->previous;
  ::operator delete(block);
}

std::size_t Pool::rounded(std::size_t bytes) { return class_bytes(class_of(bytes)); }

void* Pool::allocate(std::size_t bytes) {
  const std::size_t index = class_of(bytes);
  const std::size_t size = class_bytes(index);
  in_use_ += size;
  if (size > kLargest) return allocate_large(size);
  if (Free* block = free_[index]) {
    free_[index] = block->next;
    return block;
  }
  if (chunk_used_ + size > chunk_bytes_) {
    chunk_bytes_ = std::min(kLargestChunk, std::max({kFirstChunk, 2 * chunk_bytes_, std::bit_ceil(size)}));
    chunks_.push_back(std::make_unique_for_overwrite<std::byte[]>(chunk_bytes_));
    chunk_used_ = 0;
  }
  void* block = chunks_.back().get() + chunk_used_;
  chunk_used_ += size;
  return block;
}

void Pool::release(void* block, std::size_t bytes) {
  if (block == nullptr) return;
  const std::size_t index = class_of(bytes);
  const std::size_t size = class_bytes(index);
  in_use_ -= size;
  if (size > kLargest) return release_large(block);
  free_[index] = new (block) Free{free_[index]};
}

}  // namespace vedette::correlate
