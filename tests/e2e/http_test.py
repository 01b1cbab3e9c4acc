"""`vedette run` fed by HTTP: Okta's hook, NDJSON, what is refused, what an acknowledgement is worth.
Usage: http_test.py PROGRAM [NAME ...]"""
import gzip
import http.client
import json
import signal
import socket
import subprocess
import sys
import threading
import time

from service import Service, check, equal, failure, line, okta, password, run_cases, send

PROGRAM = sys.argv[1]
SECRET, OLD_SECRET, TOKEN = "hook-secret-7f3a", "old-secret-11bc", "ingest-token-9d"
ENVIRONMENT = {"E2E_SECRET": SECRET, "E2E_OLD_SECRET": OLD_SECRET, "E2E_TOKEN": TOKEN}
CONFIG = """\
rules: {paths: [rules.yml]}
sources:
  - {name: hook, type: okta_hook, listen: "127.0.0.1:0", path: /okta, auth: {secrets: [{env: E2E_SECRET}, {env: E2E_OLD_SECRET}]}}
  - {name: other, type: http, listen: "127.0.0.1:0", path: /ingest, source: auto, auth: {bearer: [{env: E2E_TOKEN}]}}
  - {name: followed, type: file, path: "@FOLDER@/okta.ndjson", source: okta, follow: true}
sinks:
  - {name: out, type: stdout}
admin: {listen: "127.0.0.1:0"}
log: {format: json, level: info}
"""


def serve():
    return Service(PROGRAM, CONFIG, ENVIRONMENT)


def ask(service, method, path, body=b"", headers=None):
    """(status, body)."""
    return send(service.url(path), method, path, body, headers)[::2]


def hook(service, events, secret=SECRET):
    body = json.dumps({"eventType": "com.okta.event_hook", "cloudEventsVersion": "0.1", "eventId": "e", "data": {"events": events}})
    return ask(service, "POST", "/okta", body.encode(), {"Authorization": secret, "Content-Type": "application/json"})[0]


def ingest(service, body, headers=None):
    return ask(service, "POST", "/ingest", body, {"Authorization": "Bearer " + TOKEN, **(headers or {})})


def finish(service):
    equal(service.stop(), 0, "exit code after SIGTERM")
    log = "\n".join(service.log)
    for secret in (SECRET, OLD_SECRET, TOKEN):
        check(secret not in log, f"the log holds a secret: {log}")


def verification():
    with serve() as service:
        status, body = ask(service, "GET", "/okta", headers={"X-Okta-Verification-Challenge": "abc-123"})
        equal((status, json.loads(body)), (200, {"verification": "abc-123"}), "answer to the challenge")
        equal(ask(service, "GET", "/okta")[0], 400, "no challenge")
        finish(service)


def hooks_make_alerts():
    with serve() as service:
        equal(hook(service, [failure("f1", "alice@acme.example"), failure("f2", "Alice@Acme.example")]), 200, "first hook")
        equal(hook(service, [failure("f2", "alice@acme.example")]), 200, "a repeat")
        equal(hook(service, [failure("b1", "bob@acme.example"), failure("b2", "bob@acme.example")]), 200, "near misses")
        begin = time.monotonic()
        equal(hook(service, [failure("f3", "alice@acme.example")], OLD_SECRET), 200, "the old secret")
        service.wait_alerts(1)
        print(f"        latency {1000 * (service.times[0] - begin):.1f} ms from POST to the line on stdout")
        alert = service.parsed()[0]
        equal((alert["rule"], alert["level"], alert["count"], alert["tenant"], alert["source"], alert["status"]),
              ("three_failures", "high", 3, "default", ["okta"], "new"), "the alert")
        equal(alert["group"], {"actor.alternateId": "alice@acme.example"}, "its group")
        equal(sorted(alert["events"]), ["okta:f1", "okta:f2", "okta:f3"], "its events")
        finish(service)
        equal(len(service.alerts), 1, "alerts in all")


def wrong_secrets_change_nothing():
    with serve() as service:
        for secret in ("", "wrong", SECRET + "x", "Bearer " + SECRET):
            equal(hook(service, [password("p", "eve@acme.example")], secret), 401, repr(secret))
        equal(ask(service, "POST", "/ingest", line(password("p", "eve@acme.example")).encode())[0], 401, "no token")
        equal(hook(service, [password("p2", "alice@acme.example")]), 200, "the right secret")
        service.wait_alerts(1)
        finish(service)
        equal([alert["events"] for alert in service.parsed()], [["okta:p2"]], "alerts")


