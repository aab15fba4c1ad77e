# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
"""The points of the torture: each does something that a stranger could do, and raises Failure unless the agent bears it.

A point is bounded (a handful of clients, some seconds) and says its threshold. `scale` is 1 in the short version."""

import concurrent.futures
import contextlib
import re
import socket
import ssl
import time

import peers
from target import Failure, ask, samples_of

HEALTH_SECONDS = 1.0
# Octets that act on a terminal or turn text around: C0, DEL, C1, bidirectional marks.
ACTING = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def demand(holds, otherwise):
    if not holds:
        raise Failure(otherwise)


def healthy_within(target, doing, seconds=HEALTH_SECONDS):
    took, limit = target.watch.take(), seconds + 3 * target.watch.machine_lag
    demand(took < limit, f"{doing}: the health check took {took:.2f} s, the limit is {limit:.2f} s")
    return took


@contextlib.contextmanager
def silent_connections(port, count, octets=b"", sources=8):
    """Connections from several addresses that send these octets and then nothing; refused ones do not matter."""
    opened = []
    try:
        for number in range(count):
            connection = socket.socket()
            connection.settimeout(2)
            opened.append(connection)
            with contextlib.suppress(OSError):
                connection.bind((f"127.0.2.{1 + number % sources}", 0))
                connection.connect(("127.0.0.1", port))
                connection.sendall(octets)
        yield opened
    finally:
        for connection in opened:
            connection.close()


def each_of(count, work):
    with concurrent.futures.ThreadPoolExecutor(count) as pool:
        return list(pool.map(work, range(count)))


def checked_beside_hostile_domains(target, scale):
    """healthy domains are checked beside silent, slow, endless and dead ones"""
    seconds = 30
    for domain in peers.HEALTHY:
        target.wait(lambda: (target.report(domain) or {}).get("outcome") == "ok", seconds, f"{domain} was not found healthy")
    times = {domain: target.checked_at(domain) for domain in peers.HEALTHY}
    target.wait(lambda: all(target.checked_at(domain) != times[domain] for domain in peers.HEALTHY), seconds,
                "the healthy domains were not checked again")
    return f"health {healthy_within(target, 'while hostile domains are checked'):.2f} s"


def never_blamed(target, scale):
    """no healthy domain is blamed for its neighbours"""
    for domain in peers.HEALTHY:
        report = target.report(domain)
        bad = [finding["code"] for finding in report["findings"] if finding["severity"] in ("critical", "warning")]
        demand(not bad, f"{domain} has {', '.join(bad)}")


def silent_telemetry(target, scale):
    """health and own metrics are answered beside silent connections to the telemetry port"""
    with silent_connections(target.telemetry, 120 * scale):
        time.sleep(1)
        began = time.monotonic()
        target.own_samples()
        took = time.monotonic() - began
        demand(took < 2, f"the agent's own metrics took {took:.2f} s")
        return f"health {healthy_within(target, 'with silent connections'):.2f} s, metrics {took:.2f} s"


def silent_web(target, scale):
    """a scrape is answered beside silent and half-asked connections to the web port"""
    with silent_connections(target.web, 200 * scale), silent_connections(target.web, 100, b"GET /metrics HT"):
        began = time.monotonic()
        status, text = ask(target.web, "/metrics", seconds=15)
        took = time.monotonic() - began
        demand(status == 200 and "mtasts_" in text, f"the scrape got {status} after {took:.1f} s")
        demand(took < 3, f"the scrape took {took:.2f} s")
        return f"health {healthy_within(target, 'with silent connections'):.2f} s, scrape {took:.2f} s"


def silent_reports_and_policies(target, scale):
    """policies are served, and reports are taken, beside silent connections to their ports"""
    with silent_connections(target.reports, 100 * scale), silent_connections(target.policy, 100 * scale):
        demand(fetch_policy(target, seconds=10), "the policy was not served")
        status, _ = ask(target.reports, "/tlsrpt", "POST", {"Content-Type": "application/tlsrpt+json"}, b"{}")
        demand(status is not None, "the report port did not answer")
        return f"health {healthy_within(target, 'with silent connections'):.2f} s"


