#include "engine/alert/title.h"

#include <fmt/format.h>

namespace vedette::alert {
namespace {

void add_values(const plan::TitlePart& part, const Alert& alert, const TitleLookup& lookup, std::vector<std::string>& values) {
  switch (part.kind) {
    case plan::TitleKind::count:
      values.push_back(fmt::format("{}", alert.count));
      return;
    case plan::TitleKind::level:
      values.emplace_back(plan::level_name(alert.level));
      return;
    case plan::TitleKind::rule:
      values.push_back(alert.rule->label());
      return;
    default:
      lookup(part, values);
  }
}

}  // namespace

std::string title_text(const plan::Title& title, const Alert& alert, const TitleLookup& lookup) {
  std::string out;
  std::vector<std::string> values;
  for (const plan::TitlePart& part : title) {
    if (part.kind == plan::TitleKind::text) {
      out += part.text;
      continue;
    }
    values.clear();
    add_values(part, alert, lookup, values);
    if (values.empty()) out += '?';
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (i > 0) out += ", ";
      out += values[i].empty() ? "?" : values[i];
    }
  }
  return out;
}

}  // namespace vedette::alert
