#include "engine/correlate/pool.h"

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
  while (!chunks_.empty()) give_back(chunks_.back());
}

void Pool::link(std::size_t index, Chunk* chunk) {
  chunk->previous = nullptr;
  chunk->next = room_[index];
  if (chunk->next != nullptr) chunk->next->previous = chunk;
  room_[index] = chunk;
}

void Pool::unlink(std::size_t index, Chunk* chunk) {
  (chunk->previous == nullptr ? room_[index] : chunk->previous->next) = chunk->next;
  if (chunk->next != nullptr) chunk->next->previous = chunk->previous;
}

// A chunk of the class with room.
Pool::Chunk* Pool::make_room(std::size_t index) {
  Chunk* chunk = spare_;
  if (chunk != nullptr) {
    spare_ = chunk->next;
    --spares_;
  } else {
    chunk = new (::operator new(kChunk, std::align_val_t{kChunk})) Chunk{};
    chunk->place = chunks_.size();
    chunks_.push_back(chunk);
  }
  chunk->free = nullptr;
  chunk->fresh = kHead;
  link(index, chunk);
  return chunk;
}

// Nothing of the chunk is out: any class may have it now, or the system when there are enough such chunks. The last one of a
// class stays.
void Pool::retire(std::size_t index, Chunk* chunk) {
  if (room_[index] == chunk && chunk->next == nullptr) return;
  unlink(index, chunk);
  if (spares_ > 4 + chunks_.size() / 8) return give_back(chunk);
  chunk->next = spare_;
  spare_ = chunk;
  ++spares_;
}

void Pool::give_back(Chunk* chunk) {
  chunks_.back()->place = chunk->place;
  chunks_[chunk->place] = chunks_.back();
  chunks_.pop_back();
  ::operator delete(chunk, std::align_val_t{kChunk});
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
  Chunk* chunk = room_[index];
  if (chunk == nullptr) chunk = make_room(index);
  void* block = chunk->free;
  if (block != nullptr) {
    chunk->free = chunk->free->next;
  } else {
    block = reinterpret_cast<std::byte*>(chunk) + chunk->fresh;
    chunk->fresh += static_cast<std::uint32_t>(size);
  }
  ++chunk->used;
  if (full(*chunk, size)) unlink(index, chunk);
  return block;
}

void Pool::release(void* block, std::size_t bytes) {
  if (block == nullptr) return;
  const std::size_t index = class_of(bytes);
  const std::size_t size = class_bytes(index);
  in_use_ -= size;
  if (size > kLargest) return release_large(block);
  auto* chunk = reinterpret_cast<Chunk*>(reinterpret_cast<std::uintptr_t>(block) & ~(kChunk - 1));
  if (full(*chunk, size)) link(index, chunk);
  chunk->free = new (block) Free{chunk->free};
  if (--chunk->used == 0) retire(index, chunk);
}

}  // namespace vedette::correlate
