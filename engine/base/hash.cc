#include "engine/base/hash.h"

#include <bit>
#include <cstring>
#include <random>

namespace vedette {
namespace {

inline void sip_round(std::uint64_t& v0, std::uint64_t& v1, std::uint64_t& v2, std::uint64_t& v3) {
  v0 += v1;
  v1 = std::rotl(v1, 13) ^ v0;
  v0 = std::rotl(v0, 32);
  v2 += v3;
  v3 = std::rotl(v3, 16) ^ v2;
  v0 += v3;
  v3 = std::rotl(v3, 21) ^ v0;
  v2 += v1;
  v1 = std::rotl(v1, 17) ^ v2;
  v2 = std::rotl(v2, 32);
}

}  // namespace

HashSeed process_hash_seed() {
  static const HashSeed seed = [] {
    std::random_device device;
    const auto word = [&device] { return static_cast<std::uint64_t>(device()) << 32 | device(); };
    return HashSeed{word(), word()};
  }();
  return seed;
}

Hasher128::Hasher128(HashSeed seed)
    : v0_(seed.k0 ^ 0x736f6d6570736575ULL),
      v1_(seed.k1 ^ 0x646f72616e646f6dULL ^ 0xee),
      v2_(seed.k0 ^ 0x6c7967656e657261ULL),
      v3_(seed.k1 ^ 0x7465646279746573ULL) {}

void Hasher128::word(std::uint64_t m) {
  v3_ ^= m;
  sip_round(v0_, v1_, v2_, v3_);
  sip_round(v0_, v1_, v2_, v3_);
  v0_ ^= m;
  length_ += 8;
}

void Hasher128::add(std::uint64_t number) { word(number); }

void Hasher128::add(std::string_view part) {
  word(part.size());
  std::size_t at = 0;
  for (; at + 8 <= part.size(); at += 8) {
    std::uint64_t m = 0;
    std::memcpy(&m, part.data() + at, 8);
    word(m);
  }
  if (at < part.size()) {
    std::uint64_t m = 0;
    std::memcpy(&m, part.data() + at, part.size() - at);
    word(m);
  }
}

Hash128 Hasher128::finish() {
  word(length_ << 56);
  v2_ ^= 0xee;
  for (int i = 0; i < 4; ++i) sip_round(v0_, v1_, v2_, v3_);
  Hash128 hash;
  hash.low = v0_ ^ v1_ ^ v2_ ^ v3_;
  v1_ ^= 0xdd;
  for (int i = 0; i < 4; ++i) sip_round(v0_, v1_, v2_, v3_);
  hash.high = v0_ ^ v1_ ^ v2_ ^ v3_;
  return hash;
}

Hash128 siphash128(std::string_view bytes, HashSeed seed) {
  Hasher128 hasher(seed);
  hasher.add(bytes);
  return hasher.finish();
}

}  // namespace vedette
