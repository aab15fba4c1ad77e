# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
"""The alerts: complete, well formed, tested, routed and inhibited as documented.

    python3 -B tests/alerts/alerts_test.py --agent BUILD/mtasts-exporter [unittest's own arguments]

Compares alerts/mtasts.rules.yaml with the agent's table of findings, the golden list of metrics and the runbooks, runs
promtool over the unit tests of alerts/tests, and amtool over alerts/alertmanager.example.yml. Needs python3-yaml.
"""

import argparse
import itertools
import re
import sys
import tempfile
import tomllib
import unittest
from pathlib import Path

import yaml

import source
# pylint: disable=unused-import
from firing import UnitTests
from routes import Alertmanager
# pylint: enable=unused-import
from source import (ADDED_LABELS, ALERTS, FOREIGN_METRICS, MATCHER, MODES, ROOT, RULES, RUNBOOK_URL, SELECTOR, SEVERITIES,
                   alert_rows, channels, codes_by_alert, expressions, golden, identity, is_about_host, labels_of, metrics_of,
                   not_lean, possible_severities, rules, run, table, unknown_values, prometheusrule)


class Form(unittest.TestCase):
    def test_every_alert_has_what_an_alert_needs(self):
        for row in alert_rows():
            with self.subTest(alert=identity(row)):
                self.assertIn("for", row)
                self.assertEqual(set(row["labels"]), {"severity"})
                self.assertIn(row["labels"]["severity"], SEVERITIES)
                notes = row["annotations"]
                self.assertEqual(set(notes), {"summary", "description", "runbook_url"})
                self.assertNotIn("{{", notes["summary"])
                self.assertRegex(notes["summary"], r"^([A-Z]|mtasts-exporter |max_age ).{10,110}\.$")
                self.assertIn("$labels." if row["alert"] != "MtastsShardMissing" else "$value", notes["description"])
                self.assertEqual(notes["runbook_url"], RUNBOOK_URL.format(row["alert"]))

    def test_the_runbook_is_there_and_no_page_is_left_over(self):
        pages = {page.stem for page in (ALERTS / "runbooks").glob("Mtasts*.md")}
        self.assertEqual(pages, {row["alert"] for row in alert_rows()})

    def test_one_row_for_each_name_and_severity(self):
        rows = [identity(row) for row in alert_rows()]
        self.assertEqual(len(rows), len(set(rows)))

    def test_rules_of_one_name_stand_in_one_group(self):
        for name in {row["alert"] for row in alert_rows()}:
            groups = [group["name"] for group in prometheusrule.source_groups()
                      if any(rule.get("alert") == name for rule in group["rules"])]
            self.assertEqual(len(groups), 1, name)

    def test_for_rides_out_one_failed_check(self):
        """A wrong result is exported until the next check, and for six more minutes through last_over_time."""
        # A fault of an MX host is cached for five minutes, then exported until the next check of each domain.
        minutes = {"mtasts_fault": 15 + 6, "mtasts_mx_fault": 5 + 15 + 6}
        for row in alert_rows():
            for family in set(minutes) & metrics_of(row["expr"]):
                with self.subTest(alert=identity(row)):
                    number, unit = re.fullmatch(r"(\d+)([mh])", row["for"]).groups()
                    self.assertGreater(int(number) * (60 if unit == "h" else 1), minutes[family])

    def test_a_missed_scrape_is_bridged(self):
        """Every series of the agent is read over a window."""
        known = golden()
        for rule in rules():
            for name in metrics_of(rule["expr"]) & set(known):
                plain = re.sub(r"\w*:\w+(:\w+)?", "", rule["expr"])
                read = re.findall(rf"\b{name}\b(?:\{{[^}}]*\}})?(\[\w+\])?", plain)
                self.assertTrue(read, name)
                self.assertNotIn("", read, f"{name} without a window in {rule.get('alert') or rule['record']}")

    def test_thresholds_are_those_of_the_agent_the_chart_and_the_runbooks(self):
        days = {"warning": 21, "critical": 7}
        share = {"warning": (3, "third"), "critical": (10, "tenth")}
        settings = tomllib.loads((source.ROOT / "config/example.toml").read_text())["check"]
        chart = yaml.safe_load((source.ROOT / "helm/mtasts-exporter/values.yaml").read_text())
        for severity in days:
            self.assertEqual(settings[f"expiry_{severity}"], f"{days[severity]}d")
            thresholds = chart["prometheusRule"]["thresholds"]
            self.assertEqual(thresholds[f"certificate{severity.capitalize()}Days"], days[severity])
            self.assertEqual(thresholds[f"certificate{severity.capitalize()}Share"], share[severity][0])
        for kind, name in (("policy", "MtastsPolicyCertificateExpiring"), ("mx", "MtastsMxCertificateExpiring")):
            prefix = rf"\w+:mtasts_{kind}_certificate:"
            text = "\n".join(rule["expr"] for rule in rules())
            pairs = re.findall(rf"{prefix}left_seconds < (\d+) \* 86400 and {prefix}left_ratio < 1 / (\d+)", text)
            self.assertEqual({(int(number), int(part)) for number, part in pairs},
                             {(days[severity], share[severity][0]) for severity in days}, name)
            impact = " ".join((ALERTS / "runbooks" / f"{name}.md").read_text().split())
            for severity in days:
                self.assertIn(f"{severity.capitalize()}: less than {days[severity]} days and less than a "
                              f"{share[severity][1]}", impact)

    def test_promtool_accepts_the_rules(self):
        done = run("promtool", "check", "rules", RULES, prometheusrule.OPTIONAL)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


