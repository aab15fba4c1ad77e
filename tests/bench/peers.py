# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
"""The processes of the benchmark: the servers of its world, the agent, the bare client and
blackbox_exporter. Every CPU figure is CPU seconds of the process itself, never wall time."""

import concurrent.futures
import http.client
import json
import os
import re
import shutil
import socket
import subprocess
import time
import urllib.parse
from pathlib import Path

START_SECONDS = 60
PROBERS = 8  # connections to blackbox_exporter; more do not reduce its cost


class BenchError(Exception):
    pass


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def get(port, path, headers=None, timeout_seconds=30):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout_seconds)
    try:
        connection.request("GET", path, headers=headers or {})
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def wait_until(condition, what, seconds=START_SECONDS, pause=0.05):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return
        time.sleep(pause)
    raise BenchError(f"{what} did not happen within {seconds} s")


def answers(port, path):
    try:
        return get(port, path, timeout_seconds=2)[0] == 200
    except (OSError, http.client.HTTPException):
        return False


def samples_of(text):
    """{name with labels: value} of a text exposition."""
    samples = {}
    for line in text.splitlines():
        if line and not line.startswith("#"):
            name, _, value = line.rpartition(" ")
            samples[name] = float(value)
    return samples


def scheduled_seconds(pid):
    """CPU seconds of all threads to the nanosecond; exact as long as no thread ends."""
    total = 0
    for path in Path(f"/proc/{pid}/task").glob("*/schedstat"):
        total += int(path.read_text().split()[0])
    return total / 1e9


def peak_memory_bytes(pid):
    status = Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status).group(1)) * 1024


class Process:
    """A child process that ends with the benchmark, however it ends."""

    def __init__(self, words, log, **options):
        self.log = Path(log)
        with open(log, "wb") as output:
            options.setdefault("stdout", output)
            self.child = subprocess.Popen(words, stderr=output, **options)

    @property
    def pid(self):
        return self.child.pid

    def must_live(self):
        if self.child.poll() is not None:
            raise BenchError(f"{self.child.args[0]} ended:\n{self.log.read_text()[-2000:]}")

    def stop(self):
        self.child.kill()
        self.child.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


