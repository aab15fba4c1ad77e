# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
"""TLS and users of the web port."""

import unittest

from chart import RENDERED, agent_of, environment_of, one, workload

FOLDER = "/etc/mtasts-exporter-web"


def web_environment(manifests):
    return {key[11:]: value for key, value in environment_of(agent_of(manifests)).items()
            if key.startswith("MTASTS_WEB_") and key not in ("MTASTS_WEB_LISTEN", "MTASTS_WEB_HOSTS")}


def mounts_of(manifests):
    """Folder by Secret, of those for the web port."""
    volumes = {volume["name"]: volume["secret"]["secretName"]
               for volume in workload(manifests)["spec"]["template"]["spec"]["volumes"] if "secret" in volume}
    return {volumes[mount["name"]]: (mount["mountPath"], mount["readOnly"]) for mount in agent_of(manifests)["volumeMounts"]
            if mount["mountPath"].startswith(FOLDER)}


class WebAccess(unittest.TestCase):
    def test_nothing_of_it_unless_asked(self):
        for name in ("default", "full"):
            self.assertEqual(web_environment(RENDERED[name]), {})
            self.assertEqual(mounts_of(RENDERED[name]), {})

    def test_tls_and_users(self):
        manifests = RENDERED["web access"]
        self.assertEqual(web_environment(manifests), {
            "TLS_CERT_FILE": f"{FOLDER}/tls/tls.crt", "TLS_KEY_FILE": f"{FOLDER}/tls/tls.key",
            "TLS_CLIENT_CA_FILE": f"{FOLDER}/tls/ca.crt", "TLS_CLIENT_ALLOWED_SANS": "prometheus.example.com,192.0.2.1",
            "BASIC_AUTH_USERS": {"secretKeyRef": {"name": "web-users", "key": "htpasswd"}},
            "BASIC_AUTH_ROLES": "operator=write,prometheus=read", "ANONYMOUS_ROLE": "none"})
        self.assertEqual(mounts_of(manifests), {"web-tls": (f"{FOLDER}/tls", True)})

    def test_monitors_use_https(self):
        endpoints = {endpoint["port"]: endpoint for endpoint in one(RENDERED["web access"], "ServiceMonitor")["spec"]["endpoints"]}
        self.assertEqual(endpoints["web"]["scheme"], "https")
        self.assertEqual(endpoints["web"]["basicAuth"]["username"]["name"], "scrape")
        self.assertNotIn("scheme", endpoints["telemetry"])

    def test_probes_use_https_where_they_use_the_web_port(self):
        for name, expected in (("web access", None), ("web tls", "HTTPS")):
            agent = agent_of(RENDERED[name])
            for kind in ("livenessProbe", "readinessProbe"):
                self.assertEqual(agent[kind]["httpGet"].get("scheme"), expected, (name, kind))

    def test_a_web_configuration_file(self):
        manifests = RENDERED["web configuration"]
        self.assertEqual(web_environment(manifests), {"CONFIG_FILE": f"{FOLDER}/config/web.yml"})
        self.assertEqual(mounts_of(manifests), {"web-config": (f"{FOLDER}/config", True)})
