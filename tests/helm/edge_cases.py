# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
"""Edge cases of the chart: two instances in one parent, empty keys, strings that look like numbers, label collisions,
images, no telemetry port, an Ingress."""

import copy
import json
import socket
import subprocess
import time
import tomllib
import unittest
import urllib.request

import yaml

import chart
from cases import CASES, DOMAINS, OPERATOR
from chart import RENDERED, agent_of, all_of, environment_of, labels_match, merged, one, run, settings_of, workload
from refused import policy_host


class Aliases(unittest.TestCase):
    """Two instances of the chart in one parent: no duplicate object, and no selector matches the other's pods."""

    BOTH = {"Inside_Mail": {**DOMAINS, **OPERATOR, "persistence": {"enabled": True}},
            "outside": {**DOMAINS, **OPERATOR, "networkPolicy": {"enabled": True}},
            "mtasts-exporter": {**DOMAINS, "shards": 2}}

    @classmethod
    def setUpClass(cls):
        cls.parent = chart.TOOLS.parent("two", [{"alias": "Inside_Mail"}, {"alias": "outside"}, {}])

    def test_names_and_selectors(self):
        for release in ("test", "mail-outside-inside-mail", "mtasts-exporter", "r" * 53, "007"):
            manifests = chart.TOOLS.render(self.BOTH, chart=self.parent, release=release)
            self.assertEqual([e for errors in chart.TOOLS.errors_of(manifests) for e in errors], [])
            keys = [(m["kind"], m["metadata"]["name"]) for m in manifests]
            self.assertEqual(len(keys), len(set(keys)), keys)
            workloads = all_of(manifests, "Deployment") + all_of(manifests, "StatefulSet")
            self.assertEqual(len(workloads), 3)
            pods = [w["spec"]["template"]["metadata"]["labels"] for w in workloads]
            selectors = [w["spec"]["selector"]["matchLabels"] for w in workloads]
            selectors += [s["spec"]["selector"] for s in all_of(manifests, "Service")]
            for selector in selectors:
                self.assertEqual(len([pod for pod in pods if labels_match(selector, pod)]), 1, selector)
            for monitor in all_of(manifests, "ServiceMonitor"):
                selector = monitor["spec"]["selector"]["matchLabels"]
                found = [s for s in all_of(manifests, "Service") if labels_match(selector, s["metadata"]["labels"])]
                self.assertEqual(len(found), 1, selector)
            for manifest in manifests:
                self.assertRegex(manifest["metadata"]["name"], r"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$")
                self.assertEqual(manifest["metadata"]["labels"]["app.kubernetes.io/part-of"], "mtasts-exporter")

    def test_the_names_say_which_is_which(self):
        manifests = chart.TOOLS.render(self.BOTH, chart=self.parent, release="test")
        one(manifests, "StatefulSet", "test-inside-mail")
        one(manifests, "Deployment", "test-outside")
        one(manifests, "StatefulSet", "test-mtasts-exporter")
        for workload_of in all_of(manifests, "StatefulSet"):
            self.assertEqual(agent_of([workload_of])["name"], "mtasts-exporter")


