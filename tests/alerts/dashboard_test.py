# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
"""The Grafana dashboard, without a Grafana: the fields that its panels need, its layout, and every query.

    python3 tests/alerts/dashboard_test.py
"""

import json
import re
import subprocess
import sys
import tomllib
import unittest

import promql

ROOT = promql.ROOT
FILE = ROOT / "alerts/dashboard.json"
RULES = ROOT / "alerts/mtasts.rules.yaml"
WIDTH = 24
ROW = {"id", "type", "title", "gridPos", "collapsed", "panels"}
PANEL = {"id", "type", "title", "description", "gridPos", "datasource", "targets", "fieldConfig", "options"}
OPTIONS = {
    "stat": {"reduceOptions", "textMode", "colorMode", "graphMode", "orientation"},
    "timeseries": {"legend", "tooltip"},
    "state-timeline": {"legend", "tooltip", "mergeValues", "showValue", "rowHeight"},
    "table": {"showHeader", "footer"},
}
# The units of Grafana that the dashboard may use.
UNITS = {"short", "none", "s", "d", "bytes", "percentunit", "ops", "reqps", "dateTimeAsIso", "dateTimeFromNow"}
MARKS_OF_UNITS = {"percentunit": "/|_ratio", "bytes": "_bytes", "s": "_seconds", "ops": r"\brate\(", "reqps": r"\brate\("}
VARIABLES = {"datasource", "job", "domain"}
GRAFANA_VARIABLES = {"__rate_interval"}
VARIABLE = re.compile(r"\$\{?(\w+)")


def dashboard():
    return json.loads(FILE.read_text())


def panels():
    return [panel for panel in dashboard()["panels"] if panel["type"] != "row"]


def rows():
    return [panel for panel in dashboard()["panels"] if panel["type"] == "row"]


def queries(replacements):
    """(title of the panel, expression) of every query, its variables replaced."""
    found = []
    for panel in panels():
        for target in panel["targets"]:
            expression = target["expr"]
            for name, value in replacements.items():
                expression = expression.replace(f"${name}", value)
            found.append((panel["title"], expression))
    return found


def parseable():
    return queries({"job": ".+", "domain": "example.com", "__rate_interval": "4m"})


def overlap(one, other):
    return (one["x"] < other["x"] + other["w"] and other["x"] < one["x"] + one["w"]
            and one["y"] < other["y"] + other["h"] and other["y"] < one["y"] + one["h"])


def mapped_values(mappings):
    return {value for mapping in mappings for value in mapping["options"]}


