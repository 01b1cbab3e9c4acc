#include "tests/conformance/engines/naive/condition.h"

#include <cctype>
#include <map>
#include <stdexcept>
#include <vector>

namespace vedette::conformance {
namespace {

using naive::Expr;
using naive::Op;

const std::map<std::string, Op> kComparisons = {{">=", Op::gte}, {">", Op::gt},  {"<=", Op::lte},
                                                {"<", Op::lt},   {"==", Op::eq}, {"!=", Op::neq}};
const std::map<std::string, Expr::Kind> kSums = {{"+", Expr::add}, {"-", Expr::subtract}};
const std::map<std::string, Expr::Kind> kProducts = {{"*", Expr::multiply}, {"/", Expr::divide}};

bool word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '.'; }

std::vector<std::string> tokens_of(const std::string& text) {
  std::vector<std::string> tokens;
  for (std::size_t i = 0; i < text.size();) {
    std::size_t end = i + 1;
    if (text[i] == ' ') {
      i = end;
      continue;
    }
    if (word(text[i])) {
      while (end < text.size() && word(text[end])) ++end;
    } else if (end < text.size() && text[end] == '=') {
      ++end;
    }
    tokens.push_back(text.substr(i, end - i));
    i = end;
  }
  return tokens;
}

// Recursive descent; every rule of the grammar is one function, loosest first.
class Parser {
 public:
  explicit Parser(const std::string& text) : tokens_(tokens_of(text)) {}

  Expr parse() {
    Expr condition = any();
    if (!next().empty()) throw std::runtime_error("not understood: " + next());
    return condition;
  }

 private:
  std::vector<std::string> tokens_;
  std::size_t at_ = 0;

  [[nodiscard]] std::string next() const { return at_ < tokens_.size() ? tokens_[at_] : ""; }
  bool take(const std::string& token) {
    if (next() != token) return false;
    ++at_;
    return true;
  }

  Expr any() { return joined(Expr::any, "or", &Parser::all); }
  Expr all() { return joined(Expr::all, "and", &Parser::negated); }
  Expr sum() { return chained(kSums, &Parser::product); }
  Expr product() { return chained(kProducts, &Parser::atom); }

  Expr joined(Expr::Kind kind, const std::string& token, Expr (Parser::*part)()) {
    Expr out{kind, {}, {}, {(this->*part)()}};
    while (take(token)) out.children.push_back((this->*part)());
    if (out.children.size() > 1) return out;
    Expr only = out.children[0];
    return only;
  }

  Expr negated() {
    if (take("not")) return {Expr::negation, {}, {}, {negated()}};
    Expr left = sum();
    const auto comparison = kComparisons.find(next());
    if (comparison == kComparisons.end()) return left;
    ++at_;
    Expr right = sum();
    return {Expr::compare, {}, comparison->second, {std::move(left), std::move(right)}};
  }

  Expr chained(const std::map<std::string, Expr::Kind>& signs, Expr (Parser::*part)()) {
    Expr left = (this->*part)();
    for (auto sign = signs.find(next()); sign != signs.end(); sign = signs.find(next())) {
      ++at_;
      Expr right = (this->*part)();
      left = {sign->second, {}, {}, {std::move(left), std::move(right)}};
    }
    return left;
  }

  Expr atom() {
    if (take("(")) {
      Expr inner = any();
      if (!take(")")) throw std::runtime_error("a ) is missing");
      return inner;
    }
    const std::string token = next();
    if (token.empty() || !word(token[0])) throw std::runtime_error("a name or a number is missing");
    ++at_;
    if (std::isdigit(static_cast<unsigned char>(token[0])) == 0) return {Expr::name, token, {}, {}};
    const bool unit = std::isalpha(static_cast<unsigned char>(token.back())) != 0;
    return {unit ? Expr::duration : Expr::number, token, {}, {}};
  }
};

}  // namespace

naive::Expr parse_condition(const std::string& text) { return Parser(text).parse(); }

}  // namespace vedette::conformance
