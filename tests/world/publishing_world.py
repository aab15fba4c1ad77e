# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
"""A world in which one domain has mail and nothing else, and an agent whose calendar a test can move on."""

import datetime
import os
import re
import struct
import subprocess

import small_world
from agent import COMMAND_SECONDS, Agent, fetch
from domains import Certificate, Domain, Web
from processes import Server, wait_until
from world import World

STARTING = Domain("starting.test", "mail alone", record=(), tlsrpt=(), web=Web.nxdomain)
# Where its policy host will be.
POLICY_ADDRESS = "127.0.10.250"
# A change counts once two checks in a row observed it.
SETTLED_CHECKS = 2
CHECK_SECONDS = 20.0


class Clock:
    """The calendar of programs that were started with its environment."""

    def __init__(self, library, file):
        self._library = library
        self._file = file
        self.moved_seconds = 0
        self._write()

    def environment(self):
        return os.environ | {"LD_PRELOAD": str(self._library), "MOVED_CLOCK_FILE": str(self._file)}

    def advance(self, seconds):
        self.moved_seconds += seconds
        self._write()

    def now(self):
        return datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=self.moved_seconds)

    def _write(self):
        # In place: the programs have mapped the file.
        mode = "r+b" if self._file.exists() else "wb"
        with open(self._file, mode) as file:
            file.write(struct.pack("q", self.moved_seconds))


class PublishingWorld(World):
    """start(), serve(), then publish(); the methods that change something return once the agent has seen it."""

    def __init__(self, agent_binary, clock_library):
        super().__init__()
        self.domains = [domain for domain in self.domains if domain.name == "healthy.test"] + [STARTING]
        self.ipv6 = False
        self._clock_library = clock_library
        self._agent_binary = agent_binary
        self.clock = None
        self.agent = None
        self.findings_seen = set()  # (code, severity) of every report that the agent made

    def serve(self):
        self.clock = Clock(self._clock_library, self.directory / "clock")
        (self.directory / "state").mkdir()
        self.settings = small_world.settings_of(self, [domain.name for domain in self.domains])
        self.settings_file.write_text(self.settings)
        self.agent = Agent(self, self._agent_binary)
        server = Server("agent", self.agent.command("serve"), self.directory / "agent.log", self.guard,
                        self.clock.environment())
        self.servers["agent"] = server
        server.start()
        wait_until(lambda: STARTING.name in self.agent.overview(), "the first check", CHECK_SECONDS, [server])

    def run(self, *words):
        """Runs a subcommand under the moved calendar and with the agent's settings."""
        return subprocess.run(self.agent.command(*words), stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=COMMAND_SECONDS, env=self.clock.environment())

    def add_settings(self, text):
        """Adds tables to the settings, or replaces what was added; the agent reads them by itself."""
        fresh = self.settings_file.with_suffix(".new")
        fresh.write_text(self.settings + text)
        fresh.replace(self.settings_file)

    def issue_policy_certificate(self):
        self.authority.issue(STARTING.policy_host, Certificate.valid)
        return self.authority.files_of(STARTING.policy_host)

    def renew_certificates(self):
        """All that the domain depends on get certificates of the agent's today."""
        self.authority.ahead = datetime.timedelta(seconds=self.clock.moved_seconds)
        self.issue_policy_certificate()
        for host in STARTING.mx:
            self.set_mail_certificate(host, Certificate.valid)
        self.settle()

    def report(self):
        report = self.agent.report(STARTING.name)
        self.findings_seen |= {(finding["code"], finding["severity"]) for finding in report["findings"]}
        return report

    def settle(self, until=lambda report: True, what="checks of the changed world", timeout_seconds=CHECK_SECONDS):
        """The report that meets the condition, after at least two checks from now on."""
        latest, checks = self.report()["checked_at"], 0

        def settled():
            nonlocal latest, checks
            report = self.report()
            if report["checked_at"] != latest:
                latest, checks = report["checked_at"], checks + 1
            return report if checks >= SETTLED_CHECKS and until(report) else None
        return wait_until(settled, what, timeout_seconds, [self.servers["agent"]])

    def pass_hours(self, hours):
        """Moves the calendar on, then has the domain checked."""
        self.clock.advance(hours * 3600)
        moved = self.clock.now()

        def checked():
            status, _ = fetch(self.ports["web"], f"/probe?target={STARTING.name}", CHECK_SECONDS)
            checked_at = datetime.datetime.fromisoformat(self.report()["checked_at"].replace("Z", "+00:00"))
            return status == 200 and checked_at >= moved - datetime.timedelta(seconds=1)
        wait_until(checked, "a check after the calendar moved", CHECK_SECONDS, [self.servers["agent"]])

    def samples(self):
        return small_world.samples(self.ports["web"])

    def sample(self, name, **labels):
        return self.samples().get((name, tuple(sorted(labels.items()))))


ZONE_LINE = re.compile(r'^(\S+)\s+(?:\d+\s+)?(?:IN\s+)?(TXT|CNAME|A|AAAA)\s+(.+)$')


def records_of(zone_text):
    """The records of generated zone lines: [(name, kind, value)]; TXT values without quotes."""
    found = []
    for line in zone_text.splitlines():
        record = ZONE_LINE.match(line.partition(" ;")[0].strip()) if not line.startswith(";") else None
        if record:
            name, kind, value = record.groups()
            text = "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', value)) if kind == "TXT" else value
            found.append((name.removesuffix("."), kind, text))
    return found
