"""Conditions in text: rule names, or values with arithmetic and comparisons, joined by and, or, not and parentheses."""
import re
from fractions import Fraction

TOKEN = re.compile(r"\s*(?:(\d+(?:\.\d+)?)([smhd]?)\b|(\w+)|(>=|<=|==|!=|[-+*/()<>]))")
SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}
COMPARE = {">=": lambda a, b: a >= b, ">": lambda a, b: a > b, "<=": lambda a, b: a <= b, "<": lambda a, b: a < b,
           "==": lambda a, b: a == b, "!=": lambda a, b: a != b}


class Parser:
    """Recursive descent; every rule of the grammar is one method, loosest first. Trees are tuples (kind, ...)."""

    def __init__(self, text):
        self.tokens, at, text = [], 0, text.strip()
        while at < len(text):
            found = TOKEN.match(text, at)
            if not found:
                raise ValueError(f"not understood: {text[at:]!r}")
            number, unit, word, sign = found.groups()
            self.tokens.append(("number", Fraction(number) * SECONDS[unit]) if number else (word or sign, word))
            at = found.end()

    def parse(self):
        tree = self.any_of()
        if self.tokens:
            raise ValueError(f"left over: {self.tokens}")
        return tree

    def next_is(self, *kinds):
        return self.tokens and self.tokens[0][0] in kinds

    def joined(self, kind, part):
        parts = [part()]
        while self.next_is(kind):
            self.tokens.pop(0)
            parts.append(part())
        return (kind, parts) if len(parts) > 1 else parts[0]

    def any_of(self):
        return self.joined("or", self.all_of)

    def all_of(self):
        return self.joined("and", self.negated)

    def negated(self):
        if not self.next_is("not"):
            return self.comparison()
        self.tokens.pop(0)
        return ("not", self.negated())

    def comparison(self):
        left = self.chain(self.product, "+", "-")
        if not self.next_is(*COMPARE):
            return left
        return (self.tokens.pop(0)[0], left, self.chain(self.product, "+", "-"))

    def product(self):
        return self.chain(self.atom, "*", "/")

    def chain(self, part, *signs):
        tree = part()
        while self.next_is(*signs):
            tree = (self.tokens.pop(0)[0], tree, part())
        return tree

    def atom(self):
        kind, value = self.tokens.pop(0)
        if kind == "number":
            return ("number", value)
        if kind == "(":
            tree = self.any_of()
            self.tokens.pop(0)
            return tree
        return ("name", value)


def parse(text):
    return Parser(text).parse()


def names(tree):
    """Every name, from left to right."""
    if tree[0] == "name":
        return [tree[1]]
    parts = tree[1] if tree[0] in ("and", "or") else tree[1:]
    return [name for part in parts if isinstance(part, tuple) for name in names(part)]


def evaluate(tree, value_of):
    """The truth, or the number, of a tree; a division by zero makes its comparison false."""
    kind = tree[0]
    if kind == "number":
        return tree[1]
    if kind == "name":
        return value_of(tree[1])
    if kind == "and":
        return all(evaluate(part, value_of) for part in tree[1])
    if kind == "or":
        return any(evaluate(part, value_of) for part in tree[1])
    if kind == "not":
        return not evaluate(tree[1], value_of)
    left, right = evaluate(tree[1], value_of), evaluate(tree[2], value_of)
    if left is None or right is None or (kind == "/" and right == 0):
        return False if kind in COMPARE else None
    if kind in COMPARE:
        return COMPARE[kind](left, right)
    return {"+": lambda: left + right, "-": lambda: left - right, "*": lambda: left * right, "/": lambda: left / right}[kind]()
