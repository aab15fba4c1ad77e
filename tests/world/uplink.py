# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
"""The agent behind real resolvers, Unbound and BIND, that lose their network while their caches are warm: every domain
must become unknown, none may ever fail, and everything must be fine again when the network is back.

    python3 tests/world/uplink.py --agent BUILD/mtasts-exporter [unittest's own arguments]

The agents and their resolvers are in one network namespace, the authoritative server (NSD) and the policy hosts in
another; a pair of virtual Ethernet devices joins them. Skipped where the kernel allows neither.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

from agent import command_line, fetch, is_healthy
from certificates import CertificateAuthority
from domains import Certificate
from processes import Guard, Server, WorldError, require_root, wait_until
from servers import NSD

INSIDE, INTERNET = "10.99.0.2", "10.99.0.1"
CANARY_ZONES = ("beta", "gamma")
# The records of every other domain stay in the resolvers' caches for the whole test.
DOMAINS = {f"d{number}.alpha": (1 if number % 2 else 3600) for number in range(8)}
CANARY_HOST = "mta-sts.canary.alpha"
RESOLVERS = {"unbound": 5301, "bind": 5302}
WEB_PORTS = {"unbound": 10101, "bind": 10102}
TELEMETRY_PORTS = {"unbound": 10201, "bind": 10202}
CHANNEL = re.compile(r'^mtasts_channel_alive\{channel="(\w+)"\} (\d)$', re.MULTILINE)
INSIDE_MARK = "MTASTS_UPLINK_TEST_INSIDE"
# Longer than the agent's timeouts and two rounds of checks.
BLIND_SECONDS = 12
agent_binary = None

# As installed, but for the root servers and the times after which a dead server is tried again.
UNBOUND = """\
server:
    interface: 127.0.0.1@{port}
    do-ip6: no
    username: ""
    chroot: ""
    directory: "{directory}"
    pidfile: "{directory}/unbound.pid"
    use-syslog: no
    do-daemonize: no
    module-config: "iterator"
    root-hints: "{hints}"
    infra-keep-probing: yes
    infra-host-ttl: 2
remote-control:
    control-enable: no
"""

BIND = """\
options {{
    directory "{directory}";
    pid-file "{directory}/named.pid";
    session-keyfile "{directory}/session.key";
    listen-on port {port} {{ 127.0.0.1; }};
    listen-on-v6 {{ none; }};
    recursion yes;
    dnssec-validation no;
}};
controls {{ }};
zone "." {{ type hint; file "{hints}"; }};
"""

SETTINGS = """\
domains = {domains}
[check]
interval = "2s"
smtp_interval = "2s"
timeout = "20s"
[dns]
servers = ["127.0.0.1:{port}"]
timeout = "1s"
tries = 2
[https]
timeout = "2s"
ca_file = "{ca_file}"
[smtp]
enabled = false
[canary]
dns = {zones}
https = ["{canary}"]
[network]
allow_private_addresses = true
families = ["ipv4"]
[state]
path = ":memory:"
[web]
listen = ["127.0.0.1:{web}"]
[telemetry]
listen = "127.0.0.1:{telemetry}"
"""

POLICY_HOSTS = """\
import http.server, json, ssl, sys
names = json.loads(sys.argv[1])
contexts = {}
for name, (key, chain) in names.items():
    contexts[name] = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    contexts[name].load_cert_chain(chain, key)
def choose(session, name, _):
    session.context = contexts.get(name, session.context)
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        domain = self.headers["Host"].removeprefix("mta-sts.")
        body = f"version: STSv1\\r\\nmode: enforce\\r\\nmx: mx.{domain}\\r\\nmax_age: 2592000\\r\\n".encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
