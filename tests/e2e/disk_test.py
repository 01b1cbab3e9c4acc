"""`vedette run` on a full disk: what comes is refused, files and topics wait, the process stays, and once there is room it goes on by itself.
Usage: disk_test.py PROGRAM [NAME ...]. Mounts a small disk in a mount namespace of its own; exit code 77 where that is not allowed."""
import errno
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "kafka"))
from broker import Broker, fetch_jars  # noqa: E402
from service import Service, check, equal, failure, line, password, run_cases, send  # noqa: E402

PROGRAM = sys.argv[1]
INSIDE = "VEDETTE_DISK_TEST_INSIDE"
CONFIG = """\
store: {path: "@PLACE@/disk/store"}
rules: {paths: [rules.yml]}
sources:
  - {name: events, type: http, listen: "127.0.0.1:0", path: /ingest, source: okta}
  - {name: followed, type: file, path: "@PLACE@/okta.ndjson", source: okta, follow: true}
sinks:
  - {name: file, type: file, path: "@PLACE@/alerts.jsonl"}
admin: {listen: "127.0.0.1:0"}
log: {format: json, level: info}
"""


class SmallDisk:
    """A folder with a disk of 64 MB in it, and beside it what sources and sinks have."""

    def __enter__(self):
        self.place = tempfile.mkdtemp(prefix="vedette-disk-")
        self._disk = self.place + "/disk"
        os.mkdir(self._disk)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", self._disk], check=True)
        self.write([])
        self.config = CONFIG.replace("@PLACE@", self.place)
        return self

    def __exit__(self, *unused):
        subprocess.run(["umount", "-l", self._disk], check=True)
        shutil.rmtree(self.place, ignore_errors=True)

    def fill(self):
        with open(self._disk + "/ballast", "ab", buffering=0) as ballast:
            size = 1 << 20
            while size >= 4096:
                try:
                    ballast.write(bytes(size))
                except OSError as full:
                    equal(full.errno, errno.ENOSPC, "why nothing can be written")
                    size //= 2

    def free(self):
        os.unlink(self._disk + "/ballast")

    def grow(self):
        subprocess.run(["mount", "-o", "remount,size=1g", self._disk], check=True)

    def write(self, events):
        """To the file that is followed."""
        with open(self.place + "/okta.ndjson", "a") as file:
            for event in events:
                file.write(line(event) + "\n")

    def alerted(self):
        """The events of single-event alerts at the sink."""
        try:
            with open(self.place + "/alerts.jsonl") as file:
                return {event for text in file.read().split("\n")[:-1] for event in json.loads(text)["events"]}
        except FileNotFoundError:
            return set()


def ask(service, method, path, body=b""):
    """(status, Retry-After, body)."""
    status, headers, text = send(service.url("/ingest" if path == "/ingest" else "/metrics"), method, path, body)
    return status, headers.get("Retry-After"), text


def post(service, name):
    return ask(service, "POST", "/ingest", (line(password(name, "a@acme.example")) + "\n").encode())[:2]


def metric(service, series):
    return sum(float(each.split()[-1]) for each in ask(service, "GET", "/metrics")[2].splitlines() if each.startswith(series + " "))


def begin_and_fill(disk, service):
    """The ids of what is acknowledged before the disk is full."""
    names = [f"before{i}" for i in range(20)]
    for name in names:
        equal(post(service, name)[0], 200, name)
    wanted = {"okta:" + name for name in names}
    service.wait(lambda: wanted <= disk.alerted(), "alerts on an empty disk")
    disk.fill()
    for i in range(10):
        status, retry = post(service, f"refused{i}")
        equal(status, 503, "on a full disk")
        check(retry, "a 503 without Retry-After")
    status, _, why = ask(service, "GET", "/readyz")
    equal((status, why), (503, "the disk is full\n"), "/readyz")
    equal(ask(service, "GET", "/healthz")[0], 200, "/healthz")
    equal(metric(service, "vedette_store_full"), 1, "vedette_store_full")
    return wanted


def write_while_full(disk, service):
    """The ids of what the followed file gets and nobody may hear of yet."""
    names = [f"file{i}" for i in range(5)]
    disk.write([password(name, "b@acme.example") for name in names])
    service.wait(lambda: metric(service, 'vedette_source_events_total{source="followed"}') == 5, "the file to be read")
    time.sleep(1.5)  # for alerts that are not in the store
    wanted = {"okta:" + name for name in names}
    equal(wanted & disk.alerted(), set(), "alerts that would come again after a kill")
    return wanted


