"""`vedette run` under the faults of one process: brokers away, clocks that are wrong, overload, rules that are broken, stops, tenants,
bombs. Usage: faults_test.py PROGRAM [NAME ...]"""
import collections
import contextlib
import datetime
import gzip
import http.server
import json
import os
import shutil
import signal
import sys
import tempfile
import threading
import time

from service import RULES, Service, check, equal, failure, line, okta, password, run_cases, send, unused_port

PROGRAM = sys.argv[1]
SOURCES = """\
  - {name: events, type: http, listen: "127.0.0.1:0", path: /ingest, source: okta}
"""
CONFIG = """\
rules: {paths: [rules.yml]}
sources:
@SOURCES@sinks:
  - {name: out, type: stdout}
admin: {listen: "127.0.0.1:0"}
log: {format: json, level: info}
"""
DAY = 86400.0


def config(sources=SOURCES, store=None, sinks=None):
    text = CONFIG.replace("@SOURCES@", sources)
    if sinks:
        text = text.replace("  - {name: out, type: stdout}\n", sinks)
    return (f"store: {{path: {store}}}\n" if store else "") + text


@contextlib.contextmanager
def folder():
    path = tempfile.mkdtemp(prefix="vedette-faults-")
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def post(service, events, path="/ingest"):
    body = "".join(line(event) + "\n" for event in events).encode()
    return send(service.url(path), "POST", path, body)[0]


def admin(service, path, method="GET"):
    status, _, body = send(service.url("/metrics"), method, path)
    return status, body


def metric(service, name):
    """The sum over a metric's series."""
    lines = admin(service, "/metrics")[1].splitlines()
    return sum(float(each.split()[-1]) for each in lines if each.split("{")[0].split(" ")[0] == name)


def series(service, text):
    """One series' value, 0 when it is not there."""
    return sum(float(each.split()[-1]) for each in admin(service, "/metrics")[1].splitlines() if each.startswith(text + " "))


def alerts_of(service, rule):
    return [alert for alert in service.parsed() if alert["rule"] == rule]


# ---- 10 -------------------------------------------------------------------------------------------------------------

def a_broker_out_of_reach():
    """/readyz says so, /healthz does not, other sources work on, and nothing spins."""
    brokers = f'  - {{name: bus, type: kafka, brokers: ["127.0.0.1:{unused_port()}"], topics: [okta], start: earliest, source: okta}}\n'
    with Service(PROGRAM, config(SOURCES + brokers)) as service:
        service.wait(lambda: admin(service, "/readyz")[0] == 503, "/readyz to be red")
        check("source bus is down" in admin(service, "/readyz")[1], "the answer names the source")
        equal(admin(service, "/healthz")[0], 200, "/healthz")
        equal(post(service, [password("p1", "a@acme.example")]), 200, "another source")
        service.wait_alerts(1)
        before, lines = metric(service, "process_cpu_seconds_total"), len(service.log)
        time.sleep(2)
        used = metric(service, "process_cpu_seconds_total") - before
        check(used < 1.0, f"{used:.2f} s of processor time in two seconds of waiting")
        check(len(service.log) - lines < 10, "the outage is told again and again:\n" + "\n".join(service.log))
        equal(series(service, 'vedette_source_up{source="bus"}'), 0, "vedette_source_up")
        equal(service.stop(), 0, "exit code")


# ---- 22, 23 ---------------------------------------------------------------------------------------------------------

def late_future_and_missing_times():
    """Late events and those of years ahead or past make their own alerts, flagged; the windows of others are as they would be."""
    with Service(PROGRAM, config()) as service:
        late = [failure(f"l{i}", "late@acme.example", 5 * DAY) for i in range(3)] + [password("l", "late@acme.example", 5 * DAY)]
        past = [failure(f"y{i}", "past@acme.example", 3650 * DAY) for i in range(3)]
        future = [failure(f"f{i}", "future@acme.example", -3650 * DAY) for i in range(3)]
        missing = password("m", "missing@acme.example")
        del missing["published"]
        good = [failure(f"g{i}", "good@acme.example") for i in range(3)]
        equal(post(service, late + past + good[:2] + future + [missing] + good[2:]), 200, "the events")
        service.wait(lambda: len(alerts_of(service, "three_failures")) >= 2 and len(alerts_of(service, "password_changed")) >= 2, "the alerts")
        service.wait(lambda: metric(service, "vedette_events_late_total") >= 7, "late events to be counted")
        equal(service.stop(), 0, "exit code")
        groups = {alert["group"]["actor.alternateId"]: alert for alert in alerts_of(service, "three_failures")}
        equal(sorted(groups), ["future@acme.example", "good@acme.example"], "groups with three failures")
        check(abs(time.time() - seconds(groups["future@acme.example"]["time"])) < 300, "a future time is the time of receipt")
        flags = {alert["events"][0]: alert["flags"] for alert in alerts_of(service, "password_changed")}
        equal(flags, {"okta:l": ["late"], "okta:m": ["time_missing"]}, "flags of single events")


