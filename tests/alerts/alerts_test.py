# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
"""The alerts: complete, well formed, tested, routed and inhibited as they say.

    python3 -B tests/alerts/alerts_test.py --agent BUILD/mtasts-exporter [unittest's own arguments]

Compares alerts/mtasts.rules.yaml with the agent's table of findings, the golden list of metrics and the runbooks, runs
promtool over the unit tests of alerts/tests, and amtool over alerts/alertmanager.example.yml. Needs python3-yaml.
"""

import argparse
import copy
import itertools
import json
import os
import re
import subprocess
import sys
import tempfile
import unittest
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
ALERTS = ROOT / "alerts"
sys.path.insert(0, str(ALERTS))
import prometheusrule  # noqa: E402  (stands beside the rules)

RULES = ALERTS / "mtasts.rules.yaml"
ROUTES = ALERTS / "alertmanager.example.yml"
RUNBOOK_URL = "https://github.com/mtasts-exporter/mtasts-exporter/blob/main/alerts/runbooks/{}.md"
SEVERITIES = ("critical", "warning", "info")
AGENT_ALERTS = {"MtastsCheckStale", "MtastsAgentBlind", "MtastsExporterDown", "MtastsConfigReloadFailed",
                "MtastsCheckBacklog", "MtastsShardMissing", "MtastsStateUnwritable"}
# Findings that no `…:mtasts_finding:open` names, with the alert that speaks for them, and why.
SPOKEN_FOR = {
    "sts-tls-expiring": ("MtastsPolicyCertificateExpiring", "from the dates, so that thresholds stand in the rules"),
}
# Findings whose severity the agent sets by the case, beside the two of the table.
ALSO = {"sts-tls-expiring": {"critical"}, "cert-expiring": {"critical"}, "sts-removed-while-cached": {"warning"},
        "sts-removed-before-expiry": {"warning"}}
# The labels that Prometheus and our own rules add to those of the golden list.
ADDED_LABELS = {"job", "instance", "namespace", "pod", "agent", "alert", "part", "range", "ordinal", "alertname",
                "alertstate"}
FOREIGN_METRICS = {"up", "ALERTS"}
MODES = {"enforce", "testing", "none"}
LINE = re.compile(r"^(\w+) (\w+) \{(.*)\}$")
SELECTOR = re.compile(r"([a-zA-Z_][\w:]*)\{([^}]*)\}")
MATCHER = re.compile(r'(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"')
GROUPING = re.compile(r"\b(?:by|without|on|ignoring|group_left|group_right) \(([^)]*)\)")
WORD = re.compile(r"[a-zA-Z_][\w:]*")
QUERY = re.compile(r"`([^`]*(?:mtasts|domain|mx)[^`]*)`")
FUNCTIONS = {"last_over_time", "count", "max", "min", "topk", "count_values", "absent", "label_replace", "time", "and",
             "or", "unless", "by", "on", "without", "group_left", "group_right", "bool", "ignoring"}
agent_binary = None


def run(*command, **more):
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=600, **more)


def table():
    """Code with its row, as `explain --json` prints it."""
    done = run(agent_binary, "explain", "--json")
    return {row["code"]: row for row in map(json.loads, done.stdout.splitlines())}


def rules():
    return prometheusrule.rules_of(prometheusrule.source_groups())


def alert_rows():
    return [rule for rule in rules() if "alert" in rule]


def identity(row):
    return row["alert"], row["labels"]["severity"]


def codes_by_alert():
    """Alert with the finding codes that are mapped to it."""
    codes = {}
    for rule in rules():
        if rule.get("record", "").endswith(":mtasts_finding:open"):
            pattern = re.search(r'code=~"([^"]*)"', rule["expr"])[1]
            codes.setdefault(rule["labels"]["alert"], []).extend(pattern.split("|"))
    return codes


def possible_severities(row):
    return ({row["severity"], row["severity_otherwise"]} | ALSO.get(row["code"], set())) & {"critical", "warning"}


def golden():
    """Metric name with its labels; a histogram stands under its three names."""
    metrics = {}
    for line in (ROOT / "tests/golden/metrics.txt").read_text().splitlines():
        name, kind, labels = LINE.match(line).groups()
        for suffix in ("_bucket", "_sum", "_count") if kind == "histogram" else ("",):
            metrics[name + suffix] = set(filter(None, labels.split(",")))
    return metrics


def channels():
    return set(re.findall(r'channel != "(\w+)"', (ROOT / "agent/present/agent_metrics.cpp").read_text()))


