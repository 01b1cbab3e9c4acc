#include "rules/check/lint.h"

#include <algorithm>

namespace vedette::rules {

std::string_view DocumentView::text(std::string_view key) const {
  const yaml::Node* node = root.find(key);
  return node != nullptr && node->is_scalar() ? std::string_view(node->text) : std::string_view();
}

const Location& DocumentView::place(std::string_view key) const {
  for (const auto& [name, value] : root.entries) {
    if (name.text == key) return name.where;
  }
  return root.where;
}

const ModifierUse* ItemView::use(Modifier modifier) const {
  const auto found =
      std::find_if(chain.uses.begin(), chain.uses.end(), [&](const ModifierUse& use) { return use.modifier == modifier; });
  return found == chain.uses.end() ? nullptr : &*found;
}

bool ItemView::plain() const {
  return std::all_of(chain.uses.begin(), chain.uses.end(), [](const ModifierUse& use) {
    return use.modifier == Modifier::all || use.modifier == Modifier::cased || use.modifier == Modifier::neq;
  });
}

std::optional<Fix> fix_of(std::string title, std::optional<Edit> edit) {
  return fix_of(std::move(title), std::vector<std::optional<Edit>>{std::move(edit)});
}

std::optional<Fix> fix_of(std::string title, std::vector<std::optional<Edit>> edits) {
  Fix fix{std::move(title), {}};
  for (std::optional<Edit>& edit : edits) {
    if (!edit) return std::nullopt;
    fix.edits.push_back(std::move(*edit));
  }
  std::sort(fix.edits.begin(), fix.edits.end(), [](const Edit& a, const Edit& b) { return a.begin < b.begin; });
  return fix.edits.empty() ? std::nullopt : std::optional<Fix>(std::move(fix));
}

}  // namespace vedette::rules
