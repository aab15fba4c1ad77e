# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
"""The Grafana dashboard against the world's Prometheus: every query returns data, and the panels show the real state.

e2e.py runs these tests; they need its world and samples.
"""

import contextlib
import json
import math
import re
from pathlib import Path

from processes import WorldError, wait_until

FILE = Path(__file__).resolve().parents[2] / "alerts/dashboard.json"
# Has a policy, MX hosts, certificates and findings, so that every panel of its row has something to show.
DOMAIN = "partly-covered.test"
VARIABLES = {"job": "web", "domain": DOMAIN, "__rate_interval": "10s"}
ANSWER_SECONDS = 30.0
# Values of the column "state", by domain.
EXPIRY = {"healthy.test": 0, "policy-expiring.test": 1, "policy-expiring-soon.test": 2, "policy-expired.test": 3}


def expressions(title=None, **variables):
    """(title of the panel, name or refId, expression) of every query, or of those of one panel."""
    found = []
    for panel in json.loads(FILE.read_text())["panels"]:
        if title not in (None, panel["title"]):
            continue
        for query in panel.get("targets", ()):
            expression = query["expr"]
            for name, value in (VARIABLES | variables).items():
                expression = expression.replace(f"${name}", value)
            name = query["refId"] if query["legendFormat"] == "__auto" else query["legendFormat"]
            found.append((panel["title"], name, expression))
    return found


def columns(title, **variables):
    """The expressions of a table's columns, by column title."""
    panel = next(panel for panel in json.loads(FILE.read_text())["panels"] if panel["title"] == title)
    names = panel["transformations"][-1]["options"]["renameByName"].values()
    return dict(zip(names, (expression for _, _, expression in expressions(title, **variables))))


class DashboardTests:
    """Mixin for a TestCase that has `world` and `samples`."""

    def answers(self, expression):
        return [(labels, value) for labels, value in self.samples.query(expression) if not math.isnan(value)]

    def test_dashboard_queries_return_data(self):
        for title, name, expression in expressions():
            # This world's agent takes in no TLS reports, which reports.py compares in numbers, and serves no policies; no
            # domain is in a phase for long enough to be ready, and no zone is signed (dane.py has such).
            if re.search("tlsrpt_|mtasts_hosted_policy_|sts-ready-for-next-phase|mtasts_mx_dane_", expression):
                continue
            with self.subTest(panel=title, query=name):
                wait_until(lambda expression=expression: self.answers(expression), expression, ANSWER_SECONDS)

    def test_dashboard_counts_the_outcomes(self):
        outcomes = [domain.outcome for domain in self.world.domains]
        wanted = {outcome: outcomes.count(outcome) for outcome in ("critical", "warning", "unknown", "ok")}
        wanted["waiting"] = 0

        def shown():
            return {name: self.answers(expression)[0][1] for _, name, expression in expressions("Domains by outcome")}
        with contextlib.suppress(WorldError):
            wait_until(lambda: shown() == wanted, "the outcomes", ANSWER_SECONDS)
        self.assertEqual(shown(), wanted)

    def test_dashboard_lists_the_domains_that_are_not_well(self):
        unwell = {domain.name for domain in self.world.domains if domain.outcome != "ok"}
        for name, expression in columns("Worst domains").items():
            if name != "mode":  # not every domain has one
                with self.subTest(column=name):
                    self.assertEqual({labels["domain"] for labels, _ in self.answers(expression)}, unwell)

    def test_dashboard_knows_which_certificates_end(self):
        table = columns("Policy host certificates")
        states = {labels["domain"]: value for labels, value in self.answers(table["state"])}
        self.assertEqual({domain: states.get(domain) for domain in EXPIRY}, EXPIRY)
        days = {labels["domain"]: value for labels, value in self.answers(table["left"])}
        self.assertTrue(14 <= days["policy-expiring.test"] <= 15, days["policy-expiring.test"])

    def test_dashboard_shows_the_mx_hosts(self):
        domain = self.world.domain(DOMAIN)
        for name, expression in columns("MX hosts").items():
            with self.subTest(column=name):
                shown = {labels["mx"]: value for labels, value in self.answers(expression)}
                self.assertEqual(set(shown), set() if name == "DANE" else set(domain.mx))
                if name == "covered":
                    self.assertEqual(shown, {host: float(host not in domain.uncovered) for host in domain.mx})
        no_starttls = columns("MX hosts", domain="no-starttls.test")["STARTTLS"]
        self.assertEqual([value for _, value in self.answers(no_starttls)], [0])

    def test_dashboard_shows_the_stages(self):
        # 0 failed, 1 passed, 2 not observed; a stage that passes has no line of its own.
        for name, wanted in ((DOMAIN, {"mx": 0, "all others": 1, "record": None, "smtp": None, "change": None}),
                             ("policy-expired.test", {"policy_certificate": 0, "all others": 1, "record": None})):
            with self.subTest(domain=name):
                (_, _, expression), = expressions("Stages", domain=name)
                shown = {labels["stage"]: value for labels, value in self.answers(expression)}
                self.assertEqual({stage: shown.get(stage) for stage in wanted}, wanted)
