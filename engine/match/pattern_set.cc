#include "engine/match/pattern_set.h"

#include <algorithm>
#include <utility>

#include "engine/base/fold.h"
#include "engine/base/utf8.h"
#include "engine/match/decimal.h"

namespace vedette::match {
namespace {

constexpr std::size_t kLinearEqualities = 4;

bool is(const plan::Pattern& pattern, std::size_t i, plan::PieceKind kind) { return pattern.pieces[i].kind == kind; }

const std::string& literal_of(const plan::Pattern& pattern) {
  static const std::string kEmpty;
  for (const plan::Piece& piece : pattern.pieces) {
    if (piece.kind == plan::PieceKind::literal) return piece.text;
  }
  return kEmpty;
}

}  // namespace

Form form_of(const plan::Pattern& pattern) {
  using plan::PieceKind;
  switch (pattern.pieces.size()) {
    case 0:
      return Form::equal;
    case 1:
      if (is(pattern, 0, PieceKind::literal)) return Form::equal;
      return is(pattern, 0, PieceKind::any_many) ? Form::any : Form::wildcard;
    case 2:
      if (is(pattern, 0, PieceKind::literal) && is(pattern, 1, PieceKind::any_many)) return Form::prefix;
      if (is(pattern, 0, PieceKind::any_many) && is(pattern, 1, PieceKind::literal)) return Form::suffix;
      return Form::wildcard;
    case 3:
      if (is(pattern, 0, PieceKind::any_many) && is(pattern, 1, PieceKind::literal) && is(pattern, 2, PieceKind::any_many)) {
        return Form::contains;
      }
      return Form::wildcard;
    default:
      return Form::wildcard;
  }
}

std::string equal_text(const plan::Pattern& pattern) { return pattern.cased ? literal_of(pattern) : folded(literal_of(pattern)); }

std::string numeric_key(const plan::Pattern& pattern) {
  std::string key;
  if (const auto number = parse_decimal(literal_of(pattern))) append_normal_form(key, *number);
  return key;
}

bool wildcard_match(const std::vector<plan::Piece>& pieces, std::string_view text) {
  std::size_t piece = 0, at = 0;
  std::size_t star = pieces.size(), star_at = 0;  // the last '*' and where its text ends so far
  while (true) {
    if (piece == pieces.size()) {
      if (at == text.size()) return true;
    } else if (pieces[piece].kind == plan::PieceKind::any_many) {
      star = ++piece;
      star_at = at;
      if (star == pieces.size()) return true;
      continue;
    } else if (pieces[piece].kind == plan::PieceKind::any_one) {
      if (at < text.size()) {
        at += decode_utf8(text, at).length;
        ++piece;
        continue;
      }
    } else if (text.substr(at).starts_with(pieces[piece].text)) {
      at += pieces[piece].text.size();
      ++piece;
      continue;
    }
    // Mismatch: the last '*' takes more text, up to where the literal after it occurs next.
    if (star >= pieces.size() || star_at >= text.size()) return false;
    star_at += decode_utf8(text, star_at).length;
    if (pieces[star].kind == plan::PieceKind::literal) {
      star_at = text.find(pieces[star].text, star_at);
      if (star_at == std::string_view::npos) return false;
    }
    at = star_at;
    piece = star;
  }
}

void PatternSet::add(const plan::Pattern& pattern) {
  const Form form = form_of(pattern);
  if (form == Form::equal && pattern.numeric) numbers_.insert(numeric_key(pattern));
  if (form == Form::equal && !pattern.cased) {
    equal_.push_back(equal_text(pattern));
    return;
  }
  Item item;
  item.form = form;
  item.cased = pattern.cased;
  if (form == Form::wildcard) {
    item.pieces = pattern.pieces;
    for (plan::Piece& piece : item.pieces) {
      if (!pattern.cased) piece.text = folded(piece.text);
    }
  } else {
    item.literal = equal_text(pattern);
  }
  items_.push_back(std::move(item));
}

void PatternSet::finish() {
  std::stable_sort(items_.begin(), items_.end(), [](const Item& a, const Item& b) { return cost_of(a.form) < cost_of(b.form); });
  if (equal_.size() <= kLinearEqualities) return;
  equal_set_.insert(equal_.begin(), equal_.end());
  equal_.clear();
}

double PatternSet::cost_of(Form form) {
  switch (form) {
    case Form::any:
      return 0.5;
    case Form::equal:
      return 1;
    case Form::prefix:
      return 1.5;
    case Form::suffix:
      return 1.5;
    case Form::contains:
      return 6;
    case Form::wildcard:
      return 12;
  }
  return 1;
}

double PatternSet::cost() const {
  double sum = equal_set_.empty() ? static_cast<double>(equal_.size()) * 0.5 + 0.5 : 3;
  if (!numbers_.empty()) sum += 1;
  for (const Item& item : items_) sum += cost_of(item.form);
  return sum;
}

bool PatternSet::equals_any(Values& values, Cell& cell) const {
  if (!equal_.empty()) {
    const std::string_view text = values.folded(cell);
    if (std::find(equal_.begin(), equal_.end(), text) != equal_.end()) return true;
  } else if (!equal_set_.empty() && equal_set_.contains(values.folded(cell))) {
    return true;
  }
  if (numbers_.empty() || cell.value.kind != event::ValueKind::number) return false;
  return numbers_.contains(values.number_key(cell));
}

bool PatternSet::matches_item(const Item& item, std::string_view text) {
  switch (item.form) {
    case Form::any:
      return true;
    case Form::equal:
      return text == item.literal;
    case Form::prefix:
      return text.starts_with(item.literal);
    case Form::suffix:
      return text.ends_with(item.literal);
    case Form::contains:
      return text.find(item.literal) != std::string_view::npos;
    case Form::wildcard:
      return wildcard_match(item.pieces, text);
  }
  return false;
}

bool PatternSet::matches(Values& values, Cell& cell) const {
  if (equals_any(values, cell)) return true;
  for (const Item& item : items_) {
    if (matches_item(item, item.cased ? values.text(cell) : values.folded(cell))) return true;
  }
  return false;
}

}  // namespace vedette::match
