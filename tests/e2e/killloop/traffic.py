"""Synthetic Okta traffic for the kill loop, its rules, and what was done with each event.

Users come in cohorts, so that windows stay near their thresholds however long the loop runs; a few hot users are in all."""
import datetime
import random
import threading
import time
import uuid

SEEN = "1c0b8f0e-4c7b-4a53-9d4e-61a0f3a7b001"
PASSWORD = "1c0b8f0e-4c7b-4a53-9d4e-61a0f3a7b002"
FAILURES = "1c0b8f0e-4c7b-4a53-9d4e-61a0f3a7b003"
ADDRESSES = "1c0b8f0e-4c7b-4a53-9d4e-61a0f3a7b004"
TAKEOVER = "1c0b8f0e-4c7b-4a53-9d4e-61a0f3a7b005"
ABANDONED = "1c0b8f0e-4c7b-4a53-9d4e-61a0f3a7b006"
NEW_ADDRESS = "1c0b8f0e-4c7b-4a53-9d4e-61a0f3a7b007"
MARKER = "1c0b8f0e-4c7b-4a53-9d4e-%012x"  # of an epoch

FAILURES_AT_LEAST, ADDRESSES_AT_LEAST = 5, 4
MINUTE = 60_000_000
COUNT_SPAN, ORDER_SPAN, PERIOD, NEW_SPAN = 10 * MINUTE, 15 * MINUTE, 10 * MINUTE, 30 * MINUTE
# The waiting rule: how long after a reset the enrolment may come, and how long the decision waits for late events.
HOLD, SETTLE = 2_000_000, 6_000_000

RULES = """\
title: Seen
id: {seen}
name: seen
status: test
logsource: {{product: okta, service: okta}}
detection: {{selection: {{eventType|startswith: user.}}, condition: selection}}
level: informational
---
title: Password changed
id: {password}
name: password_changed
status: test
logsource: {{product: okta, service: okta}}
detection: {{selection: {{eventType: user.account.update_password}}, condition: selection}}
level: low
---
title: Password changed, rules of epoch {epoch}
id: {marker}
name: marker
status: test
logsource: {{product: okta, service: okta}}
detection: {{selection: {{eventType: user.account.update_password}}, condition: selection}}
level: low
---
title: Failed sign-in
name: failed
id: 1c0b8f0e-4c7b-4a53-9d4e-61a0f3a7b011
status: test
logsource: {{product: okta, service: okta}}
detection: {{selection: {{eventType: user.session.start, outcome.result: FAILURE}}, condition: selection}}
---
title: Factor removed
name: factor_removed
id: 1c0b8f0e-4c7b-4a53-9d4e-61a0f3a7b012
status: test
logsource: {{product: okta, service: okta}}
detection: {{selection: {{eventType: user.mfa.factor.deactivate}}, condition: selection}}
---
title: Application opened
name: application_opened
id: 1c0b8f0e-4c7b-4a53-9d4e-61a0f3a7b013
status: test
logsource: {{product: okta, service: okta}}
detection: {{selection: {{eventType: user.authentication.sso}}, condition: selection}}
---
title: Many failed sign-ins
description: Wording {wording}
id: {failures}
status: test
correlation:
  type: event_count
  rules: [failed]
  group-by: [actor.alternateId]
  timespan: 10m
  condition: {{gte: 5}}
suppress: {{for: 10m}}
level: high
---
title: Failed sign-ins from many addresses
description: Wording {wording}
id: {addresses}
status: test
correlation:
  type: value_count
  rules: [failed]
  group-by: [actor.alternateId]
  timespan: 10m
  condition: {{field: client.ipAddress, gte: 4}}
suppress: {{for: 10m}}
level: high
---
title: Factor removed, then an application opened
description: Wording {wording}
id: {takeover}
status: test
correlation:
  type: temporal_ordered
  rules: [factor_removed, application_opened]
  group-by: [actor.alternateId]
  timespan: 15m
suppress: {{for: 10m}}
level: high
---
title: Factor reset
name: factor_reset
id: 1c0b8f0e-4c7b-4a53-9d4e-61a0f3a7b014
status: test
logsource: {{product: okta, service: okta}}
detection: {{selection: {{eventType: user.mfa.factor.reset_all}}, condition: selection}}
---
title: Factor enrolled
name: factor_enrolled
id: 1c0b8f0e-4c7b-4a53-9d4e-61a0f3a7b015
status: test
logsource: {{product: okta, service: okta}}
detection: {{selection: {{eventType: user.mfa.factor.activate}}, condition: selection}}
---
title: Factors reset, and none enrolled
description: Wording {wording}
id: {abandoned}
status: test
correlation:
  type: temporal_ordered
  rules: [factor_reset, factor_enrolled]
  group-by: [actor.alternateId]
  timespan: {hold}s
  condition: factor_reset and not factor_enrolled
  settle: {settle}s
suppress: {{for: 10m}}
level: high
---
title: Failed sign-in from an address that is new for the user
description: Wording {wording}
id: {new_address}
status: test
correlation:
  type: new_value
  rules: [failed]
  group-by: [actor.alternateId]
  timespan: 30m
  condition: {{field: client.ipAddress}}
  first: fire
level: low
"""