def expressions():
    """(where, expression) of every rule, and of every query in its texts."""
    for rule in rules():
        name = rule.get("alert") or rule["record"]
        yield name, rule["expr"]
        for text in rule.get("annotations", {}).values():
            for action in re.findall(r"\{\{.*?\}\}", text):
                if "query" in action:
                    yield name, QUERY.search(action)[1].replace("%q", '"_"')


def metrics_of(expression):
    """The metric names of an expression."""
    plain = re.sub(r'"[^"]*"', '""', expression)
    plain = GROUPING.sub(" ", re.sub(r"\{[^}]*\}", " ", plain))
    plain = re.sub(r"\[\d+[smhd]\]|(?<![\w:])\d[\d.]*", " ", plain)
    return set(WORD.findall(plain)) - FUNCTIONS


def labels_of(expression):
    named = {label for text in GROUPING.findall(re.sub(r'"[^"]*"', '""', expression))
             for label in re.split(r",\s*", text) if label}
    return named | {label for _, body in SELECTOR.findall(expression) for label, _, _ in MATCHER.findall(body)}


def unknown_values(expression, allowed):
    """Label values that a matcher names and that cannot be; `allowed` maps labels to the closed sets."""
    wrong = []
    for _, body in SELECTOR.findall(expression):
        for label, operator, value in MATCHER.findall(body):
            if value == "_" or label not in allowed:
                continue
            values = value.split("|") if "~" in operator else [value]
            wrong += [f"{label}={one}" for one in values if one not in allowed[label]]
    return wrong


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
                self.assertRegex(notes["description"], r"[Ss]ee (it|why)\b|printed by|prints the steps",
                                 "no command to reproduce")
                self.assertIn("`", notes["description"])
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
        """A wrong result stands until the next check, and five minutes more in last_over_time."""
        minutes = 15 + 5  # also of an MX host: a fault is probed again at the domain's next check
        for row in alert_rows():
            if ":mtasts_finding:open" in row["expr"]:
                with self.subTest(alert=identity(row)):
                    number, unit = re.fullmatch(r"(\d+)([mh])", row["for"]).groups()
                    self.assertGreater(int(number) * (60 if unit == "h" else 1), minutes)

    def test_a_missed_scrape_is_bridged(self):
        """Every series of ours is read through a window."""
        known = golden()
        for rule in rules():
            for name in metrics_of(rule["expr"]) & set(known):
                plain = re.sub(r"\w*:\w+(:\w+)?", "", rule["expr"])
                read = re.findall(rf"\b{name}\b(?:\{{[^}}]*\}})?(\[\w+\])?", plain)
                self.assertTrue(read, name)
                self.assertNotIn("", read, f"{name} without a window in {rule.get('alert') or rule['record']}")

    def test_thresholds_are_the_documented_ones(self):
        text = "\n".join(rule["expr"] for rule in rules())
        for number in ("21 * 86400", "7 * 86400", "1 / 3", "1 / 10"):
            self.assertIn(number, text)

    def test_promtool_accepts_the_rules(self):
        done = run("promtool", "check", "rules", RULES)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


