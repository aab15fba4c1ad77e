# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
"""Compares the agent's verdict on DANE with what real senders do: Postfix (posttls-finger at level dane) behind a real
validating resolver, for every domain of dane_cases.py. They agree, or DIFFERENCES says why they do not. Then the same
behind BIND, and behind a resolver that does not validate.

    python3 tests/world/dane.py --agent BUILD/mtasts-exporter [unittest's own arguments]

Everything is in a network namespace; skipped where the kernel allows none.
"""

import subprocess
import sys
import unittest
from concurrent.futures import ThreadPoolExecutor

from agent import command_line
from dane_cases import CASES, case_of
from dane_world import DaneWorld, enter_namespace
from processes import require_root

AT_ONCE = 4
WAIT_SECONDS = 30
# What a sender does, by status of an address: "none" is delivery without DANE.
DECISION_OF_STATUS = {"none": "none", "insecure": "none", "verified": "verified", "failed": "failed",
                      "unusable": "encrypted", "bogus": "failed", "unknown": "unknown"}
# (agent, Postfix, reason), by case.
DIFFERENCES = {}
# Findings of severity critical or warning in stage dane, where there are any.
FINDINGS = {
    **dict.fromkeys(("unsigned-tlsa", "no-ds"), ["dane-address-insecure"]),
    "iterated-none": ["dane-nsec3-iterations"],
    **dict.fromkeys(("wildcard-opt-out", "wildcard-iterated"), ["dane-wildcard-insecure"]),
    **dict.fromkeys(("ee-wrong", "ee-next-only", "ee-issuer-pinned", "hosted-wrong", "tlsa-alias", "implicit-wrong"),
                    ["dane-mismatch"]),
    **dict.fromkeys(("ee-stale-certificate", "ta-wrong-ee-match", "agility-other-selector"),
                    ["dane-combination-mismatch"]),
    **dict.fromkeys(("ta-wrong", "ta-root-not-sent", "ta-not-sent"), ["dane-ta-not-in-chain"]),
    **dict.fromkeys(("ta-key-full-not-sent", "ta-name-in-cn", "alias-unsigned"), ["dane-senders-differ"]),
    "ta-other-name": ["dane-ta-name-mismatch"],
    **dict.fromkeys(("ta-expired", "ta-early"), ["dane-ta-expired"]),
    **dict.fromkeys(("ta-pins-leaf", "ta-pins-self-signed"), ["dane-mismatch", "dane-ta-pins-leaf"]),
    **dict.fromkeys(("pkix-ta", "pkix-ee", "pkix-wrong"), ["dane-pkix-usage", "dane-tlsa-unusable-all"]),
    "pkix-and-ee": ["dane-pkix-usage"],
    **dict.fromkeys(("short-and-good", "unknown-usage", "unknown-selector", "unknown-matching", "agility-strong-short"),
                    ["dane-tlsa-malformed"]),
    **dict.fromkeys(("short-alone", "unknown-alone"), ["dane-tlsa-malformed", "dane-tlsa-unusable-all"]),
    **dict.fromkeys(("agility-strong-wrong", "alias-unsigned-wrong"), ["dane-mismatch", "dane-senders-differ"]),
    "thirteen": ["dane-too-many-records"],
    "thirteen-wrong": ["dane-mismatch", "dane-too-many-records"],
    "tlsa-expired": ["dane-signature-ended", "dane-tlsa-bogus"],
    **dict.fromkeys(("tlsa-not-signed", "tlsa-corrupt"), ["dane-tlsa-bogus"]),
    # The AAAA record is denied by the same record as TLSA.
    "denial-not-signed": ["dane-address-bogus", "dane-denial-bogus"],
    "tlsa-servfail": ["dane-tlsa-servfail"],
    **dict.fromkeys(("address-corrupt", "ipv6-corrupt", "ipv4-corrupt"), ["dane-address-bogus"]),
    "alias-bogus": ["dane-address-bogus", "dane-signature-ended"],
    "tlsa-alias-unsigned": ["dane-tlsa-insecure"],
    "no-starttls": ["dane-starttls-missing"],
    "no-starttls-pkix": ["dane-pkix-usage", "dane-starttls-missing", "dane-tlsa-unusable-all"],
}