def refused_while_full_and_healed_by_itself():
    with SmallDisk() as disk, Service(PROGRAM, disk.config) as service:
        wanted = begin_and_fill(disk, service) | write_while_full(disk, service)
        equal(service.process.poll(), None, "the exit code of a process that goes on")
        disk.free()
        service.wait(lambda: ask(service, "GET", "/readyz")[0] == 200, "/readyz to be green without any request")
        equal(metric(service, "vedette_store_full"), 0, "vedette_store_full")
        equal(post(service, "after")[0], 200, "after it")
        wanted.add("okta:after")
        service.wait(lambda: wanted <= disk.alerted(), "the alerts")
        equal(service.stop(), 0, "exit code")
        equal(disk.alerted(), wanted, "alerts of what was acknowledged, and of nothing that was refused")


def killed_on_a_full_disk():
    with SmallDisk() as disk:
        with Service(PROGRAM, disk.config) as service:
            wanted = begin_and_fill(disk, service) | write_while_full(disk, service)
            service.process.kill()
            service.process.wait()
        disk.free()
        with Service(PROGRAM, disk.config) as service:
            service.wait(lambda: wanted <= disk.alerted(), "the alerts")
            equal(service.stop(), 0, "exit code")
        equal(disk.alerted(), wanted, "alerts of what was acknowledged, and of nothing that was refused")


def files_wait():
    """Far more than the queues hold: it stays in the file, and memory is bounded."""
    big = 3000
    with SmallDisk() as disk, Service(PROGRAM, disk.config) as service:
        wanted = begin_and_fill(disk, service)
        for number in range(big):
            disk.write([{**failure(f"big{number}", f"user{number}@acme.example"), "displayMessage": "x" * 60000}])
        disk.write([password("last", "b@acme.example")])
        behind, still = -1.0, 0
        while still < 3:  # seconds without any progress
            time.sleep(1)
            read = metric(service, 'vedette_source_events_total{source="followed"}')
            behind, still = read, still + 1 if read == behind else 0
        check(0 < behind < big, f"{behind:.0f} of {big} events were worked off on a full disk")
        memory = metric(service, "process_resident_memory_bytes")
        check(memory < 800e6, f"{memory / 1e6:.0f} MB of memory")
        disk.grow()
        wanted.add("okta:last")
        service.wait(lambda: wanted <= disk.alerted(), "the last of the file", 120)
        service.wait(lambda: ask(service, "GET", "/readyz")[0] == 200, "/readyz to be green")
        equal(metric(service, 'vedette_source_events_total{source="followed"}'), big + 1, "events worked off")
        equal(service.stop(), 0, "exit code")
        print(f"        {behind:.0f} of {big} events in memory, {memory / 1e6:.0f} MB")


def topics_wait():
    """The same over Kafka: the partitions are paused, and what was refused stays on the broker."""
    big = 5000  # 300 MB, twice what the queues hold
    fetch_jars()
    with Broker() as broker, SmallDisk() as disk:
        broker.create("okta", 2)
        source = f'  - {{name: topic, type: kafka, brokers: ["{broker.address}"], topics: [okta], source: okta, start: earliest}}\n'
        with Service(PROGRAM, disk.config.replace("sinks:\n", source + "sinks:\n")) as service:
            wanted = begin_and_fill(disk, service)
            for begin in range(0, big, 500):
                broker.produce("okta", [line({**failure(f"big{number}", f"user{number}@acme.example"), "displayMessage": "x" * 60000})
                                        for number in range(begin, begin + 500)])
            broker.produce("okta", [line(password("last", "b@acme.example"))])
            service.wait(lambda: metric(service, 'vedette_kafka_pauses_total{source="topic"}') > 0, "paused partitions", 60)
            behind, still = -1.0, 0
            while still < 3:  # seconds without any progress
                time.sleep(1)
                read = metric(service, 'vedette_source_events_total{source="topic"}')
                behind, still = read, still + 1 if read == behind else 0
            taken = metric(service, 'vedette_kafka_records_total{source="topic"}')
            check(behind < taken < big, f"{taken:.0f} of {big} records were taken from the broker and {behind:.0f} worked off on a full disk")
            equal(ask(service, "GET", "/healthz")[0], 200, "/healthz")
            memory = metric(service, "process_resident_memory_bytes")
            check(memory < 800e6, f"{memory / 1e6:.0f} MB of memory")
            service.process.kill()
            service.process.wait()
            disk.grow()
        with Service(PROGRAM, disk.config.replace("sinks:\n", source + "sinks:\n")) as service:
            wanted.add("okta:last")
            service.wait(lambda: wanted <= disk.alerted(), "the last of the topic", 120)
            service.wait(lambda: ask(service, "GET", "/readyz")[0] == 200, "/readyz to be green")
            # None was in the store when it was killed, so that all of them come from the broker again.
            service.wait(lambda: metric(service, 'vedette_source_events_total{source="topic"}') == big + 1, "events worked off")
            equal(service.stop(), 0, "exit code")
            print(f"        {taken:.0f} of {big} records in memory, {memory / 1e6:.0f} MB")