class Servers(Process):
    def __init__(self, program, directory, domains, mx_hosts):
        self.directory = Path(directory)
        self.world = ["--domains", str(domains), "--mx-hosts", str(mx_hosts)]
        super().__init__([program, "servers", *self.world, "--directory", str(directory)],
                         self.directory / "servers.log",
                         stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.ports = self._numbers("ready")
        lines = (self.directory / "peers.tsv").read_text().splitlines()
        self.peers = [line.split("\t") for line in lines]

    def _numbers(self, word):
        line = self.child.stdout.readline()
        if not line.startswith(word):
            self.child.wait(5)
            raise BenchError(f"the servers failed: {self.log.read_text()[-2000:]}")
        return {key: int(value) for key, value in re.findall(r"(\w+)=(\d+)", line)}

    def counts(self):
        self.child.stdin.write("\n")
        self.child.stdin.flush()
        return self._numbers("counts")

    @property
    def bundle(self):
        return self.directory / "bundle.pem"


class Agent(Process):
    def __init__(self, binary, servers, interval, smtp_interval):
        directory = servers.directory
        self.web, self.telemetry = free_port(), free_port()
        names = directory / "domains.txt"
        names.write_text("".join(peer[0] + "\n" for peer in servers.peers))
        config = directory / "agent.toml"
        config.write_text(f"""domain_files = ["{names}"]
[check]
interval = "{interval}"
smtp_interval = "{smtp_interval}"
[dns]
servers = ["127.0.0.1:{servers.ports['dns']}"]
[https]
port = {servers.ports['https']}
ca_file = "{servers.bundle}"
[smtp]
port = {servers.ports['smtp']}
ca_file = "{servers.bundle}"
ehlo_name = "bench.test"
[canary]
dns = []
https = []
smtp = []
[network]
allow_private_addresses = true
families = ["ipv4", "ipv6"]
[state]
path = "{directory}/state-{self.web}.db"
[web]
listen = ["127.0.0.1:{self.web}"]
[telemetry]
listen = "127.0.0.1:{self.telemetry}"
""")
        environment = {key: value for key, value in os.environ.items()
                       if not key.startswith("MTASTS_")}
        super().__init__([binary, "serve", "--config", str(config)], directory / "agent.log",
                         env=environment)
        wait_until(lambda: self.must_live() or answers(self.telemetry, "/-/healthy"),
                   "the agent's start", pause=0.02)

    def sample(self):
        """(CPU seconds, checks, SMTP probes) so far."""
        self.must_live()
        samples = samples_of(get(self.telemetry, "/metrics")[1].decode())
        if samples.get("mtasts_checks_inconclusive_total", 0) > 0:
            raise BenchError(f"checks were inconclusive:\n{self.log.read_text()[-2000:]}")
        return (samples["process_cpu_seconds_total"], samples["mtasts_checks_total"],
                samples['mtasts_phase_duration_seconds_count{phase="smtp"}'])

    def resident_bytes(self):
        text = get(self.telemetry, "/metrics")[1].decode()
        return int(samples_of(text)["process_resident_memory_bytes"])

    def wait_for_checks(self, wanted, seconds):
        """The first sample with that many checks; polls twice a second, at a cost to the agent."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            sample = self.sample()
            if sample[1] >= wanted:
                return sample
            time.sleep(0.5)
        raise BenchError(f"{wanted} checks were not done within {seconds} s, but {sample[1]}")

    def scrape(self):
        """Scrapes as Prometheus does; all domains must be healthy."""
        status, body = get(self.web, "/metrics")
        samples = samples_of(body.decode())
        bad = [name for name, value in samples.items()
               if name.startswith("mtasts_findings{") and value > 0 and 'severity="info"' not in name]
        if status != 200 or bad:
            raise BenchError(f"HTTP {status}, findings: {bad[:5]}")
        return len(samples)


def history_cost(program, directory, domains, rounds):
    """The cost of an unchanged domain in the state file, by name."""
    return store_cost([program, "history", "--domains", str(domains), "--rounds", str(rounds),
                       "--directory", directory])


def report_store_cost(program, directory, domains):
    """The cost of stored TLS reports, by name."""
    return store_cost([program, "reports", "--domains", str(domains), "--directory", directory])


def store_cost(words):
    done = subprocess.run(words, capture_output=True, text=True)
    if done.returncode != 0:
        raise BenchError(f"{words[1]} did not run: {done.stderr}")
    return {name: float(value) for name, _, value in (pair.partition("=") for pair in done.stdout.split())}


def bare_cpu_seconds(program, servers):
    words = [program, "bare", *servers.world, "--ca-file", str(servers.bundle),
             "--https-port", str(servers.ports["https"]), "--smtp-port", str(servers.ports["smtp"])]
    done = subprocess.run(words, capture_output=True, text=True)
    if done.returncode != 0:
        raise BenchError(done.stderr)
    return float(done.stdout.strip().removeprefix("cpu_seconds="))


class Blackbox(Process):
    """Debian's blackbox_exporter; one module per host, because only modules have a server name."""

    def __init__(self, servers):
        binary = shutil.which("prometheus-blackbox-exporter") or shutil.which("blackbox_exporter")
        if binary is None:
            raise BenchError("install prometheus-blackbox-exporter")
        self.port = free_port()
        modules, self.targets = {}, []
        for _, policy_host, policy_address, *hosts in servers.peers:
            url = f"https://{policy_address}:{servers.ports['https']}/.well-known/mta-sts.txt"
            self._add(modules, policy_host, url, self._http(policy_host))
            for host, address in zip(hosts[::2], hosts[1::2]):
                self._add(modules, host, f"{address}:{servers.ports['smtp']}", self._smtp(host))
        config = servers.directory / "blackbox.json"  # JSON is YAML
        config.write_text(json.dumps({"modules": modules}))
        no_roots = servers.directory / "no-roots"
        no_roots.mkdir(exist_ok=True)
        environment = {**os.environ, "GOMAXPROCS": "1", "SSL_CERT_FILE": str(servers.bundle),
                       "SSL_CERT_DIR": str(no_roots)}
        super().__init__([binary, f"--config.file={config}", "--log.level=error",
                          f"--web.listen-address=127.0.0.1:{self.port}"],
                         servers.directory / "blackbox.log", env=environment)
        wait_until(lambda: self.must_live() or answers(self.port, "/-/healthy"),
                   "blackbox_exporter's start")

    def _add(self, modules, name, target, module):
        modules[name] = module
        self.targets.append(f"/probe?module={name}&target=" + urllib.parse.quote(target, safe=""))

    @staticmethod
    def _http(host):
        return {"prober": "http", "timeout": "30s", "http": {
            "headers": {"Host": host}, "fail_if_not_ssl": True, "preferred_ip_protocol": "ip4",
            "follow_redirects": False, "tls_config": {"server_name": host}}}

    @staticmethod
    def _smtp(host):
        return {"prober": "tcp", "timeout": "30s", "tcp": {
            "preferred_ip_protocol": "ip4", "tls_config": {"server_name": host},
            "query_response": [
                {"expect": "^220 "}, {"send": "EHLO bench.test\r"}, {"expect": "^250-STARTTLS"},
                {"expect": "^250 "}, {"send": "STARTTLS\r"}, {"expect": "^220 "},
                {"starttls": True}, {"send": "EHLO bench.test\r"}, {"expect": "^250 "},
                {"send": "QUIT\r"}, {"expect": "^221 "}]}}

    def cpu_seconds(self):
        self.must_live()
        return samples_of(get(self.port, "/metrics")[1].decode())["process_cpu_seconds_total"]

    def resident_bytes(self):
        text = get(self.port, "/metrics")[1].decode()
        return int(samples_of(text)["process_resident_memory_bytes"])

    def _probe_all(self, targets):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        for target in targets:
            connection.request("GET", target)
            body = connection.getresponse().read().decode()
            if "\nprobe_success 1\n" not in body:
                debug = get(self.port, target + "&debug=true")[1].decode()
                raise BenchError(f"blackbox_exporter: {target} failed:\n{debug[:3000]}")
        connection.close()

    def probe_everything(self):
        shares = [self.targets[i::PROBERS] for i in range(PROBERS)]
        with concurrent.futures.ThreadPoolExecutor(PROBERS) as pool:
            list(pool.map(self._probe_all, shares))

def idle_settings(domain, web_port, state=":memory:", telemetry=""):
    """Settings of an agent that does nothing but what is appended to them."""
    return f"""domains = ["{domain}"]
[check]
interval = "1h"
[dns]
servers = ["127.0.0.1:{free_port()}"]
[canary]
dns = []
https = []
smtp = []
[state]
path = "{state}"
[web]
listen = ["127.0.0.1:{web_port}"]
[telemetry]
listen = "{telemetry}"
"""


def without_overrides():
    """The environment without settings of the agent."""
    return {key: value for key, value in os.environ.items() if not key.startswith("MTASTS_")}
