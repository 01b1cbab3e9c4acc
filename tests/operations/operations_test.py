"""Metrics, alert rules, dashboard, container and systemd files. Usage: operations_test.py PROGRAM"""
import http.client
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import urllib.error

import yaml

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "e2e"))
from prometheus import ROOT, Prometheus, fetch, promtool  # noqa: E402
from service import Service, check, equal, failure, line, password, run_cases  # noqa: E402

PROGRAM = sys.argv[1]
CONFIG = """\
store: {path: "@FOLDER@/store"}
rules: {paths: [rules.yml]}
sources:
  - {name: other, type: http, listen: "127.0.0.1:0", path: /ingest, source: okta}
  - {name: followed, type: file, path: "@FOLDER@/okta.ndjson", source: okta, follow: true}
sinks:
  - {name: out, type: stdout}
admin: {listen: "127.0.0.1:0"}
"""


def path(*parts):
    return os.path.join(ROOT, *parts)


def read(*parts):
    with open(path(*parts)) as file:
        return file.read()


def alert_rules():
    groups = yaml.safe_load(read("deploy", "prometheus", "vedette.rules.yml"))["groups"]
    return {rule["alert"]: rule for group in groups for rule in group["rules"]}


def documented():
    """The metrics of the table in docs/operations.md: name -> type."""
    return dict(re.findall(r"^\| `([a-z_]+)` \| (counter|gauge|histogram) \|", read("docs", "operations.md"), re.M))