def seconds(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


# ---- 24 -------------------------------------------------------------------------------------------------------------

WAITING = """\
---
title: Opened
id: 41d1a3f2-6a0f-4b53-9a57-0e2f4b8e7a10
name: opened
status: test
logsource: {product: okta, service: okta}
detection:
  selection: {eventType: user.authentication.sso}
  condition: selection
level: informational
---
title: Closed
id: 41d1a3f2-6a0f-4b53-9a57-0e2f4b8e7a11
name: closed
status: test
logsource: {product: okta, service: okta}
detection:
  selection: {eventType: user.session.end}
  condition: selection
level: informational
---
title: Left open
id: 41d1a3f2-6a0f-4b53-9a57-0e2f4b8e7a12
name: left_open
status: test
correlation:
  type: temporal_ordered
  rules: [opened, closed]
  group-by: [actor.alternateId]
  timespan: 15s
  settle: 10s
  condition: opened and not closed
level: high
"""


class WallClock:
    """A file that says how far the service's wall clock is from the true one."""

    def __init__(self, place):
        self._path = place + "/offset"
        self.set(0)
        self.environment = {"VEDETTE_WALL_CLOCK_OFFSET": self._path}

    def set(self, seconds):
        with open(self._path + ".new", "w") as file:
            file.write(str(seconds))
        os.rename(self._path + ".new", self._path)


def said(service, text):
    return any(text in each for each in service.log)


def jump(seconds):
    """The wall clock is off for a while: windows, what waits, and what is late are as without it."""
    opened = lambda name: okta("o-" + name, "user.authentication.sso", name + "@acme.example", ago=0)
    old = lambda number: failure(f"d{number}", "dave@acme.example", 5.5 * 3600)  # accepted for half an hour more
    with folder() as place:
        wall = WallClock(place)
        with Service(PROGRAM, config(store=place + "/store"), wall.environment, {"rules.yml": RULES + WAITING}) as service:
            equal(post(service, [failure("c0", "carol@acme.example", 0), old(0)]), 200, "before the jump")
            begin = time.monotonic()
            first, second = opened("alice"), opened("bob")
            equal(post(service, [first, second]), 200, "what opens")
            wall.set(seconds)
            service.wait(lambda: said(service, "the wall clock has jumped"), "the jump to be noticed")
            service.wait(lambda: abs(metric(service, "vedette_wall_clock_difference_seconds") - seconds) < 60, "the jump to show")
            closed = {**okta("e-alice", "user.session.end", "alice@acme.example"), "published": second["published"]}
            equal(post(service, [failure("c1", "carol@acme.example", 0), old(1), closed]), 200, "while it is off")
            time.sleep(3)  # for ticks that would go by it
            wall.set(0)
            service.wait(lambda: said(service, "the wall clock is back"), "the jump back to be noticed")
            equal(post(service, [failure("c2", "carol@acme.example", 0), old(2)]), 200, "after it")
            service.wait(lambda: alerts_of(service, "left_open"), "what waited", 60)
            check(time.monotonic() - begin > 24, f"decided after {time.monotonic() - begin:.1f} s")
            service.wait_alerts(3)
            equal(metric(service, "vedette_events_late_total"), 0, "late events")
            equal(service.stop(), 0, "exit code")
            equal(sorted((alert["rule"], alert["group"]["actor.alternateId"], alert["flags"]) for alert in service.parsed()),
                  [("left_open", "bob@acme.example", []), ("three_failures", "carol@acme.example", []),
                   ("three_failures", "dave@acme.example", [])], "alerts")
            check(abs(time.time() - seconds_of_newest(service)) < 120, "times of events were taken from the receipt")


def seconds_of_newest(service):
    return max(seconds(alert["time"]) for alert in service.parsed())


def the_wall_clock_jumps_ahead():
    jump(3600)


def the_wall_clock_jumps_back():
    jump(-3600)


def a_store_from_the_future_is_told():
    """An earlier run went by a clock that was days ahead: log time does not go back, and whoever reads the log learns why all is late."""
    with folder() as place:
        wall = WallClock(place)
        wall.set(3 * 86400)
        with Service(PROGRAM, config(store=place + "/store"), wall.environment) as service:
            equal(post(service, [failure("a0", "alice@acme.example", -3 * 86400)]), 200, "an event")
            service.wait(lambda: metric(service, "vedette_store_inbox_entries") == 0, "the work on it")
            check(not said(service, "ahead of the wall clock"), "a new store")
            equal(service.stop(), 0, "exit code")
        with Service(PROGRAM, config(store=place + "/store"), wall.environment) as service:
            service.url("/ingest")
            check(not said(service, "ahead of the wall clock"), "the same clock")
            equal(service.stop(), 0, "exit code")
        wall.set(0)
        with Service(PROGRAM, config(store=place + "/store"), wall.environment) as service:
            service.url("/ingest")
            check(said(service, "ahead of the wall clock"), "the warning")
            equal(service.stop(), 0, "exit code")


def changed_identities_are_told():
    """Windows by person keep what they hold, and the log says so, once."""
    rules = RULES.replace("logsource: {product: okta, service: okta}\ndetection:\n  selection: {eventType: user.session.start, outcome.result: FAILURE}",
                          "logsource: {category: authentication}\ndetection:\n  selection: {event.outcome: failure}").replace("[actor.alternateId]", "[identity.user]")
    rules = "---".join(rules.split("---")[:3])
    with folder() as place:
        def write(*accounts):
            with open(place + "/people.csv", "w") as file:
                file.write("person,system,account\n" + "".join(f"alice,okta,{account}@acme.example\n" for account in accounts))

        settings = config(store=place + "/store") + f'identities: {{aliases: ["{place}/people.csv"]}}\n'
        write("a1")
        with Service(PROGRAM, settings, files={"rules.yml": rules}) as service:
            equal(post(service, [failure("f1", "a1@acme.example")]), 200, "an event")
            reload(service, rules.replace("Three failed", "3 failed"), "ok")
            check(not said(service, "`identities` have changed"), "nobody changed")
            write("a1", "a2")
            reload(service, rules, "ok")
            service.wait(lambda: said(service, "`identities` have changed"), "the warning")
            equal(post(service, [failure("f2", "a2@acme.example"), failure("f3", "a2@acme.example")]), 200, "the other account")
            service.wait(lambda: alerts_of(service, "three_failures"), "the window over both")
            equal(service.stop(), 0, "exit code")
        with Service(PROGRAM, settings, files={"rules.yml": rules}) as service:
            service.url("/ingest")
            check(not said(service, "`identities` have changed"), "told once")
            equal(service.stop(), 0, "exit code")


def a_corrected_clock_is_taken_over():
    """Begun an hour behind, then set right: the first event that shows it is enough."""
    with folder() as place:
        wall = WallClock(place)
        wall.set(-3600)
        with Service(PROGRAM, config(), wall.environment) as service:
            equal(post(service, [password("p0", "a@acme.example", 0)]), 200, "while it is wrong")
            wall.set(0)
            service.wait(lambda: said(service, "the wall clock has jumped"), "the jump to be noticed")
            equal(post(service, [password("p1", "a@acme.example", 0)]), 200, "what shows it")
            service.wait(lambda: said(service, "is right and followed from now on"), "the correction to be taken over")
            equal(post(service, [password("p2", "a@acme.example", 0)]), 200, "after it")
            service.wait_alerts(3)
            equal(service.stop(), 0, "exit code")
            equal([alert["flags"] for alert in service.parsed()], [["time_clamped"], ["time_clamped"], []], "flags")


# ---- 31 -------------------------------------------------------------------------------------------------------------

def overload_answers_503():
    """Far more than the queue holds: what is not taken is answered 503 with Retry-After, and what was answered 2xx is there after kill -9."""
    with folder() as place:
        settings = config(store=place + "/store", sinks=f'  - {{name: file, type: file, path: "{place}/alerts.jsonl"}}\n')
        padding = "".join(line(okta(f"x{i}", "user.session.end", "a@acme.example")) + "\n" for i in range(5500))
        acknowledged, refused, wrong, lock = set(), [], [], threading.Lock()

        def client(number, address):
            for i in range(40):
                name = f"o{number}-{i}"
                status, headers, _ = send(address, "POST", "/ingest", (padding + line(password(name, "a@acme.example"))).encode())
                with lock:
                    if status == 200:
                        acknowledged.add("okta:" + name)
                    elif status == 503:
                        refused.append(headers.get("Retry-After"))
                    else:
                        wrong.append(status)
                    if refused and len(acknowledged) >= 8:
                        return

        with Service(PROGRAM, settings) as service:
            address = service.url("/ingest")
            clients = [threading.Thread(target=client, args=(n, address)) for n in range(48)]
            for each in clients:
                each.start()
            for each in clients:
                each.join()
            service.process.kill()
            service.process.wait()
        equal(wrong, [], "other answers")
        check(refused, f"no 503 after {len(acknowledged)} acknowledged requests")
        check(all(refused), "a 503 without Retry-After")
        with Service(PROGRAM, settings) as service:
            service.url("/ingest")  # it is up, whatever the file holds already
            service.wait(lambda: acknowledged <= events_in(place), f"alerts of {len(acknowledged)} acknowledged events", 120)
            equal(service.stop(), 0, "exit code")
        print(f"        {len(acknowledged)} acknowledged, {len(refused)} answered 503")


def lines_in(place):
    try:
        with open(place + "/alerts.jsonl") as file:
            return [json.loads(text) for text in file.read().split("\n")[:-1]]
    except FileNotFoundError:
        return []


def events_in(place):
    return {event for alert in lines_in(place) for event in alert["events"]}


# ---- 34, 40 ---------------------------------------------------------------------------------------------------------

def reload(service, rules, outcome):
    text = f'vedette_rules_reloads_total{{outcome="{outcome}"}}'
    before = series(service, text)
    service.path("rules.new", rules)
    os.rename(service.path("rules.new"), service.path("rules.yml"))
    equal(admin(service, "/api/v1/reload", "POST")[0], 202, "the reload")
    service.wait(lambda: series(service, text) > before, f"a reload that is {outcome}")


def broken_rules_leave_the_old():
    bomb = "a0: &a0 [x]\n" + "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 12)) + RULES
    broken = {
        "no YAML": RULES + "---\ntitle: [unclosed\n",
        "a bomb of aliases": bomb,
        "a key twice": RULES.replace("level: high", "level: high\nlevel: low", 1),
        "an unknown rule": RULES.replace("rules: [failed]\n  group-by", "rules: [gone]\n  group-by", 1),
        "one rule of many": RULES.replace("status: test", "status: nonsense", 1).replace("condition: selection", "condition: selektion", 1),
        "nothing at all": "",
    }
    with folder() as place, Service(PROGRAM, config(store=place + "/store")) as service:
        equal(post(service, [failure(f"a{i}", "alice@acme.example") for i in range(2)]), 200, "two failures")
        for number, (name, rules) in enumerate(broken.items()):
            begin = time.monotonic()
            reload(service, rules, "failed")
            check(time.monotonic() - begin < 20, f"{name}: took {time.monotonic() - begin:.1f} s")
            equal(post(service, [password(f"p{number}", "alice@acme.example")]), 200, name)
            service.wait(lambda: len(alerts_of(service, "password_changed")) == number + 1, f"the old rules after {name}")
        check(metric(service, "process_resident_memory_bytes") < 400e6, "memory")
        equal(post(service, [failure("a2", "alice@acme.example")]), 200, "the third")
        service.wait(lambda: alerts_of(service, "three_failures"), "the window")
        equal(sorted(alerts_of(service, "three_failures")[0]["events"]), ["okta:a0", "okta:a1", "okta:a2"], "its events")
        equal(service.stop(), 0, "exit code")


def changed_rules_and_their_windows():
    """A cosmetic edit and a raised threshold keep the windows, and nothing is fired twice; other keys begin anew and say so."""
    with folder() as place, Service(PROGRAM, config(store=place + "/store")) as service:
        first = [failure(f"a{i}", "alice@acme.example") for i in range(2)] + [failure(f"b{i}", "bob@acme.example") for i in range(3)]
        equal(post(service, first), 200, "two of alice, three of bob")
        service.wait_alerts(1)
        reload(service, RULES.replace("Three failed sign-ins", "Three sign-ins that failed"), "ok")
        equal(post(service, [failure("a2", "alice@acme.example")]), 200, "alice's third")
        service.wait_alerts(2)
        equal(sorted(service.parsed()[1]["events"]), ["okta:a0", "okta:a1", "okta:a2"], "its events")
        reload(service, RULES.replace("{gte: 3}", "{gte: 4}"), "ok")
        equal(post(service, [failure("c0", "carol@acme.example"), failure("c1", "carol@acme.example"), failure("c2", "carol@acme.example")]), 200, "three are too few now")
        equal(post(service, [failure("c3", "carol@acme.example")]), 200, "carol's fourth")
        service.wait_alerts(3)
        equal((service.parsed()[2]["group"], service.parsed()[2]["count"]), ({"actor.alternateId": "carol@acme.example"}, 4), "the third alert")
        reload(service, RULES.replace("group-by: [actor.alternateId]", "group-by: [client.ipAddress]"), "ok")
        service.wait(lambda: any("three_failures is warming" in text for text in service.log), "the warning about the new key")
        equal(post(service, [failure(f"d{i}", "dave@acme.example") for i in range(3)]), 200, "three from one address")
        service.wait_alerts(4)
        equal(service.stop(), 0, "exit code")
        equal([sorted(alert["group"]) for alert in service.parsed()], [["actor.alternateId"]] * 3 + [["client.ipAddress"]], "keys")
        equal(len(service.alerts), 4, "alerts in all")


def a_window_longer_than_the_log_is_warming():
    """What rules needed was kept; a rule that reaches further back says that it lacks something."""
    with folder() as place:
        wall = WallClock(place)
        with Service(PROGRAM, config(store=place + "/store"), wall.environment) as service:
            equal(post(service, [failure("a0", "alice@acme.example")]), 200, "an event")
            service.wait(lambda: metric(service, "vedette_store_inbox_entries") == 0, "the work on it")
            equal(service.stop(), 0, "exit code")
        wall.set(3 * 86400)
        with Service(PROGRAM, config(store=place + "/store"), wall.environment) as service:
            service.wait(lambda: metric(service, "vedette_store_changes_total") >= 2, "ticks")
            equal(service.stop(), 0, "exit code")
        with Service(PROGRAM, config(store=place + "/store"), wall.environment) as service:
            # The log is trimmed at the first step, which comes before any reload.
            reload(service, RULES.replace("Three failed sign-ins", "Three sign-ins that failed"), "ok")
            reload(service, RULES, "ok")
            check(not said(service, "is warming"), "a rule whose past is there")
            reload(service, RULES.replace("timespan: 10m", "timespan: 30d"), "ok")
            service.wait(lambda: said(service, "three_failures is warming"), "the warning about the longer window")
            equal(service.stop(), 0, "exit code")


def reload_under_load():
    """Rules change again and again while events come: every window is whole, and no alert comes twice."""
    with folder() as place, Service(PROGRAM, config(store=place + "/store")) as service:
        address, posted, stop = service.url("/ingest"), [0], threading.Event()

        def load():
            """User n's failures are some requests apart, so that windows are open at every moment."""
            number = 0
            while not stop.is_set():
                names = [(n, n - number) for n in (number, number - 7, number - 14) if n >= 0]
                body = "".join(line(failure(f"u{n}-{k}", f"user{n}@acme.example")) + "\n" for n, k in names)
                equal(send(address, "POST", "/ingest", body.encode())[0], 200, "a request")
                number += 1
            posted[0] = number - 14

        thread = threading.Thread(target=load)
        thread.start()
        try:
            for wording in range(12):
                reload(service, RULES.replace("Three failed sign-ins", f"Three failed sign-ins, {wording}"), "ok")
        finally:
            stop.set()
            thread.join()
        wanted = {f"user{n}@acme.example" for n in range(posted[0])}
        check(len(wanted) > 20, f"only {len(wanted)} windows were completed")
        groups = lambda: [alert["group"]["actor.alternateId"] for alert in alerts_of(service, "three_failures")]
        service.wait(lambda: wanted <= set(groups()), f"{len(wanted)} alerts")
        equal(service.stop(), 0, "exit code")
        counts = collections.Counter(groups())
        equal({group: count for group, count in counts.items() if count > 1}, {}, "alerts that came twice")
        print(f"        {len(wanted)} windows over 12 reloads")


def reloads_in_a_row_lose_nothing():
    """The next reload comes while the one before still waits for its turn, with batches on their way to it."""
    with folder() as place:
        many_reloads(place)


def many_reloads(place):
    clients, bodies, records, acknowledged = 4, 6, 2000, set()
    first = RULES.split("---")[0]
    heavy = RULES + "".join("---\n" + first.replace("id: 8d0a6c8e", f"id: {n:08x}").replace("name: password_changed", f"name: copy_{n}\nmode: shadow")
                            for n in range(80))
    sinks = f'  - {{name: file, type: file, path: "{place}/alerts.jsonl"}}\n'
    with Service(PROGRAM, config(store=place + "/store", sinks=sinks), files={"rules.yml": heavy}) as service:
        address = service.url("/ingest")

        def client(number):
            for turn in range(bodies):
                names = [f"r{number}-{turn}-{i}" for i in range(records)]
                body = "".join(line(password(name, "a@acme.example")) + "\n" for name in names).encode()
                while send(address, "POST", "/ingest", body)[0] != 200:
                    time.sleep(0.2)
                acknowledged.update("okta:" + name for name in names)

        def reloads():
            for wording in range(6):
                service.path("rules.new", heavy.replace("Three failed sign-ins", f"Three failed sign-ins, {wording}"))
                os.rename(service.path("rules.new"), service.path("rules.yml"))
                service.process.send_signal(signal.SIGHUP)
                time.sleep(0.25)

        threads = [threading.Thread(target=reloads)] + [threading.Thread(target=client, args=(n,)) for n in range(clients)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        service.wait(lambda: metric(service, "vedette_store_inbox_entries") == 0 and metric(service, "vedette_sink_queue_length") == 0,
                     "the end of the work", 120)
        check(series(service, 'vedette_rules_reloads_total{outcome="ok"}') >= 2, "hardly any reload")
        equal(service.stop(), 0, "exit code")
        equal(len(acknowledged - events_in(place)), 0, f"of {len(acknowledged)} acknowledged events without an alert")


# ---- 35 -------------------------------------------------------------------------------------------------------------

class SlowReceiver(http.server.ThreadingHTTPServer):
    """A webhook that takes its time."""

    def __init__(self):
        self.ids, self.lock = collections.Counter(), threading.Lock()
        super().__init__(("127.0.0.1", 0), self.Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            alert = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            time.sleep(0.02)
            with self.server.lock:
                self.server.ids[alert["events"][0]] += 1
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *unused):
            pass


def clean_stops_repeat_nothing():
    """Stopped under load again and again: within ten seconds, with 0; what was acknowledged reaches every sink, and nothing twice."""
    receiver, acknowledged = SlowReceiver(), set()
    with folder() as place:
        sinks = (f'  - {{name: file, type: file, path: "{place}/alerts.jsonl"}}\n'
                 f'  - {{name: hook, type: webhook, url: "http://127.0.0.1:{receiver.server_address[1]}/", allow: [127.0.0.0/8]}}\n')
        for turn in range(5):
            with Service(PROGRAM, config(store=place + "/store", sinks=sinks)) as service:
                address = service.url("/ingest")

                def load():
                    for i in range(200):
                        name = f"s{turn}-{i}"
                        try:
                            if send(address, "POST", "/ingest", line(password(name, "a@acme.example")).encode())[0] == 200:
                                acknowledged.add("okta:" + name)
                        except OSError:
                            return
                thread = threading.Thread(target=load)
                thread.start()
                service.wait(lambda: len(lines_in(place)) >= 20 * (turn + 1) or not thread.is_alive(), "some alerts")
                begin = time.monotonic()
                code = service.stop()
                thread.join()
                equal(code, 0, "exit code")
                check(time.monotonic() - begin < 12, "the drain takes ten seconds at most")
        check(len(acknowledged) >= 50, f"only {len(acknowledged)} acknowledged")
        written = collections.Counter(alert["events"][0] for alert in lines_in(place))
        receiver.shutdown()
        receiver.server_close()
        for sink, counts in (("file", written), ("hook", receiver.ids)):
            equal(acknowledged - set(counts), set(), f"acknowledged and not at the {sink}")
            equal({event: count for event, count in counts.items() if count > 1}, {}, f"delivered twice to the {sink}")
        print(f"        {len(acknowledged)} acknowledged over 5 stops")


def a_stop_delivers_what_was_accepted():
    """Without a store nothing comes after the end: what a slow sink has not got yet is delivered before it."""
    receiver = SlowReceiver()
    sinks = f'  - {{name: hook, type: webhook, url: "http://127.0.0.1:{receiver.server_address[1]}/", allow: [127.0.0.0/8]}}\n'
    with Service(PROGRAM, config(sinks=sinks)) as service:
        equal(post(service, [password(f"d{i}", "a@acme.example") for i in range(60)]), 200, "sixty at once")
        equal(service.stop(), 0, "exit code")
    receiver.shutdown()
    receiver.server_close()
    equal(dict(receiver.ids), {f"okta:d{i}": 1 for i in range(60)}, "what the sink got")


# ---- 37, 41, 9 ------------------------------------------------------------------------------------------------------

def bombs_are_refused():
    """Bodies that unpack to 256 MiB: 413, memory as before, and the next client is served."""
    bomb = gzip.compress(b" " * (256 << 20), 6)
    with Service(PROGRAM, config()) as service:
        equal(post(service, [password("p0", "a@acme.example")]), 200, "before")
        before = metric(service, "process_resident_memory_bytes")
        for _ in range(4):
            status = send(service.url("/ingest"), "POST", "/ingest", bomb, {"Content-Encoding": "gzip"})[0]
            equal(status, 413, "a bomb")
        grown = metric(service, "process_resident_memory_bytes") - before
        check(grown < 150e6, f"memory grew by {grown / 1e6:.0f} MB")
        equal(post(service, [password("p1", "a@acme.example")]), 200, "after")
        service.wait_alerts(2)
        equal(service.stop(), 0, "exit code")


def tenants_are_apart():
    sources = "".join(f'  - {{name: {name}, type: http, listen: "127.0.0.1:0", path: /{name}, source: okta, tenant: {name}}}\n' for name in ("red", "blue"))
    with folder() as place, Service(PROGRAM, config(sources, store=place + "/store")) as service:
        equal(post(service, [failure("r1", "alice@acme.example"), failure("r2", "alice@acme.example")], "/red"), 200, "red")
        equal(post(service, [failure("b1", "alice@acme.example"), failure("b2", "alice@acme.example")], "/blue"), 200, "blue")
        equal(post(service, [password("p", "alice@acme.example")], "/blue"), 200, "what comes last")
        service.wait(lambda: alerts_of(service, "password_changed"), "what came last")
        equal(alerts_of(service, "three_failures"), [], "windows over tenants")
        equal(post(service, [failure("r3", "alice@acme.example")], "/red"), 200, "red's third")
        service.wait(lambda: alerts_of(service, "three_failures"), "red's window")
        equal(service.stop(), 0, "exit code")
        equal([(alert["tenant"], sorted(alert["events"])) for alert in alerts_of(service, "three_failures")],
              [("red", ["okta:r1", "okta:r2", "okta:r3"])], "alerts")


def a_second_process_is_refused():
    with folder() as place, Service(PROGRAM, config(store=place + "/store")) as service:
        service.url("/ingest")
        with Service(PROGRAM, config(store=place + "/store")) as second:
            code = second.process.wait(timeout=30)
            second.wait(lambda: any(f"(pid {service.process.pid}) has the store open" in text for text in second.log), "the reason")
            check(code not in (0, -signal.SIGKILL), f"exit code {code}")
        equal(post(service, [password("p", "a@acme.example")]), 200, "the first goes on")
        service.wait_alerts(1)
        equal(service.stop(), 0, "exit code")


run_cases([(case.__name__.replace("_", " "), case) for case in (
    a_broker_out_of_reach, late_future_and_missing_times, the_wall_clock_jumps_ahead, the_wall_clock_jumps_back,
    a_corrected_clock_is_taken_over, a_store_from_the_future_is_told, changed_identities_are_told, overload_answers_503, broken_rules_leave_the_old, changed_rules_and_their_windows,
    a_window_longer_than_the_log_is_warming, reload_under_load, reloads_in_a_row_lose_nothing, clean_stops_repeat_nothing, a_stop_delivers_what_was_accepted, bombs_are_refused, tenants_are_apart, a_second_process_is_refused)])
