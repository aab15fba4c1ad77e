# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
"""Deployment or StatefulSet, probes, images, Unbound, helm test; NetworkPolicy."""

import json
import os
import re
import shutil
import unittest

import yaml

import chart
from cases import CASES, DOMAINS, FULL
from chart import RENDERED, agent_of, all_of, containers_of, environment_of, labels_match, one, pod_specs, run, workload


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
        container = agent_of(chart.TOOLS.render({**DOMAINS, **probes}))
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
            names = [port["name"] for port in container["ports"] if port["name"] not in ("reports", "policies")]
            for key in ("livenessProbe", "readinessProbe", "startupProbe"):
                if key in container:
                    self.assertEqual(container[key]["httpGet"]["port"], names[-1], case)

    def test_the_agent_knows_its_names(self):
        own = ["test-mtasts-exporter.mail", "test-mtasts-exporter.mail.svc", "test-mtasts-exporter.mail.svc.cluster.local"]

        def hosts(values):
            manifests = chart.TOOLS.render({**DOMAINS, "namespaceOverride": "mail", **values})
            names = environment_of(agent_of(manifests)).get("MTASTS_WEB_HOSTS")
            return names and names.split(",")

        self.assertEqual(hosts({}), own)
        self.assertEqual(hosts({"web": {"hosts": ["a.example"]}, "settings": {"web": {"hosts": ["b.example", "a.example"]}}}),
                         [*own, "a.example", "b.example"])
        ingress = {"ingress": {"enabled": True, "hosts": [{"host": "{{ .Release.Name }}.example.org"}]}}
        self.assertEqual(hosts(ingress), [*own, "test.example.org"])
        self.assertEqual(hosts({"service": {"enabled": False}}), None)
        test = environment_of(one(chart.TOOLS.render({**DOMAINS, "namespaceOverride": "mail"}), "Pod")["spec"]["containers"][0])
        self.assertIn(test["SERVICE"], own)

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
        self.assertEqual(environment["MTASTS_TELEMETRY_LISTEN"], "127.0.0.1:20059")
        self.assertEqual(environment["MTASTS_WEB_HOSTS"].split(",")[-2:], ["*.example.com", "mtasts.example.org"])
        self.assertEqual(agent["envFrom"], [{"configMapRef": {"name": "test-environment"}}])
        self.assertIn({"name": "ca", "configMap": {"name": "test-ca"}}, spec["volumes"])
        self.assertIn(FULL["extraVolumeMounts"][0], agent["volumeMounts"])
        self.assertEqual([c["name"] for c in containers_of(spec)], ["init", "mtasts-exporter", "extra"])
        self.assertEqual(spec["containers"][1]["image"], "extra:0.2.0")
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
        file = chart.TOOLS.scratch / "unbound.conf"
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
        manifests = chart.TOOLS.render({**DOMAINS, "networkPolicy": {"enabled": True}, **values})
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
        manifests = chart.TOOLS.render({**DOMAINS, "networkPolicy": policy(dns=[], https=[], smtp=[])})
        self.assertEqual(one(manifests, "NetworkPolicy")["spec"]["egress"], [])

    def test_unbound_asks_name_servers_everywhere(self):
        image = {"enabled": True, "image": {"repository": "x"}}
        policy = {"enabled": True, "dnsTo": [{"ipBlock": {"cidr": "192.0.2.0/24"}}], "ports": {"dns": [5353]}}
        spec = one(chart.TOOLS.render({**DOMAINS, "unbound": image, "networkPolicy": policy}), "NetworkPolicy")["spec"]
        self.assertEqual(spec["egress"][0],
                         {"ports": [{"port": 53, "protocol": "UDP"}, {"port": 53, "protocol": "TCP"}]})
        self.assertNotIn("192.0.2.0", json.dumps(spec))