def posttls_finger(case):
    """What Postfix would do: none, verified, failed or encrypted; and what it said."""
    done = subprocess.run(["posttls-finger", "-c", "-l", "dane", "-L", "routine,certmatch,verbose", "-t", "10", "-T", "10",
                           case.domain], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=WAIT_SECONDS,
                          check=False)
    text = done.stdout + done.stderr
    usable = "DNSSEC-signed TLSA record" in text and "all TLSA records unusable" not in text
    unusable = "all TLSA records unusable" in text or ("unsupported TLSA certificate usage" in text and not usable)
    if "TLSA lookup error" in text or "address lookup failed" in text:
        return "failed", text
    if not any(f"{word} TLS connection established" in text for word in ("Verified", "Trusted", "Untrusted", "Anonymous")):
        # No STARTTLS: with TLSA records, usable or not, TLS is mandatory (RFC 7672 §2.2).
        return ("failed" if usable or unusable else "none"), text
    if unusable:
        return "encrypted", text
    return ("verified" if "Matched DANE" in text else "failed" if usable else "none"), text


def decision_of(report):
    """What the agent says that such a sender does."""
    statuses = {address["dane"]["status"] for mx in report["mx"] for address in mx["addresses"]}
    if not statuses:
        stopped = any(finding["severity"] == "critical" and finding["stage"] in ("dane", "mx")
                      for finding in report["findings"])
        return "failed" if stopped else "none"
    decisions = {DECISION_OF_STATUS[status] for status in statuses}
    # A sender tries the addresses one after the other.
    return next(decision for decision in ("verified", "encrypted", "none", "failed", "unknown") if decision in decisions)


def dane_findings(report, severities=("critical", "warning")):
    return sorted({finding["code"] for finding in report["findings"]
                   if finding["code"].startswith("dane-") and finding["severity"] in severities})


class Dane(unittest.TestCase):
    binary = ""

    @classmethod
    def setUpClass(cls):
        cls.world = DaneWorld()
        cls.addClassCleanup(cls.world.stop)
        cls.world.start()
        cls.reports = cls.world.check(cls.binary)

    def test_postfix_decides_alike(self):
        self.assertGreaterEqual(len(CASES), 40)
        with ThreadPoolExecutor(max_workers=AT_ONCE) as workers:
            answers = list(workers.map(posttls_finger, CASES))
        for case, (theirs, text) in zip(CASES, answers):
            with self.subTest(case=case.name):
                expected = DIFFERENCES.get(case.name, (theirs, theirs, ""))[:2]
                self.assertEqual((decision_of(self.reports[case.domain]), theirs), expected, text)

    def test_findings(self):
        for case in CASES:
            with self.subTest(case=case.name):
                self.assertEqual(dane_findings(self.reports[case.domain]), sorted(FINDINGS.get(case.name, ())))

    def test_nothing_rests_on_the_ways_of_one_resolver(self):
        reports = self.world.check(self.binary, "bind")
        for case in CASES:
            with self.subTest(case=case.name):
                self.assertEqual((decision_of(reports[case.domain]), dane_findings(reports[case.domain])),
                                 (decision_of(self.reports[case.domain]), dane_findings(self.reports[case.domain])))

    def test_a_signature_that_ended_counts_whatever_the_resolver_says(self):
        reports = self.world.check(self.binary, "lenient")
        for name in ("tlsa-expired", "expired"):
            with self.subTest(case=name):
                self.assertIn("dane-signature-ended", dane_findings(reports[case_of(name).domain], ("critical",)))
        self.assertEqual(decision_of(reports["ee-key.test"]), "verified")

    def test_a_resolver_that_does_not_validate_proves_nothing(self):
        for name, report in self.world.check(self.binary, "forwarder").items():
            with self.subTest(domain=name):
                self.assertEqual(dane_findings(report, ("critical", "warning", "info")), [])
                published = any(mx["tlsa"] for mx in report["mx"])
                blind = [finding for finding in report["findings"] if finding["code"] == "probe-not-validating"]
                self.assertEqual(bool(blind), published)
                self.assertTrue(all(finding["severity"] == "unknown" for finding in blind))


if __name__ == "__main__":
    Dane.binary, arguments = command_line(__doc__)
    require_root()
    if not enter_namespace():
        print("skipped: this kernel does not allow namespaces", file=sys.stderr)
        sys.exit(0)
    unittest.main(argv=[sys.argv[0], *arguments])
