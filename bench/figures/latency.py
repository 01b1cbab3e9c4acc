"""P8: from sending the event that completes a pattern to its alert on the sink, under half the load that the service can take."""
from .live import HOOK, Live, hook_load, median, own_view, spread, verdict


def measure(tools, options):
    print("\nP8 event to alert at half load: Okta Event Hooks of 1 to 10 events, acknowledged once synced; alerts on standard output")
    with Live(tools, HOOK) as live:
        full = []
        for _ in range(3):
            got = hook_load(tools, live, options, probe_every=50, seconds=options.seconds)
            full.append(got["events"] / got["drained"])
            print(f"  full load: {full[-1]:.0f} events/s, {got['requests'] / got['sending']:.0f} requests/s; answers {got['statuses']}; "
                  f"{got['alerts']} alerts, of probes {got['missing']} missing", flush=True)
        rate = median(full) / 2
        p50, p99, answers = [], [], []
        for _ in range(options.samples):
            # About two hundred probes a second.
            every = max(1, round(rate / 5.5 / 200))
            got = hook_load(tools, live, options, probe_every=every, rate=rate, warm=1, seconds=options.seconds + 1)
            alert = got["alert_from_due"]
            p50.append(alert["p50"] * 1e3)
            p99.append(alert["p99"] * 1e3)
            answers.append(got["answer"]["p50"] * 1e3)
            print(f"  half load: {got['events'] / got['sending']:.0f} events/s; p50 {p50[-1]:.2f} ms, p90 {alert['p90'] * 1e3:.2f}, p99 {p99[-1]:.2f}, "
                  f"max {alert['max'] * 1e3:.1f} of {alert['count']} alerts ({got['missing']} missing); answer p50 {answers[-1]:.2f} ms, "
                  f"p99 {got['answer']['p99'] * 1e3:.2f}", flush=True)
        print(f"  {own_view(live.metrics())}")
    print(f"  capacity {spread(full, '{:.0f}')} events/s; p50 {spread(p50)} ms; p99 {spread(p99)} ms; answer p50 {spread(answers)} ms")
    fast = verdict("P8 p50", median(p50), 3, 1.5, " ms")
    return verdict("P8 p99", median(p99), 10, 6, " ms") and fast
