"""P11: how fast what was accepted is caught up after a restart, against the same events live; and the fold of the log."""
import os
import re
import time

from .live import HOOK, Live, hook_load, load, median, spread, verdict


def live_run(tools, options):
    """Events a second from the first request to the last alert, and processor time an event."""
    with Live(tools, HOOK) as live:
        live.port("/okta")
        before = live.cpu()
        got = hook_load(tools, live, options, requests=options.requests, probe_every=500)
        return got["events"] / got["drained"], (live.cpu() - before) / got["events"]


def wait_alert(live, marker):
    """When the alert comes; the others on standard output are read and dropped."""
    rest = b""
    while True:
        got = os.read(live.process.stdout.fileno(), 1 << 16)
        if not got:
            raise SystemExit("the service ended:\n" + "\n".join(live.log[-10:]))
        rest += got
        if marker in rest:
            return time.monotonic()
        rest = rest[-len(marker):]


def restart_run(tools, options):
    """From the start of the process to the alert of the last event that waited, all of it in the inbox; then started again."""
    with Live(tools, HOOK) as live:
        live.port("/okta")
        live.kill()
        filled = load(tools, "inbox", store=os.path.join(live.folder, "store"), source="hook", batches=options.requests)
        again = Live(tools, HOOK, folder=live.folder)
        took = wait_alert(again, b"probe-0@") - again.began
        cpu = again.cpu() / filled["events"]
        matches = sum(value for name, value in again.metrics().items() if name.startswith("vedette_source_matches_total"))
        time.sleep(1)
        again.kill()
        third = Live(tools, HOOK, folder=live.folder)
        fold = re.search(r"(\d+) in (\d+) ms", third.find(r"state rebuilt from the log up to entry \d+ in \d+ ms")[0])
        third.kill()
        return filled["events"] / took, cpu, matches / (int(fold[2]) / 1e3)


def measure(tools, options):
    print(f"\nP11 restart: {options.requests} requests of 1 to 10 events accepted, none applied; from the start of the process to the "
          "last alert, against the same live")
    live, caught, ratio, cost, fold = [], [], [], [], []
    for _ in range(options.samples):
        rate, cpu = live_run(tools, options)
        again, cpu_again, folded = restart_run(tools, options)
        live.append(rate)
        caught.append(again)
        ratio.append(again / rate)
        cost.append(cpu / cpu_again)
        fold.append(folded)
        print(f"  live {rate:.0f} events/s ({cpu * 1e6:.1f} us of processor an event), caught up {again:.0f} events/s ({cpu_again * 1e6:.1f} us): "
              f"{again / rate:.2f}; fold of the log {folded:.0f} hits/s", flush=True)
    print(f"  live {spread(live, '{:.0f}')}, caught up {spread(caught, '{:.0f}')} events/s, ratio {spread(ratio)}; "
          f"processor time live / caught up {spread(cost)}; fold {spread(fold, '{:.0f}')} hits/s")
    return verdict("P11", median(ratio), 2, 5, at_least=True)
