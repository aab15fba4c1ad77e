# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
"""TLS, client certificates and users of the web port, with the peers that will use them: Prometheus and curl.

    python3 tests/world/web_access.py --agent BUILD/mtasts-exporter [unittest's own arguments]

One web configuration file serves Prometheus for its own port and the agent for the web port, and both answer curl alike.
Prometheus scrapes the agent over TLS with a client certificate and a password.
"""

import json
import shutil
import subprocess
import tempfile
import unittest
import warnings
from pathlib import Path

from agent import COMMAND_SECONDS, command_line
from certificates import run
from processes import Guard, Server, WorldError, accepts, free_port, wait_until

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    import crypt

PROGRAMS = ("openssl", "curl", "prometheus", "promtool")
PASSWORDS = {"prometheus": "to scrape", "operator": "to reload"}

# What checks would need is switched off: nothing listens on port 1.
SETTINGS = """\
domains = ["example.test"]
[dns]
servers = ["127.0.0.1:1"]
[smtp]
enabled = false
[canary]
dns = []
https = []
smtp = []
[network]
allow_private_addresses = true
families = ["ipv4"]
[state]
path = ":memory:"
[telemetry]
listen = ""
[web]
listen = ["127.0.0.1:{port}"]
{more}
"""

WEB_CONFIG = """\
tls_server_config:
  cert_file: server.pem
  key_file: server.key
  client_auth_type: RequireAndVerifyClientCert
  client_ca_file: ca.pem
  min_version: TLS12
  cipher_suites:
    - TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384
    - TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256
  curve_preferences:
    - CurveP256
    - X25519
http_server_config:
  http2: false
  headers:
    Strict-Transport-Security: max-age=31536000
    X-Frame-Options: deny
basic_auth_users:
"""


def bcrypt_hash(password):
    return crypt.crypt(password, crypt.mksalt(crypt.METHOD_BLOWFISH, rounds=1 << 5))


