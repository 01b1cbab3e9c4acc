"""The runner's half of the protocol: requests as JSON lines to a child process, one answer each. See README.md."""
import datetime
import json
import re
import subprocess
import threading

TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?Z")


def time_text(us):
    seconds, rest = divmod(us, 1_000_000)
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S") + f".{rest:06d}Z"


def time_us(text):
    found = TIME.fullmatch(text)
    if not found:
        raise ValueError(f"`{text}` is not a time such as 2026-03-08T00:00:00.000001Z")
    whole = datetime.datetime.fromisoformat(found[1]).replace(tzinfo=datetime.timezone.utc)
    return int(whole.timestamp()) * 1_000_000 + int((found[2] or "").ljust(6, "0")[:6])


def request(case, run):
    events = [{"id": event.id, "source": event.source, "time": time_text(event.time), "arrival": time_text(event.arrival),
               "fields": event.fields} for event in run.events]
    return {"case": case.name, "run": run.label, "rules": case.rules, "documents": case.documents, "sources": case.sources,
            "drain": case.drain, "events": events}


class EngineFailure(Exception):
    """The engine ended, said nothing in time, or answered with something else than the protocol allows."""


class Engine:
    """One child process; started when first asked and again after a failure."""

    def __init__(self, argv, timeout):
        self.argv, self.timeout, self.process = argv, timeout, None

    def ask(self, message):
        if self.process is None:
            self.process = subprocess.Popen(self.argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8")
        process = self.process
        watchdog = threading.Timer(self.timeout, process.kill)
        watchdog.start()
        try:
            process.stdin.write(json.dumps(message, default=str) + "\n")
            process.stdin.flush()
            line = process.stdout.readline()
        except BrokenPipeError:
            line = ""
        finally:
            watchdog.cancel()
        if not line:
            code = self.end()
            raise EngineFailure(f"no answer (it ended with {code}; the limit is {self.timeout:g} s)")
        try:
            answer = json.loads(line)
        except ValueError as error:
            raise EngineFailure(f"not JSON: {line[:200]!r}") from error
        if not isinstance(answer, dict) or not {"firings", "unsupported", "error"} & set(answer):
            raise EngineFailure(f"neither firings nor unsupported nor error: {line[:200]!r}")
        if "error" in answer:
            raise EngineFailure(str(answer["error"]))
        return answer

    def end(self):
        """Closes its input, gives it a moment, then kills it; its exit code."""
        process, self.process = self.process, None
        if process is None:
            return 0
        try:
            process.stdin.close()
        except BrokenPipeError:
            pass
        try:
            return process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait()
        finally:
            process.stdout.close()


def serve(answer, stdin, stdout):
    """An engine's half: calls answer(request) for each line."""
    for line in stdin:
        stdout.write(json.dumps(answer(json.loads(line))) + "\n")
        stdout.flush()