class Dashboard(unittest.TestCase):
    maxDiff = None

    def test_is_what_the_generator_makes(self):
        made = subprocess.run([sys.executable, "-B", str(ROOT / "alerts/dashboard.py")], capture_output=True, text=True,
                              timeout=60)
        self.assertEqual(made.stderr, "")
        self.assertEqual(FILE.read_text(), made.stdout, "python3 alerts/dashboard.py > alerts/dashboard.json")

    def test_what_grafana_needs_of_the_whole(self):
        board = dashboard()
        self.assertEqual(board["uid"], "mtasts-exporter")
        self.assertIsNone(board["id"], "an id is the database's")
        self.assertGreaterEqual(board["schemaVersion"], 36)  # Grafana 9.0
        self.assertLessEqual(board["schemaVersion"], 37)     # fields that later versions migrate
        for field in ("title", "tags", "time", "refresh", "templating", "annotations", "panels", "version"):
            self.assertIn(field, board)

    def test_variables(self):
        variables = {variable["name"]: variable for variable in dashboard()["templating"]["list"]}
        self.assertEqual(set(variables), VARIABLES)
        source = variables["datasource"]
        self.assertEqual((source["type"], source["query"]), ("datasource", "prometheus"))
        for name in ("job", "domain"):
            variable = variables[name]
            self.assertEqual((variable["type"], variable["datasource"]["uid"]), ("query", "${datasource}"))
            query = re.fullmatch(r"label_values\((.*), (\w+)\)", variable["query"]["query"])
            self.assertEqual(query[2], name)
            self.assertEqual(promql.complaints([query[1].replace("$job", ".+")]), "")
            self.assertLessEqual(promql.metrics_in(query[1]), promql.exported_metrics())
        # A repeated row for each of many thousand domains would be useless.
        self.assertFalse(variables["domain"]["includeAll"])

    def test_only_known_variables_are_used(self):
        used = {name for panel in panels() for target in panel["targets"] for name in VARIABLE.findall(target["expr"])}
        used |= {name for row in rows() for name in VARIABLE.findall(row["title"])}
        self.assertEqual(used - VARIABLES - GRAFANA_VARIABLES, set())
        self.assertLessEqual({"job", "domain"}, used)

    def test_panels_have_what_their_type_needs(self):
        for panel in dashboard()["panels"]:
            with self.subTest(panel=panel["title"]):
                if panel["type"] == "row":
                    self.assertEqual(ROW - set(panel), set())
                    continue
                self.assertEqual(PANEL - set(panel), set())
                self.assertIn(panel["type"], OPTIONS)
                self.assertEqual(OPTIONS[panel["type"]] - set(panel["options"]), set())
                self.assertTrue(panel["description"].endswith("."), "a description is a sentence")
                self.assertEqual(panel["datasource"], {"type": "prometheus", "uid": "${datasource}"})
                self.assertTrue(panel["targets"])
                references = [target["refId"] for target in panel["targets"]]
                self.assertEqual(len(set(references)), len(references))
                for target in panel["targets"]:
                    self.assertEqual(target["datasource"], panel["datasource"])
                    self.assertNotEqual(target["instant"], target["range"])
                    self.assertEqual(target["format"], "table" if panel["type"] == "table" else "time_series")
                    self.assertEqual(target["range"], panel["type"] in ("timeseries", "state-timeline"))

    def test_numbers_have_a_unit_or_words(self):
        for panel in panels():
            with self.subTest(panel=panel["title"]):
                defaults, overrides = panel["fieldConfig"]["defaults"], panel["fieldConfig"]["overrides"]
                units = {defaults.get("unit")} | {entry["value"] for override in overrides
                                                  for entry in override["properties"] if entry["id"] == "unit"}
                self.assertLessEqual(units - {None}, UNITS)
                name_alone = panel["options"].get("textMode") == "name"
                if panel["type"] in ("stat", "timeseries", "state-timeline"):
                    self.assertTrue(defaults.get("unit") or defaults.get("mappings") or name_alone)
                if panel["type"] == "timeseries" and defaults["unit"] in MARKS_OF_UNITS:
                    for target in panel["targets"]:
                        self.assertRegex(target["expr"], MARKS_OF_UNITS[defaults["unit"]], "unit and query disagree")

    def test_tables_show_their_columns(self):
        for panel in panels():
            if panel["type"] != "table":
                continue
            with self.subTest(panel=panel["title"]):
                steps = [transformation["id"] for transformation in panel["transformations"]]
                self.assertEqual(steps, ["merge", "sortBy", "organize"])
                organize = panel["transformations"][-1]["options"]
                references = [target["refId"] for target in panel["targets"]]
                values = ["Value"] if len(references) == 1 else [f"Value #{reference}" for reference in references]
                self.assertEqual(list(organize["renameByName"]), values)
                self.assertTrue(organize["excludeByName"]["Time"])
                sorted_by = panel["transformations"][1]["options"]["sort"][0]["field"]
                self.assertIn(sorted_by, organize["indexByName"])
                shown = set(organize["renameByName"].values()) | set(organize["indexByName"])
                for override in panel["fieldConfig"]["overrides"]:
                    self.assertIn(override["matcher"]["options"], shown)

    def test_ids_are_unique(self):
        ids = [panel["id"] for panel in dashboard()["panels"]]
        self.assertEqual(len(set(ids)), len(ids))

    def test_nothing_overlaps_or_stands_out(self):
        places = [(panel["title"], panel["gridPos"]) for panel in dashboard()["panels"]]
        for number, (title, place) in enumerate(places):
            self.assertTrue(0 <= place["x"] and 0 < place["w"] and place["x"] + place["w"] <= WIDTH, title)
            for other_title, other in places[:number]:
                self.assertFalse(overlap(place, other), f"{title} and {other_title}")

    def test_panels_of_a_domain_stand_in_its_repeated_row(self):
        repeated = None
        for panel in dashboard()["panels"]:
            if panel["type"] == "row":
                repeated = panel.get("repeat")
            else:
                uses = any("$domain" in target["expr"] for target in panel["targets"])
                self.assertEqual(uses, repeated == "domain", panel["title"])

    def test_every_query_parses(self):
        self.assertEqual(promql.complaints([expression for _, expression in parseable()]), "")

    def test_every_metric_is_exported(self):
        for title, expression in parseable():
            with self.subTest(panel=title):
                named = promql.metrics_in(expression)
                self.assertTrue(named)
                self.assertEqual(named - promql.exported_metrics(), set())
                self.assertEqual(named & promql.not_lean(), set(), "the lean set lacks it")

    def test_every_query_keeps_to_the_job(self):
        for title, expression in parseable():
            with self.subTest(panel=title):
                plain = promql.without_label_lists(expression)
                selectors = re.findall(r"\b(?:mtasts|process|tlsrpt)_\w+(?:\{[^}]*\})?", plain)
                self.assertTrue(selectors)
                self.assertEqual([text for text in selectors if 'job=~".+"' not in text], [])

    def test_severities_and_modes_are_the_agents(self):
        text = " ".join(expression for _, expression in parseable())
        self.assertEqual(set(re.findall(r'severity="(\w+)"', text)), {"critical", "warning", "info", "unknown"})
        modes = set(re.findall(r'mode="(\w+)"', text))
        self.assertLessEqual(modes, {"enforce", "testing", "none"})

    def test_limits_of_expiry_are_the_agents_and_the_rules(self):
        defaults = tomllib.loads((ROOT / "config/example.toml").read_text())["check"]
        rules = RULES.read_text()
        expressions = [expression for _, expression in parseable() if "_expiry_timestamp_seconds" in expression
                       and "clamp_max" in expression]
        self.assertEqual(len(expressions), 3)  # policy hosts, MX hosts, and those of one domain
        for severity, share in (("warning", 3), ("critical", 10)):
            days = int(re.fullmatch(r"(\d+)d", defaults[f"expiry_{severity}"])[1])
            self.assertRegex(rules, rf"left_seconds < {days} \* 86400 and \S+left_ratio < 1 / {share}\b")
            for expression in expressions:
                self.assertIn(f"/ {share}, {days * 86400})", expression)
                self.assertIn(f"< bool {days * 86400})", expression)

    def test_states_have_words(self):
        for panel in panels():
            if panel["type"] == "state-timeline":
                with self.subTest(panel=panel["title"]):
                    self.assertTrue(mapped_values(panel["fieldConfig"]["defaults"]["mappings"]))

    def test_codes_lead_to_the_reference(self):
        links = [link["url"] for panel in panels() for override in panel["fieldConfig"]["overrides"]
                 if override["matcher"]["options"] == "code"
                 for entry in override["properties"] if entry["id"] == "links" for link in entry["value"]]
        self.assertEqual(len(links), 2)
        for link in links:
            path = re.fullmatch(r"https://github\.com/[\w/-]+/blob/main/(.*)#\$\{__value\.raw\}", link)[1]
            self.assertTrue((ROOT / path).is_file(), link)