def fetch_policy(target, seconds, source="127.0.0.1"):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    host = f"mta-sts.{peers.HOSTED}"
    try:
        with socket.create_connection(("127.0.0.1", target.policy), timeout=seconds, source_address=(source, 0)) as plain:
            with context.wrap_socket(plain, server_hostname=host) as secured:
                secured.sendall(f"GET /.well-known/mta-sts.txt HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
                received = b""
                while piece := secured.recv(4096):
                    received += piece
    except OSError:
        return False
    return b"version: STSv1" in received


def trickling_clients(target, scale):
    """clients that send an octet at a time do not slow others down"""
    request = b"GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: " + b"a" * 200
    with silent_connections(target.web, 20) as web, silent_connections(target.telemetry, 20) as telemetry:
        for octet in request[:15 * scale]:
            for connection in (*web, *telemetry):
                with contextlib.suppress(OSError):
                    connection.send(bytes([octet]))
            time.sleep(0.1)
        demand(ask(target.web, "/api/v1/domains")[0] == 200, "the API did not answer")
        return f"health {healthy_within(target, 'with trickling clients'):.2f} s"


def handshakes(target, scale):
    """TLS handshakes in a row do not stop checks or health"""
    before = target.checked_at(peers.HEALTHY[0])
    served = sum(each_of(8, lambda number: sum(fetch_policy(target, 10, f"127.0.3.{1 + number}") for _ in range(10 * scale))))
    demand(served > 0, "no policy was served")
    target.wait(lambda: target.checked_at(peers.HEALTHY[0]) != before, 15, "no check was done")
    return f"{served} handshakes, health {healthy_within(target, 'during handshakes'):.2f} s"


def oversized_requests(target, scale):
    """oversized heads, targets and bodies are refused"""
    statuses = {
        "a field of 64 KB": ask(target.web, headers={"X-Large": "a" * 65536})[0],
        "a target of 64 KB": ask(target.web, "/" + "a" * 65536)[0],
        "a body of 1 MB": ask(target.web, "/-/reload", "POST", body=b"a" * 2**20)[0],
        "2,000 fields": ask(target.web, headers={f"X-{number}": "a" for number in range(2000)})[0],
    }
    for what, status in statuses.items():
        demand(status is None or 400 <= status < 500, f"{what} got {status}")
    healthy_within(target, "with oversized requests")


def malformed_requests(target, scale):
    """what is no HTTP gets 400 or a closed connection, and nothing else"""
    requests = (b"\x16\x03\x01\x02\x00\x01\x00", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n",
                b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
                b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
                b"GET a:< HTTP/1.1\r\nHost: a\r\n\r\n", b"POST /-/reload HTTP/1.1\r\nHost: localhost\r\nOrigin: a:<\r\n\r\n",
                b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
    for request in requests:
        for port in (target.web, target.telemetry, target.reports):
            with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
                with contextlib.suppress(OSError):
                    connection.sendall(request)
                    connection.shutdown(socket.SHUT_WR)
                    answer = connection.recv(4096)
                    status = answer[9:12]
                    demand(not answer or status[:1] in b"45", f"{request[:40]!r} got {status.decode('latin-1')}")
    target.must_live()
    healthy_within(target, "with malformed requests")


def foreign_host(target, scale):
    """a page that points its name at the agent reads nothing: a foreign Host gets 421, several get 400"""
    for path in ("/", "/metrics", "/api/v1/domains"):
        status, _ = ask(target.web, path, headers={"Host": "rebound.attacker.example"})
        demand(status == 421, f"{path} for a foreign Host got {status}")
    demand(ask(target.web, headers={"Host": f"localhost:{target.web}"})[0] == 200, "localhost was refused")
    with socket.create_connection(("127.0.0.1", target.web), timeout=5) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: b\r\n\r\n")
        answer = connection.recv(4096)
        demand(answer.startswith(b"HTTP/1.1 400"), f"two Host fields got {answer[:12]!r}")


def foreign_pages(target, scale):
    """a page of another site cannot make the agent reload"""
    headers = {"Origin": "https://attacker.example", "Sec-Fetch-Site": "cross-site"}
    status, _ = ask(target.web, "/-/reload", "POST", headers)
    demand(status == 403, f"the reload got {status}")


def probe_hammering(target, scale):
    """requests to /probe for one domain share its checks"""
    domain, clients, requests = peers.HEALTHY[1], 20, 3 * scale
    asked = target.names.asked_records[domain]
    answers = each_of(clients, lambda _: [ask(target.web, f"/probe?target={domain}", seconds=60)[0]
                                          for _ in range(requests)])
    statuses = [status for answer in answers for status in answer]
    demand(all(status in (200, 429, 503) for status in statuses), f"a probe got {set(statuses)}")
    demand(200 in statuses, "no probe was answered")
    checks = target.names.asked_records[domain] - asked
    demand(checks <= len(statuses) / 2, f"{len(statuses)} probes made {checks} checks")
    return f"{len(statuses)} probes, {checks} checks, health {healthy_within(target, 'with probes'):.2f} s"


def reload_storm(target, scale):
    """reloads in a storm are merged, and checks go on"""
    before = target.checked_at(peers.HEALTHY[2])
    for number in range(3):
        target.write_settings(f"storm {number}")
        statuses = each_of(8, lambda _: [ask(target.web, "/-/reload", "POST", seconds=60)[0] for _ in range(3 * scale)])
    flat = {status for answer in statuses for status in answer}
    demand(flat <= {200, 403, 404, 409, 429, 503} and flat, f"a reload got {flat}")
    target.wait(lambda: target.checked_at(peers.HEALTHY[2]) not in (None, before), 20, "no check was done")
    return f"health {healthy_within(target, 'during the reloads'):.2f} s"


def hostile_texts(target, scale):
    """texts of a domain act on no terminal, page, metric or JSON reader"""
    report = target.wait(lambda: target.report(peers.TEXTS), 20, "the domain was not checked")
    demand(report["record"]["status"] != "found", "the record was taken")
    status, text = ask(target.web, f"/api/v1/domains/{peers.TEXTS}")
    demand(not ACTING.search(text), "JSON holds a character that acts on a terminal")
    _, page = ask(target.web, f"/domains/{peers.TEXTS}")
    demand("<script" not in page and "mta-sts" in page, "the page holds the domain's markup")
    demand(not ACTING.search(page), "the page holds a character that acts on a terminal")
    _, metrics = ask(target.web, "/metrics")
    demand(not ACTING.search(metrics) and samples_of(metrics), "metrics hold a character that acts on a terminal")
    log = (target.directory / "agent.log").read_text("utf-8", "replace")
    demand(not ACTING.search(log), "the log holds a character that acts on a terminal")


def dead_names(target, scale):
    """domains full of dead names do not use up the resolver"""
    asked = target.names.asked_dead
    target.wait(lambda: target.names.asked_dead > asked or asked > 0, 20, "no dead name was asked for")
    times = {domain: target.checked_at(domain) for domain in peers.HEALTHY}
    began = time.monotonic()
    target.wait(lambda: all(target.checked_at(domain) != times[domain] for domain in peers.HEALTHY), 15,
                "the healthy domains were not checked")
    return f"{target.names.asked_dead} questions about dead names, all checked again after {time.monotonic() - began:.1f} s"


def name_flood(target, scale):
    """other MX hosts in every answer are bounded in series and memory"""
    target.wait(lambda: target.report(peers.FLOOD), 30, "the domain was not checked")
    before = target.memory_bytes()
    time.sleep(5 * scale)
    _, metrics = ask(target.web, "/metrics", seconds=20)
    series = sum(f'"{peers.FLOOD}"' in line or f".{peers.FLOOD}" in line for line in metrics.splitlines())
    demand(series < 5000, f"{series} series are about one domain")
    grown = target.memory_bytes() - before
    demand(grown < 30 * 2**20, f"memory grew by {grown / 2**20:.0f} MB")
    return f"{series} series, {grown / 2**20:+.1f} MB"


def loop_lag(target, scale):
    """no peer kept the loop for long"""
    samples = target.own_samples()
    buckets = {float(le): value for name, value in samples.items()
               if (le := (re.search(r'mtasts_loop_lag_seconds_bucket\{.*?le="([0-9.]+)"', name) or [0, None])[1])}
    demand(buckets, "there is no mtasts_loop_lag_seconds")
    count = next(value for name, value in samples.items() if name.startswith("mtasts_loop_lag_seconds_count"))
    wanted = 1 + 3 * target.watch.machine_lag
    limit = min((le for le in buckets if le >= wanted), default=max(buckets))
    demand(buckets[limit] == count, f"{count - buckets[limit]:g} of {count:g} turns took longer than {limit:g} s")
    return f"{count:g} turns, none over {limit:g} s"


def nothing_left(target, scale):
    """connections and memory are given back"""
    target.wait(lambda: target.descriptors() < 400, 40, f"{target.descriptors()} descriptors stay open")
    memory = target.memory_bytes()
    demand(memory < 400 * 2**20, f"the agent takes {memory / 2**20:.0f} MB")
    return f"{target.descriptors()} descriptors, {memory / 2**20:.0f} MB"


def ends_in_order(target, scale):
    """SIGTERM ends the agent while peers hold its connections"""
    with silent_connections(target.web, 50), silent_connections(target.telemetry, 20):
        status = target.stop(10)
    demand(status == 0, f"the exit status is {status}")


POINTS = (checked_beside_hostile_domains, never_blamed, silent_telemetry, silent_web, silent_reports_and_policies,
          trickling_clients, handshakes, oversized_requests, malformed_requests, foreign_host, foreign_pages,
          probe_hammering, reload_storm, hostile_texts, dead_names, name_flood, loop_lag, nothing_left, ends_in_order)
