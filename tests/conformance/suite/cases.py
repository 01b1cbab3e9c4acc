"""Cases: one YAML file each, read, checked and turned into the runs that an engine is asked for. See README.md."""
import dataclasses
import itertools
import pathlib
import re

import yaml

EPOCH_US = 1_772_928_000_000_000  # offset 0: 2026-03-08T00:00:00Z, a multiple of 30 days since 1970
UNITS_US = {"us": 1, "ms": 1_000, "s": 1_000_000, "m": 60_000_000, "h": 3_600_000_000, "d": 86_400_000_000}
KEYS = {"title", "why", "rules", "events", "expect", "permute", "needs", "extension", "sources", "drain", "watch"}
EVENT_KEYS = {"at", "arrive", "id", "source"}
EXPECT_KEYS = {"rule", "at", "from", "to", "group"}
MOST_PERMUTED = 5


class CaseError(Exception):
    """A case file that breaks the format."""


@dataclasses.dataclass(frozen=True)
class Event:
    id: str
    source: str
    time: int  # microseconds since 1970
    arrival: int
    fields: dict


@dataclasses.dataclass(frozen=True)
class Expectation:
    rule: str
    group: dict
    first: int
    last: int


@dataclasses.dataclass(frozen=True)
class Run:
    """One way to deliver the events of a case."""
    label: str
    events: list


@dataclasses.dataclass
class Case:
    name: str  # type/file
    title: str
    why: str
    rules: str
    documents: list
    events: list
    expect: list
    watch: list
    needs: set
    sources: dict
    drain: bool
    permute: bool
    extension: bool

    def runs(self):
        """As listed and, for `permute`, in every order of arrival after the last event happened."""
        yield Run("as listed", self.events)
        if not self.permute:
            return
        after = max(event.time for event in self.events)
        for order in itertools.permutations(range(len(self.events))):
            delivered = [dataclasses.replace(self.events[n], arrival=after + place * UNITS_US["ms"])
                         for place, n in enumerate(order)]
            yield Run("arriving " + " ".join(f"#{n + 1}" for n in order), delivered)


def duration_us(text):
    found = re.fullmatch(r"(\d+)(us|ms|s|m|h|d)", str(text))
    if not found:
        raise CaseError(f"`{text}` is not a duration such as 10m")
    return int(found[1]) * UNITS_US[found[2]]


def offset_us(value):
    """Seconds (a number), or terms joined by + and -: 600, 0.5, 10m+1us, 2d-3h."""
    if isinstance(value, bool) or value is None:
        raise CaseError(f"`{value}` is not an offset")
    if isinstance(value, (int, float)):
        return EPOCH_US + round(value * 1_000_000)
    terms = re.findall(r"([+-]?)([^+-]+)", value)
    return EPOCH_US + sum(duration_us(term) * (-1 if sign == "-" else 1) for sign, term in terms)


def check_keys(mapping, known, what):
    if not isinstance(mapping, dict):
        raise CaseError(f"{what} is not a map")
    unknown = set(mapping) - known
    if unknown:
        raise CaseError(f"{what} has unknown keys: {', '.join(sorted(map(str, unknown)))}")


def read_events(given, sources):
    events, latest = [], None
    for number, item in enumerate(given, 1):
        if not isinstance(item, dict) or "at" not in item:
            raise CaseError(f"event {number} needs `at`")
        time = offset_us(item["at"])
        arrival = offset_us(item["arrive"]) if "arrive" in item else max(time, latest if latest is not None else time)
        if latest is not None and arrival < latest:
            raise CaseError(f"event {number} arrives before the one above it; list events in order of arrival")
        latest = arrival
        source = str(item.get("source", "main"))
        if source not in sources:
            raise CaseError(f"event {number} is of the undeclared source `{source}`")
        fields = {key: value for key, value in item.items() if key not in EVENT_KEYS}
        events.append(Event(str(item.get("id", f"e{number}")), source, time, arrival, fields))
    return events


def read_expectations(given, watch):
    expectations = []
    for number, item in enumerate(given, 1):
        check_keys(item, EXPECT_KEYS, f"expectation {number}")
        first = offset_us(item["at"] if "at" in item else item["from"])
        last = offset_us(item["at"] if "at" in item else item["to"])
        group = {str(name): str(value) for name, value in item.get("group", {}).items()}
        if item["rule"] not in watch:
            raise CaseError(f"expectation {number}: `{item['rule']}` is not watched")
        for other in expectations:
            if (other.rule, other.group) == (item["rule"], group) and first <= other.last and other.first <= last:
                raise CaseError(f"expectation {number} overlaps an earlier one")
        expectations.append(Expectation(item["rule"], group, first, last))
    return expectations


def read_sources(given):
    sources = {"main": {}} | {str(name): settings or {} for name, settings in given.items()}
    for name, settings in sources.items():
        check_keys(settings, {"accept", "settle"}, f"source {name}")
        sources[name] = {"accept_s": duration_us(settings.get("accept", "6h")) / 1_000_000,
                         "settle_s": duration_us(settings.get("settle", "5m")) / 1_000_000}
    return sources


def outermost(documents):
    """The names of correlations that no other correlation reads."""
    correlations = [document for document in documents if "correlation" in document]
    read = set()
    for document in correlations:
        rules = document["correlation"].get("rules", [])
        read.update([rules] if isinstance(rules, str) else rules if isinstance(rules, list) else [])
    return [document["name"] for document in correlations if document["name"] not in read]


def read_case(path, name, base):
    given = yaml.safe_load(path.read_text(encoding="utf-8"))
    check_keys(given, KEYS, "the case")
    missing = {"title", "why", "rules", "events", "expect"} - set(given)
    if missing:
        raise CaseError("the case lacks " + ", ".join(sorted(missing)))
    rules = base.rstrip() + "\n---\n" + given["rules"]
    documents = list(yaml.safe_load_all(rules))
    watch = given.get("watch") or outermost(documents)
    sources = read_sources(given.get("sources", {}))
    types = {document["correlation"]["type"] for document in documents if "correlation" in document}
    case = Case(name=name, title=given["title"], why=given["why"], rules=rules, documents=documents,
                events=read_events(given["events"], sources), expect=read_expectations(given["expect"], watch), watch=watch,
                needs=types | set(given.get("needs", [])), sources=sources, drain=given.get("drain", True),
                permute=given.get("permute", False), extension=given.get("extension", False))
    if case.permute and len(case.events) > MOST_PERMUTED:
        raise CaseError(f"at most {MOST_PERMUTED} events are permuted")
    if case.permute and any("arrive" in item for item in given["events"]):
        raise CaseError("a permuted case has no arrivals of its own")
    return case


def load_cases(folder):
    """All cases below a folder, in the order of their names."""
    folder = pathlib.Path(folder)
    base = (folder / "base.yml").read_text(encoding="utf-8")
    cases = []
    for path in sorted(folder.glob("*/*.yml")):
        try:
            cases.append(read_case(path, str(path.relative_to(folder).with_suffix("")), base))
        except (CaseError, KeyError, TypeError, ValueError, yaml.YAMLError) as error:
            raise CaseError(f"{path}: {error!r}" if isinstance(error, KeyError) else f"{path}: {error}") from error
    return cases
