// Events at one instant in an ordered sequence: any order among them is allowed, but one event fills one position. Filling
// a run of positions from them is a bipartite matching; events that can fill the same positions are one class.
// Scratch objects; one owner, one thread.
#pragma once

#include <cstdint>
#include <vector>

namespace vedette::correlate {

class Tie {
 public:
  struct Class {
    std::uint64_t mask = 0;  // positions its events can fill
    std::uint32_t count = 0;
  };

  void clear() { classes_.clear(); }
  void add(std::uint64_t mask);
  void remove(std::uint64_t mask);  // one event that was added
  [[nodiscard]] bool empty() const { return classes_.empty(); }

  // Starts a matching; extend() then fills one more position and says whether that worked (earlier ones stay filled).
  void start(std::uint32_t positions);
  bool extend(std::uint32_t position);
  // After extend(): the mask of the class that fills a position.
  [[nodiscard]] std::uint64_t filler(std::uint32_t position) const { return classes_[owner_[position]].mask; }

 private:
  bool augment(std::uint32_t position);

  std::vector<Class> classes_;
  std::vector<std::uint32_t> owner_;  // per position: class index, or none
  std::vector<std::uint32_t> used_;   // per class
  std::vector<std::uint8_t> visited_;
  std::uint32_t filled_ = 0;
};

}  // namespace vedette::correlate
