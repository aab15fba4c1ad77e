# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
"""Generated hosting is served by the real servers: nginx, Apache, Caddy, and the Worker by workerd, Cloudflare's runtime.

    python3 tests/world/hosting.py --agent BUILD/mtasts-exporter --write BUILD/tests/write_hosting --cache DIR
                                   [unittest's own arguments]

The files are used as they are generated, but for what a test must change: addresses and ports, the paths of the
certificate and of the document root. Each host has an address of its own; Unbound answers for all names.
"""

import argparse
import functools
import http.client
import json
import os
import shutil
import socket
import ssl
import subprocess
import sys
import unittest

import yaml

from agent import COMMAND_SECONDS
from npm_tools import npm_package
from policy_hosts import installed
from processes import WorldError, require_root
from web_hosts import WebHosts

PROGRAMS = ("openssl", "unbound", "nginx", "apache2", "caddy", "curl", "npm")
WORKERD = "@cloudflare/workerd-linux-64@1.20261117.1"
PATH = "/.well-known/mta-sts.txt"
MODE, MAX_AGE, MX = "enforce", "2592000", ("mx.host.test", "*.mx.host.test")
ZONE = "host.test"
# By what serves it. nginx has no room for the long name in its table of exact names.
LONG = f"{'long-' * 8}name.{ZONE}"
DOMAINS = {"nginx": f"nginx.{ZONE}", "nginx-long": LONG, "apache": f"a-p--ache.{ZONE}", "caddy": f"0.caddy.{ZONE}",
           "cloudflare-worker": f"worker.{ZONE}", "kubernetes": f"kubernetes.{ZONE}"}
OFFERS_HTTP2 = ("apache", "caddy")
# Their file servers take POST for GET.
TAKES_POST = ("apache", "caddy")
OTHER_PATHS = ("/", "/.well-known", "/.well-known/", "/mta-sts.txt", PATH + "/", PATH + ".bak", "/.well-known/mta-sts",
               PATH[:-1])

# As Debian's own file has it, where that bears on a response; compression is on for all that the server may compress.
NGINX = """\
daemon off;
user root;
worker_processes 1;
pid {directory}/nginx.pid;
error_log stderr notice;
events {{ worker_connections 128; }}
http {{
    access_log off;
    client_body_temp_path {directory}/nginx-body;
    proxy_temp_path {directory}/nginx-proxy;
    fastcgi_temp_path {directory}/nginx-fastcgi;
    uwsgi_temp_path {directory}/nginx-uwsgi;
    scgi_temp_path {directory}/nginx-scgi;
    sendfile on;
    tcp_nopush on;
    include /etc/nginx/mime.types;
    default_type application/octet-stream;
    charset windows-1252;
    gzip on;
    gzip_types text/plain;
    gzip_min_length 1;
    ssl_certificate {leaf.chain_file};
    ssl_certificate_key {leaf.key_file};
    include {directory}/conf.d/*.conf;
}}
"""

# The modules that Debian enables, and ssl, headers and http2.
APACHE_MODULES = ("mpm_event", "access_compat", "alias", "auth_basic", "authn_core", "authn_file", "authz_core", "authz_host",
                  "authz_user", "autoindex", "deflate", "dir", "env", "filter", "mime", "negotiation", "reqtimeout",
                  "setenvif", "status", "ssl", "headers", "http2")
APACHE = """\
ServerRoot {directory}
PidFile {directory}/apache.pid
DefaultRuntimeDir {directory}
ErrorLog {directory}/apache-error.log
{modules}
TypesConfig /etc/mime.types
AddDefaultCharset ISO-8859-1
AddOutputFilterByType DEFLATE text/html text/plain text/xml
DirectoryIndex index.html index.txt
Protocols h2 http/1.1
User www-data
Group www-data
<Directory />
    Options FollowSymLinks
    AllowOverride None
    Require all denied
</Directory>
Listen {address}:{https}
Listen {address}:{plain}
Include {directory}/sites/*.conf
"""

CADDY = """\
{{
    admin off
    auto_https disable_redirects
    default_bind {address}
    https_port {https}
    http_port {plain}
}}
import {file}
"""