first = next(iter(contexts.values()))
first.sni_callback = choose
server = http.server.ThreadingHTTPServer((sys.argv[2], 443), Handler)
server.socket = first.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
server.serve_forever()
"""


def run(*words):
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, timeout=30)
    if done.returncode != 0:
        raise WorldError(f"{' '.join(map(str, words))}: {done.stderr.strip()}")


def zone_text(name, records):
    origin = f"{name}." if name else "."
    lines = [f"{origin} 3600 SOA ns.alpha. host.alpha. 1 3600 600 86400 1", f"{origin} 3600 NS ns.alpha."]
    return "\n".join(lines + records) + "\n"


def zones():
    root = [f"{name}. 3600 NS ns.alpha." for name in ("alpha", *CANARY_ZONES)] + [f"ns.alpha. 3600 A {INTERNET}"]
    alpha = [f"ns.alpha. 3600 A {INTERNET}", f"{CANARY_HOST}. 3600 A {INTERNET}"]
    for name, ttl in DOMAINS.items():
        alpha += [f'_mta-sts.{name}. {ttl} TXT "v=STSv1; id=1;"', f"mta-sts.{name}. {ttl} A {INTERNET}",
                  f'_smtp._tls.{name}. {ttl} TXT "v=TLSRPTv1; rua=mailto:reports@{name}"',
                  f"{name}. {ttl} MX 10 mx.{name}.", f"mx.{name}. {ttl} A {INTERNET}"]
    return {"": zone_text("", root), "alpha": zone_text("alpha", alpha),
            **{name: zone_text(name, []) for name in CANARY_ZONES}}


class Uplink:
    """The internet in a namespace of its own, and the resolvers on this side of the cable."""

    def __init__(self):
        self.directory = Path(tempfile.mkdtemp(prefix="uplink-"))
        self.guard = Guard()
        self.servers = {}
        self.internet = None

    def start(self, name, command):
        server = Server(name, command, self.directory / f"{name}.log", self.guard)
        self.servers[name] = server
        server.start()
        return server

    def stop(self):
        for server in reversed(self.servers.values()):
            server.stop()
        self.guard.close()
        shutil.rmtree(self.directory, ignore_errors=True)

    def there(self, *words):
        """A command in the internet's namespace."""
        return ["nsenter", f"--net=/proc/{self.internet.pid}/ns/net", *map(str, words)]

    def lay_cable(self):
        self.internet = self.start("internet", ["unshare", "--net", "sleep", "infinity"])
        mine = os.readlink("/proc/self/ns/net")
        wait_until(lambda: os.readlink(f"/proc/{self.internet.pid}/ns/net") != mine, "the namespace")
        run("ip", "link", "set", "lo", "up")
        run("ip", "link", "add", "up0", "type", "veth", "peer", "name", "up1", "netns", self.internet.pid)
        run("ip", "address", "add", f"{INSIDE}/24", "dev", "up0")
        run("ip", "link", "set", "up0", "up")
        run("ip", "route", "add", "default", "via", INTERNET)
        for words in (("address", "add", f"{INTERNET}/24", "dev", "up1"), ("link", "set", "lo", "up")):
            run(*self.there("ip", *words))
        self.restore()

    def cut(self):
        run(*self.there("ip", "link", "set", "up1", "down"))

    def restore(self):
        run(*self.there("ip", "link", "set", "up1", "up"))

    def open_internet(self):
        folder = self.directory / "nsd"
        folder.mkdir()
        text = NSD.format(address=INTERNET, directory=folder)
        for name, records in zones().items():
            (folder / f"{name or 'root'}.zone").write_text(records)
            text += f'zone:\n    name: "{name}."\n    zonefile: "{name or "root"}.zone"\n'
        (folder / "nsd.conf").write_text(text)
        self.start("nsd", self.there("nsd", "-d", "-c", folder / "nsd.conf"))
        authority = CertificateAuthority(self.directory / "ca")
        authority.create()
        leaves = {}
        for host in (CANARY_HOST, *(f"mta-sts.{name}" for name in DOMAINS)):
            authority.issue(host, Certificate.valid)
            leaf = authority.files_of(host)
            leaves[host] = (str(leaf.key_file), str(leaf.chain_file))
        self.start("policy-hosts", self.there(sys.executable, "-c", POLICY_HOSTS, json.dumps(leaves), INTERNET))
        return authority.ca_file

    def start_resolvers(self):
        hints = self.directory / "root.hints"
        hints.write_text(f". 3600000 NS ns.alpha.\nns.alpha. 3600000 A {INTERNET}\n")
        for name, text, command in (("unbound", UNBOUND, ("unbound", "-d", "-c")), ("bind", BIND, ("named", "-g", "-c"))):
            folder = self.directory / name
            folder.mkdir()
            file = folder / "resolver.conf"
            file.write_text(text.format(directory=folder, port=RESOLVERS[name], hints=hints))
            self.start(name, [*command, file])

    def start_agents(self, ca_file):
        for name, port in RESOLVERS.items():
            file = self.directory / f"{name}.toml"
            file.write_text(SETTINGS.format(domains=json.dumps(list(DOMAINS)), port=port, ca_file=ca_file,
                                            zones=json.dumps(CANARY_ZONES), canary=CANARY_HOST, web=WEB_PORTS[name],
                                            telemetry=TELEMETRY_PORTS[name]))
            self.start(f"agent-{name}", [agent_binary, "serve", "--config", file])


