#include "engine/alert/title.h"

namespace vedette::alert {

std::string title_text(const plan::Title& title, const TitleLookup& lookup) {
  std::string out;
  std::vector<std::string> values;
  for (const plan::TitlePart& part : title) {
    if (part.kind == plan::TitleKind::text) {
      out += part.text;
      continue;
    }
    values.clear();
    lookup(part, values);
    if (values.empty()) out += '?';
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (i > 0) out += ", ";
      out += values[i].empty() ? "?" : values[i];
    }
  }
  return out;
}

}  // namespace vedette::alert
