"""A stop of hours or days, with the topic and the followed file going on: the same alerts as if it had never stopped, nothing late.
Usage: long_stop_test.py PROGRAM [--hours N] [--seed N] [--keep]

Time is virtual: VEDETTE_CLOCK_OFFSET names a file from which the program takes its clock, and topic records carry timestamps
of the test's choice. One input is played to a service that is stopped (or killed) for the hours in its midst, and to one that
sees it all as it happens; the alert ids of all are those of the naive evaluation. With more than 6 hours the latter is left out."""
import argparse
import collections
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
import uuid

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "kafka"))
from broker import Broker, fetch_jars  # noqa: E402
from killloop import naive, receivers, traffic  # noqa: E402
from producer import Producer  # noqa: E402

CONFIG = """\
store: {{path: {folder}/store}}
rules: {{paths: [{folder}/rules.yml]}}
sources:
  - {{name: bus, type: kafka, brokers: ["{broker}"], topics: [{topic}], group: {topic}, start: earliest, source: okta, silent_after: off}}
  - {{name: followed, type: file, path: "{folder}/okta.ndjson", source: okta, follow: true, silent_after: off}}
sinks:
  - {{name: file, type: file, path: "{folder}/alerts.jsonl"}}
admin: {{listen: "127.0.0.1:0"}}
log: {{format: json, level: info}}
"""
MINUTE, HOUR = traffic.MINUTE, 60 * traffic.MINUTE
HOLD, SETTLE = 30 * MINUTE, 5 * MINUTE  # of the waiting rule
BEFORE, AFTER = HOUR, 40 * MINUTE  # how long it runs before the stop and after it
STEP = 5 * MINUTE


def fail(message):
    print("FAILED  " + message, flush=True)
    sys.exit(1)


class Story:
    """What happens: events with their times, and when each is written where. Microseconds since its begin."""

    def __init__(self, seed, stop, origin):
        self._draw, self._origin, self.stop, self.end = random.Random(seed), origin, stop, BEFORE + stop + AFTER
        self.events, self.deliveries = [], []  # (time of writing, place, event); place: a partition or "file"
        for number in range(60):
            self._burst("spread%d" % number, self._draw.uniform(0, self.end))
        for number in range(12):  # groups that have something on both sides of an edge of the stop
            for name, edge in (("begin%d", BEFORE), ("end%d", BEFORE + stop)):
                self._burst(name % number, edge + self._draw.uniform(-6, 6) * MINUTE)
        for number in range(30):
            self._reset("reset%d" % number, self._draw.uniform(0, self.end - 2 * HOLD))
        for number in range(8):
            self._reset("waits%d" % number, BEFORE - self._draw.uniform(1, 25) * MINUTE)
        self.deliveries.sort(key=lambda delivery: delivery[0])

    def _event(self, at, kind, user, delay=None):
        draw = self._draw
        at = self._origin + int(min(max(at, 0), self.end - MINUTE))
        event = traffic.Event(str(uuid.UUID(int=draw.getrandbits(128), version=4)), at - at % 1000, kind, user + "@acme.example",
                              "192.0.2.%d" % draw.randint(1, 6))
        self.events.append(event)
        written = event.time - self._origin + (draw.uniform(0, 3) * MINUTE if delay is None else delay)
        place = draw.choice((0, 1, "file"))
        self.deliveries.append((written, place, event))
        if draw.random() < 0.1:  # delivered again, perhaps elsewhere, perhaps on the other side of the stop's edge
            # The first copy in the log fixes the stamp, by which a waiting rule decides: theirs keep their order in one place.
            again = draw.choice((0, 1, "file")) if kind in traffic.COHORT else place
            self.deliveries.append((min(self.end, written + draw.uniform(0, 2) * HOUR), again, event))

    def _burst(self, user, around):
        draw = self._draw
        for _ in range(draw.randint(8, 24)):
            self._event(around + draw.uniform(-9, 9) * MINUTE, draw.choices(traffic.COHORT, (50, 14, 14, 8, 14))[0], user)

    def _reset(self, user, at):
        self._event(at, "reset", user)
        after = self._draw.choice((None, 0.2, 0.9, 1.4))  # of the time in which the enrolment may come
        if after is not None:
            self._event(at + after * HOLD, "enrolled", user)

    def written(self, begin, end):
        return [(self._origin + int(at), place, event) for at, place, event in self.deliveries if begin <= at < end]

    def alerts(self, until):
        """alert id -> rule id of the naive evaluation of what is written before."""
        events = list({event.id: event for at, _, event in self.deliveries if at < until}.values())
        alerts = {**naive.correlations(events), **naive.abandonments(events, HOLD)}
        for event in events:
            alerts[naive.event_alert(traffic.SEEN, event.id)] = traffic.SEEN
            if event.kind == "password":
                for rule in (traffic.PASSWORD, traffic.MARKER % 0):
                    alerts[naive.event_alert(rule, event.id)] = rule
        return alerts