class EmptyValues(unittest.TestCase):
    """A key without a value, as when the value is commented out: treated as the default, or refused by name."""

    # Without them there is no probe (as values.yaml says), or nothing to disrupt by.
    OTHERWISE = {("livenessProbe",), ("readinessProbe",), ("podDisruptionBudget", "maxUnavailable")}

    BASES = {
        "reports": {**DOMAINS, "persistence": {"enabled": True}, "networkPolicy": {"enabled": True}, "reports": {
            "enabled": True, "ingress": {"enabled": True, "hosts": ["a.example"]},
            "mailbox": {"url": "imaps://a.example/", "user": "a", "existingSecret": "a"}}},
        "policies": {**DOMAINS, "policyHost": policy_host(ingress={"enabled": True}), "networkPolicy": {"enabled": True}},
        "gateway": {**DOMAINS, "policyHost": policy_host(httpRoute={"enabled": True, "parentRefs": [{"name": "a"}]})},
        "most": {**DOMAINS, **OPERATOR, "podDisruptionBudget": {"enabled": True}, "networkPolicy": {"enabled": True},
                 "ingress": {"enabled": True, "hosts": [{"host": "a.example"}]}, "persistence": {"enabled": True}},
        "unbound": {**DOMAINS, "shards": 2, "unbound": {"enabled": True, "image": {"repository": "x"}},
                    "networkPolicy": {"enabled": True}, "podMonitor": {"enabled": True}},
        "sidecar": {**DOMAINS, "mode": "sidecar", "prometheusRule": {"enabled": True},
                    "podMonitor": {"enabled": True, "matchLabels": {"a": "b"}}},
    }

    @classmethod
    def setUpClass(cls):
        cls.schema = json.loads((chart.CHART / "values.schema.json").read_text())
        cls.values = yaml.safe_load((chart.CHART / "values.yaml").read_text())

    def keys(self, node, values, path=()):
        """(path, required) of every key that the schema names and values.yaml has."""
        while "$ref" in node:
            node = self.schema["definitions"][node["$ref"].rsplit("/", 1)[1]]
        for key, below in node.get("properties", {}).items():
            if key in values:
                yield (*path, key), key in node.get("required", [])
                if isinstance(values[key], dict):
                    yield from self.keys(below, values[key], (*path, key))

    def emptied(self, base, paths):
        result = copy.deepcopy(base)
        for path in paths:
            at = result
            for key in path[:-1]:
                at = at.setdefault(key, {}) if at is not None else None
            if at is not None:
                at.setdefault(path[-1], None)
        return result

    def test_what_may_be_empty_is_as_if_the_default_stood(self):
        paths = [path for path, required in self.keys(self.schema, self.values) if not required]
        paths = [path for path in paths if not any(path[:n] in self.OTHERWISE for n in range(1, 3))]
        self.assertEqual({path[0] for path, _ in self.keys(self.schema, self.values)}, set(self.values))
        # A map and a key in it cannot both be empty in one file.
        shallow = [path for path in paths if not any(path[:n] in paths for n in range(1, len(path)))]
        deep = [path for path in paths if not any(other[:len(path)] == path != other for other in paths)]
        self.assertNotEqual(shallow, deep)
        for name, base in self.BASES.items():
            wanted = chart.TOOLS.render(base)
            for chosen in (shallow, deep):
                with self.subTest(values=name):
                    self.assertEqual(chart.TOOLS.render(self.emptied(base, chosen)), wanted)

    def test_what_may_not_be_empty_is_named(self):
        required = [path for path, needed in self.keys(self.schema, self.values) if needed]
        for length in (1, 2, 3):
            chosen = [path for path in required if len(path) == length]
            ran = chart.TOOLS.template(self.emptied(DOMAINS, chosen))
            self.assertNotEqual(ran.returncode, 0)
            for path in chosen:
                where = ".".join(path[:-1]) or "(root)"
                self.assertIn(f"- {where}: {path[-1]} is required", ran.stderr)

    def test_an_empty_setting_is_the_agents_default(self):
        sections = self.schema["properties"]["settings"]["properties"]
        empty = {section: {key: None for key in node["properties"]} for section, node in sections.items()}
        for settings in (empty, {section: None for section in sections}, None):
            text = settings_of(chart.TOOLS.render({**DOMAINS, "settings": settings}))["config.toml"]
            read = {key: value for key, value in tomllib.loads(text).items() if value != {}}
            self.assertEqual(read, {"domains": ["example.com"]})

    def test_in_a_parent_chart(self):
        parent = chart.TOOLS.parent("empty", [{}])
        nothing = {"commonLabels": None, "settings": None, "imagePullSecrets": None, "service": {"labels": None}}
        wanted = chart.TOOLS.render({"mtasts-exporter": DOMAINS}, chart=parent)
        self.assertEqual(chart.TOOLS.render({"mtasts-exporter": {**DOMAINS, **nothing}}, chart=parent), wanted)

    def test_thresholds_one_by_one_and_all_together(self):
        words = list(self.values["prometheusRule"]["thresholds"])
        wanted = one(chart.TOOLS.render({**DOMAINS, **OPERATOR}), "PrometheusRule")
        for thresholds in (None, {word: None for word in words}):
            made = chart.TOOLS.render({**DOMAINS, **merged(OPERATOR, {"prometheusRule": {"thresholds": thresholds}})})
            self.assertEqual(one(made, "PrometheusRule"), wanted)
        # The template's own defaults are those of values.yaml.
        text = (chart.CHART / "templates/_rules.tpl").read_text()
        for word, number in self.values["prometheusRule"]["thresholds"].items():
            self.assertIn(f'"{word}" {number}', text)