class Completeness(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.table = table()
        cls.codes = codes_by_alert()

    def test_the_table_was_read(self):
        golden_codes = [line.split()[0] for line in (ROOT / "tests/golden/findings.txt").read_text().splitlines()]
        self.assertEqual(sorted(self.table), golden_codes)

    def test_every_finding_that_matters_alerts(self):
        mapped = set(itertools.chain(*self.codes.values()))
        silent = [code for code, row in self.table.items() if possible_severities(row) and code not in mapped]
        self.assertEqual(silent, [])

    def test_the_rules_select_the_alerts_of_the_agent(self):
        """By the family that has them: faults of domains, faults of MX hosts."""
        selected = {family: set() for family in ("mtasts_fault", "mtasts_mx_fault")}
        for rule in rules():
            for name, body in SELECTOR.findall(rule["expr"]):
                if name in selected:
                    selected[name] |= {value for label, _, value in MATCHER.findall(body) if label == "alert"}
        hosts = {alert for alert, codes in self.codes.items()
                 if any(is_about_host(self.table[code]) for code in codes)} | {"MtastsMxInvalid"}
        self.assertEqual(selected["mtasts_mx_fault"], hosts)
        # From the dates, so that thresholds are in the rules.
        domains = set(self.codes) - hosts - {"MtastsPolicyCertificateExpiring"} | {"MtastsMxInvalid"}
        self.assertEqual(selected["mtasts_fault"], domains)

    def test_every_severity_of_a_finding_has_a_row(self):
        rows = {identity(row) for row in alert_rows()}
        for alert, codes in self.codes.items():
            for code in codes:
                for severity in possible_severities(self.table[code]):
                    with self.subTest(code=code, alert=alert):
                        self.assertIn((alert, severity), rows)

    def test_no_finding_alerts_twice(self):
        mapped = list(itertools.chain(*self.codes.values()))
        self.assertEqual([code for code in set(mapped) if mapped.count(code) > 1], [])

    def test_every_code_of_an_alert_can_alert(self):
        for alert, codes in self.codes.items():
            for code in codes:
                with self.subTest(alert=alert, code=code):
                    self.assertIn(code, self.table)
                    self.assertTrue(possible_severities(self.table[code]), "is information alone")

    def test_the_runbook_tells_of_every_finding_behind_its_alert(self):
        for alert, codes in self.codes.items():
            page = ALERTS / "runbooks" / f"{alert}.md"
            named = re.search(r"<!-- findings:([\w\s-]*?)-->", page.read_text())
            with self.subTest(alert=alert):
                self.assertIsNotNone(named)
                self.assertEqual(set(codes) - set(named[1].split()), set())

    def test_an_alert_is_held_by_what_was_seen_earlier_and_starts_by_what_is_seen_now(self):
        """With its own severity; what was seen earlier counts only together with the firing alert."""
        for row in alert_rows():
            name, severity = identity(row)
            plain = rest = " ".join(row["expr"].split())
            for family in {"mtasts_fault", "mtasts_mx_fault"} & metrics_of(row["expr"]):
                kind = "mx" if family == "mtasts_mx_fault" else "domain"
                fault = f'last_over_time({family}{{alert="{name}", severity="{severity}", seen="%s"'
                firing = f'ALERTS{{alertname="{name}", alertstate="firing", severity="{severity}"}}'
                held = f'max by ({kind}) ({firing}) and on ({kind}) {fault % "earlier"}}}[6m]) == 1'
                with self.subTest(alert=identity(row), about=kind):
                    self.assertIn(fault % "now", plain)
                    self.assertIn(held, plain)
                rest = rest.replace(held, "")
            self.assertNotIn('seen="earlier"', rest, identity(row))

    def test_an_alert_looks_at_its_own_findings(self):
        for row in alert_rows():
            for name, body in SELECTOR.findall(row["expr"]):
                for label, _, value in MATCHER.findall(body):
                    if label in ("alert", "alertname"):
                        own = {row["alert"]}
                        if row["alert"] == "MtastsMxMoveUnsafe":
                            own.add("MtastsMxNotCovered")
                        self.assertIn(value, own, f"{name} in {identity(row)}")


class Names(unittest.TestCase):
    """The rules name only metrics that the agent exports."""

    @classmethod
    def setUpClass(cls):
        cls.metrics = golden()
        cls.recorded = {rule["record"] for rule in rules() if "record" in rule}
        rows = table().values()
        cls.allowed = {"severity": {"critical", "warning", "info", "unknown"}, "mode": MODES, "channel": channels(),
                       "stage": {row["stage"] for row in rows}, "code": {row["code"] for row in rows},
                       "alert": {row["alert"] for row in alert_rows()}, "alertstate": {"firing", "pending"},
                       "seen": {"now", "earlier"}, "range": {"critical", "warning"}}
        cls.allowed["alertname"] = cls.allowed["alert"]

    def test_the_closed_sets_were_found(self):
        self.assertEqual(self.allowed["channel"], {"dns", "https", "smtp"})
        self.assertIn("policy_fetch", self.allowed["stage"])

    def test_every_metric_exists(self):
        for where, expression in expressions():
            with self.subTest(rule=where):
                self.assertEqual(metrics_of(expression) - set(self.metrics) - self.recorded - FOREIGN_METRICS, set())

    def test_the_lean_set_has_every_metric(self):
        for where, expression in expressions():
            with self.subTest(rule=where):
                self.assertEqual(metrics_of(expression) & not_lean(), set())

    def test_every_recorded_series_is_used(self):
        used = set(itertools.chain(*(metrics_of(expression) for _, expression in expressions())))
        self.assertEqual(self.recorded - used, set())

    def test_every_label_exists(self):
        known = set(itertools.chain(*self.metrics.values())) | ADDED_LABELS
        for where, expression in expressions():
            with self.subTest(rule=where):
                self.assertEqual(labels_of(expression) - known, set())

    def test_every_label_of_a_selector_is_its_metric_s(self):
        for where, expression in expressions():
            for name, body in SELECTOR.findall(expression):
                if name in self.metrics:
                    labels = {label for label, _, _ in MATCHER.findall(body)}
                    self.assertEqual(labels - self.metrics[name], set(), f"{name} in {where}")

    def test_every_label_value_can_be(self):
        for where, expression in expressions():
            with self.subTest(rule=where):
                self.assertEqual(unknown_values(expression, self.allowed), [])

    def test_unknown_is_never_a_domain_s_fault(self):
        for rule in rules():
            self.assertNotIn('"unknown"', rule["expr"])

    def test_the_test_itself_sees_what_is_wrong(self):
        expression = 'count by (domain) (nothing{code="x"}) and on (mx) last_over_time(a:b:c[5m]) > 6 * 10'
        self.assertEqual(metrics_of(expression), {"nothing", "a:b:c"})
        self.assertEqual(unknown_values('m{stage=~"record|recrod", mode="enforced"}',
                                        {"stage": {"record"}, "mode": MODES}), ["stage=recrod", "mode=enforced"])
        self.assertEqual(labels_of('count by (domian) (m{cod="x"}) and on (mx) n'), {"domian", "cod", "mx"})


class OtherForms(unittest.TestCase):
    """The output of alerts/prometheusrule.py."""

    def test_the_chart_s_file_is_made_anew(self):
        self.assertEqual(prometheusrule.CHART_FILE.read_text(), prometheusrule.chart_text(),
                         "run: python3 alerts/prometheusrule.py --format chart --write")

    def test_the_chart_s_defaults_are_the_rules(self):
        text = prometheusrule.with_numbers(prometheusrule.chart_text())
        self.assertEqual(yaml.safe_load(text)["groups"], prometheusrule.source_groups())

    def test_every_threshold_of_the_chart_reaches_a_rule(self):
        default = prometheusrule.with_numbers(prometheusrule.chart_text())
        for word in prometheusrule.THRESHOLDS:
            changed = prometheusrule.with_numbers(prometheusrule.chart_text(), **{word: 12345})
            self.assertNotEqual(default, changed, word)
            self.assertEqual(self.checked(yaml.safe_load(changed)["groups"]), "")

    def test_the_manifest_holds_the_rules(self):
        done = run(sys.executable, ALERTS / "prometheusrule.py", "--namespace", "monitoring", "--label", "release=x")
        manifest = yaml.safe_load(done.stdout)
        self.assertEqual((manifest["apiVersion"], manifest["kind"]), ("monitoring.coreos.com/v1", "PrometheusRule"))
        self.assertEqual(manifest["metadata"], {"name": "mtasts-exporter", "namespace": "monitoring",
                                                "labels": {"release": "x"}})
        self.assertEqual(manifest["spec"]["groups"], prometheusrule.source_groups(optional=False))
        done = run(sys.executable, ALERTS / "prometheusrule.py", "--optional")
        self.assertEqual(yaml.safe_load(done.stdout)["spec"]["groups"], prometheusrule.source_groups())

    def test_joined_with_the_team(self):
        """Alerts about domains have the label team if the settings set one; the others fire as before."""
        groups = prometheusrule.with_label(prometheusrule.source_groups(), "team")
        for row in prometheusrule.rules_of(groups):
            if "alert" in row:
                joined = "group_left (team)" in row["expr"]
                self.assertEqual(joined, "{{ $labels.domain }}" in row["annotations"]["description"], identity(row))
        series = [('up{job="m", instance="a:1"}', "1x60"),
                  ('mtasts_exporter_build_info{job="m", instance="a:1"}', "1x60"),
                  ('mtasts_domain_info{domain="one.example", team="web"}', "1x60"),
                  ('mtasts_domain_info{domain="two.example"}', "1x60")]
        for domain in ("one.example", "two.example"):
            series += [(f'mtasts_fault{{domain="{domain}", alert="MtastsMxInvalid", code="mx-none", '
                        f'severity="critical", seen="now"}}', "1x60")]
        series += [('mtasts_mx_fault{mx="mx.example", alert="MtastsMxInvalid", code="mx-no-address", '
                    'severity="critical", seen="now"}', "1x60")]
        head = 'ALERTS{alertname="MtastsMxInvalid", alertstate="firing", severity="critical", '
        wanted = [head + rest for rest in ('domain="one.example", team="web"}', 'domain="two.example"}',
                                           'mx="mx.example"}')]
        test = {"interval": "1m", "input_series": [{"series": name, "values": values} for name, values in series],
                "promql_expr_test": [{"expr": 'ALERTS{alertstate="firing"}', "eval_time": "45m",
                                      "exp_samples": [{"labels": labels, "value": 1} for labels in wanted]}]}
        self.assertEqual(self.checked(groups, [test]), "")

    @staticmethod
    def checked(groups, tests=()):
        """Errors of promtool in the rules or in their unit tests."""
        with tempfile.TemporaryDirectory() as folder:
            rule_file, test_file = Path(folder) / "rules.yaml", Path(folder) / "tests.yaml"
            rule_file.write_text(yaml.safe_dump({"groups": groups}))
            test_file.write_text(yaml.safe_dump({"rule_files": [str(rule_file)], "evaluation_interval": "1m",
                                                 "tests": list(tests)}))
            done = run("promtool", "check", "rules", rule_file)
            if done.returncode == 0 and tests:
                done = run("promtool", "test", "rules", test_file)
        return "" if done.returncode == 0 else done.stdout + done.stderr


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--agent", required=True, help="the mtasts-exporter whose findings and metrics are meant")
    arguments, rest = parser.parse_known_args()
    source.agent_binary = Path(arguments.agent).resolve()
    unittest.main(argv=[sys.argv[0], *rest])


if __name__ == "__main__":
    main()
