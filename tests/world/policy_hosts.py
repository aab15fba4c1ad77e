# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
"""Web servers as Debian ships them serve a policy: healthy ones are "ok", and of broken ones the text fits what stands
there.

    python3 tests/world/policy_hosts.py --agent BUILD/mtasts-exporter [unittest's own arguments]

nginx, Apache, Caddy, lighttpd and haproxy serve policies themselves; haproxy, hitch and stunnel end TLS in front of
another server, which may be down. Each policy host has an address of its own; Unbound answers for all names.
"""

import json
import os
import shutil
import subprocess
import sys
import unittest
from pathlib import Path

from agent import COMMAND_SECONDS, EXIT_STATUS, command_line
from processes import WorldError, require_root
from web_hosts import WebHosts

PROGRAMS = ("openssl", "unbound", "nginx", "apache2", "caddy", "haproxy", "hitch", "lighttpd", "nghttpd",
            "stunnel4")
PACKAGES = "apache2-bin caddy haproxy hitch lighttpd lighttpd-mod-openssl nghttp2-server stunnel4"
POLICY = "version: STSv1\r\nmode: enforce\r\nmx: mx.web.test\r\nmax_age: 2592000\r\n"
# Where Debian installs the modules of a server, relative to the root of the installation.
APACHE_MODULES = "lib/apache2/modules"
LIGHTTPD_MODULES = "lib/lighttpd"

# Name of the policy host's domain, and what serves it.
HEALTHY = ("nginx", "nginx-gzip", "apache", "caddy", "lighttpd", "haproxy", "hitch", "stunnel", "haproxy-front")
BROKEN = ("nginx-dotfolders", "nginx-dead", "nginx-coded", "apache-forbidden", "apache-dead", "caddy-empty", "nghttpd",
          "haproxy-dead", "haproxy-tls-dead", "hitch-dead", "stunnel-dead", "lighttpd-denied")
NAMES = HEALTHY + BROKEN

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
    include {mime_types};
    default_type application/octet-stream;
    root {directory}/site;
    server {{ listen 127.0.0.1:{plain}; }}
{servers}}}
"""

NGINX_SERVER = """\
    server {{
        listen {address}:{https} ssl;
        ssl_certificate {leaf.chain_file};
        ssl_certificate_key {leaf.key_file};
        {more}
    }}
"""

APACHE = """\
ServerRoot {directory}
ServerName apache.web.test
PidFile {directory}/apache.pid
DefaultRuntimeDir {directory}
ErrorLog {directory}/apache-error.log
LoadModule mpm_event_module {modules}/mod_mpm_event.so
LoadModule authz_core_module {modules}/mod_authz_core.so
LoadModule ssl_module {modules}/mod_ssl.so
LoadModule mime_module {modules}/mod_mime.so
LoadModule filter_module {modules}/mod_filter.so
LoadModule deflate_module {modules}/mod_deflate.so
LoadModule proxy_module {modules}/mod_proxy.so
LoadModule proxy_http_module {modules}/mod_proxy_http.so
TypesConfig /etc/mime.types
AddOutputFilterByType DEFLATE text/html text/plain text/xml
User www-data
Group www-data
DocumentRoot {directory}/site
<Directory {directory}/site>
    Require all granted
</Directory>
{servers}"""

APACHE_SERVER = """\
Listen {address}:{https}
<VirtualHost {address}:{https}>
    SSLEngine on
    SSLCertificateFile {leaf.chain_file}
    SSLCertificateKeyFile {leaf.key_file}
    {more}
</VirtualHost>
"""

CADDY = """\
{{
    admin off
    auto_https off
}}
{servers}"""

CADDY_SERVER = """\
https://mta-sts.{name}.web.test:{https} {{
    bind {address}
    tls {leaf.chain_file} {leaf.key_file}
    {more}
}}
"""

LIGHTTPD = """\
server.document-root = "{directory}/site"
server.modules = ( "mod_access", "mod_openssl" )
server.errorlog = "{directory}/lighttpd-error.log"
server.port = {https}
server.bind = "{address}"
ssl.engine = "enable"
ssl.pemfile = "{leaf.chain_file}"
ssl.privkey = "{leaf.key_file}"
mimetype.assign = ( ".txt" => "text/plain" )
{more}
"""

HAPROXY = """\
global
    maxconn 100
defaults
    mode http
    timeout connect 5s
    timeout client 30s
    timeout server 30s
backend plain
    server site 127.0.0.1:{plain}
backend dead
    server site 127.0.0.1:{dead}
backend tls_dead
    mode tcp
    server site 127.0.0.1:{dead}
{servers}"""

HAPROXY_SERVER = """\
frontend {name}
    mode {mode}
    bind {address}:{https} ssl crt {leaf.key_and_chain_file}
    {more}
