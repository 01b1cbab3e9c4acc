#include "app/alert_printer.h"

#include <fmt/format.h>

#include <algorithm>

#include "app/terminal.h"

namespace vedette::app {

namespace {

std::string upper(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c); });
  return out;
}

std::string group_text(const alert::Alert& alert) {
  std::string text;
  for (const auto& [member, value] : alert.group) text += fmt::format("{}{}={}", text.empty() ? "" : ", ", member, value);
  return text;
}

std::string evidence_text(const alert::Alert& alert) {
  constexpr std::size_t kShown = 4;
  std::string text;
  const std::size_t count = alert.events.size();
  for (std::size_t i = count > kShown ? count - kShown : 0; i < count; ++i) {
    text += fmt::format("{}{}:{}", text.empty() ? "" : ", ", alert.events[i].source, alert.events[i].id);
  }
  const std::uint64_t more = alert.elided + (count > kShown ? count - kShown : 0);
  return more == 0 ? text : fmt::format("{} earlier, then {}", more, text);
}

}  // namespace

std::string render_alert(const alert::Alert& alert, bool colour) {
  const std::string level = upper(plan::level_name(alert.level));
  std::string out = fmt::format("{} {}  {}\n", paint(fmt::format("{:<13}", level), level_colour(alert.level), colour),
                                paint(printable(alert.rule->label()), Colour::bold, colour),
                                paint(format_rfc3339(alert.time), Colour::dim, colour));
  const auto line = [&](std::string_view label, const std::string& text) {
    if (!text.empty()) out += fmt::format("  {} {}\n", paint(fmt::format("{:<8}", label), Colour::dim, colour), printable(text));
  };
  line("title", alert.title);
  line("why", alert.reason);
  line("group", group_text(alert));
  line("events", evidence_text(alert));
  line("flags", fmt::format("{}", fmt::join(alert.flags, ", ")));
  line("id", alert.alert_id + (alert.continuation ? "  (continues " + alert.episode_id + ")" : ""));
  return out + "\n";
}

AlertPrinter::AlertPrinter(std::FILE* stream, Format format) : stream_(stream), format_(format), colour_(use_colour(stream)) {
  if (format_ == Format::automatic) format_ = is_terminal(stream) ? Format::human : Format::jsonl;
}

bool AlertPrinter::print(const alert::Alert& alert) {
  text_.clear();
  if (format_ == Format::human) {
    text_ = render_alert(alert, colour_);
  } else {
    if (format_ == Format::json) text_ += total_ == 0 ? "[\n" : ",\n";
    alert::append_json(text_, alert);
    if (format_ == Format::jsonl) text_ += '\n';
  }
  ++total_;
  ++levels_[static_cast<std::size_t>(alert.level)];
  ++rules_[alert.rule->label()];
  return std::fwrite(text_.data(), 1, text_.size(), stream_) == text_.size();
}

bool AlertPrinter::finish() {
  if (format_ == Format::json && !write_all(stream_, total_ == 0 ? "[]\n" : "\n]\n")) return false;
  return std::fflush(stream_) == 0 && std::ferror(stream_) == 0;
}

bool AlertPrinter::reached(plan::Level level) const {
  for (auto i = static_cast<std::size_t>(level); i < levels_.size(); ++i) {
    if (levels_[i] > 0) return true;
  }
  return false;
}

}  // namespace vedette::app