# https://developers.cloudflare.com/workers/ runs the same module with the date of wrangler.toml.
WORKER = """\
using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = .worker)],
  sockets = [(
    name = "https",
    address = "{address}:{https}",
    service = "main",
    https = (options = (), tlsOptions = (keypair = (
      privateKey = embed "key.pem", certificateChain = embed "chain.pem")))
  )]
);
const worker :Workerd.Worker = (
  modules = [(name = "worker.js", esModule = embed "worker.js")],
  compatibilityDate = "2025-01-01"
);
"""


def changed(text, changes):
    """The text with each part replaced; each must be there."""
    for old, new in changes:
        if old not in text:
            raise AssertionError(f"{old!r} is not in what was generated:\n{text}")
        text = text.replace(old, new)
    return text


class Hosts(WebHosts):
    """`ports`: also plain."""

    def __init__(self, write, cache):
        super().__init__("hosting-", "plain")
        self.writer = write
        self.workerd = npm_package(cache, WORKERD) / "bin/workerd"
        self.policies = {}

    def start(self):
        self.authority.create()
        for name, domain in DOMAINS.items():
            self.issue(name, f"mta-sts.{domain}")
            folder = self.directory / "generated" / name
            subprocess.run([self.writer, folder, domain, MODE, MAX_AGE, *MX], check=True, timeout=COMMAND_SECONDS)
            self.policies[name] = (folder / "policy").read_bytes()
        self.write_settings()
        for start in (self._unbound, self._nginx, self._apache, self._caddy, self._worker):
            start()
        self.wait_for(DOMAINS)

    @staticmethod
    def address(name):
        # Two servers of one address, because nginx makes no table of names for one alone.
        return f"127.0.91.{list(DOMAINS).index('nginx' if name == 'nginx-long' else name) + 1}"

    def _unbound(self):
        hosts = (MX[0], MX[1].replace("*", "backup"))
        records = [f"{host}. A 127.0.91.250" for host in hosts]
        for name in (ZONE, *DOMAINS.values()):
            records += [f"{name}. MX 10 {host}." for host in hosts]
        for name, domain in DOMAINS.items():
            records += [f'_mta-sts.{domain}. TXT "v=STSv1; id=1;"', f"mta-sts.{domain}. A {self.address(name)}",
                        f'_smtp._tls.{domain}. TXT "v=TLSRPTv1; rua=mailto:tls@{ZONE}"']
        self.run_unbound(records)

    def _generated(self, name, target):
        return self.directory / "generated" / name / target

    def _paths(self, name):
        """Replacements of the two paths that stand in the files of web servers; copies the document root."""
        host, leaf = f"mta-sts.{DOMAINS[name]}", self.leaves[name]
        root = self.directory / "www" / name
        target = name.partition("-")[0]
        shutil.copytree(self._generated(name, target) / ".well-known", root / ".well-known")
        challenge = root / ".well-known/acme-challenge/token"
        challenge.parent.mkdir()
        challenge.write_text("answer")
        return [(f"/etc/letsencrypt/live/{host}/fullchain.pem", str(leaf.chain_file)),
                (f"/etc/letsencrypt/live/{host}/privkey.pem", str(leaf.key_file)), (f"/var/www/{host}", str(root))]

    def _nginx(self):
        folder = self.directory / "conf.d"
        folder.mkdir()
        for name in ("nginx", "nginx-long"):
            address = self.address(name)
            text = (self._generated(name, "nginx") / f"mta-sts.{DOMAINS[name]}.conf").read_text()
            (folder / f"{name}.conf").write_text(changed(text, [
                *self._paths(name), ("    listen [::]:443 ssl;\n", ""), ("    listen [::]:80;\n", ""),
                ("listen 443 ssl;", f"listen {address}:{self.ports['https']} ssl;"),
                ("listen 80;", f"listen {address}:{self.ports['plain']};")]))
        manifests = yaml.safe_load_all((self._generated("kubernetes", "kubernetes") / "server.yaml").read_text())
        data = next(manifests)["data"]
        root = self.directory / "www/kubernetes"
        root.mkdir(parents=True)
        (root / "mta-sts.txt").write_bytes(data["mta-sts.txt"].encode())
        # The Ingress ends TLS; here the server does, with the certificate of the main file.
        (folder / "kubernetes.conf").write_text(changed(data["default.conf"], [
            ("/srv/mta-sts", str(root)),
            ("listen 8080;", f"listen {self.address('kubernetes')}:{self.ports['https']} ssl;")]))
        file = self.directory / "nginx.conf"
        file.write_text(NGINX.format(directory=self.directory, leaf=self.leaves["kubernetes"]))
        self.run("nginx", "nginx", "-e", "stderr", "-c", file, "-p", self.directory)

    def _apache(self):
        address = self.address("apache")
        text = (self._generated("apache", "apache") / f"mta-sts.{DOMAINS['apache']}.conf").read_text()
        (self.directory / "sites").mkdir()
        (self.directory / "sites/site.conf").write_text(changed(text, [
            *self._paths("apache"), ("<VirtualHost *:443>", f"<VirtualHost {address}:{self.ports['https']}>"),
            ("<VirtualHost *:80>", f"<VirtualHost {address}:{self.ports['plain']}>")]))
        folder = installed("apache2", "lib/apache2/modules")
        modules = "\n".join(f"LoadModule {name}_module {folder}/mod_{name}.so" for name in APACHE_MODULES)
        file = self.directory / "apache.conf"
        file.write_text(APACHE.format(directory=self.directory, modules=modules, address=address, **self.ports))
        self.run("apache", "apache2", "-D", "FOREGROUND", "-f", file)

    def _caddy(self):
        text = (self._generated("caddy", "caddy") / f"mta-sts.{DOMAINS['caddy']}.caddy").read_text()
        site, file = self.directory / "site.caddy", self.directory / "Caddyfile"
        site.write_text(changed(text, [*self._paths("caddy"), ("# tls ", "tls ")]))
        file.write_text(CADDY.format(address=self.address("caddy"), file=site, **self.ports))
        self.run("caddy", "caddy", "run", "--adapter", "caddyfile", "--config", file, HOME=str(self.directory),
                  XDG_DATA_HOME=str(self.directory), XDG_CONFIG_HOME=str(self.directory))

    def _worker(self):
        name = "cloudflare-worker"
        folder = self.directory / name
        shutil.copytree(self._generated(name, name), folder)
        shutil.copy(self.leaves[name].key_file, folder / "key.pem")
        shutil.copy(self.leaves[name].chain_file, folder / "chain.pem")
        file = folder / "config.capnp"
        file.write_text(WORKER.format(address=self.address(name), **self.ports))
        self.run("workerd", self.workerd, "serve", file)


