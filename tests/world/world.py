# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
"""A miniature internet on loopback: NSD, Unbound, nginx and Postfix with domains that are healthy or broken in one way.

    world.py up [--dir DIR]    starts it, prints a description as JSON, runs until SIGINT or SIGTERM
"""

import argparse
import contextlib
import dataclasses
import json
import os
import shutil
import signal
import socket
import stat
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import servers
from certificates import CertificateAuthority, run
from domains import MAIL_HOSTS, domains
from processes import (Guard, Server, WorldError, accepts, free_port, has_ipv6_loopback, require_root, wait_until)
from zones import mail_address, policy_address, served_serial, zone_of, zones_of

CANARY_POLICY_HOST = "mta-sts.healthy.test"
CANARY_MAIL_HOSTS = ("mx1.healthy.test", "mx2.healthy.test")
PORT_NAMES = ("nsd", "dns", "https", "smtp", "web", "telemetry", "prometheus")
PROGRAMS = ("openssl", "nsd", "nsd-control", "unbound", "unbound-control", "nginx", "postfix", "postconf")
# A Unix socket's path may have 107 bytes.
LONGEST_DIRECTORY = 80

SETTINGS = """\
domains = {domains}

[check]
interval = "10s"
smtp_interval = "10s"
timeout = "30s"

[dns]
servers = ["127.0.0.1:{ports[dns]}"]

[https]
port = {ports[https]}
timeout = "10s"
ca_file = "{ca_file}"

[smtp]
port = {ports[smtp]}
timeout = "10s"
ehlo_name = "agent.provider.test"
ca_file = "{ca_file}"

[canary]
dns = ["."]
https = {canary_https}
smtp = {canary_smtp}

[network]
allow_private_addresses = true
families = {families}

[state]
path = ":memory:"

[web]
listen = ["127.0.0.1:{ports[web]}"]

[telemetry]
listen = "127.0.0.1:{ports[telemetry]}"
"""


