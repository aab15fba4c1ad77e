# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
"""Checks real mail servers in their default configuration: healthy ones are ok, and a fault gets its finding and a fix
that names the server's own setting.

    sudo python3 tests/zoo/zoo.py --agent BUILD/mtasts-exporter [unittest's own arguments]

Downloads packages from Debian's mirror and unpacks them; nothing is installed (sandbox.py). Each server takes the place
of the MX host of a domain of the miniature internet of tests/world. Needs what that needs, and a network.
"""

import shlex
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "world"))

# pylint: disable=wrong-import-position
import sandbox
from agent import Agent, command_line
from domains import Certificate, policy
from mail_servers import MAIL_SERVERS
from processes import wait_until
from world import World, greets
# pylint: enable=wrong-import-position

DOMAIN = "shares-one.test"
ADDRESS = "127.77.0.25"
START_SECONDS = 60.0


class Zoo(unittest.TestCase):
    binary = ""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="zoo-")
        cls.addClassCleanup(cls.folder.cleanup)
        Path(cls.folder.name).chmod(0o755)
        cls.world = cls.enterClassContext(World())
        cls.agent = Agent(cls.world, cls.binary)
        cls.host = f"zoo.{DOMAIN}"
        cls.world.authority.issue(cls.host, Certificate.valid)
        cls.world.set_records(cls.host, "A", [ADDRESS])
        cls.world.set_records(DOMAIN, "MX", [f"10 {cls.host}."])
        cls.world.set_policy(DOMAIN, policy((cls.host,)))
        cls.runs = 0

    def report(self, server, fault=""):
        """The agent's report while this server is the MX host, and the end of the server's log."""
        type(self).runs += 1
        folder = Path(self.folder.name)
        packages = folder / f"{server.name}-packages"
        if not packages.exists():
            sandbox.download(packages, server.packages)
        leaf = self.world.authority.files_of(self.host)
        environment = {"ADDRESS": ADDRESS, "PORT": self.world.ports["smtp"], "HOST": self.host, "KEY": leaf.key_file,
                       "CHAIN": leaf.chain_file, "LEAF": self.world.authority.directory / f"{self.host}.leaf"}
        script = "set -e\n" + "".join(f"{name}={shlex.quote(str(value))}\n" for name, value in environment.items())
        script += "hostname $HOST\necho \"$ADDRESS $HOST\" >> /etc/hosts\n"
        script += server.script.replace("{fault}", fault)
        command = sandbox.command(folder / f"run-{self.runs}", packages, server.users, script)
        process = self.world.add_server(f"{server.name}-{self.runs}", command)
        try:
            wait_until(lambda: greets(ADDRESS, self.world.ports["smtp"]), f"{server.name} to greet", START_SECONDS,
                       [process])
            return self.agent.check(DOMAIN)[1], process.log_tail()
        finally:
            process.stop()
            del self.world.servers[process.name]


def healthy(server):
    def test(self):
        report, log = self.report(server)
        self.assertEqual((report["outcome"], report["findings"]), ("ok", []), log)
    return test


def faulty(server, fault):
    def test(self):
        report, log = self.report(server, fault.script)
        found = {finding["code"]: finding for finding in report["findings"]}
        self.assertEqual(tuple(found), fault.codes, log)
        self.assertIn(fault.words, found[fault.codes[0]]["fix"])
    return test


def add_tests():
    for server in MAIL_SERVERS:
        if server.healthy:
            setattr(Zoo, f"test_{server.name}_is_ok", healthy(server))
        for what, fault in server.faults.items():
            setattr(Zoo, f"test_{server.name}_{what.replace(' ', '_')}", faulty(server, fault))


if __name__ == "__main__":
    Zoo.binary, rest = command_line(__doc__)
    add_tests()
    unittest.main(argv=[sys.argv[0], *rest])
