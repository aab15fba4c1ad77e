# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
"""The settings file rendered from values, and the agent running with it as in a pod."""

import json
import re
import subprocess
import time
import tomllib
import unittest
import urllib.request
from pathlib import Path

import chart
from cases import CASES, DOMAINS
from chart import (RENDERED, agent_of, all_of, containers_of, environment_of, free_ports, one, pod_specs, run,
                   settings_of, workload)


def with_certificate(files, folder):
    """The settings with a certificate of the policy host that exists here, where they name one: check-config reads it."""
    mounted = "/etc/mtasts-exporter-policy-host"
    if mounted not in files["config.toml"]:
        return files
    folder.mkdir(exist_ok=True)
    ran = run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
              "-subj", "/CN=a.test", "-addext", "subjectAltName=DNS:mta-sts.a.test,DNS:mta-sts.b.test",
              "-keyout", folder / "tls.key", "-out", folder / "tls.crt")
    assert ran.returncode == 0, ran.stdout
    return {**files, "config.toml": files["config.toml"].replace(mounted, str(folder))}


class Settings(unittest.TestCase):
    def write(self, name, manifests):
        """The settings as the kubelet mounts them: files below a symlink that it swaps."""
        folder = chart.TOOLS.scratch / f"settings-{name.replace(' ', '-')}"
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
        return run(chart.AGENT, "check-config", path)

    def test_the_agent_accepts_what_every_case_renders(self):
        for name, manifests in RENDERED.items():
            if "existingConfigMap" in CASES.get(name, {}) or "existingSecret" in CASES.get(name, {}):
                continue
            with self.subTest(values=name):
                release = workload(manifests)["metadata"]["name"] if "host" in name else "test-mtasts-exporter"
                release = "mail-mtasts" if name == "plain sidecar" else release
                folder = chart.TOOLS.scratch / f"check-{name.replace(' ', '-')}"
                self.swap(folder, with_certificate(settings_of(manifests, release), folder))
                if name == "lists of others alone":
                    # The kubelet's mount path differs from the path here.
                    text = (folder / "config.toml").read_text()
                    self.assertEqual(tomllib.loads(text)["domain_files"],
                                     ["/etc/mtasts-exporter-domains/0-lists/*.txt"])
                ran = self.check_config(folder / "config.toml")
                self.assertEqual(ran.returncode, 0, ran.stdout)

    def test_every_setting_arrives_as_it_was_written(self):
        example = tomllib.loads((chart.ROOT / "config/example.toml").read_text())
        values = {section: keys for section, keys in example.items() if isinstance(keys, dict)}
        del values["shard"], values["telemetry"], values["policy_host"], values["state"]["path"], values["web"]["listen"]
        for key in ("enabled", "https", "mailbox", "maildir"):
            del values["reports"][key]
        values["network"]["families"] = ["ipv6"]
        values["smtp"]["ehlo_name"] = "a.example"
        values["probe"]["allow"] = ["*.example.com", "<&>"]
        text = settings_of(chart.TOOLS.render({**DOMAINS, "settings": values}))["config.toml"]
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
        self.assertEqual(workload(chart.TOOLS.render(other))["spec"], pod)
        roll = {"rollOnConfigChange": True}
        before, after = (workload(chart.TOOLS.render({**values, **roll}))["spec"] for values in (DOMAINS, other))
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
        manifests = chart.TOOLS.render(values)
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
        agent = subprocess.Popen([chart.AGENT, *arguments], env=environment, stdout=subprocess.DEVNULL,
                                 stderr=subprocess.DEVNULL)
        try:
            for probe in probes.values():
                self.wait_for(ports[probe["port"]], probe["path"], "")
            metrics = self.wait_for(ports["telemetry"], "/metrics", "mtasts_shards 3")
            self.assertIn("\nmtasts_shard_ordinal 2\n", metrics)
            first = re.search(r"\nmtasts_exporter_config_hash (\S+)", metrics)[1]
            self.wait_for(ports["web"], "/metrics", "mtasts_exporter_build_info")
            # As the kubelet does a minute after the ConfigMap has changed.
            self.swap(folder, settings_of(chart.TOOLS.render({**values, "domains": ["b.test"]})))
            end = time.monotonic() + 20
            while f"mtasts_exporter_config_hash {first}\n" in self.get(ports["telemetry"], "/metrics"):
                self.assertLess(time.monotonic(), end, "the agent did not read its changed settings")
                time.sleep(0.2)
        finally:
            agent.terminate()
            # Within the pod's grace period, with much to spare.
            self.assertEqual(agent.wait(timeout=10), 0)