def ingest_takes_ndjson_arrays_and_gzip():
    with serve() as service:
        lines = "".join(line(password(f"n{i}", "a@acme.example")) + "\n" for i in range(3)).encode()
        equal(ingest(service, lines), (200, '{"records":3}\n'), "NDJSON")
        equal(ingest(service, gzip.compress(line(password("z1", "a@acme.example")).encode()), {"Content-Encoding": "gzip"})[0], 200, "gzip")
        equal(ingest(service, json.dumps([password("y1", "a@acme.example"), password("y2", "a@acme.example")], indent=2).encode())[0], 200, "array")
        service.wait_alerts(6)
        finish(service)
        equal(sorted(alert["events"][0] for alert in service.parsed()), [f"okta:{n}" for n in ("n0", "n1", "n2", "y1", "y2", "z1")], "alerts")


def bad_bodies_are_counted_not_fatal():
    with serve() as service:
        marker = "payload-marker-55"
        equal(ask(service, "POST", "/okta", ("{broken " + marker).encode(), {"Authorization": SECRET})[0], 200, "an authorised bad body")
        equal(ingest(service, (line(password("g1", "a@acme.example")) + "\n{\"half\": \"" + marker).encode())[0], 200, "half good")
        equal(ingest(service, b" " * (5 << 20))[0], 413, "over 4 MiB")
        service.wait_alerts(1)
        def errors():
            metrics = ask(service, "GET", "/metrics")[1].splitlines()
            return sum(float(each.split()[-1]) for each in metrics if each.startswith("vedette_source_errors_total{"))
        service.wait(lambda: errors() == 2, "two counted errors")
        finish(service)
        check(marker not in "\n".join(service.log), "the log holds a payload")


def filters_remove_and_count():
    with serve() as service:
        def removed():
            metrics = ask(service, "GET", "/metrics")[1].splitlines()
            return [each for each in metrics if each.startswith("vedette_filtered_events_total{")]
        equal(removed(), ['vedette_filtered_events_total{filter="load_test"} 0'], "before any event")
        robots = [failure(f"r{i}", "robot@acme.example") for i in range(4)]
        equal(hook(service, robots + [failure(f"e{i}", "erin@acme.example") for i in range(3)]), 200, "the hook")
        service.wait_alerts(1)
        service.wait(lambda: removed() == ['vedette_filtered_events_total{filter="load_test"} 4'], "four removed events")
        finish(service)
        equal([alert["group"]["actor.alternateId"] for alert in service.parsed()], ["erin@acme.example"], "alerts")


def slow_clients_do_not_block_others():
    with serve() as service:
        address = service.url("/okta")
        slow = [socket.create_connection(address) for _ in range(300)]
        for each in slow:
            each.sendall(b"POST /okta HTTP/1.1\r\nAuthorization: ")
        worst = 0.0
        for i in range(20):
            begin = time.monotonic()
            equal(hook(service, [okta(f"q{i}", "user.session.end", "a@acme.example")]), 200, "a good client")
            worst = max(worst, time.monotonic() - begin)
        print(f"        worst of 20 good requests beside 300 slow ones: {1000 * worst:.1f} ms")
        check(worst < 1.0, f"a good client waited {worst:.2f} s")
        slow[0].settimeout(15)
        equal(slow[0].recv(100), b"", "a slow client is closed")
        for each in slow:
            each.close()
        finish(service)


def what_was_acknowledged_makes_its_alert():
    """Many clients at full speed; a 503 is no acknowledgement, every 200 is."""
    with serve() as service:
        acknowledged, overloaded, wrong = set(), [0], []
        lock = threading.Lock()

        def client(number):
            connection = http.client.HTTPConnection(*service.url("/okta"), timeout=30)
            for i in range(300):
                name = f"c{number}-{i}"
                body = json.dumps({"data": {"events": [password(name, f"u{number}@acme.example")]}})
                connection.request("POST", "/okta", body, {"Authorization": SECRET})
                response = connection.getresponse()
                response.read()
                with lock:
                    if response.status == 200:
                        acknowledged.add("okta:" + name)
                    elif response.status == 503:
                        overloaded[0] += 1
                    else:
                        wrong.append(response.status)
            connection.close()

        begin = time.monotonic()
        clients = [threading.Thread(target=client, args=(n,)) for n in range(4)]
        for each in clients:
            each.start()
        for each in clients:
            each.join()
        took = time.monotonic() - begin
        equal(wrong, [], "other answers")
        finish(service)
        equal({alert["events"][0] for alert in service.parsed()}, acknowledged, "alerts of acknowledged events")
        equal(len(service.alerts), len(acknowledged), "no alert twice")
        print(f"        {len(acknowledged)} acknowledged in {took:.1f} s, {overloaded[0]} answered 503")


def a_followed_file_survives_rotation():
    with serve() as service:
        path = service.path("okta.ndjson")
        service.wait(lambda: any("waiting for it" in text for text in service.log), "the missing file's warning")
        with open(path, "w") as file:
            file.write(line(failure("r1", "alice@acme.example")) + "\n")
            file.flush()
            service.wait(lambda: any("is there" in text for text in service.log), "the file to be found")
            subprocess.run(["mv", path, path + ".1"], check=True)
            file.write(line(failure("r2", "alice@acme.example")) + "\n")
        with open(path, "w") as file:
            file.write(line(failure("r3", "alice@acme.example")) + "\n")
        service.wait_alerts(1)
        finish(service)
        equal([alert["events"] for alert in service.parsed()], [["okta:r1", "okta:r2", "okta:r3"]], "alerts")


