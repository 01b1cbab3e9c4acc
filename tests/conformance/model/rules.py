"""Sigma documents as the model reads them: base rules of plain equality, correlations of every type."""
import dataclasses
import re
from fractions import Fraction

from model import expressions

HOUR = 3_600_000_000
DAY = 24 * HOUR
UNITS = {"s": 1_000_000, "m": 60_000_000, "h": HOUR, "d": DAY, "w": 7 * DAY}
OPERATORS = {"gt", "gte", "lt", "lte", "eq", "neq"}
AVERAGES = {"value_avg", "value_percentile", "value_median"}
COUNTING = {"event_count", "value_sum", "metrics"}


class Unsupported(Exception):
    """A rule asks for something that the model leaves out."""


@dataclasses.dataclass
class Rule:
    name: str
    service: str
    selection: dict
    risk: int

    def matches(self, fields):
        def holds(name, wanted):
            options = wanted if isinstance(wanted, list) else [wanted]
            return str(fields.get(name)).casefold() in [str(option).casefold() for option in options]
        return all(holds(name, wanted) for name, wanted in self.selection.items())


@dataclasses.dataclass
class Correlation:
    name: str
    type: str
    rules: list
    group_by: list
    aliases: dict
    window: int
    bounds: dict  # operator -> number
    fields: list
    condition: tuple  # a tree, or None
    negated: set
    percentile: Fraction
    change_all: bool
    speed: dict
    distance: dict
    learn: int
    fire_first: bool
    settled: bool
    settle: int
    values: dict
    until: list
    suppress_for: int
    suppress_by: list
    generate: bool
    risk: int

    @property
    def tumbles(self):
        return self.type in AVERAGES or (self.type != "temporal" and bool(set(self.bounds) - {"gt", "gte"}))

    @property
    def waits(self):
        return self.tumbles or bool(self.negated) or self.settled

    @property
    def inputs(self):
        return self.rules + self.until


def duration(text):
    found = re.fullmatch(r"(\d+)([smhdw])", str(text))
    if not found:
        raise Unsupported(f"timespan {text}")
    return int(found[1]) * UNITS[found[2]]


def listed(value):
    return [] if value is None else value if isinstance(value, list) else [value]


def read_rule(document):
    detection = dict(document["detection"])
    if detection.pop("condition") != "selection" or set(detection) != {"selection"} or any("|" in f for f in detection["selection"]):
        raise Unsupported("base rules other than `condition: selection` over plain values")
    return Rule(document["name"], document.get("logsource", {}).get("service", ""), detection["selection"], document.get("risk", 0))


def bounds_of(mapping):
    return {key: Fraction(str(value)) for key, value in mapping.items() if key in OPERATORS}


def negated_names(tree):
    parts = tree[1] if tree and tree[0] == "and" else [tree] if tree else []
    return {part[1][1] for part in parts if part[0] == "not" and part[1][0] == "name"}


def read_correlation(document):
    body = document["correlation"]
    if "export" in body or body.get("across") or isinstance(body.get("rules"), dict):
        raise Unsupported("export, across and tags")
    given, kind = body.get("condition"), body["type"]
    tree = expressions.parse(given) if isinstance(given, str) else None
    given = given if isinstance(given, dict) else {}
    window = duration(body.get("timespan", "24h"))
    suppress = document.get("suppress", {})
    period = window if kind == "new_value" else duration(suppress["for"]) if "for" in suppress else max(window, HOUR)
    return Correlation(
        name=document["name"], type=kind, rules=listed(body["rules"]), group_by=listed(body.get("group-by")),
        aliases=body.get("aliases", {}), window=window, bounds=bounds_of(given), fields=listed(given.get("field", body.get("field"))),
        condition=tree, negated=negated_names(tree) if kind.startswith("temporal") else set(),
        percentile=Fraction(str(given.get("percentile", 50))), change_all=given.get("all", False),
        speed=bounds_of(given.get("speed_kmh", {})), distance=bounds_of(given.get("distance_km", {})),
        learn=duration(body.get("learn", "0s")), fire_first=body.get("first") == "fire", settled=body.get("decide") == "settled",
        settle=duration(body["settle"]) if "settle" in body else None, values=body.get("values", {}), until=listed(body.get("until")),
        suppress_for=period, suppress_by=suppress.get("by"), generate=body.get("generate", False), risk=document.get("risk", 0))


def read(documents):
    """Base rules by name, and correlations with the ones they read before them."""
    rules = {rule.name: rule for rule in (read_rule(document) for document in documents if "detection" in document)}
    waiting = [read_correlation(document) for document in documents if "correlation" in document]
    correlations = {}
    while waiting:
        ready = [one for one in waiting if all(name in rules or name in correlations for name in one.inputs)]
        if not ready:
            raise Unsupported("rules that are not there")
        correlations.update({one.name: one for one in ready})
        waiting = [one for one in waiting if one.name not in correlations]
    return rules, correlations
