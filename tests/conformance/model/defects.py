"""Known-wrong engines: the model with one part replaced. Each is a mistake that a real engine makes; the cases must tell."""
import dataclasses
from fractions import Fraction

from model import values
from model.engine import Model
from suite.protocol import time_us

SECOND = 1_000_000


class TumblingWindows(Model):
    """Windows begin at multiples of the timespan instead of sliding."""

    def reaches(self, correlation, entry, last):
        window = correlation.window
        return super().reaches(correlation, entry, last) and entry.time // window == last.time // window


class ConsumedWindows(Model):
    """A window opens with a first event and is closed W later; events before it are forgotten."""

    def completed(self, correlation, entries):
        found, begin = [], None
        for last in sorted(entries, key=lambda entry: entry.time):
            if begin is None or last.time - begin > correlation.window:
                begin = last.time
            if last in super().completed(correlation, [entry for entry in entries if entry.time >= begin]):
                found.append(last)
        return found


class OpenWindowEnd(Model):
    """The window is (t - W, t]: an event exactly W earlier is left out."""

    def reaches(self, correlation, entry, last):
        return super().reaches(correlation, entry, last) and entry.time != last.time - correlation.window


class ArrivalTime(Model):
    """Events happen when they arrive."""

    def time(self, event):
        return time_us(event["arrival"])


class ArrivalOrder(Model):
    """Only what has arrived before an event is in its window; windows are never looked at again."""

    def reaches(self, correlation, entry, last):
        return super().reaches(correlation, entry, last) and entry.record.order <= last.record.order


class WholeSeconds(Model):
    """Times are cut to seconds."""

    def time(self, event):
        return super().time(event) // SECOND * SECOND


class NoDeduplication(Model):
    """Every delivery is an event."""

    def identity(self, event, order):
        return event["source"], event["id"], order


class IdsWithoutSource(Model):
    """Events of two sources with the same id are one."""

    def identity(self, event, order):
        return ("", event["id"])


class SharedMissingGroup(Model):
    """Events without a key are one group."""

    def key(self, entry, correlation, member):
        return super().key(entry, correlation, member) or ["none"]


class FirstKeyOnly(Model):
    """Of several group-by fields the first makes the group."""

    def groups(self, correlation):
        merged = {}
        for keys, entries in super().groups(correlation).items():
            merged.setdefault(keys[:1], (keys, []))[1].extend(entries)
        return dict(merged.values())


class CasedKeys(Model):
    """Alice and alice are two users."""

    def fold(self, text):
        return text


class FirstOfArray(Model):
    """Of an array only the first member is seen."""

    def members(self, value):
        return super().members(value)[:1]


class NullIsAValue(Model):
    """null, the empty text and absent fields are counted as values."""

    def counted_values(self, entry, fields):
        return values.tuples([self.texts(self.field(entry, name)) or ["null"] for name in fields])


class LateAccepted(Model):
    """However old an event is, it takes part."""

    def is_late(self, record):
        return False


class FiresOnEveryEvent(Model):
    """As long as the condition holds, every event fires again."""

    def firings_of(self, triggers):
        return [firing for trigger in triggers for firing in super(FiresOnEveryEvent, self).firings_of([trigger])]


class OrderUnchecked(Model):
    """temporal_ordered is evaluated as temporal."""

    def sequences(self, correlation, entries, last):
        positive = {place for place, name in enumerate(correlation.rules) if name not in correlation.negated}
        window = self.window(correlation, entries, last)
        return [window] if {entry.place for entry in window} >= positive else []


class StrictOrder(Model):
    """Steps of a sequence must have different times."""

    def in_order(self, entry, following):
        return entry.time < following.time


class OneEventForTwoSteps(Model):
    """An event that matches two rules fills two positions of a sequence."""

    def may_precede(self, correlation, entry, chain):
        return self.in_order(entry, chain[0]) and self.reaches(correlation, entry, chain[-1])


class GreedySequence(Model):
    """A sequence holds on to the first match of each step until its window is over."""

    def sequences(self, correlation, entries, last):
        if correlation.negated:
            return super().sequences(correlation, entries, last)
        chain = []
        for entry in sorted(entries, key=lambda entry: (entry.time, entry.record.order)):
            if chain and entry.time - chain[0].time > correlation.window:
                chain = []
            if entry.place == len(chain) and all(entry.record is not other.record for other in chain):
                chain.append(entry)
            if len(chain) == len(correlation.rules):
                if entry is last:
                    return [chain]
                chain = []
        return []


class MatchesCounted(Model):
    """An event that matches two rules is counted twice."""

    def unit(self, entry):
        return entry.place, entry.identity


