# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
"""The agent in the world of docs_world.cpp: its commands, its web port, and what its tables say."""

import http.client
import json
import shlex
import socket
import subprocess
import tempfile
import time
from pathlib import Path

START_SECONDS = 30
MOST_STARTS = 3  # somebody else may take a free port before the agent does
COMMAND_SECONDS = 60
OFFLINE = {"explain", "lint", "check-config", "report"}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class SampleWorld:
    def __init__(self, arguments):
        self.agent = str(Path(arguments.agent).resolve())
        self._world_program = arguments.world
        self.tables = json.loads(subprocess.run([arguments.tables], capture_output=True, text=True, check=True,
                                                timeout=COMMAND_SECONDS).stdout)
        self.ports = {"web": free_port(), "telemetry": free_port()}
        self._server = None

    def __enter__(self):
        self._folder = tempfile.TemporaryDirectory()
        self._world = subprocess.Popen([self._world_program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.places = json.loads(self._world.stdout.readline())
        self.settings_file = Path(self._folder.name) / "settings.toml"
        self.settings_file.write_text(self.settings_text())
        return self

    def __exit__(self, *_):
        if self._server:
            self._server.terminate()
            self._server.wait(START_SECONDS)
        self._world.stdin.close()
        self._world.wait(START_SECONDS)
        self._folder.cleanup()

    def settings_text(self, dns=None, canary=True):
        """Settings that know this world alone; another DNS port, or no canaries, make it silent."""
        places = self.places
        canaries = (places["canary"], places["canary"], places["canary_mx"]) if canary else ()
        lists = "\n".join(f'{name} = {json.dumps([host])}'
                          for name, host in zip(("dns", "https", "smtp"), canaries or ("", "", "")))
        if not canary:
            lists = "dns = []\nhttps = []\nsmtp = []"
        return f"""\
domains = ["example.com", "example.net"]
[dns]
servers = ["127.0.0.1:{dns or places['dns']}"]
[https]
port = {places['https']}
ca_file = "{places['ca_file']}"
[smtp]
port = {places['smtp']}
ca_file = "{places['ca_file']}"
ehlo_name = "probe.example"
[canary]
{lists}
[network]
allow_private_addresses = true
families = ["ipv4"]
[state]
path = ":memory:"
[web]
listen = ["127.0.0.1:{self.ports['web']}"]
[telemetry]
listen = "127.0.0.1:{self.ports['telemetry']}"
"""

    def run(self, command, standard_input=""):
        """A command of the agent, in this world unless it names settings of its own."""
        words = shlex.split(command)
        if words[0] not in OFFLINE and "--config" not in words and len(words) > 1:
            words += ["--config", str(self.settings_file)]
        return subprocess.run([self.agent, *words], input=standard_input, capture_output=True, text=True,
                              timeout=COMMAND_SECONDS, env={"PATH": "/usr/bin:/bin"})

    def output_of(self, command, standard_input=""):
        """Standard output of a command; "metrics" and "metrics telemetry" are what the agent exports."""
        if command.split()[0] == "metrics":
            return self.get("/metrics", *command.split()[1:])[2]
        return self.run(command, standard_input).stdout

    def get(self, path, port="web", method="GET", headers=None):
        """(status, Content-Type, body) from the running agent, which is started at the first call."""
        if self._server is None:
            self._start_agent()
        return self._ask(path, port, method, headers or {})

    def _ask(self, path, port, method, headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.ports[port], timeout=COMMAND_SECONDS)
        try:
            connection.request(method, path, headers=headers)
            response = connection.getresponse()
            return response.status, response.headers["Content-Type"], response.read().decode()
        finally:
            connection.close()

    def _start_agent(self):
        for start in range(MOST_STARTS):
            if start:
                self.ports = {name: free_port() for name in self.ports}
                self.settings_file.write_text(self.settings_text())
            log = Path(self._folder.name) / f"log{start}"
            with log.open("w") as errors:
                self._server = subprocess.Popen([self.agent, "serve", "--config", str(self.settings_file)],
                                                stderr=errors, env={"PATH": "/usr/bin:/bin"})
            if self._becomes_ready():
                return
            self._server.kill()
            self._server.wait()
        raise RuntimeError(f"the agent is not ready:\n{log.read_text()}")

    def _becomes_ready(self):
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self._server.poll() is None:
            try:
                if self._ask("/-/ready", "telemetry", "GET", {})[0] == 200:
                    return True
            except OSError:
                pass
            time.sleep(0.05)
        return False