class WebAccess(unittest.TestCase):
    agent = None

    @classmethod
    def setUpClass(cls):
        missing = [program for program in PROGRAMS if not shutil.which(program)]
        if missing:
            raise WorldError(f"not installed: {', '.join(missing)} (see WORLD_PACKAGES in the Makefile)")
        cls.directory = Path(tempfile.mkdtemp(prefix="web-access-"))
        cls.addClassCleanup(shutil.rmtree, cls.directory)
        cls.guard = Guard()
        cls.addClassCleanup(cls.guard.close)
        cls.make_certificates()
        cls.hashes = {name: bcrypt_hash(password) for name, password in PASSWORDS.items()}
        cls.web_config = cls.directory / "web.yml"
        cls.web_config.write_text(WEB_CONFIG + "".join(f"  {name}: {text}\n" for name, text in cls.hashes.items()))
        cls.ports = {name: free_port() for name in ("agent", "sections", "prometheus")}
        cls.settings = cls.write_settings("agent.toml", cls.ports["agent"], "")
        cls.servers = [
            cls.serve("agent", [cls.agent, "serve", "--config", cls.settings, "--web.config.file", cls.web_config]),
            cls.start_prometheus()]
        for name in ("agent", "prometheus"):
            wait_until(lambda name=name: accepts("127.0.0.1", cls.ports[name]), f"the port of {name}", 20, cls.servers)

    @classmethod
    def write_settings(cls, name, port, more):
        file = cls.directory / name
        file.write_text(SETTINGS.format(port=port, more=more))
        return file

    @classmethod
    def serve(cls, name, command):
        server = Server(name, command, cls.directory / f"{name}.log", cls.guard)
        server.start()
        cls.addClassCleanup(server.stop)
        return server

    @classmethod
    def make_certificates(cls):
        """ca.pem, and name.pem with name.key for the server and for clients; the CA of `stranger` is itself."""
        folder = cls.directory
        key = ("-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256")
        run("openssl", "req", "-x509", *key, "-days", "9", "-subj", "/CN=Web CA", "-keyout", folder / "ca.key", "-out",
            folder / "ca.pem", "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=keyCertSign")
        for name, names, use in (("server", "DNS:localhost,IP:127.0.0.1", "serverAuth"),
                                 ("client", "DNS:prometheus.test", "clientAuth"),
                                 ("other", "DNS:other.test", "clientAuth"),
                                 ("wrong-use", "DNS:prometheus.test", "serverAuth")):
            (folder / f"{name}.ext").write_text(f"subjectAltName={names}\nextendedKeyUsage={use}\n")
            run("openssl", "req", "-new", *key, "-subj", f"/CN={name}", "-keyout", folder / f"{name}.key", "-out",
                folder / f"{name}.csr")
            run("openssl", "x509", "-req", "-in", folder / f"{name}.csr", "-CA", folder / "ca.pem", "-CAkey",
                folder / "ca.key", "-days", "9", "-extfile", folder / f"{name}.ext", "-out", folder / f"{name}.pem")
        run("openssl", "req", "-x509", *key, "-days", "9", "-subj", "/CN=client", "-keyout", folder / "stranger.key",
            "-out", folder / "stranger.pem", "-addext", "subjectAltName=DNS:prometheus.test")

    @classmethod
    def start_prometheus(cls):
        folder = cls.directory
        (folder / "password").write_text(PASSWORDS["prometheus"])
        (folder / "prometheus.json").write_text(json.dumps({
            "global": {"scrape_interval": "1s", "scrape_timeout": "1s"},
            "scrape_configs": [{
                "job_name": "agent", "scheme": "https",
                "tls_config": {"ca_file": f"{folder}/ca.pem", "cert_file": f"{folder}/client.pem",
                               "key_file": f"{folder}/client.key", "server_name": "localhost"},
                "basic_auth": {"username": "prometheus", "password_file": f"{folder}/password"},
                "static_configs": [{"targets": [f"127.0.0.1:{cls.ports['agent']}"]}]}]}))
        return cls.serve("prometheus", [
            "prometheus", f"--config.file={folder}/prometheus.json", f"--storage.tsdb.path={folder}/tsdb",
            f"--web.listen-address=127.0.0.1:{cls.ports['prometheus']}", f"--web.config.file={cls.web_config}"])

    def curl(self, port, path, *options, certificate="client", user=None, method="GET"):
        """(exit status of curl, status code of HTTP, output)."""
        command = ["curl", "-sS", "--max-time", "10", "--cacert", self.directory / "ca.pem", "-X", method, "-w",
                   "\n%{http_code}", *options]
        if certificate:
            command += ["--cert", self.directory / f"{certificate}.pem", "--key", self.directory / f"{certificate}.key"]
        if user:
            command += ["-u", f"{user}:{PASSWORDS.get(user, 'a guess')}"]
        done = subprocess.run([*command, f"https://localhost:{port}{path}"], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=COMMAND_SECONDS)
        output, _, status = done.stdout.rpartition("\n")
        return done.returncode, int(status or 0), output

    def test_prometheus_scrapes(self):
        def up():
            _, status, body = self.curl(self.ports["prometheus"], "/api/v1/query?query=up", user="prometheus")
            if status != 200:
                return False
            return [sample["value"][1] for sample in json.loads(body)["data"]["result"]] == ["1"]
        wait_until(up, "up to be 1", 20, self.servers)

    def test_both_take_the_file(self):
        run("promtool", "check", "web-config", self.web_config)
        settings = self.write_settings("checked.toml", free_port(), f'config_file = "{self.web_config.name}"')
        run(self.agent, "check-config", settings)

    def test_both_answer_alike(self):
        cases = (({"user": "prometheus"}, 200), ({}, 401), ({"user": "nobody"}, 401),
                 ({"user": "prometheus", "certificate": None}, None),
                 ({"user": "prometheus", "certificate": "stranger"}, None),
                 ({"user": "prometheus", "certificate": "wrong-use"}, None))
        for name in ("prometheus", "agent"):
            for options, expected in cases:
                with self.subTest(server=name, **options):
                    code, status, _ = self.curl(self.ports[name], "/metrics", **options)
                    self.assertEqual((code == 0, status or None), (expected is not None, expected))
            for version, works in (("--tlsv1.3", True), ("--tls-max", False)):
                with self.subTest(server=name, version=version):
                    options = (version,) if works else (version, "1.1")
                    code, _, _ = self.curl(self.ports[name], "/metrics", *options, user="prometheus")
                    self.assertEqual(code == 0, works)
            _, _, head = self.curl(self.ports[name], "/metrics", "-o", "/dev/null", "-D", "-")
            for line in ("www-authenticate: basic", "strict-transport-security: max-age=31536000", "x-frame-options: deny"):
                self.assertIn(line, head.lower(), name)

    def test_plain_http_is_refused(self):
        done = subprocess.run(["curl", "-sS", "--max-time", "10", f"http://localhost:{self.ports['agent']}/metrics"],
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=COMMAND_SECONDS)
        self.assertNotIn(b"mtasts", done.stdout)

    def test_sections_and_their_reload(self):
        port = self.ports["sections"]
        tls = ('[web.tls]\ncert_file = "server.pem"\nkey_file = "server.key"\nclient_ca_file = "ca.pem"\n'
               'client_allowed_sans = ["prometheus.test"]\n[web.basic_auth]\n')
        users = {"operator": self.hashes["operator"]}
        def write():
            return self.write_settings("sections.toml", port, tls + "users = { " + ", ".join(
                f'{name} = "{text}"' for name, text in users.items()) + ' }\nroles = { ' + (
                    'prometheus = "read"' if "prometheus" in users else "") + " }\n")
        server = self.serve("sections", [self.agent, "serve", "--config", write()])
        wait_until(lambda: accepts("127.0.0.1", port), "the port", 20, [server])
        self.assertEqual(self.curl(port, "/metrics", user="operator")[1], 200)
        self.assertNotEqual(self.curl(port, "/metrics", user="operator", certificate="other")[0], 0)
        self.assertEqual(self.curl(port, "/metrics", user="prometheus")[1], 401)
        users["prometheus"] = self.hashes["prometheus"]
        write()
        self.assertEqual(self.curl(port, "/-/reload", user="operator", method="POST")[1], 200)
        self.assertEqual(self.curl(port, "/metrics", user="prometheus")[1], 200)
        _, status, text = self.curl(port, "/-/reload", user="prometheus", method="POST")
        self.assertEqual(status, 403)
        self.assertIn("the role write", text)
        del users["operator"]
        write()
        server.signal(1)
        wait_until(lambda: self.curl(port, "/metrics", user="operator")[1] == 401, "the reload", 20, [server])


if __name__ == "__main__":
    WebAccess.agent, rest = command_line(__doc__)
    unittest.main(argv=["web_access.py", *rest])