class NumericLookingValues(unittest.TestCase):
    """Strings that YAML, JSON or TOML would read as another type. Validity against the schemas is tested elsewhere."""

    def test_words_stay_words_and_numbers_stay_whole(self):
        manifests = RENDERED["odd words"]
        spec = workload(manifests)["spec"]
        pod = spec["template"]["spec"]
        self.assertEqual((spec["replicas"], spec["revisionHistoryLimit"], spec["progressDeadlineSeconds"],
                          pod["terminationGracePeriodSeconds"]), (10**6,) * 4)
        self.assertEqual((pod["priorityClassName"], pod["runtimeClassName"], pod["schedulerName"],
                          pod["serviceAccountName"]), ("1", "2", "3", "4"))
        self.assertEqual(pod["imagePullSecrets"], [{"name": "5"}, {"name": "6"}])
        self.assertEqual(spec["template"]["metadata"]["labels"]["yes"], "10")
        self.assertEqual(spec["template"]["metadata"]["annotations"]["off"], "1")
        for manifest in manifests:
            if manifest["kind"] != "ServiceMonitor":
                self.assertEqual(manifest["metadata"]["namespace"], "007")
            self.assertEqual(manifest["metadata"]["labels"]["7"], "8")
            self.assertEqual(manifest["metadata"]["labels"]["on"], "true")
            name = "0x1f-test" if manifest["kind"] == "Pod" else "0x1f"
            self.assertEqual(manifest["metadata"]["labels"]["app.kubernetes.io/name"], name)
        environment = environment_of(agent_of(manifests))
        self.assertEqual((environment["A"], environment["B"]), ("10", "null"))
        self.assertEqual(agent_of(manifests)["args"][2:], ["/etc/mtasts-exporter/null", "9"])
        claim = one(RENDERED["odd words of volumes"], "StatefulSet")["spec"]["volumeClaimTemplates"][0]["spec"]
        self.assertEqual((claim["storageClassName"], claim["resources"]["requests"]["storage"]), ("3", "1"))
        scrape = one(RENDERED["odd words of volumes"], "Pod")["spec"]["containers"][0]
        self.assertEqual(environment_of(scrape)["TIMEOUT"], "1000000")

    def test_a_release_and_a_namespace_of_digits(self):
        for name in ("unbound", "no telemetry", "sidecar"):
            manifests = chart.TOOLS.render(CASES[name], release="1e3", namespace="123")
            self.assertEqual([e for errors in chart.TOOLS.errors_of(manifests) for e in errors], [])

    def test_signs_that_yaml_breaks_lines_at_or_does_not_take(self):
        # Helm 3.10 itself refuses some of them if there is a schema; other versions do not.
        bare = chart.TOOLS.parent("bare", [{}]) / "charts/mtasts-exporter"
        (bare / "values.schema.json").unlink()
        for number, (folder, odd) in enumerate((
                (chart.CHART, "a\u0085b\u2028c\u2029d\u00a0e\ufefff\\u0085"),
                (bare, "a\u0080b\u0081c\u0085d\u009fe\u007ff\u00a0"))):
            label = odd.replace("\u007f", "")
            values = {"domains": [{"name": "example.com", "labels": {"team": label}}],
                      "domainFiles": {"more.txt": f"# {odd}\tg\n"}}
            data = settings_of(chart.TOOLS.render(values, chart=folder))
            self.assertEqual(tomllib.loads(data["config.toml"])["domain"][0]["labels"], {"team": label})
            self.assertEqual(data["more.txt"], f"# {odd}\tg\n")
            file = chart.TOOLS.scratch / f"odd-{number}.toml"
            file.write_text(data["config.toml"].replace("more.txt", "/nowhere/*.txt"))
            ran = run(chart.AGENT, "check-config", file)
            self.assertEqual(ran.returncode, 0, ran.stdout)

    def test_one_list_with_two_patterns_and_a_namesake(self):
        lists = [{"configMap": "a"}, {"secret": "a"}, {"configMap": "a", "pattern": "*.list"}]
        manifests = chart.TOOLS.render({**DOMAINS, "extraDomainFiles": lists})
        paths = [mount["mountPath"] for mount in agent_of(manifests)["volumeMounts"]]
        self.assertEqual(len(paths), len(set(paths)), paths)
        below = [path for path in paths if path.startswith("/etc/mtasts-exporter-domains/")]
        files = tomllib.loads(settings_of(manifests)["config.toml"])["domain_files"]
        self.assertEqual(files, [f"{path}/{end}" for path, end in zip(below, ("*.txt", "*.txt", "*.list"))])
        self.assertEqual(len(files), 3)


