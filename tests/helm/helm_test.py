# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
"""The Helm chart: lint, every manifest against its schema, what the chart promises, and the agent run as in a pod.

    python3 tests/helm/helm_test.py --agent build/release/mtasts-exporter [--cache FOLDER] [--update]

--update writes the golden renderings. Needs npm (helm and the schemas are npm packages, kept in --cache), promtool,
unbound-checkconf and python3-yaml.
"""

import argparse
import copy
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import tomllib
import unittest
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import yaml

import chart
from cases import ACCEPTED, CASES, DOMAINS, FULL, GOLDEN_CASES, REFUSED
from chart import (RENDERED, agent_of, all_of, containers_of, environment_of, merged, one, pod_specs, run, settings_of,
                   workload)
# pylint: disable-next=unused-import
from corners import Aliases, ClosedTelemetry, Images, Ingress, Nothing, OddWords, WinningLabels

ARGUMENTS = None
TOOLS = None


def together(function, items):
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        return list(pool.map(function, items))


def labels_match(selector, labels):
    return all(labels.get(key) == value for key, value in selector.items())


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for one_socket in sockets:
        one_socket.bind(("127.0.0.1", 0))
    ports = [one_socket.getsockname()[1] for one_socket in sockets]
    for one_socket in sockets:
        one_socket.close()
    return ports


class Everything(unittest.TestCase):
    """What holds for every set of values."""

    def test_lint_has_no_complaint(self):
        for (name, values), ran in zip(CASES.items(), together(TOOLS.lint, CASES.values())):
            with self.subTest(values=name):
                self.assertEqual(ran.returncode, 0, ran.stdout + ran.stderr)
        example = TOOLS.lint({}, chart=TOOLS.example())
        self.assertEqual(example.returncode, 0, example.stdout)

    def test_lint_passes_without_domains_but_nothing_can_be_installed(self):
        self.assertEqual(TOOLS.lint({}).returncode, 0)
        self.assertIn("domains: name at least one", TOOLS.template({}).stderr)

    def test_every_manifest_fits_its_schema(self):
        names, manifests = [], []
        for name, rendered in RENDERED.items():
            names += [f"{name}: {m['kind']} {m['metadata']['name']}" for m in rendered]
            manifests += rendered
        bad = [f"{name} {error}" for name, errors in zip(names, TOOLS.errors_of(manifests)) for error in errors]
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
            self.assertIn(message, "\n".join(TOOLS.errors_of([broken])[0]))
        monitor = copy.deepcopy(one(RENDERED["operator"], "ServiceMonitor"))
        monitor["spec"]["endpoints"][0].update(intervall="1m", scrapeTimeout="soon")
        errors = "\n".join(TOOLS.errors_of([monitor])[0])
        self.assertIn("intervall: unknown field", errors)
        self.assertIn("scrapeTimeout: must match pattern", errors)
        self.assertIn("no kind Deploymnt", TOOLS.errors_of([{"apiVersion": "apps/v1", "kind": "Deploymnt"}])[0][0])
        with self.assertRaisesRegex(ValueError, "twice in a map"):
            chart.manifests_of("a: 1\nb: 2\na: 3\n")

    def test_every_version_of_kubernetes_gets_the_same(self):
        for name in ("full", "shards"):
            self.assertEqual(TOOLS.render(CASES[name], kube="1.25.0"), RENDERED[name])
        self.assertIn("chart requires kubeVersion", TOOLS.template(DOMAINS, kube="1.24.0").stderr)

    def test_no_object_is_there_twice_and_every_name_is_short_enough(self):
        more = {"shards": 2, "replicaCount": 1, "settings": {"dns": {"servers": []}},
                "unbound": {"enabled": True, "image": {"repository": "x"}}}
        long = TOOLS.render(merged(FULL, more), release="r" * 53)
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
    """The Restricted Pod Security Standard, field by field, of every container that the chart brings."""

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
        rans = together(lambda case: TOOLS.template({**DOMAINS, **case[0]}), REFUSED)
        for (values, message), ran in zip(REFUSED, rans):
            with self.subTest(values=values):
                self.assertNotEqual(ran.returncode, 0, "was accepted")
                self.assertIn(message, ran.stderr)

    def test_what_is_right_passes(self):
        for values, ran in zip(ACCEPTED, together(lambda case: TOOLS.template({**DOMAINS, **case}), ACCEPTED)):
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
                # Maps that are empty by default, and keys that only some have.
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
        del theirs["shard"], theirs["telemetry"]
        theirs["state"] -= {"path"}
        theirs["web"] -= {"listen"}
        theirs["network"] |= {"families"}
        self.assertEqual(known, theirs)
        rules = [rule for group in yaml.safe_load(chart.RULES.read_text())["groups"] for rule in group["rules"]]
        alerts = {rule["alert"] for rule in rules if "alert" in rule}
        self.assertEqual(set(schema["properties"]["prometheusRule"]["properties"]["alerts"]["properties"]), alerts)


