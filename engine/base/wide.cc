#include "engine/base/wide.h"

#include <algorithm>

namespace vedette {

Wide::Wide(Int128 value) : negative_(value < 0) {
  __extension__ typedef unsigned __int128 UInt128;
  UInt128 rest = negative_ ? UInt128{0} - static_cast<UInt128>(value) : static_cast<UInt128>(value);
  for (; rest > 0; rest >>= 32) push(static_cast<std::uint32_t>(rest));
}

void Wide::copy(const Wide& other) {
  std::copy_n(other.limbs_.begin(), other.size_, limbs_.begin());
  size_ = other.size_;
  negative_ = other.negative_;
  lost_ = other.lost_;
}

void Wide::push(std::uint32_t limb) {
  if (size_ == limbs_.size()) {
    lost_ = true;
  } else {
    limbs_[size_++] = limb;
  }
}

void Wide::trim() {
  while (size_ > 0 && limbs_[size_ - 1] == 0) --size_;
  if (size_ == 0) negative_ = false;
}

Wide Wide::negated() const {
  Wide out = *this;
  if (!zero()) out.negative_ = !negative_;
  return out;
}

int Wide::compare_sizes(const Wide& a, const Wide& b) {
  if (a.size_ != b.size_) return a.size_ < b.size_ ? -1 : 1;
  for (std::size_t i = a.size_; i-- > 0;) {
    if (a.limbs_[i] != b.limbs_[i]) return a.limbs_[i] < b.limbs_[i] ? -1 : 1;
  }
  return 0;
}

Wide Wide::sum(const Wide& a, const Wide& b) {
  Wide out;
  std::uint64_t carry = 0;
  for (std::size_t i = 0; i < std::max(a.size_, b.size_); ++i) {
    carry += std::uint64_t{i < a.size_ ? a.limbs_[i] : 0} + (i < b.size_ ? b.limbs_[i] : 0);
    out.push(static_cast<std::uint32_t>(carry));
    carry >>= 32;
  }
  if (carry > 0) out.push(static_cast<std::uint32_t>(carry));
  return out;
}

Wide Wide::difference(const Wide& a, const Wide& b) {
  Wide out;
  std::int64_t borrow = 0;
  for (std::size_t i = 0; i < a.size_; ++i) {
    std::int64_t limb = std::int64_t{a.limbs_[i]} - (i < b.size_ ? b.limbs_[i] : 0) - borrow;
    borrow = limb < 0 ? 1 : 0;
    if (limb < 0) limb += std::int64_t{1} << 32;
    out.push(static_cast<std::uint32_t>(limb));
  }
  return out;
}

Wide operator+(const Wide& a, const Wide& b) {
  const bool a_larger = Wide::compare_sizes(a, b) >= 0;
  const Wide& larger = a_larger ? a : b;
  const Wide& smaller = a_larger ? b : a;
  Wide out = a.negative_ == b.negative_ ? Wide::sum(larger, smaller) : Wide::difference(larger, smaller);
  out.negative_ = larger.negative_;
  out.lost_ = out.lost_ || a.lost_ || b.lost_;
  out.trim();
  return out;
}

Wide operator*(const Wide& a, const Wide& b) {
  Wide out;
  out.lost_ = a.lost_ || b.lost_ || a.size_ + b.size_ > out.limbs_.size();
  if (out.lost_ || a.zero() || b.zero()) return out;
  out.size_ = a.size_ + b.size_;
  std::fill_n(out.limbs_.begin(), out.size_, 0U);
  for (std::size_t i = 0; i < a.size_; ++i) {
    std::uint64_t carry = 0;
    for (std::size_t j = 0; j < b.size_; ++j) {
      carry += std::uint64_t{a.limbs_[i]} * b.limbs_[j] + out.limbs_[i + j];
      out.limbs_[i + j] = static_cast<std::uint32_t>(carry);
      carry >>= 32;
    }
    out.limbs_[i + b.size_] = static_cast<std::uint32_t>(carry);
  }
  out.negative_ = a.negative_ != b.negative_;
  out.trim();
  return out;
}

int compare(const Wide& a, const Wide& b) {
  if (a.negative_ != b.negative_) return a.negative_ ? -1 : 1;
  const int sizes = Wide::compare_sizes(a, b);
  return a.negative_ ? -sizes : sizes;
}

}  // namespace vedette
