# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
"""What holds for every set of values: lint, schemas of manifests and of values, the Restricted standard."""

import copy
import json
import tomllib
import unittest

import yaml

import chart
from cases import CASES, DOMAINS, FULL
from chart import RENDERED, agent_of, all_of, containers_of, labels_match, merged, one, pod_specs, together, workload
from refused import ACCEPTED, REFUSED


class AllValues(unittest.TestCase):
    """What holds for every set of values."""

    def test_lint_has_no_complaint(self):
        for (name, values), ran in zip(CASES.items(), together(chart.TOOLS.lint, CASES.values())):
            with self.subTest(values=name):
                self.assertEqual(ran.returncode, 0, ran.stdout + ran.stderr)
        example = chart.TOOLS.lint({}, chart=chart.TOOLS.example())
        self.assertEqual(example.returncode, 0, example.stdout)

    def test_lint_passes_without_domains_but_nothing_can_be_installed(self):
        self.assertEqual(chart.TOOLS.lint({}).returncode, 0)
        self.assertIn("domains: set at least one", chart.TOOLS.template({}).stderr)

    def test_every_manifest_fits_its_schema(self):
        names, manifests = [], []
        for name, rendered in RENDERED.items():
            names += [f"{name}: {m['kind']} {m['metadata']['name']}" for m in rendered]
            manifests += rendered
        bad = [f"{name} {error}" for name, errors in zip(names, chart.TOOLS.errors_of(manifests)) for error in errors]
        self.assertEqual(bad, [])

    def test_the_schemas_see_faults(self):
        deployment = workload(RENDERED["default"])
        faults = {
            "replica: unknown field": lambda m: m["spec"].update(replica=1),
            "containerPort: must be integer": lambda m: agent_of([m])["ports"][0].update(containerPort="web"),
            "probe: unknown field": lambda m: agent_of([m]).update(probe={}),
            "readOnlyRootFileSystem: unknown field": lambda m: agent_of([m])["securityContext"].update(
                readOnlyRootFileSystem=True),
            "must have required property": lambda m: m["spec"].pop("selector"),
        }
        for message, fault in faults.items():
            broken = copy.deepcopy(deployment)
            fault(broken)
            self.assertIn(message, "\n".join(chart.TOOLS.errors_of([broken])[0]))
        monitor = copy.deepcopy(one(RENDERED["operator"], "ServiceMonitor"))
        monitor["spec"]["endpoints"][0].update(intervall="1m", scrapeTimeout="soon")
        errors = "\n".join(chart.TOOLS.errors_of([monitor])[0])
        self.assertIn("intervall: unknown field", errors)
        self.assertIn("scrapeTimeout: must match pattern", errors)
        self.assertIn("no kind Deploymnt", chart.TOOLS.errors_of([{"apiVersion": "apps/v1", "kind": "Deploymnt"}])[0][0])
        with self.assertRaisesRegex(ValueError, "twice in a map"):
            chart.manifests_of("a: 1\nb: 2\na: 3\n")

    def test_every_version_of_kubernetes_gets_the_same(self):
        for name in ("full", "shards"):
            self.assertEqual(chart.TOOLS.render(CASES[name], kube="1.25.0"), RENDERED[name])
        self.assertIn("chart requires kubeVersion", chart.TOOLS.template(DOMAINS, kube="1.24.0").stderr)

    def test_no_object_is_there_twice_and_every_name_is_short_enough(self):
        more = {"shards": 2, "replicaCount": 1, "settings": {"dns": {"servers": []}},
                "unbound": {"enabled": True, "image": {"repository": "x"}}}
        long = chart.TOOLS.render(merged(FULL, more), release="r" * 53)
        for manifests in [*RENDERED.values(), long]:
            keys = [(m["kind"], m["metadata"].get("namespace"), m["metadata"]["name"]) for m in manifests]
            self.assertEqual(len(keys), len(set(keys)), keys)
            for _, _, name in keys:
                self.assertRegex(name, r"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$")

    def test_labels_of_kubernetes_are_on_everything(self):
        for case, manifests in RENDERED.items():
            for manifest in manifests:
                labels = manifest["metadata"].get("labels", {})
                if "mtasts-exporter" in manifest["metadata"]["name"] and case != "odd words":
                    self.assertEqual(labels["app.kubernetes.io/instance"], "test", case)
                    self.assertEqual(labels["app.kubernetes.io/managed-by"], "Helm", case)
                for value in labels.values():
                    self.assertRegex(value, r"^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$")
                    self.assertLessEqual(len(value), 63)

    def test_selectors_find_the_agents_pods_and_no_others(self):
        for case, manifests in RENDERED.items():
            if case == "sidecar" or not all_of(manifests, "Deployment") + all_of(manifests, "StatefulSet"):
                continue
            pod = workload(manifests)["spec"]["template"]["metadata"]["labels"]
            selectors = [m["spec"]["selector"] for m in all_of(manifests, "Service")]
            self.assertTrue(selectors or case == "bare")
            selectors += [workload(manifests)["spec"]["selector"]["matchLabels"]]
            for kind in ("PodDisruptionBudget", "PodMonitor"):
                selectors += [m["spec"]["selector"]["matchLabels"] for m in all_of(manifests, kind)]
            selectors += [m["spec"]["podSelector"]["matchLabels"] for m in all_of(manifests, "NetworkPolicy")]
            names = [port["name"] for port in agent_of(manifests)["ports"]]
            for service in all_of(manifests, "Service"):
                for port in service["spec"]["ports"]:
                    if port["name"] != "smtp":
                        self.assertEqual(port["targetPort"], port["name"])
                        self.assertIn(port["targetPort"], names)
            for selector in selectors:
                self.assertTrue(labels_match(selector, pod), (selector, pod))
                for test in all_of(manifests, "Pod"):
                    self.assertFalse(labels_match(selector, test["metadata"]["labels"]), selector)


