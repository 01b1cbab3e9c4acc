#include "rules/sigma/correlation_expr.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "engine/base/exact.h"
#include "engine/base/fold.h"
#include "engine/base/time.h"

namespace vedette::rules {
namespace {

using plan::ExprKind;

constexpr int kMaxDepth = 64;
constexpr std::ptrdiff_t kMaxCompared = 20;  // values in one comparison: what exact fractions have room for (engine/base/wide.h)

enum class TokenKind : std::uint8_t { word, number, open, close, symbol, end };

struct Token {
  TokenKind kind = TokenKind::end;
  std::string_view text;
  std::size_t offset = 0;
  Location where = {};
};

struct Symbol {
  std::string_view text;
  ExprKind kind;
};
constexpr std::array<Symbol, 6> kComparisons = {{{">=", ExprKind::gte},
                                                 {"<=", ExprKind::lte},
                                                 {"==", ExprKind::eq},
                                                 {"!=", ExprKind::neq},
                                                 {">", ExprKind::gt},
                                                 {"<", ExprKind::lt}}};
constexpr std::array<Symbol, 2> kSums = {{{"+", ExprKind::add}, {"-", ExprKind::subtract}}};
constexpr std::array<Symbol, 2> kProducts = {{{"*", ExprKind::multiply}, {"/", ExprKind::divide}}};

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

// The end of a word of rule conditions: names and ids are whatever stands between blanks and parentheses.
std::size_t name_end(std::string_view text, std::size_t at) {
  while (at < text.size() && !is_blank(text[at]) && text[at] != '(' && text[at] != ')') ++at;
  return at;
}

// 25, 0.5, 1e-3, 10m, and what looks like one of them.
std::size_t number_end(std::string_view text, std::size_t at) {
  const std::size_t begin = at;
  while (at < text.size() && (is_digit(text[at]) || is_letter(text[at]) || text[at] == '.')) {
    const bool exponent = at > begin && (text[at] == 'e' || text[at] == 'E') && at + 2 < text.size() &&
                          (text[at + 1] == '+' || text[at + 1] == '-') && is_digit(text[at + 2]);
    at += exponent ? 2 : 1;
  }
  return at;
}

std::vector<Token> tokenize(std::string_view text, ExprOver over) {
  std::vector<Token> tokens;
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    if (is_blank(c)) {
      ++at;
      continue;
    }
    std::size_t end = at + 1;
    TokenKind kind = TokenKind::symbol;
    if (c == '(' || c == ')') {
      kind = c == '(' ? TokenKind::open : TokenKind::close;
    } else if (over == ExprOver::rules) {
      kind = TokenKind::word;
      end = name_end(text, at);
    } else if (is_digit(c)) {
      kind = TokenKind::number;
      end = number_end(text, at);
    } else if (is_letter(c)) {
      kind = TokenKind::word;
      while (end < text.size() && (is_letter(text[end]) || is_digit(text[end]))) ++end;
    } else {
      const std::string_view two = text.substr(at, 2);
      if (two == ">=" || two == "<=" || two == "==" || two == "!=") end = at + 2;
      while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80U) ++end;  // one whole character
    }
    tokens.push_back({kind, text.substr(at, end - at), at});
    at = end;
  }
  tokens.push_back({TokenKind::end, {}, text.size()});
  return tokens;
}

bool is_condition(ExprKind kind) {
  switch (kind) {
    case ExprKind::lt:
    case ExprKind::lte:
    case ExprKind::gt:
    case ExprKind::gte:
    case ExprKind::eq:
    case ExprKind::neq:
    case ExprKind::all_of:
    case ExprKind::any_of:
    case ExprKind::negation:
    case ExprKind::present:
      return true;
    case ExprKind::number:
    case ExprKind::metric:
    case ExprKind::span:
    case ExprKind::first:
    case ExprKind::last:
    case ExprKind::add:
    case ExprKind::subtract:
    case ExprKind::multiply:
    case ExprKind::divide:
      break;
  }
  return false;
}

class Parser {
 public:
  Parser(const yaml::Node& node, ExprOver over, Reporter& reporter)
      : node_(node), over_(over), reporter_(reporter), tokens_(tokenize(node.text, over)) {
    yaml::ScalarPlaces places(reporter.file(), node);
    for (Token& token : tokens_) token.where = places.at(token.offset, std::max<std::size_t>(1, token.text.size()));
  }

  std::optional<ExprDoc> parse() {
    out_.root = parse_or(0);
    if (!failed_ && current().kind == TokenKind::close) {
      fail(current(), "`)` without its `(`", "remove it, or open the parenthesis before");
    } else if (!failed_ && current().kind == TokenKind::symbol) {
      missing(current());
    } else if (!failed_ && current().kind != TokenKind::end) {
      fail(current(), fmt::format("expected `and` or `or` before `{}`", current().text), expected());
    }
    if (!failed_) want_condition(out_.root);
    if (failed_) return std::nullopt;
    out_.text = node_.text;
    out_.where = node_.where;
    return std::move(out_);
  }

