#include "app/suggest.h"

#include <fmt/format.h>

#include "engine/base/suggest.h"

namespace vedette::app {

std::string did_you_mean(std::string_view word, const std::vector<std::string>& names) {
  const std::string_view best = nearest(word, names);
  return best.empty() ? "" : fmt::format("; did you mean '{}'?", best);
}

}  // namespace vedette::app