class WinningLabels(unittest.TestCase):
    """Labels used by selectors cannot be overridden by other values."""

    THEIRS = {"app.kubernetes.io/name": "other", "app.kubernetes.io/instance": "other",
              "app.kubernetes.io/component": "other", "app.kubernetes.io/part-of": "mail", "own": "yes"}

    def test_the_monitor_finds_its_service_and_the_service_its_pods(self):
        values = {**DOMAINS, **OPERATOR, "shards": 2, "commonLabels": self.THEIRS, "podLabels": self.THEIRS,
                  "networkPolicy": {"enabled": True}, "podDisruptionBudget": {"enabled": True}}
        for more in ({}, {"service": {"labels": self.THEIRS}}):
            manifests = chart.TOOLS.render({**values, **more})
            pod = workload(manifests)["spec"]["template"]["metadata"]["labels"]
            test = one(manifests, "Pod")["metadata"]["labels"]
            monitor = one(manifests, "ServiceMonitor")["spec"]["selector"]["matchLabels"]
            services = all_of(manifests, "Service")
            self.assertEqual([labels_match(monitor, s["metadata"]["labels"]) for s in services].count(True), 1)
            selectors = [s["spec"]["selector"] for s in services]
            selectors += [workload(manifests)["spec"]["selector"]["matchLabels"],
                          one(manifests, "NetworkPolicy")["spec"]["podSelector"]["matchLabels"],
                          one(manifests, "PodDisruptionBudget")["spec"]["selector"]["matchLabels"]]
            for selector in selectors:
                self.assertTrue(labels_match(selector, pod))
                self.assertFalse(labels_match(selector, test), "the pod of helm test must not be found")
            self.assertEqual(services[0]["metadata"]["labels"]["app.kubernetes.io/part-of"], "mail")
            self.assertEqual({m["metadata"]["labels"]["own"] for m in manifests}, {"yes"})
            self.assertEqual({m["metadata"]["labels"]["app.kubernetes.io/managed-by"] for m in manifests}, {"Helm"})

    def test_a_policy_lets_the_test_in(self):
        policy = {"enabled": True, "from": [{"podSelector": {}}]}
        manifests = chart.TOOLS.render({**DOMAINS, "commonLabels": self.THEIRS, "networkPolicy": policy})
        let_in = one(manifests, "NetworkPolicy")["spec"]["ingress"][0]["from"][1]["podSelector"]["matchLabels"]
        self.assertTrue(labels_match(let_in, one(manifests, "Pod")["metadata"]["labels"]))


class Images(unittest.TestCase):
    def test_a_parents_mirror_goes_in_front_of_all(self):
        unbound = {"image": {"repository": "team/unbound", "digest": "", "tag": "1"}}
        values = merged(CASES["unbound"], {"unbound": unbound})
        for registry, before in (("mirror.example", "mirror.example/"), ("mirror.example/a/", "mirror.example/a/"),
                                 ("", "")):
            manifests = chart.TOOLS.render({**values, "global": {"imageRegistry": registry}})
            images = [c["image"] for c in workload(manifests)["spec"]["template"]["spec"]["containers"]]
            self.assertEqual(images, [f"{before}mtasts-exporter/mtasts-exporter:0.2.0", f"{before}team/unbound:1"])
            pod = one(manifests, "Pod")["spec"]
            self.assertEqual([c["image"] for c in pod["initContainers"] + pod["containers"]],
                             [images[0], f"{before}busybox:1.36"])
        own = chart.TOOLS.render({**values, "image": {"registry": "own.example"}})
        images = [c["image"] for c in workload(own)["spec"]["template"]["spec"]["containers"]]
        self.assertEqual(images, ["own.example/mtasts-exporter/mtasts-exporter:0.2.0", "team/unbound:1"])
        self.assertEqual(one(own, "Pod")["spec"]["containers"][0]["image"], "busybox:1.36")


