"""Millions of user names that come once: memory stays within the budget and 300 MB, another rule stays exact, the flooded one
is reported as degraded."""
import threading
import time

from .live import Live, load, memory

CONFIG = """\
store: {{path: {folder}/store, evidence: {{max_bytes: 64MB}}, memory: {{budget: {budget}}}}}
rules: {{paths: [{rules}/names.yml]}}
sources:
  - {{name: ingest, type: http, listen: "127.0.0.1:0", path: /ingest, source: okta}}
sinks:
  - {{name: out, type: stdout}}
admin: {{listen: "127.0.0.1:0"}}
log: {{format: json, level: info}}
"""
NAMES_PER_REQUEST = 200
OVERHEAD = 300e6


class Samples(threading.Thread):
    """Resident bytes, every half second."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.pid, self.seen, self.ended = pid, [], False

    def run(self):
        while not self.ended:
            self.seen.append(memory(self.pid)[0])
            time.sleep(0.5)


def measure(tools, options):
    requests = max(20, options.names // NAMES_PER_REQUEST)
    print(f"\nnames: {requests * NAMES_PER_REQUEST} random user names, budget {options.budget}; a control rule of {requests * 2 // 5} users meanwhile")
    with Live(tools, CONFIG, budget=options.budget) as live:
        idle = memory(live.process.pid)[0]
        port = live.port("/ingest")
        budget = live.metrics()["vedette_window_budget_bytes"]
        samples = Samples(live.process.pid)
        samples.start()
        # Two users of five requests: of those users half get three events, the others two.
        got = load(tools, "http", live, port=port, path="/ingest", connections=4, body="strangers", most=NAMES_PER_REQUEST,
                   requests=requests, control_users=requests * 2 // 5, linger=5, timeout=7200)
        samples.ended = True
        samples.join()
        peak, seen = memory(live.process.pid)[1], live.metrics()
    steps = [samples.seen[i * (len(samples.seen) - 1) // 8] / 1e6 for i in range(9)]
    value = {name: seen.get(f'vedette_rule_degraded{{rule="{name}"}}', 0) for name in ("failures", "control_complete")}
    evicted = seen.get('vedette_window_evictions_total{rule="failures"}', 0)
    print(f"  {got['events'] / got['sending']:.0f} events/s; resident MB from start to end: {' '.join(f'{step:.0f}' for step in steps)}; idle {idle / 1e6:.0f}")
    print(f"  windows {sum(v for n, v in seen.items() if n.startswith('vedette_window_bytes')) / 1e6:.0f} MB of {budget / 1e6:.0f}; evictions {evicted:.0f}; "
          f"degraded: {value}, health alerts of it: {got['degraded']}; store {seen['vedette_store_bytes'] / 1e6:.0f} MB")
    print(f"  control rule: {got['control_owed']} alerts owed, {got['control_missing']} missing, {got['control_wrong']} wrong")
    exact = got["control_missing"] == 0 and got["control_wrong"] == 0 and got["control_owed"] > 0
    small = peak <= budget + OVERHEAD
    told = value == {"failures": 1, "control_complete": 0} and evicted > 0 and got["degraded"] == 1
    print(f"names: peak {peak / 1e6:.0f} MB, must {(budget + OVERHEAD) / 1e6:.0f} MB: {'met' if small else 'MISSED'}; control rule "
          f"{'exact' if exact else 'WRONG'}; degraded mark and health alert {'raised for the flooded rule alone' if told else 'NOT as it should be'}")
    return small and exact and told
