"""`vedette run` between topics of a real broker: kcat produces Okta events, the program alerts, kcat reads the alerts.
Usage: kafka_test.py PROGRAM [NAME ...]"""
import gzip
import json
import os
import signal
import socket
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "kafka"))
from broker import Broker, fetch_jars  # noqa: E402
from service import Service, check, equal, failure, line, okta, password, run_cases, send  # noqa: E402

PROGRAM = sys.argv[1]
CONFIG = """\
rules: {paths: [rules.yml]}
sources:
  - {name: identity, type: kafka, brokers: ["@BROKER@"], topics: [@TOPICS@], group: vedette, start: @START@, source: okta}
sinks:
  - {name: out, type: stdout}
  - {name: bus, type: kafka, brokers: ["@BROKER@"], topic: @ALERTS@}
admin: {listen: "127.0.0.1:0"}
log: {format: json, level: info}
health: off
"""
broker = Broker()


def serve(topics, alerts, start="earliest", group="vedette"):
    return Service(PROGRAM, CONFIG.replace("group: vedette", f"group: {group}").replace("@BROKER@", broker.address).replace("@TOPICS@", topics).replace("@ALERTS@", alerts)
                   .replace("@START@", start))


def reading(service, partitions):
    service.wait(lambda: sum("reading " in text for text in service.log) >= partitions, f"{partitions} assigned partitions")


def ready(service):
    status, _, said = send(service.url("/metrics"), "GET", "/readyz")
    return status, said


def alerts_on(topic, count, seconds=20):
    """The messages of the alert topic once there are `count`."""
    end = time.monotonic() + seconds
    messages = broker.read(topic)
    while len(messages) < count and time.monotonic() < end:
        time.sleep(0.1)
        messages = broker.read(topic)
    return messages


def events_become_alerts():
    broker.create("okta.system-log", 4)
    broker.create("alerts.1", 3)
    history = [failure(f"a{i}", "alice@acme.example", 300 - i) for i in range(3)]
    history += [failure(f"b{i}", "bob@acme.example", 300 - i) for i in range(2)]
    history += [okta(f"x{i}", "user.session.end", f"u{i}@acme.example") for i in range(200)]
    broker.produce("okta.system-log", [line(event) for event in history])
    with serve("okta.system-log", "alerts.1") as service:
        service.wait_alerts(1)
        messages = alerts_on("alerts.1", 1)
        equal(len(messages), 1, "messages on the alert topic")
        key, headers, value = messages[0]
        alert = json.loads(value)
        equal(value, service.alerts[0], "the same line on stdout and on the topic")
        equal((alert["rule"], alert["level"], alert["count"], alert["status"], alert["source"]),
              ("three_failures", "high", 3, "new", ["okta"]), "the alert")
        equal(alert["group"], {"actor.alternateId": "alice@acme.example"}, "its group")
        equal(alert["events"], ["okta:a0", "okta:a1", "okta:a2"], "its events")
        equal(headers, "alert_id=" + alert["alert_id"] + ",revision=1", "its headers")
        check("alice@acme.example" in key, f"the key names the group: {key!r}")

        reading(service, 4)
        begin = time.monotonic()
        broker.produce("okta.system-log", [line(password("live", "carol@acme.example"))])
        produced = time.monotonic()
        service.wait_alerts(2)
        print(f"        live: alert on stdout {1000 * (service.times[1] - produced):.0f} ms after kcat ended"
              f" ({1000 * (service.times[1] - begin):.0f} ms after it started)")
        equal(alerts_on("alerts.1", 2) and len(alerts_on("alerts.1", 2)), 2, "alerts on the topic")
        equal(service.stop(), 0, "exit code after SIGTERM")
    # The same log gives the same alerts.
    broker.create("alerts.2", 1)
    with serve("okta.system-log", "alerts.2") as again:
        again.wait_alerts(2)
        equal(again.stop(), 0, "exit code of the second run")
        # Partitions are read side by side: the order may differ, the set may not.
        equal(sorted(each["alert_id"] for each in again.parsed()), sorted(each["alert_id"] for each in service.parsed()), "ids of a second run")
    equal(len(alerts_on("alerts.2", 2)), 2, "what was fired before SIGTERM reached the topic")