class Settings(unittest.TestCase):
    def write(self, name, manifests):
        """The settings as the kubelet mounts them: files behind a link that it swaps."""
        folder = TOOLS.scratch / f"settings-{name.replace(' ', '-')}"
        self.swap(folder, settings_of(manifests))
        return folder

    def swap(self, folder, files):
        folder.mkdir(exist_ok=True)
        data = folder / f"..{time.time_ns()}"
        data.mkdir()
        for file, text in files.items():
            (data / file).write_text(text)
            if not (folder / file).is_symlink():
                (folder / file).symlink_to(Path("..data") / file)
        (folder / "..new").symlink_to(data.name)
        (folder / "..new").rename(folder / "..data")

    def check_config(self, path):
        return run(ARGUMENTS.agent, "check-config", path)

    def test_the_agent_accepts_what_every_case_renders(self):
        for name, manifests in RENDERED.items():
            if "existingConfigMap" in CASES.get(name, {}) or "existingSecret" in CASES.get(name, {}):
                continue
            with self.subTest(values=name):
                release = workload(manifests)["metadata"]["name"] if "host" in name else "test-mtasts-exporter"
                release = "mail-mtasts" if name == "plain sidecar" else release
                folder = TOOLS.scratch / f"check-{name.replace(' ', '-')}"
                self.swap(folder, settings_of(manifests, release))
                if name == "lists of others alone":
                    # The mount is the kubelet's; its place here is another.
                    text = (folder / "config.toml").read_text()
                    self.assertEqual(tomllib.loads(text)["domain_files"],
                                     ["/etc/mtasts-exporter-domains/0-lists/*.txt"])
                ran = self.check_config(folder / "config.toml")
                self.assertEqual(ran.returncode, 0, ran.stdout)

    def test_every_setting_arrives_as_it_was_written(self):
        example = tomllib.loads((chart.ROOT / "config/example.toml").read_text())
        values = {section: keys for section, keys in example.items() if isinstance(keys, dict)}
        del values["shard"], values["telemetry"], values["state"]["path"], values["web"]["listen"]
        values["network"]["families"] = ["ipv6"]
        values["smtp"]["ehlo_name"] = "a.example"
        values["probe"]["allow"] = ["*.example.com", "<&>"]
        text = settings_of(TOOLS.render({**DOMAINS, "settings": values}))["config.toml"]
        self.assertEqual(tomllib.loads(text), {**values, "domains": ["example.com"]})

    def test_domains_with_labels_and_files(self):
        data = settings_of(RENDERED["full"])
        self.assertEqual(data["more.txt"], "# more\nexample.org\n")
        read = tomllib.loads(data["config.toml"])
        self.assertEqual(read["domains"], ["example.com", "bücher.example"])
        self.assertEqual(read["domain"], [{"name": "example.net", "labels": {"team": 'mail "1"'},
                                           "expected_mode": "enforce"}])
        self.assertEqual(read["domain_files"], ["more.txt", "none.txt", "/etc/mtasts-exporter-domains/0-lists/*.txt",
                                                "/etc/mtasts-exporter-domains/1-secret-lists/*.list"])
        mounts = {m["name"]: m["mountPath"] for m in agent_of(RENDERED["full"])["volumeMounts"]}
        self.assertEqual(mounts["mtasts-domains-0"], "/etc/mtasts-exporter-domains/0-lists")
        self.assertEqual(mounts["mtasts-domains-1"], "/etc/mtasts-exporter-domains/1-secret-lists")

    def test_a_secret_when_asked(self):
        manifests = RENDERED["secret"]
        self.assertEqual(all_of(manifests, "ConfigMap"), [])
        self.assertIn("config.toml", one(manifests, "Secret")["stringData"])
        volumes = workload(manifests)["spec"]["template"]["spec"]["volumes"]
        self.assertIn({"name": "mtasts-settings", "secret": {"secretName": "test-mtasts-exporter"}}, volumes)

    def test_settings_of_others(self):
        for name, volume in (("existing configmap", {"configMap": {"name": "mine"}}),
                             ("existing secret", {"secret": {"secretName": "mine"}})):
            manifests = RENDERED[name]
            self.assertEqual(all_of(manifests, "ConfigMap") + all_of(manifests, "Secret"), [])
            volumes = workload(manifests)["spec"]["template"]["spec"]["volumes"]
            self.assertIn({"name": "mtasts-settings", **volume}, volumes)
        self.assertEqual(agent_of(RENDERED["existing configmap"])["args"][2], "/etc/mtasts-exporter/my.toml")

    def test_a_change_of_settings_restarts_nothing_unless_asked(self):
        other = {"domains": ["example.org"]}
        pod = workload(RENDERED["default"])["spec"]
        self.assertEqual(workload(TOOLS.render(other))["spec"], pod)
        roll = {"rollOnConfigChange": True}
        before, after = (workload(TOOLS.render({**values, **roll}))["spec"] for values in (DOMAINS, other))
        self.assertNotEqual(before, after)

    def test_no_file_is_mounted_by_subpath(self):
        for manifests in RENDERED.values():
            for _, spec, _ in pod_specs(manifests):
                for container in containers_of(spec):
                    self.assertNotIn("subPath", json.dumps(container.get("volumeMounts", [])))

    def environment(self, container, pod_name):
        result = {}
        for name, value in environment_of(container).items():
            if isinstance(value, dict):
                self.assertEqual(value, {"fieldRef": {"fieldPath": "metadata.name"}})
                value = pod_name
            result[name] = value
        return result

    def get(self, port, path):
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return answer.read().decode()

    def wait_for(self, port, path, word, seconds=15):
        end, text = time.monotonic() + seconds, ""
        while time.monotonic() < end:
            try:
                text = self.get(port, path)
                if word in text:
                    return text
            except OSError as error:
                text = str(error)
            time.sleep(0.1)
        raise AssertionError(f"no {word!r} at {path}: {text[:2000]}")

    def test_the_agent_runs_as_the_last_pod_of_the_statefulset_says(self):
        web, telemetry, dead = free_ports(3)
        values = {"domains": ["a.test"], "shards": 3, "web": {"port": web, "address": "127.0.0.1"},
                  "telemetry": {"port": telemetry},
                  "settings": {"dns": {"servers": [f"127.0.0.1:{dead}"], "timeout": "100ms", "tries": 1},
                               "smtp": {"enabled": False}, "canary": {"dns": [], "https": [], "smtp": []}}}
        manifests = TOOLS.render(values)
        container, name = agent_of(manifests), workload(manifests)["metadata"]["name"]
        folder = self.write("running", manifests)
        environment = self.environment(container, f"{name}-2")
        state = Path(environment["MTASTS_STATE_PATH"])
        mounts = {m["mountPath"] for m in container["volumeMounts"] if not m.get("readOnly")}
        self.assertEqual(mounts, {str(state.parent)}, "nothing else can be written")
        environment["MTASTS_STATE_PATH"] = str(folder / "state.db")
        arguments = [argument.replace("/etc/mtasts-exporter/", f"{folder}/") for argument in container["args"]]
        ports = {port["name"]: port["containerPort"] for port in container["ports"]}
        probes = {key: container[key]["httpGet"] for key in ("livenessProbe", "readinessProbe")}
        agent = subprocess.Popen([ARGUMENTS.agent, *arguments], env=environment, stdout=subprocess.DEVNULL,
                                 stderr=subprocess.DEVNULL)
        try:
            for probe in probes.values():
                self.wait_for(ports[probe["port"]], probe["path"], "")
            metrics = self.wait_for(ports["telemetry"], "/metrics", "mtasts_shards 3")
            self.assertIn("\nmtasts_shard_ordinal 2\n", metrics)
            first = re.search(r"\nmtasts_exporter_config_hash (\S+)", metrics)[1]
            self.wait_for(ports["web"], "/metrics", "mtasts_exporter_build_info")
            # As the kubelet does a minute after the ConfigMap has changed.
            self.swap(folder, settings_of(TOOLS.render({**values, "domains": ["b.test"]})))
            end = time.monotonic() + 20
            while f"mtasts_exporter_config_hash {first}\n" in self.get(ports["telemetry"], "/metrics"):
                self.assertLess(time.monotonic(), end, "the agent did not read its changed settings")
                time.sleep(0.2)
        finally:
            agent.terminate()
            # Within the pod's grace period, with much to spare.
            self.assertEqual(agent.wait(timeout=10), 0)