def on_each_server(test):
    """A test of one server as a test of all."""
    @functools.wraps(test)
    def run(self):
        for name in DOMAINS:
            with self.subTest(server=name):
                test(self, name)
    return run


class Hosting(unittest.TestCase):
    maxDiff = None
    arguments = None

    @classmethod
    def setUpClass(cls):
        require_root()
        os.environ["PATH"] += ":/usr/sbin:/sbin"
        missing = [program for program in PROGRAMS if not shutil.which(program)]
        if missing:
            raise WorldError(f"not installed: {', '.join(missing)} (see WEB_SERVER_PACKAGES in the Makefile)")
        cls.hosts = Hosts(cls.arguments.write, cls.arguments.cache)
        cls.addClassCleanup(cls.hosts.stop)
        cls.hosts.start()

    def request(self, name, method="GET", path=PATH, headers=None, newest=None):
        """(status, headers, body) over HTTP/1.1 from a client that sends what `headers` say and nothing else: no
        User-Agent, no Accept, no ALPN."""
        host = f"mta-sts.{DOMAINS[name]}"
        context = ssl.create_default_context(cafile=self.hosts.authority.ca_file)
        if newest:
            context.maximum_version = newest
        with socket.create_connection((self.hosts.address(name), self.hosts.ports["https"]), timeout=10) as plain, \
                context.wrap_socket(plain, server_hostname=host) as connection:
            fields = {"Host": host, "Connection": "close", **(headers or {})}
            lines = "".join(f"{field}: {value}\r\n" for field, value in fields.items())
            connection.sendall(f"{method} {path} HTTP/1.1\r\n{lines}\r\n".encode())
            response = http.client.HTTPResponse(connection, method=method)
            response.begin()
            return response.status, response.headers, response.read()

    def assert_policy(self, name, status, headers, body):
        self.assertEqual((status, body), (200, self.hosts.policies[name]))
        self.assertIn(headers["Content-Type"], ("text/plain", "text/plain; charset=utf-8"))
        self.assertEqual(headers["Cache-Control"], "no-store")
        self.assertIsNone(headers["Content-Encoding"])

    @on_each_server
    def test_the_policy(self, name):
        self.assert_policy(name, *self.request(name))

    @on_each_server
    def test_tls_1_2(self, name):
        self.assert_policy(name, *self.request(name, newest=ssl.TLSVersion.TLSv1_2))

    @on_each_server
    def test_a_client_that_offers_codings(self, name):
        self.assert_policy(name, *self.request(name, headers={"Accept-Encoding": "gzip, deflate, br, zstd"}))

    @on_each_server
    def test_forms_of_the_host_field(self, name):
        host = f"mta-sts.{DOMAINS[name]}"
        for form in (host.upper(), f"{host}:{self.hosts.ports['https']}"):
            self.assert_policy(name, *self.request(name, headers={"Host": form}))

    @on_each_server
    def test_head(self, name):
        status, headers, body = self.request(name, "HEAD")
        self.assertEqual((status, body), (200, b""))
        self.assertIn(headers["Content-Type"], ("text/plain", "text/plain; charset=utf-8"))
        self.assertIn(headers["Content-Length"], (None, str(len(self.hosts.policies[name]))))

    @on_each_server
    def test_other_methods(self, name):
        status, _, _ = self.request(name, "POST", headers={"Content-Length": "0"})
        self.assertEqual(status, 200 if name in TAKES_POST else 405)

    @on_each_server
    def test_other_paths(self, name):
        for path in OTHER_PATHS:
            status, _, body = self.request(name, path=path)
            self.assertEqual(status, 404, path)
            self.assertNotIn(b"STSv1", body, path)

    @on_each_server
    def test_other_hosts(self, name):
        domain = DOMAINS[name]
        for host in (domain, "mta-sts.other.test", f"mta-sts.{domain}.other.test", f"x.mta-sts.{domain}",
                     f"mta-sts.{domain}".replace(".", "x", 1), self.hosts.address(name)):
            status, _, body = self.request(name, headers={"Host": host})
            self.assertNotIn(b"STSv1", body, host)
            # Caddy has an empty page for hosts that it does not know.
            self.assertIn(status, (200, 404) if name == "caddy" else (404,), host)

    @on_each_server
    def test_http2_beside_http1(self, name):
        for version in ("--http1.1", "--http2"):
            host = f"mta-sts.{DOMAINS[name]}"
            done = subprocess.run(
                ["curl", "-sS", version, "--cacert", self.hosts.authority.ca_file, "--max-time", "10", "--connect-to",
                 f"{host}:443:{self.hosts.address(name)}:{self.hosts.ports['https']}", "-w", "%{stderr}%{http_version}",
                 f"https://{host}{PATH}"], capture_output=True, timeout=COMMAND_SECONDS)
            expected = b"2" if version == "--http2" and name in OFFERS_HTTP2 else b"1.1"
            self.assertEqual((done.stdout, done.stderr), (self.hosts.policies[name], expected))

    @on_each_server
    def test_the_agent_is_content(self, name):
        done = subprocess.run([self.arguments.agent, "check", "--json", "--no-smtp", "--config",
                               self.hosts.directory / "settings.toml", DOMAINS[name]], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=COMMAND_SECONDS)
        self.assertTrue(done.stdout, done.stderr)
        report = json.loads(done.stdout)
        about = [finding for finding in report["findings"] if finding["stage"].startswith("policy")]
        self.assertEqual((report["outcome"], about), ("ok", []), report)

    def test_port_80(self):
        for name in ("nginx", "nginx-long", "apache"):
            with self.subTest(server=name):
                host = f"mta-sts.{DOMAINS[name]}"
                for path, expected in (("/.well-known/acme-challenge/token", (200, b"answer")), (PATH, (404, None))):
                    connection = http.client.HTTPConnection(self.hosts.address(name), self.hosts.ports["plain"], timeout=10)
                    self.addCleanup(connection.close)
                    connection.request("GET", path, headers={"Host": host})
                    response = connection.getresponse()
                    body = response.read()
                    self.assertEqual((response.status, body if response.status == 200 else None), expected)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for option in ("--agent", "--write", "--cache"):
        parser.add_argument(option, required=True)
    Hosting.arguments, rest = parser.parse_known_args()
    unittest.main(argv=[sys.argv[0], *rest])