def rules_text(epoch, wording, hold=HOLD, settle=SETTLE):
    return RULES.format(seen=SEEN, password=PASSWORD, marker=MARKER % epoch, epoch=epoch, wording=wording, failures=FAILURES,
                        addresses=ADDRESSES, takeover=TAKEOVER, abandoned=ABANDONED, new_address=NEW_ADDRESS,
                        hold=hold // 1_000_000, settle=settle // 1_000_000)


KINDS = {  # kind: (event type, result)
    "failed": ("user.session.start", "FAILURE"),
    "removed": ("user.mfa.factor.deactivate", "SUCCESS"),
    "opened": ("user.authentication.sso", "SUCCESS"),
    "password": ("user.account.update_password", "SUCCESS"),
    "other": ("user.session.end", "SUCCESS"),
    "reset": ("user.mfa.factor.reset_all", "SUCCESS"),
    "enrolled": ("user.mfa.factor.activate", "SUCCESS"),
}

COHORT = ("failed", "removed", "opened", "password", "other")

LINE = ('{"uuid":"%s","published":"%s","eventType":"%s","version":"0","severity":"INFO","displayMessage":"synthetic",'
        '"actor":{"id":"00u1","type":"User","alternateId":"%s","displayName":"%s","detailEntry":null},'
        '"client":{"ipAddress":"%s","userAgent":null,"geographicalContext":null,"zone":"null","device":"Computer","id":null},'
        '"outcome":{"result":"%s","reason":null},"target":null}')


class Event:
    __slots__ = ("id", "time", "kind", "user", "address", "line", "sends", "acknowledged", "least_epoch", "batch")

    def __init__(self, id, time_us, kind, user, address):
        self.id, self.time, self.kind, self.user, self.address = id, time_us, kind, user, address
        self.sends, self.acknowledged, self.least_epoch, self.batch = 0, False, None, None
        when = datetime.datetime.fromtimestamp(time_us // 1_000_000, datetime.timezone.utc)
        published = when.strftime("%Y-%m-%dT%H:%M:%S.") + "%03dZ" % (time_us // 1000 % 1000)
        event_type, result = KINDS[kind]
        self.line = (LINE % (id, published, event_type, user, user, address, result)).encode() + b"\n"


class Traffic:
    """Hands out events, each at least once; any thread."""

    def __init__(self, seed):
        self._random = random.Random(seed)
        self._lock = threading.Lock()
        self._ready, self._cohorts = [], 0
        self.events = []
        self._own = []  # of these, those that take() hands out: only they are sent again
        self.closed = False

    def take(self, count):
        """The next events to be sent; fewer or none once closed."""
        with self._lock:
            while not self.closed and len(self._ready) < count:
                self._fill()
            taken = self._ready[-count:] if count else []
            del self._ready[len(self._ready) - len(taken):]
            for event in taken:
                event.sends += 1
            return taken

    def add(self, events):
        """Events that are sent by somebody else."""
        with self._lock:
            self.events += events

    def batch_size(self):
        with self._lock:
            return self._random.randint(1, 20)

    def _fill(self):
        # Some are left over for the next fill, so that cohorts overlap and groups stay open over many batches and kills.
        new = [event for _ in range(4) for event in self._cohort()]
        self.events += new
        self._own += new
        repeats = self._random.sample(new, len(new) // 25) + self._random.sample(self._own, min(10, len(self._own)))
        self._ready += new + repeats
        self._random.shuffle(self._ready)

    def _cohort(self):
        draw = self._random
        self._cohorts += 1
        now = time.time_ns() // 1000 - 1_000_000
        users = ["user%d.%d@acme.example" % (self._cohorts, n) for n in range(25)]
        weights = [1.0 / (n + 1) ** 0.7 for n in range(25)]
        users.append("hot%d@acme.example" % draw.randint(0, 2))
        weights.append(0.3)
        events = []
        for user in draw.choices(users, weights, k=400):
            ago = draw.uniform(0, 90 * MINUTE) if draw.random() < 0.9 else draw.uniform(0, 5 * 60 * MINUTE)
            at = now - int(ago)
            if draw.random() < 0.5:
                at -= at % 30_000_000  # equal times, and windows that just hold or just miss an event
            kind = draw.choices(COHORT, (50, 14, 14, 8, 14))[0]
            spelled = user if draw.random() < 0.8 else user.upper()
            identifier = str(uuid.UUID(int=draw.getrandbits(128), version=4))
            events.append(Event(identifier, at - at % 1000, kind, spelled, "192.0.2.%d" % draw.randint(1, 6)))
        return events
