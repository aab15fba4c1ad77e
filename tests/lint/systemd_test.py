# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
"""The systemd unit, as systemd reads it, and the parts of the Dockerfile that other files rely on.

    python3 tests/lint/systemd_test.py --agent build/release/mtasts-exporter

Needs the Debian package systemd, but no running systemd; tests/image starts the unit under a real one."""

import argparse
import fcntl
import json
import re
import socket
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
UNIT = ROOT / "config/mtasts-exporter.service"
# In tenths, out of 10; systemd 252 reports 11. The rest is the network and files that the agent must read.
LARGEST_EXPOSURE = 15
AGENT = None


def values(name):
    return re.findall(rf"^{name}=(.*)$", UNIT.read_text(), re.M)


def dockerfile():
    return (ROOT / "Dockerfile").read_text()


class SystemdUnit(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.unit = Path(directory.name) / UNIT.name
        # systemd expects the agent at its installed path; in this test it is elsewhere.
        text, count = re.subn(r"^ExecStart=mtasts-exporter ", f"ExecStart={AGENT} ", UNIT.read_text(), flags=re.M)
        self.assertEqual(count, 1)
        self.unit.write_text(text)

    def analyze(self, *words):
        return subprocess.run(["systemd-analyze", *words, str(self.unit)], capture_output=True, text=True, timeout=60)

    def test_systemd_has_nothing_to_say_against_it(self):
        done = self.analyze("verify", "--man=no")
        # It may warn about other units, but not about this one.
        self.assertNotIn(UNIT.name, done.stdout + done.stderr)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_exposure(self):
        done = self.analyze("security", "--offline=true", f"--threshold={LARGEST_EXPOSURE}", "--no-pager")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        print(re.search(r"Overall exposure level for \S+: [\d.]+", done.stdout).group(0), flush=True)

    def test_what_is_open_is_known(self):
        done = self.analyze("security", "--offline=true", "--json=short", "--no-pager")
        start = done.stdout.index("[")
        exposed = {row["json_field"] for row in json.loads(done.stdout[start:]) if row["exposure"]}
        self.assertEqual(exposed, {
            "PrivateNetwork", "RestrictAddressFamilies_AF_INET_INET6", "IPAddressDeny",  # it connects to the Internet
            "ProcSubset",  # see the unit
            "RootDirectoryOrRootImage", "PrivateMounts", "DeviceAllow"})

    def test_statuses_after_which_no_start_helps(self):
        self.assertEqual(values("RestartPreventExitStatus"), ["64 78"])
        done = subprocess.run([AGENT, "serve", "--config", "/nowhere.toml"], capture_output=True, timeout=30)
        self.assertEqual(done.returncode, 78)
        done = subprocess.run([AGENT, "serve", "--no-such-option"], capture_output=True, timeout=30)
        self.assertEqual(done.returncode, 64)

    @staticmethod
    def free_listen():
        with socket.create_server(("127.0.0.1", 0)) as free:
            return f'listen = ["127.0.0.1:{free.getsockname()[1]}"]'

    def serve(self, *settings):
        file = self.unit.with_name("config.toml")
        file.write_text("\n".join(('domains = ["example.com"]', *settings)) + "\n")
        done = subprocess.run([AGENT, "serve", "--config", str(file)], capture_output=True, text=True, timeout=60)
        said = [line for line in done.stderr.splitlines() if line and not line.startswith("time=")]  # without the log
        self.assertEqual(len(said), 1, done.stderr)
        return done

    def test_what_may_pass_is_tried_again(self):
        self.assertEqual(values("Restart"), ["on-failure"])
        state = f'[state]\npath = "{self.unit.with_name("state.db")}"'
        with socket.create_server(("127.0.0.1", 0)) as taken:
            address = f'listen = ["127.0.0.1:{taken.getsockname()[1]}"]'
            done = self.serve("[web]", address, "[telemetry]", 'listen = ""', state)
            self.assertEqual(done.returncode, 75, done.stderr)
            telemetry = f'listen = "127.0.0.1:{taken.getsockname()[1]}"'
            done = self.serve("[web]", self.free_listen(), "[telemetry]", telemetry, state)
            self.assertEqual(done.returncode, 75, done.stderr)
        # TEST-NET-1: an address that this machine may have later.
        done = self.serve("[web]", 'listen = ["192.0.2.1:9999"]', "[telemetry]", 'listen = ""', state)
        self.assertEqual(done.returncode, 75, done.stderr)
        with open(self.unit.with_name("state.db.lock"), "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            done = self.serve("[web]", self.free_listen(), "[telemetry]", 'listen = ""', state)
            self.assertEqual(done.returncode, 75, done.stderr)
            self.assertIn("is in use by another agent", done.stderr)

    def test_a_wrong_path_is_final_and_untouched(self):
        notes = self.unit.with_name("notes.txt")
        notes.write_text("not a database\n")
        done = self.serve("[web]", self.free_listen(), "[telemetry]", 'listen = ""',
                          f'[state]\npath = "{notes}"')
        self.assertEqual(done.returncode, 78, done.stderr)
        self.assertIn("[state] path", done.stderr)
        self.assertEqual(notes.read_text(), "not a database\n")
        self.assertEqual(sorted(path.name for path in notes.parent.iterdir()),
                         ["config.toml", UNIT.name, "notes.txt"])

    def test_state_is_where_the_agent_keeps_it(self):
        self.assertEqual(values("StateDirectory"), ["mtasts-exporter"])
        self.assertIn('path = "/var/lib/mtasts-exporter/state.db"', (ROOT / "config/example.toml").read_text())


class Container(unittest.TestCase):
    def test_version_is_that_of_the_sources(self):
        version = re.search(r"project\(mtasts-exporter VERSION (\S+)", (ROOT / "CMakeLists.txt").read_text()).group(1)
        self.assertEqual(re.findall(r"^ARG VERSION=(.*)$", dockerfile(), re.M), [version])

    def test_ports_are_the_agents(self):
        example = (ROOT / "config/example.toml").read_text()
        ports = re.findall(r'^listen = \[?"[^"]*:(\d+)"', example, re.M)
        self.assertEqual(re.findall(r"^EXPOSE (.*)$", dockerfile(), re.M), [" ".join(ports)])

    def test_what_is_copied_exists(self):
        allowed = re.findall(r"^!(.+)$", (ROOT / ".dockerignore").read_text(), re.M)
        self.assertTrue(allowed)
        self.assertEqual([path for path in allowed if not (ROOT / path).exists()], [])
        # The build starts with these; any other missing file would fail it immediately.
        self.assertLessEqual({"Makefile", "cmake", "tests/lint/install-packages.sh"}, set(allowed))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--agent", required=True, type=lambda path: str(Path(path).resolve()))
    options, rest = parser.parse_known_args()
    AGENT = options.agent
    unittest.main(argv=[sys.argv[0], *rest])
