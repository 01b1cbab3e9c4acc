#!/usr/bin/env python3
"""Vedette as an engine under test, through its command line: vedette.py PROGRAM. One replay per request."""
import json
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from suite.protocol import serve  # noqa: E402

SOURCE_TYPE = """\
source: conformance_{name}
logsource: [{{product: conformance, service: '{name}'}}]
recognise: {{all: [conformance_{name}]}}
id: event_id
time: {{path: event_time, format: iso8601}}
arrival: {{path: event_arrival, format: iso8601}}
accept: {accept_s:.0f}s
settle: {settle_s:.0f}s
"""


def record(event):
    return json.dumps({f"conformance_{event['source']}": 1, "event_id": event["id"], "event_time": event["time"],
                       "event_arrival": event["arrival"], **event["fields"]})


def firings(output):
    """What stands in the end: of each alert its last revision, unless withdrawn. A revision told twice counts twice."""
    alerts = {}
    for line in output.splitlines():
        alert = json.loads(line)
        told = alerts.setdefault(alert["alert_id"], {})
        told.setdefault(alert["revision"], []).append(alert)
    last = [told[max(told)] for told in alerts.values()]
    return [{"rule": alert["rule"], "time": alert["time"], "group": alert["group"]}
            for revision in last for alert in revision if alert["status"] == "new"]


class Vedette:
    def __init__(self, program, folder):
        self.program, self.folder = program, pathlib.Path(folder)
        self.rules = self.sources = None

    def write(self, request):
        if request["rules"] != self.rules:
            (self.folder / "rules.yml").write_text(request["rules"], encoding="utf-8")
            self.rules = request["rules"]
        if request["sources"] != self.sources:
            for old in (self.folder / "types").iterdir():
                old.unlink()
            for name, settings in request["sources"].items():
                (self.folder / "types" / f"{name}.yml").write_text(SOURCE_TYPE.format(name=name, **settings))
            self.sources = request["sources"]
        lines = "".join(record(event) + "\n" for event in request["events"])
        (self.folder / "events.ndjson").write_text(lines, encoding="utf-8")

    def answer(self, request):
        self.write(request)
        command = [self.program, "replay", "--rules", "rules.yml", "--source-types", "types", "--as-arrived", "--now", "2100-01-01",
                   "--threads", "1", "--quiet", "--format", "jsonl", "events.ndjson"]
        if not request["drain"]:
            command.append("--no-drain")
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, encoding="utf-8", check=False)
        if done.returncode != 0:
            return {"error": f"vedette ended with {done.returncode}: {done.stderr.strip()}"}
        return {"firings": firings(done.stdout)}


def main():
    program = str(pathlib.Path(sys.argv[1]).resolve())
    with tempfile.TemporaryDirectory(prefix="vedette-conformance-") as folder:
        (pathlib.Path(folder) / "types").mkdir()
        serve(Vedette(program, folder).answer, sys.stdin, sys.stdout)


if __name__ == "__main__":
    main()
