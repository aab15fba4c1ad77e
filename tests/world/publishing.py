# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
"""From nothing to mode enforce: a domain that has mail alone follows what the agent prints, to the letter.

    python3 tests/world/publishing.py --agent BUILD/mtasts-exporter --clock BUILD/tests/libmoved_clock.so

The tests run in the order of their names, and each goes on where the one before it ended.
"""

import argparse
import json
import re
import sys
import unittest

from processes import accepts, wait_until
from publishing_world import POLICY_ADDRESS, STARTING, PublishingWorld, records_of

DOMAIN = STARTING.name
DAY_SECONDS = 86400
DAY_HOURS = 24
# A longer time without a look counts as one in which the agent was blind.
HOURS_BETWEEN_CHECKS = 6
REPORTS = "mailto:tls-reports@healthy.test"
# What the printed steps announce: before anything is published, and between new settings and the record for them.
ANNOUNCED = {"sts-txt-missing", "tlsrpt-missing", "sts-hosted-id-differs"}
NEVER_ALARMING = ("info", "unknown")
# More than the advisor may ask for before a step.
MOST_DAYS_BEFORE_A_STEP = 40
DAYS_TO_RENEWAL = 12
options = None


class Publishing(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.world = PublishingWorld(options.agent, options.clock)
        cls.addClassCleanup(cls.world.stop)
        cls.world.start()
        cls.world.serve()
        cls.files = cls.world.directory / "publish"

    def codes(self, report, *severities):
        return {finding["code"] for finding in report["findings"]
                if finding["severity"] in severities or not severities}

    def alarming(self):
        return {code for code, severity in self.world.findings_seen if severity not in NEVER_ALARMING}

    def listening(self, settings):
        """The printed settings with this machine's address, port and certificate in place of the printed ones."""
        leaf = self.world.issue_policy_certificate()
        for key, value in (("listen", f'["{POLICY_ADDRESS}:{self.world.ports["https"]}"]'),
                           ("cert_file", f'"{leaf.chain_file}"'), ("key_file", f'"{leaf.key_file}"')):
            settings, count = re.subn(rf"(?m)^{key} = .*$", f"{key} = {value}", settings)
            self.assertEqual(count, 1, key)
        return settings

    def test_01_mail_alone_is_told_what_is_missing(self):
        report = self.world.settle()
        self.assertEqual(self.codes(report, "critical", "warning"), {"sts-txt-missing", "tlsrpt-missing"})
        self.assertIsNone(report["hosted"])
        self.assertIn("generate", self.world.run("plan", "enforce", DOMAIN).stdout)

    def test_02_everything_is_generated(self):
        done = self.world.run("generate", "all", DOMAIN, "--for", "agent", "--rua", REPORTS,
                              "--policy-host", POLICY_ADDRESS, "--out", str(self.files))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.world.agent.run("lint", "policy", str(self.files / "mta-sts.txt")).returncode, 0)
        policy = (self.files / "mta-sts.txt").read_bytes().decode()
        self.assertEqual(policy, "version: STSv1\r\nmode: testing\r\nmx: mx1.healthy.test\r\nmx: mx2.healthy.test\r\n"
                                 "max_age: 86400\r\n")

    def test_03_the_agent_serves_it_and_the_records_announce_it(self):
        printed = (self.files / "hosting/agent/policy-host.toml").read_text()
        type(self).settings = self.listening(printed)
        self.world.add_settings(self.settings)
        wait_until(lambda: accepts(POLICY_ADDRESS, self.world.ports["https"]), "the policy host",
                   servers=[self.world.servers["agent"]])
        # As the guide orders: the policy host and its policy, then the records that announce it.
        records = records_of((self.files / f"{DOMAIN}.zone").read_text())
        for name, kind, value in sorted(records, key=lambda record: record[1] == "TXT"):
            self.world.set_records(name, kind, [value])
        report = self.world.settle(lambda report: report["outcome"] == "ok", "the published domain to be ok", 60)
        self.assertEqual(report["policy"]["mode"], "testing")
        self.assertEqual(report["policy"]["body"], (self.files / "mta-sts.txt").read_bytes().decode())
        self.assertEqual(report["record"]["id"], report["hosted"]["id"])
        self.assertEqual(self.world.sample("mtasts_rollout_phase", domain=DOMAIN, phase="testing_day"), 1)

    def climb(self, mode, max_age):
        """Lets days pass until the advisor says go on, and does what it says."""
        for day in range(MOST_DAYS_BEFORE_A_STEP):
            if day % DAYS_TO_RENEWAL == DAYS_TO_RENEWAL - 1:
                self.world.renew_certificates()
            for _ in range(DAY_HOURS // HOURS_BETWEEN_CHECKS):
                self.world.pass_hours(HOURS_BETWEEN_CHECKS)
            if self.world.sample("mtasts_rollout_ready", domain=DOMAIN) == 1:
                break
        else:
            self.fail(f"not ready after {MOST_DAYS_BEFORE_A_STEP} days: {self.world.run('plan', 'enforce', DOMAIN).stdout}")
        self.assertIn("sts-ready-for-next-phase", self.codes(self.world.report()))
        self.follow_plan()
        report = self.world.settle(lambda report: report["policy"]["mode"] == mode
                                   and report["policy"]["max_age"] == max_age and report["outcome"] == "ok",
                                   f"mode {mode} with max_age {max_age}", 60)
        self.assertEqual(report["record"]["id"], report["hosted"]["id"])

    def follow_plan(self):
        """Changes the lines of the settings that the plan prints, then publishes the record that it prints."""
        done = self.world.run("plan", "enforce", DOMAIN, "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        steps = json.loads(done.stdout)["steps"]
        step = next((step for step in steps if step.get("settings")), None)
        self.assertIsNotNone(step, done.stdout)
        for line in step["settings"]:
            key = line.partition(" = ")[0]
            type(self).settings, count = re.subn(rf"(?m)^{key} = .*$", line, self.settings)
            self.assertEqual(count, 1, line)
        self.world.add_settings(self.settings)
        self.world.settle(lambda report: "sts-hosted-id-differs" in self.codes(report)
                          or report["hosted"]["id"] != report["record"]["id"], "the new policy to be served", 60)
        record = next(step["record"] for step in steps if step["record"])
        self.world.set_records(record["name"], "TXT", [record["value"]])

    def test_04_longer_testing(self):
        self.climb("testing", 7 * DAY_SECONDS)

    def test_05_enforce(self):
        self.climb("enforce", 7 * DAY_SECONDS)

    def test_06_enforce_for_a_month(self):
        self.climb("enforce", 30 * DAY_SECONDS)

    def test_07_it_ends_ok_without_a_surprise_on_the_way(self):
        report = self.world.settle()
        self.assertEqual((report["outcome"], report["policy"]["mode"]), ("ok", "enforce"))
        self.assertEqual(self.alarming() - ANNOUNCED, set())
        self.assertEqual(self.world.run("check", DOMAIN).returncode, 0)


def main():
    global options
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--agent", required=True, help="the mtasts-exporter to test")
    parser.add_argument("--clock", required=True, help="the library that moves its calendar")
    options, rest = parser.parse_known_args()
    unittest.main(argv=[sys.argv[0], *rest], failfast=True)


if __name__ == "__main__":
    main()
