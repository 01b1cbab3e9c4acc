#include "connectors/store/failpoint.h"

#ifdef VEDETTE_FAILPOINTS

#include <signal.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <string>

namespace vedette::connectors {

namespace {

struct Armed {
  std::string name;
  std::uint64_t count = 0;
  std::atomic<std::uint64_t> passed = 0;

  Armed() {
    const char* text = std::getenv("VEDETTE_FAILPOINT");
    if (text == nullptr) return;
    name = text;
    const std::size_t colon = name.find(':');
    count = colon == std::string::npos ? 1 : std::strtoull(name.c_str() + colon + 1, nullptr, 10);
    name.resize(std::min(colon, name.size()));
  }
};

}  // namespace

void failpoint(const char* name) {
  static Armed armed;
  if (armed.name.empty() || armed.name != name) return;
  if (armed.passed.fetch_add(1) + 1 == armed.count) (void)raise(SIGKILL);
}

void crashpoint(std::string_view record) {
  static const char* const marker = std::getenv("VEDETTE_CRASHPOINT");
  if (marker != nullptr && record.find(marker) != std::string_view::npos) std::abort();
}

}  // namespace vedette::connectors

#endif
