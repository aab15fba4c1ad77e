# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
"""amtool over alerts/alertmanager.example.yml: routes and inhibitions."""

import itertools
import re
import unittest

import yaml

from source import AGENT_ALERTS, MATCHER, ROUTES, alert_rows, identity, run


class Matchers:
    """Alertmanager's matchers as documented: anchored, and a missing label is empty."""

    def __init__(self, texts):
        self._matchers = [MATCHER.fullmatch(text.strip()).groups() for text in texts]

    def match(self, labels):
        return all(self._one(labels.get(label, ""), operator, value) for label, operator, value in self._matchers)

    @staticmethod
    def _one(actual, operator, value):
        equal = re.fullmatch(value, actual) is not None if "~" in operator else actual == value
        return equal is not operator.startswith("!")


def inhibits(inhibit_rules, source, target):
    """True when a firing alert inhibits another one."""
    return any(Matchers(rule["source_matchers"]).match(source) and Matchers(rule["target_matchers"]).match(target)
               and all(source.get(label, "") == target.get(label, "") for label in rule.get("equal", []))
               for rule in inhibit_rules)


def alert(name, severity, **labels):
    return {"alertname": f"Mtasts{name}", "severity": severity, **labels}


class Alertmanager(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.document = yaml.safe_load(ROUTES.read_text())
        cls.inhibit_rules = cls.document["inhibit_rules"]

    def test_amtool_accepts_the_file(self):
        done = run("amtool", "check-config", ROUTES)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_routes(self):
        cases = [
            ("pager", alert("MxNotCovered", "critical", domain="a.example")),
            ("pager", alert("MxCertificateInvalid", "critical", mx="mx.example")),
            ("pager", alert("ExporterDown", "critical", agent="a")),
            ("mail-operators", alert("TlsrptMissing", "warning", domain="a.example")),
            ("mail-operators", alert("CheckStale", "warning", agent="a", stage="smtp")),
            ("news", alert("MxSetChanged", "info", domain="a.example")),
            ("news", alert("MxSetChanged", "info", domain="a.example", team="web")),
            ("web-team", alert("PolicyWeak", "warning", domain="a.example", team="web")),
            ("web-team-pager", alert("PolicyUnavailable", "critical", domain="a.example", team="web")),
            ("pager", alert("PolicyUnavailable", "critical", domain="a.example", team="mail")),
            ("mail-operators", {"alertname": "Another", "severity": "critical", "team": "web"}),
        ]
        for receiver, labels in cases:
            with self.subTest(receiver=receiver, labels=labels):
                done = run("amtool", "config", "routes", "test", f"--config.file={ROUTES}",
                           f"--verify.receivers={receiver}", *(f"{key}={value}" for key, value in labels.items()))
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_a_thousand_domains_are_one_group(self):
        routes = [self.document["route"]]
        for route in routes:
            self.assertFalse({"domain", "mx", "..."} & set(route.get("group_by", [])), route)
            routes += route.get("routes", [])

    def test_inhibitions_name_alerts_that_exist(self):
        names = {row["alert"] for row in alert_rows()}
        for rule in self.inhibit_rules:
            for side in ("source_matchers", "target_matchers"):
                for text in rule[side]:
                    label, operator, value = MATCHER.fullmatch(text).groups()
                    if label == "alertname" and not operator.startswith("!"):
                        hit = {name for name in names if re.fullmatch(value, name)}
                        self.assertTrue(hit, text)
                        for one in value.split("|") if "(" not in value and "." not in value else ():
                            self.assertIn(one, names)

    def test_what_inhibits_what(self):
        a, b, host = {"domain": "a.example"}, {"domain": "b.example"}, {"mx": "mx.example"}
        policy, mail = "PolicyCertificate", "MxCertificate"
        blind = {channel: alert("AgentBlind", "critical", channel=channel) for channel in ("dns", "https", "smtp")}
        cases = [
            (True, alert("MxNotCovered", "critical", **a), alert("MxNotCovered", "warning", **a)),
            (False, alert("MxNotCovered", "critical", **a), alert("MxNotCovered", "warning", **b)),
            (False, alert("MxNotCovered", "critical", **a), alert("TlsrptMissing", "warning", **a)),
            (False, alert("MxNotCovered", "warning", **a), alert("MxNotCovered", "critical", **a)),
            (True, alert("MxSmtpFault", "critical", mx="1"), alert("MxSmtpFault", "warning", mx="1")),
            (False, alert("MxSmtpFault", "critical", mx="1"), alert("MxSmtpFault", "warning", mx="2")),
            (False, alert("MxInvalid", "critical", mx="1"), alert("MxInvalid", "warning", **a)),
            (False, alert("MxInvalid", "critical", **a), alert("MxInvalid", "warning", mx="1")),
            (False, alert("MxNotCovered", "critical", **a), alert("MxMoveUnsafe", "critical", **a)),
            (True, alert("MxNotCovered", "critical", **a), alert("MxSetChanged", "info", **a)),
            (False, alert("MxNotCovered", "critical", **a), alert("MxSetChanged", "info", **b)),
            (True, alert("MxMoveUnsafe", "critical", **a), alert("MxSetChanged", "info", **a)),
            (True, alert("PolicyRemoved", "critical", **a), alert("RecordMissing", "warning", **a)),
            (False, alert("PolicyRemoved", "critical", **a), alert("RecordMissing", "warning", **b)),
            (True, alert(mail + "Invalid", "critical", **host), alert(mail + "Expiring", "critical", **host)),
            (False, alert(mail + "Invalid", "warning", **host), alert(mail + "Expiring", "critical", **host)),
            (True, alert(policy + "Invalid", "critical", **a), alert(policy + "Expiring", "critical", **a)),
            (True, blind["dns"], alert("PolicyUnavailable", "critical", **a)),
            (True, blind["dns"], alert("MxInvalid", "critical", mx="1")),
            (False, blind["dns"], alert("PolicyCertificateExpiring", "critical", **a)),
            (True, blind["https"], alert("PolicyUnavailable", "critical", **a)),
            (False, blind["https"], alert("MxUnreachable", "critical", mx="1")),
            (False, blind["https"], alert("RecordMissing", "warning", **a)),
            (True, blind["smtp"], alert("MxUnreachable", "warning", mx="1")),
            (True, blind["smtp"], alert("CheckStale", "warning", agent="x", stage="smtp")),
            (False, blind["smtp"], alert("MxNotCovered", "critical", **a)),
            (False, blind["smtp"], alert("MxCertificateExpiring", "critical", mx="1")),
            (False, blind["smtp"], alert("ExporterDown", "critical", agent="x")),
            (False, alert("AgentBlind", "warning", agent="x", channel="smtp"),
             alert("MxUnreachable", "warning", **host)),
            (True, alert("ExporterDown", "critical", agent="x"), alert("CheckStale", "warning", agent="x")),
            (False, alert("ExporterDown", "critical", agent="x"), alert("CheckStale", "warning", agent="y")),
            (True, alert("ExporterDown", "critical", agent="x", namespace="n"),
             alert("ShardMissing", "critical", namespace="n")),
            (False, alert("ExporterDown", "critical", agent="x"), alert("MxUnreachable", "critical", mx="1")),
            (True, alert("ExporterDown", "critical"), alert("MxCertificateExpiring", "critical", mx="1")),
            (False, alert("ExporterDown", "critical"), {"alertname": "Another", "severity": "critical"}),
        ]
        for wanted, source, target in cases:
            with self.subTest(source=source, target=target):
                self.assertEqual(inhibits(self.inhibit_rules, source, target), wanted)

    def test_one_domain_never_silences_another(self):
        rows = [identity(row) for row in alert_rows() if row["alert"] not in AGENT_ALERTS]
        for key in ("domain", "mx"):
            for (source, source_severity), (target, target_severity) in itertools.product(rows, rows):
                self.assertFalse(inhibits(self.inhibit_rules,
                                          {"alertname": source, "severity": source_severity, key: "a.example"},
                                          {"alertname": target, "severity": target_severity, key: "b.example"}),
                                 (source, target))

    def test_nothing_silences_itself_or_in_turn(self):
        rows = [{"alertname": row["alert"], "severity": row["labels"]["severity"],
                 **({} if row["alert"] in AGENT_ALERTS else {"domain": "a.example"})} for row in alert_rows()]
        for one, other in itertools.product(rows, rows):
            if inhibits(self.inhibit_rules, one, other):
                self.assertFalse(inhibits(self.inhibit_rules, other, one), (one, other))

    def test_the_matchers_themselves(self):
        self.assertTrue(Matchers(['a=~"x|y"', 'b=""']).match({"a": "y"}))
        self.assertFalse(Matchers(['a=~"x"']).match({"a": "xx"}))
        self.assertFalse(Matchers(['a!=""']).match({}))
        self.assertTrue(Matchers(['a!~"x.*"']).match({"a": "y"}))