 private:
  [[nodiscard]] const Token& current() const { return tokens_[at_]; }
  [[nodiscard]] bool is_keyword(std::string_view word) const {
    return current().kind == TokenKind::word && folded(current().text) == word;
  }
  [[nodiscard]] std::string expected() const {
    return over_ == ExprOver::rules ? "names of `rules`, joined by `and`, `or`, `not` and parentheses"
                                    : "comparisons such as `attempts >= 25`, joined by `and`, `or`, `not` and parentheses";
  }

  // The first error ends the parse.
  void fail(const Token& token, std::string message, std::string hint) {
    if (!failed_) reporter_.at("V1222", token.where, std::move(message), std::move(hint));
    failed_ = true;
    at_ = tokens_.size() - 1;
  }

  std::uint32_t node(ExprKind kind, std::string text, const Location& where, std::vector<std::uint32_t> children) {
    out_.nodes.push_back({kind, std::move(text), where, std::move(children)});
    return static_cast<std::uint32_t>(out_.nodes.size() - 1);
  }

  void want_condition(std::uint32_t index) {
    const ExprDocNode& found = out_.nodes[index];
    if (failed_ || is_condition(found.kind)) return;
    failed_ = true;
    reporter_.at("V1224", found.where, "a number stands where a condition is expected",
                 "compare it with something, for example `attempts >= 25`");
  }

  void want_number(std::uint32_t index) {
    const ExprDocNode& found = out_.nodes[index];
    if (failed_ || !is_condition(found.kind)) return;
    failed_ = true;
    reporter_.at("V1224", found.where, "a condition stands where a number is expected",
                 "join conditions with `and` and `or`, for example `users >= 3 and users <= 8`");
  }

  std::uint32_t parse_joined(std::string_view keyword, ExprKind kind, int depth) {
    const auto part = [&] { return kind == ExprKind::any_of ? parse_joined("and", ExprKind::all_of, depth) : parse_not(depth); };
    const std::uint32_t first = part();
    if (failed_ || !is_keyword(keyword)) return first;
    const Location where = current().where;
    std::vector<std::uint32_t> children = {first};
    while (is_keyword(keyword)) {
      ++at_;
      children.push_back(part());
    }
    if (failed_) return 0;
    for (const std::uint32_t child : children) want_condition(child);
    return node(kind, {}, where, std::move(children));
  }

  std::uint32_t parse_or(int depth) { return parse_joined("or", ExprKind::any_of, depth); }

  std::uint32_t parse_not(int depth) {
    std::vector<Location> nots;
    while (is_keyword("not")) {
      nots.push_back(current().where);
      ++at_;
      if (depth + static_cast<int>(nots.size()) > kMaxDepth) break;
    }
    std::uint32_t out = parse_comparison(depth + static_cast<int>(nots.size()));
    for (std::size_t i = nots.size(); i-- > 0 && !failed_;) {
      want_condition(out);
      out = node(ExprKind::negation, {}, nots[i], {out});
    }
    return out;
  }

  // The kind of the symbol at hand, if it is one of the table's.
  template <typename Table>
  [[nodiscard]] std::optional<ExprKind> symbol(const Table& table) const {
    if (current().kind != TokenKind::symbol) return std::nullopt;
    const auto found =
        std::find_if(table.begin(), table.end(), [this](const Symbol& entry) { return entry.text == current().text; });
    return found == table.end() ? std::nullopt : std::optional(found->kind);
  }

  std::uint32_t binary(ExprKind kind, const Token& token, std::uint32_t left, std::uint32_t right) {
    if (failed_) return 0;
    want_number(left);
    want_number(right);
    return node(kind, {}, token.where, {left, right});
  }

  std::uint32_t parse_comparison(int depth) {
    const auto begin = static_cast<std::ptrdiff_t>(out_.nodes.size());
    const std::uint32_t left = parse_sum(depth);
    const auto kind = symbol(kComparisons);
    if (failed_ || !kind) return left;
    const Token token = current();
    ++at_;
    const std::uint32_t right = parse_sum(depth);
    const std::uint32_t out = binary(*kind, token, left, right);
    if (!failed_ && symbol(kComparisons))
      fail(current(), "a comparison of a comparison", "write two, for example `users >= 3 and users <= 8`");
    const auto values = std::count_if(out_.nodes.begin() + begin, out_.nodes.end(),
                                      [](const ExprDocNode& part) { return part.children.empty(); });
    if (!failed_ && values > kMaxCompared) {
      fail(token, fmt::format("a comparison of more than {} values", kMaxCompared),
           "write several shorter ones, joined by `and`");
    }
    return out;
  }

