"""One store of the kill loop: its folder, its service that is killed and started again, its traffic, its ledger.

The ledger lies outside the service: every event that was acknowledged (HTTP 2xx, a line written, a Kafka message taken) is
owed an alert of the rule `seen` in the file sink, and is looked up there by id after each round."""
import collections
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time

from killloop import clients, naive, receivers, traffic

CONFIG = """\
store: {{path: {folder}/store}}
rules: {{paths: [{folder}/rules.yml]}}
sources:
  - {{name: ingest, type: http, listen: "127.0.0.1:{port}", path: /ingest, source: okta}}
  - {{name: followed, type: file, path: "{folder}/okta.ndjson", source: okta, follow: true}}
{kafka}sinks:
  - {{name: file, type: file, path: "{folder}/alerts.jsonl"}}
  - {{name: hook, type: webhook, url: "http://127.0.0.1:{hook}/alerts", allow: [127.0.0.0/8]}}
routes:
  - {{match: {{rule: [seen]}}, to: [file]}}
log: {{format: json, level: info}}
"""
KAFKA = """\
  - {{name: bus, type: kafka, brokers: ["{broker}"], topics: [{topic}], start: earliest, source: okta}}
"""


class Failure(Exception):
    """The service broke a promise."""


class Wrong(Failure):
    """Alerts are lost or invented."""


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