class World:
    """start() and stop(), or `with World() as world`. Without a directory, it creates one and removes it at the end.

    The other methods change the running world; each returns once the change is served.
    """

    def __init__(self, directory=None):
        self._is_temporary = directory is None
        self.directory = Path(directory).resolve() if directory else None
        self.domains = domains(has_ipv6_loopback())
        self.ipv6 = any(domain.needs_ipv6 for domain in self.domains)
        self.ports = {}
        self.servers = {}
        self.zones = {}
        self.authority = None
        self.guard = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()

    @property
    def settings_file(self):
        return self.directory / "settings.toml"

    def domain(self, name):
        return next(domain for domain in self.domains if domain.name == name)

    def start(self):
        require_root()
        missing = [program for program in PROGRAMS if not shutil.which(program, path=self._path())]
        if missing:
            raise WorldError(f"not installed: {', '.join(missing)}")
        os.environ["PATH"] = self._path()
        try:
            self._make_directory()
            self.guard = Guard()
            self.ports = self._choose_ports()
            self._write_everything()
            for server in self.servers.values():
                server.start()
            self._wait_until_served()
        except BaseException:
            self.stop()
            raise

    def stop(self):
        for server in self.servers.values():
            server.stop()
        self.servers = {}
        if self.guard:
            self.guard.close()
            self.guard = None
        if self._is_temporary and self.directory:
            shutil.rmtree(self.directory, ignore_errors=True)

    def describe(self):
        return {
            "directory": str(self.directory), "settings_file": str(self.settings_file),
            "ca_file": str(self.authority.ca_file), "ports": self.ports,
            "domains": [{"name": domain.name, "fault": domain.fault, "outcome": domain.outcome,
                         "policy_address": policy_address(domain),
                         "findings": [dataclasses.asdict(finding) for finding in domain.findings]}
                        for domain in self.domains],
            "mail_hosts": {host.name: mail_address(host) for host in servers.listening_hosts()},
        }

    # Changes at run time.

    def set_policy(self, domain_name, text):
        """Replaces the policy file; None removes it."""
        file = servers.policy_file(self._folder("nginx"), domain_name)
        if text is None:
            file.unlink(missing_ok=True)
            return
        file.parent.mkdir(parents=True, exist_ok=True)
        fresh = file.with_suffix(".new")
        fresh.write_bytes(text.encode())
        fresh.replace(file)

    def set_records(self, owner, kind, values):
        """Replaces one RRset; without values, removes it. TXT values are plain text, others presentation form."""
        zone = zone_of(owner, self.zones)
        zone.sets.pop((owner, kind), None)
        if values:
            zone.sets[owner, kind] = list(values)
        zone.serial += 1
        servers.zone_file(self._folder("nsd"), zone.name).write_text(zone.text())
        run("nsd-control", "-c", self._folder("nsd") / "nsd.conf", "reload", f"{zone.name}.")
        wait_until(lambda: served_serial(zone.name, self.ports["nsd"]) == zone.serial, f"serial of {zone.name}.")
        run("unbound-control", "-c", self._folder("unbound") / "unbound.conf", "flush_zone", f"{zone.name}.")

    def set_policy_certificate(self, domain_name, kind):
        """Gives the policy host a new key and certificate of that kind."""
        self.authority.issue(self.domain(domain_name).policy_host, kind)
        before = self._nginx_workers()
        self.servers["nginx"].signal(signal.SIGHUP)
        wait_until(lambda: not before & self._nginx_workers(), "nginx to reload")

    def set_mail_certificate(self, host_name, kind):
        """Gives the mail host a new key and certificate of that kind."""
        self.authority.issue(host_name, kind)
        self.restart("postfix")

    def halt(self, server_name):
        """Stops only nsd, unbound, nginx or postfix."""
        self.servers[server_name].stop()

    def resume(self, server_name):
        self.servers[server_name].start()
        self._wait_until_served([server_name])

    def restart(self, server_name):
        self.halt(server_name)
        self.resume(server_name)

    def add_server(self, name, command):
        """Starts another program that ends with the world; its output goes to <name>.log."""
        server = Server(name, command, self.directory / f"{name}.log", self.guard)
        self.servers[name] = server
        server.start()
        return server

    # Setup.

    @staticmethod
    def _path():
        return os.environ.get("PATH", "/usr/bin:/bin") + ":/usr/sbin:/sbin"

    def _folder(self, name):
        return self.directory / name

    def _make_directory(self):
        if self._is_temporary:
            self.directory = Path(tempfile.mkdtemp(prefix="world-"))
        elif self.directory.exists() and any(self.directory.iterdir()):
            raise WorldError(f"{self.directory} is not empty")
        if len(str(self.directory)) > LONGEST_DIRECTORY or any(mark.isspace() for mark in str(self.directory)):
            raise WorldError(f"{self.directory}: at most {LONGEST_DIRECTORY} characters, without blanks")
        for folder in (self.directory, *map(self._folder, ("nsd", "unbound", "nginx", "postfix"))):
            folder.mkdir(parents=True, exist_ok=True)
            folder.chmod(0o755)
        closed = [folder for folder in self.directory.parents if not folder.stat().st_mode & stat.S_IXOTH]
        if closed:
            raise WorldError(f"{self.directory}: Postfix's own user must get there; {closed[0]} is closed to others")

    @staticmethod
    def _choose_ports():
        ports = set()
        while len(ports) < len(PORT_NAMES):
            ports.add(free_port())
        return dict(zip(PORT_NAMES, ports))

    def _write_everything(self):
        self.authority = CertificateAuthority(self.directory / "ca")
        certificates = {domain.policy_host: domain.certificate for domain in self.domains
                        if domain.web in servers.ANSWERS}
        certificates |= {host.name: host.certificate for host in MAIL_HOSTS}
        leaves = {host: self.authority.files_of(host) for host in certificates}
        self.zones = zones_of(self.domains)
        for domain in self.domains:
            self.set_policy(domain.name, domain.policy)
        self.settings_file.write_text(self._settings())
        ports, folder = self.ports, self._folder
        commands = {
            "nsd": servers.nsd(folder("nsd"), ports["nsd"], self.domains, self.zones),
            "unbound": servers.unbound(folder("unbound"), ports["dns"], ports["nsd"]),
            "nginx": servers.nginx(folder("nginx"), ports["https"], self.domains, leaves),
        }
        # Postfix and openssl take seconds each, so they run in parallel.
        with ThreadPoolExecutor(max_workers=1) as aside:
            postfix = aside.submit(servers.postfix, folder("postfix"), ports["smtp"], leaves)
            self.authority.create()
            for host, kind in certificates.items():
                self.authority.issue(host, kind)
            commands["postfix"] = postfix.result()
        for name, command in commands.items():
            self.servers[name] = Server(name, command, self.directory / f"{name}.log", self.guard)

    def _settings(self):
        # A JSON list of strings is a TOML array, too.
        return SETTINGS.format(domains=json.dumps([domain.name for domain in self.domains], indent=4), ports=self.ports,
                               ca_file=self.authority.ca_file, canary_https=json.dumps([CANARY_POLICY_HOST]),
                               canary_smtp=json.dumps(CANARY_MAIL_HOSTS),
                               families=json.dumps(["ipv4", "ipv6"] if self.ipv6 else ["ipv4"]))

    def _wait_until_served(self, names=("nsd", "unbound", "nginx", "postfix")):
        canary = self.domain("healthy.test")
        first_mail_host = next(host for host in MAIL_HOSTS if host.name in CANARY_MAIL_HOSTS)
        conditions = {
            "nsd": lambda: served_serial("", self.ports["nsd"]),
            "unbound": lambda: served_serial("", self.ports["dns"]),
            "nginx": lambda: accepts(policy_address(canary), self.ports["https"]),
            "postfix": lambda: greets(mail_address(first_mail_host), self.ports["smtp"]),
        }
        for name in names:
            wait_until(conditions[name], f"{name} to answer", servers=[self.servers[name]])

    def _nginx_workers(self):
        master = self.servers["nginx"].pid
        return set(Path(f"/proc/{master}/task/{master}/children").read_text().split())


def greets(address, port):
    """True when a mail server responds with 220."""
    try:
        with socket.create_connection((address, port), timeout=5) as connection:
            return connection.recv(512).startswith(b"220")
    except OSError:
        return False


class Stopped(BaseException):
    """SIGINT or SIGTERM arrived."""


@contextlib.contextmanager
def stopped_by_signals():
    """Raises Stopped at the first signal; later signals do not interrupt the cleanup."""
    def stop(*_):
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        raise Stopped
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    with contextlib.suppress(Stopped):
        yield


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("command", choices=["up"], help="start everything, run until SIGINT or SIGTERM")
    parser.add_argument("--dir", help="an empty folder for the files of this run, kept afterwards")
    arguments = parser.parse_args()
    try:
        with stopped_by_signals(), World(arguments.dir) as world:
            print(json.dumps(world.describe(), indent=2), flush=True)
            while True:
                time.sleep(3600)
    except WorldError as error:
        print(error, file=sys.stderr)
        sys.exit(os.EX_UNAVAILABLE)


if __name__ == "__main__":
    main()
