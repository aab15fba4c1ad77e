# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
"""The agent under torture: its start, its ports, what it says of itself, and the watch on its health."""

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path

import peers

START_SECONDS = 30


class Failure(Exception):
    """A point that does not hold; the text says what was seen."""


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def ask(port, path="/", method="GET", headers=None, body=None, seconds=10.0, source="127.0.0.1"):
    """(status, body) of a request; (None, "") without a response."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=seconds, source_address=(source, 0))
    try:
        connection.request(method, path, body=body, headers=headers or {})
        response = connection.getresponse()
        return response.status, response.read().decode("utf-8", "replace")
    except (OSError, http.client.HTTPException):
        return None, ""
    finally:
        connection.close()


def samples_of(text):
    """{name with labels: value} of a text exposition."""
    lines = (line.rpartition(" ") for line in text.splitlines() if line and not line.startswith("#"))
    return {name: float(value) for name, _, value in lines}


class HealthWatch:
    """Asks for the health five times a second, and keeps how long the slowest answer took since it was last asked. How
    late its own pauses end says how busy the machine is: that is nobody's fault."""

    PAUSE_SECONDS = 0.2

    def __init__(self, port):
        self._port = port
        self._lock = threading.Lock()
        self._slowest = 0.0
        self._asked_at = None
        self.machine_lag = 0.0  # seconds, the longest so far
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self):
        paused_at = time.monotonic()
        while not self._ended.wait(self.PAUSE_SECONDS):
            with self._lock:
                self._asked_at = time.monotonic()
                self.machine_lag = max(self.machine_lag, self._asked_at - paused_at - self.PAUSE_SECONDS)
            status, _ = ask(self._port, "/-/healthy", seconds=30)
            with self._lock:
                took = time.monotonic() - self._asked_at if status == 200 else 30.0
                self._asked_at = None
                self._slowest = max(self._slowest, took)
            paused_at = time.monotonic()

    def take(self):
        """Seconds; a question without an answer counts as long as it has been waiting."""
        with self._lock:
            waiting = time.monotonic() - self._asked_at if self._asked_at else 0.0
            slowest, self._slowest = max(self._slowest, waiting), 0.0
            return slowest

    def end(self):
        self._ended.set()
        self._thread.join(35)


class Target:
    def __init__(self, binary, directory):
        self.binary = str(Path(binary).resolve())
        self.directory = directory
        self.names = peers.Names()
        self.domains = [*peers.HEALTHY, *peers.HOSTILE, *peers.DEAD, peers.FLOOD, peers.TEXTS]
        self.web, self.telemetry, self.reports, self.policy = (free_port() for _ in range(4))
        context, long_chain, self._ca = peers.make_certificates(directory)
        self._dns = peers.NameServer(self.names)
        self._https = peers.start_peers(peers.PolicyHost, context, long_chain)
        self._smtp = peers.start_peers(peers.MailHost, context, long_chain)
        self.settings = directory / "torture.toml"
        self.write_settings()
        self.watch = None
        self._process = None

    def write_settings(self, comment=""):
        self.settings.write_text(f"""# {comment}
domains = {json.dumps(self.domains)}
[check]
interval = "2s"
smtp_interval = "2s"
timeout = "20s"
[dns]
servers = ["127.0.0.1:{self._dns.port}"]
timeout = "1s"
tries = 1
[https]
port = {self._https}
timeout = "5s"
ca_file = "{self._ca}"
[smtp]
port = {self._smtp}
timeout = "5s"
ehlo_name = "probe.test"
ca_file = "{self._ca}"
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
[policy_host]
listen = ["127.0.0.1:{self.policy}"]
cert_file = "{self.directory}/chain.pem"
key_file = "{self.directory}/key.pem"
[[policy]]
domains = ["{peers.HOSTED}"]
mode = "enforce"
mx = ["*.{peers.HOSTED}"]
max_age = "1d"
""")

    def start(self):
        environment = {name: value for name, value in os.environ.items() if not name.startswith("MTASTS_")}
        self._log = open(self.directory / "agent.log", "wb")
        self._process = subprocess.Popen([self.binary, "serve", "--config", str(self.settings)], env=environment,
                                         stdin=subprocess.DEVNULL, stdout=self._log, stderr=self._log)
        self.wait(lambda: ask(self.telemetry, "/-/healthy")[0] == 200, START_SECONDS, "the agent did not start")
        self.watch = HealthWatch(self.telemetry)

    def has_died(self):
        """Without having been stopped."""
        return self._process is not None and self._process.poll() is not None

    def must_live(self):
        if self.has_died():
            tail = (self.directory / "agent.log").read_bytes()[-2000:].decode("utf-8", "replace")
            raise Failure(f"the agent ended with status {self._process.returncode}:\n{tail}")

    def wait(self, condition, seconds, otherwise):
        deadline = time.monotonic() + seconds
        while not (value := condition()):
            self.must_live()
            if time.monotonic() > deadline:
                raise Failure(f"{otherwise} within {seconds:g} s")
            time.sleep(0.1)
        return value

    def own_samples(self):
        status, text = ask(self.telemetry, "/metrics", seconds=20)
        if status != 200:
            raise Failure(f"the agent's own metrics were not answered (status {status})")
        return samples_of(text)

    def report(self, domain):
        """The API's report; None: not checked yet."""
        status, text = ask(self.web, f"/api/v1/domains/{domain}")
        return json.loads(text) if status == 200 else None

    def checked_at(self, domain):
        return (self.report(domain) or {}).get("checked_at")

    def memory_bytes(self):
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) * 1024

    def descriptors(self):
        return len(os.listdir(f"/proc/{self._process.pid}/fd"))

    def stop(self, seconds=5):
        """The exit status after SIGTERM."""
        if self.watch:
            self.watch.end()
            self.watch = None
        if self._process is None:
            return None
        process, self._process = self._process, None
        self._log.close()
        process.send_signal(signal.SIGTERM)
        try:
            return process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise Failure(f"SIGTERM did not end the agent within {seconds} s") from None

    def stop_quietly(self):
        try:
            self.stop()
        except Failure:
            pass
