# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
"""Serving policies: the settings, the certificate, and the ways from outside to the agent."""

import contextlib
import http.client
import os
import socket
import ssl
import subprocess
import time
import tomllib
import unittest

import chart
from cases import CASES, DOMAINS
from chart import RENDERED, agent_of, all_of, environment_of, free_ports, merged, one, run, settings_of, workload
from refused import policy_host
from settings import with_certificate

FOLDER = "/etc/mtasts-exporter-policy-host"
PATH = "/.well-known/mta-sts.txt"
NAME = "test-mtasts-exporter-policies"
TLS = "policies over TLS"
OURS = ("policies", "policies of a gateway", TLS)
BACKEND = {"service": {"name": NAME, "port": {"name": "policies"}}}


class PolicyHost(unittest.TestCase):
    def toml(self, name):
        return tomllib.loads(settings_of(RENDERED[name])["config.toml"])

    def test_nothing_of_it_unless_asked(self):
        for name in ("default", "full", "reports", "sidecar"):
            manifests = RENDERED[name]
            self.assertEqual([m["metadata"]["name"] for m in manifests if m["metadata"]["name"].endswith("-policies")], [])
            self.assertNotIn("policy", settings_of(manifests)["config.toml"])
        self.assertNotIn("policies", [port["name"] for port in agent_of(RENDERED["full"])["ports"]])
        disabled = merged(CASES["policies"], {"policyHost": {"enabled": False, "ingress": {"enabled": False}}})
        without = {key: value for key, value in CASES["policies"].items() if key != "policyHost"}
        self.assertEqual(chart.TOOLS.render(disabled), chart.TOOLS.render(without))

    def test_the_settings_arrive(self):
        read = self.toml("policies")
        self.assertEqual(read["policy_host"], {"listen": ["[::]:20080"]})
        self.assertEqual(read["policy"], [
            {"domains": ["example.com", "Example.NET.", "xn--bcher-kva.example", "example.com"], "mode": "enforce",
             "mx": ["mx1.example.com", "*.mail.example.com"], "max_age": "4w2d"},
            {"domains": ["example.org"], "mode": "testing", "mx": ["mx1.example.com"], "max_age": "7d"}])
        self.assertEqual(self.toml(TLS)["policy_host"], {
            "listen": ["0.0.0.0:10080"], "cert_file": f"{FOLDER}/tls.crt", "key_file": f"{FOLDER}/tls.key"})
        self.assertEqual(self.toml(TLS)["policy"][0]["domains"], ["bücher.example"])
        self.assertEqual(self.toml(TLS)["policy"][0]["mode"], "none")
        for name in OURS:
            variables = environment_of(agent_of(RENDERED[name]))
            self.assertEqual([key for key in variables if "POLICY" in key], [], "the file has them")

    def test_settings_of_others_get_the_port_from_the_environment(self):
        manifests = RENDERED["policies of others"]
        wanted = {"MTASTS_POLICY_HOST_LISTEN": "[::]:10080", "MTASTS_POLICY_HOST_CERT_FILE": f"{FOLDER}/tls.crt",
                  "MTASTS_POLICY_HOST_KEY_FILE": f"{FOLDER}/tls.key"}
        for container in (agent_of(manifests), one(manifests, "Pod")["spec"]["initContainers"][0]):
            variables = environment_of(container)
            self.assertEqual({key: value for key, value in variables.items() if "POLICY" in key}, wanted)
        # The agent takes the policies from the file, and the rest from these variables.
        file = chart.TOOLS.scratch / "policies-of-others.toml"
        file.write_text('domains = ["a.test"]\n[[policy]]\ndomains = ["a.test"]\nmx = ["mx.a.test"]\n')
        for environment, status in (({"MTASTS_POLICY_HOST_LISTEN": "[::]:10080"}, 0), ({}, 78)):
            ran = run(chart.AGENT, "check-config", file, env={**os.environ, **environment})
            self.assertEqual(ran.returncode, status, ran.stdout)
        one(manifests, "Service", NAME)

    def test_the_certificate_is_mounted_as_a_folder(self):
        for name in (TLS, "policies of others"):
            spec = workload(RENDERED[name])["spec"]["template"]["spec"]
            secret = CASES[name]["policyHost"]["tls"]["secretName"]
            test = one(RENDERED[name], "Pod")["spec"]
            for container, volumes in ((agent_of(RENDERED[name]), spec["volumes"]),
                                       (test["initContainers"][0], test["volumes"])):
                mounts = {mount["name"]: mount for mount in container["volumeMounts"]}
                self.assertEqual(mounts["mtasts-policy-host"],
                                 {"name": "mtasts-policy-host", "mountPath": FOLDER, "readOnly": True})
                self.assertIn({"name": "mtasts-policy-host", "secret": {"secretName": secret}}, volumes)
        for name in ("policies", "policies of a gateway"):
            self.assertNotIn("mtasts-policy-host", str(RENDERED[name]))

    def test_a_service_of_its_own_for_all_pods(self):
        for name, port in (("policies", 80), ("policies of a gateway", 10080), (TLS, 443)):
            service = one(RENDERED[name], "Service", NAME)
            self.assertEqual([(p["port"], p["targetPort"]) for p in service["spec"]["ports"]], [(port, "policies")])
            self.assertIs(service["spec"]["publishNotReadyAddresses"], True, "served during the first round too")
            self.assertEqual(service["spec"]["selector"], workload(RENDERED[name])["spec"]["selector"]["matchLabels"])
            for other in all_of(RENDERED[name], "Service"):
                if other["metadata"]["name"] != NAME:
                    self.assertNotIn("policies", [p["name"] for p in other["spec"]["ports"]])
        service = one(RENDERED["policies"], "Service", NAME)
        self.assertEqual(service["metadata"]["labels"]["app.kubernetes.io/component"], "policies")
        self.assertEqual(service["metadata"]["labels"]["example.com/policies"], "yes")
        self.assertEqual(service["metadata"]["annotations"], {"example.com/policies": "yes"})
        self.assertEqual((service["spec"]["ipFamilyPolicy"], service["spec"]["ipFamilies"]),
                         ("PreferDualStack", ["IPv6", "IPv4"]))
        for key, value in CASES[TLS]["policyHost"]["service"].items():
            if key != "port":
                self.assertEqual(one(RENDERED[TLS], "Service", NAME)["spec"][key], value, key)
        ports = {port["name"]: port["containerPort"] for port in agent_of(RENDERED["policies"])["ports"]}
        self.assertEqual(ports["policies"], 20080)
        closed = chart.TOOLS.render({**DOMAINS, "policyHost": policy_host(service={"enabled": False})})
        self.assertEqual(len(all_of(closed, "Service")), 1)
        self.assertEqual(self.toml("policies")["policy_host"]["listen"], ["[::]:20080"])

    def test_an_ingress_with_a_host_and_a_secret_per_domain(self):
        made = one(RENDERED["policies"], "Ingress", NAME)
        hosts = [f"mta-sts.{name}" for name in ("example.com", "example.net", "xn--bcher-kva.example", "example.org")]
        self.assertEqual(made["spec"]["rules"], [{"host": host, "http": {"paths": [
            {"path": PATH, "pathType": "Exact", "backend": BACKEND}]}} for host in hosts])
        self.assertEqual(made["spec"]["tls"], [{"hosts": [host], "secretName": host} for host in hosts])
        self.assertEqual(made["spec"]["ingressClassName"], "nginx")
        self.assertEqual(made["metadata"]["annotations"], {"cert-manager.io/cluster-issuer": "letsencrypt"})
        self.assertEqual(made["metadata"]["labels"]["example.com/ingress"], "yes")

    def test_an_ingress_with_one_certificate_or_none(self):
        for tls, wanted in (({"secretName": "all"}, [{"hosts": ["mta-sts.a.example", "mta-sts.b.example"],
                                                      "secretName": "all"}]), ({"enabled": False}, None)):
            values = policy_host(domains=("a.example", "b.example"), ingress={"enabled": True, "tls": tls})
            made = one(chart.TOOLS.render({**DOMAINS, "policyHost": values}), "Ingress")
            self.assertEqual(made["spec"].get("tls"), wanted)
            self.assertNotIn("ingressClassName", made["spec"])

    def test_routes_of_at_most_16_hosts(self):
        routes = all_of(RENDERED["policies of a gateway"], "HTTPRoute")
        self.assertEqual([r["metadata"]["name"] for r in routes], [NAME, f"{NAME}-2", f"{NAME}-3"])
        self.assertEqual([len(r["spec"]["hostnames"]) for r in routes], [16, 16, 1])
        hosts = [host for route in routes for host in route["spec"]["hostnames"]]
        self.assertEqual(hosts, [f"mta-sts.d{i}.example" for i in range(33)])
        for route in routes:
            self.assertEqual(route["spec"]["parentRefs"],
                             [{"name": "test-public", "namespace": "gateways", "sectionName": "https"}])
            self.assertEqual(route["spec"]["rules"], [{
                "matches": [{"path": {"type": "Exact", "value": PATH}}],
                "backendRefs": [{"name": NAME, "port": 10080}]}])
            self.assertEqual(route["metadata"]["annotations"], {"example.com/a": "b"})
            self.assertEqual(route["metadata"]["labels"]["example.com/c"], "d")
        for count, lengths in ((1, [1]), (16, [16]), (17, [16, 1])):
            values = policy_host(domains=[f"d{i}.example" for i in range(count)],
                                 httpRoute={"enabled": True, "parentRefs": [{"name": "a"}]})
            made = all_of(chart.TOOLS.render({**DOMAINS, "policyHost": values}), "HTTPRoute")
            self.assertEqual([len(r["spec"]["hostnames"]) for r in made], lengths)

    def test_the_schema_of_a_route_sees_faults(self):
        route = one(chart.TOOLS.render({**DOMAINS, "policyHost": policy_host(
            httpRoute={"enabled": True, "parentRefs": [{"name": "a"}]})}), "HTTPRoute")
        self.assertEqual(chart.TOOLS.errors_of([route]), [[]])
        for message, fault in (("NOT have more than 16 items", {"hostnames": [f"d{i}.example" for i in range(17)]}),
                               ("hostnames/0: must match pattern", {"hostnames": ["bücher.example"]}),
                               ("/spec/hostname: unknown field", {"hostname": ["a.example"]}),
                               ("rules/0/matches/0/path/type: must be equal to one of the allowed values",
                                {"rules": [{"matches": [{"path": {"type": "exact", "value": PATH}}]}]})):
            self.assertIn(message, "\n".join(chart.TOOLS.errors_of([merged(route, {"spec": fault})])[0]))

    def test_everybody_may_ask(self):
        for name, port in (("policies", 20080), (TLS, 10080)):
            rules = one(RENDERED[name], "NetworkPolicy")["spec"]["ingress"]
            self.assertIn({"ports": [{"port": port, "protocol": "TCP"}]}, rules)
        self.assertEqual(len(one(RENDERED["shards"], "NetworkPolicy")["spec"]["ingress"]), 1)

    def test_the_hook_of_helm_test_asks_for_a_policy(self):
        for name, host, service in (("policies", "mta-sts.example.com", f"{NAME}.mail.svc:80"),
                                    ("policies of a gateway", "mta-sts.d0.example", f"{NAME}.mail.svc:10080"),
                                    (TLS, None, None), ("policies of others", None, None)):
            container = one(RENDERED[name], "Pod")["spec"]["containers"][0]
            environment, script = environment_of(container), container["command"][-1]
            self.assertEqual((environment.get("POLICY_HOST"), environment.get("POLICIES")), (host, service))
            self.assertEqual(PATH in script, host is not None)
            self.assertEqual(run("sh", "-n", "-c", script).returncode, 0)

    def test_beside_a_mail_server(self):
        manifests = RENDERED["policies beside"]
        service = one(manifests, "Service", NAME)
        self.assertEqual(service["spec"]["selector"], {"app": "test", "on": "true"})
        self.assertEqual(service["spec"]["ports"][0]["targetPort"], "mtasts-policies")
        self.assertEqual(one(manifests, "Ingress")["spec"]["tls"], [{"hosts": ["mta-sts.example.com"], "secretName": "all"}])
        own = {key: value for key, value in CASES["policies beside"].items() if key != "mode"}
        made = chart.TOOLS.render({"mtasts-exporter": own}, chart=chart.TOOLS.example())
        ports = {port["name"]: port["containerPort"] for port in agent_of(made)["ports"]}
        self.assertEqual(ports["mtasts-policies"], 10080)
        self.assertIn({"name": "mtasts-policy-host", "mountPath": FOLDER, "readOnly": True},
                      agent_of(made)["volumeMounts"])
        self.assertIn({"name": "mtasts-policy-host", "secret": {"secretName": "policy-tls"}},
                      workload(made)["spec"]["template"]["spec"]["volumes"])
        self.assertEqual([e for errors in chart.TOOLS.errors_of(made) for e in errors], [])

    def ask(self, port, host, secure):
        """(status, body) of the policy of a host, as a sender asks for it; None while nothing listens."""
        try:
            if secure:
                trust = ssl.create_default_context(cafile=secure / "tls.crt")
                stream = socket.create_connection(("127.0.0.1", port), timeout=5)
                connection = http.client.HTTPConnection(host)
                connection.sock = trust.wrap_socket(stream, server_hostname=host)
            else:
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            with contextlib.closing(connection):
                connection.request("GET", PATH, headers={"Host": host})
                response = connection.getresponse()
                return response.status, response.read().decode()
        except ConnectionError:
            return None

    def wait_for(self, wanted, *question, seconds=20):
        end = time.monotonic() + seconds
        while (answer := self.ask(*question)) != wanted:
            self.assertLess(time.monotonic(), end, f"the answer is {answer}")
            time.sleep(0.1)

    def test_the_agent_serves_what_the_values_say(self):
        for tls in ({}, {"secretName": "a"}):
            with self.subTest(tls=tls):
                web, telemetry, port, dead = free_ports(4)
                values = {"domains": ["a.test"], "web": {"port": web, "address": "127.0.0.1"},
                          "telemetry": {"port": telemetry}, "policyHost": policy_host(("a.test", "b.test"), port=port, tls=tls),
                          "settings": {"dns": {"servers": [f"127.0.0.1:{dead}"], "timeout": "100ms", "tries": 1},
                                       "smtp": {"enabled": False}, "canary": {"dns": [], "https": [], "smtp": []}}}
                manifests = chart.TOOLS.render(values)
                folder = chart.TOOLS.scratch / f"serving-{len(tls)}"
                files = with_certificate(settings_of(manifests), folder)
                folder.mkdir(exist_ok=True)
                file = folder / "config.toml"
                file.write_text(files["config.toml"])
                environment = {**environment_of(agent_of(manifests)), "MTASTS_STATE_PATH": ":memory:"}
                agent = subprocess.Popen([chart.AGENT, "serve", "--config", file], env=environment,
                                         stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                try:
                    text = "version: STSv1\r\nmode: testing\r\nmx: mx.example\r\nmax_age: 604800\r\n"
                    way = (port, "mta-sts.a.test", tls and folder)
                    self.wait_for((200, text), *way)
                    self.assertEqual(self.ask(port, "mta-sts.b.test", tls and folder), (200, text))
                    if not tls:
                        self.assertEqual(self.ask(port, "mta-sts.c.test", None), (404, ""))
                    # As the kubelet does after a change of the values.
                    file.write_text(files["config.toml"].replace('mode = "testing"', 'mode = "enforce"'))
                    self.wait_for((200, text.replace("testing", "enforce")), *way)
                finally:
                    agent.terminate()
                    self.assertEqual(agent.wait(timeout=10), 0)

    def test_notes_say_what_to_do_next(self):
        def notes(values):
            return " ".join(chart.TOOLS.notes(values).split())
        behind = notes(CASES["policies"])
        for words in ("kubectl port-forward -n mail svc/test-mtasts-exporter-policies 10080:80",
                      "curl -H 'Host: mta-sts.example.com' http://localhost:10080/.well-known/mta-sts.txt",
                      "let mta-sts.DOMAIN point to the Ingress in the DNS, wait until",
                      "The policy of Example.NET. is served, but nothing checks the domain: add it"):
            self.assertIn(words, behind)
        self.assertNotIn("No sender can reach", behind)
        self.assertIn("point to the Gateway in the DNS", notes(CASES["policies of a gateway"]))
        secure = notes({**CASES[TLS], "domains": [{"name": "Bücher.example."}]})
        for words in ("curl -k -H 'Host: mta-sts.bücher.example' https://localhost:10080/",
                      "10080:443", "point to the Service in the DNS"):
            self.assertIn(words, secure)
        self.assertNotIn("is served, but nothing checks", secure)
        inside = notes({**DOMAINS, "policyHost": policy_host(domains=("example.com",))})
        self.assertIn("No sender can reach them yet: set policyHost.ingress.enabled=true or", inside)
        self.assertNotIn("point to the", inside)
        listed = notes({"domainFiles": {"a.txt": "a.example"}, "policyHost": policy_host()})
        self.assertNotIn("is served, but nothing checks", listed)
        self.assertNotIn("POLICIES", notes(DOMAINS))
        self.assertIn("POLICIES", notes(CASES["policies beside"]))
