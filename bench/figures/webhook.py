"""P10: processor time per request of the webhook server, durable, against nginx that answers 204."""
import os
import shutil
import subprocess
import tempfile
import time

from .live import HOOK, RULES, SECRET, Live, cpu_seconds, hook_load, load, median, spread, verdict

ROOT = os.path.abspath(os.path.join(RULES, "..", ".."))
UNPACKED = os.path.join(ROOT, ".deps", "nginx")
SETTINGS = """\
daemon off; master_process off; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log warn;
events {{ worker_connections 1024; }}
http {{
  access_log off; keepalive_requests 1000000000; client_body_buffer_size 256k; client_max_body_size 8m;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  server {{ listen 127.0.0.1:{port}; location / {{ return 204; }} }}
}}
"""


def unpack_nginx():
    """The distribution's nginx, unpacked and not installed."""
    program = os.path.join(UNPACKED, "usr", "sbin", "nginx")
    if not os.path.exists(program):
        folder = tempfile.mkdtemp(prefix="vedette-nginx-")
        subprocess.run(["apt-get", "download", "nginx"], cwd=folder, check=True, capture_output=True)
        for package in os.listdir(folder):
            subprocess.run(["dpkg", "-x", os.path.join(folder, package), UNPACKED], check=True)
        shutil.rmtree(folder)
    return program


class Nginx:
    def __init__(self, port):
        self.folder, self.port = tempfile.mkdtemp(prefix="vedette-nginx-"), port
        path = os.path.join(self.folder, "nginx.conf")
        with open(path, "w") as file:
            file.write(SETTINGS.format(folder=self.folder, port=port))
        self.process = subprocess.Popen([unpack_nginx(), "-e", "stderr", "-c", path, "-p", self.folder])
        time.sleep(0.5)

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def pairs(tools, options, live, nginx, most):
    """Interleaved: microseconds of processor time a request, of both."""
    ours, theirs = [], []
    for sample in range(options.samples + 1):
        before = live.cpu()
        got = hook_load(tools, live, options, most=most, requests=options.requests)
        mine = (live.cpu() - before) / got["requests"] * 1e6
        before = cpu_seconds(nginx.process.pid)
        other = load(tools, "http", port=nginx.port, path="/okta", header=f"Authorization: {SECRET}", connections=options.connections,
                     most=most, requests=options.requests)
        its = (cpu_seconds(nginx.process.pid) - before) / other["requests"] * 1e6
        if other["statuses"] != {"204": other["requests"]}:
            raise SystemExit(f"nginx answered {other['statuses']}")
        print(f"  {'warm-up: ' if sample == 0 else ''}{mine:.1f} us with {got['statuses']}, nginx {its:.1f} us: {mine / its:.2f}", flush=True)
        if sample > 0:
            ours.append(mine)
            theirs.append(its)
    return ours, theirs


def measure(tools, options):
    print("\nP10 processor time of the server's process per request (all its threads, the alerts included), durable ack; keep-alive, "
          f"{options.connections} connections")
    with Live(tools, HOOK) as live, Nginx(live.port("/okta") + 1) as nginx:
        results = {}
        for most, what in ((1, "one event a request"), (10, "1 to 10 events a request")):
            print(f"  {what}")
            ours, theirs = pairs(tools, options, live, nginx, most)
            results[most] = [a / b for a, b in zip(ours, theirs)]
            print(f"  {what}: {spread(ours, '{:.1f}')} us, nginx {spread(theirs, '{:.1f}')} us, ratio {spread(results[most])}", flush=True)
    return verdict("P10 one event a request", median(results[1]), 1.8, 1.4)