class Publishing(unittest.TestCase):
    """The row in numbers: two agents serve the same policies, and one of them checks two of the three domains."""

    HOSTED = {"x.test": ("1", "1"), "y.test": ("2", "9"), "z.test": ("3", None)}  # id of the policy, id that is published
    PHASES = {"x.test": ("testing_day", 1), "y.test": ("enforce_week", 0)}

    def series(self):
        found = {}

        def add(name, labels, values):
            text = ",".join(f'{label}="{value}"' for label, value in {"job": "web", **labels}.items())
            found[f"{name}{{{text}}}"] = f"{values}x1500"
        for domain, (served, published) in self.HOSTED.items():
            for instance in "ab":
                of_agent = {"instance": instance, "domain": domain}
                add("mtasts_hosted_policy_info", {**of_agent, "id": served}, "1")
                add("mtasts_hosted_policy_requests_total", of_agent, "0+1" if domain == "x.test" else "0")
            if published:
                phase = self.PHASES.get(domain, ("", 0))[0]
                add("mtasts_policy_info", {"instance": "a", "domain": domain, "id": published, "phase": phase}, "1")
                add("mtasts_last_check_timestamp_seconds", {"instance": "a", "domain": domain}, "1")
        for domain, (_, ready) in self.PHASES.items():
            if ready:
                add("mtasts_finding", {"instance": "a", "domain": domain, "code": "sts-ready-for-next-phase"}, "1")
        return found

    def test_in_numbers(self):
        of = {}
        for panel in panels():
            for target in panel["targets"]:
                of[panel["title"], target["refId"]] = target["expr"].replace("$job", ".+")
        wanted = {
            of["Hosted policies", "A"]: {'{domain="x.test",id="1"}': 2880, '{domain="y.test",id="2"}': 0,
                                         '{domain="z.test",id="3"}': 0},
            of["Hosted policies", "B"]: {'{domain="x.test",id="1"}': 1, '{domain="y.test",id="2"}': 0},
            of["Ready for the next step", "A"]: {'{domain="x.test",phase="testing_day"}': 1},
            of["Rollout", "A"]: {'{phase="testing_day"}': 1, '{phase="enforce_week"}': 1},
        }
        self.assertEqual(promql.differences(self.series(), wanted), "")
        self.assertNotEqual(promql.differences(self.series(), {of["Rollout", "A"]: {'{phase="testing_day"}': 2}}), "")