class Workload(unittest.TestCase):
    def test_a_deployment_by_default(self):
        manifests = RENDERED["default"]
        self.assertEqual({m["kind"] for m in manifests},
                         {"ConfigMap", "Deployment", "Service", "ServiceAccount", "Pod"})
        self.assertEqual(workload(manifests)["spec"]["replicas"], 1)
        volumes = workload(manifests)["spec"]["template"]["spec"]["volumes"]
        self.assertIn({"name": "mtasts-state", "emptyDir": {}}, volumes)
        self.assertNotIn("resources", agent_of(manifests))

    def test_a_statefulset_with_a_volume_when_the_history_is_kept(self):
        manifests = RENDERED["persistence"]
        self.assertEqual(all_of(manifests, "Deployment"), [])
        spec = one(manifests, "StatefulSet")["spec"]
        claim = spec["volumeClaimTemplates"][0]
        self.assertEqual(claim["metadata"]["name"], "mtasts-state")
        self.assertEqual(claim["spec"]["storageClassName"], "")
        self.assertNotIn("helm.sh/chart", claim["metadata"]["labels"], "cannot be changed by an upgrade")
        self.assertNotIn("mtasts-state", [v["name"] for v in spec["template"]["spec"]["volumes"]])
        self.assertNotIn("MTASTS_SHARD_INDEX", environment_of(agent_of(manifests)))
        own = one(RENDERED["existing claim"], "StatefulSet")["spec"]
        self.assertNotIn("volumeClaimTemplates", own)
        self.assertIn({"name": "mtasts-state", "persistentVolumeClaim": {"claimName": "mine"}},
                      own["template"]["spec"]["volumes"])

    def test_shards(self):
        manifests = RENDERED["shards"]
        spec = one(manifests, "StatefulSet")["spec"]
        self.assertEqual((spec["replicas"], spec["podManagementPolicy"]), (3, "Parallel"))
        environment = environment_of(agent_of(manifests))
        self.assertEqual(environment["MTASTS_SHARD_TOTAL"], "3")
        self.assertEqual(environment["MTASTS_SHARD_INDEX"], {"fieldRef": {"fieldPath": "metadata.name"}})
        self.assertEqual(spec["persistentVolumeClaimRetentionPolicy"], {"whenScaled": "Delete"})
        headless = one(manifests, "Service", spec["serviceName"])
        self.assertEqual(headless["spec"]["clusterIP"], "None")
        light = one(RENDERED["shards without persistence"], "StatefulSet")["spec"]
        self.assertIn({"name": "mtasts-state", "emptyDir": {"medium": "Memory", "sizeLimit": "64Mi"}},
                      light["template"]["spec"]["volumes"])

    def test_probes_are_switched_off_in_two_ways(self):
        probes = {"livenessProbe": {"enabled": False}, "readinessProbe": {"enabled": False},
                  "startupProbe": {"enabled": False, "periodSeconds": 2}}
        container = agent_of(TOOLS.render({**DOMAINS, **probes}))
        self.assertEqual([key for key in container if key.endswith("Probe")], [])
        self.assertEqual([key for key in agent_of(RENDERED["bare"]) if key.endswith("Probe")], [])
        bare = agent_of(RENDERED["no telemetry"])["startupProbe"]
        self.assertEqual(bare, {"httpGet": {"path": "/-/healthy", "port": "web"}})
        timing = agent_of(RENDERED["default"])["livenessProbe"]
        self.assertEqual(set(timing), {"httpGet", "periodSeconds", "timeoutSeconds", "failureThreshold"})

    def test_probes_use_the_telemetry_port(self):
        for case, manifests in RENDERED.items():
            if case == "bare" or not any(True for _ in pod_specs(manifests)):
                continue
            container = agent_of(manifests)
            names = [port["name"] for port in container["ports"]]
            for key in ("livenessProbe", "readinessProbe", "startupProbe"):
                if key in container:
                    self.assertEqual(container[key]["httpGet"]["port"], names[-1], case)

    def test_every_value_of_the_full_case_arrives(self):
        manifests = RENDERED["full"]
        spec = workload(manifests)["spec"]["template"]["spec"]
        metadata = workload(manifests)["spec"]["template"]["metadata"]
        agent = agent_of(manifests)
        self.assertEqual(agent["image"], "registry.example/team/mtasts:1.2.3")
        self.assertEqual([s["name"] for s in spec["imagePullSecrets"]], ["zeroth", "first", "second"])
        self.assertEqual(metadata["labels"]["example.com/team"], "test-team")
        self.assertEqual(metadata["labels"]["example.com/pod"], "yes")
        self.assertEqual(metadata["labels"]["app.kubernetes.io/name"], "mtasts-exporter")
        self.assertEqual(metadata["annotations"]["example.com/pod"], "test")
        self.assertEqual(workload(manifests)["metadata"]["annotations"],
                         {"example.com/owner": "mail", "example.com/workload": "yes"})
        self.assertEqual(agent["args"][-1], "test.example")
        environment = environment_of(agent)
        self.assertEqual(len(agent["env"]), len(environment), "no variable twice")
        self.assertEqual(environment["MTASTS_STATE_PATH"], ":memory:")
        self.assertEqual(environment["MTASTS_WEB_LISTEN"], "0.0.0.0:20058")
        self.assertEqual(environment["MTASTS_TELEMETRY_LISTEN"], "0.0.0.0:20059")
        self.assertEqual(agent["envFrom"], [{"configMapRef": {"name": "test-environment"}}])
        self.assertIn({"name": "ca", "configMap": {"name": "test-ca"}}, spec["volumes"])
        self.assertIn(FULL["extraVolumeMounts"][0], agent["volumeMounts"])
        self.assertEqual([c["name"] for c in containers_of(spec)], ["init", "mtasts-exporter", "extra"])
        self.assertEqual(spec["containers"][1]["image"], "extra:0.1.0")
        self.assertEqual(agent["resources"], FULL["resources"])
        self.assertEqual(agent["lifecycle"], FULL["lifecycle"])
        self.assertEqual(agent["startupProbe"]["periodSeconds"], 2)
        one(manifests, "ConfigMap", "test-map")
        one(manifests, "ConfigMap", "test-text")
        for key in ("nodeSelector", "tolerations", "priorityClassName", "runtimeClassName", "schedulerName",
                    "dnsPolicy", "dnsConfig", "hostAliases"):
            self.assertEqual(spec[key], FULL[key], key)
        terms = spec["affinity"]["podAntiAffinity"]["preferredDuringSchedulingIgnoredDuringExecution"]
        self.assertEqual(terms[0]["podAffinityTerm"]["labelSelector"]["matchLabels"],
                         {"app.kubernetes.io/instance": "test"})
        spread = [c["labelSelector"]["matchLabels"] for c in spec["topologySpreadConstraints"]]
        self.assertEqual(spread[1], {"own": "label"})
        self.assertTrue(labels_match(spread[0], metadata["labels"]))
        self.assertEqual(workload(manifests)["spec"]["strategy"], {"type": "Recreate"})
        self.assertEqual(workload(manifests)["spec"]["progressDeadlineSeconds"], 1200)
        self.assertEqual(workload(manifests)["spec"]["replicas"], 2)
        service = one(manifests, "Service")
        self.assertEqual(service["spec"]["type"], "NodePort")
        self.assertEqual(service["spec"]["externalTrafficPolicy"], "Local")
        balanced = one(RENDERED["load balancer"], "Service")["spec"]
        for key, value in CASES["load balancer"]["service"].items():
            self.assertEqual(balanced[key], value, key)
        self.assertEqual(service["metadata"]["annotations"],
                         {"example.com/owner": "mail", "example.com/service": "yes"})
        self.assertEqual(one(manifests, "PodDisruptionBudget")["spec"]["minAvailable"], "50%")

    def test_global_registry_digest_and_host_network(self):
        manifests = RENDERED["host network"]
        self.assertEqual(agent_of(manifests)["image"],
                         f"mirror.example/mtasts-exporter/mtasts-exporter@sha256:{'a' * 64}")
        spec = workload(manifests)["spec"]["template"]["spec"]
        self.assertEqual(spec["dnsPolicy"], "ClusterFirstWithHostNet")
        self.assertRegex(workload(manifests)["metadata"]["name"], "^x{43}-[0-9a-f]{8}$")

    def test_the_image_has_the_charts_app_version(self):
        described = yaml.safe_load((chart.CHART / "Chart.yaml").read_text())
        self.assertTrue(agent_of(RENDERED["default"])["image"].endswith(f":{described['appVersion']}"))
        annotations = described["annotations"]
        for key in ("images", "links", "changes"):
            self.assertTrue(yaml.safe_load(annotations[f"artifacthub.io/{key}"]))
        built = re.search(r"VERSION (\S+)", (chart.ROOT / "CMakeLists.txt").read_text().split("project(")[1])[1]
        self.assertEqual(described["appVersion"], built)

    def test_unbound(self):
        manifests = RENDERED["unbound"]
        spec = workload(manifests)["spec"]["template"]["spec"]
        self.assertEqual(environment_of(agent_of(manifests))["MTASTS_DNS_SERVERS"], "127.0.0.1:5335")
        self.assertEqual(spec["containers"][1]["image"], f"registry.example/unbound@sha256:{'0' * 64}")
        settings = one(manifests, "ConfigMap", "test-mtasts-exporter-unbound")["data"]["unbound.conf"]
        self.assertIn("verbosity: 1", settings)
        file = TOOLS.scratch / "unbound.conf"
        file.write_text(settings)
        checker = shutil.which("unbound-checkconf", path=f"{os.environ['PATH']}:/usr/sbin")
        ran = run(checker, file)
        self.assertEqual(ran.returncode, 0, ran.stdout)

    def test_the_hook_of_helm_test(self):
        pod = one(RENDERED["default"], "Pod")
        self.assertEqual(pod["metadata"]["annotations"]["helm.sh/hook"], "test")
        self.assertEqual(pod["spec"]["initContainers"][0]["args"], ["check-config", "/etc/mtasts-exporter/config.toml"])
        script = pod["spec"]["containers"][0]["command"][-1]
        self.assertEqual(run("sh", "-n", "-c", script).returncode, 0)
        environment = environment_of(pod["spec"]["containers"][0])
        ports = {port["name"]: str(port["port"]) for port in one(RENDERED["default"], "Service")["spec"]["ports"]}
        self.assertEqual((environment["WEB"], environment["HEALTH"]), (ports["web"], ports["telemetry"]))
        self.assertEqual(environment["TIMEOUT"], "300")
        self.assertEqual(environment["SERVICE"], "test-mtasts-exporter.mail.svc")
        headless = environment_of(one(RENDERED["headless"], "Pod")["spec"]["containers"][0])
        self.assertEqual((headless["WEB"], headless["HEALTH"]), ("10058", "10059"), "nothing translates ports there")


