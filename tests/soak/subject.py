# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
"""The agent of the soak with its peers: how both start, how settings change, and what /proc says of them."""

import json
import os
import random
import re
import signal
import subprocess
import sys
from pathlib import Path

import population

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "torture"))
from target import Failure, HealthWatch, ask, free_port, samples_of  # noqa: E402

CHECKS_PER_SECOND = 22  # keeps agent and peers together below a third of a core
FINDINGS = re.compile(r'^mtasts_findings\{domain="([^"]+)",severity="(critical|warning)"\} ([0-9.]+)$', re.M)
OUTCOME_STAGES = ("record", "policy_fetch", "policy_certificate", "policy_syntax", "mx", "smtp", "mx_certificate")


class KeptWatch(HealthWatch):
    """Remembers the slowest answer of all."""

    def __init__(self, port):
        self.worst = 0.0
        super().__init__(port)

    def take(self):
        slowest = super().take()
        self.worst = max(self.worst, slowest)
        return slowest


class Peers:
    """The process of soak_peers.py; it ends when this one does."""

    def __init__(self, directory, domains, period_seconds):
        self.child = subprocess.Popen([sys.executable, "-B", str(Path(__file__).with_name("soak_peers.py"))],
                                      stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._say(json.dumps({"directory": str(directory), "domains": domains, "period_seconds": period_seconds}))
        answer = self.child.stdout.readline()
        if not answer:
            raise Failure("the peers did not start")
        self.ports = json.loads(answer)

    def _say(self, line):
        self.child.stdin.write(line + "\n")
        self.child.stdin.flush()

    def calm_down(self):
        self._say("calm")

    def stop(self):
        self.child.stdin.close()
        self.child.wait(10)


class Subject:
    def __init__(self, binary, directory, count):
        self.directory = directory
        self.interval_seconds = max(5, round(count / CHECKS_PER_SECOND))
        self.smtp_seconds = 4 * self.interval_seconds
        self.domains = population.population(count)
        random.Random(13).shuffle(self.domains)
        self.peers = Peers(directory, self.domains, 7 * self.interval_seconds)
        self.web, self.telemetry, self.reports = (free_port() for _ in range(3))
        self.settings = directory / "soak.toml"
        self._binary = str(Path(binary).resolve())
        self.reloads = 0
        self.write_settings()

    def write_settings(self):
        """Other settings with every reload: domains come and go, labels, concurrency and an expected mode change."""
        odd = self.reloads % 2
        domains = [name for name in self.domains if odd or population.kind_of(name) != population.VISITOR]
        labelled = domains.pop()
        self.settings.write_text(f"""domains = {json.dumps(domains)}
[[domain]]
name = "{labelled}"
labels = {{ team = "mail-{self.reloads % 5}" }}
[check]
interval = "{self.interval_seconds}s"
smtp_interval = "{self.smtp_seconds}s"
timeout = "{50 + 10 * odd}s"
concurrency = {200 + 56 * odd}
[dns]
servers = ["127.0.0.1:{self.peers.ports['dns']}"]
timeout = "2s"
tries = 2
[https]
port = {self.peers.ports['https']}
timeout = "10s"
ca_file = "{self.peers.ports['ca']}"
[smtp]
port = {self.peers.ports['smtp']}
timeout = "10s"
ehlo_name = "probe.test"
ca_file = "{self.peers.ports['ca']}"
[canary]
dns = []
https = []
smtp = []
[network]
allow_private_addresses = true
families = ["ipv4"]
[state]
path = "{self.directory}/state.db"
[web]
listen = ["127.0.0.1:{self.web}"]
[telemetry]
listen = "127.0.0.1:{self.telemetry}"
[reports]
enabled = true
[reports.https]
listen = ["127.0.0.1:{self.reports}"]
""")

    def start(self):
        environment = {name: value for name, value in os.environ.items() if not name.startswith("MTASTS_")}
        with open(self.directory / "agent.log", "wb") as log:
            self.child = subprocess.Popen([self._binary, "serve", "--config", str(self.settings)], env=environment,
                                          stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def must_live(self):
        if self.child.poll() is not None:
            tail = (self.directory / "agent.log").read_bytes()[-2000:].decode("utf-8", "replace")
            raise Failure(f"the agent ended with status {self.child.returncode}:\n{tail}")
        if self.peers.child.poll() is not None:
            raise Failure("the peers ended")

    def answers(self):
        return ask(self.telemetry, "/-/healthy")[0] == 200

    def watch_health(self):
        self.watch = KeptWatch(self.telemetry)

    def reload(self):
        """By turns with a signal and by request; the status, None after a signal."""
        self.reloads += 1
        self.write_settings()
        if self.reloads % 2:
            self.child.send_signal(signal.SIGHUP)
            return None
        return ask(self.web, "/-/reload", "POST", seconds=60)[0]

    def own_samples(self):
        status, text = ask(self.telemetry, "/metrics", seconds=30)
        if status != 200:
            raise Failure(f"the agent's own metrics were not answered (status {status})")
        return samples_of(text)

    def scrape(self):
        """(number of series, names of good domains with a critical finding or a warning)"""
        status, text = ask(self.web, "/metrics", seconds=30)
        if status != 200:
            raise Failure(f"the scrape was not answered (status {status})")
        series = sum(not line.startswith("#") for line in text.splitlines())
        return series, [name for name, _, count in FINDINGS.findall(text) if float(count) and population.is_good(name)]

    def report(self, domain):
        status, text = ask(self.web, f"/api/v1/domains/{domain}", seconds=30)
        return json.loads(text) if status == 200 else None

    def process(self):
        """(memory in bytes, threads, descriptors)"""
        status = Path(f"/proc/{self.child.pid}/status").read_text()
        memory, threads = (int(re.search(rf"^{name}:\s+(\d+)", status, re.M)[1]) for name in ("VmRSS", "Threads"))
        return memory * 1024, threads, len(os.listdir(f"/proc/{self.child.pid}/fd"))

    def state_bytes(self):
        return sum(path.stat().st_size for path in self.directory.glob("state.db*"))

    def stop(self):
        """The exit status after SIGTERM; None: it had to be killed."""
        self.watch.end()
        self.child.send_signal(signal.SIGTERM)
        try:
            return self.child.wait(20)
        except subprocess.TimeoutExpired:
            return None

    def stop_quietly(self):
        if self.child.poll() is None:
            self.child.kill()
            self.child.wait()
        self.peers.stop()


def cpu_seconds(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