class Segment:
    patience = 60.0  # seconds that an acknowledged event's alert may take

    def __init__(self, program, seed, connections, broker=None, topic=None):
        self._program, self._random = program, random.Random(seed)
        self.folder = tempfile.mkdtemp(prefix="vedette-kill-")
        self.port, self.process = free_port(), None
        self.traffic, self.pace = traffic.Traffic(seed), clients.Pace()
        self.ended = False
        self.clean = False  # the service was stopped, not killed
        self.epoch = self.wording = self.started_epoch = 0
        self.write_rules()
        self.file = receivers.FileReader(self.path("alerts.jsonl"))
        self.hook = receivers.WebhookReceiver()
        kafka = KAFKA.format(broker=broker.address, topic=topic) if broker else ""
        with open(self.path("vedette.yml"), "w") as file:
            file.write(CONFIG.format(folder=self.folder, port=self.port, hook=self.hook.port, kafka=kafka))
        self._lock, self._batches = threading.Lock(), 0
        self.acknowledged_events, self.answers = 0, collections.Counter()
        # Alert ids of events that were answered 2xx, and of those written to files and topics: not yet seen in the file sink.
        self._owed = {"answered": [], "written": []}
        self.clients = [clients.HttpClient(self, self.port) for _ in range(connections)]
        self.writer = clients.FileWriter(self, self.path("okta.ndjson"), 0.15)
        self.resets = clients.ResetClient(self, self.port, seed)
        self._feeders = [*self.clients, self.resets, self.writer]
        if broker:
            self._feeders.append(clients.KafkaProducer(self, broker, topic, 0.15))
        for thread in (self.file, self.hook):
            thread.start()

    def path(self, name):
        return os.path.join(self.folder, name)

    def load(self):
        for thread in self._feeders:
            thread.start()

    def close(self, keep=False):
        self.ended = self.file.ended = True
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.hook.close()
        for thread in self._feeders:
            if thread.is_alive():
                thread.join(timeout=5)
        if not keep:
            shutil.rmtree(self.folder, ignore_errors=True)

    # --- the ledger; called by the clients' threads ---

    def new_batch(self):
        with self._lock:
            self._batches += 1
            return self._batches

    def sending(self, event, batch):
        """Before the first and any further sending of an event."""
        event.batch = batch if event.least_epoch is None else None  # 0: cut anywhere
        if event.least_epoch is None:
            event.least_epoch = self.started_epoch

    def answered(self, status):
        self.answers[status] += 1

    def acknowledged(self, events, how):
        owed = [naive.event_alert(traffic.SEEN, event.id) for event in events if not event.acknowledged]
        with self._lock:
            self.acknowledged_events += len(owed)
            self._owed[how] += owed
        for event in events:
            event.acknowledged = True

    def owed(self, *hows):
        """Alert ids of acknowledged events that the file sink does not have yet."""
        seen = self.file.received.rules
        with self._lock:
            for how in hows or self._owed:
                self._owed[how] = [alert for alert in self._owed[how] if alert not in seen]
            return [alert for how in hows or self._owed for alert in self._owed[how]]

    # --- the service ---

    def start(self, failpoint=None):
        environment = dict(os.environ)
        environment.pop("VEDETTE_FAILPOINT", None)
        if failpoint:
            environment["VEDETTE_FAILPOINT"] = failpoint
        self.started_epoch = self.epoch
        with open(self.path("log"), "ab") as log:
            self.process = subprocess.Popen([self._program, "run", "-c", self.path("vedette.yml")], stdout=log, stderr=log, env=environment)

    def wait(self, test, what, seconds):
        """Until the test holds; a service that ends meanwhile is a failure."""
        end = time.monotonic() + seconds
        while not test():
            if self.process.poll() is not None:
                raise Failure(f"the service ended with {self.process.returncode} while waiting for {what}:\n{self.log_tail()}")
            if time.monotonic() > end:
                raise Failure(f"waited {seconds} s in vain for {what}:\n{self.log_tail()}")
            time.sleep(0.005)

    def is_open(self):
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            return True
        except OSError:
            return False

    def wait_ready(self):
        self.wait(self.is_open, "the port", 60)

    def wait_for(self, owed, seconds=None):
        """The lookup of a round: each of these alert ids reaches the file sink."""
        seen = self.file.received.rules
        left = set(owed)

        def arrived():
            left.difference_update([alert for alert in left if alert in seen])
            return not left
        try:
            self.wait(arrived, "the alerts of acknowledged events", seconds or self.patience)
        except Failure as failure:
            if self.process.poll() is not None:
                raise
            raise Wrong(f"{len(left)} alerts are lost, of which {sorted(left)[:3]}: {failure}") from None

    def kill(self):
        """SIGKILL; returns what was under way at that moment, as seen from outside."""
        flying = [client.in_flight for client in self.clients if client.in_flight]
        retried = sum(1 for client in self.clients if client.unanswered)
        written = os.path.getsize(self.path("okta.ndjson"))
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        answered = self.owed("answered")
        self.file.read()
        seen = self.file.received.rules
        view = {"requests": len(flying), "events": sum(flying), "unanswered": max(len(flying), retried),
                "owed": sum(1 for alert in answered if alert not in seen), "inbox": 0, "file": 0, "hook": 0, "unread": True}
        info = self.store_info()
        if info is not None:
            inbox, last, delivered = info["inbox"], info["outbox"]["last"], info.get("delivered", {})
            view["inbox"] = inbox["last"] - inbox["first"] + 1 if inbox["last"] else 0
            view["file"], view["hook"] = last - delivered.get("file", 0), last - delivered.get("hook", 0)
            view["unread"] = not any(place.endswith(f" at={written}") for place in info.get("cursors", {}).values())
        return view

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            raise Failure(f"still running 20 s after SIGTERM:\n{self.log_tail()}") from None
        if code != 0:
            raise Failure(f"ended with {code} after SIGTERM:\n{self.log_tail()}")

    def store_info(self):
        """What the store of the stopped service holds, or None when there is no store yet."""
        done = subprocess.run([self._program, "store", "info", self.path("store"), "--format", "json"], capture_output=True, text=True)
        if done.returncode != 0:
            if not os.path.exists(self.path("store/format")):
                return None
            raise Failure(f"store info: {done.stderr}")
        return json.loads(done.stdout)

    def write_rules(self):
        with open(self.path("rules.new"), "w") as file:
            file.write(traffic.rules_text(self.epoch, self.wording))
        os.rename(self.path("rules.new"), self.path("rules.yml"))

    def reload(self):
        """Other rules, by cosmetic edits or by one rule that makes its own ids from now on, and the signal."""
        self.wording += 1
        if self._random.random() < 0.6:
            self.epoch += 1
        self.write_rules()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGHUP)

    def log_tail(self):
        with open(self.path("log"), errors="replace") as log:
            return "".join(log.readlines()[-25:])

    # --- the end ---

    def finish(self):
        """No more traffic; everything is worked off; a clean stop; then both sinks hold exactly what the naive evaluation says."""
        self.traffic.closed = True
        end = time.monotonic() + 120
        while any(thread.is_alive() for thread in self._feeders):
            if self.process.poll() is not None or time.monotonic() > end:
                raise Failure(f"the clients could not deliver what was left:\n{self.log_tail()}")
            time.sleep(0.02)
        self.wait_for(self.owed())
        fixed = self.expected()
        self.wait_for(fixed.keys() - self.loose(), self.patience + (traffic.HOLD + traffic.SETTLE) / 1e6 + 5)
        hook = self.hook.received.rules
        quiet = time.monotonic() + 10
        before = -1
        while time.monotonic() < quiet and any(alert not in hook for alert, rule in fixed.items() if rule != traffic.SEEN):
            if len(hook) != before:
                before, quiet = len(hook), time.monotonic() + 10
            time.sleep(0.05)
        self.stop()
        self.file.read()
        time.sleep(0.1)
        problems = self.compare("file", self.file.received, fixed)
        problems += self.compare("hook", self.hook.received, {alert: rule for alert, rule in fixed.items() if rule != traffic.SEEN})
        if problems:
            raise Wrong("\n".join(problems))
        return fixed

    def expected(self):
        """alert id -> rule id of all rules but the marker."""
        sent = [event for event in self.traffic.events if event.sends > 0]
        alerts = naive.correlations(sent)
        for event in sent:
            alerts[naive.event_alert(traffic.SEEN, event.id)] = traffic.SEEN
            if event.kind == "password":
                alerts[naive.event_alert(traffic.PASSWORD, event.id)] = traffic.PASSWORD
        for alert, verdict in self.decisions():
            if verdict:
                alerts[alert] = traffic.ABANDONED
        return alerts

    def decisions(self):
        """(alert id, verdict) of the rule that waits."""
        return [(naive.correlation_alert(traffic.ABANDONED, reset.reset.user, reset.reset.time // traffic.PERIOD), reset.verdict())
                for reset in self.resets.resets if reset.reset.sends > 0]

    def loose(self):
        """Alert ids that there may be or not be: the enrolment came about when it was decided."""
        return {alert for alert, verdict in self.decisions() if verdict is None}

    def compare(self, sink, received, fixed):
        problems = []
        if received.broken:
            problems.append(f"sink {sink}: {received.broken} broken lines")
        markers = {traffic.MARKER % epoch: epoch for epoch in range(self.epoch + 1)}
        loose = self.loose()
        got = {alert: rule for alert, rule in received.standing().items() if rule not in markers and alert not in loose}
        names = {getattr(traffic, name): name.lower()
                 for name in ("SEEN", "PASSWORD", "FAILURES", "ADDRESSES", "TAKEOVER", "ABANDONED", "NEW_ADDRESS")}
        for what, these in (("missing", fixed.keys() - got.keys()), ("invented", got.keys() - fixed.keys())):
            if these:
                by_rule = collections.Counter(names.get(fixed.get(alert) or got.get(alert), "another rule") for alert in these)
                problems.append(f"sink {sink}: {len(these)} alerts {what}: {dict(by_rule)}, of which {sorted(these)[:3]}")
        return problems + self.compare_epochs(sink, received, markers)

    def compare_epochs(self, sink, received, markers):
        """Every password event was judged by rules of one epoch: those in force, never older than its service's start."""
        problems, of_batch = [], {}
        left = {alert for alert, rule in received.rules.items() if rule in markers}
        for event in self.traffic.events:
            if event.kind != "password" or event.sends == 0:
                continue
            alerts = {naive.event_alert(rule, event.id): epoch for rule, epoch in markers.items() if epoch >= event.least_epoch}
            epochs = [epoch for alert, epoch in alerts.items() if alert in left]
            left.difference_update(alerts)
            if not 1 <= len(epochs) <= event.sends:
                problems.append(f"sink {sink}: event {event.id}, sent {event.sends} times, has alerts of epochs {epochs}")
            if event.sends == 1 and event.batch is not None and event.batch > 0:
                of_batch.setdefault(event.batch, set()).update(epochs)
        mixed = [batch for batch, epochs in of_batch.items() if len(epochs) > 1]
        if mixed:
            problems.append(f"sink {sink}: {len(mixed)} batches were judged by rules of two epochs")
        if left:
            problems.append(f"sink {sink}: {len(left)} alerts of rules that were not in force or of unknown events")
        return problems[:5]
