#include "rules/sigma/condition.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/base/fold.h"
#include "engine/base/suggest.h"

namespace vedette::rules {
namespace {

constexpr int kMaxDepth = 64;

enum class TokenKind : std::uint8_t { word, open, close, end };

struct Token {
  TokenKind kind = TokenKind::end;
  std::string_view text;
  std::size_t offset = 0;
};

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

std::vector<Token> tokenize(std::string_view text) {
  std::vector<Token> tokens;
  for (std::size_t at = 0; at < text.size();) {
    if (is_blank(text[at])) {
      ++at;
      continue;
    }
    std::size_t end = at + 1;
    TokenKind kind = TokenKind::word;
    if (text[at] == '(' || text[at] == ')') {
      kind = text[at] == '(' ? TokenKind::open : TokenKind::close;
    } else {
      while (end < text.size() && !is_blank(text[end]) && text[end] != '(' && text[end] != ')') ++end;
    }
    tokens.push_back({kind, text.substr(at, end - at), at});
    at = end;
  }
  tokens.push_back({TokenKind::end, {}, text.size()});
  return tokens;
}

// '*' stands for any run of characters.
bool matches_glob(std::string_view pattern, std::string_view text) {
  std::size_t p = 0, t = 0, star = std::string_view::npos, retry = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      retry = t;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++retry;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

class Parser {
 public:
  Parser(const yaml::Node& node, const std::vector<NamedSelection>& selections, std::vector<bool>& used, std::string_view block,
         Reporter& reporter)
      : node_(node), selections_(selections), used_(used), block_(block), reporter_(reporter), tokens_(tokenize(node.text)) {}

  std::optional<Expr> parse() {
    Expr expr = parse_or(0);
    if (!failed_ && current().kind == TokenKind::close) {
      fail("V1105", current(), "`)` without its `(`", "remove it, or open the parenthesis before");
    } else if (!failed_ && current().kind != TokenKind::end) {
      fail("V1101", current(), fmt::format("expected `and` or `or` before `{}`", current().text),
           "join the parts with `and` or `or`");
    }
    if (failed_) return std::nullopt;
    return expr;
  }

 private:
  [[nodiscard]] const Token& current() const { return tokens_[at_]; }
  [[nodiscard]] const Token& next() const { return tokens_[std::min(at_ + 1, tokens_.size() - 1)]; }
  [[nodiscard]] bool is_keyword(std::string_view word) const {
    return current().kind == TokenKind::word && folded(current().text) == word;
  }

  // The first structural error ends the parse; undefined names do not.
  void fail(std::string_view code, const Token& token, std::string message, std::string hint) {
    if (!stopped_)
      reporter_.inside(code, node_, token.offset, std::max<std::size_t>(1, token.text.size()), std::move(message),
                       std::move(hint));
    failed_ = stopped_ = true;
    at_ = tokens_.size() - 1;
  }

  void fail_name(std::string_view code, const Token& token, std::string message, std::string hint) {
    if (!stopped_) reporter_.inside(code, node_, token.offset, token.text.size(), std::move(message), std::move(hint));
    failed_ = true;
  }

  Expr parse_or(int depth) {
    Expr first = parse_and(depth);
    if (!is_keyword("or")) return first;
    Expr out{ExprKind::any_of, 0, {}};
    out.children.push_back(std::move(first));
    while (is_keyword("or")) {
      ++at_;
      out.children.push_back(parse_and(depth));
    }
    return out;
  }

  Expr parse_and(int depth) {
    Expr first = parse_not(depth);
    if (!is_keyword("and")) return first;
    Expr out{ExprKind::all_of, 0, {}};
    out.children.push_back(std::move(first));
    while (is_keyword("and")) {
      ++at_;
      out.children.push_back(parse_not(depth));
    }
    return out;
  }

  Expr parse_not(int depth) {
    int count = 0;
    while (is_keyword("not")) {
      ++count;
      ++at_;
      if (depth + count > kMaxDepth) break;
    }
    Expr out = parse_primary(depth + count);
    for (int i = 0; i < count; ++i) {
      Expr negated{ExprKind::negation, 0, {}};
      negated.children.push_back(std::move(out));
      out = std::move(negated);
    }
    return out;
  }

  Expr parse_primary(int depth) {
    const Token token = current();
    if (depth >= kMaxDepth) {
      fail("V1107", token, fmt::format("the condition nests deeper than {} levels", kMaxDepth), "split it into named selections");
      return {};
    }
    if (token.kind == TokenKind::open) return parse_group(depth);
    if (token.kind == TokenKind::close) {
      fail(next().kind == TokenKind::end && at_ == 0 ? "V1105" : "V1101", token, "expected a selection before `)`", name_one());
      return {};
    }
    if (token.kind == TokenKind::end) {
      const std::string hint = name_one();
      if (at_ == 0) {
        fail("V1101", token, "the condition is empty", hint);
      } else {
        fail("V1101", tokens_[at_ - 1], fmt::format("expected a selection after `{}`", tokens_[at_ - 1].text), hint);
      }
      return {};
    }
    if (is_keyword("and") || is_keyword("or")) {
      fail("V1101", token, fmt::format("expected a selection before `{}`", token.text), name_one());
      return {};
    }
    if (next().kind == TokenKind::word && folded(next().text) == "of") return parse_quantifier();
    ++at_;
    return identifier(token);
  }

  Expr parse_group(int depth) {
    const Token open = current();
    ++at_;
    Expr inner = parse_or(depth + 1);
    if (stopped_) return inner;
    if (current().kind != TokenKind::close) {
      if (current().kind == TokenKind::end) {
        fail("V1105", open, "`(` is never closed", "add the `)`");
      } else {
        fail("V1101", current(), fmt::format("expected `and`, `or` or `)` before `{}`", current().text),
             "join the parts with `and` or `or`");
      }
      return inner;
    }
    ++at_;
    return inner;
  }

  Expr identifier(const Token& token) {
    for (std::size_t i = 0; i < selections_.size(); ++i) {
      if (selections_[i].name != token.text) continue;
      used_[i] = true;
      return {ExprKind::selection, i, {}};
    }
    const bool glob = token.text.find('*') != std::string_view::npos;
    fail_name(
        "V1102", token, fmt::format("`{}` is not defined in `{}`", token.text, block_),
        glob ? fmt::format("a pattern needs a quantifier: `1 of {}`", token.text) : did_you_mean(token.text, names(), defined()));
    return {};
  }

  Expr parse_quantifier() {
    const Token quantifier = current();
    at_ += 2;
    const std::string word = folded(quantifier.text);
    if (word != "1" && word != "any" && word != "all") {
      fail("V1106", quantifier, fmt::format("`{} of` is not a Sigma quantifier", quantifier.text),
           "use `1 of`, `any of` or `all of`; count events with a correlation document");
      return {};
    }
    const Token pattern = current();
    if (pattern.kind != TokenKind::word) {
      fail("V1101", tokens_[at_ - 1], fmt::format("expected a pattern or `them` after `{} of`", quantifier.text),
           "for example `1 of selection_*`");
      return {};
    }
    ++at_;
    Expr out{word == "all" ? ExprKind::all_of : ExprKind::any_of, 0, {}};
    const bool them = folded(pattern.text) == "them";
    for (std::size_t i = 0; i < selections_.size(); ++i) {
      const std::string& name = selections_[i].name;
      const bool hidden = name.starts_with('_') && name != pattern.text;
      if (hidden || !(them || matches_glob(pattern.text, name))) continue;
      used_[i] = true;
      out.children.push_back({ExprKind::selection, i, {}});
    }
    if (out.children.empty()) {
      const std::string_view stem = pattern.text.substr(0, pattern.text.find('*'));
      fail_name("V1103", pattern, fmt::format("`{}` matches no identifier of `{}`", pattern.text, block_),
                did_you_mean(stem.empty() ? pattern.text : stem, names(), defined()));
    }
    return out;
  }

  [[nodiscard]] std::vector<std::string> names() const {
    std::vector<std::string> out;
    for (const NamedSelection& selection : selections_) out.push_back(selection.name);
    return out;
  }

  [[nodiscard]] std::string defined() const {
    std::string out;
    for (const NamedSelection& selection : selections_) out += (out.empty() ? "defined are: " : ", ") + selection.name;
    return out.empty() ? fmt::format("define it under `{}`", block_) : out;
  }

  [[nodiscard]] std::string name_one() const { return fmt::format("name a selection of `{}`", block_); }

  const yaml::Node& node_;
  const std::vector<NamedSelection>& selections_;
  std::vector<bool>& used_;
  std::string_view block_;
  Reporter& reporter_;
  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  bool failed_ = false;
  bool stopped_ = false;
};

}  // namespace

std::optional<Expr> parse_condition(const yaml::Node& node, const std::vector<NamedSelection>& selections,
                                    std::vector<bool>& used, const AggregationContext& aggregation, Reporter& reporter) {
  if (const std::size_t bar = node.text.find('|'); bar != std::string::npos) {
    // Whatever is named left of it counts as used, so that no warning distracts.
    used.assign(used.size(), true);
    const std::string_view text = node.text;
    reporter.inside("V1104", node, bar, text.size() - bar,
                    "pipe aggregations were removed from Sigma; write a correlation document",
                    replacement_for(text.substr(0, bar), text.substr(bar + 1), aggregation));
    return std::nullopt;
  }
  return Parser(node, selections, used, aggregation.block, reporter).parse();
}

}  // namespace vedette::rules
