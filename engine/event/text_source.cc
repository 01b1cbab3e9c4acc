#include "engine/event/text_source.h"

#include <re2/re2.h>

#include <algorithm>
#include <charconv>

#include "engine/event/json_text.h"

namespace vedette::event {
namespace {

// Fields that every line may have; their order is fixed.
enum : std::uint32_t { kMessage, kProgram, kHost, kPid, kTimestamp, kPattern, kBuiltIn };

constexpr std::uint32_t kMaxRepeat = 1'000'000'000;

}  // namespace

struct TextSource::Pattern {
  std::string name;
  std::unique_ptr<re2::RE2> regex;
  std::vector<std::uint32_t> groups;    // per capturing group: its field, or kNone
  std::vector<re2::StringPiece> found;  // scratch
  int repeat_group = -1;
  int inner_group = -1;
};

TextSource::TextSource(const plan::SourceProgram& program)
    : plan_(program.source), names_{"message", "program", "host", "pid", "timestamp", "pattern"} {
  for (const plan::TextPattern& pattern : plan_.patterns) add_pattern(pattern);
  for (const plan::Slot& slot : program.slots) {
    std::vector<Wanted> wanted{{field(slot.path.text()), slot.upper}};
    for (const plan::FieldPath& spelling : slot.spellings) wanted.push_back({field(spelling.text()), slot.upper});
    slots_.push_back(std::move(wanted));
  }
  for (const plan::FieldPath& path : plan_.id) ids_.push_back(field(path.text()));
  fields_.resize(names_.size());
}

TextSource::~TextSource() = default;
TextSource::TextSource(TextSource&&) noexcept = default;

std::uint32_t TextSource::field(const std::string& name) {
  const auto found = std::find(names_.begin(), names_.end(), name);
  if (found == names_.end()) {
    names_.push_back(name);
    return static_cast<std::uint32_t>(names_.size() - 1);
  }
  return static_cast<std::uint32_t>(found - names_.begin());
}

void TextSource::add_pattern(const plan::TextPattern& pattern) {
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(1 << 20);
  Pattern compiled;
  compiled.name = pattern.name;
  compiled.regex = std::make_unique<re2::RE2>(pattern.regex, options);
  if (!compiled.regex->ok()) return;  // refused at load
  const int groups = compiled.regex->NumberOfCapturingGroups();
  compiled.groups.assign(static_cast<std::size_t>(groups) + 1, plan::kNone);
  compiled.found.resize(compiled.groups.size());
  for (const auto& [name, group] : compiled.regex->NamedCapturingGroups()) {
    compiled.groups[static_cast<std::size_t>(group)] = field(name);
    if (name == pattern.repeat_group) compiled.repeat_group = group;
    if (name == pattern.inner_group) compiled.inner_group = group;
  }
  patterns_.push_back(std::move(compiled));
}

void TextSource::set(std::uint32_t field, std::string_view text) {
  fields_[field] = text.data() == nullptr ? std::string_view{""} : text;
}

std::uint32_t TextSource::match(std::string_view message, bool inner) {
  for (std::uint32_t p = 0; p < patterns_.size(); ++p) {
    Pattern& pattern = patterns_[p];
    if (inner && pattern.inner_group >= 0) continue;
    const int groups = static_cast<int>(pattern.found.size());
    if (!pattern.regex->Match(message, 0, message.size(), re2::RE2::UNANCHORED, pattern.found.data(), groups)) continue;
    for (std::size_t g = 1; g < pattern.groups.size(); ++g) {
      const re2::StringPiece& text = pattern.found[g];
      if (pattern.groups[g] != plan::kNone && text.data() != nullptr) set(pattern.groups[g], {text.data(), text.size()});
    }
    set(kPattern, pattern.name);
    return p;
  }
  return plan::kNone;
}

// "message repeated n times: [ ... ]": the count, and the inner message in place of the outer one.
void TextSource::read_repeat(const Pattern& pattern) {
  const auto group = [&](int index) {
    if (index < 0) return std::string_view{};
    const re2::StringPiece& text = pattern.found[static_cast<std::size_t>(index)];
    return std::string_view{text.data(), text.size()};
  };
  const std::string_view times = group(pattern.repeat_group);
  std::uint32_t count = 0;
  const auto [end, error] = std::from_chars(times.data(), times.data() + times.size(), count);
  if (error == std::errc() && end == times.data() + times.size()) repeat_ = std::clamp(count, 1U, kMaxRepeat);
  const std::string_view inner = group(pattern.inner_group);
  if (inner.data() == nullptr) return;
  set(kMessage, inner);
  (void)match(inner, true);
}

void TextSource::read(std::string_view line, Extraction& out, Arena& arena) {
  std::fill(fields_.begin(), fields_.end(), std::string_view{});
  repeat_ = 1;
  line_ = parse_syslog(line);
  set(kMessage, line_.message);
  if (!line_.program.empty()) set(kProgram, line_.program);
  if (!line_.host.empty()) set(kHost, line_.host);
  if (!line_.pid.empty()) set(kPid, line_.pid);
  if (!line_.timestamp.empty()) set(kTimestamp, line_.timestamp);

  if (const std::uint32_t p = match(line_.message, false); p != plan::kNone) read_repeat(patterns_[p]);
  fill(out, arena);
}

void TextSource::fill(Extraction& out, Arena& arena) const {
  out.reset();
  for (std::uint32_t slot = 0; slot < slots_.size(); ++slot) {
    for (const Wanted& wanted : slots_[slot]) {
      const std::string_view text = fields_[wanted.field];
      if (text.data() == nullptr) continue;
      out.add(slot, {wanted.upper ? upper_ascii(text, arena) : text, ValueKind::string, 0});
    }
  }
  for (std::size_t i = 0; i < ids_.size(); ++i) {
    if (const std::string_view text = fields_[ids_[i]]; text.data() != nullptr) out.ids[i] = {text, ValueKind::string, 0};
  }
}

bool TextSource::present(const plan::FieldPath& path) const {
  const auto found = std::find(names_.begin(), names_.end(), path.text());
  return found != names_.end() && fields_[static_cast<std::size_t>(found - names_.begin())].data() != nullptr;
}

bool TextSource::recognised() const {
  const plan::Recognise& r = plan_.recognise;
  const auto here = [this](const plan::FieldPath& path) { return present(path); };
  return std::all_of(r.all.begin(), r.all.end(), here) && (r.any.empty() || std::any_of(r.any.begin(), r.any.end(), here)) &&
         std::none_of(r.none.begin(), r.none.end(), here);
}

}  // namespace vedette::event