class ClosedTelemetry(unittest.TestCase):
    def test_nothing_of_the_port_is_left(self):
        manifests = RENDERED["no telemetry"]
        self.assertEqual(environment_of(agent_of(manifests))["MTASTS_TELEMETRY_LISTEN"], "")
        self.assertEqual([port["name"] for port in agent_of(manifests)["ports"]], ["web"])
        for service in all_of(manifests, "Service"):
            self.assertEqual([port["name"] for port in service["spec"]["ports"]], ["web"])
        self.assertEqual([e["port"] for e in one(manifests, "ServiceMonitor")["spec"]["endpoints"]], ["web"])
        policy = one(manifests, "NetworkPolicy")["spec"]["ingress"][0]["ports"]
        self.assertEqual([port["port"] for port in policy], [10058])
        test = environment_of(one(manifests, "Pod")["spec"]["containers"][0])
        self.assertEqual((test["WEB"], test["HEALTH"]), ("10058", "10058"))
        kinds = ("livenessProbe", "readinessProbe", "startupProbe")
        probes = {kind: agent_of(manifests)[kind]["httpGet"] for kind in kinds}
        self.assertEqual(probes, {"livenessProbe": {"path": "/-/healthy", "port": "web"},
                                  "readinessProbe": {"path": "/-/ready", "port": "web"},
                                  "startupProbe": {"path": "/-/healthy", "port": "web"}})
        closed = {"mtasts-exporter": {"telemetry": {"enabled": False}}}
        beside = chart.TOOLS.render(closed, chart=chart.TOOLS.example())
        self.assertEqual(agent_of(beside)["livenessProbe"]["httpGet"]["port"], "mtasts-web")
        self.assertEqual([port["name"] for port in agent_of(beside)["ports"]], ["mtasts-web"])
        endpoints = one(beside, "PodMonitor")["spec"]["podMetricsEndpoints"]
        self.assertEqual([endpoint["port"] for endpoint in endpoints], ["mtasts-web"])

    def test_the_web_port_has_all_that_probes_and_alerts_need(self):
        with socket.socket(socket.AF_INET6) as free:
            free.bind(("::1", 0))
            web = free.getsockname()[1]
        values = {"domains": ["a.test"], "web": {"port": web, "address": "[::1]"}, "telemetry": {"enabled": False},
                  "settings": {"dns": {"servers": ["127.0.0.1:9"], "timeout": "100ms", "tries": 1},
                               "smtp": {"enabled": False}, "canary": {"https": [], "smtp": []}}}
        manifests = chart.TOOLS.render(values)
        file = chart.TOOLS.scratch / "closed.toml"
        file.write_text(settings_of(manifests)["config.toml"])
        environment = {**environment_of(agent_of(manifests)), "MTASTS_STATE_PATH": ":memory:"}
        agent = subprocess.Popen([chart.AGENT, "serve", "--config", file], env=environment,
                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            for probe in ("livenessProbe", "readinessProbe"):
                self.get(web, agent_of(manifests)[probe]["httpGet"]["path"])
            end = time.monotonic() + 15  # the state of the channels follows within a few seconds
            while "\nmtasts_channel_alive{" not in (metrics := self.get(web, "/metrics")) and time.monotonic() < end:
                time.sleep(0.2)
        finally:
            agent.terminate()
            self.assertEqual(agent.wait(timeout=10), 0)
        for name in ("process_cpu_seconds_total", "mtasts_shards", "mtasts_state_writable", "mtasts_check_lag_seconds",
                     "mtasts_exporter_config_last_reload_successful", "mtasts_channel_alive"):
            self.assertRegex(metrics, rf"(?m)^{name}[ {{]")

    def get(self, port, path, seconds=15):
        end = time.monotonic() + seconds
        while True:
            try:
                with urllib.request.urlopen(f"http://[::1]:{port}{path}", timeout=5) as answer:
                    return answer.read().decode()
            except OSError as error:
                self.assertLess(time.monotonic(), end, f"{path}: {error}")
            time.sleep(0.1)


class Ingress(unittest.TestCase):
    def test_hosts_paths_and_tls(self):
        made = one(RENDERED["full"], "Ingress")
        self.assertEqual(made["metadata"]["annotations"], {"example.com/owner": "mail", "example.com/login": "yes"})
        self.assertEqual(made["metadata"]["labels"]["example.com/ingress"], "yes")
        spec = made["spec"]
        self.assertEqual(spec["ingressClassName"], "nginx")
        self.assertEqual(spec["tls"], [{"hosts": ["test.example.com"], "secretName": "web-tls"}])
        backend = {"service": {"name": one(RENDERED["full"], "Service")["metadata"]["name"], "port": {"name": "web"}}}
        self.assertEqual([(rule["host"], rule["http"]["paths"]) for rule in spec["rules"]], [
            ("test.example.com", [{"path": "/", "pathType": "Prefix", "backend": backend}]),
            ("b.example.com", [{"path": "/metrics", "pathType": "Exact", "backend": backend}])])

    def test_none_unless_asked_and_none_for_a_sidecar(self):
        self.assertEqual(all_of(RENDERED["default"], "Ingress"), [])
        values = merged(CASES["sidecar"], {"ingress": {"enabled": True, "hosts": [{"host": "a.example"}]}})
        self.assertEqual(all_of(chart.TOOLS.render(values), "Ingress"), [])
