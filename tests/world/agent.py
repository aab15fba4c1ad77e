# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
"""Runs the agent under test against the world and queries its HTTP interface."""

import argparse
import http.client
import json
import os
import subprocess
from pathlib import Path

from processes import WorldError, wait_until

EXIT_STATUS = {"ok": 0, "warning": 1, "critical": 2, "unknown": 3}
ROUND_SECONDS = 90.0
COMMAND_SECONDS = 60


def command_line(description):
    """The agent binary given by --agent, and the remaining arguments, for unittest."""
    parser = argparse.ArgumentParser(description=description.splitlines()[0])
    parser.add_argument("--agent", required=True, help="the mtasts-exporter to test")
    arguments, rest = parser.parse_known_args()
    return arguments.agent, rest


def fetch(port, path, timeout_seconds=5.0):
    """(status, body) of a GET on 127.0.0.1; (None, "") when there is no response."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout_seconds)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read().decode()
    except (OSError, http.client.HTTPException):
        return None, ""
    finally:
        connection.close()


def is_healthy(port):
    return fetch(port, "/-/healthy")[0] == 200


class Agent:
    def __init__(self, world, binary):
        self.binary = Path(binary).resolve()
        if not os.access(self.binary, os.X_OK):
            raise WorldError(f"{binary} cannot be run")
        self._world = world
        self.server = None

    def serve(self):
        self.server = self._world.add_server("agent", self.command("serve"))

    def command(self, *words, settings_file=None):
        return [str(self.binary), *words, "--config", str(settings_file or self._world.settings_file)]

    def run(self, *words):
        """Runs a subcommand to completion."""
        return subprocess.run([str(self.binary), *words], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=COMMAND_SECONDS)

    def check(self, domain_name):
        """(exit status, object) of `check --json`; the object is None when nothing was printed."""
        done = self.run(*self.command("check", domain_name, "--json")[1:])
        return done.returncode, json.loads(done.stdout) if done.stdout.strip() else None

    def report(self, domain_name):
        """The API's report on one domain."""
        return json.loads(fetch(self._world.ports["web"], f"/api/v1/domains/{domain_name}")[1])

    def overview(self):
        """The entries of /api/v1/domains by name, for domains that have been checked."""
        status, body = fetch(self._world.ports["web"], "/api/v1/domains")
        listed = json.loads(body)["domains"] if status == 200 else []
        return {entry["domain"]: entry for entry in listed if entry.get("checked_at")}

    def wait_for_first_round(self):
        """Waits until every domain of the world has been checked and the agent is ready; returns the overview."""
        def first_round():
            if fetch(self._world.ports["telemetry"], "/-/ready")[0] != 200:
                return None
            overview = self.overview()
            return overview if len(overview) == len(self._world.domains) else None
        return wait_until(first_round, "the first round of checks", ROUND_SECONDS, [self.server])