def reports(name):
    """{domain: report} of the agent that uses this resolver."""
    found = {}
    for domain in DOMAINS:
        status, body = fetch(WEB_PORTS[name], f"/api/v1/domains/{domain}")
        if status == 200:
            found[domain] = json.loads(body)
    return found


def channels(name):
    """mtasts_channel_alive of the channels that are used here."""
    text = fetch(TELEMETRY_PORTS[name], "/metrics")[1]
    return {channel: int(value) for channel, value in CHANNEL.findall(text) if channel != "smtp"}


def told(report):
    return [(finding["code"], finding["severity"], finding["message"]) for finding in report["findings"]
            if finding["severity"] != "info"]


class UplinkTests(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.uplink = Uplink()
        cls.addClassCleanup(cls.uplink.stop)
        try:
            cls.uplink.lay_cable()
        except WorldError as error:
            raise unittest.SkipTest(f"no virtual Ethernet devices here: {error}") from error
        ca_file = cls.uplink.open_internet()
        cls.uplink.start_resolvers()
        cls.uplink.start_agents(ca_file)

    def wait_for(self, condition, what, seconds=30.0):
        for name in RESOLVERS:
            wait_until(lambda: condition(name), f"{what} ({name})", seconds, list(self.uplink.servers.values()))

    @staticmethod
    def all_are(outcome):
        def condition(name):
            found = reports(name)
            return len(found) == len(DOMAINS) and all(report["outcome"] == outcome for report in found.values())
        return condition

    def watch(self, seconds):
        """Every report that appears within the time: {(resolver, domain): [report, …]}."""
        seen = {}
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            for name in RESOLVERS:
                for domain, report in reports(name).items():
                    known = seen.setdefault((name, domain), [])
                    if not known or known[-1]["checked_at"] != report["checked_at"]:
                        known.append(report)
            time.sleep(0.2)
        return seen

    def test_a_lost_uplink_is_nobodys_fault(self):
        self.wait_for(lambda name: is_healthy(WEB_PORTS[name]), "the agent")
        self.wait_for(self.all_are("ok"), "every domain to be ok", 45.0)
        # The metric is renewed once a second.
        self.wait_for(lambda name: channels(name) == {"dns": 1, "https": 1}, "the channels to be alive", 10.0)

        self.uplink.cut()
        seen = self.watch(BLIND_SECONDS)
        for (name, domain), history in seen.items():
            with self.subTest(resolver=name, domain=domain):
                self.assertGreater(len(history), 1, "it was not checked again")
                for report in history:
                    self.assertIn(report["outcome"], ("ok", "unknown"), told(report))
                self.assertEqual(history[-1]["outcome"], "unknown", told(history[-1]))
                self.assertTrue(told(history[-1]), "an unknown without a reason")
                if DOMAINS[domain] == 1:
                    self.assertIn("probe-dns-unreachable", [code for code, _, _ in told(history[-1])])
        # What MtastsAgentBlind fires on.
        self.wait_for(lambda name: channels(name) == {"dns": 0, "https": 0}, "the channels to be dead", 10.0)

        self.uplink.restore()
        self.wait_for(self.all_are("ok"), "every domain to be ok again", 60.0)
        self.wait_for(lambda name: channels(name) == {"dns": 1, "https": 1}, "the channels to be alive again", 60.0)


def main():
    global agent_binary
    agent_binary, rest = command_line(__doc__)
    agent_binary = str(Path(agent_binary).resolve())
    require_root()
    os.environ["PATH"] = os.environ.get("PATH", "/usr/bin:/bin") + ":/usr/sbin:/sbin"
    if INSIDE_MARK not in os.environ:
        if subprocess.run(["unshare", "--net", "true"], capture_output=True, check=False).returncode != 0:
            print("skipped: this kernel does not allow network namespaces", file=sys.stderr)
            return
        os.environ[INSIDE_MARK] = "1"
        os.execvp("unshare", ["unshare", "--net", sys.executable, "-B", *sys.argv])
    unittest.main(argv=[sys.argv[0], *rest], verbosity=2)


if __name__ == "__main__":
    try:
        main()
    except WorldError as error:
        sys.exit(str(error))