def the_events_of_an_alert_are_handed_out():
    """With a token only, as received, in their tenant; long ones cut and marked."""
    config = CONFIG.replace('admin: {listen: "127.0.0.1:0"}', 'admin: {listen: "127.0.0.1:0", token: {env: E2E_ADMIN}}')
    long = {**password("long/1", "b@acme.example"), "padding": "x" * 70000}
    with Service(PROGRAM, config, {**ENVIRONMENT, "E2E_ADMIN": "admin-token-5e"}) as service:
        event = password("p1", "a@acme.example")
        equal(ingest(service, (line(event) + "\n" + line(long) + "\n" + line(okta("n", "user.session.end", "a@x")) + "\n").encode())[0],
              200, "the events")
        service.wait_alerts(2)

        def get(query, token="admin-token-5e"):
            status, headers, text = send(service.url("/metrics"), "GET", "/api/v1/evidence?" + query, headers={"Authorization": "Bearer " + token})
            return status, text, headers.get("X-Vedette-Truncated")

        equal(get("event=" + service.parsed()[0]["events"][0]), (200, line(event), None), "an event")
        equal(get("tenant=default&event=okta%3Along%2f1"), (200, line(long)[:65536], "true"), "a long event")
        for query, status in (("event=okta:p1&tenant=other", 404), ("event=okta:n", 404), ("event=p1", 400), ("event=okta%3", 400), ("", 400)):
            equal(get(query)[0], status, query)
        equal(get("event=okta:p1", "wrong")[0], 401, "a wrong token")
        finish(service)
    with serve() as service:
        equal(send(service.url("/metrics"), "GET", "/api/v1/evidence?event=okta:p1")[0], 403, "without a token in the configuration")


def secrets_rotate_without_a_restart():
    """Each reload takes the secret files as they are; one that is empty leaves those in force."""
    config = CONFIG.replace("{env: E2E_SECRET}, {env: E2E_OLD_SECRET}", '{file: "@FOLDER@/first"}, {file: "@FOLDER@/second"}')
    with Service(PROGRAM, config, {**ENVIRONMENT}, files={"first": "old-key-1", "second": "old-key-0"}) as service:
        def reload(outcome):
            series = f'vedette_rules_reloads_total{{outcome="{outcome}"}} '
            def count():
                return [text for text in ask(service, "GET", "/metrics")[1].splitlines() if text.startswith(series)]
            before = count()
            service.process.send_signal(signal.SIGHUP)
            service.wait(lambda: count() != before, f"a reload: {outcome}")

        equal([hook(service, [], secret) for secret in ("old-key-1", "old-key-0", "new-key")], [200, 200, 401], "before")
        service.path("second", "new-key")
        reload("ok")
        equal([hook(service, [], secret) for secret in ("old-key-1", "old-key-0", "new-key")], [200, 401, 200], "both are live")
        service.path("first", "")
        reload("failed")
        equal([hook(service, [], secret) for secret in ("old-key-1", "new-key")], [200, 200], "after a reload that failed")
        service.path("first", "new-key")
        reload("ok")
        equal([hook(service, [], secret) for secret in ("old-key-1", "new-key")], [401, 200], "after the rotation")
        check(not any("needs a restart" in text for text in service.log), "a word of a restart though the configuration is the same")
        service.path("vedette.yml", config.replace("@FOLDER@", service.folder) + "drain_timeout: 3s\n")
        reload("ok")
        equal(sum("the rest needs a restart" in text for text in service.log), 1, "warnings that more than secrets has changed")
        check(not any("key" in text and ("old-key" in text or "new-key" in text) for text in service.log), "a secret in the log")
        equal(service.stop(), 0, "exit code")


def a_taken_port_is_exit_code_4():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        config = CONFIG.replace('listen: "127.0.0.1:0", path: /okta', f'listen: "127.0.0.1:{taken.getsockname()[1]}", path: /okta')
        with Service(PROGRAM, config, ENVIRONMENT) as service:
            equal(service.process.wait(timeout=20), 4, "exit code")


run_cases([(case.__name__.replace("_", " "), case) for case in (
    verification, hooks_make_alerts, wrong_secrets_change_nothing, ingest_takes_ndjson_arrays_and_gzip, bad_bodies_are_counted_not_fatal,
    filters_remove_and_count,
    slow_clients_do_not_block_others, what_was_acknowledged_makes_its_alert, the_events_of_an_alert_are_handed_out, secrets_rotate_without_a_restart,
    a_followed_file_survives_rotation, a_taken_port_is_exit_code_4)])
