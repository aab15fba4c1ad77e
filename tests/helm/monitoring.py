# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
"""Monitors, rules and dashboard."""

import json
import re
import shutil
import unittest

import yaml

import chart
from cases import DOMAINS, FULL
from chart import RENDERED, agent_of, all_of, labels_match, one, run


class Monitoring(unittest.TestCase):
    def rules(self, **values):
        manifests = chart.TOOLS.render({**DOMAINS, "prometheusRule": {"enabled": True, **values}})
        return one(manifests, "PrometheusRule")["spec"]

    def alerts(self, spec, name=None):
        return [rule for group in spec["groups"] for rule in group["rules"]
                if "alert" in rule and name in (None, rule["alert"])]

    def test_monitors_scrape_both_ports_each_at_its_own_interval(self):
        for case, manifests in RENDERED.items():
            for monitor in all_of(manifests, "ServiceMonitor"):
                found = [s for s in all_of(manifests, "Service")
                         if labels_match(monitor["spec"]["selector"]["matchLabels"], s["metadata"]["labels"])]
                self.assertEqual(len(found), 1, f"{case}: a second Service would be scraped, too")
                names = [port["name"] for port in found[0]["spec"]["ports"]]
                self.assertEqual([e["port"] for e in monitor["spec"]["endpoints"]], names)
                self.assertEqual(len({e["interval"] for e in monitor["spec"]["endpoints"]}), len(names))
                self.assertEqual(monitor["spec"]["namespaceSelector"]["matchNames"],
                                 ["007" if case == "odd words" else "mail"])
        endpoints = one(RENDERED["bare"], "PodMonitor")["spec"]["podMetricsEndpoints"]
        names = [port["name"] for port in agent_of(RENDERED["bare"])["ports"]]
        self.assertEqual([e["port"] for e in endpoints], names)
        spec = one(RENDERED["full"], "ServiceMonitor")["spec"]
        for key in ("sampleLimit", "targetLimit", "labelLimit", "labelNameLengthLimit", "labelValueLengthLimit",
                    "jobLabel", "targetLabels", "podTargetLabels"):
            self.assertEqual(spec[key], FULL["serviceMonitor"][key], key)
        for key, value in FULL["serviceMonitor"]["web"].items():
            self.assertEqual(spec["endpoints"][0][key], value, key)
        self.assertNotIn("basicAuth", spec["endpoints"][1])
        self.assertNotIn("sampleLimit", one(RENDERED["operator"], "ServiceMonitor")["spec"])
        self.assertEqual(one(RENDERED["full"], "ServiceMonitor")["metadata"]["namespace"], "monitoring")
        self.assertEqual(one(RENDERED["full"], "ServiceMonitor")["metadata"]["labels"]["release"], "prometheus")
        pod = one(RENDERED["pod monitor"], "PodMonitor")["spec"]
        self.assertEqual((pod["sampleLimit"], pod["jobLabel"], pod["podTargetLabels"]), (5, "job", ["b"]))
        self.assertEqual([e["port"] for e in pod["podMetricsEndpoints"]], ["telemetry"])

    def test_the_rules_are_those_of_the_file(self):
        source = yaml.safe_load((chart.ROOT / "alerts/mtasts.rules.yaml").read_text())
        made = one(RENDERED["operator"], "PrometheusRule")["spec"]
        self.assertEqual([g["name"] for g in made["groups"]], [g["name"] for g in source["groups"]])
        for theirs, ours in zip(source["groups"], made["groups"]):
            self.assertEqual(ours, theirs)

    def test_prometheus_accepts_the_rules(self):
        for case in ("operator", "full"):
            file = chart.TOOLS.scratch / f"rules-{case}.yaml"
            file.write_text(yaml.safe_dump(one(RENDERED[case], "PrometheusRule")["spec"]))
            ran = run("promtool", "check", "rules", file)
            self.assertEqual(ran.returncode, 0, ran.stdout)
            self.assertIn("SUCCESS", ran.stdout)

    def test_a_threshold_that_the_values_do_not_know_is_an_error(self):
        made = chart.TOOLS.scratch / "newer-rules"
        shutil.copytree(chart.CHART, made)
        rules = made / "files/mtasts.rules.yaml"
        rules.write_text(rules.read_text().replace("@checkStaleSeconds@", "@checkOldSeconds@"))
        ran = chart.TOOLS.template({**DOMAINS, "prometheusRule": {"enabled": True}}, chart=made)
        self.assertIn("prometheusRule.thresholds has nothing for @checkOldSeconds@", ran.stderr)

    def test_no_word_of_a_threshold_is_left(self):
        words = set(re.findall(r"@(\w+)@", chart.RULES.read_text()))
        values = yaml.safe_load((chart.CHART / "values.yaml").read_text())
        self.assertEqual(set(values["prometheusRule"]["thresholds"]), words)
        for case in ("operator", "full"):
            self.assertNotRegex(json.dumps(one(RENDERED[case], "PrometheusRule")["spec"]), r"@\w+@")

    def test_thresholds_severities_overrides_and_switches(self):
        full = one(RENDERED["full"], "PrometheusRule")["spec"]
        text = json.dumps(full)
        self.assertIn("< 14 * 86400", text)
        self.assertIn("> 7200.5", text)
        self.assertEqual(self.alerts(full, "MtastsMxSetChanged"), [])
        unreachable = {a["labels"]["severity"]: a["for"] for a in self.alerts(full, "MtastsMxUnreachable")}
        self.assertEqual(unreachable, {"page": "2h", "ticket": "12h"})
        self.assertEqual([a["labels"]["severity"] for a in self.alerts(full, "MtastsMxInvalid")], ["page"])
        own = self.alerts(full, "MtastsPolicyUnavailable")[0]
        self.assertEqual(own["labels"], {"severity": "page", "team": "web"})
        self.assertEqual(own["annotations"]["runbook_url"], "https://wiki.example/own")
        for alert in self.alerts(full):
            self.assertEqual(alert["annotations"]["dashboard"], "https://grafana.example/d/mtasts")
            self.assertIn("team", alert["labels"])
            self.assertRegex(alert["annotations"]["runbook_url"],
                             r"^https://wiki\.example/(own|runbooks/Mtasts\w+\.md)$")
        self.assertEqual(full["groups"][-1]["name"], "own")

    def test_an_alert_holds_on_to_itself_under_its_new_severity(self):
        source = yaml.safe_load((chart.ROOT / "alerts/mtasts.rules.yaml").read_text())
        def row(alert):  # an alert may have a row per severity, of which not all hold
            return alert["alert"], alert["annotations"]["summary"]

        holding = {row(a) for a in self.alerts(source) if "ALERTS{" in a["expr"]}
        self.assertTrue(holding)
        for case in ("operator", "full"):
            held = []
            alerts = self.alerts(one(RENDERED[case], "PrometheusRule")["spec"])
            for alert in alerts:
                selected = re.findall(r"ALERTS\{([^}]*)\}", alert["expr"])
                for inner in selected:  # of domains, of MX hosts, or both
                    self.assertIn(f'alertname="{alert["alert"]}"', inner)
                    self.assertIn(f'severity="{alert["labels"]["severity"]}"', inner)
                if selected:
                    held.append(alert["alert"])
            self.assertEqual(held, [alert["alert"] for alert in alerts if row(alert) in holding], case)

    def test_a_switch_of_the_whole_alert_and_of_one_severity(self):
        names = {a["alert"] for a in self.alerts(self.rules())}
        spec = self.rules(alerts={"MtastsMxUnreachable": {"enabled": False, "critical": {"enabled": True}}})
        self.assertEqual([a["labels"]["severity"] for a in self.alerts(spec, "MtastsMxUnreachable")], ["critical"])
        self.assertEqual({a["alert"] for a in self.alerts(spec)}, names)

    def test_the_dashboard(self):
        made = one(RENDERED["full"], "ConfigMap", "test-mtasts-exporter-dashboard")
        self.assertEqual(json.loads(made["data"]["mtasts.json"]),
                         json.loads((chart.ROOT / "alerts/dashboard.json").read_text()))
        self.assertEqual(made["metadata"]["labels"]["grafana_dashboard"], "1")
        self.assertEqual(made["metadata"]["annotations"]["grafana_folder"], "Mail")
        self.assertEqual(made["metadata"]["namespace"], "monitoring")
        # cp alerts/dashboard.json helm/mtasts-exporter/files/
        self.assertEqual((chart.CHART / "files/dashboard.json").read_bytes(),
                         (chart.ROOT / "alerts/dashboard.json").read_bytes(), "copy alerts/dashboard.json there")
