"""The model: which firings a set of events means, by looking at everything. Slow and plain on purpose, and made of small
methods, so that a wrong model (defects.py) replaces one of them. Nothing is incremental: arrival stamps alone say what a
decision that waits may know."""
import dataclasses
import math
from fractions import Fraction

from model import expressions, values
from model.rules import COUNTING, read
from suite.protocol import time_text, time_us

COMPARE = {"gt": lambda a, b: a > b, "gte": lambda a, b: a >= b, "lt": lambda a, b: a < b, "lte": lambda a, b: a <= b,
           "eq": lambda a, b: a == b, "neq": lambda a, b: a != b}


@dataclasses.dataclass(frozen=True, eq=False)
class Record:
    """An event as it was first accepted."""
    identity: tuple
    source: str
    time: int
    stamp: int
    order: int  # of arrival
    fields: dict


@dataclasses.dataclass(frozen=True, eq=False)
class Trigger:
    """A correlation's condition held at this record."""
    rule: str
    group: dict
    time: int
    stamp: int
    record: Record
    alert: tuple  # what is one firing


@dataclasses.dataclass(frozen=True, eq=False)
class Entry:
    """A record, or a trigger of an inner correlation, in one group of a correlation."""
    place: int  # of its rule in the correlation's list
    time: int
    stamp: int
    record: Record
    inner: Trigger
    identity: tuple  # what counting types count


