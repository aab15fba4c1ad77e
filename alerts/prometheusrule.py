# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
"""The alerts in other forms, made from alerts/mtasts.rules.yaml.

    python3 alerts/prometheusrule.py > prometheusrule.yaml          # for the Prometheus operator, without Helm
    python3 alerts/prometheusrule.py --format chart --write         # helm/mtasts-exporter/files/mtasts.rules.yaml
    python3 alerts/prometheusrule.py --format rules --join team     # a rule file whose alerts carry the team, too

--join LABEL gives every alert about a domain that label of mtasts_domain_info, which is a label of the domain in the
settings (`labels = { team = "mail" }`); an alert about an MX host has none, for many domains may share it.

The chart's file has only the groups, without comments, and a word between @ where a threshold stands. A template reads
it with .Files.Get, puts numbers in the place of the words (THRESHOLDS has the defaults), parses it with fromYaml, and
then goes over the alerts: leaves out, changes `for` or severity, adds labels. Nothing in it is a Helm template: its
braces are Prometheus' own. Needs python3-yaml.
"""

import argparse
import json
import sys
from pathlib import Path

import yaml

ALERTS = Path(__file__).resolve().parent
SOURCE = ALERTS / "mtasts.rules.yaml"
CHART_FILE = ALERTS.parent / "helm/mtasts-exporter/files/mtasts.rules.yaml"
# Word of the chart: (default, the expression that it stands in with # for the number).
THRESHOLDS = {
    "certificateWarningDays": (21, "< # * 86400"),
    "certificateCriticalDays": (7, "< # * 86400"),
    "certificateWarningShare": (3, "< 1 / #"),
    "certificateCriticalShare": (10, "< 1 / #"),
    "checkStaleSeconds": (3600, "> #"),
    "checkBacklogSeconds": (600, "> #"),
}
# What the rules of a threshold begin with; the same number elsewhere is another one.
PLACES = {"certificate": ("MtastsPolicyCertificateExpiring", "mx:mtasts_mx_certificate:near_end"),
          "checkStale": ("MtastsCheckStale",), "checkBacklog": ("MtastsCheckBacklog",)}


class Text(str):
    """A string that is written as a block where it has lines."""


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


def source_groups():
    return yaml.safe_load(SOURCE.read_text())["groups"]


def rules_of(groups):
    return [rule for group in groups for rule in group["rules"]]


def with_words(groups):
    """Each threshold as its word; fails when one is not where it is thought to be."""
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
    """What the chart's template does first."""
    for word, (default, _) in THRESHOLDS.items():
        text = text.replace(f"@{word}@", str(changed.get(word, default)))
    return text


def with_label(groups, label):
    """Alerts about a domain carry the label of mtasts_domain_info where the domain has it."""
    info = f"max by (domain, {label}) (last_over_time(mtasts_domain_info[5m]))"
    for rule in rules_of(groups):
        if "alert" in rule and "$labels.domain" in rule["annotations"]["description"]:
            plain = f"(\n{rule['expr'].rstrip()}\n)"
            rule["expr"] = (f"{plain} * on (domain) group_left ({label}) {info}\n"
                            f"or\n{plain} unless on (domain) {info}\n")
    return groups


def chart_text():
    head = ("# SPDX-License-Identifier: Apache-2.0\n# SPDX-FileCopyrightText: The mtasts-exporter authors\n#\n"
            "# Made by alerts/prometheusrule.py from alerts/mtasts.rules.yaml; do not edit.\n")
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
    parser.add_argument("--name", default="mtasts-exporter", help="of the manifest")
    parser.add_argument("--namespace", help="of the manifest")
    parser.add_argument("--label", type=pair, action="append", default=[], metavar="KEY=VALUE",
                        help="of the manifest, such as the one that the operator selects rules by")
    parser.add_argument("--join", metavar="LABEL", help="a label of mtasts_domain_info for the alerts about domains")
    parser.add_argument("--write", action="store_true", help="chart only: into the chart instead of standard output")
    arguments = parser.parse_args()
    if arguments.write and arguments.format != "chart":
        parser.error("--write goes with --format chart")
    if arguments.join and arguments.format == "chart":
        parser.error("--join does not go with --format chart")
    if arguments.format == "chart":
        text = chart_text()
        if arguments.write:
            CHART_FILE.parent.mkdir(parents=True, exist_ok=True)
            CHART_FILE.write_text(text)
            return
    else:
        groups = with_label(source_groups(), arguments.join) if arguments.join else source_groups()
        text = dump({"groups": groups} if arguments.format == "rules" else
                    manifest(groups, arguments.name, arguments.namespace, dict(arguments.label)))
    sys.stdout.write(text)


if __name__ == "__main__":
    main()