class NetworkPolicy(unittest.TestCase):
    def egress(self, **values):
        manifests = TOOLS.render({**DOMAINS, "networkPolicy": {"enabled": True}, **values})
        rules = one(manifests, "NetworkPolicy")["spec"]["egress"]
        return [sorted({port["port"] for port in rule["ports"]}) for rule in rules]

    def test_out_only_to_dns_https_and_smtp_and_in_only_to_the_metrics(self):
        spec = one(RENDERED["shards"], "NetworkPolicy")["spec"]
        self.assertEqual(spec["policyTypes"], ["Ingress", "Egress"])
        self.assertEqual([port["port"] for port in spec["ingress"][0]["ports"]], [10058, 10059])
        self.assertEqual([sorted({p["port"] for p in rule["ports"]}) for rule in spec["egress"]], [[53], [25, 443]])
        self.assertEqual({(p["port"], p["protocol"]) for p in spec["egress"][0]["ports"]}, {(53, "UDP"), (53, "TCP")})

    def test_the_ports_are_those_of_the_settings(self):
        spec = one(RENDERED["full"], "NetworkPolicy")["spec"]
        self.assertEqual([port["port"] for port in spec["ingress"][0]["ports"]], [20058, 20059])
        allowed = spec["ingress"][0]["from"]
        self.assertEqual(allowed[:-1], FULL["networkPolicy"]["from"])
        test = one(RENDERED["full"], "Pod")["metadata"]["labels"]
        self.assertTrue(labels_match(allowed[-1]["podSelector"]["matchLabels"], test))
        self.assertNotIn("from", one(RENDERED["shards"], "NetworkPolicy")["spec"]["ingress"][0])
        self.assertEqual(sorted({p["port"] for p in spec["egress"][0]["ports"]}), [53, 5353])
        self.assertEqual(spec["egress"][0]["to"], FULL["networkPolicy"]["dnsTo"])
        self.assertEqual([p["port"] for p in spec["egress"][1]["ports"]], [8443, 2525])
        self.assertEqual(spec["egress"][2]["ports"], [{"port": 2}])
        self.assertEqual(self.egress(settings={"smtp": {"enabled": False}}), [[53], [443]])
        own = {"enabled": True, "ports": {"dns": [5353], "smtp": [26]}}
        self.assertEqual(self.egress(networkPolicy=own), [[5353], [26, 443]])

    def test_an_empty_list_of_ports_opens_none(self):
        def policy(**ports):
            return {"enabled": True, "ports": ports}
        self.assertEqual(self.egress(networkPolicy=policy(smtp=[])), [[53], [443]])
        self.assertEqual(self.egress(networkPolicy=policy(dns=[])), [[25, 443]])
        manifests = TOOLS.render({**DOMAINS, "networkPolicy": policy(dns=[], https=[], smtp=[])})
        self.assertEqual(one(manifests, "NetworkPolicy")["spec"]["egress"], [])

    def test_unbound_asks_name_servers_everywhere(self):
        image = {"enabled": True, "image": {"repository": "x"}}
        policy = {"enabled": True, "dnsTo": [{"ipBlock": {"cidr": "192.0.2.0/24"}}], "ports": {"dns": [5353]}}
        spec = one(TOOLS.render({**DOMAINS, "unbound": image, "networkPolicy": policy}), "NetworkPolicy")["spec"]
        self.assertEqual(spec["egress"][0],
                         {"ports": [{"port": 53, "protocol": "UDP"}, {"port": 53, "protocol": "TCP"}]})
        self.assertNotIn("192.0.2.0", json.dumps(spec))


