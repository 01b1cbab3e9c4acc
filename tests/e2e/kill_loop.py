"""`vedette run` is killed at any moment under load, and nothing acknowledged is lost, no alert missed or invented.
Usage: kill_loop.py PROGRAM [--rounds N] [--failpoint-rounds N] [--seconds-per-round S] [--seed N] [--kafka] ...

Each round: the service is started, loaded over HTTP and a followed file (and a Kafka topic), its rules reloaded now and then,
and killed at a moment uniform over the round; every few rounds it is stopped cleanly instead. At the end of each store the
sinks' alert ids are compared with a naive evaluation of everything that was sent."""
import argparse
import collections
import random
import shutil
import sys
import time

from killloop.segment import Failure, Segment, Wrong
from killloop.traffic import Event

# Every place that the program names by failpoint(), and how many of its passes at most go by before it ends there.
FAILPOINTS = {
    "inbox_before_write": 60, "inbox_after_write": 60, "commit_before_write": 60, "commit_after_write": 60,
    "highwater_before": 90, "highwater_after": 90, "trim_before": 1, "trim_after": 1,
    "sink_after_deliver": 60,
}
STEPS = {
    "unacknowledged work": lambda view: view["unanswered"] > 0 or view["unread"],
    "  requests on the wire or tried again": lambda view: view["unanswered"] > 0,
    "  requests on the wire": lambda view: view["requests"] > 0,
    "  lines written, not committed": lambda view: view["unread"],
    "received, not applied": lambda view: view["inbox"] > 0,
    "acknowledged, alert not yet delivered": lambda view: view["owed"] > 0,
    "committed, undelivered at the file": lambda view: view["file"] > 0,
    "committed, undelivered at the webhook": lambda view: view["hook"] > 0,
    "reload asked for within 200 ms": lambda view: view["reload"] < 0.2,
    "before the port was open": lambda view: view["closed"],
    "in the midst of a clean stop": lambda view: view["stopping"],
}


class Report:
    def __init__(self):
        self.moments, self.steps, self.requests, self.events = collections.Counter(), collections.Counter(), [], []
        self.at_failpoint, self.missed = collections.Counter(), collections.Counter()
        self.kills = self.clean = self.reloads = self.rotations = self.alerts = self.acknowledged = self.lookups = 0
        self.repeated = collections.Counter()
        self.answers, self.decisions = collections.Counter(), collections.Counter()
        self.revised = self.withdrawn = 0

    def kill(self, share, view):
        self.kills += 1
        self.moments[min(9, int(share * 10))] += 1
        self.requests.append(view["requests"])
        self.events.append(view["events"])
        for name, test in STEPS.items():
            if test(view):
                self.steps[name] += 1

    def add(self, segment, alerts):
        self.alerts += len(alerts)
        self.acknowledged += segment.acknowledged_events
        self.answers.update(segment.answers)
        self.repeated.update(file=segment.file.received.repeated, webhook=segment.hook.received.repeated)
        self.revised += len(segment.file.received.revised)
        self.withdrawn += len(segment.file.received.withdrawn())
        self.decisions.update(verdict for _, verdict in segment.decisions())

    def print(self):
        if self.kills:
            print(f"\n{self.kills} kills at moments over the round, in tenths of it:")
            for tenth in range(10):
                print(f"  {tenth / 10:.1f}-{(tenth + 1) / 10:.1f} {self.moments[tenth]:4} {'#' * self.moments[tenth]}")
            print("what was under way when it was killed (rounds):")
            for name in STEPS:
                print(f"  {name:40}{self.steps[name]:4}  {100 * self.steps[name] / self.kills:5.1f} %")
            print(f"  a mean of {sum(self.requests) / self.kills:.1f} requests with {sum(self.events) / self.kills:.0f} events unacknowledged")
        if self.at_failpoint:
            print("killed at failpoints:", ", ".join(f"{name} {count}" for name, count in sorted(self.at_failpoint.items())))
        if self.missed:
            print("not passed in time:", dict(self.missed))
        print(f"{self.clean} clean stops, {self.reloads} reloads, {self.rotations} rotations; answers (0: broken off): {dict(self.answers)}")
        print(f"{self.acknowledged} events acknowledged, looked up by id after each round ({self.lookups} still on their way at a kill); "
              f"{self.alerts} alert ids compared in each sink they are routed to; delivered again: {dict(self.repeated)}")
        print(f"{self.revised} ids with more than one revision, {self.withdrawn} of them withdrawn in the end; the rule that waits: "
              f"{self.decisions[True]} had to fire, {self.decisions[False]} must not, {self.decisions[None]} too close to tell")


