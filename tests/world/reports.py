# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
"""TLS reports end to end: they come by HTTPS, mailbox and pipe into a running agent while one MX host breaks.

    python3 tests/world/reports.py --agent BUILD/mtasts-exporter [--cache FOLDER] [unittest's own arguments]

The tests run in the order of their names; each has domains of its own. The real sender among them is tlsrpt-reporter
from PyPI, kept in --cache.
"""

import argparse
import gzip
import re
import sys
import tempfile
import unittest
from pathlib import Path

import reporting_service
import small_world
from agent import fetch
from domains import Certificate
from report_senders import SENDERS, Failure, Observation
from report_world import AUTHSERV_ID, RECIPIENT, ReportWorld, days_ago, end_of_day

SHAPES, BROKEN, LONELY, UNSIGNED, HOSTILE, REAL = ("healthy.test", "healthy-wildcard.test", "shares-one.test",
                                                   "shares-two.test", "testing.test", "dual-stack.test")
WATCHED = (SHAPES, BROKEN, LONELY, UNSIGNED, HOSTILE, REAL)
BROKEN_HOST = "a.healthy-wildcard.test"
NEVER_ALARMING = ("info", "unknown")
CLAIMED_COUNT = 2**53 - 1
BOMB_BYTES = 200 * 1024 * 1024
ORGANIZATIONS = 10_000
options = None