class InnerTriggersCounted(Model):
    """Over a correlation, every event at which it holds is counted instead of its firings."""

    def counted_as(self, trigger):
        return trigger.alert, trigger.record.identity


class InnerTimeIsItsFirst(Model):
    """A derived event has the time of the first event of the inner pattern."""

    def completions(self, correlation, group, entries):
        triggers = super().completions(correlation, group, entries)
        if self.emits(correlation.name):
            return triggers
        return [dataclasses.replace(trigger, time=min(entry.time for entry in entries
                                                      if trigger.time - correlation.window <= entry.time <= trigger.time))
                for trigger in triggers]


class EveryRuleFires(Model):
    """Rules that are only read by others fire on their own."""

    def emits(self, name):
        return True


class AliasIgnored(Model):
    """The alias is taken for a field name."""

    def key(self, entry, correlation, member):
        return self.texts(self.field(entry, member))


class NegationAtOnce(Model):
    """`not` is decided as soon as the positive part is there."""

    def negation_deadline(self, correlation, last):
        return 0


class NegationIgnoresGroups(Model):
    """Any event of the negated rule cancels."""

    def decide(self, correlation, group, entries):
        everyone = [entry for entry in self.entries(correlation) if correlation.inputs[entry.place] in correlation.negated]
        return super().decide(correlation, group, entries + [entry for entry in everyone if entry not in entries])


class BoundsAtOnce(Model):
    """Upper bounds, averages and percentiles are decided at every event as it arrives."""

    def closed_windows(self, correlation, group, entries):
        for last in [entry for entry in entries if self.contributes(correlation, entry)]:
            before = [entry for entry in entries if self.contributes(correlation, entry) and entry.record.order <= last.record.order]
            if self.holds(correlation, self.window(correlation, before, last)):
                yield self.trigger(correlation, group, last.time, last.stamp, last.record)


class NoSettle(Model):
    """A window is decided at its end; stragglers are not waited for."""

    def settle(self, correlation, names):
        return 0


class DecisionsReopened(Model):
    """What arrives after a decision still changes it."""

    def by_deadline(self, entries, deadline):
        return entries


class BinaryFractions(Model):
    """Sums are binary floating point."""

    def add(self, numbers):
        return Fraction(sum(map(float, numbers)))


class IntegerMeans(Model):
    """Means are cut to integers."""

    def mean(self, numbers):
        return super().mean(numbers) // 1


class InterpolatedPercentiles(Model):
    """Percentiles lie between numbers."""

    def percentile(self, numbers, percent):
        rank = percent / 100 * (len(numbers) - 1)
        low = int(rank)
        high = min(low + 1, len(numbers) - 1)
        return numbers[low] + (numbers[high] - numbers[low]) * (rank - low)


class TextIsNoNumber(Model):
    """Numbers in text are skipped."""

    def numbers(self, value):
        return super().numbers([member for member in self.members(value) if not isinstance(member, str)])


class NegativeNumbersAdded(Model):
    """A sum with a lower bound takes negative numbers."""

    def addable(self, number):
        return True


class NewForEver(Model):
    """A value is new once and never again."""

    def saw(self, correlation, entry, last):
        return entry.time < last.time


class NeverWithdrawn(Model):
    """Firings that a later event refutes stand."""

    def saw(self, correlation, entry, last):
        return super().saw(correlation, entry, last) and entry.record.order < last.record.order


class UntilIgnored(Model):
    """`until` resets nothing."""

    def counts_after(self, entry, reset):
        return True


class PreviousEventOnly(Model):
    """An event is compared with the one before it alone."""

    def completed(self, correlation, entries):
        if correlation.type not in ("value_change", "travel"):
            return super().completed(correlation, entries)
        line = sorted(entries, key=lambda entry: (entry.time, entry.record.order))
        return [last for other, last in zip(line, line[1:])
                if self.reaches(correlation, other, last) and self.differs(correlation, other, last)]


class UntilLosesTies(Model):
    """An `until` event at the same time comes after the others."""

    def counts_after(self, entry, reset):
        return reset is None or entry.time >= reset


class IntegerRatios(Model):
    """Quotients of counts are cut to integers."""

    def metric(self, correlation, window, name):
        return Whole(super().metric(correlation, window, name))


class Whole(Fraction):
    """Divides as integers do."""

    def __truediv__(self, other):
        return Fraction(self // other)


def spelled(name):
    """TumblingWindows -> tumbling-windows"""
    return "".join("-" + letter.lower() if letter.isupper() else letter for letter in name).lstrip("-")


DEFECTS = {spelled(kind.__name__): kind for kind in Model.__subclasses__()}
