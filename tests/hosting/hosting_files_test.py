# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
"""Generated files that no server reads here: manifests against their schemas, what parsers make of YAML, TOML and JSON,
and what git makes of the policy's line ends.

    python3 tests/hosting/hosting_files_test.py --agent build/release/mtasts-exporter
            --write build/release/tests/write_hosting [--cache FOLDER]

Needs npm (helm and the schemas are npm packages, kept in --cache), git, systemd and python3-yaml.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import tomllib
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "helm"))

# pylint: disable=wrong-import-position
import yaml

from chart import Tools, manifests_of, one
# pylint: enable=wrong-import-position

UNIT = Path(__file__).resolve().parents[2] / "config/mtasts-exporter.service"
# Each a domain in which something could go wrong: letters only, digits, hyphens, an A-label, the longest.
DOMAINS = ("example.com", "1-2.0.example", "xn--mnchen-3ya.example", "on.no.yes.null", "e1.1e3.x",
           ".".join(("a" * 63, "b" * 63, "c" * 63, "d" * 50, "tt")))
MX = ("mx1.example.com", "*.mail-1.example.com", "xn--mnchen-3ya.example", "0.mx.example")
# Of a Worker and a Pages project, and of objects in Kubernetes.
RESOURCE_NAME = re.compile(r"[a-z]([a-z0-9-]{0,52}[a-z0-9])?")

CHART = "apiVersion: v2\nname: reader\nversion: 1.0.0\n"
# The parser of kubectl: Helm has the same one, and prints what it has read.
READER = """{{ $all := list }}{{ range .Files.Get "manifests.yaml" | splitList "---\\n" }}
{{ $all = append $all (. | fromYaml) }}{{ end }}
read: {{ $all | toJson }}
"""

ARGUMENTS = None
# By domain: where its files are.
FOLDERS = {}


def setUpModule():
    scratch = tempfile.TemporaryDirectory(prefix="hosting-files-")
    unittest.addModuleCleanup(scratch.cleanup)
    for number, domain in enumerate(DOMAINS):
        FOLDERS[domain] = Path(scratch.name) / str(number)
        for again in ("", "-again"):
            subprocess.run([ARGUMENTS.write, f"{FOLDERS[domain]}{again}", domain, "testing", "604800", *MX], check=True,
                           timeout=60)


def policy_of(domain):
    return (FOLDERS[domain] / "policy").read_bytes()


class Files(unittest.TestCase):
    @staticmethod
    def each(target):
        """(domain, folder of the target) of each domain."""
        for domain, folder in FOLDERS.items():
            yield domain, folder / target

    def test_the_same_text_gives_the_same_files(self):
        for folder in FOLDERS.values():
            ran = subprocess.run(["diff", "-r", folder, f"{folder}-again"], capture_output=True, text=True, timeout=60)
            self.assertEqual((ran.returncode, ran.stdout), (0, ""))

    def test_the_policy_is_in_each_folder_that_serves_files(self):
        for target, file in (("nginx", ".well-known"), ("apache", ".well-known"), ("caddy", ".well-known"),
                             ("github-pages", ".well-known"), ("azure-static-web-apps", ".well-known"),
                             ("cloudflare-pages", "public/.well-known")):
            for domain, folder in self.each(target):
                self.assertEqual((folder / file / "mta-sts.txt").read_bytes(), policy_of(domain))

    def test_no_placeholder_is_left(self):
        for folder in FOLDERS.values():
            for file in folder.rglob("*"):
                if file.is_file():
                    self.assertNotIn("@", file.read_text(), file)

    def test_wrangler_settings(self):
        names = set()
        for domain, folder in self.each("cloudflare-worker"):
            settings = tomllib.loads((folder / "wrangler.toml").read_text())
            self.assertEqual(settings["routes"], [{"pattern": f"mta-sts.{domain}", "custom_domain": True}])
            self.assertEqual((settings["main"], settings["workers_dev"], settings["preview_urls"]),
                             ("worker.js", False, False))
            self.assertRegex(settings["name"], RESOURCE_NAME)
            names.add(settings["name"])
        self.assertEqual(len(names), len(DOMAINS))
        for domain, folder in self.each("cloudflare-pages"):
            settings = tomllib.loads((folder / "wrangler.toml").read_text())
            self.assertIn(settings["name"], names)
            self.assertTrue((folder / settings["pages_build_output_dir"] / "404.html").is_file())
            head, *fields = (folder / "public/_headers").read_text().splitlines()
            self.assertEqual(head, "/.well-known/mta-sts.txt")
            self.assertEqual([field.strip() for field in fields],
                             ["Content-Type: text/plain; charset=utf-8", "Cache-Control: no-store"])

    def test_the_workers_text(self):
        script = "process.stdout.write(POLICY)"
        for domain, folder in self.each("cloudflare-worker"):
            constants = (folder / "worker.js").read_text().partition("export default")[0]
            ran = subprocess.run(["node", "-e", constants + script], capture_output=True, timeout=60)
            self.assertEqual((ran.stdout, ran.stderr), (policy_of(domain), b""))

    def test_the_agents_settings(self):
        for domain, folder in self.each("agent"):
            settings = tomllib.loads((folder / "policy-host.toml").read_text())
            self.assertEqual(settings["policy"], [{"domains": [domain], "mode": "testing", "mx": list(MX), "max_age": "7d"}])
            host = settings["policy_host"]
            self.assertEqual((host["listen"], sorted(host)), (["[::]:443"], ["cert_file", "key_file", "listen"]))
            credentials = re.findall(r"^LoadCredential=(.*?):(.*)$", (folder / "policy-host.conf").read_text(), re.M)
            self.assertEqual(credentials, [
                (host["cert_file"].rpartition("/")[2], f"/etc/letsencrypt/live/mta-sts.{domain}/fullchain.pem"),
                (host["key_file"].rpartition("/")[2], f"/etc/letsencrypt/live/mta-sts.{domain}/privkey.pem")])

    def test_the_agent_takes_its_settings(self):
        for _, folder in self.each("agent"):
            ran = subprocess.run([ARGUMENTS.agent, "check-config", folder / "policy-host.toml"], capture_output=True, text=True,
                                 timeout=60)
            self.assertEqual(ran.returncode, 0, ran.stderr)
            self.assertIn("policies served for 1 domain", ran.stdout)

    def test_systemd_takes_the_drop_in(self):
        with tempfile.TemporaryDirectory() as units:
            unit = Path(units) / UNIT.name
            unit.write_text(re.sub("^ExecStart=mtasts-exporter ", f"ExecStart={ARGUMENTS.agent} ", UNIT.read_text(), flags=re.M))
            drop_in = Path(units) / f"{UNIT.name}.d/policy-host.conf"
            drop_in.parent.mkdir()
            for _, folder in self.each("agent"):
                drop_in.write_bytes((folder / drop_in.name).read_bytes())
                ran = subprocess.run(["systemd-analyze", "verify", "--man=no", unit], capture_output=True, text=True, timeout=60)
                self.assertEqual(ran.returncode, 0, ran.stderr)
                self.assertNotIn(unit.name, ran.stdout + ran.stderr)

    def test_static_web_apps_settings(self):
        for _, folder in self.each("azure-static-web-apps"):
            settings = json.loads((folder / "staticwebapp.config.json").read_text())
            self.assertNotIn("navigationFallback", settings)
            self.assertEqual(settings["mimeTypes"], {".txt": "text/plain"})
            self.assertEqual(settings["routes"], [{"route": "/.well-known/mta-sts.txt",
                                                   "headers": {"Cache-Control": "no-store"}}])
            self.assertTrue((folder / "index.html").is_file())

    def test_github_pages(self):
        for domain, folder in self.each("github-pages"):
            self.assertEqual((folder / "CNAME").read_text(), f"mta-sts.{domain}\n")
            self.assertTrue((folder / ".nojekyll").is_file())

    def test_git_keeps_the_line_ends(self):
        for target in ("github-pages", "azure-static-web-apps", "cloudflare-pages"):
            for convert in ("true", "input", "false"):
                with self.subTest(target=target, autocrlf=convert), tempfile.TemporaryDirectory() as clone:
                    domain, folder = next(iter(self.each(target)))
                    git = ["git", "-c", f"core.autocrlf={convert}", "-c", "user.name=t", "-c", "user.email=t@example.com"]
                    work = ["--work-tree", folder, "--git-dir", Path(clone) / "git"]
                    for words in (["init", "--quiet", "--bare", Path(clone) / "git"], [*work, "add", "--all"],
                                  [*work, "commit", "--quiet", "-m", "policy"],
                                  ["clone", "--quiet", Path(clone) / "git", Path(clone) / "out"]):
                        subprocess.run([*git, *words], check=True, timeout=60, capture_output=True,
                                       env={**os.environ, "HOME": clone})
                    found = list((Path(clone) / "out").rglob("mta-sts.txt"))
                    self.assertEqual([file.read_bytes() for file in found], [policy_of(domain)])


class Manifests(unittest.TestCase):
    maxDiff = None
    tools = None

    def read(self, domain, file="server.yaml"):
        return manifests_of((FOLDERS[domain] / "kubernetes" / file).read_text())

    def test_against_the_schemas(self):
        manifests = []
        for domain in DOMAINS:
            for file, kinds in (("server.yaml", ["ConfigMap", "Deployment", "Service"]), ("ingress.yaml", ["Ingress"]),
                                ("gateway.yaml", ["Gateway", "HTTPRoute"])):
                manifests += self.read(domain, file)
                self.assertEqual([manifest["kind"] for manifest in manifests[-len(kinds):]], kinds)
        self.assertEqual(self.tools.errors_of(manifests), [[] for _ in manifests])

    def test_the_policy_survives_yaml(self):
        with tempfile.TemporaryDirectory() as folder:
            reader = Path(folder)
            (reader / "templates").mkdir()
            (reader / "Chart.yaml").write_text(CHART)
            (reader / "templates/read.yaml").write_text(READER)
            files = [(FOLDERS[domain] / "kubernetes/server.yaml").read_bytes() for domain in DOMAINS]
            (reader / "manifests.yaml").write_bytes(b"---\n".join(files))
            ran = self.tools.run("template", "reader", reader)
            self.assertEqual(ran.returncode, 0, ran.stderr)
        printed = yaml.safe_load(ran.stdout)["read"]
        expected = [manifest for domain in DOMAINS for manifest in self.read(domain)]
        for seen, read in zip(printed, expected, strict=True):
            self.assertEqual(seen, read)
        for domain, seen in zip(DOMAINS, printed[::3], strict=True):
            self.assertEqual(seen["data"]["mta-sts.txt"].encode(), policy_of(domain))

    def test_a_block_scalar_would_not_keep_the_line_ends(self):
        """Why the policy is in double quotes."""
        self.assertEqual(yaml.safe_load("a: |\n  b\r\n  c\r\n"), {"a": "b\nc\n"})

    def test_names_fit_together(self):
        for domain in DOMAINS:
            manifests = [*self.read(domain), *self.read(domain, "ingress.yaml"), *self.read(domain, "gateway.yaml")]
            names = {manifest["metadata"]["name"] for manifest in manifests}
            self.assertEqual(len(names), 1)
            name = names.pop()
            self.assertRegex(name, RESOURCE_NAME)
            host = f"mta-sts.{domain}"
            pod = one(manifests, "Deployment")["spec"]["template"]
            self.assertEqual(one(manifests, "Service")["spec"]["selector"], pod["metadata"]["labels"])
            self.assertEqual({volume["configMap"]["name"] for volume in pod["spec"]["volumes"] if "configMap" in volume}, {name})
            ingress = one(manifests, "Ingress")["spec"]
            self.assertEqual((ingress["tls"][0]["hosts"], ingress["rules"][0]["host"]), ([host], host))
            route, gateway = one(manifests, "HTTPRoute")["spec"], one(manifests, "Gateway")["spec"]
            self.assertEqual(route["hostnames"], [host])
            self.assertEqual({listener["hostname"] for listener in gateway["listeners"]}, {host})
            self.assertIn(route["parentRefs"][0]["sectionName"], [listener["name"] for listener in gateway["listeners"]])
            # The probe must not be answered as another host is.
            probe = pod["spec"]["containers"][0]["readinessProbe"]["httpGet"]
            self.assertEqual(probe["httpHeaders"], [{"name": "Host", "value": host}])

    def test_the_pod_is_restricted(self):
        """The pod security standard "restricted"."""
        for domain in DOMAINS:
            spec = one(self.read(domain), "Deployment")["spec"]["template"]["spec"]
            self.assertEqual((spec["securityContext"]["runAsNonRoot"], spec["securityContext"]["seccompProfile"]),
                             (True, {"type": "RuntimeDefault"}))
            for container in spec["containers"]:
                self.assertEqual(container["securityContext"], {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]},
                                                                "readOnlyRootFilesystem": True})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--agent", required=True, help="the mtasts-exporter to test")
    parser.add_argument("--write", required=True, help="the program that writes generated hosting")
    parser.add_argument("--cache", default="/tmp/mtasts-helm-tools", help="where the npm packages are kept")
    ARGUMENTS, rest = parser.parse_known_args()
    Manifests.tools = Tools(ARGUMENTS.cache)
    try:
        unittest.main(argv=[sys.argv[0], *rest])
    finally:
        Manifests.tools.close()
