"""The program under test as a running service, synthetic Okta events, and a tiny test runner."""
import datetime
import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback

RULES = """\
title: Password changed
id: 8d0a6c8e-3c0f-4a0e-9a0a-0c1d2e3f4a5b
name: password_changed
status: test
logsource: {product: okta, service: okta}
detection:
  selection: {eventType: user.account.update_password}
  condition: selection
level: low
---
title: Failed sign-in
id: 5b1a7a60-6e53-4d1b-9a52-2f1f7d0f2c11
name: failed
status: test
logsource: {product: okta, service: okta}
detection:
  selection: {eventType: user.session.start, outcome.result: FAILURE}
  condition: selection
level: informational
---
title: Three failed sign-ins
id: 0f6d4e0a-6a8e-4b7b-8a53-8a3c5d9e1f20
name: three_failures
status: test
correlation:
  type: event_count
  rules: [failed]
  group-by: [actor.alternateId]
  timespan: 10m
  condition: {gte: 3}
level: high
---
title: The load test signs in with wrong passwords
id: 2b7d7a0e-59a4-4f0c-8a66-3a9d6d1f7c42
name: load_test
logsource: {product: okta}
filter:
  rules: [failed]
  robot: {actor.alternateId: robot@acme.example}
  condition: not robot
"""


def okta(uuid, event_type, actor, result="SUCCESS", ago=60.0):
    """One Okta System Log event, `ago` seconds old."""
    when = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=ago)
    return {
        "uuid": uuid,
        "published": when.strftime("%Y-%m-%dT%H:%M:%S.") + f"{when.microsecond // 1000:03d}Z",
        "eventType": event_type,
        "version": "0",
        "severity": "INFO",
        "displayMessage": "synthetic",
        "actor": {"id": "00u1", "type": "User", "alternateId": actor, "displayName": actor, "detailEntry": None},
        "client": {"ipAddress": "192.0.2.10", "userAgent": None, "geographicalContext": None, "zone": "null", "device": "Computer", "id": None},
        "outcome": {"result": result, "reason": None},
        "target": None,
    }


def failure(uuid, actor, ago=60.0):
    return okta(uuid, "user.session.start", actor, "FAILURE", ago)


def password(uuid, actor, ago=60.0):
    return okta(uuid, "user.account.update_password", actor, "SUCCESS", ago)


def line(event):
    return json.dumps(event, separators=(",", ":"))


def send(address, method, path, body=b"", headers=None):
    """One request on a connection of its own; (status, headers, body)."""
    connection = http.client.HTTPConnection(*address, timeout=60)
    try:
        connection.request(method, path, body, headers or {})
        response = connection.getresponse()
        return response.status, dict(response.getheaders()), response.read().decode()
    finally:
        connection.close()


def unused_port():
    """Nobody listens there."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


class Service:
    """`vedette run` on a configuration; alerts and log lines are collected while it runs."""

    def __init__(self, program, config, environment=None, files=None):
        self.folder = tempfile.mkdtemp(prefix="vedette-e2e-")
        self.path("rules.yml", RULES)
        for name, content in (files or {}).items():
            self.path(name, content)
        self.alerts, self.times, self.log = [], [], []
        self._changed = threading.Condition()
        path = self.path("vedette.yml", config.replace("@FOLDER@", self.folder))
        self.process = subprocess.Popen([program, "run", "-c", path], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                        env={**os.environ, **(environment or {})})
        self._threads = [threading.Thread(target=self._collect, args=(self.process.stdout, self._on_alert), daemon=True),
                         threading.Thread(target=self._collect, args=(self.process.stderr, self.log.append), daemon=True)]
        for thread in self._threads:
            thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def path(self, name, content=None):
        path = os.path.join(self.folder, name)
        if content is not None:
            with open(path, "w") as file:
                file.write(content)
        return path

    def wait(self, test, what, seconds=30.0):
        end = time.monotonic() + seconds
        with self._changed:
            while not test():
                left = end - time.monotonic()
                if left <= 0 or (self.process.poll() is not None and not any(t.is_alive() for t in self._threads)):
                    raise AssertionError(f"waited in vain for {what}; alerts: {self.alerts}; log:\n" + "\n".join(self.log[-40:]))
                self._changed.wait(min(left, 0.2))

    def url(self, path):
        """The address that the service said it listens on for this path, as (host, port)."""
        def found():
            return [m for m in (re.match(r"listening http://([^/:]+):(\d+)(/.*)$", text) for text in self.log) if m and m[3] == path]
        self.wait(found, f"the listening line of {path}")
        return found()[0][1], int(found()[0][2])

    def wait_alerts(self, count, seconds=30.0):
        self.wait(lambda: len(self.alerts) >= count, f"{count} alerts", seconds)

    def parsed(self):
        return [json.loads(text) for text in self.alerts]

    def stop(self, seconds=15.0):
        """SIGTERM; returns the exit code."""
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(timeout=seconds)
        for thread in self._threads:
            thread.join(timeout=5)
        return code

    def _on_alert(self, text):
        self.times.append(time.monotonic())
        self.alerts.append(text)

    def _collect(self, stream, put):
        for text in stream:
            with self._changed:
                put(text.rstrip("\n"))
                self._changed.notify_all()


def equal(actual, wanted, what):
    if actual != wanted:
        raise AssertionError(f"{what}: got {actual!r}, wanted {wanted!r}")


def check(truth, what):
    if not truth:
        raise AssertionError(what)


def run_cases(cases):
    """Runs (name, function) pairs, of names after the program only those; exits 1 when one failed."""
    wanted = [name.replace("_", " ") for name in sys.argv[2:]]
    unknown = [name for name in wanted if name not in [known for known, _ in cases]]
    if unknown:
        sys.exit(f"no case is called {unknown[0]!r}; there are: {', '.join(known for known, _ in cases)}")
    cases = [each for each in cases if not wanted or each[0] in wanted]
    failed = []
    for name, case in cases:
        begin = time.monotonic()
        try:
            case()
            print(f"ok      {name} ({time.monotonic() - begin:.1f} s)", flush=True)
        except Exception:
            failed.append(name)
            print(f"FAILED  {name}\n{traceback.format_exc()}", flush=True)
    print(f"{len(cases) - len(failed)} of {len(cases)} passed")
    sys.exit(1 if failed else 0)
