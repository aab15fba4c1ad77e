# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
"""The source of the rules, the findings and metrics of the agent, and parts of PromQL, for the tests."""

import functools
import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ALERTS = ROOT / "alerts"
sys.path.insert(0, str(ALERTS))
import prometheusrule  # noqa: E402  (in the directory of the rules)

from promql import not_lean  # noqa: E402,F401  pylint: disable=unused-import

RULES = ALERTS / "mtasts.rules.yaml"
ROUTES = ALERTS / "alertmanager.example.yml"
RUNBOOK_URL = "https://github.com/mtasts-exporter/mtasts-exporter/blob/main/alerts/runbooks/{}.md"
SEVERITIES = ("critical", "warning", "info")
AGENT_ALERTS = {"MtastsCheckStale", "MtastsAgentBlind", "MtastsExporterDown", "MtastsConfigReloadFailed",
                "MtastsCheckBacklog", "MtastsShardMissing", "MtastsStateUnwritable",
                "MtastsReportMailboxFailing", "MtastsReportEndpointCertificate", "MtastsReportsRejected",
                "MtastsWebCertificate", "MtastsWebLoginsRejected"}
# Severities that the agent sets for a finding in special cases, in addition to those of the table.
ALSO = {"sts-tls-expiring": {"critical"}, "cert-expiring": {"critical"}, "sts-removed-while-cached": {"warning"},
        "sts-removed-before-expiry": {"warning"}, "sts-http-malformed": {"warning"},
        "sts-http-length-mismatch": {"warning"}, "sts-http-content-encoding": {"critical"},
        "rpt-policy-stale": {"warning"}, "rpt-reporter-silent": {"warning"}}
# The labels that Prometheus and the shipped rules add to those of the golden list.
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
FUNCTIONS = {"last_over_time", "count", "max", "min", "topk", "count_values", "absent", "label_replace", "time", "and", "sum", "group", "increase",
             "or", "unless", "by", "on", "without", "group_left", "group_right", "bool", "ignoring"}
agent_binary = None


def run(*command, **more):
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=600, **more)


@functools.cache
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
    """Alert with the finding codes that the agent maps to it."""
    codes = {}
    for code, row in table().items():
        if row["alert"]:
            codes.setdefault(row["alert"], []).append(code)
    return codes


def is_about_host(row):
    """The agent exports faults of these stages by MX host; stage mx has both kinds."""
    return row["stage"] in ("smtp", "mx_certificate", "dane")


def possible_severities(row):
    return ({row["severity"], row["severity_otherwise"]} | ALSO.get(row["code"], set())) & {"critical", "warning"}


def golden():
    """Metric name with its labels; a histogram is listed under its three names."""
    metrics = {}
    for line in (ROOT / "tests/golden/metrics.txt").read_text().splitlines():
        name, kind, labels = LINE.match(line).groups()
        for suffix in ("_bucket", "_sum", "_count") if kind == "histogram" else ("",):
            metrics[name + suffix] = set(filter(None, labels.split(",")))
    return metrics


def channels():
    """The values of the label `channel`: the names of ChannelKind."""
    enumerators = re.search(r"ENUM_CLASS\(ChannelKind, uint8_t, ([^)]*)\)", (ROOT / "agent/base/channel.h").read_text())[1]
    return set(enumerators.replace(" ", "").split(","))


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
    """Label values of a matcher that can never occur; `allowed` maps labels to the closed sets."""
    wrong = []
    for _, body in SELECTOR.findall(expression):
        for label, operator, value in MATCHER.findall(body):
            if value == "_" or label not in allowed:
                continue
            values = value.split("|") if "~" in operator else [value]
            wrong += [f"{label}={one}" for one in values if one not in allowed[label]]
    return wrong
