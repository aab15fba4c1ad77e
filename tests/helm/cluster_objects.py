# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
"""The sidecar, the texts (NOTES, README) and the package."""

import sys
import unittest

import yaml

import chart
from cases import CASES, DOMAINS
from chart import RENDERED, agent_of, labels_match, one, run, workload


class Sidecar(unittest.TestCase):
    def test_alone_the_chart_brings_no_workload(self):
        self.assertEqual({m["kind"] for m in RENDERED["sidecar"]}, {"ConfigMap", "PodMonitor", "PrometheusRule"})
        self.assertEqual(one(RENDERED["sidecar"], "PodMonitor")["spec"]["selector"]["matchLabels"], {"app": "test"})

    def test_the_example_in_both_forms(self):
        native, ordinary = RENDERED["example, native"], RENDERED["example, ordinary"]
        one(native, "StatefulSet")
        spec = workload(native)["spec"]["template"]["spec"]
        self.assertEqual(spec["initContainers"][0]["restartPolicy"], "Always")
        self.assertEqual([c["name"] for c in spec["containers"]], ["postfix"])
        other = workload(ordinary)["spec"]["template"]["spec"]
        self.assertNotIn("initContainers", other)
        self.assertEqual([c["name"] for c in other["containers"]], ["postfix", "mtasts-exporter"])
        self.assertEqual({**other["containers"][1], "restartPolicy": "Always"}, spec["initContainers"][0])
        for manifests in (native, ordinary, RENDERED["plain sidecar"]):
            container, pod = agent_of(manifests), workload(manifests)["spec"]["template"]
            volumes = {volume["name"] for volume in pod["spec"]["volumes"]}
            self.assertLessEqual({mount["name"] for mount in container["volumeMounts"]}, volumes)
            self.assertNotIn("readinessProbe", container, "mail must not wait for the first round")
            monitor = one(manifests, "PodMonitor")["spec"]
            self.assertTrue(labels_match(monitor["selector"]["matchLabels"], pod["metadata"]["labels"]))
            self.assertEqual([endpoint["port"] for endpoint in monitor["podMetricsEndpoints"]],
                             [port["name"] for port in container["ports"]])

    def test_values_with_templates_and_a_volume_of_the_parent(self):
        more = {"mtasts-exporter": {"extraArgs": ["{{ .Release.Name }}.example"], "extraVolumes": [
            {"name": "ca", "configMap": {"name": "{{ .Release.Name }}-ca"}}],
            "sidecar": {"name": "mtasts", "stateVolume": {"persistentVolumeClaim": {"claimName": "state"}},
                        "readinessProbe": True}}}
        manifests = chart.TOOLS.render(more, chart=chart.TOOLS.example(), release="mail")
        spec = workload(manifests)["spec"]["template"]["spec"]
        self.assertEqual(spec["initContainers"][0]["name"], "mtasts")
        self.assertEqual(spec["initContainers"][0]["args"][-1], "mail.example")
        self.assertIn("readinessProbe", spec["initContainers"][0])
        self.assertIn({"name": "ca", "configMap": {"name": "mail-ca"}}, spec["volumes"])
        self.assertIn({"name": "mtasts-state", "persistentVolumeClaim": {"claimName": "state"}}, spec["volumes"])
        own = {"mtasts-exporter": {"sidecar": {"stateVolumeName": "spool"}}}
        manifests = chart.TOOLS.render(own, chart=chart.TOOLS.example(), release="mail")
        self.assertEqual([v["name"] for v in workload(manifests)["spec"]["template"]["spec"]["volumes"]],
                         ["mtasts-settings"], "the state's volume is the pod's own")
        self.assertIn({"name": "spool", "mountPath": "/var/lib/mtasts-exporter"}, agent_of(manifests)["volumeMounts"])
        bad = chart.TOOLS.template({"mtasts-exporter": {"domains": []}}, chart=chart.TOOLS.example())
        self.assertIn("domains: set at least one", bad.stderr)

    def test_a_list_that_is_missing_keeps_no_mail_server_from_its_start(self):
        lists = [{"configMap": "a"}, {"secret": "b", "pattern": "[ab].list"}, {"configMap": "c", "pattern": "one.txt"}]
        optional = [{"configMap": {"name": "a", "optional": True}}, {"secret": {"secretName": "b", "optional": True}},
                    {"configMap": {"name": "c"}}]
        loud = [{"configMap": {"name": "a"}}, {"secret": {"secretName": "b"}}, {"configMap": {"name": "c"}}]
        beside = chart.TOOLS.render({"mtasts-exporter": {"extraDomainFiles": lists}}, chart=chart.TOOLS.example())
        alone = chart.TOOLS.render({**DOMAINS, "extraDomainFiles": lists})
        for manifests, wanted in ((beside, optional), (alone, loud)):
            volumes = workload(manifests)["spec"]["template"]["spec"]["volumes"]
            self.assertEqual([v for v in volumes if v["name"].startswith("mtasts-domains-")],
                             [{"name": f"mtasts-domains-{i}", **v} for i, v in enumerate(wanted)])
        # The reason for the difference.
        for pattern, status in (("/nowhere/*.txt", 0), ("/nowhere/one.txt", 78)):
            file = chart.TOOLS.scratch / "missing.toml"
            file.write_text(f'domains = ["a.test"]\ndomain_files = ["{pattern}"]\n')
            self.assertEqual(run(chart.AGENT, "check-config", file).returncode, status, pattern)

    def test_the_plain_one_is_the_same_container(self):
        plain, made = (agent_of(RENDERED[name]) for name in ("plain sidecar", "example, native"))
        for key in ("image", "args", "securityContext", "volumeMounts", "restartPolicy", "livenessProbe"):
            self.assertEqual(plain[key], made[key], key)