def backlog_on_a_full_disk(disk, service):
    """Far more in the file than the queues hold; returns when nothing goes on any more."""
    for number in range(3000):
        disk.write([{**password(f"big{number}", f"user{number}@acme.example"), "displayMessage": "x" * 60000}])
    behind, still = -1.0, 0
    while still < 3:  # seconds without any progress
        time.sleep(1)
        read = metric(service, 'vedette_source_events_total{source="followed"}')
        behind, still = read, still + 1 if read == behind else 0
    return {f"okta:big{number}" for number in range(3000)}


def stopped_on_a_full_disk():
    """A stop waits for no room: what the file holds is read after the next start."""
    with SmallDisk() as disk:
        with Service(PROGRAM, disk.config + "drain_timeout: 3s\n") as service:
            wanted = begin_and_fill(disk, service) | backlog_on_a_full_disk(disk, service)
            equal(ask(service, "POST", "/api/v1/reload")[0], 202, "the reload")
            time.sleep(1.5)  # for the reload to wait as well
            begin = time.monotonic()
            equal(service.stop(30), 0, "exit code")
            check(time.monotonic() - begin < 10, f"the stop took {time.monotonic() - begin:.1f} s")
        disk.grow()
        with Service(PROGRAM, disk.config) as service:
            service.wait(lambda: wanted <= disk.alerted(), "the alerts", 120)
            equal(service.stop(), 0, "exit code")
        equal(disk.alerted(), wanted, "alerts")


def rules_change_on_a_full_disk():
    """A reload waits for the room that what was applied before it needs, for longer than anything else waits."""
    with SmallDisk() as disk, Service(PROGRAM, disk.config) as service:
        wanted = begin_and_fill(disk, service) | write_while_full(disk, service)
        equal(ask(service, "POST", "/api/v1/reload")[0], 202, "the reload")
        time.sleep(65)
        equal(service.process.poll(), None, "the exit code of a process that goes on")
        disk.free()
        service.wait(lambda: ask(service, "GET", "/readyz")[0] == 200, "/readyz to be green")
        equal(post(service, "after")[0], 200, "after it")
        wanted.add("okta:after")
        service.wait(lambda: wanted <= disk.alerted(), "the alerts")
        equal(service.stop(), 0, "exit code")
        equal(disk.alerted(), wanted, "alerts")


def enter():
    """Runs this program again where it may mount."""
    for options in (["-m"], ["-U", "-r", "-m"]):
        inside = ["unshare", *options, "--propagation", "private"]
        probe = [*inside, "sh", "-c", "mount -t tmpfs -o size=64m tmpfs /mnt"]
        if shutil.which("unshare") and subprocess.run(probe, stderr=subprocess.DEVNULL, check=False).returncode == 0:
            os.environ[INSIDE] = "1"
            os.execvp("unshare", [*inside, sys.executable, "-B", *sys.argv])
    print("skipped: a small disk cannot be mounted here")
    sys.exit(77)


if INSIDE not in os.environ:
    enter()
run_cases([(case.__name__.replace("_", " "), case) for case in (
    refused_while_full_and_healed_by_itself, killed_on_a_full_disk, files_wait, topics_wait, stopped_on_a_full_disk, rules_change_on_a_full_disk)])