class Run:
    """One service with its folder and its topic."""

    def __init__(self, program, broker, name, story, origin):
        self._program, self._story, self._origin = program, story, origin
        self.name, self._topic = name, "okta-" + name
        self.folder = tempfile.mkdtemp(prefix="vedette-long-stop-")
        self._host, self._port = "127.0.0.1", broker.port
        broker.create(self._topic, 2)
        self._producer = Producer("127.0.0.1", broker.port)
        self._write("rules.yml", traffic.rules_text(0, 0, HOLD, SETTLE))
        self._write("vedette.yml", CONFIG.format(folder=self.folder, broker=broker.address, topic=self._topic))
        self._write("okta.ndjson", "")
        self.sink = receivers.FileReader(self._path("alerts.jsonl"))
        self._delivered, self._process, self._starts = set(), None, 0
        self.late = 0.0

    def close(self, keep):
        if self._process and self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        self._producer.close()
        if keep:
            print(f"what is left of {self.name}: {self.folder}")
        else:
            shutil.rmtree(self.folder, ignore_errors=True)

    # --- the world ---

    def clock(self, at):
        """Sets the clock of the service: microseconds since the story's begin."""
        self._write("offset.new", str((self._origin + at) // 1_000_000 - int(time.time())))
        os.rename(self._path("offset.new"), self._path("offset"))

    def write(self, begin, end):
        """What is written in this time."""
        topic, lines = collections.defaultdict(list), []
        for at, place, event in self._story.written(begin, end):
            self._delivered.add(naive.event_alert(traffic.SEEN, event.id))
            if place == "file":
                lines.append(event.line)
            else:
                topic[place].append((at // 1000, event.line.rstrip(b"\n")))
        for partition, records in topic.items():
            self._producer.produce(self._topic, partition, records)
        with open(self._path("okta.ndjson"), "ab") as file:
            file.write(b"".join(lines))

    def rotate(self):
        os.rename(self._path("okta.ndjson"), self._path("okta.ndjson.1"))
        self._write("okta.ndjson", "")

    # --- the service ---

    def start(self):
        environment = {**os.environ, "VEDETTE_CLOCK_OFFSET": self._path("offset")}
        self._starts += 1
        with open(self._path("log%d" % self._starts), "wb") as log:
            self._process = subprocess.Popen([self._program, "run", "-c", self._path("vedette.yml")], stdout=log, stderr=log, env=environment)

    def end(self, how):
        """SIGTERM or SIGKILL; what was late so far is noted before a clean one."""
        if how == signal.SIGTERM:
            self.note_late()
        self._process.send_signal(how)
        code = self._process.wait(timeout=60)
        if how == signal.SIGTERM and code != 0:
            fail(f"{self.name}: ended with {code}\n{self.log()}")
        self.sink.read()

    def live(self, begin, end):
        """The service sees what is written as it happens."""
        at = begin
        while at < end:
            after = min(at + STEP, end)
            self.clock(after)
            self.write(at, after)
            self.wait_for(self._delivered)
            at = after

    def wait_for(self, alerts, seconds=120):
        """Until these alert ids have been delivered."""
        missing = set(alerts) - self.sink.received.rules.keys()
        until = time.monotonic() + seconds
        while missing:
            if self._process.poll() is not None or time.monotonic() > until:
                fail(f"{self.name}: {len(missing)} alerts did not come\n{self.log()}")
            time.sleep(0.01)
            self.sink.read()
            missing -= self.sink.received.rules.keys()

    def wait_for_some(self, count):
        until = time.monotonic() + 120
        while len(self.sink.received.rules) < count:
            if self._process.poll() is not None or time.monotonic() > until:
                fail(f"{self.name}: no {count} alerts\n{self.log()}")
            time.sleep(0.002)
            self.sink.read()

    def note_late(self):
        self.late += self.metric("vedette_events_late_total")

    def metric(self, name):
        with open(self._path("log%d" % self._starts)) as log:
            where = re.search(r"listening (http://[^/]+)/metrics", log.read())
        with urllib.request.urlopen(where[1] + "/metrics", timeout=30) as answer:
            values = re.findall(rf"^{name}(?:{{.*}})? (\S+)$", answer.read().decode(), re.MULTILINE)
        return sum(map(float, values))

    def finish(self, expected):
        """Hours later all that waits is decided; then there is what there should be, and nothing else."""
        self.clock(self._story.end + 2 * HOUR)
        self.wait_for(expected)
        time.sleep(1.5)  # for what should not come
        self.end(signal.SIGTERM)
        got = self.sink.received.standing()
        for what, these in (("missing", expected.keys() - got.keys()), ("invented", got.keys() - expected.keys())):
            if these:
                fail(f"{self.name}: {len(these)} alerts {what}: {collections.Counter(expected.get(a) or got.get(a) for a in these)}")
        if self.late != 0:
            fail(f"{self.name}: {self.late:.0f} events were late")
        return got

    def log(self):
        with open(self._path("log%d" % self._starts), errors="replace") as log:
            return log.read()[-6000:]

    def _path(self, name):
        return os.path.join(self.folder, name)

    def _write(self, name, text):
        with open(self._path(name), "w") as file:
            file.write(text)


def undisturbed(run, story, _):
    run.clock(0)
    run.start()
    run.live(0, story.end)


def stopped(run, story, how):
    run.clock(0)
    run.start()
    back = BEFORE + story.stop
    if how == signal.SIGTERM:
        run.live(0, BEFORE)
    else:
        run.live(0, BEFORE - STEP)
        run.clock(BEFORE)
        run.write(BEFORE - STEP, BEFORE)  # and at once, in their midst:
    run.end(how)
    before = len(run.sink.received.rules)
    run.write(BEFORE, BEFORE + story.stop // 2)
    run.rotate()
    run.write(BEFORE + story.stop // 2, back)
    run.clock(back)
    run.start()
    if how == signal.SIGKILL:  # once more, in the midst of the backlog
        run.wait_for_some(before + 50)
        run.end(how)
        run.start()
    run.live(back, story.end)


def silent(run, story, how):
    """After the stop nothing comes any more: what waits is decided all the same."""
    run.clock(0)
    run.start()
    run.live(0, BEFORE)
    run.end(how)
    run.clock(BEFORE + story.stop)
    run.start()


SCENARIOS = {  # name: (what happens, how it is stopped)
    "stopped": (stopped, signal.SIGTERM),
    "killed": (stopped, signal.SIGKILL),
    "silent": (silent, signal.SIGKILL),
    "undisturbed": (undisturbed, None),
}


def play(program, broker, name, story, origin, expected, keep):
    run, begun, passed = Run(program, broker, name, story, origin), time.monotonic(), False
    scenario, how = SCENARIOS[name]
    try:
        scenario(run, story, how)
        got = run.finish(expected)
        passed = True
    finally:
        run.close(keep and not passed)
    print(f"ok      {name}: {len(got)} alert ids, of {len(run.sink.received.revised)} ids more than one revision, "
          f"{len(run.sink.received.withdrawn())} withdrawn, {run.late:.0f} late ({time.monotonic() - begun:.1f} s)", flush=True)
    return got


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--hours", type=int, default=6)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--keep", action="store_true", help="keep the folder of a run that failed")
    options = parser.parse_args()
    seed = options.seed if options.seed is not None else random.SystemRandom().randrange(1 << 31)
    stop = options.hours * HOUR
    # All lies in the past, where brokers take timestamps from.
    origin = int(time.time() - (BEFORE + stop + AFTER) / 1_000_000 - 3 * 3600) * 1_000_000
    story = Story(seed, stop, origin)
    expected, early = story.alerts(story.end), story.alerts(BEFORE)
    spanning = sum(1 for event in story.events if event.user.startswith(("begin", "end", "waits")))
    print(f"seed {seed}: {len(story.events)} events, {len(story.deliveries)} deliveries over {(BEFORE + stop + AFTER) / HOUR:.1f} h, "
          f"{spanning} in groups around the stop; {len(expected)} alert ids: "
          f"{json.dumps(collections.Counter(rule[-3:] for rule in expected.values()))}", flush=True)
    names = [name for name in SCENARIOS if name != "undisturbed" or options.hours <= 6]
    fetch_jars()
    with Broker() as broker:
        for name in names:
            play(options.program, broker, name, story, origin, early if name == "silent" else expected, options.keep)
    print("all as in the naive evaluation, so as if it had never stopped")


main()