class Texts(unittest.TestCase):
    def test_notes_say_what_to_do_next(self):
        notes = " ".join(chart.TOOLS.notes(DOMAINS).split())
        for words in ("mtasts-exporter check --config /etc/mtasts-exporter/config.toml example.com",
                      'mtasts_channel_alive{channel="smtp"}', "PORT 25",
                      "persistence.enabled=true", "serviceMonitor.enabled=true", "2. View all domains:",
                      "kubectl port-forward -n mail svc/test-mtasts-exporter 10058 http://localhost:10058/ "):
            self.assertIn(words, notes)
        rich = chart.TOOLS.notes({**CASES["shards"], "domains": [{"name": "a.example"}],
                            "settings": {"smtp": {"enabled": False}}})
        for words in ("PORT 25", "persistence.enabled", "prometheusRule.enabled"):
            self.assertNotIn(words, rich)
        self.assertIn("statefulset/test-mtasts-exporter", rich)
        self.assertIn("config.toml a.example", rich)
        self.assertIn("2. View the domains of one shard (Prometheus has the metrics of all shards):", rich)
        theirs = chart.TOOLS.notes({"existingSecret": "mine", "configKey": "my.toml"})
        self.assertIn("check --config /etc/mtasts-exporter/my.toml example.com", theirs)
        self.assertIn("svc/test-mtasts-exporter 10058\n", chart.TOOLS.notes(CASES["headless"]))
        self.assertIn("svc/test-mtasts-exporter 80\n", chart.TOOLS.notes({**DOMAINS, "service": {"port": 80}}))
        beside = " ".join(chart.TOOLS.notes({**CASES["sidecar"], "sidecar": {"name": "mtasts"}}).split())
        self.assertIn('as the container "mtasts"', beside)
        self.assertIn("kubectl exec -n mail POD -c mtasts -- \\ mtasts-exporter check --config", beside)

    def test_the_readme_is_what_its_script_writes(self):
        ran = run(sys.executable, "-B", chart.CHART / "readme.py", "--check")
        self.assertEqual(ran.returncode, 0, "run python3 helm/mtasts-exporter/readme.py")
        text = (chart.CHART / "README.md").read_text()
        for key in yaml.safe_load((chart.CHART / "values.yaml").read_text()):
            self.assertRegex(text, rf"\| `{key}[.`]")

    def test_the_packed_chart_has_what_it_needs(self):
        ran = chart.TOOLS.run("package", chart.CHART, "--destination", chart.TOOLS.scratch)
        self.assertEqual(ran.returncode, 0, ran.stderr)
        packed = run("tar", "tzf", next(chart.TOOLS.scratch.glob("*.tgz"))).stdout
        for file in ("files/mtasts.rules.yaml", "files/dashboard.json", "values.schema.json", "README.md",
                     "templates/NOTES.txt"):
            self.assertIn(f"mtasts-exporter/{file}", packed)
        self.assertNotIn("readme.py", packed)

    def test_every_source_has_its_licence_header(self):
        for folder in (chart.CHART, chart.EXAMPLES):
            for path in folder.rglob("*"):
                if path.is_file() and path.suffix != ".pyc" and path != chart.CHART / "files/dashboard.json":
                    self.assertIn("SPDX-License-Identifier: Apache-2.0", path.read_text()[:300], path)