class Completeness(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.table = table()
        cls.codes = codes_by_alert()

    def test_the_table_was_read(self):
        self.assertGreater(len(self.table), 100)

    def test_every_finding_that_matters_alerts(self):
        mapped = set(itertools.chain(*self.codes.values()))
        silent = [code for code, row in self.table.items()
                  if possible_severities(row) and code not in mapped and code not in SPOKEN_FOR]
        self.assertEqual(silent, [])

    def test_every_severity_of_a_finding_has_a_row(self):
        rows = {identity(row) for row in alert_rows()}
        for alert, codes in [*self.codes.items(), *((alert, [code]) for code, (alert, _) in SPOKEN_FOR.items())]:
            for code in codes:
                for severity in possible_severities(self.table[code]):
                    with self.subTest(code=code, alert=alert):
                        self.assertIn((alert, severity), rows)

    def test_no_finding_alerts_twice(self):
        mapped = list(itertools.chain(*self.codes.values()))
        self.assertEqual([code for code in set(mapped) if mapped.count(code) > 1], [])

    def test_every_code_of_the_rules_exists_and_can_alert(self):
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

    def test_an_alert_is_held_by_the_stages_of_its_findings(self):
        """What fires goes on while its stage is unseen; a stage forgotten there would end it."""
        for row in alert_rows():
            held = re.search(r'domain:mtasts_stage:unseen\{stage=~"([^"]*)"\}', row["expr"])
            if held:
                stages = {self.table[code]["stage"] for code in self.codes[row["alert"]]
                          if not code.startswith(("smtp-", "cert-"))}
                stages -= {"mx"} if row["alert"] == "MtastsMxMoveUnsafe" else set()
                with self.subTest(alert=identity(row)):
                    self.assertEqual(stages - set(held[1].split("|")), set())

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
    """Nothing is named that the agent does not export."""

    @classmethod
    def setUpClass(cls):
        cls.metrics = golden()
        cls.recorded = {rule["record"] for rule in rules() if "record" in rule}
        rows = table().values()
        cls.allowed = {"severity": {"critical", "warning", "info", "unknown"}, "mode": MODES, "channel": channels(),
                       "stage": {row["stage"] for row in rows}, "code": {row["code"] for row in rows},
                       "alert": {row["alert"] for row in alert_rows()}, "alertstate": {"firing", "pending"},
                       "part": {"reachable", "starttls", "certificate"}, "range": {"critical", "warning"}}
        cls.allowed["alertname"] = cls.allowed["alert"]

    def test_the_closed_sets_were_found(self):
        self.assertEqual(self.allowed["channel"], {"dns", "https", "smtp"})
        self.assertIn("policy_fetch", self.allowed["stage"])

    def test_every_metric_exists(self):
        for where, expression in expressions():
            with self.subTest(rule=where):
                self.assertEqual(metrics_of(expression) - set(self.metrics) - self.recorded - FOREIGN_METRICS, set())

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


def side_by_side(function, values):
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        return list(pool.map(function, values))


def test_files():
    return sorted((ALERTS / "tests").glob("*.yaml"))


def fired_at(test):
    """(eval time, {(alert, severity): set of label texts}) of one unit test, in its order."""
    for case in test.get("promql_expr_test", []):
        if case["expr"] == 'ALERTS{alertstate="firing"}':
            fired = {}
            for sample in case["exp_samples"]:
                labels = dict((key, value) for key, _, value in MATCHER.findall(sample["labels"]))
                fired.setdefault((labels["alertname"], labels["severity"]), set()).add(sample["labels"])
            yield case["eval_time"], fired


def asking_for_texts(document):
    """The unit tests, asked for the text of each alert once, in the only way promtool gives it: a wrong guess.

    It keeps one rule of a name, so the severity becomes a part of the name; see separate_names().
    """
    asked = set()
    for test in document["tests"]:
        test["alert_rule_test"] = []
        for time, fired in fired_at(test):
            for row in set(fired) - asked:
                asked.add(row)
                test["alert_rule_test"].append({"eval_time": time, "alertname": "_".join(row),
                                                "exp_alerts": [{"exp_labels": {"asked": "for its text"}}]})
        del test["promql_expr_test"]
    document["tests"] = [test for test in document["tests"] if test["alert_rule_test"]]
    return document


def separate_names():
    groups = prometheusrule.source_groups()
    for row in prometheusrule.rules_of(groups):
        if "alert" in row:
            row["alert"] = "_".join(identity(row))
    return groups


class UnitTests(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.documents = {file.name: yaml.safe_load(file.read_text()) for file in test_files()}

    def test_promtool_finds_what_the_tests_expect(self):
        def tested(file):
            return run("promtool", "test", "rules", file.name, cwd=file.parent)
        for file, done in zip(test_files(), side_by_side(tested, test_files())):
            with self.subTest(file=file.name):
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_every_alert_fires_stays_silent_and_resolves(self):
        fires, silent_before, resolves = set(), set(), set()
        for document in self.documents.values():
            for test in document["tests"]:
                before = {}
                for _, fired in fired_at(test):
                    for row, labels in fired.items():
                        fires.add(row)
                        if row in before.get("silent", ()):
                            silent_before.add(row)
                        before.setdefault("seen", {}).setdefault(row, set()).update(labels)
                    for row, labels in before.get("seen", {}).items():
                        if labels - fired.get(row, set()):
                            resolves.add(row)
                    before["silent"] = {identity(row) for row in alert_rows()} - set(fired)
        every = {identity(row) for row in alert_rows()}
        self.assertEqual(every - fires, set(), "never fires")
        self.assertEqual(every - silent_before, set(), "never silent before it fires")
        self.assertEqual(every - resolves, set(), "never resolves")

    def test_texts(self):
        """Every template comes out: no error, nothing empty, and what the alert is about stands in it."""
        told = {}
        for output in self.texts():
            got = re.findall(r"^ +Labels:\{(.*?)\}\n +Annotations:\{(.*)\}$", output, re.M)
            for labels, notes in got:
                labels = dict((key, value) for key, _, value in MATCHER.findall(labels))
                if notes:  # else it is the wrong guess
                    description = json.loads(re.search(r'description=("(?:\\.|[^"\\])*")', notes)[1])
                    told.setdefault(tuple(labels["alertname"].split("_")), []).append((labels, description))
        self.assertEqual({identity(row) for row in alert_rows()} - set(told), set())
        codes = codes_by_alert()
        for row, texts in told.items():
            for labels, description in texts:
                with self.subTest(alert=row, text=description):
                    for bad in ("<error", "<no value>", "%!", "{{", "  ", " ;", " .", " ,", "..", "[]", "map["):
                        self.assertNotIn(bad, description.replace("dig . NS", ""))
                    subject = next((labels[key] for key in ("domain", "mx", "agent") if key in labels), "")
                    self.assertIn(subject, description)
                    if row[0] in codes and row[0] != "MtastsMxCertificateExpiring":
                        self.assertTrue(any(code in description for code in codes[row[0]]), "names no finding")

    def texts(self):
        with tempfile.TemporaryDirectory() as folder:
            rule_file = Path(folder) / "rules.yaml"
            rule_file.write_text(yaml.safe_dump({"groups": separate_names()}))
            files = []
            for name, document in self.documents.items():
                document = asking_for_texts(copy.deepcopy(document))
                if document["tests"]:
                    files.append(Path(folder) / name)
                    files[-1].write_text(yaml.safe_dump({**document, "rule_files": [str(rule_file)]}))
            return [done.stdout + done.stderr
                    for done in side_by_side(lambda file: run("promtool", "test", "rules", file), files)]

    def test_every_series_of_the_tests_is_exported(self):
        metrics = golden()
        for name, document in self.documents.items():
            for test in document["tests"]:
                for series in test["input_series"]:
                    metric, body = SELECTOR.match(series["series"]).groups()
                    labels = {label for label, _, _ in MATCHER.findall(body)}
                    with self.subTest(file=name, series=series["series"]):
                        self.assertIn(metric, set(metrics) | {"up"})
                        self.assertEqual(labels - metrics.get(metric, set()) - {"job", "instance", "namespace", "pod"},
                                         set())


class OtherForms(unittest.TestCase):
    """What alerts/prometheusrule.py makes."""

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
        self.assertEqual(manifest["spec"]["groups"], prometheusrule.source_groups())

    def test_joined_with_the_team(self):
        """Alerts about domains carry the team where the settings name one; the others fire as before."""
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
            series += [(f'mtasts_finding{{domain="{domain}", code="mx-none", severity="critical"}}', "1x60"),
                       (f'mtasts_finding{{domain="{domain}", code="mx-no-address", severity="critical", '
                        f'subject="mx.example"}}', "1x60")]
        head = 'ALERTS{alertname="MtastsMxInvalid", alertstate="firing", severity="critical", '
        wanted = [head + rest for rest in ('domain="one.example", team="web"}', 'domain="two.example"}',
                                           'mx="mx.example"}')]
        test = {"interval": "1m", "input_series": [{"series": name, "values": values} for name, values in series],
                "promql_expr_test": [{"expr": 'ALERTS{alertstate="firing"}', "eval_time": "45m",
                                      "exp_samples": [{"labels": labels, "value": 1} for labels in wanted]}]}
        self.assertEqual(self.checked(groups, [test]), "")

    @staticmethod
    def checked(groups, tests=()):
        """What promtool has against the rules, or against what the tests expect of them."""
        with tempfile.TemporaryDirectory() as folder:
            rule_file, test_file = Path(folder) / "rules.yaml", Path(folder) / "tests.yaml"
            rule_file.write_text(yaml.safe_dump({"groups": groups}))
            test_file.write_text(yaml.safe_dump({"rule_files": [str(rule_file)], "evaluation_interval": "1m",
                                                 "tests": list(tests)}))
            done = run("promtool", "check", "rules", rule_file)
            if done.returncode == 0 and tests:
                done = run("promtool", "test", "rules", test_file)
        return "" if done.returncode == 0 else done.stdout + done.stderr


class Matchers:
    """Alertmanager's matchers, as its documentation describes them: anchored, a missing label is empty."""

    def __init__(self, texts):
        self._matchers = [MATCHER.fullmatch(text.strip()).groups() for text in texts]

    def match(self, labels):
        return all(self._one(labels.get(label, ""), operator, value) for label, operator, value in self._matchers)

    @staticmethod
    def _one(actual, operator, value):
        equal = re.fullmatch(value, actual) is not None if "~" in operator else actual == value
        return equal is not operator.startswith("!")


def inhibits(inhibit_rules, source, target):
    """True when an alert that fires silences another one."""
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


def main():
    global agent_binary
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--agent", required=True, help="the mtasts-exporter whose findings and metrics are meant")
    arguments, rest = parser.parse_known_args()
    agent_binary = Path(arguments.agent).resolve()
    unittest.main(argv=[sys.argv[0], *rest])


if __name__ == "__main__":
    main()
