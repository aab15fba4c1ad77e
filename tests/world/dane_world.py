# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
"""The servers of dane.py, in a network namespace of their own, so that they have the ports 53 and 25: NSD with the signed
zones, Unbound and BIND, which validate with the trust anchor of their root, and Postfix for the mail hosts."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from certificates import CertificateAuthority, run
from dane_cases import CASES, case_of
from dane_zones import NAME_SERVER_ADDRESS, Material, Zones, mail_address
from processes import Guard, Server, has_ipv6_loopback, wait_until
from servers import NSD, POSTFIX, POSTFIX_SERVICES
from zones import served_serial
from world import greets

# All are at 127.0.20.0/24; the loopback has one IPv6 address.
IPV6_CASE = case_of("ipv4-corrupt")
# "lenient" is Unbound as installed, with a grace of up to a day after the end of a signature.
RESOLVERS = {"unbound": "127.0.0.1", "bind": "127.0.0.3", "forwarder": "127.0.0.4", "lenient": "127.0.0.5"}
NO_GRACE = "    val-sig-skew-min: 0\n    val-sig-skew-max: 0\n"
UNBOUNDS = {"unbound": ("validator iterator", NO_GRACE), "forwarder": ("iterator", ""),
            "lenient": ("validator iterator", "")}
INSIDE_MARK = "MTASTS_DANE_TEST_INSIDE"

UNBOUND = """\
server:
    interface: {address}
    do-ip6: no
    do-not-query-localhost: no
    username: ""
    chroot: ""
    directory: "{directory}"
    pidfile: "{directory}/{name}.pid"
    use-syslog: no
    do-daemonize: no
    local-zone: "test." nodefault
    module-config: "{modules}"
    root-hints: "{directory}/hints"
    trust-anchor-file: "{anchor}"
    ede: yes
{options}remote-control:
    control-enable: no
