"""P16: memory of an idle service, size of the stripped program, size of the container image from what the Dockerfile puts into it."""
import os
import re
import subprocess
import tempfile
import time

from .live import RULES, Live, median, memory, spread, verdict

ROOT = os.path.abspath(os.path.join(RULES, "..", ".."))
CONFIG = """\
store: {{path: {folder}/store}}
rules: {{paths: [{packs}]}}
sources:
  - {{name: hook, type: okta_hook, listen: "127.0.0.1:0", path: /okta, auth: {{secrets: [{{env: BENCH_SECRET}}]}}}}
  - {{name: ingest, type: http, listen: "127.0.0.1:0", path: /ingest, source: auto}}
sinks:
  - {{name: log, type: file, path: "{folder}/alerts.jsonl"}}
admin: {{listen: "127.0.0.1:0"}}
log: {{format: json, level: info}}
"""
SLIM = 74.8e6  # debian:12-slim unpacked
LEFT_OUT = re.compile(r"/usr/share/(doc|man|locale|info|lintian|linda|groff)/")  # what debian:12-slim does not unpack


def idle(tools):
    with Live(tools, CONFIG, packs=os.path.join(ROOT, "rules", "packs")) as live:
        live.port("/metrics")
        time.sleep(4)
        return memory(live.process.pid)[0] / 1e6


def stripped(program):
    with tempfile.NamedTemporaryFile() as out:
        subprocess.run(["strip", "-o", out.name, program], check=True)
        return os.path.getsize(out.name) / 1e6


def closure(packages):
    """Packages with all that they depend on, as apt knows it."""
    text = subprocess.run(["apt-cache", "depends", "--recurse", "--no-recommends", "--no-suggests", "--no-conflicts", "--no-breaks", "--no-replaces",
                           "--no-enhances", *packages], capture_output=True, text=True, check=True).stdout
    return {line for line in text.splitlines() if line and not line.startswith((" ", "<"))}


def runtime_packages():
    """What the Dockerfile's last stage installs."""
    with open(os.path.join(ROOT, "Dockerfile")) as file:
        last = file.read().rsplit("\nFROM ", 1)[1].replace("\\\n", " ")
    words = re.search(r"apt-get install -y --no-install-recommends ([^&]*)", last)[1]
    return words.split()


def base_packages():
    """What is in debian:12-slim."""
    text = subprocess.run(["dpkg-query", "-W", "-f", "${Package} ${Essential} ${Priority}\n"], capture_output=True, text=True, check=True).stdout
    rows = (line.split(" ") for line in text.splitlines())
    return closure([name for name, essential, priority in rows if essential == "yes" or priority == "required"] + ["apt"])


def unpacked(package):
    """Bytes of a package's files that a slim image keeps; from this machine if it is installed, else as the archive says."""
    done = subprocess.run(["dpkg-query", "-L", package], capture_output=True, text=True)
    if done.returncode != 0:
        shown = subprocess.run(["apt-cache", "show", "--no-all-versions", package], capture_output=True, text=True).stdout
        size = re.search(r"^Installed-Size: (\d+)", shown, re.M)
        return int(size[1]) * 1024 if size else 0
    paths = [path for path in done.stdout.splitlines() if not LEFT_OUT.match(path)]
    return sum(os.path.getsize(path) for path in paths if os.path.isfile(path) and not os.path.islink(path))


def image(program_size):
    added = closure(runtime_packages()) - base_packages()
    sizes = {package: unpacked(package) for package in added}
    packs = sum(os.path.getsize(os.path.join(folder, name)) for folder, _, names in os.walk(os.path.join(ROOT, "rules", "packs")) for name in names)
    largest = sorted(sizes.items(), key=lambda item: -item[1])[:8]
    print(f"  {len(added)} packages with {sum(sizes.values()) / 1e6:.1f} MB; the largest: " + ", ".join(f"{name} {size / 1e6:.1f}" for name, size in largest))
    return (SLIM + sum(sizes.values()) + packs) / 1e6 + program_size


def measure(tools, options):
    print("\nP16 footprint; MB are 10^6 bytes")
    values = [idle(tools) for _ in range(min(options.samples, 3))]
    print(f"  idle with the shipped packs, a store, webhook and HTTP, after 4 s: {spread(values, '{:.1f}')} MB resident")
    size = stripped(options.release or tools.program)
    met = verdict("P16 idle memory", median(values), 80, 40, " MB")
    met = verdict("P16 stripped program", size, 25, 15, " MB") and met
    return verdict("P16 container image, computed", image(size), 120, 80, " MB") and met