class Loop:
    def __init__(self, options):
        self.options, self.random, self.report = options, random.Random(options.seed), Report()
        self.rate, self.segment, self.number = options.rate, None, 0
        self.repeats_before = None  # so many alerts were delivered again when it was killed between a delivery and its note

    def run(self, broker):
        plan = [None] * self.options.rounds
        plan += [name for name in FAILPOINTS for _ in range(self.options.failpoint_rounds)]
        self.random.shuffle(plan)
        done = 0
        while done < len(plan):
            part = plan[done:done + self.options.rounds_per_store]
            self.one_store(part, broker)
            done += len(part)
            print(f"{done} of {len(plan)} rounds; {self.report.acknowledged} events, {self.report.alerts} alert ids as they should be", flush=True)

    def one_store(self, part, broker):
        self.number += 1
        self.repeats_before = None
        topic = f"kill-{self.number}"
        if broker:
            broker.create(topic, 2)
        segment = Segment(self.options.program, self.random.random(), self.options.connections, broker, topic)
        keep = True
        if self.options.broken:
            segment.patience = 5.0
        try:
            self.segment = segment
            segment.pace.rate = self.rate
            segment.load()
            if not self.rate:
                self.calibrate()
            for failpoint in part:
                self.failpoint_round(failpoint) if failpoint else self.round()
                self.break_something()
            segment.start()
            segment.wait_ready()
            self.wait_for_repeats()
            self.report.add(segment, segment.finish())
            keep = False
        finally:
            segment.close(keep)
            if keep and self.options.broken:
                shutil.rmtree(segment.folder, ignore_errors=True)
            elif keep:
                print(f"what is left of it: {segment.folder}", file=sys.stderr)

    def calibrate(self):
        """What it takes at most: all connections as fast as they can, while it is not killed."""
        segment = self.segment
        segment.start()
        segment.wait_ready()
        time.sleep(0.3)
        before, begin = segment.acknowledged_events, time.monotonic()
        time.sleep(self.options.calibrate)
        full = (segment.acknowledged_events - before) / (time.monotonic() - begin)
        self.rate = segment.pace.rate = max(200.0, self.options.load * full)
        print(f"at full load {full:.0f} events/s over {self.options.connections} connections; the loop runs at {self.rate:.0f} "
              "by HTTP, a sixth more each by file and topic", flush=True)
        segment.wait_for(segment.owed())
        segment.stop()

    def round(self):
        """Starts it, looks up what the last round acknowledged, loads, kills."""
        segment, draw = self.segment, self.random
        owed, repeated = segment.owed(), segment.file.received.repeated
        clean_before, segment.clean = segment.clean, False
        begin = time.monotonic()
        segment.start()
        early = draw.random() < 0.2  # killed while it recovers or works off what was waiting
        if not early:
            segment.wait_ready()
            segment.wait_for(owed)
            self.wait_for_repeats()
            begin = time.monotonic()
        moment = draw.random() * self.options.seconds_per_round
        reloaded = self.disturb(begin, moment, early)
        if clean_before and segment.file.received.repeated != repeated:
            raise Failure(f"{segment.file.received.repeated - repeated} alerts were delivered again after a clean stop")
        how = draw.random()
        if not early and how < 0.1:
            segment.stop()
            segment.file.read()
            segment.clean = True
            self.report.clean += 1
            return
        closed = early and not segment.is_open()
        stopping = not early and how < 0.15
        if stopping:
            segment.process.terminate()
            time.sleep(draw.random() * 0.1)
        view = segment.kill()
        view.update(reload=reloaded, closed=closed, stopping=stopping)
        self.report.lookups += view["owed"]
        self.report.kill(moment / self.options.seconds_per_round, view)

    def disturb(self, begin, moment, early):
        """Until the moment: perhaps a reload or two, perhaps a rotation. Returns the seconds since the last reload."""
        draw, segment, last = self.random, self.segment, -1000.0
        things = []
        if not early and draw.random() < 0.4:
            things += [("reload", draw.random() * moment)]
            if draw.random() < 0.7:
                things += [("reload", max(0.0, moment - 0.15 * draw.random()))]
        if draw.random() < 0.15:
            things += [("rotate", draw.random() * moment)]
        for thing, at in sorted(things, key=lambda each: each[1]):
            time.sleep(max(0.0, begin + at - time.monotonic()))
            if thing == "rotate":
                segment.writer.rotate = True
                self.report.rotations += 1
            else:
                segment.reload()
                self.report.reloads += 1
                last = time.monotonic()
        time.sleep(max(0.0, begin + moment - time.monotonic()))
        if segment.process.poll() is not None:
            raise Failure(f"the service ended by itself with {segment.process.returncode}:\n{segment.log_tail()}")
        return time.monotonic() - last

    def repeats(self):
        return self.segment.file.received.repeated + self.segment.hook.received.repeated

    def wait_for_repeats(self):
        """What was delivered but not noted as delivered comes again."""
        if self.repeats_before is not None:
            before = self.repeats_before
            self.segment.wait(lambda: self.repeats() > before, "the alerts whose delivery was not noted", self.segment.patience)
        self.repeats_before = None

    def failpoint_round(self, name):
        """The service ends itself at a named place after so many passes."""
        segment = self.segment
        segment.clean = False
        segment.start(f"{name}:{self.random.randint(1, FAILPOINTS[name])}")
        end = time.monotonic() + 5.0
        while segment.process.poll() is None and time.monotonic() < end:
            time.sleep(0.01)
        missed = segment.process.poll() is None
        if missed:
            self.report.missed[name] += 1
            segment.process.kill()
            segment.process.wait()
        elif segment.process.returncode != -9:
            raise Failure(f"ended with {segment.process.returncode} on the way to {name}:\n{segment.log_tail()}")
        else:
            self.report.at_failpoint[name] += 1
        segment.file.read()
        if name == "sink_after_deliver" and segment.process.returncode == -9 and not missed:
            self.repeats_before = self.repeats()

    def break_something(self):
        """The proof that the loop can fail."""
        segment = self.segment
        if self.options.broken == "store":
            shutil.rmtree(segment.path("store"), ignore_errors=True)
        elif self.options.broken == "ledger":
            segment.acknowledged([Event("never-sent", 1_700_000_000_000_000, "other", "nobody", "192.0.2.1")], "answered")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--failpoint-rounds", type=int, default=0, help="rounds for each named failpoint")
    parser.add_argument("--failpoints", action="store_true", help="20 rounds for each named failpoint")
    parser.add_argument("--seconds-per-round", type=float, default=1.0)
    parser.add_argument("--rounds-per-store", type=int, default=40)
    parser.add_argument("--connections", type=int, default=12)
    parser.add_argument("--load", type=float, default=0.75, help="share of what it takes at most")
    parser.add_argument("--rate", type=float, default=0.0, help="events a second by HTTP, instead of measuring")
    parser.add_argument("--calibrate", type=float, default=2.0, help="seconds at full load")
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--kafka", action="store_true", help="a Kafka broker and topic, too")
    parser.add_argument("--break", dest="broken", choices=("store", "ledger"),
                        help="deletes the store between rounds, or counts an event as acknowledged that was never sent; the loop must see it")
    options = parser.parse_args()
    if options.failpoints:
        options.failpoint_rounds = max(options.failpoint_rounds, 20)
    if options.seed is None:
        options.seed = random.SystemRandom().randrange(1 << 31)
    print(f"seed {options.seed}", flush=True)
    loop, begin = Loop(options), time.monotonic()
    try:
        if options.kafka:
            from kafka import broker as kafka
            kafka.fetch_jars()
            with kafka.Broker() as broker:
                loop.run(broker)
        else:
            loop.run(None)
    except Failure as failure:
        loop.report.print()
        print(f"FAILED with seed {options.seed}, after {time.monotonic() - begin:.0f} s: {failure}", flush=True)
        sys.exit(0 if options.broken and isinstance(failure, Wrong) else 1)
    loop.report.print()
    print(f"passed in {time.monotonic() - begin:.0f} s")
    sys.exit(1 if options.broken else 0)


main()