class Monitoring(unittest.TestCase):
    def rules(self, **values):
        manifests = TOOLS.render({**DOMAINS, "prometheusRule": {"enabled": True, **values}})
        return one(manifests, "PrometheusRule")["spec"]

    def alerts(self, spec, name=None):
        return [rule for group in spec["groups"] for rule in group["rules"]
                if "alert" in rule and name in (None, rule["alert"])]

    def test_monitors_scrape_both_ports_each_at_its_own_interval(self):
        for case, manifests in RENDERED.items():
            for monitor in all_of(manifests, "ServiceMonitor"):
                found = [s for s in all_of(manifests, "Service")
                         if labels_match(monitor["spec"]["selector"]["matchLabels"], s["metadata"]["labels"])]
                self.assertEqual(len(found), 1, f"{case}: a second Service would be scraped, too")
                names = [port["name"] for port in found[0]["spec"]["ports"]]
                self.assertEqual([e["port"] for e in monitor["spec"]["endpoints"]], names)
                self.assertEqual(len({e["interval"] for e in monitor["spec"]["endpoints"]}), len(names))
                self.assertEqual(monitor["spec"]["namespaceSelector"]["matchNames"],
                                 ["007" if case == "odd words" else "mail"])
        endpoints = one(RENDERED["bare"], "PodMonitor")["spec"]["podMetricsEndpoints"]
        names = [port["name"] for port in agent_of(RENDERED["bare"])["ports"]]
        self.assertEqual([e["port"] for e in endpoints], names)
        spec = one(RENDERED["full"], "ServiceMonitor")["spec"]
        for key in ("sampleLimit", "targetLimit", "labelLimit", "labelNameLengthLimit", "labelValueLengthLimit",
                    "jobLabel", "targetLabels", "podTargetLabels"):
            self.assertEqual(spec[key], FULL["serviceMonitor"][key], key)
        for key, value in FULL["serviceMonitor"]["web"].items():
            self.assertEqual(spec["endpoints"][0][key], value, key)
        self.assertNotIn("basicAuth", spec["endpoints"][1])
        self.assertNotIn("sampleLimit", one(RENDERED["operator"], "ServiceMonitor")["spec"])
        self.assertEqual(one(RENDERED["full"], "ServiceMonitor")["metadata"]["namespace"], "monitoring")
        self.assertEqual(one(RENDERED["full"], "ServiceMonitor")["metadata"]["labels"]["release"], "prometheus")
        pod = one(RENDERED["pod monitor"], "PodMonitor")["spec"]
        self.assertEqual((pod["sampleLimit"], pod["jobLabel"], pod["podTargetLabels"]), (5, "job", ["b"]))
        self.assertEqual([e["port"] for e in pod["podMetricsEndpoints"]], ["telemetry"])

    def test_the_rules_are_those_of_the_file(self):
        source = yaml.safe_load((chart.ROOT / "alerts/mtasts.rules.yaml").read_text())
        made = one(RENDERED["operator"], "PrometheusRule")["spec"]
        self.assertEqual([g["name"] for g in made["groups"]], [g["name"] for g in source["groups"]])
        for theirs, ours in zip(source["groups"], made["groups"]):
            self.assertEqual(ours, theirs)

    def test_prometheus_accepts_the_rules(self):
        for case in ("operator", "full"):
            file = TOOLS.scratch / f"rules-{case}.yaml"
            file.write_text(yaml.safe_dump(one(RENDERED[case], "PrometheusRule")["spec"]))
            ran = run("promtool", "check", "rules", file)
            self.assertEqual(ran.returncode, 0, ran.stdout)
            self.assertIn("SUCCESS", ran.stdout)

    def test_a_threshold_that_the_values_do_not_know_is_an_error(self):
        made = TOOLS.scratch / "newer-rules"
        shutil.copytree(chart.CHART, made)
        rules = made / "files/mtasts.rules.yaml"
        rules.write_text(rules.read_text().replace("@checkStaleSeconds@", "@checkOldSeconds@"))
        ran = TOOLS.template({**DOMAINS, "prometheusRule": {"enabled": True}}, chart=made)
        self.assertIn("prometheusRule.thresholds has nothing for @checkOldSeconds@", ran.stderr)

    def test_no_word_of_a_threshold_is_left(self):
        words = set(re.findall(r"@(\w+)@", chart.RULES.read_text()))
        values = yaml.safe_load((chart.CHART / "values.yaml").read_text())
        self.assertEqual(set(values["prometheusRule"]["thresholds"]), words)
        for case in ("operator", "full"):
            self.assertNotRegex(json.dumps(one(RENDERED[case], "PrometheusRule")["spec"]), r"@\w+@")

    def test_thresholds_severities_overrides_and_switches(self):
        full = one(RENDERED["full"], "PrometheusRule")["spec"]
        text = json.dumps(full)
        self.assertIn("< 14 * 86400", text)
        self.assertIn("> 7200.5", text)
        self.assertEqual(self.alerts(full, "MtastsMxSetChanged"), [])
        unreachable = {a["labels"]["severity"]: a["for"] for a in self.alerts(full, "MtastsMxUnreachable")}
        self.assertEqual(unreachable, {"page": "2h", "ticket": "12h"})
        self.assertEqual([a["labels"]["severity"] for a in self.alerts(full, "MtastsMxInvalid")], ["page"])
        own = self.alerts(full, "MtastsPolicyUnavailable")[0]
        self.assertEqual(own["labels"], {"severity": "page", "team": "web"})
        self.assertEqual(own["annotations"]["runbook_url"], "https://wiki.example/own")
        for alert in self.alerts(full):
            self.assertEqual(alert["annotations"]["dashboard"], "https://grafana.example/d/mtasts")
            self.assertIn("team", alert["labels"])
            self.assertRegex(alert["annotations"]["runbook_url"],
                             r"^https://wiki\.example/(own|runbooks/Mtasts\w+\.md)$")
        self.assertEqual(full["groups"][-1]["name"], "own")

    def test_an_alert_holds_on_to_itself_under_its_new_severity(self):
        held = 0
        for case in ("operator", "full"):
            for alert in self.alerts(one(RENDERED[case], "PrometheusRule")["spec"]):
                for inner in re.findall(r"ALERTS\{([^}]*)\}", alert["expr"]):
                    self.assertIn(f'alertname="{alert["alert"]}"', inner)
                    self.assertIn(f'severity="{alert["labels"]["severity"]}"', inner)
                    held += 1
        self.assertGreater(held, 50)

    def test_a_switch_of_the_whole_alert_and_of_one_severity(self):
        names = {a["alert"] for a in self.alerts(self.rules())}
        spec = self.rules(alerts={"MtastsMxUnreachable": {"enabled": False, "critical": {"enabled": True}}})
        self.assertEqual([a["labels"]["severity"] for a in self.alerts(spec, "MtastsMxUnreachable")], ["critical"])
        self.assertEqual({a["alert"] for a in self.alerts(spec)}, names)

    def test_the_dashboard(self):
        made = one(RENDERED["full"], "ConfigMap", "test-mtasts-exporter-dashboard")
        self.assertEqual(json.loads(made["data"]["mtasts.json"]),
                         json.loads((chart.ROOT / "alerts/dashboard.json").read_text()))
        self.assertEqual(made["metadata"]["labels"]["grafana_dashboard"], "1")
        self.assertEqual(made["metadata"]["annotations"]["grafana_folder"], "Mail")
        self.assertEqual(made["metadata"]["namespace"], "monitoring")
        # cp alerts/dashboard.json helm/mtasts-exporter/files/
        self.assertEqual((chart.CHART / "files/dashboard.json").read_bytes(),
                         (chart.ROOT / "alerts/dashboard.json").read_bytes(), "copy alerts/dashboard.json there")


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
        manifests = TOOLS.render(more, chart=TOOLS.example(), release="mail")
        spec = workload(manifests)["spec"]["template"]["spec"]
        self.assertEqual(spec["initContainers"][0]["name"], "mtasts")
        self.assertEqual(spec["initContainers"][0]["args"][-1], "mail.example")
        self.assertIn("readinessProbe", spec["initContainers"][0])
        self.assertIn({"name": "ca", "configMap": {"name": "mail-ca"}}, spec["volumes"])
        self.assertIn({"name": "mtasts-state", "persistentVolumeClaim": {"claimName": "state"}}, spec["volumes"])
        own = {"mtasts-exporter": {"sidecar": {"stateVolumeName": "spool"}}}
        manifests = TOOLS.render(own, chart=TOOLS.example(), release="mail")
        self.assertEqual([v["name"] for v in workload(manifests)["spec"]["template"]["spec"]["volumes"]],
                         ["mtasts-settings"], "the state's volume is the pod's own")
        self.assertIn({"name": "spool", "mountPath": "/var/lib/mtasts-exporter"}, agent_of(manifests)["volumeMounts"])
        bad = TOOLS.template({"mtasts-exporter": {"domains": []}}, chart=TOOLS.example())
        self.assertIn("domains: name at least one", bad.stderr)

    def test_a_list_that_is_missing_keeps_no_mail_server_from_its_start(self):
        lists = [{"configMap": "a"}, {"secret": "b", "pattern": "[ab].list"}, {"configMap": "c", "pattern": "one.txt"}]
        optional = [{"configMap": {"name": "a", "optional": True}}, {"secret": {"secretName": "b", "optional": True}},
                    {"configMap": {"name": "c"}}]
        loud = [{"configMap": {"name": "a"}}, {"secret": {"secretName": "b"}}, {"configMap": {"name": "c"}}]
        beside = TOOLS.render({"mtasts-exporter": {"extraDomainFiles": lists}}, chart=TOOLS.example())
        alone = TOOLS.render({**DOMAINS, "extraDomainFiles": lists})
        for manifests, wanted in ((beside, optional), (alone, loud)):
            volumes = workload(manifests)["spec"]["template"]["spec"]["volumes"]
            self.assertEqual([v for v in volumes if v["name"].startswith("mtasts-domains-")],
                             [{"name": f"mtasts-domains-{i}", **v} for i, v in enumerate(wanted)])
        # The reason for the difference.
        for pattern, status in (("/nowhere/*.txt", 0), ("/nowhere/one.txt", 78)):
            file = TOOLS.scratch / "missing.toml"
            file.write_text(f'domains = ["a.test"]\ndomain_files = ["{pattern}"]\n')
            self.assertEqual(run(ARGUMENTS.agent, "check-config", file).returncode, status, pattern)

    def test_the_plain_one_is_the_same_container(self):
        plain, made = (agent_of(RENDERED[name]) for name in ("plain sidecar", "example, native"))
        for key in ("image", "args", "securityContext", "volumeMounts", "restartPolicy", "livenessProbe"):
            self.assertEqual(plain[key], made[key], key)


