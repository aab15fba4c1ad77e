# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
"""Taking in reports of senders: the endpoint, the mailbox, the Maildir, and who may connect."""

import os
import unittest

import chart
from cases import CASES, DOMAINS
from chart import RENDERED, agent_of, all_of, environment_of, merged, one, run, settings_of, workload

FOLDER = "/etc/mtasts-exporter-reports"


class Reports(unittest.TestCase):
    def test_nothing_of_it_unless_asked(self):
        for name in ("default", "full", "persistence"):
            manifests = RENDERED[name]
            self.assertEqual([m["metadata"]["name"] for m in manifests if "reports" in m["metadata"]["name"]], [])
            self.assertEqual([key for key in environment_of(agent_of(manifests)) if "REPORTS" in key], [])
            self.assertNotIn("reports", [port["name"] for port in agent_of(manifests)["ports"]])

    def test_the_settings_arrive(self):
        environment = environment_of(agent_of(RENDERED["reports"]))
        self.assertEqual({key[15:]: value for key, value in environment.items() if key.startswith("MTASTS_REPORTS_")}, {
            "ENABLED": "true",
            "HTTPS_LISTEN": "[::]:20060",
            "HTTPS_PATH": "/in",
            "HTTPS_CERT_FILE": f"{FOLDER}/tls/tls.crt",
            "HTTPS_KEY_FILE": f"{FOLDER}/tls/tls.key",
            "HTTPS_SUBMIT_TOKEN_FILE": f"{FOLDER}/submit/submit.token",
            "MAILBOX_URL": "imaps://imap.example.com:1993/INBOX/TLS%20reports",
            "MAILBOX_USER": "tlsrpt@example.com",
            "MAILBOX_TOKEN_FILE": f"{FOLDER}/mailbox/token",
            "MAILBOX_CA_FILE": f"{FOLDER}/mailbox/ca.crt",
            "MAILBOX_INTERVAL": "1m",
            "MAILBOX_PROCESSED": "move:Archive",
            "MAILDIR_PATH": "/var/mail/tlsrpt"})
        by_mail = environment_of(agent_of(RENDERED["reports by mail"]))
        self.assertEqual(by_mail["MTASTS_REPORTS_MAILBOX_PASSWORD_FILE"], f"{FOLDER}/mailbox/password")
        self.assertNotIn("MTASTS_REPORTS_HTTPS_LISTEN", by_mail)

    def test_the_agent_accepts_the_environment(self):
        for name in ("reports", "reports by mail"):
            file = chart.TOOLS.scratch / f"{name.replace(' ', '-')}.toml"
            file.write_text(settings_of(RENDERED[name])["config.toml"])
            environment = {key: value for key, value in environment_of(agent_of(RENDERED[name])).items()
                           if isinstance(value, str)}
            folder = chart.TOOLS.scratch / name.replace(" ", "-")
            for key, value in environment.items():
                if value.startswith(FOLDER):  # check-config reads files that are named
                    environment[key] = value = str(folder) + value[len(FOLDER):]
                    os.makedirs(os.path.dirname(value), exist_ok=True)
                    with open(value, "w", encoding="utf-8") as stream:
                        stream.write("text")
            ran = run(chart.AGENT, "check-config", file, env={**os.environ, **environment})
            self.assertEqual(ran.returncode, 0, ran.stdout)

    def test_secrets_are_mounted_as_folders(self):
        mounts = {mount["name"]: mount for mount in agent_of(RENDERED["reports"])["volumeMounts"]}
        volumes = {volume["name"]: volume
                   for volume in workload(RENDERED["reports"])["spec"]["template"]["spec"]["volumes"]}
        for folder, secret in (("tls", "reports-tls"), ("submit", "submit"), ("mailbox", "mailbox")):
            mount = mounts[f"mtasts-reports-{folder}"]
            self.assertEqual((mount["mountPath"], mount["readOnly"]), (f"{FOLDER}/{folder}", True))
            self.assertNotIn("subPath", mount, "a file mounted so would not be updated")
            self.assertEqual(volumes[mount["name"]]["secret"], {"secretName": secret})

    def test_the_endpoint_has_a_service_of_its_own(self):
        service = one(RENDERED["reports"], "Service", "test-mtasts-exporter-reports")
        self.assertEqual([(port["port"], port["targetPort"]) for port in service["spec"]["ports"]], [(443, "reports")])
        self.assertEqual(service["metadata"]["labels"]["app.kubernetes.io/component"], "reports")
        self.assertEqual(service["metadata"]["labels"]["example.com/reports"], "yes")
        self.assertEqual(service["metadata"]["annotations"], {"example.com/reports": "yes"})
        for key, value in CASES["reports"]["reports"]["service"].items():
            if key not in ("port", "labels", "annotations"):
                self.assertEqual(service["spec"][key], value, key)
        ports = {port["name"]: port["containerPort"] for port in agent_of(RENDERED["reports"])["ports"]}
        self.assertEqual(ports["reports"], 20060)
        for other in all_of(RENDERED["reports"], "Service"):
            if other["metadata"]["name"] != service["metadata"]["name"]:
                self.assertNotIn("reports", [port["name"] for port in other["spec"]["ports"]])
        self.assertEqual([m["metadata"]["name"] for m in RENDERED["reports by mail"]
                          if m["metadata"]["name"].endswith("-reports")], [])

    def test_the_ingress_leads_to_the_endpoint_alone(self):
        made = one(RENDERED["reports"], "Ingress", "test-mtasts-exporter-reports")
        backend = {"service": {"name": "test-mtasts-exporter-reports", "port": {"name": "reports"}}}
        self.assertEqual(made["spec"]["rules"], [{"host": "test.example.com", "http": {"paths": [
            {"path": "/in", "pathType": "Exact", "backend": backend}]}}])
        self.assertEqual(made["spec"]["tls"], [{"hosts": ["test.example.com"], "secretName": "reports"}])
        self.assertEqual(made["spec"]["ingressClassName"], "nginx")
        self.assertEqual(made["metadata"]["annotations"], {"example.com/body": "10m"})
        self.assertEqual(made["metadata"]["labels"]["example.com/ingress"], "yes")

    def policy(self, **values):
        manifests = chart.TOOLS.render(merged(CASES["reports"], values))
        return one(manifests, "NetworkPolicy")["spec"]

    def test_everybody_may_send_and_the_mailbox_be_read(self):
        spec = one(RENDERED["reports"], "NetworkPolicy")["spec"]
        self.assertIn({"ports": [{"port": 20060, "protocol": "TCP"}]}, spec["ingress"])
        self.assertIn({"port": 1993, "protocol": "TCP"}, spec["egress"][1]["ports"])
        by_mail = one(RENDERED["reports by mail"], "NetworkPolicy")["spec"]
        self.assertEqual(len(by_mail["ingress"]), 1)
        self.assertIn({"port": 143, "protocol": "TCP"}, by_mail["egress"][1]["ports"])
        url = self.policy(reports={"mailbox": {"url": "imaps://imap.example.com"}})
        self.assertIn({"port": 993, "protocol": "TCP"}, url["egress"][1]["ports"])
        own = self.policy(networkPolicy={"ports": {"imap": [1143]}})
        self.assertEqual([port["port"] for port in own["egress"][1]["ports"]], [443, 25, 1143])
        self.assertNotIn({"port": 993, "protocol": "TCP"},
                         one(chart.TOOLS.render({**DOMAINS, "networkPolicy": {"enabled": True}}),
                             "NetworkPolicy")["spec"]["egress"][1]["ports"])

    def test_the_state_is_on_a_volume_that_stays(self):
        self.assertEqual(workload(RENDERED["reports"])["kind"], "StatefulSet")
        self.assertIn("volumeClaimTemplates", workload(RENDERED["reports"])["spec"])
