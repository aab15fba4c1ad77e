# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
"""Generates README.md of the chart: README.md.in with a table of all values, their comments and defaults.

    python3 helm/mtasts-exporter/readme.py            # writes README.md
    python3 helm/mtasts-exporter/readme.py --check    # exit status 1 if README.md is out of date

In values.yaml, `## …` starts a section, and the comment directly above a key is its description. Needs python3-yaml.
"""

import json
import re
import sys
from pathlib import Path

import yaml

CHART = Path(__file__).resolve().parent
KEY = re.compile(r"^( *)([A-Za-z][A-Za-z0-9]*):(?: |$)")


def lines_of(text):
    """(section, path, comment) of every key."""
    section, comment, path, found = "", [], [], []
    for line in text.splitlines()[3:]:
        key = KEY.match(line)
        if line.startswith("## "):
            section, comment = line[3:], []
        elif key:
            depth = len(key[1]) // 2
            path = path[:depth] + [key[2]]
            found.append((section, tuple(path), " ".join(comment)))
            comment = []
        elif line.lstrip().startswith("# "):
            comment.append(line.lstrip()[2:])
        else:
            comment = []
    return found


def default_of(values, path):
    for key in path:
        values = values[key]
    return values


def is_parent(values, path, paths):
    return isinstance(default_of(values, path), dict) and any(p[:-1] == path for p in paths)


def table(text):
    values = yaml.safe_load(text)
    lines = lines_of(text)
    paths = [path for _, path, _ in lines]
    made, section, previous = [], None, ""
    for heading, path, comment in lines:
        if heading != section:
            section = heading
            made += ["", f"### {heading}", "", "| Value | Default | Description |", "|---|---|---|"]
        opaque = any(path[:n] in WHOLE for n in range(1, len(path)))
        if opaque:
            continue
        if is_parent(values, path, paths) and path not in WHOLE:
            if comment:
                made.append(f"| `{'.'.join(path)}` | | {comment} |")
            previous = ""
            continue
        default = json.dumps(default_of(values, path), ensure_ascii=False)
        if path in WHOLE and len(default) > 60:
            default = "see values.yaml"
        else:
            default = f"`{default}`"
        if not comment and not previous:
            raise SystemExit(f"values.yaml: {'.'.join(path)} has no comment")
        made.append(f"| `{'.'.join(path)}` | {default} | {comment or 'as above'} |")
        previous = comment or previous
    return "\n".join(made).strip()


# Shown in one row: their content is Kubernetes' own, or described elsewhere.
WHOLE = {("podSecurityContext",), ("securityContext",), ("livenessProbe",), ("readinessProbe",),
         ("podMonitor", "web"), ("podMonitor", "telemetry"), ("dashboard", "labels"), ("prometheusRule", "severities")}


def readme():
    return (CHART / "README.md.in").read_text().replace("@values@", table((CHART / "values.yaml").read_text()))


if __name__ == "__main__":
    if sys.argv[1:] == ["--check"]:
        sys.exit((CHART / "README.md").read_text() != readme())
    (CHART / "README.md").write_text(readme())