class Overview(unittest.TestCase):
    """One domain with faults and one without, in numbers. Two agents check both."""

    SERIES = {
        "mtasts_last_check_timestamp_seconds": [({"domain": "bad.test"}, 86000), ({"domain": "good.test"}, 86000)],
        "mtasts_finding": [({"domain": "bad.test", "code": "mx-none", "severity": "critical"}, 1),
                           ({"domain": "bad.test", "code": "sts-txt-missing", "severity": "warning"}, 1),
                           ({"domain": "bad.test", "code": "tlsrpt-missing", "severity": "warning"}, 1)],
        "mtasts_fault": [({"domain": "bad.test", "stage": "mx", "seen": "now"}, 1),
                         ({"domain": "bad.test", "stage": "change", "seen": "earlier"}, 1)],
        "mtasts_mx_fault": [({"mx": "mx.test", "stage": "mx_certificate", "alert": "MtastsMxCertificateInvalid",
                              "seen": "now", "code": "cert-expired"}, 1)],
        "mtasts_mx_covered": [({"domain": "bad.test", "mx": "mx.test"}, 1)],
        "mtasts_stage_unseen_since_timestamp_seconds": [({"domain": "bad.test", "stage": "change"}, 5),
                                                        ({"domain": "bad.test", "stage": "tlsrpt"}, 86000)],
        "mtasts_policy_info": [({"domain": "bad.test", "mode": "testing"}, 1),
                               ({"domain": "good.test", "mode": "enforce"}, 1)],
        "mtasts_policy_certificate_expiry_timestamp_seconds": [({"domain": "bad.test"}, 86400 * 9),
                                                               ({"domain": "good.test"}, 86400 * 9)],
        "mtasts_policy_certificate_lifetime_seconds": [({"domain": "good.test"}, 86400 * 10)],
        "mtasts_mx_certificate_expiry_timestamp_seconds": [({"mx": "mx.test"}, 86400 * 3)],
        "mtasts_mx_certificate_lifetime_seconds": [({"mx": "mx.test"}, 86400 * 90)],
    }

    def test_in_numbers(self):
        series = {}
        for name, samples in self.SERIES.items():
            for labels, value in samples:
                for instance in "ab":
                    text = ",".join(f'{key}="{one}"' for key, one in {"job": "web", "instance": instance, **labels}.items())
                    series[f"{name}{{{text}}}"] = f"{value}x1500"
        of = {}
        for panel in panels():
            for target in panel["targets"]:
                of[panel["title"], target["refId"]] = target["expr"].replace("$job", ".+").replace("$domain", "bad.test")
        wanted = {
            of["Domains by outcome", "A"]: {"{}": 1}, of["Domains by outcome", "B"]: {"{}": 0},
            of["Domains by outcome", "D"]: {"{}": 1}, of["Open findings by severity", "B"]: {"{}": 2},
            of["Worst domains", "A"]: {'{domain="bad.test"}': 1002000}, of["Worst domains", "D"]: {'{domain="bad.test"}': 0},
            of["Worst domains", "E"]: {'{domain="bad.test"}': 1},
            of["Policy host certificates", "A"]: {'{domain="bad.test"}': 1, '{domain="good.test"}': 0},
            of["Policy host certificates", "D"]: {'{domain="bad.test"}': 1, '{domain="good.test"}': 1},
            of["MX certificates", "A"]: {'{mx="mx.test"}': 2}, of["MX certificates", "D"]: {'{mx="mx.test"}': 0},
            of["Stages", "A"]: {'{stage="mx"}': 0, '{stage="mx_certificate"}': 0, '{stage="change"}': 2,
                                '{stage="all others"}': 1},
            of["Mode", "A"]: {'{domain="bad.test"}': 1},
        }
        self.assertEqual(promql.differences(series, wanted), "")


class TheTestItself(unittest.TestCase):
    def test_sees_metrics(self):
        self.assertEqual(promql.metrics_in('sum by (mtasts_a) (rate(mtasts_b{mtasts_c="mtasts_d"}[5m]))'), {"mtasts_b"})
        self.assertEqual(promql.metrics_in('mtasts_b{a="}"} and on (mtasts_c) process_d'), {"mtasts_b", "process_d"})
        self.assertIn("mtasts_phase_duration_seconds_bucket", promql.exported_metrics())
        self.assertNotIn("mtasts_phase_duration_seconds", promql.exported_metrics())

    def test_sees_bad_queries(self):
        self.assertNotEqual(promql.complaints(["up", "sum by (a"]), "")
        self.assertEqual(promql.complaints(["up", "sum by (a) (up)"]), "")

    def test_sees_overlaps(self):
        one = {"x": 0, "y": 0, "w": 12, "h": 8}
        self.assertTrue(overlap(one, one | {"x": 11, "y": 7}))
        self.assertFalse(overlap(one, one | {"x": 12}))
        self.assertFalse(overlap(one, one | {"y": 8}))


if __name__ == "__main__":
    unittest.main()