"""

BIND = """\
options {{
    directory "{directory}";
    pid-file "{directory}/named.pid";
    session-keyfile "{directory}/session.key";
    listen-on {{ {address}; }};
    listen-on-v6 {{ none; }};
    recursion yes;
    dnssec-validation yes;
    empty-zones-enable no;
}};
controls {{ }};
trust-anchors {{ . static-key {anchor}; }};
zone "." {{ type hint; file "{directory}/hints"; }};
"""

SETTINGS = """\
[check]
timeout = "60s"
[dns]
servers = ["{resolver}"]
timeout = "3s"
[smtp]
timeout = "10s"
ca_file = "{ca_file}"
[https]
timeout = "1s"
ca_file = "{ca_file}"
[canary]
dns = ["."]
https = []
smtp = []
[network]
allow_private_addresses = true
families = {families}
[state]
path = ":memory:"
"""


def enter_namespace():
    """Starts this program again in a namespace of its own; False where the kernel allows none."""
    if INSIDE_MARK in os.environ:
        run("ip", "link", "set", "lo", "up")
        # BIND listens at addresses of interfaces alone.
        run("ip", "address", "add", f"{RESOLVERS['bind']}/32", "dev", "lo")
        return True
    if subprocess.run(["unshare", "--net", "--mount", "true"], capture_output=True, check=False).returncode != 0:
        return False
    os.environ[INSIDE_MARK] = "1"
    os.execvp("unshare", ["unshare", "--net", "--mount", sys.executable, "-B", *sys.argv])


class DaneWorld:
    """start() and stop(); everything is in a directory that is removed at the end."""

    def __init__(self):
        self._temporary = tempfile.TemporaryDirectory(prefix="dane-", ignore_cleanup_errors=True)
        self.directory = Path(self._temporary.name)
        self.directory.chmod(0o755)
        self.authority = CertificateAuthority(self.directory / "ca")
        self.guard = Guard()
        self.servers = {}

    def start(self):
        self.authority.create()
        for case in CASES:
            if not case.host_zone and not case.alias:
                self.authority.issue(case.host, case.certificate)
        for folder in ("nsd", "resolvers", "postfix"):
            (self.directory / folder).mkdir()
        zones = Zones(self.directory / "nsd", Material(self.authority))
        zones.create()
        self._start("nsd", self._nsd(zones))
        wait_until(lambda: served_at(NAME_SERVER_ADDRESS), "nsd to answer", servers=[self.servers["nsd"]])
        self._start_resolvers(zones)
        self._use_resolver()
        self._start("postfix", self._postfix())
        wait_until(lambda: greets(mail_address(CASES[0]), 25), "postfix to answer", servers=[self.servers["postfix"]])

    def stop(self):
        for server in self.servers.values():
            server.stop()
        self.guard.close()
        self._temporary.cleanup()

    def settings_file(self, resolver):
        file = self.directory / f"{resolver}.toml"
        families = ["ipv4", "ipv6"] if has_ipv6_loopback() else ["ipv4"]
        file.write_text(SETTINGS.format(resolver=RESOLVERS[resolver], ca_file=self.authority.ca_file,
                                        families=json.dumps(families)))
        return file

    def _start(self, name, command):
        self.servers[name] = Server(name, command, self.directory / f"{name}.log", self.guard)
        self.servers[name].start()

    def _nsd(self, zones):
        folder = self.directory / "nsd"
        text = NSD.format(directory=folder, address=NAME_SERVER_ADDRESS)
        for name, file in zones.files.items():
            text += f'zone:\n    name: "{name}."\n    zonefile: "{file}"\n'
        (folder / "nsd.conf").write_text(text)
        return ["nsd", "-d", "-c", folder / "nsd.conf"]

    def _start_resolvers(self, zones):
        folder = self.directory / "resolvers"
        (folder / "hints").write_text(f". 3600 IN NS ns.test.\nns.test. 3600 IN A {NAME_SERVER_ADDRESS}\n")
        for name, (modules, options) in UNBOUNDS.items():
            (folder / f"{name}.conf").write_text(UNBOUND.format(
                address=RESOLVERS[name], directory=folder, name=name, modules=modules, anchor=zones.anchor_file,
                options=options))
            self._start(name, ["unbound", "-d", "-c", folder / f"{name}.conf"])
        flags, protocol, algorithm, key = zones.anchor_file.read_text().split("DNSKEY")[1].split(";")[0].split()
        (folder / "named.conf").write_text(BIND.format(address=RESOLVERS["bind"], directory=folder,
                                                       anchor=f'{flags} {protocol} {algorithm} "{key}"'))
        self._start("bind", ["named", "-g", "-c", folder / "named.conf"])
        for name, address in RESOLVERS.items():
            wait_until(lambda address=address: served_at(address), f"{name} to answer", servers=[self.servers[name]])

    def _use_resolver(self):
        """The system's resolver, which is Postfix's, in this namespace alone."""
        file = self.directory / "resolv.conf"
        file.write_text(f"nameserver {RESOLVERS['unbound']}\noptions trust-ad\n")
        run("mount", "--bind", file, Path("/etc/resolv.conf").resolve())

    def _postfix(self):
        folder = self.directory / "postfix"
        configuration = folder / "etc"
        for path in (configuration, folder / "queue"):
            path.mkdir()
        services = POSTFIX_SERVICES
        for case in CASES:
            if case.host_zone or case.alias:
                continue
            options = f"    -o myhostname={case.host}\n"
            if case.starttls:
                options += f"    -o smtpd_tls_chain_files={self.authority.files_of(case.host).key_and_chain_file}\n"
            else:
                options += "    -o smtpd_tls_security_level=none\n"
            services += f"{mail_address(case)}:25 inet n - n - - smtpd\n{options}"
            if case is IPV6_CASE and has_ipv6_loopback():
                services += f"[::1]:25 inet n - n - - smtpd\n{options}"
        (configuration / "main.cf").write_text(
            POSTFIX.format(directory=folder).replace("inet_protocols = ipv4", "inet_protocols = all"))
        (configuration / "master.cf").write_text(services)
        run("postfix", "-c", configuration, "check")
        master = run("postconf", "-c", configuration, "-h", "daemon_directory").strip() + "/master"
        return [master, "-c", configuration, "-s"]

    def check(self, binary, resolver="unbound"):
        """The reports of `check` on all domains, by name."""
        names = [case.domain for case in CASES]
        done = subprocess.run([str(binary), "check", *names, "--json", "--config", str(self.settings_file(resolver))],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=80, check=False)
        reports = [json.loads(line) for line in done.stdout.splitlines()]
        if len(reports) != len(names):
            raise RuntimeError(f"{len(reports)} reports on {len(names)} domains\n{done.stderr[-2000:]}")
        return {report["domain"]: report for report in reports}


def served_at(address):
    return served_serial("", 53, address)
