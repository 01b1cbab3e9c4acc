#include "rules/check/metadata.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>

#include "engine/base/fold.h"
#include "engine/base/suggest.h"
#include "engine/base/utf8.h"
#include "rules/reference/attack.h"
#include "rules/reference/correlation_keys.h"
#include "rules/yaml/edit.h"

namespace vedette::rules {
namespace {

using reference::kTactics;
using yaml::Node;

constexpr std::size_t kLongestTitle = 256;

constexpr std::array<std::string_view, 8> kNamespaces = {"attack", "car", "cve", "d3fend", "detection", "stp", "tlp", "sigma"};

bool present(const DocumentView& document, std::string_view key) {
  const Node* node = document.root.find(key);
  return node != nullptr && node->kind != yaml::NodeKind::null && !(node->is_scalar() && node->text.empty()) &&
         !(node->is_sequence() && node->items.empty());
}

bool all_digits(std::string_view text) { return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos; }

void missing(const DocumentView& document, Sink& sink, std::string_view key, std::string hint) {
  if (document.type == DocumentType::filter || present(document, key)) return;
  sink.at(document.place("title"),
          fmt::format("the {} has no {}", document.type == DocumentType::rule ? "rule" : "correlation", key), std::move(hint));
}

// tNNNN, tNNNN.NNN, gNNNN, sNNNN, taNNNN, dsNNNN, mNNNN, cNNNN
bool is_attack_id(std::string_view text) {
  std::size_t letters = 0;
  while (letters < text.size() && std::islower(static_cast<unsigned char>(text[letters])) != 0) ++letters;
  constexpr std::array<std::string_view, 7> kKinds = {"t", "g", "s", "ta", "ds", "m", "c"};
  const std::string_view kind = text.substr(0, letters);
  if (std::find(kKinds.begin(), kKinds.end(), kind) == kKinds.end()) return false;
  const std::string_view number = text.substr(letters);
  const std::size_t dot = number.find('.');
  if (dot == std::string_view::npos) return number.size() == 4 && all_digits(number);
  return kind == "t" && dot == 4 && all_digits(number.substr(0, 4)) && number.size() == 8 && all_digits(number.substr(5));
}

// The tag as it should be written: lower case, tactics with dashes. Empty when that is no known form either.
std::string repaired_tag(std::string_view tag) {
  std::string out = folded(tag);
  if (!out.starts_with("attack.")) return {};
  const std::string rest = out.substr(7);
  if (is_attack_id(rest)) return out;
  std::string dashed = rest;
  std::replace(dashed.begin(), dashed.end(), '_', '-');
  return std::find(kTactics.begin(), kTactics.end(), dashed) != kTactics.end() ? "attack." + dashed : std::string();
}

std::string attack_hint(std::string_view rest) {
  std::string dashed = folded(rest);
  std::replace(dashed.begin(), dashed.end(), '_', '-');
  const std::string_view near = nearest(dashed, kTactics);
  return near.empty() ? "techniques are written attack.t1110 or attack.t1110.003, tactics attack.credential-access"
                      : fmt::format("did you mean `attack.{}`?", near);
}

void check_tag(const DocumentView& document, const Node& tag, Sink& sink) {
  const std::string_view text = tag.text;
  const std::size_t dot = text.find('.');
  if (dot == std::string_view::npos || dot == 0 || dot + 1 == text.size()) {
    sink.at(tag.where, fmt::format("tag `{}` has no namespace", text), "tags are written namespace.name: attack.t1110");
    return;
  }
  const std::string_view space = text.substr(0, dot), rest = text.substr(dot + 1);
  if (folded(space) != "attack") {
    const std::string_view near = nearest(space, kNamespaces);
    if (!near.empty() && near != folded(space)) {
      sink.inside(tag, 0, dot, fmt::format("tag namespace `{}` is unknown", space), fmt::format("did you mean `{}`?", near));
    }
    return;
  }
  if (space == "attack" && (is_attack_id(rest) || std::find(kTactics.begin(), kTactics.end(), rest) != kTactics.end())) return;
  const std::string good = repaired_tag(text);
  if (good.empty()) {
    sink.inside(tag, dot + 1, rest.size(), fmt::format("`{}` is neither an ATT&CK technique nor a tactic", rest),
                attack_hint(rest));
    return;
  }
  sink.at(tag.where, fmt::format("tag `{}` is not written as ATT&CK tags are", text), fmt::format("write `{}`", good),
          fix_of(fmt::format("write `{}`", good), yaml::replace_scalar(document.file, tag, good)));
}

std::vector<std::string_view> known_keys(DocumentType type) {
  std::vector<std::string_view> out;
  const auto add = [&out](std::span<const reference::Key> keys) {
    for (const reference::Key& key : keys) out.push_back(key.name);
  };
  add(reference::kDocumentKeys);
  if (type == DocumentType::rule) add(reference::kRuleKeys);
  if (type == DocumentType::filter) add(reference::kFilterDocumentKeys);
  if (type == DocumentType::correlation) {
    add(reference::kCorrelationDocumentKeys);
    add(reference::kEitherKeys);
  }
  return out;
}

struct Date {
  int year = 0, month = 0, day = 0;
  friend auto operator<=>(const Date&, const Date&) = default;
};

// 2026-05-04 or, separated by '/', 2026/05/04.
std::optional<Date> parse_date(std::string_view text, char separator) {
  if (text.size() != 10 || text[4] != separator || text[7] != separator) return std::nullopt;
  const auto number = [&](std::size_t at, std::size_t size, int& out) {
    const std::string_view digits = text.substr(at, size);
    if (!all_digits(digits)) return false;
    std::from_chars(digits.data(), digits.data() + digits.size(), out);
    return true;
  };
  Date date;
  if (!number(0, 4, date.year) || !number(5, 2, date.month) || !number(8, 2, date.day)) return std::nullopt;
  CivilTime civil;
  civil.year = date.year;
  civil.month = date.month;
  civil.day = date.day;
  return valid_civil(civil) ? std::optional<Date>(date) : std::nullopt;
}

void check_date(const DocumentView& document, std::string_view key, Sink& sink) {
  const Node* node = document.root.find(key);
  if (node == nullptr || !node->is_scalar() || parse_date(node->text, '-')) return;
  std::string message = fmt::format("`{}: {}` is not a date", key, node->text);
  if (!parse_date(node->text, '/')) {
    sink.at(node->where, std::move(message), "dates are written 2026-05-04");
    return;
  }
  std::string good = node->text;
  std::replace(good.begin(), good.end(), '/', '-');
  auto fix = fix_of(fmt::format("write `{}`", good), yaml::replace_scalar(document.file, *node, good));
  sink.at(node->where, fmt::format("`{}: {}` is written with slashes", key, node->text), fmt::format("write `{}`", good),
          std::move(fix));
}

}  // namespace

void missing_level(const DocumentView& document, Sink& sink) {
  missing(document, sink, "level", "its alerts are medium; say `level: low`, `medium`, `high` or `critical`");
}

void missing_status(const DocumentView& document, Sink& sink) {
  missing(document, sink, "status", "say how far to trust it: stable, test or experimental");
}

void experimental(const DocumentView& document, Sink& sink) {
  if (document.type == DocumentType::filter || document.text("status") != "experimental") return;
  sink.at(document.root.find("status")->where, "an experimental rule runs in shadow: it is counted, and its alerts are not sent",
          "`status: test` sends them");
}

void missing_description(const DocumentView& document, Sink& sink) {
  missing(document, sink, "description", "say what happened when it fires, for whoever is woken by it");
}

void missing_author(const DocumentView& document, Sink& sink) {
  missing(document, sink, "author", "alerts name the author: the Detection Rule License asks for it");
}

void bad_tag(const DocumentView& document, Sink& sink) {
  const Node* tags = document.root.find("tags");
  if (tags == nullptr || !tags->is_sequence()) return;
  for (const Node& tag : tags->items) {
    if (tag.is_scalar()) check_tag(document, tag, sink);
  }
}

void no_attack_tag(const DocumentView& document, Sink& sink) {
  if (document.type == DocumentType::filter) return;
  const Node* tags = document.root.find("tags");
  const bool some = tags != nullptr && std::any_of(tags->items.begin(), tags->items.end(),
                                                   [](const Node& tag) { return folded(tag.text).starts_with("attack."); });
  if (some) return;
  sink.at(document.place(tags != nullptr ? "tags" : "title"), "no tag names an ATT&CK technique or tactic",
          "for example `tags: [attack.credential-access, attack.t1110]`; references by tag and coverage use them");
}

void bad_date(const DocumentView& document, Sink& sink) {
  check_date(document, "date", sink);
  check_date(document, "modified", sink);
}

void modified_before_date(const DocumentView& document, Sink& sink) {
  const auto date = parse_date(document.text("date"), '-'), modified = parse_date(document.text("modified"), '-');
  if (!date || !modified || *modified >= *date) return;
  sink.at(document.root.find("modified")->where,
          fmt::format("modified {} before its date {}", document.text("modified"), document.text("date")),
          "`date` is the day it was written, `modified` that of the last change");
}

void missing_falsepositives(const DocumentView& document, Sink& sink) {
  missing(document, sink, "falsepositives", "list what else looks like this, so that an alert can be judged quickly");
}

void title_style(const DocumentView& document, Sink& sink) {
  const Node* title = document.root.find("title");
  if (title == nullptr || !title->is_scalar()) return;
  if (count_code_points(title->text) > kLongestTitle) {
    sink.at(title->where, fmt::format("the title is longer than {} characters", kLongestTitle), "say the rest in `description`");
  } else if (title->text.ends_with('.') && !title->text.ends_with("..") && title->text.size() > 1) {
    auto fix = fix_of("remove the period", yaml::replace_part(document.file, *title, title->text.size() - 1, 1, ""));
    sink.inside(*title, title->text.size() - 1, 1, "the title ends with a period", "a title is no sentence", std::move(fix));
  }
}

void misspelt_key(const DocumentView& document, Sink& sink) {
  const std::vector<std::string_view> known = known_keys(document.type);
  for (const auto& [key, value] : document.root.entries) {
    if (std::find(known.begin(), known.end(), key.text) != known.end() || key.text.size() < 4) continue;
    const std::string_view near = nearest(key.text, known);
    if (near.empty() || document.root.find(near) != nullptr) continue;
    sink.at(key.where, fmt::format("`{}` is no key of Sigma and has no effect", key.text),
            fmt::format("did you mean `{}`?", near));
  }
}

}  // namespace vedette::rules