class Words(unittest.TestCase):
    def test_notes_say_what_to_do_next(self):
        notes = " ".join(TOOLS.notes(DOMAINS).split())
        for words in ("mtasts-exporter check --config /etc/mtasts-exporter/config.toml example.com",
                      'mtasts_channel_alive{channel="smtp"}', "PORT 25",
                      "persistence.enabled=true", "serviceMonitor.enabled=true", "2. Look at all of them",
                      "kubectl port-forward -n mail svc/test-mtasts-exporter 10058 http://localhost:10058/ "):
            self.assertIn(words, notes)
        rich = TOOLS.notes({**CASES["shards"], "domains": [{"name": "a.example"}],
                            "settings": {"smtp": {"enabled": False}}})
        for words in ("PORT 25", "persistence.enabled", "prometheusRule.enabled"):
            self.assertNotIn(words, rich)
        self.assertIn("statefulset/test-mtasts-exporter", rich)
        self.assertIn("config.toml a.example", rich)
        self.assertIn("the domains of one shard (the metrics of all are in Prometheus)", rich)
        theirs = TOOLS.notes({"existingSecret": "mine", "configKey": "my.toml"})
        self.assertIn("check --config /etc/mtasts-exporter/my.toml example.com", theirs)
        self.assertIn("svc/test-mtasts-exporter 10058\n", TOOLS.notes(CASES["headless"]))
        self.assertIn("svc/test-mtasts-exporter 80\n", TOOLS.notes({**DOMAINS, "service": {"port": 80}}))
        beside = " ".join(TOOLS.notes({**CASES["sidecar"], "sidecar": {"name": "mtasts"}}).split())
        self.assertIn('as the container "mtasts"', beside)
        self.assertIn("kubectl exec -n mail POD -c mtasts -- \\ mtasts-exporter check --config", beside)

    def test_the_readme_is_what_its_script_writes(self):
        ran = run(sys.executable, "-B", chart.CHART / "readme.py", "--check")
        self.assertEqual(ran.returncode, 0, "run python3 helm/mtasts-exporter/readme.py")
        text = (chart.CHART / "README.md").read_text()
        for key in yaml.safe_load((chart.CHART / "values.yaml").read_text()):
            self.assertRegex(text, rf"\| `{key}[.`]")

    def test_the_packed_chart_has_what_it_needs(self):
        ran = TOOLS.run("package", chart.CHART, "--destination", TOOLS.scratch)
        self.assertEqual(ran.returncode, 0, ran.stderr)
        packed = run("tar", "tzf", next(TOOLS.scratch.glob("*.tgz"))).stdout
        for file in ("files/mtasts.rules.yaml", "files/dashboard.json", "values.schema.json", "README.md",
                     "templates/NOTES.txt"):
            self.assertIn(f"mtasts-exporter/{file}", packed)
        self.assertNotIn("readme.py", packed)

    def test_every_source_has_its_licence_header(self):
        for folder in (chart.CHART, chart.EXAMPLES):
            for path in folder.rglob("*"):
                if path.is_file() and path.suffix != ".pyc" and path != chart.CHART / "files/dashboard.json":
                    self.assertIn("SPDX-License-Identifier: Apache-2.0", path.read_text()[:300], path)