def envelopes_and_schema_headers():
    broker.create("shapes", 1)
    broker.create("alerts.3", 1)
    event = line(password("c1", "a@acme.example"))
    broker.produce_bytes("shapes", b"\x00\x00\x00\x00\x2a" + event.encode())
    broker.produce("shapes", [json.dumps({"message": line(password("c2", "a@acme.example")), "agent": {}}),
                              json.dumps({"data": {"events": [password("c3", "a@acme.example"), password("c4", "a@acme.example")]}}),
                              json.dumps([password("c5", "a@acme.example")]), "not json"])
    with serve("shapes", "alerts.3") as service:
        service.wait_alerts(5)
        equal(service.stop(), 0, "exit code")
        equal(sorted(each["events"][0] for each in service.parsed()), [f"okta:c{i}" for i in range(1, 6)], "events")


def latest_skips_what_is_old():
    broker.create("late-start", 2)
    broker.create("alerts.4", 1)
    broker.produce("late-start", [line(password(f"old{i}", "a@acme.example")) for i in range(10)])
    with serve("late-start", "alerts.4", "latest") as service:
        reading(service, 2)
        broker.produce("late-start", [line(password("fresh", "a@acme.example"))])
        service.wait_alerts(1)
        equal(service.stop(), 0, "exit code")
        equal([each["events"] for each in service.parsed()], [["okta:fresh"]], "alerts")


def new_partitions_and_topics_are_picked_up():
    broker.create("growing", 1)
    broker.create("alerts.5", 1)
    with serve("growing, not-yet", "alerts.5", "latest") as service:
        service.wait(lambda: any("not-yet does not exist" in text for text in service.log), "the warning about the missing topic")
        service.wait(lambda: ready(service) == (200, "ready\nsource identity: topic not-yet does not exist\n"), "/readyz to name the missing topic")
        reading(service, 1)
        broker.grow("growing", 3)
        broker.create("not-yet", 1)
        broker.produce("growing", [line(password("g1", "a@acme.example")), "no JSON"], partition=2)
        service.wait(lambda: any("record refused (json), growing/2 at 1: " in text for text in service.log), "the refused record's place")
        broker.produce("not-yet", [line(password("g2", "a@acme.example"))])
        service.wait_alerts(2)
        equal(service.stop(), 0, "exit code")
        equal(sorted(each["events"][0] for each in service.parsed()), ["okta:g1", "okta:g2"], "alerts")


def a_killed_broker_loses_nothing():
    broker.create("crash", 2)
    broker.create("alerts.6", 1)
    with serve("crash", "alerts.6") as service:
        broker.produce("crash", [line(password(f"k{i}", "a@acme.example")) for i in range(5)])
        service.wait_alerts(5)
        broker.stop(signal.SIGKILL)
        time.sleep(1)
        print(f"        broker back after {broker.start():.1f} s")
        broker.produce("crash", [line(password(f"k{i}", "a@acme.example")) for i in range(5, 10)])
        service.wait_alerts(10, 60)
        check(any("down" in text or "refused" in text for text in service.log), "the outage is in the log")
        equal(service.stop(), 0, "exit code")
        names = [f"okta:k{i}" for i in range(10)]
        equal(sorted(each["events"][0] for each in service.parsed()), names, "alerts on stdout, each once")
    ids = {headers for _, headers, _ in alerts_on("alerts.6", 10)}
    equal(len(ids), 10, "alerts on the topic")


def another_consumer_of_the_group_is_refused():
    broker.create("shared", 2)
    broker.create("alerts.7", 1)
    other = broker.join("shared", "taken")
    try:
        with serve("shared", "alerts.7", group="taken") as service:
            code = service.process.wait(timeout=30)
            service.wait(lambda: any("active in group 'taken'" in text for text in service.log), "the reason")
            check(code not in (0, -9), f"exit code {code} tells of the refusal")
            equal(service.alerts, [], "alerts")
    finally:
        broker.leave(other)
    broker.produce("shared", [line(password("s1", "a@acme.example"))])
    with serve("shared", "alerts.7", group="taken") as service:
        service.wait_alerts(1)
        equal(service.stop(), 0, "exit code when it is alone")


