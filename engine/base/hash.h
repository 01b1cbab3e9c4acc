// Seeded 128-bit hashing for in-memory tables over attacker-chosen keys (SipHash-2-4, 128-bit output). The seed is drawn
// once per process; no output may depend on it. Pure after start, any thread.
#pragma once

#include <cstdint>
#include <string_view>

namespace vedette {

struct Hash128 {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  friend bool operator==(const Hash128&, const Hash128&) = default;
};

// For boost::unordered tables: the key is already a strong hash.
struct Hash128Hasher {
  using is_avalanching = void;
  std::size_t operator()(const Hash128& hash) const { return static_cast<std::size_t>(hash.low); }
};

struct HashSeed {
  std::uint64_t k0 = 0;
  std::uint64_t k1 = 0;
};

// The process seed; tests may pin it before any table exists.
[[nodiscard]] HashSeed process_hash_seed();

[[nodiscard]] Hash128 siphash128(std::string_view bytes, HashSeed seed);

// Incremental: a sequence of parts, unambiguous (each is length-prefixed).
class Hasher128 {
 public:
  explicit Hasher128(HashSeed seed);
  void add(std::string_view part);
  void add(std::uint64_t number);
  [[nodiscard]] Hash128 finish();

 private:
  void word(std::uint64_t m);
  std::uint64_t v0_, v1_, v2_, v3_;
  std::uint64_t length_ = 0;
};

}  // namespace vedette
