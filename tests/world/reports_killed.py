# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
"""The agent is killed again and again while TLS reports come in: none that it took is lost, none counts twice.

    python3 tests/world/reports_killed.py --agent BUILD/mtasts-exporter [unittest's own arguments]

A report is taken when it was answered with 201 or 200, or when its mail is marked in the mailbox. What got no answer is
sent again at the end, as a sender would; then every report is there exactly once.
"""

import http.client
import random
import signal
import ssl
import sys
import threading
import time
import unittest

from agent import command_line
from report_senders import SENDERS, Observation
from report_world import AUTHSERV_ID, RECIPIENT, ReportWorld, days_ago

DOMAIN = "healthy.test"
KILLS = 100
SENDER_NAMES = ("google", "microsoft", "mox", "stalwart")
MAILS_PER_ROUND = 2
LIFE_SECONDS = (0.0, 0.35)  # after the endpoint is open
agent_binary = None


class Killed(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.world = ReportWorld(agent_binary)
        cls.addClassCleanup(cls.world.stop)
        cls.world.start()
        cls.world.start_reports([DOMAIN])
        text = cls.world.settings_file.read_text()
        cls.world.settings_file.write_text(text.replace('interval = "2s"', 'interval = "1h"', 1))

    def setUp(self):
        self.number = 0
        self.sessions = 0
        self.taken, self.unanswered = 0, []
        self.ending = threading.Event()

    def next_report(self):
        """Each differs in its number of sessions, so that the sum shows which are missing or counted twice."""
        self.number += 1
        self.sessions += self.number
        sender = SENDERS[SENDER_NAMES[self.number % len(SENDER_NAMES)]]
        report = sender.report(Observation(DOMAIN, days_ago(1 + self.number % 5), successful=self.number,
                                           policy=("version: STSv1", "mode: enforce", "mx: mx1.healthy.test",
                                                   "max_age: 604800"), number=self.number))
        report.value["report-id"] = f"{self.number}@{sender.domain}"
        return report

    def post_until_killed(self):
        context = ssl.create_default_context(cafile=self.world.authority.ca_file)
        connection = http.client.HTTPSConnection("localhost", self.world.report_ports["https"], timeout=10,
                                                 context=context)
        while not self.ending.is_set():
            report = self.next_report()
            try:
                connection.request("POST", "/tlsrpt", report.gzip_bytes(), {"Content-Type": "application/tlsrpt+gzip"})
                response = connection.getresponse()
                response.read()
            except (OSError, http.client.HTTPException):
                self.unanswered.append(report)
                connection.close()
                time.sleep(0.02)
                continue
            if response.status in (200, 201):
                self.taken += 1
            else:
                self.unanswered.append(report)
        connection.close()

    def live_and_die(self, chance):
        self.ending.clear()
        self.world.append(*(self.next_report().mail(RECIPIENT, AUTHSERV_ID) for _ in range(MAILS_PER_ROUND)))
        self.world.agent.server.start()
        self.world.wait(self.world.takes_reports, "the endpoint")
        sender = threading.Thread(target=self.post_until_killed)
        sender.start()
        time.sleep(chance.uniform(*LIFE_SECONDS))
        self.world.agent.server.signal(signal.SIGKILL)
        self.world.agent.server.wait(10)
        self.ending.set()
        sender.join()
        self.world.agent.server.stop()

    def test_every_report_is_there_exactly_once(self):
        chance = random.Random(20261128)
        self.world.serve()
        self.world.agent.server.stop()
        for _ in range(KILLS):
            self.live_and_die(chance)
        self.assertGreater(self.taken, KILLS, "too few reports were taken for a kill to hit one")
        self.world.agent.server.start()
        self.world.wait(self.world.takes_reports, "the endpoint")
        self.world.wait(lambda: self.world.unmarked() == 0, "every mail to be marked")
        mails = KILLS * MAILS_PER_ROUND
        self.world.wait(lambda: (self.world.value("tlsrpt_reports_total", domain=DOMAIN) or 0) >= self.taken + mails,
                        f"the {self.taken} answered reports and the {mails} mails")
        self.world.post_many((report.gzip_bytes() for report in self.unanswered), accepted=(200, 201), clients=200)
        self.world.wait_for_reports(DOMAIN, self.number)
        sums = self.world.samples("tlsrpt_successful_sessions_total", "domain", "policy_type")
        self.assertEqual(sums[DOMAIN, "sts"], self.sessions)
        print(f"{KILLS} kills: {self.taken} reports answered, {len(self.unanswered)} not, {mails} mails",
              file=sys.stderr)


if __name__ == "__main__":
    agent_binary, arguments = command_line(__doc__)
    unittest.main(argv=[sys.argv[0], *arguments])