def a_second_vedette_in_the_group_is_refused():
    """By a real broker's word: each assigns itself all partitions, so the group has no members."""
    broker.create("twice", 2)
    broker.create("alerts.twice", 1)
    with tempfile.TemporaryDirectory(prefix="vedette-kafka-") as folder:

        def start(store):
            config = CONFIG.replace("group: vedette", "group: twice").replace("@BROKER@", broker.address).replace("@TOPICS@", "twice")
            config = config.replace("@ALERTS@", "alerts.twice").replace("@START@", "earliest")
            return Service(PROGRAM, config + f'store: {{path: "{folder}/{store}"}}\n')

        def refused(store):
            with start(store) as second:
                equal(second.process.wait(timeout=60), 4, "exit code of the second")
                second.wait(lambda: any(f"another Vedette reads for group 'twice' (on {socket.gethostname()}, process {first.process.pid}" in text
                                        for text in second.log), "the reason")
                equal(second.alerts, [], "alerts")

        with start("one") as first:
            reading(first, 2)
            broker.produce("twice", [line(password("t1", "a@acme.example"))])
            first.wait_alerts(1)
            refused("two")
            broker.produce("twice", [line(password("t2", "a@acme.example"))])
            first.wait_alerts(2)
            first.process.send_signal(signal.SIGKILL)
            first.process.wait(timeout=30)
        with start("one") as first:
            begin = time.monotonic()
            reading(first, 2)
            print(f"        the same store reads {time.monotonic() - begin:.1f} s after a kill -9")
            refused("two")
            equal(first.stop(), 0, "exit code of the first")
        with start("two") as other:
            reading(other, 2)
            other.wait_alerts(2)
            check(not any("read for group" in text for text in other.log), "after a clean stop nobody is waited for")
            equal(other.stop(), 0, "exit code of another store")


def a_consumer_that_joins_and_leaves_changes_nothing():
    broker.create("visited", 2)
    broker.create("alerts.8", 1)
    with serve("visited", "alerts.8", group="visited") as service:
        reading(service, 2)
        sent = []

        def send(count):
            names = [f"v{len(sent) + i}" for i in range(count)]
            broker.produce("visited", [line(password(name, "a@acme.example")) for name in names])
            sent.extend(f"okta:{name}" for name in names)

        send(5)
        other = broker.join("visited", "visited")
        try:
            send(5)
            service.wait(lambda: any("active in group 'visited'" in text for text in service.log), "the warning about the other consumer")
            send(5)
        finally:
            broker.leave(other)
        send(5)
        service.wait(lambda: any("ours alone again" in text for text in service.log), "the end of the warning")
        send(5)
        service.wait_alerts(len(sent))
        equal(service.stop(), 0, "exit code")
        equal(sorted(each["events"][0] for each in service.parsed()), sorted(sent), "alerts, each once")


def transactions_and_lines_are_read():
    broker.create("mixed", 1)
    broker.create("alerts.9", 1)
    events = [line(password(f"m{i}", "a@acme.example")) for i in range(6)]
    for i in range(2):
        broker.produce_transaction("mixed", events[2 * i:2 * i + 2])
    broker.produce_bytes("mixed", gzip.compress("\n".join(events[4:]).encode()))
    broker.produce_bytes("mixed", b"\x00\x00\x00\x00\x2a\x06avro")
    broker.produce("mixed", [line(password("m6", "a@acme.example"))])
    with serve("mixed", "alerts.9") as service:
        service.wait_alerts(7)
        equal(service.stop(), 0, "exit code")
        equal(sorted(each["events"][0] for each in service.parsed()), [f"okta:m{i}" for i in range(7)], "alerts, each once")


def a_broker_that_is_away_at_the_start_is_waited_for():
    broker.create("early", 1)
    broker.create("alerts.10", 1)
    broker.produce("early", [line(password("e1", "a@acme.example"))])
    broker.stop(signal.SIGKILL)
    with serve("early", "alerts.10") as service:
        service.wait(lambda: any("out of reach" in text for text in service.log), "the warning about the broker")
        broker.start()
        service.wait_alerts(1, 60)
        check(len([text for text in service.log if "identity" in text]) < 20, "the outage is not told again and again:\n" + "\n".join(service.log))
        equal(service.stop(), 0, "exit code")


print(f"jars: fetched in {fetch_jars():.1f} s")
started = time.monotonic()
with broker:
    print(f"broker: ready after {time.monotonic() - started:.1f} s")
    run_cases([(case.__name__.replace("_", " "), case) for case in (
        events_become_alerts, envelopes_and_schema_headers, latest_skips_what_is_old, new_partitions_and_topics_are_picked_up,
        a_killed_broker_loses_nothing, another_consumer_of_the_group_is_refused, a_second_vedette_in_the_group_is_refused,
        a_consumer_that_joins_and_leaves_changes_nothing,
        transactions_and_lines_are_read, a_broker_that_is_away_at_the_start_is_waited_for)])
