# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
"""Converts alerts/mtasts.rules.yaml to other formats.

    python3 alerts/prometheusrule.py > prometheusrule.yaml          # for the Prometheus operator, without Helm
    python3 alerts/prometheusrule.py --format chart --write         # helm/mtasts-exporter/files/mtasts.rules.yaml
    python3 alerts/prometheusrule.py --format rules --join team     # a rule file whose alerts have the label team

--optional adds the alerts of alerts/mtasts.optional.rules.yaml. The chart always has them; its values switch them off.

--join LABEL adds a label of mtasts_domain_info, set per domain in the settings (`labels = { team = "mail" }`), to every
alert about a domain. Alerts about MX hosts do not get it, because many domains may share a host.

The chart's file contains only the groups, without comments, and placeholders such as @certificateWarningDays@ instead of
thresholds. A template of the chart reads it with .Files.Get, replaces the placeholders with numbers (THRESHOLDS has the
defaults), parses the result with fromYaml, and then applies the values to the alerts: it omits alerts, changes `for` or
severity, and adds labels. The file contains no Helm templates: its braces are Prometheus templates. Needs python3-yaml.
"""

import argparse
import json
import sys
from pathlib import Path

import yaml

ALERTS = Path(__file__).resolve().parent
SOURCE = ALERTS / "mtasts.rules.yaml"
OPTIONAL = ALERTS / "mtasts.optional.rules.yaml"
CHART_FILE = ALERTS.parent / "helm/mtasts-exporter/files/mtasts.rules.yaml"
# Placeholder in the chart: (default, the part of the expression that contains it, with # for the number).
THRESHOLDS = {
    "certificateWarningDays": (21, "< # * 86400"),
    "certificateCriticalDays": (7, "< # * 86400"),
    "certificateWarningShare": (3, "< 1 / #"),
    "certificateCriticalShare": (10, "< 1 / #"),
    "checkStaleSeconds": (3600, "> #"),
    "checkBacklogSeconds": (600, "> #"),
}
# The rules that use a threshold, by the prefix of its name; the same number in other rules is unrelated.
PLACES = {"certificate": ("MtastsPolicyCertificateExpiring", "mx:mtasts_mx_certificate:near_end",
                          "domain:mtasts_policy_certificate:left_seconds", "mx:mtasts_mx_certificate:left_seconds"),
          "checkStale": ("MtastsCheckStale",), "checkBacklog": ("MtastsCheckBacklog",)}


class Text(str):
    """A string that is written as a block if it has several lines."""


def block_of(dumper, text):
    return dumper.represent_scalar("tag:yaml.org,2002:str", str(text), style="|" if "\n" in text else None)


yaml.SafeDumper.add_representer(Text, block_of)


def dump(value):
    return yaml.safe_dump(blocks(value), sort_keys=False, allow_unicode=True, width=10**6)


def blocks(value):
    if isinstance(value, dict):
        return {key: blocks(one) for key, one in value.items()}
    if isinstance(value, list):
        return [blocks(one) for one in value]
    return Text(value) if isinstance(value, str) else value


def source_groups(optional=True):
    files = [SOURCE, OPTIONAL] if optional else [SOURCE]
    return [group for file in files for group in yaml.safe_load(file.read_text())["groups"]]


def rules_of(groups):
    return [rule for group in groups for rule in group["rules"]]


def with_words(groups):
    """Replaces each threshold by its placeholder; fails if one is not where PLACES says."""
    for word, (default, place) in THRESHOLDS.items():
        names = next(names for start, names in PLACES.items() if word.startswith(start))
        found = 0
        for rule in rules_of(groups):
            if rule.get("alert", rule.get("record")) in names:
                found += rule["expr"].count(place.replace("#", str(default)))
                rule["expr"] = rule["expr"].replace(place.replace("#", str(default)), place.replace("#", f"@{word}@"))
        if not found:
            raise SystemExit(f"{word}: no rule of {', '.join(names)} has {place.replace('#', str(default))}")
    return groups


def with_numbers(text, **changed):
    """Replaces the placeholders by numbers, as the chart's template does."""
    for word, (default, _) in THRESHOLDS.items():
        text = text.replace(f"@{word}@", str(changed.get(word, default)))
    return text


def with_label(groups, label):
    """Alerts about a domain get the label of mtasts_domain_info if the domain has it."""
    info = f"max by (domain, {label}) (last_over_time(mtasts_domain_info[6m]))"
    for rule in rules_of(groups):
        if "alert" in rule and "$labels.domain" in rule["annotations"]["description"]:
            plain = f"(\n{rule['expr'].rstrip()}\n)"
            rule["expr"] = (f"{plain} * on (domain) group_left ({label}) {info}\n"
                            f"or\n{plain} unless on (domain) {info}\n")
    return groups


def chart_text():
    head = ("# SPDX-License-Identifier: Apache-2.0\n# SPDX-FileCopyrightText: The mtasts-exporter authors\n#\n"
            "# Generated by alerts/prometheusrule.py from alerts/mtasts.rules.yaml and mtasts.optional.rules.yaml; do not edit.\n")
    return head + dump({"groups": with_words(source_groups())})


def manifest(groups, name, namespace, labels):
    metadata = {key: value for key, value in (("name", name), ("namespace", namespace), ("labels", labels)) if value}
    return {"apiVersion": "monitoring.coreos.com/v1", "kind": "PrometheusRule", "metadata": metadata,
            "spec": {"groups": groups}}


def pair(text):
    key, equals, value = text.partition("=")
    if not equals:
        raise argparse.ArgumentTypeError(f"{json.dumps(text)} is not KEY=VALUE")
    return key, value


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--format", choices=["manifest", "rules", "chart"], default="manifest")
    parser.add_argument("--name", default="mtasts-exporter", help="name of the manifest")
    parser.add_argument("--namespace", help="namespace of the manifest")
    parser.add_argument("--label", type=pair, action="append", default=[], metavar="KEY=VALUE",
                        help="label of the manifest, such as the one that the operator selects rules by")
    parser.add_argument("--join", metavar="LABEL", help="label of mtasts_domain_info to add to alerts about domains")
    parser.add_argument("--optional", action="store_true", help="with the optional alerts; the chart always has them")
    parser.add_argument("--write", action="store_true", help="chart only: write into the chart instead of to standard output")
    arguments = parser.parse_args()
    if arguments.write and arguments.format != "chart":
        parser.error("--write requires --format chart")
    if arguments.join and arguments.format == "chart":
        parser.error("--join cannot be used with --format chart")
    if arguments.format == "chart":
        text = chart_text()
        if arguments.write:
            CHART_FILE.parent.mkdir(parents=True, exist_ok=True)
            CHART_FILE.write_text(text)
            return
    else:
        groups = source_groups(arguments.optional)
        if arguments.join:
            groups = with_label(groups, arguments.join)
        text = dump({"groups": groups} if arguments.format == "rules" else
                    manifest(groups, arguments.name, arguments.namespace, dict(arguments.label)))
    sys.stdout.write(text)


if __name__ == "__main__":
    main()
