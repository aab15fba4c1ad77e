# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
"""Measures what serving policies costs the agent, beside nginx serving the same file in the same run: requests in a
CPU second of the server, over kept connections and with a connection for each request, plain and with TLS.

ab (apache2-utils) asks both; what it uses itself does not count."""

import re
import signal
import statistics
import subprocess

from peers import BenchError, free_port, get, idle_settings, wait_until, without_overrides
from reports_bench import cpu_seconds

DOMAIN = "bench.test"
TARGET = 0.5       # relative to nginx
CONNECTIONS = 16
PATH = "/.well-known/mta-sts.txt"
KINDS = ("kept connections", "a connection each", "kept connections, TLS", "a connection each, TLS")


def is_tls(kind):
    return kind.endswith("TLS")


class Server:
    """A program with ports for plain HTTP and for TLS."""

    def __init__(self, command, ports, log):
        self.plain, self.tls = ports
        self.log = log
        with open(log, "wb") as output:
            self.child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                                          env=without_overrides())
        wait_until(self.answers, f"the start of {command[0]}", pause=0.05)

    def answers(self):
        if self.child.poll() is not None:
            raise BenchError(f"{self.child.args[0]} ended:\n{self.log.read_text()[-2000:]}")
        try:
            return get(self.plain, PATH, {"Host": f"mta-sts.{DOMAIN}"})[0] == 200
        except OSError:
            return False

    def processes(self):
        children = subprocess.run(["ps", "-o", "pid=", "--ppid", str(self.child.pid)], capture_output=True, text=True,
                                  check=False).stdout.split()
        return [self.child.pid, *map(int, children)]

    def requests_in_a_cpu_second(self, kind, requests):
        scheme, port = ("https", self.tls) if is_tls(kind) else ("http", self.plain)
        before = sum(map(cpu_seconds, self.processes()))
        command = ["ab", "-q", "-n", str(requests), "-c", str(CONNECTIONS), *(["-k"] if kind.startswith("kept") else []),
                   "-H", f"Host: mta-sts.{DOMAIN}", f"{scheme}://127.0.0.1:{port}{PATH}"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        used = sum(map(cpu_seconds, self.processes())) - before
        whole = re.search(r"^Complete requests: +(\d+)$", done.stdout, re.M)
        if done.returncode != 0 or not whole or int(whole[1]) != requests or "Non-2xx" in done.stdout:
            raise BenchError(f"ab: {done.stdout[-1500:]}{done.stderr[-500:]}")
        if kind.startswith("kept") and int(re.search(r"Keep-Alive requests: +(\d+)", done.stdout)[1]) < requests * 0.9:
            raise BenchError("connections were not kept")
        return requests / used

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.child.send_signal(signal.SIGTERM)
        try:
            self.child.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()


def certificate(directory):
    cert, key = directory / "tls.crt", directory / "tls.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-keyout", key, "-out", cert, "-days", "10", "-subj", f"/CN=mta-sts.{DOMAIN}"],
                   check=True, capture_output=True)
    return cert, key


def agent_on(binary, directory, port, cert_and_key):
    """An agent that serves a policy and has nothing else to do."""
    config = directory / f"agent-{port}.toml"
    tls = 'cert_file = "{}"\nkey_file = "{}"'.format(*cert_and_key) if cert_and_key else ""
    config.write_text(idle_settings(DOMAIN, free_port()) + f"""[policy_host]
listen = ["127.0.0.1:{port}"]
{tls}
[[policy]]
domains = ["{DOMAIN}"]
mode = "enforce"
mx = ["mx1.{DOMAIN}", "mx2.{DOMAIN}", "*.mail.{DOMAIN}"]
max_age = "30d"
""")
    return [binary, "serve", "--config", config]


def nginx_on(directory, ports, cert_and_key):
    root = directory / "www"
    config = directory / "nginx.conf"
    config.write_text(f"""daemon off;
worker_processes 1;
pid {directory}/nginx.pid;
error_log {directory}/nginx-error.log;
events {{ worker_connections 512; }}
http {{
  access_log off;
  keepalive_requests 1000000;
  default_type text/plain;
  server {{
    listen 127.0.0.1:{ports[0]};
    listen 127.0.0.1:{ports[1]} ssl;
    server_name mta-sts.{DOMAIN};
    ssl_certificate {cert_and_key[0]};
    ssl_certificate_key {cert_and_key[1]};
    root {root};
    add_header Cache-Control no-store;
  }}
}}
""")
    return ["nginx", "-c", config, "-p", directory]


def publish(directory, body):
    file = directory / "www" / PATH[1:]
    file.parent.mkdir(parents=True)
    file.write_bytes(body)


def measure(options, directory, say, verdict):
    """`options`: of bench.py."""
    directory.chmod(0o755)  # nginx's worker is another user
    binary = options.build / "mtasts-exporter"
    pair = certificate(directory)
    plain, tls, ports = free_port(), free_port(), (free_port(), free_port())
    rates = {(name, kind): [] for name in ("agent", "nginx") for kind in KINDS}
    with Server(agent_on(binary, directory, plain, None), (plain, None), directory / "agent.log") as agent:
        publish(directory, get(plain, PATH, {"Host": f"mta-sts.{DOMAIN}"})[1])
        with Server(nginx_on(directory, ports, pair), ports, directory / "nginx.log") as nginx:
            for _ in range(options.turns):
                for kind in KINDS[:2]:
                    rates["agent", kind].append(agent.requests_in_a_cpu_second(kind, options.requests))
                for kind in KINDS:
                    requests = options.requests // (10 if kind == KINDS[3] else 1)
                    rates["nginx", kind].append(nginx.requests_in_a_cpu_second(kind, requests))
    with TlsServer(agent_on(binary, directory, tls, pair), (None, tls), directory / "agent-tls.log") as agent:
        for _ in range(options.turns):
            for kind in KINDS[2:]:
                requests = options.requests // (10 if kind == KINDS[3] else 1)
                rates["agent", kind].append(agent.requests_in_a_cpu_second(kind, requests))
    print_rates(say, verdict, rates, options)


class TlsServer(Server):
    def answers(self):
        if self.child.poll() is not None:
            raise BenchError(f"{self.child.args[0]} ended:\n{self.log.read_text()[-2000:]}")
        asked = subprocess.run(["curl", "-sk", "-o", "/dev/null", "-H", f"Host: mta-sts.{DOMAIN}",
                                f"https://127.0.0.1:{self.tls}{PATH}"], check=False)
        return asked.returncode == 0


def print_rates(say, verdict, rates, options):
    say()
    say(f"Policies served: requests in a CPU second of the server, {CONNECTIONS} connections; median of "
        f"{options.turns} turns with {options.requests} requests each")
    for kind in KINDS:
        agent, nginx = (statistics.median(rates[name, kind]) for name in ("agent", "nginx"))
        say(f"  {kind:<24} agent {agent:8.0f}, nginx {nginx:8.0f}, ratio {agent / nginx:5.2f}  (at least {TARGET})     "
            f"{verdict(agent / nginx >= TARGET)}")
