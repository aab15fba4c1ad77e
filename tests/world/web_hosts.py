# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
"""Web servers that serve policies, each at an address of its own, and Unbound, which answers for all names."""

import os
import shutil
import tempfile
from pathlib import Path

from certificates import CertificateAuthority
from domains import Certificate
from processes import Guard, Server, accepts, free_port, wait_until

START_SECONDS = 20.0

SETTINGS = """\
domains = []
[check]
timeout = "30s"
[dns]
servers = ["127.0.0.1:{dns}"]
[https]
port = {https}
timeout = "10s"
ca_file = "{ca_file}"
[canary]
dns = []
https = []
smtp = []
[network]
allow_private_addresses = true
families = ["ipv4"]
[state]
path = ":memory:"
"""

UNBOUND = """\
server:
    interface: 127.0.0.1@{port}
    access-control: 127.0.0.0/8 allow
    local-zone: "test." static
    username: ""
    chroot: ""
    directory: "{directory}"
    pidfile: "{directory}/unbound.pid"
    use-syslog: no
    do-daemonize: no
{data}"""


class WebHosts:
    """Running servers, in a directory that is removed at the end. `ports`: dns, https, and those that are named."""

    def __init__(self, prefix, *port_names):
        self.directory = Path(tempfile.mkdtemp(prefix=prefix))
        self.directory.chmod(0o755)
        self.guard = Guard()
        self.servers = []
        self.ports = {name: free_port() for name in ("dns", "https", *port_names)}
        self.authority = CertificateAuthority(self.directory / "certificates")
        self.leaves = {}

    @staticmethod
    def address(name):
        """The address of the server of that name."""
        raise NotImplementedError

    def stop(self):
        for server in self.servers:
            server.stop()
        self.guard.close()
        shutil.rmtree(self.directory, ignore_errors=True)

    def issue(self, name, host):
        """Gives the server of that name a certificate for the host."""
        self.authority.issue(host, Certificate.valid)
        self.leaves[name] = self.authority.files_of(host)

    def write(self, name, text):
        file = self.directory / name
        file.write_text(text)
        return file

    def write_settings(self):
        """Those of an agent that sees these servers alone."""
        self.write("settings.toml", SETTINGS.format(ca_file=self.authority.ca_file, **self.ports))

    def run(self, name, *command, **environment):
        server = Server(name, command, self.directory / f"{name}.log", self.guard, {**os.environ, **environment})
        self.servers.append(server)
        server.start()

    def run_unbound(self, records):
        data = "".join(f"    local-data: '{record}'\n" for record in records)
        file = self.write("unbound.conf", UNBOUND.format(port=self.ports["dns"], directory=self.directory, data=data))
        self.run("unbound", "unbound", "-d", "-c", file)

    def wait_for(self, names):
        for name in names:
            wait_until(lambda address=self.address(name): accepts(address, self.ports["https"]),
                       f"the server of {name}", START_SECONDS, self.servers)
