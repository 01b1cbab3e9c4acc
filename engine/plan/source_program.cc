#include "engine/plan/source_program.h"

namespace vedette::plan {

std::vector<bool> nodes_under(const Arm& arm, std::uint32_t node) {
  std::vector<bool> found(arm.nodes.size(), false);
  std::vector<std::uint32_t> open = {node};
  while (!open.empty()) {
    const std::uint32_t next = open.back();
    open.pop_back();
    if (found[next]) continue;
    found[next] = true;
    open.insert(open.end(), arm.nodes[next].children.begin(), arm.nodes[next].children.end());
  }
  return found;
}

}  // namespace vedette::plan
