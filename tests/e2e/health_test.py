"""What the service alerts on by itself, from outside: each once, durable over kill -9, routed, and told to end. Usage:
health_test.py PROGRAM"""
import json
import os
import shutil
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from service import Service, check, equal, failure, line, password, run_cases, send, unused_port  # noqa: E402

PROGRAM = sys.argv[1]
CONFIG = """\
store: {path: "@OUTSIDE@/store"}
rules: {paths: [rules.yml]}
sources:
  - {name: in, type: http, listen: "127.0.0.1:0", path: /in, source: okta, limits: {body: 4KiB}, silent_after: 4s,
     canary: {contains: canary-of-the-test, every: 3s, grace: 2s}}
  - {name: slow, type: http, listen: "127.0.0.1:0", path: /slow, source: okta, silent_after: 45s, tenant: acme}
  - {name: gone, type: kafka, brokers: ["127.0.0.1:@DEAD@"], topics: [t], source: okta}
sinks:
  - {name: all, type: file, path: "@OUTSIDE@/all.jsonl"}
  - {name: quiet, type: file, path: "@OUTSIDE@/quiet.jsonl"}
routes:
  - {match: {rule: [vedette.source_silent]}, to: [quiet]}
  - {match: {level: high}, to: [all]}
admin: {listen: "127.0.0.1:0"}
"""


def ask(service, target, body=None):
    """(status, body)."""
    return send(service.url(target), "GET" if body is None else "POST", target, body or b"")[::2]


class Outside:
    """A folder that outlives the service, and what its sinks wrote there."""

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="vedette-health-")
        self.config = CONFIG.replace("@OUTSIDE@", self.folder).replace("@DEAD@", str(unused_port()))
        return self

    def __exit__(self, *unused):
        shutil.rmtree(self.folder, ignore_errors=True)

    def alerts(self, sink):
        path = os.path.join(self.folder, sink + ".jsonl")
        if not os.path.exists(path):
            return []
        with open(path) as file:
            return [json.loads(text) for text in file if text.endswith("\n")]

    def has(self, sink, kind, subject):
        return any(each["rule_id"] == "vedette." + kind and subject in each["group"].values() for each in self.alerts(sink))


def told_once_over_a_kill():
    with Outside() as outside:
        with Service(PROGRAM, outside.config) as service:
            equal(ask(service, "/in", line(password("p1", "ann@acme.example")))[0], 200, "an event")
            equal(ask(service, "/in", line({"uuid": "c1", "note": "canary-of-the-test"}))[0], 200, "a canary")
            service.wait(lambda: 'vedette_canaries_total{source="in"} 1' in ask(service, "/metrics")[1], "the counted canary")
            check('vedette_canary_last_seen_timestamp_seconds{source="in"}' in ask(service, "/metrics")[1], "when it was seen")
            equal(ask(service, "/in", "x" * 5000)[0], 413, "a large body")
            for kind, subject in (("body_too_large", "in"), ("canary_missing", "in"), ("source_down", "gone")):
                def found():
                    equal(ask(service, "/slow", line(password("s", "ann@acme.example")))[0], 200, "the slow source lives")
                    return outside.has("all", kind, subject)
                service.wait(found, f"{kind} of {subject}", 120)
            service.wait(lambda: outside.has("quiet", "source_silent", "in"), "the silence")
        # The service was killed: it left without a word.
        with Service(PROGRAM, outside.config) as service:
            metrics = ask(service, "/metrics")[1]
            for kind, subject in (("body_too_large", "in"), ("canary_missing", "in"), ("source_down", "gone"), ("source_silent", "in")):
                check(f'vedette_health_open{{kind="{kind}",subject="{subject}"}} 1' in metrics, f"{kind} is still open:\n{metrics}")
            # By then everything else has been judged again for longer than it needs to begin.
            service.wait(lambda: outside.has("quiet", "source_silent", "slow"), "the silence of the slow source", 120)
            # By id: what was delivered just before the kill may come a second time.
            once = {each["alert_id"]: (each["rule_id"], tuple(each["group"].values())) for sink in ("all", "quiet")
                    for each in outside.alerts(sink) if each["rule_id"].startswith("vedette.")}
            equal(sorted(once.values()), [("vedette.body_too_large", ("in",)), ("vedette.canary_missing", ("in",)), ("vedette.source_down", ("gone",)),
                                 ("vedette.source_silent", ("in",)), ("vedette.source_silent", ("slow",))], "health alerts, each once")
            down = next(each for each in outside.alerts("all") if each["rule"] == "vedette.source_down")
            equal((down["level"], down["group"], down["source"], down["events"], down["status"], down["tenant"]),
                  ("high", {"source": "gone"}, [], [], "new", "default"), "its alert")
            check("out of reach" in down["reason"], down["reason"])
            equal([each["tenant"] for each in outside.alerts("quiet") if each["group"].get("source") == "slow"], ["acme"], "its tenant")
            # A silence ends with a record, and the next one is another.
            equal(ask(service, "/in", line({"uuid": "c2", "note": "canary-of-the-test"}))[0], 200, "the canary is back")
            service.wait(lambda: any("source_silent has ended" in text for text in service.log), "the end of the silence")
            service.wait(lambda: any("canary_missing has ended" in text for text in service.log), "the end of the canary's absence")
            service.wait(lambda: len({each["alert_id"] for each in outside.alerts("quiet") if each["group"].get("source") == "in"}) == 2,
                         "the second silence")
            for sink in ("all", "quiet"):
                ids = [each["alert_id"] for each in outside.alerts(sink)]
                check(all(ids.count(each) <= 2 for each in ids), f"ids of {sink}, again only after the kill: {ids}")
            equal(service.stop(), 0, "exit code")