class Model:
    def __init__(self, request):
        self.sources = {name: {key: round(seconds * 1_000_000) for key, seconds in settings.items()}
                        for name, settings in request["sources"].items()}
        self.rules, self.correlations = read(request["documents"])
        self.drain = request["drain"]
        self.records = self.accepted(request["events"])
        self.triggers = {}

    # --- events -----------------------------------------------------------------------------------------------------

    def accepted(self, events):
        records, seen = [], set()
        for order, event in enumerate(events):
            record = Record(self.identity(event, order), event["source"], self.time(event), time_us(event["arrival"]), order,
                            event["fields"])
            if self.is_late(record) or record.identity in seen:
                continue
            seen.add(record.identity)
            records.append(record)
        return records

    def identity(self, event, order):
        return event["source"], event["id"]

    def time(self, event):
        return time_us(event["time"])

    def is_late(self, record):
        return record.time < record.stamp - self.sources[record.source]["accept_s"]

    def fold(self, text):
        return text.casefold()

    def members(self, value):
        return value if isinstance(value, list) else [value]

    def texts(self, value):
        """Distinct texts of a value, folded; nothing when it is missing."""
        found = [values.text_of(member) for member in self.members(value)]
        return list(dict.fromkeys(self.fold(text) for text in found if text is not None))[:values.MOST]

    def numbers(self, value):
        return [number for number in map(values.number_of, self.members(value)) if number is not None]

    # --- which events a correlation reads ---------------------------------------------------------------------------

    def field(self, entry, name):
        """A derived event carries its group and the fields of its record."""
        if entry.inner is not None and name in entry.inner.group:
            return entry.inner.group[name]
        return entry.record.fields.get(name)

    def entries(self, correlation):
        for place, name in enumerate(correlation.inputs):
            if name in self.rules:
                rule = self.rules[name]
                for record in self.records:
                    if rule.matches(record.fields) and rule.service in ("", record.source):
                        yield Entry(place, record.time, record.stamp, record, None, record.identity)
            else:
                for trigger in self.triggers[name]:
                    yield Entry(place, trigger.time, trigger.stamp, trigger.record, trigger, self.counted_as(trigger))

    def counted_as(self, trigger):
        return trigger.alert

    def key(self, entry, correlation, member):
        name = correlation.aliases.get(member, {}).get(correlation.inputs[entry.place], member)
        return self.texts(self.field(entry, name))

    def groups(self, correlation):
        """Group values -> the entries of that group."""
        found = {}
        for entry in self.entries(correlation):
            for keys in values.tuples([self.key(entry, correlation, member) for member in correlation.group_by]):
                found.setdefault(keys, []).append(entry)
        return found

    # --- from events to firings -------------------------------------------------------------------------------------

    def run(self):
        for correlation in self.correlations.values():
            self.triggers[correlation.name] = [
                trigger for keys, entries in self.groups(correlation).items()
                for trigger in self.decide(correlation, dict(zip(correlation.group_by, keys)), entries)]
        return self.firings()

    def decide(self, correlation, group, entries):
        if correlation.type == "new_value":
            found = self.new_values(correlation, group, entries)
        elif correlation.tumbles:
            found = self.closed_windows(correlation, group, entries)
        elif correlation.negated:
            found = self.negations(correlation, group, entries)
        else:
            found = self.completions(correlation, group, entries)
        return [trigger for trigger in found if self.is_due(correlation, trigger.stamp)]

    def is_due(self, correlation, deadline):
        """At the end of the input everything is; otherwise what log time has passed."""
        if self.drain or not correlation.waits:
            return True
        heard = self.heard(correlation)
        return min(max(r.stamp for r in self.records if r.source == source) for source in heard) > deadline

    def heard(self, correlation):
        """The sources a correlation listens to that have delivered anything."""
        found = set()
        for name in correlation.inputs:
            if name in self.rules:
                service = self.rules[name].service
                found |= {record.source for record in self.records if service in ("", record.source)}
            else:
                found |= self.heard(self.correlations[name])
        return found

    def trigger(self, correlation, group, time, stamp, record):
        by = correlation.group_by if correlation.suppress_by is None else correlation.suppress_by
        keys = group.values() if correlation.type == "new_value" else [group[name] for name in by]
        period = correlation.suppress_for
        bucket = time // period if period else record.identity
        return Trigger(correlation.name, group, time, stamp, record, (correlation.name, *keys, bucket))

    def firings(self):
        found = []
        for name, triggers in self.triggers.items():
            if self.emits(name):
                found += self.firings_of(triggers)
        for name, rule in self.rules.items():
            if self.emits(name):
                found += [{"rule": name, "time": time_text(r.time), "group": {}} for r in self.records if rule.matches(r.fields)]
        return found

    def firings_of(self, triggers):
        first = {}
        for trigger in sorted(triggers, key=lambda trigger: trigger.time):
            first.setdefault(trigger.alert, trigger)
        return [{"rule": t.rule, "time": time_text(t.time), "group": t.group} for t in first.values()]

    def emits(self, name):
        readers = [one for one in self.correlations.values() if name in one.inputs]
        return not readers or any(one.generate for one in readers)

    # --- rules that speak when their last event is there ------------------------------------------------------------

    def completions(self, correlation, group, entries):
        """A trigger's stamp is the earliest one that makes it a trigger."""
        final, found = self.completed(correlation, entries), {}
        for stamp in sorted({entry.stamp for entry in entries}):
            if len(found) == len(final):
                break
            for entry in self.completed(correlation, self.known(entries, stamp)):
                if entry in final:
                    found.setdefault(entry, stamp)
        unique = {entry.record: (entry, stamp) for entry, stamp in found.items()}
        return [self.trigger(correlation, group, entry.time, stamp, entry.record) for entry, stamp in unique.values()]

    def known(self, entries, stamp):
        return [entry for entry in entries if entry.stamp <= stamp]

    def completed(self, correlation, entries):
        """The entries at which the condition holds."""
        if correlation.type == "temporal_ordered":
            return [last for last in entries if self.sequences(correlation, entries, last)]
        if correlation.type in ("value_change", "travel"):
            return [last for last in entries if any(self.differs(correlation, other, last)
                                                    for other in self.window(correlation, entries, last))]
        if correlation.type == "metrics":
            return [last for last in entries if last.place < len(correlation.rules) and self.metrics_hold(correlation, entries, last)]
        usable = [entry for entry in entries if self.contributes(correlation, entry)]
        return [last for last in usable if self.holds(correlation, self.window(correlation, usable, last))]

    def window(self, correlation, entries, last):
        return [entry for entry in entries if self.reaches(correlation, entry, last)]

    def reaches(self, correlation, entry, last):
        return last.time - correlation.window <= entry.time <= last.time

    def contributes(self, correlation, entry):
        if correlation.type == "value_count":
            return bool(self.counted_values(entry, correlation.fields))
        if correlation.type.startswith("value_"):
            return self.summed(correlation, entry) is not None
        return True

    def counted_values(self, entry, fields):
        return values.tuples([self.texts(self.field(entry, name)) for name in fields])

    def summed(self, correlation, entry):
        """The number of an entry, or None."""
        if correlation.fields == ["risk"]:
            name = correlation.rules[entry.place]
            return Fraction((self.rules.get(name) or self.correlations[name]).risk) or None
        found = self.numbers(self.field(entry, correlation.fields[0]))
        largest = max(found, default=None)
        return None if largest is None or (correlation.type == "value_sum" and not self.addable(largest)) else largest

    def addable(self, number):
        return number >= 0

    def holds(self, correlation, window):
        if correlation.condition is not None:
            present = {correlation.rules[entry.place] for entry in window}
            return expressions.evaluate(correlation.condition, lambda name: name in present)
        measure = self.measure(correlation, window)
        bounds = correlation.bounds or {"gte": len(correlation.rules)}  # temporal: all rules
        return all(COMPARE[operator](measure, bound) for operator, bound in bounds.items())

    def measure(self, correlation, window):
        if correlation.type == "event_count":
            return len({self.unit(entry) for entry in window})
        if correlation.type == "temporal":
            return len({entry.place for entry in window})
        if correlation.type == "value_count":
            return len({value for entry in window for value in self.counted_values(entry, correlation.fields)})
        if correlation.fields == ["risk"]:
            return self.add({(entry.place, entry.identity): self.summed(correlation, entry) for entry in window}.values())
        return self.statistic(correlation, self.number_of_each(correlation, window))

    def unit(self, entry):
        return entry.identity

    def number_of_each(self, correlation, window):
        found = {}
        for entry in window:
            number = self.summed(correlation, entry)
            found[self.unit(entry)] = max(number, found.get(self.unit(entry), number))
        return list(found.values())

    def statistic(self, correlation, numbers):
        if correlation.type == "value_sum":
            return self.add(numbers)
        if correlation.type == "value_avg":
            return self.mean(numbers)
        return self.percentile(sorted(numbers), correlation.percentile)

    def add(self, numbers):
        return sum(numbers)

    def mean(self, numbers):
        return self.add(numbers) / len(numbers)

    def percentile(self, numbers, percent):
        return numbers[math.ceil(percent / 100 * len(numbers)) - 1]

    # --- sequences --------------------------------------------------------------------------------------------------

    def sequences(self, correlation, entries, last):
        """Every choice of different records that ends in `last`, as lists in order of the positive rules."""
        places = [place for place, name in enumerate(correlation.rules) if name not in correlation.negated]
        if last.place != places[-1]:
            return []
        chains = [[last]]
        for place in reversed(places[:-1]):
            chains = [[entry] + chain for chain in chains for entry in entries
                      if entry.place == place and self.may_precede(correlation, entry, chain)]
        return chains

    def may_precede(self, correlation, entry, chain):
        return (self.in_order(entry, chain[0]) and self.reaches(correlation, entry, chain[-1])
                and all(entry.record is not other.record for other in chain))

    def in_order(self, entry, following):
        return entry.time <= following.time

    # --- decisions that wait ----------------------------------------------------------------------------------------

    def settle(self, correlation, names):
        """How long the slowest of these inputs may take."""
        if correlation.settle is not None:
            return correlation.settle
        longest = 0
        for name in names:
            if name in self.rules:
                service = self.rules[name].service
                longest = max([longest] + [s["settle_s"] for source, s in self.sources.items() if service in ("", source)])
            else:
                inner = self.correlations[name]
                longest = max(longest, self.settle(inner, inner.inputs) + (inner.window if inner.waits else 0))
        return longest

    def by_deadline(self, entries, deadline):
        """What a decision knows: exactly what has arrived by its deadline."""
        return self.known(entries, deadline)

    def closed_windows(self, correlation, group, entries):
        usable = [entry for entry in entries if self.contributes(correlation, entry)]
        for number in sorted({entry.time // correlation.window for entry in usable}):
            deadline = (number + 1) * correlation.window + self.settle(correlation, correlation.inputs)
            inside = [entry for entry in usable if entry.time // correlation.window == number]
            known = self.by_deadline(inside, deadline)
            if known and self.holds(correlation, known):
                yield self.trigger(correlation, group, number * correlation.window, deadline, known[-1].record)

    def negations(self, correlation, group, entries):
        positive = [entry for entry in entries if correlation.rules[entry.place] not in correlation.negated]
        seen = set()
        for last in positive:
            complete = next((stamp for stamp in sorted({entry.stamp for entry in positive})
                             if last.stamp <= stamp and self.positive_part(correlation, self.known(positive, stamp), last)), None)
            if complete is None or last.record in seen:
                continue
            deadline = max(self.negation_deadline(correlation, last), complete)
            if self.uncancelled(correlation, self.by_deadline(entries, deadline), last):
                seen.add(last.record)
                yield self.trigger(correlation, group, last.time, deadline, last.record)

    def negation_deadline(self, correlation, last):
        after = 0
        for place, name in enumerate(correlation.rules):
            if name not in correlation.negated:
                continue
            follows = all(other in correlation.negated for other in correlation.rules[place:])
            waits = correlation.window if correlation.type == "temporal" or follows else 0
            after = max(after, waits + self.settle(correlation, [name]))
        return last.time + after

    def positive_part(self, correlation, entries, last):
        """The ways in which the pattern without its negated names holds at `last`."""
        if correlation.type == "temporal_ordered":
            return self.sequences(correlation, entries, last)
        present = {correlation.rules[entry.place] for entry in self.window(correlation, entries, last)}
        parts = correlation.condition[1] if correlation.condition[0] == "and" else [correlation.condition]
        positive = [part for part in parts if not (part[0] == "not" and part[1][1] in correlation.negated)]
        return [[last]] if all(expressions.evaluate(part, lambda name: name in present) for part in positive) else []

    def uncancelled(self, correlation, entries, last):
        positive = [entry for entry in entries if correlation.rules[entry.place] not in correlation.negated]
        negative = [entry for entry in entries if correlation.rules[entry.place] in correlation.negated]
        return any(not any(self.cancels(correlation, entry, chain) for entry in negative)
                   for chain in self.positive_part(correlation, positive, last))

    def cancels(self, correlation, entry, chain):
        if any(entry.record is used.record for used in chain):
            return False
        if correlation.type == "temporal":
            return abs(entry.time - chain[-1].time) <= correlation.window
        before = [used.time for used in chain if used.place < entry.place]
        after = [used.time for used in chain if used.place > entry.place]
        begin = before[-1] if before else after[0] - correlation.window
        end = after[0] if after else before[-1] + correlation.window
        return begin <= entry.time <= end

    # --- extensions -------------------------------------------------------------------------------------------------

    def new_values(self, correlation, group, entries):
        known = [(entry, value) for entry in entries for value in self.counted_values(entry, correlation.fields)]
        times = sorted({entry.time for entry, _ in known})
        deadline = max(self.sources[source]["accept_s"] for source in self.sources)
        seen = set()
        for last, value in known:
            before = [entry for entry, other in known if other == value and self.saw(correlation, entry, last)]
            if before or self.exempt(correlation, times, last) or (last.record, value) in seen:
                continue
            seen.add((last.record, value))
            named = group | dict(zip(correlation.fields, value))
            stamp = last.time + deadline if correlation.settled else last.stamp
            yield self.trigger(correlation, named, last.time, stamp, last.record)

    def saw(self, correlation, entry, last):
        return last.time - correlation.window <= entry.time < last.time

    def exempt(self, correlation, times, last):
        """At the start of the key's run of events, and while it learns."""
        first = last.time
        for time in reversed([time for time in times if time < last.time]):
            if first - time > correlation.window:
                break
            first = time
        return last.time < first + correlation.learn or (last.time == first and not correlation.fire_first)

    def differs(self, correlation, other, last):
        if other.record is last.record:
            return False
        if correlation.type == "travel":
            return self.too_fast(correlation, other, last)
        pairs = [(self.texts(self.field(other, name)), self.texts(self.field(last, name))) for name in correlation.fields]
        changed = [bool(one) and bool(two) and not set(one) & set(two) for one, two in pairs]
        return all(changed) if correlation.change_all else any(changed)

    def too_fast(self, correlation, other, last):
        places = [[place for place in map(values.place_of, self.members(self.field(entry, correlation.fields[0]))) if place]
                  for entry in (other, last)]
        hours = (last.time - other.time) / 3_600_000_000
        for one in places[0]:
            for two in places[1]:
                distance = values.kilometres(one, two)
                speed = distance / hours if hours else math.inf if distance else 0
                if all(COMPARE[op](distance, bound) for op, bound in correlation.distance.items()) and \
                        all(COMPARE[op](speed, bound) for op, bound in correlation.speed.items()):
                    return True
        return False

    def metrics_hold(self, correlation, entries, last):
        resets = [entry.time for entry in entries if entry.place >= len(correlation.rules) and entry.time <= last.time]
        window = [entry for entry in self.window(correlation, entries, last)
                  if entry.place < len(correlation.rules) and self.counts_after(entry, max(resets, default=None))]
        if not window:
            return False
        return expressions.evaluate(correlation.condition, lambda name: self.metric(correlation, window, name))

    def counts_after(self, entry, reset):
        return reset is None or entry.time > reset

    def metric(self, correlation, window, name):
        times = [entry.time for entry in window]
        if name in ("span", "first", "last"):
            return Fraction({"span": max(times) - min(times), "first": min(times), "last": max(times)}[name], 1_000_000)
        given = correlation.values[name]
        kind, of = next(iter(given.items())) if isinstance(given, dict) else (given, None)
        wanted = of if kind == "count" else given.get("of") if isinstance(given, dict) else None
        wanted = correlation.rules if wanted is None else wanted if isinstance(wanted, list) else [wanted]
        window = [entry for entry in window if correlation.rules[entry.place] in wanted]
        if kind == "count":
            return Fraction(len({self.unit(entry) for entry in window}))
        fields = of if isinstance(of, list) else [of]
        if kind == "distinct":
            return Fraction(len({value for entry in window for value in self.counted_values(entry, fields)}))
        found = {}
        for entry in window:
            for number in self.numbers(self.field(entry, of)):
                if self.addable(number):
                    found[self.unit(entry)] = max(number, found.get(self.unit(entry), number))
        return self.add(found.values())
