"""A service to be measured, the load client, and what a sample says."""
import json
import os
import re
import shutil
import subprocess
import tempfile
import threading
import time
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
RULES = os.path.join(HERE, "..", "rules")
SECRET = "bench-secret"
TICK = os.sysconf("SC_CLK_TCK")
HOOK = """\
store: {{path: {folder}/store}}
rules: {{paths: [{rules}/service.yml, {rules}/twentyfive.yml]}}
sources:
  - {{name: hook, type: okta_hook, listen: "127.0.0.1:0", path: /okta, auth: {{secrets: [{{env: BENCH_SECRET}}]}}}}
sinks:
  - {{name: out, type: stdout}}
admin: {{listen: "127.0.0.1:0"}}
log: {{format: json, level: info}}
"""


class Tools:
    def __init__(self, build):
        self.program = os.path.join(build, "bin", "vedette")
        self.client = os.path.join(build, "bench", "vedette-bench-load")
        self.bus = os.path.join(build, "bench", "vedette-bench-kafka")
        for tool in (self.program, self.client, self.bus):
            if not os.access(tool, os.X_OK):
                raise SystemExit(f"{tool} is not there: build vedette, vedette-bench-load and vedette-bench-kafka")


class Live:
    """`vedette run` on a configuration in a folder of its own; its standard output is a pipe for the load client."""

    def __init__(self, tools, config, folder=None, **values):
        self.folder = folder or tempfile.mkdtemp(prefix="vedette-bench-")
        self.began = time.monotonic()
        path = os.path.join(self.folder, "vedette.yml")
        with open(path, "w") as file:
            file.write(config.format(folder=self.folder, rules=os.path.abspath(RULES), **values))
        self.log, self._changed = [], threading.Condition()
        self.process = subprocess.Popen([tools.program, "run", "-c", path], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        env={**os.environ, "BENCH_SECRET": SECRET})
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def kill(self):
        self.process.kill()
        self.process.wait()
        self._reader.join(timeout=10)
        self.process.stdout.close()

    def _read(self):
        for raw in self.process.stderr:
            with self._changed:
                self.log.append(raw.decode(errors="replace").rstrip("\n"))
                self._changed.notify_all()

    def find(self, pattern, seconds=120):
        """The first log line that has it, as a match."""
        end = time.monotonic() + seconds
        with self._changed:
            while True:
                for text in self.log:
                    if match := re.search(pattern, text):
                        return match
                if time.monotonic() > end or self.process.poll() is not None:
                    raise SystemExit(f"no '{pattern}' in the log:\n" + "\n".join(self.log[-20:]))
                self._changed.wait(0.2)

    def port(self, path):
        return int(self.find(rf"listening http://[^/]*:(\d+){path}$")[1])

    def metrics(self):
        """Asked twice: what the engine counts is collected for the next time."""
        self._scrape()
        time.sleep(1)
        text = self._scrape()
        pairs = (line.rsplit(" ", 1) for line in text.splitlines() if line and not line.startswith("#"))
        return {name: float(value) for name, value in pairs}

    def _scrape(self):
        return urllib.request.urlopen(f"http://127.0.0.1:{self.port('/metrics')}/metrics", timeout=30).read().decode()

    def cpu(self):
        return cpu_seconds(self.process.pid)


def own_view(seen):
    """What the service's own histogram says: from receipt to the making of the alert."""
    count = seen["vedette_event_to_alert_seconds_count"]
    syncs = seen["vedette_store_writes_total"]
    return (f"by its own metrics, all loads: event to alert mean {seen['vedette_event_to_alert_seconds_sum'] / count * 1e3:.2f} ms of {count:.0f}; "
            f"synced writes mean {seen['vedette_store_sync_seconds_total'] / syncs * 1e3:.2f} ms, slowest {seen['vedette_store_sync_max_seconds'] * 1e3:.1f} ms")


def cpu_seconds(pid):
    """User and system time of a process and all its threads."""
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def memory(pid):
    """(resident, peak) bytes."""
    with open(f"/proc/{pid}/status") as file:
        text = file.read()
    return tuple(int(re.search(rf"{key}:\s+(\d+) kB", text)[1]) * 1024 for key in ("VmRSS", "VmHWM"))


def load(tools, mode, live=None, stdin=None, stdout=None, timeout=1800, **arguments):
    """Runs the load client to its end; returns its report."""
    with tempfile.NamedTemporaryFile(prefix="vedette-bench-") as report:
        words = [f"{key.replace('_', '-')}={value}" for key, value in arguments.items()]
        done = subprocess.run([tools.client, mode, f"report={report.name}", *words], timeout=timeout,
                              stdin=live.process.stdout if live else stdin or subprocess.DEVNULL, stdout=stdout)
        text = report.read().decode()
    if done.returncode not in (0, 1) or not text:
        tail = "\n".join(live.log[-10:]) if live else ""
        raise SystemExit(f"the load client ended with {done.returncode}\n{tail}")
    return json.loads(text)


def hook_load(tools, live, options, **arguments):
    return load(tools, "http", live, port=live.port("/okta"), path="/okta", header=f"Authorization: {SECRET}",
                connections=options.connections, **arguments)


def median(values):
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def spread(values, form="{:.2f}"):
    low, high = form.format(min(values)), form.format(max(values))
    return f"{form.format(median(values))} ({low} to {high}, {len(values)} samples)"


def verdict(name, value, must, aim, unit="", at_least=False):
    """Prints one line of the table; True when the must is met."""
    met = (lambda limit: value >= limit) if at_least else (lambda limit: value <= limit)
    words = "meets the aim" if met(aim) else "meets the must" if met(must) else "MISSED"
    print(f"{name}: {value:.2f}{unit}, must {must}{unit}, aim {aim}{unit}: {words}", flush=True)
    return met(must)


def machine(tools):
    version = subprocess.run([tools.program, "version"], capture_output=True, text=True).stdout.strip().replace("\n", "; ")
    load_average = " ".join(f"{value:.1f}" for value in os.getloadavg())
    return f"{version}; {os.cpu_count()} cores; load average {load_average}"
