# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
"""promtool over the unit tests of alerts/tests: which alerts fire, and with which texts."""

import copy
import functools
import json
import os
import re
import tempfile
import unittest
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import yaml

import commands
import source
from source import (ALERTS, MATCHER, SELECTOR, alert_rows, codes_by_alert, golden, identity, not_lean, run,
                   prometheusrule)


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
    """The unit tests, changed to print the text of each alert: promtool prints it only when an expectation fails.

    promtool keeps one rule per name, so the severity becomes part of the name; see separate_names().
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

    def expect_all(self, change_tests=lambda test: None, change_rules=lambda text: text):
        """Runs all unit tests on changed input or changed rules."""
        with tempfile.TemporaryDirectory() as folder:
            files = []
            for name, document in self.documents.items():
                document = copy.deepcopy(document)
                for place, file in enumerate(document["rule_files"]):
                    rule_file = Path(folder) / f"{Path(name).stem}-{Path(file).name}"
                    rule_file.write_text(change_rules((ALERTS / "tests" / file).read_text()))
                    document["rule_files"][place] = str(rule_file)
                for test in document["tests"]:
                    change_tests(test)
                files.append(Path(folder) / f"test-{name}")
                files[-1].write_text(yaml.safe_dump(document))
            for file, done in zip(files, side_by_side(lambda file: run("promtool", "test", "rules", file), files)):
                with self.subTest(file=file.name):
                    self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_all_of_it_on_the_lean_set(self):
        """The same tests, without the series that [metrics] set = "lean" leaves out."""
        left_out, dropped = not_lean(), []

        def drop(test):
            every = test["input_series"]
            test["input_series"] = [series for series in every if series["series"].split("{")[0] not in left_out]
            dropped.extend(every[len(test["input_series"]):])
        self.expect_all(change_tests=drop)
        self.assertTrue(dropped, "no unit test has a series that the lean set lacks")

    def test_all_of_it_with_ranges_as_prometheus_3_reads_them(self):
        """Without the sample at the old end of a range, as if each range were a second shorter."""
        seconds = {"s": 1, "m": 60, "h": 3600, "d": 86400}

        def shorten(text):
            text, count = re.subn(r"\[(\d+)([smhd])\]", lambda match: f"[{int(match[1]) * seconds[match[2]] - 1}s]", text)
            self.assertTrue(count)
            return text
        self.expect_all(change_rules=shorten)

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

    @classmethod
    @functools.cache
    def descriptions(cls):
        """(alert, severity) with the (labels, description) of each firing alert, templates expanded."""
        expanded = {}
        for output in cls.texts():
            got = re.findall(r"^ +Labels:\{(.*?)\}\n +Annotations:\{(.*)\}$", output, re.M)
            for labels, notes in got:
                labels = dict((key, value) for key, _, value in MATCHER.findall(labels))
                if notes:  # otherwise it is the failing expectation
                    description = json.loads(re.search(r'description=("(?:\\.|[^"\\])*")', notes)[1])
                    expanded.setdefault(tuple(labels["alertname"].split("_")), []).append((labels, description))
        return expanded

    def test_every_description_has_commands_that_exist(self):
        """Backticks hold only commands of the agent or of standard tools, or queries; there is at least one."""
        for row, texts in self.descriptions().items():
            for _, description in texts:
                with self.subTest(alert=row, text=description):
                    self.assertEqual(description.count("`") % 2, 0)
                    shown = commands.CODE.findall(description)
                    self.assertTrue(shown, "no command")
                    for command in shown:
                        self.assertEqual(commands.command_faults(source.agent_binary, command), [], command)

    def test_commands_that_do_not_exist_are_found(self):
        for command in ("mtasts-exporter chekc a.example", "mtasts-exporter check --no-smpt a.example", "digg MX a.example",
                        "dig 'MX", "curl -sS http://a.example | mtasts-exporter lintt policy -",
                        'count_values("ordinal", mtasts_shard_ordinals)'):
            self.assertNotEqual(commands.command_faults(source.agent_binary, command), [], command)

    def test_texts(self):
        """Every template expands without an error or an empty part, and names the subject of the alert."""
        self.assertEqual({identity(row) for row in alert_rows()} - set(self.descriptions()), set())
        codes = codes_by_alert()
        for row, texts in self.descriptions().items():
            for labels, description in texts:
                with self.subTest(alert=row, text=description):
                    for bad in ("<error", "<no value>", "%!", "{{", "  ", " ;", " .", " ,", "..", "[]", "map["):
                        self.assertNotIn(bad, description)
                    subject = next((labels[key] for key in ("domain", "mx", "agent") if key in labels), "")
                    self.assertIn(subject, description)
                    by_findings = row[0] in codes and row[1] != "info"  # findings are critical or warning here
                    if by_findings and not row[0].endswith("CertificateExpiring"):
                        self.assertTrue(any(code in description for code in codes[row[0]]), "names no finding")

    @classmethod
    def texts(cls):
        with tempfile.TemporaryDirectory() as folder:
            rule_file = Path(folder) / "rules.yaml"
            rule_file.write_text(yaml.safe_dump({"groups": separate_names()}))
            files = []
            for name, document in cls.documents.items():
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
