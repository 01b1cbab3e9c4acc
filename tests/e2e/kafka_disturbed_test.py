"""A topic in mid-flow: its broker is killed and comes back, others join and leave, the service itself is killed meanwhile. Nothing
is lost or invented: the alert ids are those of the naive evaluation.
Usage: kafka_disturbed_test.py PROGRAM [--seed N] [--rate N] [--outage SECONDS]"""
import argparse
import collections
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
import uuid

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "kafka"))
from broker import Broker, fetch_jars  # noqa: E402
from killloop import naive, receivers, traffic  # noqa: E402
from producer import Producer  # noqa: E402

TOPIC, GROUP = "okta", "vedette"
CONFIG = """\
store: {{path: {folder}/store}}
rules: {{paths: [{folder}/rules.yml]}}
sources:
  - {{name: bus, type: kafka, brokers: ["{broker}"], topics: [{topic}], group: {group}, start: earliest, source: okta, silent_after: off}}
sinks:
  - {{name: file, type: file, path: "{folder}/alerts.jsonl"}}
admin: {{listen: "127.0.0.1:0"}}
log: {{format: json, level: info}}
"""


class Feeder(threading.Thread):
    """Produces at a pace; what was not acknowledged is produced again."""

    def __init__(self, seed, port, rate):
        super().__init__(daemon=True)
        self.traffic, self.ended, self.produced = traffic.Traffic(seed), False, 0
        self._random, self._port, self._rate, self._producer, self._resets = random.Random(f"resets {seed}"), port, rate, None, 0

    def run(self):
        while not self.ended:
            begun = time.monotonic()
            events = self.traffic.take(20) + self._reset()
            self._produce([(time.time_ns() // 1_000_000, event.line.rstrip(b"\n")) for event in events])
            self.produced += len(events)
            time.sleep(max(0.0, begun + len(events) / self._rate - time.monotonic()))

    def _reset(self):
        """A reset of somebody's factors, and in half of the cases, in the same batch, the enrolment of a new one."""
        draw, now = self._random, time.time_ns() // 1_000_000 * 1000
        self._resets += 1
        kinds = [("reset", now)] + ([("enrolled", now + traffic.HOLD // 2)] if draw.random() < 0.5 else [])
        events = [traffic.Event(str(uuid.UUID(int=draw.getrandbits(128), version=4)), at, kind, f"reset{self._resets}@acme.example", "192.0.2.1")
                  for kind, at in kinds]
        for event in events:
            event.sends = 1
        self.traffic.add(events)
        return events

    def _produce(self, records):
        partition = self._random.randrange(2)
        while True:
            try:
                if self._producer is None:
                    self._producer = Producer("127.0.0.1", self._port)
                return self._producer.produce(TOPIC, partition, records)
            except (OSError, RuntimeError):
                if self._producer is not None:
                    self._producer.close()
                self._producer = None
                time.sleep(0.1)

    def expected(self):
        """alert id -> rule id of all that was produced."""
        events = [event for event in self.traffic.events if event.sends > 0]
        alerts = {**naive.correlations(events), **naive.abandonments(events, traffic.HOLD)}
        for event in events:
            alerts[naive.event_alert(traffic.SEEN, event.id)] = traffic.SEEN
            if event.kind == "password":
                for rule in (traffic.PASSWORD, traffic.MARKER % 0):
                    alerts[naive.event_alert(rule, event.id)] = rule
        return alerts


class Service:
    def __init__(self, program, broker):
        self._program = program
        self.folder = tempfile.mkdtemp(prefix="vedette-disturbed-")
        self._write("rules.yml", traffic.rules_text(0, 0))
        self._write("vedette.yml", CONFIG.format(folder=self.folder, broker=broker, topic=TOPIC, group=GROUP))
        self.clock_ahead(0)
        self.sink = receivers.FileReader(self._path("alerts.jsonl"))
        self.sink.start()
        self.process, self._starts = None, 0

    def close(self):
        self.sink.ended = True
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self):
        self._starts += 1
        with open(self._path(f"log{self._starts}"), "wb") as log:
            self.process = subprocess.Popen([self._program, "run", "-c", self._path("vedette.yml")], stdout=log, stderr=log,
                                            env={**os.environ, "VEDETTE_CLOCK_OFFSET": self._path("offset")})

    def clock_ahead(self, seconds):
        self._write("offset.new", str(seconds))
        os.rename(self._path("offset.new"), self._path("offset"))

    def wait(self, test, what, seconds=60):
        until = time.monotonic() + seconds
        while not test():
            if self.process.poll() is not None or time.monotonic() > until:
                fail(f"waited in vain for {what}; exit code {self.process.poll()}\n{self.log()[-6000:]}")
            time.sleep(0.02)

    def wait_for_more(self, count, what):
        wanted = len(self.sink.received.rules) + count
        self.wait(lambda: len(self.sink.received.rules) >= wanted, f"{count} more alerts {what}")

    def says(self, text):
        return text in self.log()

    def ask(self, path):
        """Status and body, or (0, "") while it does not answer."""
        where = re.search(r"listening (http://[^/]+)/metrics", self.log())
        if not where:
            return 0, ""
        try:
            with urllib.request.urlopen(where[1] + path, timeout=30) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError:
            return 0, ""

    def lag(self):
        return sum(float(value) for value in re.findall(r"^vedette_source_lag_records{.*} (\S+)$", self.ask("/metrics")[1], re.MULTILINE))

    def processor_seconds(self):
        with open(f"/proc/{self.process.pid}/stat") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def log(self):
        with open(self._path(f"log{self._starts}"), errors="replace") as log:
            return log.read()

    def _path(self, name):
        return os.path.join(self.folder, name)

    def _write(self, name, text):
        with open(self._path(name), "w") as file:
            file.write(text)


def fail(message):
    raise AssertionError(message)


def visitors(service, broker):
    """A group of their own disturbs nothing; in ours they are seen and told of."""
    for group in ("others", GROUP):
        visitor = broker.join(TOPIC, group)
        try:
            service.wait_for_more(300, f"while somebody reads in group {group}")
            if group == GROUP:
                service.wait(lambda: service.says("active in group"), "the warning about the other consumer")
        finally:
            broker.leave(visitor)
        service.wait_for_more(300, f"after somebody has left group {group}")


def outage(service, broker, seconds):
    """The broker is away, and the service is killed meanwhile. Returns the share of a processor that it used in between."""
    broker.stop(signal.SIGKILL)
    service.wait(lambda: service.ask("/readyz")[0] == 503, "/readyz to turn red")
    if "brokers" not in service.ask("/readyz")[1]:
        fail("/readyz does not say why: " + service.ask("/readyz")[1])
    used, begun = service.processor_seconds(), time.monotonic()
    time.sleep(seconds)
    share = (service.processor_seconds() - used) / (time.monotonic() - begun)
    service.clock_ahead(45)  # long enough away to count as down
    service.wait(lambda: service.says("hold their decisions"), "the mark that the source is down")
    if service.ask("/readyz")[0] != 503:
        fail("/readyz is green while the broker is away")
    service.process.kill()
    service.process.wait()
    service.start()
    service.wait(lambda: service.says("out of reach"), "the warning about the broker")
    broker.start()
    service.wait(lambda: service.ask("/readyz")[0] == 200, "/readyz to turn green")
    return share


def finish(service, feeder):
    feeder.ended = True
    feeder.join(timeout=60)
    expected = feeder.expected()
    got = service.sink.received
    missing = set(expected)

    def arrived():
        missing.difference_update([alert for alert in missing if alert in got.rules])
        return not missing

    try:
        service.wait(arrived, "all alerts", 90)
    except AssertionError as error:
        fail(f"missing: {dict(collections.Counter(expected[alert] for alert in missing))}; {error}")
    service.wait(lambda: service.lag() == 0, "the lag to go")
    time.sleep(1.0)  # for what should not come
    service.process.send_signal(signal.SIGTERM)
    if service.process.wait(timeout=60) != 0:
        fail("exit code after SIGTERM\n" + service.log()[-6000:])
    service.sink.read()
    standing = got.standing()
    for what, these in (("missing", expected.keys() - standing.keys()), ("invented", standing.keys() - expected.keys())):
        if these:
            fail(f"{len(these)} alerts {what}: {collections.Counter(expected.get(a) or standing.get(a) for a in these)}")
    return expected


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--rate", type=float, default=400.0, help="events a second")
    parser.add_argument("--outage", type=float, default=4.0, help="seconds of the first outage over which processor time is measured")
    options = parser.parse_args()
    seed = options.seed if options.seed is not None else random.SystemRandom().randrange(1 << 31)
    print(f"seed {seed}", flush=True)
    fetch_jars()
    begun = time.monotonic()
    with Broker() as broker:
        broker.create(TOPIC, 2)
        service, feeder = Service(options.program, broker.address), Feeder(seed, broker.port, options.rate)
        try:
            service.start()
            feeder.start()
            service.wait_for_more(500, "from the start")
            visitors(service, broker)
            share = outage(service, broker, options.outage)
            service.wait_for_more(500, "after the outage")
            broker.stop(signal.SIGKILL)  # once more, for as long as it takes to start
            broker.start()
            visitors(service, broker)
            expected = finish(service, feeder)
            if share > 0.25:
                fail(f"{share:.2f} of a processor was used while there was nothing to do")
        finally:
            feeder.ended = True
            service.close()
    received = service.sink.received
    print(f"{feeder.produced} records; {len(expected)} alert ids as in the naive evaluation, "
          f"{sum(1 for rule in expected.values() if rule == traffic.ABANDONED)} of them of the rule that waits, {len(received.withdrawn())} "
          f"withdrawn, {received.repeated} delivered again; {100 * share:.1f} % of a processor during the outage; "
          f"passed in {time.monotonic() - begun:.0f} s")


main()
