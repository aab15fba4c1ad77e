# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
"""PromQL in documents: whether promtool parses it, and which metrics it names."""

import json
import re
import subprocess
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HISTOGRAM_SERIES = ("_bucket", "_sum", "_count")
STRING = r'"(?:\\.|[^"\\])*"'
MATCHERS = re.compile(rf'\{{(?:{STRING}|[^}}"])*\}}')
LABEL_LIST = re.compile(r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)")
METRIC = re.compile(r"\b(?:mtasts|process|tlsrpt)_\w+")


def exported_metrics():
    """Names of series as they are stored, from the list of metrics."""
    names = set()
    for name, kind, *_ in map(str.split, (ROOT / "tests/golden/metrics.txt").read_text().splitlines()):
        names |= {name + suffix for suffix in HISTOGRAM_SERIES} if kind == "histogram" else {name}
    return names


def not_lean():
    """Names of the metrics that [metrics] set = "lean" leaves out."""
    return set((ROOT / "tests/golden/metrics_not_lean.txt").read_text().split())


def without_label_lists(expression):
    return LABEL_LIST.sub(" ", expression)


def metrics_in(expression):
    return set(METRIC.findall(re.sub(STRING, " ", without_label_lists(MATCHERS.sub(" ", expression)))))


def differences(series, wanted, minutes=1440):
    """promtool's report on expressions that do not give what is wanted after so many minutes; empty when all do. series:
    {selector: values, one a minute, in promtool's notation}; wanted: {expression: {labels, as in {a="b"}: value}}."""
    tests = [{"expr": expression, "eval_time": f"{minutes}m",
              "exp_samples": [{"labels": labels, "value": value} for labels, value in samples.items()]}
             for expression, samples in wanted.items()]
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "rules.json").write_text('{"groups": []}')
        file = Path(folder) / "test.json"
        file.write_text(json.dumps({"rule_files": ["rules.json"], "evaluation_interval": "1m", "tests": [{
            "interval": "1m", "promql_expr_test": tests,
            "input_series": [{"series": name, "values": values} for name, values in series.items()]}]}))
        done = subprocess.run(["promtool", "test", "rules", str(file)], capture_output=True, text=True, timeout=120)
    return "" if done.returncode == 0 else done.stdout + done.stderr


def complaints(expressions):
    """promtool's errors for expressions that it cannot parse; empty when there are none."""
    rules = [{"record": f"query:number_{number}", "expr": expression}
             for number, expression in enumerate(expressions)]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "rules.json"  # JSON is YAML
        file.write_text(json.dumps({"groups": [{"name": "queries", "rules": rules}]}))
        done = subprocess.run(["promtool", "check", "rules", "--lint=none", str(file)], capture_output=True, text=True,
                              timeout=60)
    return "" if done.returncode == 0 else done.stdout + done.stderr
