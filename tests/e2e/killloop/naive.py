"""The alerts that the kill loop's rules make of a set of events: a batch evaluation that shares nothing with the program."""
import bisect
import collections
import hashlib
import struct

from killloop import traffic

TENANT = "default"


def digest(*parts):
    text = b"".join(struct.pack("<I", len(part.encode())) + part.encode() for part in parts)
    return hashlib.sha256(text).hexdigest()[:32]


def event_alert(rule, event_id):
    return digest("vedette.event-alert.v1", TENANT, rule, "okta", event_id)


def correlation_alert(rule, key, bucket, period=traffic.PERIOD):
    keys = [key] if isinstance(key, str) else key
    return digest("vedette.alert.v1", TENANT, rule, str(period), *keys, str(bucket))


assert digest("vedette.alert.v1", TENANT, "11111111-1111-4111-8111-111111111111", "600000000", "alice", "1") == \
    "fc34b5ec4644027af1d6bab2a669b333"
assert event_alert("11111111-1111-4111-8111-111111111111", "33e9dcbc-3ed3-423b-acdf-7e44ab17ebdb") == \
    "46fb6aca0c273f79da11ff37a24d03e0"


def many(times, span, least):
    """Times of the events whose window [t - span, t] holds so many."""
    times = sorted(times)
    for at in times:
        if bisect.bisect_right(times, at) - bisect.bisect_left(times, at - span) >= least:
            yield at


def many_values(events, span, least):
    """The same for distinct values of (time, value)."""
    events = sorted(events)
    times = [at for at, _ in events]
    for at in times:
        window = events[bisect.bisect_left(times, at - span):bisect.bisect_right(times, at)]
        if len({value for _, value in window}) >= least:
            yield at


def preceded(firsts, lasts, span):
    """Those of `lasts` with one of `firsts` at the same time or up to a span before."""
    firsts = sorted(firsts)
    for at in lasts:
        if bisect.bisect_right(firsts, at) > bisect.bisect_left(firsts, at - span):
            yield at


def unseen(events, span):
    """Those of (time, value) whose value does not occur in the span before, as (time, value)."""
    times = collections.defaultdict(list)
    for at, value in events:
        times[value].append(at)
    for value, of_value in times.items():
        of_value.sort()
        for at in of_value:
            if bisect.bisect_left(of_value, at) == bisect.bisect_left(of_value, at - span):
                yield at, value


def abandoned(resets, enrolments, span):
    """Those of `resets` with no enrolment at the same time or up to a span after."""
    enrolments = sorted(enrolments)
    for at in resets:
        if bisect.bisect_right(enrolments, at + span) == bisect.bisect_left(enrolments, at):
            yield at


def correlations(events):
    """alert id -> rule id of all correlations over these events but the one that waits."""
    groups = collections.defaultdict(lambda: collections.defaultdict(list))
    for event in events:
        groups[event.user.lower()][event.kind].append((event.time, event.address))
    alerts = {}
    for user, kinds in groups.items():
        times = {kind: [at for at, _ in of_kind] for kind, of_kind in kinds.items()}
        triggers = {
            traffic.FAILURES: many(times.get("failed", []), traffic.COUNT_SPAN, traffic.FAILURES_AT_LEAST),
            traffic.ADDRESSES: many_values(kinds.get("failed", []), traffic.COUNT_SPAN, traffic.ADDRESSES_AT_LEAST),
            traffic.TAKEOVER: preceded(times.get("removed", []), times.get("opened", []), traffic.ORDER_SPAN),
        }
        for rule, found in triggers.items():
            for at in found:
                alerts[correlation_alert(rule, user, at // traffic.PERIOD)] = rule
        for at, address in unseen(kinds.get("failed", []), traffic.NEW_SPAN):
            alert = correlation_alert(traffic.NEW_ADDRESS, [user, address], at // traffic.NEW_SPAN, traffic.NEW_SPAN)
            alerts[alert] = traffic.NEW_ADDRESS
    return alerts


def abandonments(events, span):
    """The same of the rule that waits, when every enrolment came in time."""
    resets, enrolments = collections.defaultdict(list), collections.defaultdict(list)
    for event in events:
        if event.kind in ("reset", "enrolled"):
            (resets if event.kind == "reset" else enrolments)[event.user.lower()].append(event.time)
    return {correlation_alert(traffic.ABANDONED, user, at // traffic.PERIOD): traffic.ABANDONED
            for user, times in resets.items() for at in abandoned(times, enrolments[user], span)}
