# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
"""Foreground processes that are always ended, free ports, and bounded waiting."""

import os
import random
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from guard import members, signal_group

# Below the kernel's ephemeral port range.
PORTS = range(20000, 32000)
STOP_SECONDS = 5.0


class WorldError(Exception):
    """The world cannot be set up as requested; the text is the message for the user."""


class Guard:
    """The parent's side of guard.py."""

    def __init__(self):
        self._process = subprocess.Popen([sys.executable, Path(__file__).with_name("guard.py")], text=True,
                                         stdin=subprocess.PIPE, start_new_session=True)

    def watch(self, group):
        self._say(f"+{group}")

    def forget(self, group):
        self._say(f"-{group}")

    def close(self):
        self._process.stdin.close()
        self._process.wait(timeout=2 * STOP_SECONDS)

    def _say(self, line):
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()


class Server:
    """One program in its own process group, with its output in a file. Can be started again after stop()."""

    def __init__(self, name, command, log_file, guard, environment=None):
        self.name = name
        self.command = [str(word) for word in command]
        self.log_file = Path(log_file)
        self._guard = guard
        self._environment = environment
        self._process = None

    def start(self):
        with open(self.log_file, "ab") as log:
            self._process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                             start_new_session=True, env=self._environment)
        self._guard.watch(self._process.pid)

    @property
    def pid(self):
        return self._process.pid

    def is_running(self):
        return self._process is not None and self._process.poll() is None

    def signal(self, number):
        self._process.send_signal(number)

    def wait(self, timeout_seconds):
        """The exit status; raises subprocess.TimeoutExpired if it does not end in time."""
        return self._process.wait(timeout_seconds)

    def stop(self):
        """Ends the whole group: first with SIGTERM, then with SIGKILL."""
        if self._process is None:
            return
        group = self._process.pid
        signal_group(group, signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        while members(group) and time.monotonic() < deadline:
            time.sleep(0.02)
        signal_group(group, signal.SIGKILL)
        self._process.wait()
        self._guard.forget(group)
        self._process = None

    def log_tail(self, size_bytes=4000):
        return self.log_file.read_bytes()[-size_bytes:].decode(errors="replace") if self.log_file.exists() else ""


def free_port():
    """A port free on every address, for TCP and UDP."""
    for port in random.sample(PORTS, 200):
        try:
            for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
                with socket.socket(socket.AF_INET, kind) as probe:
                    probe.bind(("", port))
        except OSError:
            continue
        return port
    raise WorldError(f"no free port between {PORTS.start} and {PORTS.stop - 1}")


def has_ipv6_loopback():
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


def accepts(address, port):
    try:
        socket.create_connection((address, port), timeout=1).close()
    except OSError:
        return False
    return True


def wait_until(condition, what, timeout_seconds=15.0, servers=()):
    """Returns the condition's first true value. Fails when a server ends or the time is over."""
    deadline = time.monotonic() + timeout_seconds
    while not (value := condition()):
        for server in servers:
            if not server.is_running():
                raise WorldError(f"{server.name} ended while we waited for {what}:\n{server.log_tail()}")
        if time.monotonic() > deadline:
            tails = "".join(f"\n{server.name}:\n{server.log_tail()}" for server in servers)
            raise WorldError(f"waited {timeout_seconds:.0f} s for {what}{tails}")
        time.sleep(0.05)
    return value


def require_root():
    if os.geteuid() != 0:
        raise WorldError("The world must be started as root, because Postfix does not run otherwise (use sudo).")
