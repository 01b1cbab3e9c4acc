"""What cannot be read is kept in the store with its reason, whatever is killed; a record that crashes the process does so twice.
Usage: poison_test.py PROGRAM"""
import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile

from service import Service, check, equal, failure, line, run_cases, send

PROGRAM = sys.argv[1]
MARKER = "poison-marker-77"
CONFIG = """\
rules: {paths: [rules.yml]}
store: {path: "@STORE@/store"}
sources:
  - {name: hook, type: okta_hook, listen: "127.0.0.1:0", path: /okta, auth: {secrets: [{env: E2E_SECRET}]}}
  - {name: other, type: http, listen: "127.0.0.1:0", path: /ingest, source: okta}
  - {name: followed, type: file, path: "@STORE@/okta.ndjson", source: okta, follow: true}
sinks:
  - {name: out, type: stdout}
admin: {listen: "127.0.0.1:0"}
log: {format: json, level: info}
"""


class Place:
    """A store's folder that outlives the services on it."""

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="vedette-poison-")
        return self

    def __exit__(self, *unused):
        shutil.rmtree(self.folder, ignore_errors=True)

    def serve(self):
        return Service(PROGRAM, CONFIG.replace("@STORE@", self.folder), {"E2E_SECRET": "secret-1", "VEDETTE_CRASHPOINT": MARKER})

    def path(self, name):
        return os.path.join(self.folder, name)

    def rejects(self):
        result = subprocess.run([PROGRAM, "store", "rejects", self.path("store"), "--format", "json"], capture_output=True, text=True,
                                timeout=60)
        equal(result.returncode, 0, result.stderr)
        return json.loads(result.stdout)

    def suspects(self):
        return os.path.getsize(self.path("store/suspects"))


def post(service, path, body):
    return send(service.url(path), "POST", path, body, {"Authorization": "secret-1"})[0]


def metrics(service):
    return send(service.url("/metrics"), "GET", "/metrics")[2]


def dies(service):
    equal(service.process.wait(timeout=60), -signal.SIGABRT, "the process' end\n" + "\n".join(service.log[-20:]))


def a_record_that_crashes_does_so_twice():
    with Place() as place:
        events = [failure("f1", "a@acme.example"), failure(MARKER, "p@acme.example"), failure("f2", "a@acme.example")]
        with place.serve() as service:
            try:
                equal(post(service, "/ingest", "".join(line(event) + "\n" for event in events).encode()), 200, "the request")
            except (http.client.HTTPException, OSError):
                pass  # the record may be worked on, after the synced write, before its answer is sent
            dies(service)
        with place.serve() as service:
            dies(service)
        equal(place.suspects(), 16, "two hashes")
        with place.serve() as service:
            equal(post(service, "/ingest", line(failure("f3", "a@acme.example")).encode()), 200, "the third start serves")
            service.wait_alerts(1)
            equal(sorted(service.parsed()[0]["events"]), ["okta:f1", "okta:f2", "okta:f3"], "what stood beside it is there")
            check("1 records that ended this process twice" in "\n".join(service.log), "the start says so")
            service.wait(lambda: 'vedette_source_errors_total{source="other",reason="crashed"} 1' in metrics(service), "a counted record")
            service.wait(lambda: "\nvedette_store_rejects 1\n" in metrics(service), "a kept record")
            equal(post(service, "/ingest", line(events[1]).encode()), 200, "it comes again")
            service.wait(lambda: 'reason="crashed"} 2' in metrics(service), "it is passed over again")
            equal(service.stop(), 0, "exit code")
        rejects = place.rejects()
        equal([(each["source"], each["reason"], MARKER in each["bytes"]) for each in rejects], [("other", "crashed", True)] * len(rejects),
              "what is kept")
        check(rejects, "nothing is kept")


def a_kill_makes_no_suspects():
    with Place() as place:
        with place.serve() as service:
            for i in range(20):
                equal(post(service, "/ingest", line(failure(f"k{i}", "a@acme.example")).encode()), 200, "a request")
            service.process.send_signal(signal.SIGKILL)
            service.process.wait(timeout=30)
        equal(place.suspects(), 0, "suspects")
        with place.serve() as service:
            service.url("/metrics")
            service.process.send_signal(signal.SIGSEGV)
            equal(service.process.wait(timeout=30), -signal.SIGSEGV, "a fault signal from outside ends it")
        equal(place.suspects(), 0, "suspects")


def what_cannot_be_read_is_kept_before_the_answer():
    with Place() as place:
        with place.serve() as service:
            equal(post(service, "/okta", b'{"no json, hook'), 200, "an authorised bad body")
            equal(post(service, "/okta", b"  "), 200, "an empty body")
            equal(post(service, "/ingest", (line(failure("g1", "a@acme.example")) + '\n{"half": "framed').encode()), 200, "half good")
            equal(post(service, "/ingest", b'{"only": "bad framing'), 200, "nothing good")
            equal(post(service, "/ingest", b'{"text":"\xff"}'), 200, "no UTF-8")
            service.process.send_signal(signal.SIGKILL)
            service.process.wait(timeout=30)
        with open(place.path("okta.ndjson"), "w") as file:
            file.write("no json, file\n" + line(failure("g2", "a@acme.example")) + "\n")
        for _ in range(2):
            with place.serve() as service:
                service.wait(lambda: "\nvedette_store_rejects 6\n" in metrics(service), "six kept records")
                equal(service.stop(), 0, "exit code")
            kept = sorted((each["source"], each["reason"], each.get("bytes", each.get("hex"))) for each in place.rejects())
            equal(kept, [("followed", "json", "no json, file"), ("hook", "json", "  "), ("hook", "json", '{"no json, hook'),
                         ("other", "json", '{"half": "framed'), ("other", "json", '{"only": "bad framing'),
                         ("other", "utf8", b'{"text":"\xff"}'.hex())], "what is kept")
        people = subprocess.run([PROGRAM, "store", "rejects", place.path("store")], capture_output=True, text=True, timeout=60)
        check("followed at 0  json: " in people.stdout and "\n  no json, file\n" in people.stdout, people.stdout)
        check("6 records were refused" in people.stderr, people.stderr)
        equal(subprocess.run([PROGRAM, "store", "verify", place.path("store")], capture_output=True, timeout=60).returncode, 0, "verify")


run_cases([(case.__name__.replace("_", " "), case) for case in (a_record_that_crashes_does_so_twice, a_kill_makes_no_suspects,
                                              what_cannot_be_read_is_kept_before_the_answer)])