  std::uint32_t parse_sum(int depth) {
    std::uint32_t left = parse_product(depth);
    for (auto kind = symbol(kSums); kind && !failed_; kind = symbol(kSums)) {
      const Token token = current();
      ++at_;
      const std::uint32_t right = parse_product(depth);
      left = binary(*kind, token, left, right);
    }
    return left;
  }

  std::uint32_t parse_product(int depth) {
    std::uint32_t left = parse_primary(depth);
    for (auto kind = symbol(kProducts); kind && !failed_; kind = symbol(kProducts)) {
      const Token token = current();
      ++at_;
      const std::uint32_t right = parse_primary(depth);
      left = binary(*kind, token, left, right);
    }
    return left;
  }

  std::uint32_t parse_primary(int depth) {
    const Token token = current();
    if (depth >= kMaxDepth) {
      fail(token, fmt::format("the condition nests deeper than {} levels", kMaxDepth), "write it flatter");
      return 0;
    }
    switch (token.kind) {
      case TokenKind::open:
        return parse_group(depth);
      case TokenKind::number:
        ++at_;
        return number(token, "");
      case TokenKind::word:
        if (is_keyword("and") || is_keyword("or") || is_keyword("not")) break;
        ++at_;
        return name(token);
      case TokenKind::symbol:
        if (token.text == "-" && tokens_[at_ + 1].kind == TokenKind::number) {
          at_ += 2;
          return number(tokens_[at_ - 1], "-");
        }
        break;
      case TokenKind::close:
      case TokenKind::end:
        break;
    }
    return missing(token);
  }

  // Something else stands where a name or number should.
  std::uint32_t missing(const Token& token) {
    const std::string what = over_ == ExprOver::rules ? "the name of a rule" : "a value or a number";
    const bool known = token.kind != TokenKind::symbol || symbol(kComparisons) || symbol(kSums) || symbol(kProducts);
    if (token.kind == TokenKind::end && at_ == 0) {
      fail(token, "the condition is empty", expected());
    } else if (token.kind == TokenKind::end) {
      fail(tokens_[at_ - 1], fmt::format("expected {} after `{}`", what, tokens_[at_ - 1].text), expected());
    } else if (known) {
      fail(token, fmt::format("expected {} before `{}`", what, token.text), expected());
    } else {
      fail(token, fmt::format("`{}` has no meaning here", token.text),
           token.text == "="   ? "equality is `==`"
           : token.text == "!" ? "write `not`, or `!=` between numbers"
                               : expected());
    }
    return 0;
  }

  std::uint32_t parse_group(int depth) {
    const Token open = current();
    ++at_;
    const std::uint32_t inner = parse_or(depth + 1);
    if (failed_) return inner;
    if (current().kind == TokenKind::close) {
      ++at_;
    } else if (current().kind == TokenKind::end) {
      fail(open, "`(` is never closed", "add the `)`");
    } else {
      fail(current(), fmt::format("expected `and`, `or` or `)` before `{}`", current().text), expected());
    }
    return inner;
  }

  std::uint32_t number(const Token& token, const std::string& sign) {
    if (const auto value = parse_exact(sign + std::string(token.text)))
      return node(ExprKind::number, exact_text(*value), token.where, {});
    if (const auto duration = parse_duration(token.text)) {
      if (const auto seconds = parse_exact(sign + std::to_string(*duration / kSecondUs)))
        return node(ExprKind::number, exact_text(*seconds), token.where, {});
    }
    fail(token, fmt::format("`{}` is neither a number nor a time", token.text),
         "numbers have at most 17 digits and 18 decimals; times are such as 90s, 10m, 2h");
    return 0;
  }

  std::uint32_t name(const Token& token) {
    if (over_ == ExprOver::rules) return node(ExprKind::present, std::string(token.text), token.where, {});
    static constexpr std::array<Symbol, 3> kBuiltIn = {
        {{"span", ExprKind::span}, {"first", ExprKind::first}, {"last", ExprKind::last}}};
    for (const Symbol& entry : kBuiltIn) {
      if (entry.text == token.text) return node(entry.kind, std::string(token.text), token.where, {});
    }
    return node(ExprKind::metric, std::string(token.text), token.where, {});
  }

  const yaml::Node& node_;
  const ExprOver over_;
  Reporter& reporter_;
  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  bool failed_ = false;
  ExprDoc out_;
};

}  // namespace

std::optional<ExprDoc> parse_expression(const yaml::Node& node, ExprOver over, Reporter& reporter) {
  return Parser(node, over, reporter).parse();
}

}  // namespace vedette::rules