class Restricted(unittest.TestCase):
    """The Restricted Pod Security Standard, field by field, for every container of the chart."""

    THEIRS = {"extra", "init", "postfix"}

    def check_pod(self, name, spec):
        for key in ("hostPID", "hostIPC"):
            self.assertNotIn(key, spec, name)
        self.assertIs(spec["automountServiceAccountToken"], False, name)
        self.assertIs(spec["enableServiceLinks"], False, name)
        for volume in spec.get("volumes", []):
            kinds = set(volume) - {"name"}
            self.assertLessEqual(kinds, {"configMap", "secret", "emptyDir", "persistentVolumeClaim"}, name)
            self.assertEqual(len(kinds), 1, name)

    def check_container(self, name, container):
        context = container["securityContext"]
        self.assertIs(context["allowPrivilegeEscalation"], False, name)
        self.assertIs(context["runAsNonRoot"], True, name)
        self.assertEqual((context["runAsUser"], context["runAsGroup"]), (65532, 65532), name)
        self.assertEqual(context["capabilities"], {"drop": ["ALL"]}, name)
        self.assertEqual(context["seccompProfile"], {"type": "RuntimeDefault"}, name)
        self.assertIs(context["readOnlyRootFilesystem"], True, name)
        for key in ("privileged", "procMount", "seLinuxOptions", "windowsOptions", "appArmorProfile"):
            self.assertNotIn(key, context, name)
        for port in container.get("ports", []):
            self.assertNotIn("hostPort", port, name)

    def test_every_pod(self):
        seen = set()
        for case, manifests in RENDERED.items():
            for name, spec, _ in pod_specs(manifests):
                with self.subTest(values=case, pod=name):
                    self.check_pod(name, spec)
                    self.assertEqual("hostNetwork" in spec, case == "host network" and not name.startswith("Pod "))
                    if not any(c["name"] == "postfix" for c in spec["containers"]):
                        context = spec["securityContext"]
                        self.assertIs(context["runAsNonRoot"], True)
                        self.assertEqual(context["fsGroup"], 65532)
                        self.assertEqual(context["seccompProfile"], {"type": "RuntimeDefault"})
                    for container in containers_of(spec):
                        if container["name"] not in self.THEIRS:
                            self.check_container(f"{case}: {name}", container)
                            seen.add(container["name"])
        self.assertEqual(seen, {"mtasts-exporter", "unbound", "settings", "scrape"})

    def test_no_token_of_the_api_server(self):
        for case, manifests in RENDERED.items():
            for account in all_of(manifests, "ServiceAccount"):
                self.assertIs(account["automountServiceAccountToken"], False, case)


class Refused(unittest.TestCase):
    def test_every_violation_names_its_key(self):
        rans = together(lambda case: chart.TOOLS.template({**DOMAINS, **case[0]}), REFUSED)
        for (values, message), ran in zip(REFUSED, rans):
            with self.subTest(values=values):
                self.assertNotEqual(ran.returncode, 0, "was accepted")
                self.assertIn(message, ran.stderr)

    def test_what_is_right_passes(self):
        for values, ran in zip(ACCEPTED, together(lambda case: chart.TOOLS.template({**DOMAINS, **case}), ACCEPTED)):
            with self.subTest(values=values):
                self.assertEqual(ran.returncode, 0, ran.stderr)

    def schema_properties(self, schema, node):
        while "$ref" in node:
            node = schema["definitions"][node["$ref"].rsplit("/", 1)[1]]
        return node

    def test_the_schema_knows_every_value_and_no_other(self):
        schema = json.loads((chart.CHART / "values.schema.json").read_text())
        self.assertEqual(schema["$schema"], "http://json-schema.org/draft-07/schema#")
        values = yaml.safe_load((chart.CHART / "values.yaml").read_text())

        def compare(node, value, path):
            node = self.schema_properties(schema, node)
            if not isinstance(value, dict) or "properties" not in node:
                return
            self.assertIs(node["additionalProperties"], False, path)
            if value:
                for key in value:
                    self.assertIn(key, node["properties"], path)
            for key in node["properties"]:
                # Maps that are empty by default, and keys that only some objects have.
                if value and path not in ("livenessProbe", "readinessProbe") and (path, key) != ("", "enabled"):
                    self.assertIn(key, value, f"{path} has no default in values.yaml")
                if key in value:
                    compare(node["properties"][key], value[key], f"{path}.{key}".lstrip("."))

        compare(schema, values, "")

    def test_the_schema_knows_the_agents_settings_and_the_alerts(self):
        schema = json.loads((chart.CHART / "values.schema.json").read_text())
        known = {section: set(keys["properties"]) for section, keys in
                 schema["properties"]["settings"]["properties"].items()}
        example = tomllib.loads((chart.ROOT / "config/example.toml").read_text())
        theirs = {section: set(keys) for section, keys in example.items() if isinstance(keys, dict)}
        # The chart's own, or commented out in the example.
        del theirs["shard"], theirs["telemetry"], theirs["policy_host"]
        theirs["state"] -= {"path"}
        theirs["web"] -= {"listen"}
        theirs["reports"] -= {"enabled", "https", "mailbox", "maildir"}
        theirs["network"] |= {"families"}
        self.assertEqual(known, theirs)
        rules = [rule for group in yaml.safe_load(chart.RULES.read_text())["groups"] for rule in group["rules"]]
        alerts = {rule["alert"] for rule in rules if "alert" in rule}
        self.assertEqual(set(schema["properties"]["prometheusRule"]["properties"]["alerts"]["properties"]), alerts)
