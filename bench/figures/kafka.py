"""P9: from one topic to another with the broker on the same machine, under half the load that all of them together can take."""
import subprocess

from .live import Live, load, median, own_view, spread, verdict

CONFIG = """\
store: {{path: {folder}/store}}
rules: {{paths: [{rules}/service.yml, {rules}/twentyfive.yml]}}
sources:
  - {{name: bus, type: kafka, brokers: ["{broker}"], topics: [events], start: earliest, source: okta}}
sinks:
  - {{name: out, type: kafka, brokers: ["{broker}"], topic: alerts}}
admin: {{listen: "127.0.0.1:0"}}
log: {{format: json, level: info}}
"""


def run(tools, broker, **arguments):
    """The load client between a producer and a consumer that wait for nothing."""
    consumer = subprocess.Popen([tools.bus, "consume", broker, "alerts"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if consumer.stderr.readline() != b"ready\n":
        raise SystemExit("the topic of alerts cannot be read")
    producer = subprocess.Popen([tools.bus, "produce", broker, "events"], stdin=subprocess.PIPE)
    try:
        return load(tools, "pipe", stdin=consumer.stdout, stdout=producer.stdin, body="lines", **arguments)
    finally:
        producer.stdin.close()
        for process in (consumer, producer):
            process.terminate()
            process.wait()
        consumer.stdout.close()
        consumer.stderr.close()


def measure(tools, options):
    import broker as kafka
    print("\nP9 Kafka to Kafka: four partitions in, four out; broker, clients and service on this machine")
    kafka.fetch_jars()
    with kafka.Broker() as broker:
        broker.create("events", 4)
        broker.create("alerts", 4)
        with Live(tools, CONFIG, broker=broker.address) as live:
            live.find("reading ")
            full = []
            for _ in range(3):
                got = run(tools, broker.address, most=5, probe_every=100, seconds=options.seconds)
                full.append(got["events"] / got["drained"])
                print(f"  full load: {full[-1]:.0f} events/s; {got['alerts']} alerts, of probes {got['missing']} missing", flush=True)
            rate = median(full) / 2
            p50, p99 = [], []
            for _ in range(options.samples):
                every = max(1, round(rate / 200))
                got = run(tools, broker.address, most=1, probe_every=every, rate=rate, warm=1, seconds=options.seconds + 1)
                alert = got["alert_from_due"]
                p50.append(alert["p50"] * 1e3)
                p99.append(alert["p99"] * 1e3)
                print(f"  half load: {got['events'] / got['sending']:.0f} events/s; p50 {p50[-1]:.2f} ms, p90 {alert['p90'] * 1e3:.2f}, p99 {p99[-1]:.2f}, "
                      f"max {alert['max'] * 1e3:.1f} of {alert['count']} alerts ({got['missing']} missing)", flush=True)
            print(f"  {own_view(live.metrics())}")
    print(f"  capacity {spread(full, '{:.0f}')} events/s; p50 {spread(p50)} ms; p99 {spread(p99)} ms")
    return verdict("P9 p99", median(p99), 50, 15, " ms")