WAITING = """\
title: Password changed, and no failed sign-in follows
name: changed_and_quiet
status: test
correlation:
  type: temporal_ordered
  rules: [password_changed, failed]
  group-by: [actor.alternateId]
  timespan: 20s
  settle: 1s
  condition: password_changed and not failed
level: high
"""


def with_a_waiting_rule(outside):
    """With `in` as the only source."""
    with open(os.path.join(outside.folder, "waiting.yml"), "w") as file:
        file.write(WAITING)
    config = outside.config.replace("paths: [rules.yml]", f'paths: [rules.yml, "{outside.folder}/waiting.yml"]')
    return "\n".join(text for text in config.split("\n") if "name: slow" not in text and "name: gone" not in text)


def silence_everywhere_holds_nothing():
    """The only source falls silent: a quiet hour, and what was due is decided."""
    with Outside() as outside:
        with Service(PROGRAM, with_a_waiting_rule(outside)) as service:
            equal(ask(service, "/in", line(password("w1", "ann@acme.example", 0)))[0], 200, "an event")
            service.wait(lambda: any(each["rule"] == "changed_and_quiet" for each in outside.alerts("all")), "the decision", 90)
            check('vedette_health_open{kind="source_silent",subject="in"} 1' in ask(service, "/metrics")[1], "the silence is told all the same")
            equal(service.stop(), 0, "exit code")


def a_silent_source_holds_what_waits_for_it():
    """Another source is alive."""
    with Outside() as outside:
        beat = os.path.join(outside.folder, "auth.log")
        open(beat, "w").close()
        config = with_a_waiting_rule(outside).replace(
            "sinks:", f'  - {{name: ssh, type: file, path: "{beat}", source: sshd, follow: true}}\nsinks:')

        def waited():
            return any(each["rule"] == "changed_and_quiet" for each in outside.alerts("all"))

        with Service(PROGRAM, config) as service:
            equal(ask(service, "/in", line(password("w1", "ann@acme.example", 0)))[0], 200, "an event")
            begun = time.monotonic()
            service.wait(lambda: any("rules that wait for it hold" in text for text in service.log), "the mark")
            # Its decision is due after 21 s: log time stands still, so that time alone must not make it.
            service.wait(lambda: time.monotonic() - begun > 24, "the deadline", 60)
            check(not waited(), "a decision without its source")
        with Service(PROGRAM, config) as service:
            service.url("/metrics")
            begun = time.monotonic()
            service.wait(lambda: time.monotonic() - begun > 3, "three steps of the service", 60)
            check(not waited(), "a decision without its source, after a kill")
            equal(ask(service, "/in", line(password("w2", "bob@acme.example", 0)))[0], 200, "a record")
            service.wait(waited, "the decision")
            equal([each["incomplete"] for each in outside.alerts("all") if each["rule"] == "changed_and_quiet"], [False], "it is whole")
            equal(service.stop(), 0, "exit code")


def a_degraded_rule_and_a_gap_are_told():
    with Outside() as outside:
        followed = os.path.join(outside.folder, "followed.log")
        with open(followed, "w") as file:
            file.write(line(password("g1", "ann@acme.example")) + "\n")
        config = outside.config.replace('store"}', 'store", memory: {budget: 16MiB}}').replace("limits: {body: 4KiB}, silent_after: 4s", "silent_after: off")
        config = "\n".join(text for text in config.split("\n") if "name: gone" not in text and "canary" not in text)
        config = config.replace("silent_after: off,", "silent_after: off}").replace(
            "sinks:", f'  - {{name: followed, type: file, path: "{followed}", source: okta, follow: true}}\nsinks:')
        with Service(PROGRAM, config) as service:
            service.wait(lambda: any(each["events"] == ["okta:g1"] for each in outside.alerts("all")), "the line of the file")
            number = 0
            while not outside.has("all", "rule_degraded", "three_failures"):
                check(number < 400_000, "16 MiB hold more groups than they can")
                body = "".join(line(failure(f"n{i}", f"user{i}@acme.example", 0)) + "\n" for i in range(number, number + 5000))
                status = ask(service, "/in", body)[0]
                check(status in (200, 503), f"answered {status}")
                number += 5000 if status == 200 else 0
        os.remove(followed)
        with open(followed, "w") as file:
            file.write(line(password("g2", "ann@acme.example")) + "\n" + line(password("g3", "ann@acme.example")) + "\n")
        with Service(PROGRAM, config) as service:
            service.wait(lambda: outside.has("all", "history_gap", "followed"), "the gap")
            # The first service was killed as soon as its alert was seen: it may have been delivered again, with the same id.
            told = {each["alert_id"]: each["rule"] for each in outside.alerts("all") if each["rule"].startswith("vedette.")}
            equal(sorted(told.values()), ["vedette.history_gap", "vedette.rule_degraded"], "health alerts, each once")
            equal(service.stop(30), 0, "exit code")


def off_means_metrics_only():
    with Outside() as outside:
        with Service(PROGRAM, outside.config + "health: off\n") as service:
            equal(ask(service, "/in", "x" * 5000)[0], 413, "a large body")
            service.wait(lambda: 'vedette_health_open{kind="body_too_large",subject="in"} 1' in ask(service, "/metrics")[1], "the condition")
            equal(ask(service, "/in", line(password("p1", "ann@acme.example")))[0], 200, "an event")
            service.wait(lambda: outside.alerts("all"), "its alert")
            equal(service.stop(), 0, "exit code")
        equal([each["rule"] for each in outside.alerts("all")], ["password_changed"], "alerts")


run_cases([(case.__name__.replace("_", " "), case) for case in (
    told_once_over_a_kill, a_silent_source_holds_what_waits_for_it, silence_everywhere_holds_nothing, a_degraded_rule_and_a_gap_are_told, off_means_metrics_only)])
