"""A Prometheus for tests: Debian's package unpacked once into .deps/prometheus, never installed."""
import glob
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.parse
import urllib.request

ROOT = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
HOME = os.path.join(ROOT, ".deps", "prometheus")
PROMTOOL = os.path.join(HOME, "usr", "bin", "promtool")
PROMETHEUS = os.path.join(HOME, "usr", "bin", "prometheus")


def fetch():
    if os.path.exists(PROMTOOL):
        return
    with tempfile.TemporaryDirectory(prefix="vedette-prometheus-") as folder:
        download = ["apt-get", "-o", "APT::Sandbox::User=root", "download", "prometheus"]
        if subprocess.run(download, cwd=folder, capture_output=True, timeout=300).returncode != 0:
            subprocess.run(["apt-get", "update"], capture_output=True, timeout=300)
            subprocess.run(download, cwd=folder, check=True, timeout=300)
        shutil.rmtree(HOME, ignore_errors=True)
        os.makedirs(os.path.dirname(HOME), exist_ok=True)
        subprocess.run(["dpkg", "-x", *glob.glob(os.path.join(folder, "prometheus_*.deb")), HOME], check=True, timeout=120)


def promtool(*arguments, text=""):
    """Returns (exit code, everything printed)."""
    done = subprocess.run([PROMTOOL, *arguments], input=text, capture_output=True, text=True, timeout=120)
    return done.returncode, done.stdout + done.stderr


class Prometheus:
    """Scrapes one address of this machine every second, with the given rules."""

    def __init__(self, target, rules):
        self.folder = tempfile.mkdtemp(prefix="vedette-prometheus-")
        config = {"global": {"scrape_interval": "1s", "evaluation_interval": "1s"}, "rule_files": [rules],
                  "scrape_configs": [{"job_name": "vedette", "static_configs": [{"targets": [target]}]}]}
        path = os.path.join(self.folder, "prometheus.yml")
        with open(path, "w") as file:
            json.dump(config, file)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.address = f"127.0.0.1:{probe.getsockname()[1]}"
        self.log = open(os.path.join(self.folder, "log"), "w+")
        self.process = subprocess.Popen([PROMETHEUS, f"--config.file={path}", f"--storage.tsdb.path={self.folder}/data",
                                         f"--web.listen-address={self.address}"], stdout=self.log, stderr=subprocess.STDOUT)

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def get(self, path):
        with urllib.request.urlopen(f"http://{self.address}/api/v1/{path}", timeout=5) as answer:
            return json.load(answer)["data"]

    def value(self, expression):
        """The sum of the samples; None when there are none."""
        samples = self.get("query?" + urllib.parse.urlencode({"query": expression}))["result"]
        return sum(float(sample["value"][1]) for sample in samples) if samples else None

    def wait(self, test, what, seconds=60):
        end = time.monotonic() + seconds
        while True:
            try:
                if test():
                    return
            except OSError:
                pass  # it is starting
            if time.monotonic() > end or self.process.poll() is not None:
                self.log.seek(0)
                raise AssertionError(f"waited in vain for {what}; Prometheus said:\n{self.log.read()[-2000:]}")
            time.sleep(0.2)