class Golden(unittest.TestCase):
    """So that a change of the chart is seen as a change of what it renders."""

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
    RENDERED.update(zip(names, together(lambda name: TOOLS.render(CASES[name]), names)))
    example = TOOLS.example()
    RENDERED["example, native"] = TOOLS.render({}, chart=example, release="test")
    RENDERED["example, ordinary"] = TOOLS.render({"nativeSidecar": False}, chart=example, release="test")
    RENDERED["plain sidecar"] = chart.manifests_of((chart.EXAMPLES / "sidecar.yaml").read_text())


def main():
    global ARGUMENTS, TOOLS  # pylint: disable=global-statement
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--agent", required=True, help="the program")
    parser.add_argument("--cache", default=str(chart.ROOT / "build/helm-tools"), help="folder for helm and the schemas")
    parser.add_argument("--update", action="store_true", help="write the golden renderings")
    ARGUMENTS, rest = parser.parse_known_args()
    ARGUMENTS.agent = str(Path(ARGUMENTS.agent).resolve())
    TOOLS = chart.TOOLS = chart.Tools(ARGUMENTS.cache)
    chart.AGENT = ARGUMENTS.agent
    try:
        render_everything()
        unittest.main(argv=[sys.argv[0], *rest])
    finally:
        TOOLS.close()


if __name__ == "__main__":
    main()