class Reports(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.tools = reporting_service.install(options.cache)
        cls.world = ReportWorld(options.agent)
        cls.addClassCleanup(cls.world.stop)
        cls.world.start()
        cls.world.start_reports(WATCHED)
        cls.world.serve()
        cls.world.wait(lambda: len(cls.world.agent.overview()) == len(WATCHED), "the first checks")

    def policy_of(self, domain):
        return tuple(self.world.domain(domain).policy.split("\r\n")[:-1])

    def observation(self, domain, day=1, **members):
        return Observation(domain, days_ago(day), policy=self.policy_of(domain), **members)

    def rejected(self, reason):
        return self.world.value("tlsrpt_reports_rejected_total", reason=reason) or 0

    def report_findings(self, domain):
        self.world.wait_for_next_check(domain)
        return {code: finding for code, finding in self.world.findings(domain).items() if code.startswith("rpt-")}

    def alarming(self, domain, *severities):
        return {code: finding["severity"] for code, finding in self.report_findings(domain).items()
                if finding["severity"] in severities}

    # The tests, in order.

    def test_01_nothing_was_reported_yet(self):
        for domain in WATCHED:
            self.assertEqual(self.world.value("tlsrpt_reports_total", domain=domain), 0)
            self.assertIsNone(self.world.value("tlsrpt_failure_ratio", domain=domain))
            self.assertEqual(self.world.reports(domain)["lines"], [])
            self.assertEqual(self.report_findings(domain), {})

    def test_02_every_sender_by_every_way(self):
        expected = {}
        signed = []
        for number, (name, sender) in enumerate(SENDERS.items()):
            report = sender.report(self.observation(SHAPES, day=1 + number % 3, successful=100 + number))
            organization = report.value["organization-name"] or report.value["contact-info"]
            with self.subTest(sender=name):
                way = number % 6
                if way == 0:
                    self.assertEqual(self.world.post(report.gzip_bytes()), 201)
                elif way == 1:
                    self.assertEqual(self.world.post(report.json_bytes(), "application/tlsrpt+json"), 201)
                elif way == 2:
                    status = self.world.post(report.gzip_bytes(), "application/tlsrpt+gzip",
                                             "--header", "Transfer-Encoding: chunked")
                    self.assertEqual(status, 201)
                elif way == 3:
                    status = self.world.post(report.json_bytes(), "application/octet-stream",
                                             "--header", "Expect: 100-continue")
                    self.assertEqual(status, 201)
                elif way == 4:
                    self.world.append(report.mail(RECIPIENT, AUTHSERV_ID))
                    signed.append(organization)
                else:
                    self.world.mail(report.mail(RECIPIENT, AUTHSERV_ID))
                    signed.append(organization)
            expected[organization] = expected.get(organization, 0) + 100 + number
        self.world.wait_for_reports(SHAPES, len(SENDERS))
        listed = {}
        for line in self.world.reports(SHAPES)["lines"]:
            for counts in line["policy_types"]:
                if counts["type"] == "sts":
                    self.assertEqual(counts["failed"], 0)
                    listed[line["organization"]] = listed.get(line["organization"], 0) + counts["successful"]
            state = "authenticated" if line["organization"] in signed else "unknown"
            self.assertEqual(line["authenticity"], state, line["organization"])
        self.assertEqual(listed, expected)
        self.assertEqual(self.world.samples("tlsrpt_successful_sessions_total", "domain", "policy_type")[SHAPES, "sts"],
                         sum(expected.values()))
        self.assertEqual(self.world.value("tlsrpt_failure_ratio", domain=SHAPES), 0)
        self.assertEqual(self.world.value("tlsrpt_reporters", domain=SHAPES), len(expected))
        self.assertGreaterEqual(self.world.value("tlsrpt_last_report_timestamp_seconds", domain=SHAPES),
                                end_of_day(days_ago(1)))
        self.assertEqual(self.alarming(SHAPES, "warning", "critical"), {})

    def test_03_one_report_by_two_ways_counts_once(self):
        before = self.world.value("tlsrpt_reports_total", domain=SHAPES)
        duplicates = self.rejected("duplicate")
        report = SENDERS["yahoo"].report(self.observation(SHAPES, day=4, successful=7))
        self.assertEqual(self.world.post(report.gzip_bytes()), 201)
        self.world.wait_for_reports(SHAPES, before + 1)
        self.world.mail(report.mail(RECIPIENT))
        self.world.append(report.mail(RECIPIENT, AUTHSERV_ID))
        # The signed copy says who sent it; the other one adds nothing.
        self.world.wait(lambda: self.rejected("duplicate") == duplicates + 1, "one duplicate")
        self.world.wait(lambda: [line["authenticity"] for line in self.world.reports(SHAPES)["lines"]
                                 if line["day"] == str(days_ago(4))] == ["authenticated"], "the signed copy to count")
        self.assertEqual(self.world.value("tlsrpt_reports_total", domain=SHAPES), before + 1)
        # The same octets are known before anybody has read them.
        self.assertEqual(self.world.post(report.gzip_bytes()), 200)
        # One id with other contents is another report.
        report.value["policies"][0]["summary"]["total-successful-session-count"] = 8
        self.assertEqual(self.world.post(report.gzip_bytes()), 201)
        self.world.wait_for_reports(SHAPES, before + 2)
        sessions = [counts["successful"] for line in self.world.reports(SHAPES)["lines"]
                    if line["day"] == str(days_ago(4)) for counts in line["policy_types"] if counts["type"] == "sts"]
        self.assertEqual(sum(sessions), 15)

    def test_04_a_broken_mx_is_reported_and_probed(self):
        # There is a past, in which nobody saw a failure.
        self.world.append(SENDERS["google"].report(self.observation(BROKEN, day=20, successful=10)).mail(
            RECIPIENT, AUTHSERV_ID))
        self.world.wait_for_reports(BROKEN, 1)
        self.world.set_mail_certificate(BROKEN_HOST, Certificate.expired)
        expired = Failure("certificate-expired", 47, BROKEN_HOST, "127.0.0.1", "192.0.2.77", "certificate has expired")
        mails = [SENDERS["google"].report(self.observation(BROKEN, day=2, successful=445)),
                 SENDERS["google"].report(self.observation(BROKEN, day=1, successful=445, failures=(expired,))),
                 SENDERS["microsoft"].report(self.observation(
                     BROKEN, day=1, successful=70, failures=(Failure("certificate-expired", 30, BROKEN_HOST),))),
                 SENDERS["comcast"].report(self.observation(BROKEN, day=1, successful=55))]
        self.world.append(*(report.mail(RECIPIENT, AUTHSERV_ID) for report in mails[:2]))
        self.world.mail(*(report.mail(RECIPIENT, AUTHSERV_ID) for report in mails[2:]))
        self.world.wait_for_reports(BROKEN, 5)
        self.world.wait(lambda: "cert-expired" in self.world.findings(BROKEN), "the probe to see it")
        found = self.report_findings(BROKEN)
        probe = self.world.findings(BROKEN)["cert-expired"]
        # The probe and the reports are one fault: who else saw it, and how often.
        self.assertEqual(probe["subject"].split(" ")[0], BROKEN_HOST)
        reported = probe["reported"]
        self.assertEqual(set(reported["organizations"]), {"Google Inc.", "Microsoft Corporation"})
        self.assertEqual((reported["failed"], reported["sessions"], reported["since"]),
                         (77, 445 + 445 + 47 + 100, str(days_ago(1))))
        self.assertEqual((found["rpt-failure-ratio"]["severity"], found["rpt-failure-ratio"]["stage"]),
                         ("critical", "reports"))
        for words in ("77 of 1092 sessions", "certificate-expired", BROKEN_HOST, "Google Inc.",
                      "Microsoft Corporation"):
            self.assertIn(words, found["rpt-failure-ratio"]["message"])
        for code in ("rpt-new-result-type", "rpt-new-failing-mx"):
            self.assertEqual(found[code]["severity"], "warning")
            self.assertIn(BROKEN_HOST, found[code]["message"])
        self.assertNotIn("rpt-unseen-by-probe", found)
        self.assertEqual(self.world.agent.report(BROKEN)["outcome"], "critical")

    def test_05_all_views_of_it_agree(self):
        self.assertEqual(self.world.samples("tlsrpt_failed_sessions_total", "domain", "policy_type")[BROKEN, "sts"], 77)
        failures = self.world.samples("tlsrpt_failures_total", "domain", "result_type")
        self.assertEqual({kind: value for (domain, kind), value in failures.items() if domain == BROKEN and value},
                         {"certificate-expired": 77})
        self.assertAlmostEqual(self.world.value("tlsrpt_failure_ratio", domain=BROKEN), 77 / 1092)
        self.assertEqual(self.world.value("tlsrpt_reporters", domain=BROKEN), 3)
        listing = self.world.reports(BROKEN)
        self.assertEqual((listing["policy_type"], listing["successful"], listing["failed"], listing["band"]),
                         ("sts", 1015, 77, "act"))
        self.assertEqual([(failure["result_type"], failure["receiving_mx"], failure["sessions"],
                           failure["authenticated_sessions"], failure["organization_count"])
                          for failure in listing["failures"]], [("certificate-expired", BROKEN_HOST, 77, 77, 2)])
        page = self.world.page(BROKEN)
        for words in ("Google Inc.", "Microsoft Corporation", "certificate-expired", BROKEN_HOST, "rpt-failure-ratio"):
            self.assertIn(words, page)
        self.assertNotIn("192.0.2.77", page)  # kept as a network alone

    def test_06_the_command_says_the_same(self):
        done = self.world.agent.run("reports", BROKEN, "--days", "7", "--config", str(self.world.settings_file))
        self.assertEqual(done.stderr, "")
        for words in ("Google Inc.", "Microsoft Corporation", "Comcast", "certificate-expired", BROKEN_HOST, "77"):
            self.assertIn(words, done.stdout)

    def test_07_one_lonely_reporter_is_no_alarm(self):
        failure = Failure("starttls-not-supported", 156, "mx1.healthy.test")
        others = [SENDERS[name].report(self.observation(LONELY, successful=900))
                  for name in ("google", "microsoft", "mox")]
        lonely = [SENDERS["mail.ru"].report(self.observation(LONELY, day=day, failures=(failure,))) for day in (1, 2)]
        self.world.append(*(report.mail(RECIPIENT, AUTHSERV_ID) for report in [*others, *lonely]))
        self.world.wait_for_reports(LONELY, 5)
        self.assertEqual(self.alarming(LONELY, "critical"), {})
        ratio = self.report_findings(LONELY)["rpt-failure-ratio"]
        self.assertEqual(ratio["severity"], "warning")
        self.assertIn("Mail.Ru alone", ratio["message"])

    def test_08_unauthenticated_reports_are_no_alarm(self):
        failure = Failure("certificate-host-mismatch", 500, "mx1.healthy.test")
        for name in ("google", "microsoft", "yahoo", "comcast", "stalwart"):
            report = SENDERS[name].report(self.observation(UNSIGNED, failures=(failure,)))
            self.assertEqual(self.world.post(report.gzip_bytes()), 201)
        forged = SENDERS["mail.ru"].report(self.observation(UNSIGNED, failures=(failure,)))
        # A field of another server, and a signature that failed.
        self.world.append(forged.mail(RECIPIENT, "mail.elsewhere.test"))
        self.world.append(SENDERS["mox"].report(self.observation(UNSIGNED, failures=(failure,))).mail(
            RECIPIENT, AUTHSERV_ID, result="fail"))
        self.world.wait_for_reports(UNSIGNED, 7)
        self.assertEqual(self.alarming(UNSIGNED, "critical"), {})
        self.assertEqual(self.report_findings(UNSIGNED)["rpt-failure-ratio"]["severity"], "warning")
        self.assertNotIn("authenticated", {line["authenticity"] for line in self.world.reports(UNSIGNED)["lines"]})

    def test_09_a_real_sender_by_https_and_mail(self):
        seen = self.observation(REAL, successful=40, failures=(
            Failure("certificate-expired", 2, "mx1.healthy.test", "127.0.0.1", "192.0.2.1"),
            Failure("starttls-not-supported", 1, "mx2.healthy.test", "127.0.0.2", "192.0.2.1")))
        with tempfile.TemporaryDirectory(prefix="tlsrpt-") as directory:
            service = reporting_service.ReportingService(self.tools, Path(directory) / "service", self.world.guard)
            service.collect(seen, f"v=TLSRPTv1;rua={self.world.url},mailto:{RECIPIENT}")
            duplicates = self.rejected("duplicate")
            service.deliver("Real Sender", "tlsrpt@real.test",
                            f"curl --silent --cacert {self.world.authority.ca_file} "
                            "--header 'Content-Type: application/tlsrpt+gzip' --data-binary @-",
                            self.world.sendmail_command)
            written = service.report()
        self.world.wait_for_reports(REAL, 1)
        self.world.wait(lambda: self.rejected("duplicate") == duplicates + 1, "the second copy")
        self.assertEqual(self.world.value("tlsrpt_reports_total", domain=REAL), 1)
        line, = self.world.reports(REAL)["lines"]
        summary = written["policies"][0]["summary"]
        self.assertEqual((line["organization"], line["report_id"], line["authenticity"]),
                         ("Real Sender", written["report-id"], "unknown"))
        self.assertEqual(line["policy_types"],
                         [{"type": "sts", "successful": summary["total-successful-session-count"],
                           "failed": summary["total-failure-session-count"]}])
        self.assertEqual({(row["result_type"], row["receiving_mx"], row["sending_network"], row["sessions"])
                          for row in line["failures"]},
                         {("certificate-expired", "mx1.healthy.test", "192.0.2.0/24", 2),
                          ("starttls-not-supported", "mx2.healthy.test", "192.0.2.0/24", 1)})

    # Hostile reports.

    def test_20_foreign_domains_change_nothing(self):
        before = self.rejected("foreign_domain")
        report = SENDERS["google"].report(Observation("foreign.test", days_ago(1), successful=5))
        report.value["policies"].append(SENDERS["google"].policies(self.observation(HOSTILE, successful=3))[0])
        self.assertEqual(self.world.post(report.gzip_bytes()), 201)
        self.world.wait_for_reports(HOSTILE, 1)
        self.assertEqual(self.rejected("foreign_domain"), before + 1)
        self.assertEqual({domain for domain, in self.world.samples("tlsrpt_reports_total", "domain")}, set(WATCHED))

    def test_21_counts_that_are_none_change_nothing(self):
        for number, count in enumerate((-5, 1.5, 2**53 + 2, 1e300, "many", None)):
            report = SENDERS["sample"].report(self.observation(HOSTILE, successful=1, number=10 + number))
            report.value["policies"][0]["summary"]["total-failure-session-count"] = count
            self.assertEqual(self.world.post(report.gzip_bytes()), 201)
        self.settle()
        self.assertEqual(self.world.samples("tlsrpt_failed_sessions_total", "domain", "policy_type")[HOSTILE, "sts"], 0)

    def test_22_garbage_changes_nothing(self):
        before = self.rejected("malformed")
        bodies = (b"", b"{}", b"[]", b"\x1f\x8b", b"<html></html>", b"[" * 100_000, gzip.compress(b"{" * 1000),
                  SENDERS["google"].report(self.observation(HOSTILE, successful=1)).gzip_bytes()[:-30])
        for body in bodies:
            status = self.world.post(body)
            self.assertIn(status, (200, 201, 400), body[:20])
        self.settle()
        self.assertGreaterEqual(self.rejected("malformed"), before + len(bodies) - 1)

    def test_23_a_gzip_bomb_is_bounded(self):
        before = self.rejected("oversize")
        memory = self.memory()
        bomb = gzip.compress(b" " * BOMB_BYTES)
        self.assertEqual(self.world.post(bomb), 201)
        self.world.wait(lambda: self.rejected("oversize") == before + 1, "the bomb to be told")
        grown = self.memory() - memory
        self.assertLess(grown, BOMB_BYTES / 2)

    def test_24_a_lying_count_pages_nobody(self):
        failure = Failure("certificate-expired", CLAIMED_COUNT, "mx1.healthy.test", sending_ip="192.0.2.9")
        report = SENDERS["yahoo"].report(self.observation(HOSTILE, failures=(failure,), number=30))
        self.assertEqual(self.world.post(report.gzip_bytes()), 201)
        self.settle()
        self.assertEqual(self.alarming(HOSTILE, "critical"), {})
        self.assertEqual(self.alarming(SHAPES, "warning", "critical"), {})

    def test_25_ten_thousand_organizations_are_bounded(self):
        reports = [SENDERS["sample"].report(self.observation(HOSTILE, day=3, successful=1, number=number))
                   for number in range(ORGANIZATIONS)]
        for number, report in enumerate(reports):
            report.value["organization-name"] = f"<u>Organization {number}"
            report.value["contact-info"] = f"tlsrpt@organization-{number}.test"
        self.world.post_many([reports.pop().gzip_bytes()])
        self.settle()
        before = self.series()
        self.world.post_many((report.gzip_bytes() for report in reports), clients=200)
        self.settle()
        self.assertEqual(self.series(), before)
        listing = self.world.reports(HOSTILE)
        self.assertLessEqual(len(listing["reporters"]), 100)
        self.assertNotIn("<u>", self.world.page(HOSTILE))
        self.assertEqual(self.alarming(HOSTILE, "critical"), {})
        # Others are served and judged as before.
        self.assertEqual(self.world.reports(BROKEN)["failed"], 77)
        self.assertEqual(self.alarming(BROKEN, "critical"), {"rpt-failure-ratio": "critical"})

    def series(self):
        return sorted(key for key in small_world.samples(self.world.ports["web"]) if key[0].startswith("tlsrpt_"))

    def memory(self):
        text = fetch(self.world.ports["telemetry"], "/metrics")[1]
        return float(re.search(r"^process_resident_memory_bytes (\S+)$", text, re.MULTILINE)[1])

    def settle(self):
        """Everything handed over so far is read: what comes last is stored."""
        type(self).markers = getattr(type(self), "markers", 0) + 1
        before = self.world.value("tlsrpt_reports_total", domain=SHAPES)
        report = SENDERS["sample"].report(self.observation(SHAPES, day=5, successful=1, number=900 + self.markers))
        self.assertEqual(self.world.post(report.gzip_bytes()), 201)
        self.world.wait_for_reports(SHAPES, before + 1)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--agent", required=True, help="the mtasts-exporter to test")
    parser.add_argument("--cache", default="build/python-tools", help="folder for tlsrpt-reporter")
    global options
    options, rest = parser.parse_known_args()
    unittest.main(argv=[sys.argv[0], *rest])


if __name__ == "__main__":
    main()