def panel_expressions():
    dashboard = json.loads(read("deploy", "grafana", "vedette.json"))
    return [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", [])]


def used_in(expression):
    names = re.findall(r"\b(?:vedette|process)_[a-z_]+\b", expression)
    return {re.sub(r"_(bucket|sum|count)$", "", name) for name in names}


def get(address, target):
    connection = http.client.HTTPConnection(*address, timeout=20)
    connection.request("GET", target)
    response = connection.getresponse()
    return response.status, response.read().decode()


def feed(service, events):
    connection = http.client.HTTPConnection(*service.url("/ingest"), timeout=20)
    connection.request("POST", "/ingest", "".join(line(event) + "\n" for event in events))
    equal(connection.getresponse().status, 200, "answer to the events")


def story(service):
    """Seven events, one unreadable record; two alerts."""
    feed(service, [failure(f"f{i}", "ann@acme.example") for i in range(3)] + [password("p", "ann@acme.example")] +
         [failure(f"r{i}", "robot@acme.example") for i in range(3)])
    with open(service.path("okta.ndjson"), "a") as file:
        file.write("{half\n")
    service.wait_alerts(2)


def metrics_are_proper_and_documented():
    with Service(PROGRAM, CONFIG) as service:
        story(service)
        admin = service.url("/metrics")
        service.wait(lambda: 'vedette_rule_matches_total{rule="failed"} 3' in get(admin, "/metrics")[1], "counted matches")
        service.wait(lambda: 'vedette_source_errors_total{source="followed"' in get(admin, "/metrics")[1], "the half line")
        service.wait(lambda: get(admin, "/readyz")[0] == 200, "readiness")
        service.wait(lambda: 'vedette_source_delay_percentile_seconds{source="other",percentile="99"}' in get(admin, "/metrics")[1], "percentiles")
        text = get(admin, "/metrics")[1]
        median = re.search(r'^vedette_source_delay_percentile_seconds\{source="other",percentile="50"\} (\S+)$', text, re.M)
        check(60 <= float(median[1]) < 90, f"the median delay of events a minute old: {median}")
        equal(promtool("check", "metrics", text=text), (0, ""), "promtool check metrics")
        shown = dict(re.findall(r"^# TYPE (\S+) (\S+)$", text, re.M))
        for name, kind in shown.items():
            equal(documented().get(name), kind, f"type of {name} in docs/operations.md")
            equal(kind == "counter", name.endswith("_total"), f"{name} is a counter by its name")
        for sample in ('vedette_source_events_total{source="other"} 7', 'vedette_rule_degraded{rule="three_failures"} 0',
                       'vedette_alerts_total{rule="three_failures",level="high"} 1', 'vedette_filtered_events_total{filter="load_test"} 3',
                       'vedette_sink_deliveries_total{sink="out",outcome="delivered"} 2', 'vedette_store_full 0', 'vedette_ready 1',
                       'vedette_source_up{source="followed"} 1', 'vedette_source_delay_seconds_bucket{source="other",le="30"} 0',
                       'vedette_source_delay_seconds_bucket{source="other",le="120"} 4',
                       'vedette_rules_reloads_total{outcome="ok"} 0', 'vedette_window_keys{rule="three_failures"} 1'):
            check(f"\n{sample}\n" in text, f"missing: {sample}\n{text}")
        check(re.search(r'^vedette_source_errors_total\{source="followed",reason="[a-z_]+"\} 1$', text, re.M), text)
        equal(service.stop(), 0, "exit code")


def the_catalogue_is_the_table():
    names = re.findall(r'MetricInfo\{"([a-z_]+)"', read("app", "metrics_catalogue.h"))
    check(len(names) > 50, names)
    equal(sorted(names), sorted(documented()), "metrics of app/metrics_catalogue.h and docs/operations.md")


def rules_and_dashboard_use_what_exists():
    known = set(documented())
    check(len(panel_expressions()) > 20, "a dashboard with hardly a panel")
    for expression in panel_expressions() + [rule["expr"] for rule in alert_rules().values()]:
        check(used_in(expression) <= known, f"unknown metric in {expression}")


def the_dashboard_reads_the_provisioned_source():
    folder = ("deploy", "grafana", "provisioning")
    sources = yaml.safe_load(read(*folder, "datasources", "prometheus.yml"))["datasources"]
    wanted = set(re.findall(r'"uid": *"(\w+-\w+)"', read("deploy", "grafana", "vedette.json")))
    equal(wanted, {source["uid"] for source in sources}, "sources of the dashboard")
    provider = yaml.safe_load(read(*folder, "dashboards", "vedette.yml"))["providers"][0]["options"]["path"]
    mounts = yaml.safe_load(read("docker-compose.yml"))["services"]["grafana"]["volumes"]
    check(f"./deploy/grafana/vedette.json:{provider}/vedette.json:ro" in mounts, f"{provider} is not where the dashboard is mounted")


def refused_by(prometheus, expressions):
    refused = []
    for expression in expressions:
        try:
            prometheus.value(expression.replace("$instance", ".*"))
        except urllib.error.HTTPError as error:
            refused.append(f"{expression}: {error.read().decode()}")
    return refused


def every_alert_rule_fires_and_has_a_runbook():
    code, text = promtool("check", "rules", path("deploy", "prometheus", "vedette.rules.yml"))
    equal(code, 0, text)
    code, text = promtool("test", "rules", os.path.join(HERE, "rules_test.yml"))
    equal(code, 0, text)
    cases = yaml.safe_load(read("tests", "operations", "rules_test.yml"))["tests"]
    equal(sorted(case["name"] for case in cases), sorted(alert_rules()), "rules that are tested")
    for case in cases:
        quiet, fires = case["promql_expr_test"]
        equal((quiet["exp_samples"], fires["exp_samples"]),
              ([], [{"labels": f'{{alertname="{case["name"]}"}}', "value": 1}]), f"expectations of {case['name']}")
    headings = re.findall(r"^### (\w+)$", read("docs", "operations.md"), re.M)
    equal([name for name in headings if name.startswith("Vedette")], list(alert_rules()), "runbook, in the order of the rules")


def the_unit_tests_of_rules_can_fail():
    with tempfile.TemporaryDirectory(prefix="vedette-rules-") as folder:
        rules = read("deploy", "prometheus", "vedette.rules.yml").replace("vedette_rule_degraded == 1", "vedette_rule_degraded == 2")
        with open(os.path.join(folder, "rules.yml"), "w") as file:
            file.write(rules)
        with open(os.path.join(folder, "test.yml"), "w") as file:
            file.write(read("tests", "operations", "rules_test.yml").replace("../../deploy/prometheus/vedette.rules.yml", "rules.yml"))
        code, text = promtool("test", "rules", os.path.join(folder, "test.yml"))
        check(code != 0 and "VedetteRuleDegraded" in text, f"a broken rule passed: {text}")


def a_real_prometheus_scrapes_and_alerts():
    with Service(PROGRAM, CONFIG) as service:
        host, port = service.url("/metrics")
        with Prometheus(f"{host}:{port}", path("deploy", "prometheus", "vedette.rules.yml")) as prometheus:
            prometheus.wait(lambda: prometheus.value("up") == 1, "the first scrape")
            story(service)
            prometheus.wait(lambda: prometheus.value("vedette_source_events_total") == 7, "seven events")
            prometheus.wait(lambda: prometheus.value('vedette_alerts_total{rule="three_failures"}') == 1, "the alert's counter")
            equal(refused_by(prometheus, panel_expressions()), [], "panels that Prometheus refuses")
            equal(len(refused_by(prometheus, ["sum(vedette_ready"])), 1, "half an expression")

            def states():
                rules = [rule for group in prometheus.get("rules")["groups"] for rule in group["rules"]]
                return {rule["name"]: (rule["health"], rule["state"]) for rule in rules}
            prometheus.wait(lambda: set(states()) == set(alert_rules()) and {state[0] for state in states().values()} == {"ok"},
                            "all rules, evaluated without errors")
            equal(states()["VedetteReloadFailed"][1], "inactive", "before the reload")
            service.path("rules.yml", "title: [broken\n")
            service.process.send_signal(signal.SIGHUP)
            prometheus.wait(lambda: states()["VedetteReloadFailed"][1] == "firing", "the alert about the reload")
        equal(service.stop(), 0, "exit code")


def the_health_check_of_the_container():
    script = path("deploy", "healthcheck")
    with Service(PROGRAM, CONFIG) as service:
        port = str(service.url("/metrics")[1])
        def asked(target):
            return subprocess.run([script, target, port], capture_output=True, timeout=20).returncode
        equal([asked("/healthz"), asked("/readyz"), asked("/nothing")], [0, 1, 1], "while the followed file is missing")
        service.path("okta.ndjson", "")
        service.wait(lambda: asked("/readyz") == 0, "ready with the file")
        equal(service.stop(), 0, "exit code")
    check(subprocess.run([script, "/healthz", port], capture_output=True, timeout=20).returncode != 0, "healthy after its end")


def the_compose_file_fits_together():
    compose = yaml.safe_load(read("docker-compose.yml"))
    for name, service in compose["services"].items():
        check(re.fullmatch(r"[a-z/]+:v?\d+\.\d+\.\d+", service["image"]), f"{name}: {service['image']} is not pinned")
        check(name in ("topics", "story") or "healthcheck" in service, f"{name} has no health check")
        for volume in service.get("volumes", []):
            if volume.startswith("."):
                check(os.path.exists(path(volume.split(":")[0])), f"{name}: {volume} is missing")
        for port in service.get("ports", []):
            check(port.startswith("127.0.0.1:"), f"{name}: {port} is open to the network")
    with tempfile.TemporaryDirectory(prefix="vedette-compose-") as folder:
        config = read("deploy", "compose", "vedette.yml").replace("/usr/share/vedette", ROOT)
        config = config.replace("/run/secrets", path("deploy", "compose", "secrets")).replace("/var/lib/vedette", folder)
        file = os.path.join(folder, "vedette.yml")
        with open(file, "w") as out:
            out.write(config)
        done = subprocess.run([PROGRAM, "check", "-c", file], capture_output=True, text=True, timeout=60)
        equal(done.returncode, 0, done.stdout + done.stderr)


def the_systemd_unit_is_hardened():
    check(shutil.which("systemd-analyze"), "systemd-analyze is needed: apt install systemd")
    unit = path("deploy", "systemd", "vedette.service")
    done = subprocess.run(["systemd-analyze", "security", "--no-pager", "--offline=true", "--threshold=20", unit],
                          capture_output=True, text=True, timeout=60)
    equal(done.returncode, 0, "exposure of at most 2.0:\n" + (done.stdout + done.stderr)[-600:])
    print("        " + done.stdout.strip().splitlines()[-1])


fetch()
run_cases([(case.__name__.replace("_", " "), case) for case in (
    the_catalogue_is_the_table, metrics_are_proper_and_documented, rules_and_dashboard_use_what_exists,
    the_dashboard_reads_the_provisioned_source, every_alert_rule_fires_and_has_a_runbook, the_unit_tests_of_rules_can_fail, a_real_prometheus_scrapes_and_alerts,
    the_health_check_of_the_container, the_compose_file_fits_together, the_systemd_unit_is_hardened)])