"""

HITCH = """\
frontend = "[{address}]:{https}"
backend = "[127.0.0.1]:{backend}"
pem-file = "{leaf.key_and_chain_file}"
user = "nobody"
workers = 1
daemon = off
"""

STUNNEL = """\
foreground = yes
pid =
syslog = no
[https]
accept = {address}:{https}
connect = 127.0.0.1:{backend}
cert = {leaf.chain_file}
key = {leaf.key_file}
"""


class Hosts(WebHosts):
    """`ports`: also plain (a web server without TLS) and dead (nothing listens)."""

    def __init__(self):
        super().__init__("policy-hosts-", "plain", "dead")

    def start(self):
        self.authority.create()
        for name in NAMES:
            self.issue(name, f"mta-sts.{name}.web.test")
        file = self.directory / "site" / ".well-known" / "mta-sts.txt"
        file.parent.mkdir(parents=True)
        file.write_bytes(POLICY.encode())
        self.write_settings()
        for start in (self._unbound, self._nginx, self._apache, self._caddy, self._lighttpd, self._haproxy, self._hitch,
                      self._stunnel, self._nghttpd):
            start()
        self.wait_for(NAMES)

    @staticmethod
    def address(name):
        return f"127.0.90.{NAMES.index(name) + 1}"

    def _fill(self, template, name, more="", **values):
        return template.format(name=name, address=self.address(name), leaf=self.leaves[name], more=more,
                               directory=self.directory, **self.ports, **values)

    def _unbound(self):
        records = ['web.test. MX 10 mx.web.test.', 'mx.web.test. A 127.0.90.250']
        for name in NAMES:
            records += [f'_mta-sts.{name}.web.test. TXT "v=STSv1; id=1;"',
                        f"mta-sts.{name}.web.test. A {self.address(name)}",
                        f'_smtp._tls.{name}.web.test. TXT "v=TLSRPTv1; rua=mailto:tls@web.test"',
                        f"{name}.web.test. MX 10 mx.web.test."]
        self.run_unbound(records)

    def _nginx(self):
        dead = f"location / {{ proxy_pass http://127.0.0.1:{self.ports['dead']}; }}"
        more = {"nginx": "", "nginx-gzip": "gzip on; gzip_types text/plain; gzip_min_length 1;",
                "nginx-dotfolders": "location ~ /\\. { deny all; }", "nginx-dead": dead,
                "nginx-coded": "add_header Content-Encoding br;"}
        servers = "".join(self._fill(NGINX_SERVER, name, text) for name, text in more.items())
        file = self.write("nginx.conf", NGINX.format(directory=self.directory, plain=self.ports["plain"],
                                                      servers=servers, mime_types="/etc/nginx/mime.types"))
        self.run("nginx", "nginx", "-e", "stderr", "-c", file, "-p", self.directory)

    def _apache(self):
        denied = '<LocationMatch "/\\.">\n        Require all denied\n    </LocationMatch>'
        more = {"apache": "", "apache-forbidden": denied,
                "apache-dead": f"ProxyPass / http://127.0.0.1:{self.ports['dead']}/"}
        servers = "".join(self._fill(APACHE_SERVER, name, text) for name, text in more.items())
        file = self.write("apache.conf", APACHE.format(directory=self.directory, servers=servers,
                                                        modules=installed("apache2", APACHE_MODULES)))
        self.run("apache", "apache2", "-D", "FOREGROUND", "-f", file)

    def _caddy(self):
        serving = f"root * {self.directory}/site\n    file_server"
        servers = (self._fill(CADDY_SERVER, "caddy", serving) +
                   self._fill(CADDY_SERVER, "caddy-empty", "respond /other 404"))
        file = self.write("Caddyfile", CADDY.format(servers=servers))
        self.run("caddy", "caddy", "run", "--adapter", "caddyfile", "--config", file, HOME=str(self.directory),
                  XDG_DATA_HOME=str(self.directory), XDG_CONFIG_HOME=str(self.directory))

    def _nghttpd(self):
        leaf = self.leaves["nghttpd"]
        self.run("nghttpd", "nghttpd", "-d", self.directory / "site", "-a", self.address("nghttpd"),
                  "--mime-types-file=/etc/mime.types", self.ports["https"], leaf.key_file, leaf.chain_file)

    def _lighttpd(self):
        denied = '$HTTP["url"] =~ "/\\." { url.access-deny = ( "" ) }'
        for name, more in (("lighttpd", ""), ("lighttpd-denied", denied)):
            file = self.write(f"{name}.conf", self._fill(LIGHTTPD, name, more))
            self.run(name, "lighttpd", "-D", "-f", file, "-m", installed("lighttpd", LIGHTTPD_MODULES))

    def _haproxy(self):
        file = self.directory / "site/.well-known/mta-sts.txt"
        answer = f"http-request return status 200 content-type text/plain file {file}"
        servers = "".join((self._fill(HAPROXY_SERVER, "haproxy", answer, mode="http"),
                           self._fill(HAPROXY_SERVER, "haproxy-front", "default_backend plain", mode="http"),
                           self._fill(HAPROXY_SERVER, "haproxy-dead", "default_backend dead", mode="http"),
                           self._fill(HAPROXY_SERVER, "haproxy-tls-dead", "default_backend tls_dead", mode="tcp")))
        file = self.write("haproxy.cfg", HAPROXY.format(servers=servers, **self.ports))
        self.run("haproxy", "haproxy", "-db", "-f", file)

    def _hitch(self):
        for name, backend in (("hitch", "plain"), ("hitch-dead", "dead")):
            file = self.write(f"{name}.conf", self._fill(HITCH, name, backend=self.ports[backend]))
            self.run(name, "hitch", f"--config={file}")

    def _stunnel(self):
        for name, backend in (("stunnel", "plain"), ("stunnel-dead", "dead")):
            file = self.write(f"{name}.conf", self._fill(STUNNEL, name, backend=self.ports[backend]))
            self.run(name, "stunnel4", file)


def installed(program, folder):
    """A folder of the installation to which the program belongs: /usr/sbin/apache2 -> /usr/lib/…"""
    return Path(shutil.which(program)).resolve().parent.parent / folder


class PolicyHosts(unittest.TestCase):
    maxDiff = None
    agent_binary = None

    @classmethod
    def setUpClass(cls):
        require_root()
        os.environ["PATH"] += ":/usr/sbin:/sbin"
        missing = [program for program in PROGRAMS if not shutil.which(program)]
        if missing:
            raise WorldError(f"not installed: {', '.join(missing)} (packages {PACKAGES})")
        cls.hosts = Hosts()
        cls.addClassCleanup(cls.hosts.stop)
        cls.hosts.start()

    def check(self, name):
        done = subprocess.run([self.agent_binary, "check", "--json", "--no-smtp", "--config",
                               self.hosts.directory / "settings.toml", f"{name}.web.test"], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=COMMAND_SECONDS)
        self.assertTrue(done.stdout, done.stderr)
        report = json.loads(done.stdout)
        self.assertEqual(done.returncode, EXIT_STATUS[report["outcome"]])
        return report

    def finding(self, name, code, severity="critical"):
        """The one finding of a broken host that is not advice."""
        report = self.check(name)
        found = [finding for finding in report["findings"] if finding["severity"] in ("critical", "warning")]
        self.assertEqual([(finding["code"], finding["severity"]) for finding in found], [(code, severity)], report)
        return found[0]

    def test_healthy_servers_are_ok(self):
        for name in HEALTHY:
            with self.subTest(server=name):
                report = self.check(name)
                about = [finding for finding in report["findings"] if finding["stage"].startswith("policy")]
                self.assertEqual((report["outcome"], about), ("ok", []), report)

    def test_a_rule_against_dot_folders(self):
        for name, words in (("nginx-dotfolders", "allow all"), ("apache-forbidden", "Require all granted"),
                            ("lighttpd-denied", "url.access-deny")):
            with self.subTest(server=name):
                found = self.finding(name, "sts-http-status")
                self.assertIn("403", found["message"])
                self.assertIn(words, found["fix"])

    def test_a_dead_back_end(self):
        for name, status, words in (("nginx-dead", "502", "proxy_pass"), ("apache-dead", "503", "ProxyPass"),
                                    ("haproxy-dead", "503", "haproxy")):
            with self.subTest(server=name):
                found = self.finding(name, "sts-http-status")
                self.assertIn(status, found["message"])
                self.assertIn(words, found["fix"])

    def test_a_dead_server_behind_one_that_ends_tls(self):
        for name in ("haproxy-tls-dead", "hitch-dead", "stunnel-dead"):
            with self.subTest(server=name):
                found = self.finding(name, "sts-http-malformed")
                self.assertIn("without a response", found["message"])
                self.assertIn("behind the one that ends TLS", found["fix"])

    def test_caddy_without_a_handler(self):
        found = self.finding("caddy-empty", "sts-policy-empty")
        self.assertIn("Caddy answers 200 with an empty body", found["fix"])

    def test_http2_only(self):
        found = self.finding("nghttpd", "sts-http-no-http1", "warning")
        self.assertIn("mailauth", found["message"])
        self.assertIn("http/1.1", found["fix"])

    def test_a_coding_that_nobody_reads(self):
        found = self.finding("nginx-coded", "sts-http-content-encoding")
        self.assertIn("br", found["message"])


if __name__ == "__main__":
    PolicyHosts.agent_binary, arguments = command_line(__doc__)
    unittest.main(argv=[sys.argv[0], *arguments])
