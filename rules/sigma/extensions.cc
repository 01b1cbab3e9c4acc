#include "rules/sigma/extensions.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <system_error>

#include "engine/base/suggest.h"
#include "rules/reference/rule_keys.h"

namespace vedette::rules {
namespace {

using yaml::Node;

constexpr std::uint32_t kMostRisk = 1'000'000;
constexpr std::string_view kTitleHint = "for example `alert: {title: 'Sign-in of {actor.alternateId}'}`";

// Splits a title into its parts; `{{` and `}}` are braces.
class TitleParser {
 public:
  TitleParser(const Node& node, Reporter& reporter)
      : node_(node), text_(node.text), reporter_(reporter), places_(reporter.file(), node) {}

  std::vector<TitlePartDoc> parse() {
    while (good_ && at_ < text_.size()) {
      const char c = text_[at_];
      if ((c == '{' || c == '}') && text_.substr(at_ + 1, 1) == std::string_view(&c, 1)) {
        literal_ += c;
        at_ += 2;
      } else if (c == '{') {
        name();
      } else if (c == '}') {
        wrong(at_, 1, "`}` without its `{`", "write `}}` for a brace");
      } else {
        literal_ += c;
        ++at_;
      }
    }
    flush();
    return good_ ? std::move(parts_) : std::vector<TitlePartDoc>();
  }

 private:
  void name() {
    const std::size_t close = text_.find_first_of("{}", at_ + 1);
    if (close == std::string_view::npos || text_[close] == '{') {
      return wrong(at_, 1, "`{` is never closed", "close the name with `}`; write `{{` for a brace");
    }
    const std::string_view inner = text_.substr(at_ + 1, close - at_ - 1);
    if (inner.find_first_not_of(' ') == std::string_view::npos) {
      return wrong(at_, close - at_ + 1, "the braces hold no name", "name a field, `count`, `level` or `rule`");
    }
    flush();
    const std::size_t first = inner.find_first_not_of(' ');
    const std::string_view trimmed = inner.substr(first, inner.find_last_not_of(' ') - first + 1);
    parts_.push_back({true, std::string(trimmed), places_.at(at_ + 1 + first, trimmed.size())});
    at_ = close + 1;
  }

  void flush() {
    if (!literal_.empty()) parts_.push_back({false, std::move(literal_), {}});
    literal_.clear();
  }

  void wrong(std::size_t offset, std::size_t length, std::string message, std::string hint) {
    reporter_.inside("V1251", node_, offset, length, std::move(message), std::move(hint));
    good_ = false;
  }

  const Node& node_;
  std::string_view text_;
  Reporter& reporter_;
  yaml::ScalarPlaces places_;
  std::vector<TitlePartDoc> parts_;
  std::string literal_;
  std::size_t at_ = 0;
  bool good_ = true;
};

}  // namespace

std::vector<TitlePartDoc> parse_title(const Node& root, Reporter& reporter) {
  static constexpr auto kKeys = reference::names_of(reference::kAlertKeys);
  const Node* alert = root.find("alert");
  if (alert == nullptr || alert->kind == yaml::NodeKind::null) return {};
  if (!alert->is_map()) {
    reporter.at("V1251", alert->where, "`alert` must be a map", std::string(kTitleHint));
    return {};
  }
  for (const auto& [key, value] : alert->entries) {
    if (key.text == kKeys[0]) continue;
    reporter.at("V1251", key.where, fmt::format("unknown key `{}` in `alert`", key.text),
                did_you_mean(key.text, kKeys, "the only key is `title`"));
  }
  const Node* title = alert->find("title");
  if (title == nullptr) return {};
  if (!title->is_scalar()) {
    reporter.at("V1251", title->where, "the title of an alert must be text", "quote a title that begins with a brace");
    return {};
  }
  return TitleParser(*title, reporter).parse();
}

plan::TitleKind title_word(std::string_view name) {
  if (name == "count") return plan::TitleKind::count;
  if (name == "level") return plan::TitleKind::level;
  if (name == "rule") return plan::TitleKind::rule;
  return plan::TitleKind::column;
}

std::uint32_t parse_risk(const Node& root, Reporter& reporter) {
  const Node* node = root.find("risk");
  if (node == nullptr || node->kind == yaml::NodeKind::null) return 0;
  std::uint32_t risk = 0;
  const char* end = node->text.data() + node->text.size();
  const auto [stop, failure] = std::from_chars(node->text.data(), end, risk);
  if (!node->is_scalar() || failure != std::errc() || stop != end || risk > kMostRisk) {
    reporter.at("V1252", node->where,
                node->is_scalar() ? fmt::format("`{}` is not a risk", node->text) : "`risk` must be a number",
                "a whole number from 0 to 1000000");
    return 0;
  }
  return risk;
}

}  // namespace vedette::rules
