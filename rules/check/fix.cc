#include "rules/check/fix.h"

#include <algorithm>
#include <map>

namespace vedette::rules {
namespace {

constexpr int kMaxRounds = 16;

// True when the two may not be carried out in one go. Insertions at one place, and edits that touch, wait for a round.
bool collide(const Edit& a, const Edit& b) { return a.begin <= b.end && b.begin <= a.end; }

bool fits(const Fix& fix, const std::vector<Edit>& taken, std::size_t size) {
  return std::none_of(fix.edits.begin(), fix.edits.end(), [&](const Edit& edit) {
    return edit.end > size || edit.begin > edit.end ||
           std::any_of(taken.begin(), taken.end(), [&](const Edit& other) { return collide(edit, other); });
  });
}

std::size_t errors_of(const Diagnostics& diagnostics, const std::string& path) {
  return static_cast<std::size_t>(std::count_if(diagnostics.items().begin(), diagnostics.items().end(), [&](const Diagnostic& d) {
    return d.severity == Severity::error && d.where.file == path;
  }));
}

}  // namespace

std::vector<AppliedFix> apply_fixes(yaml::File& file, const std::vector<Diagnostic>& diagnostics) {
  std::vector<AppliedFix> applied;
  std::vector<Edit> taken;
  for (const Diagnostic& diagnostic : diagnostics) {
    if (!diagnostic.fix || diagnostic.where.file != file.path || !fits(*diagnostic.fix, taken, file.text.size())) continue;
    taken.insert(taken.end(), diagnostic.fix->edits.begin(), diagnostic.fix->edits.end());
    applied.push_back({diagnostic.code, diagnostic.where, diagnostic.fix->title});
  }
  std::sort(taken.begin(), taken.end(), [](const Edit& a, const Edit& b) { return a.begin > b.begin; });
  for (const Edit& edit : taken) file.text.replace(edit.begin, edit.end - edit.begin, edit.text);
  return applied;
}

Fixed check_and_fix(std::vector<yaml::File> files, const CompileOptions& options, const CheckSettings& settings) {
  Fixed out{std::move(files), {}, {}};
  out.checked = check(out.files, options, settings);
  std::map<std::string, std::vector<AppliedFix>> applied;
  std::vector<bool> given_up(out.files.size(), false);
  for (int round = 0; round < kMaxRounds; ++round) {
    std::map<std::string, std::vector<Diagnostic>> of_file;
    for (const Diagnostic& diagnostic : out.checked.findings.items()) {
      if (diagnostic.fix) of_file[diagnostic.where.file].push_back(diagnostic);
    }
    std::vector<yaml::File> next = out.files;
    std::map<std::string, std::vector<AppliedFix>> now;
    for (std::size_t i = 0; i < next.size(); ++i) {
      const auto found = of_file.find(next[i].path);
      if (found == of_file.end() || given_up[i]) continue;
      now[next[i].path] = apply_fixes(next[i], found->second);
    }
    if (now.empty()) break;
    Checked checked = check(next, options, settings);
    bool worse = false;
    for (std::size_t i = 0; i < next.size(); ++i) {
      if (errors_of(checked.findings, next[i].path) <= errors_of(out.checked.findings, next[i].path)) continue;
      given_up[i] = worse = true;
    }
    if (worse) continue;
    out.files = std::move(next);
    out.checked = std::move(checked);
    for (auto& [path, fixes] : now) applied[path].insert(applied[path].end(), fixes.begin(), fixes.end());
  }
  for (const auto& [path, fixes] : applied) out.applied.insert(out.applied.end(), fixes.begin(), fixes.end());
  return out;
}

}  // namespace vedette::rules
