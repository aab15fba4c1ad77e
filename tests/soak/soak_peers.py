# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
"""The peers of the soak, on loopback, in one process and one loop: name server, policy hosts, mail servers.

Reads one line of JSON (directory, domains, period_seconds), answers with one (the ports), and ends with its input. The
line "calm" stops the flapping: from then on whatever flaps is healthy."""

import asyncio
import json
import logging
import random
import socket
import ssl
import struct
import subprocess
import sys
import time
import zlib
from pathlib import Path

from population import CROWDS, FLAPPING, HOSTILE, NAMES_OF_CROWD, PROVIDERS, kind_of, number_of

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "torture"))
from peers import A, HOSTILE_TEXT, MX, TXT, mx_octets, name_octets, txt_octets  # noqa: E402

GOOD = [f"127.0.7.{number}" for number in range(1, 9)]
REFUSED, SILENT, TRICKLING, NO_STARTTLS = (f"127.0.7.{number}" for number in range(201, 205))  # nobody listens on REFUSED
OWN_MAIL = {"mail-refused": REFUSED, "no-starttls": NO_STARTTLS}
BAD_SHARE = 0.4        # of a period, for which what flaps is not healthy
HELD_SECONDS = 15.0    # for which a hostile peer holds a connection
IDLE_SECONDS = 20.0    # after which a peer gives up
DOMAINS_OF_CERTIFICATE = 50
LONGEST_DATAGRAM = 1232  # octets


class World:
    """What the zones hold and how the hosts behave now."""

    def __init__(self, period_seconds):
        self._period_seconds = period_seconds
        self._began = time.monotonic()
        self._random = random.Random(13)
        self.calm = False

    def is_bad(self, domain):
        """Whether a domain that flaps is at fault now."""
        if self.calm or kind_of(domain) not in FLAPPING:
            return False
        place = (time.monotonic() - self._began) / self._period_seconds + (zlib.crc32(domain.encode()) % 1000) / 1000
        return place > 1 and place % 1 < BAD_SHARE

    def answer(self, name, kind):
        """Records, empty for no data; None: no answer at all."""
        labels = name.split(".")
        domain = ".".join(labels[-2:])
        try:
            what = kind_of(domain)
            number_of(domain)
        except ValueError:
            return []
        if what == "dead-names" and labels[0].startswith("h") and len(labels) == 3:
            return None
        bad = self.is_bad(domain)
        if bad and what == "dns-silent":
            return None
        if kind == A:
            address = self._address(labels[0], domain, what, bad) if len(labels) == 3 else None
            return [socket.inet_aton(address)] if address else []
        if kind == MX and len(labels) == 2:
            return self._mx(domain, what, bad)
        if kind == TXT:
            return self._texts(name, domain, what, bad)
        return [] if len(labels) > 1 else None

    @staticmethod
    def _address(host, domain, what, bad):
        good = GOOD[zlib.crc32(f"{host}.{domain}".encode()) % len(GOOD)]
        if host == "mta-sts":
            if what == "policy-refused" and bad:
                return REFUSED
            return {"silent-policy": SILENT, "trickling-policy": TRICKLING}.get(what, good)
        if host.startswith("h") or what == "provider" or host in ("mx", "mx2"):
            if host == "mx" and bad:
                good = OWN_MAIL.get(what, good)
            return {"silent-mail": SILENT, "trickling-mail": TRICKLING}.get(what, good)
        return None

    def _mx(self, domain, what, bad):
        if what == "new-names":
            return [mx_octets(f"h{self._random.randrange(10**9)}.{domain}") for _ in range(NAMES_OF_CROWD)]
        if what in CROWDS:
            return [mx_octets(f"h{number}.{domain}") for number in range(NAMES_OF_CROWD)]
        if what in FLAPPING or what in HOSTILE:
            hosts = ("mx", "mx2") if what == "mx-changed" and bad else ("mx",)
            return [mx_octets(f"{host}.{domain}") for host in hosts]
        return [mx_octets(f"{host}.provider-{number_of(domain) % PROVIDERS}.test") for host in ("mx", "mx2")]

    def _texts(self, name, domain, what, bad):
        if name == f"_smtp._tls.{domain}":
            return [txt_octets(b"v=TLSRPTv1; rua=mailto:reports@" + domain.encode())]
        if name != f"_mta-sts.{domain}" or (what == "record-gone" and bad):
            return []
        if what == "new-records":
            new = b"v=STSv1; id=%d;" % self._random.randrange(10**9)
            return [txt_octets(new if number_of(domain) % 2 else HOSTILE_TEXT + new)]
        return [txt_octets(b"v=STSv1; id=%d;" % (2 if bad and what in ("policy-changed", "mode-changed") else 1))]

    def policy(self, domain):
        what, bad = kind_of(domain), self.is_bad(domain)
        own = what in FLAPPING or what in HOSTILE or what in CROWDS
        pattern = f"*.{domain}" if own else f"*.provider-{number_of(domain) % PROVIDERS}.test"
        mode = "testing" if bad and what == "mode-changed" else "enforce"
        max_age = 1209600 if bad and what == "policy-changed" else 2419200
        return f"version: STSv1\r\nmode: {mode}\r\nmx: {pattern}\r\nmax_age: {max_age}\r\n".encode()


class NameServer(asyncio.DatagramProtocol):
    def __init__(self, world):
        self._world = world

    def connection_made(self, transport):
        self._transport = transport

    def datagram_received(self, data, addr):
        response = self.respond(data)
        if response is None:
            return
        if len(response) > LONGEST_DATAGRAM:
            end = data.index(b"\0", 12) + 5
            response = data[:2] + b"\x87\x80\0\1\0\0\0\0\0\0" + data[12:end]
        self._transport.sendto(response, addr)

    def respond(self, query):
        try:
            labels, at = [], 12
            while query[at]:
                labels.append(query[at + 1:at + 1 + query[at]].decode("latin-1").lower())
                at += query[at] + 1
            kind = struct.unpack(">H", query[at + 1:at + 3])[0]
        except (IndexError, struct.error):
            return None
        records = self._world.answer(".".join(labels), kind)
        if records is None:
            return None
        answers = b"".join(b"\xc0\x0c" + struct.pack(">HHIH", kind, 1, 30, len(data)) + data for data in records)
        return query[:2] + b"\x85\x80" + struct.pack(">HHHH", 1, len(records), 0, 0) + query[12:at + 5] + answers

    async def serve(self, reader, writer):
        while True:
            query = await reader.readexactly(struct.unpack(">H", await reader.readexactly(2))[0])
            response = self.respond(query)
            if response is not None:
                writer.write(struct.pack(">H", len(response)) + response)


class Certificates:
    """An authority and a certificate for every fifty domains; `context` chooses by the name that a client sends."""

    def __init__(self, directory, domains):
        self.ca = directory / "ca.pem"
        self._directory = directory
        curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
        self._openssl("req", "-x509", *curve, "-keyout", "ca.key", "-out", self.ca, "-days", 3000, "-subj", "/CN=Soak CA")
        self._openssl("req", *curve, "-keyout", "key.pem", "-out", "leaf.csr", "-subj", "/CN=soak")
        providers = [f"provider-{number}.test" for number in range(PROVIDERS)]
        self._contexts = {}
        groups = [domains[at:at + DOMAINS_OF_CERTIFICATE] for at in range(0, len(domains), DOMAINS_OF_CERTIFICATE)]
        for number, group in enumerate([providers, *groups, ["other.test"]]):
            context = self._issue(number, group)
            self._contexts.update(dict.fromkeys(group, context))

    def _openssl(self, *words):
        subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True, cwd=self._directory, timeout=60)

    def _issue(self, number, domains):
        chain = self._directory / f"chain-{number}.pem"
        names = self._directory / f"names-{number}.txt"
        names.write_text("subjectAltName=" + ",".join(f"DNS:mta-sts.{domain},DNS:*.{domain}" for domain in domains))
        self._openssl("x509", "-req", "-in", "leaf.csr", "-CA", self.ca, "-CAkey", "ca.key", "-CAcreateserial",
                      "-days", 300, "-extfile", names, "-out", chain)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(chain, self._directory / "key.pem")
        return context

    def server_context(self, world):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self._directory / "chain-0.pem", self._directory / "key.pem")

        def choose(connection, name, _):
            domain = ".".join((name or "").lower().split(".")[-2:])
            wrong = world.is_bad(domain) and kind_of(domain) == "wrong-certificate"
            connection.context = self._contexts["other.test" if wrong else domain]
        context.sni_callback = lambda connection, name, own: None if name is None else choose(connection, name, own)
        return context


class Hosts:
    def __init__(self, world, context):
        self._world = world
        self._context = context

    async def policy(self, reader, writer):
        address = writer.get_extra_info("sockname")[0]
        request = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        host = next((line[6:].strip() for line in request.split("\r\n") if line.lower().startswith("host: ")), "")
        domain = host.split(":")[0].lower().removeprefix("mta-sts.")
        what, body = kind_of(domain), self._world.policy(domain)
        head = b"Content-Type: text/plain\r\n"
        if what == "endless-head":
            writer.write(b"HTTP/1.1 200 OK\r\n" + head)
            for number in range(2000):
                await self._more(writer, b"X-%d: %s\r\n" % (number, b"a" * 60))
        elif what == "big-body":
            writer.write(b"HTTP/1.1 200 OK\r\n" + head + b"\r\n")
            for _ in range(32):
                await self._more(writer, b"# more\r\n" * 1024)
        else:
            failing = what == "policy-error" and self._world.is_bad(domain)
            status = b"HTTP/1.1 503 Service Unavailable\r\n" if failing else b"HTTP/1.1 200 OK\r\n"
            await self._send(writer, address, status + head + b"Content-Length: %d\r\n\r\n" % len(body) + body)

    async def mail(self, reader, writer):
        address = writer.get_extra_info("sockname")[0]
        await self._send(writer, address, b"220 mx.test ESMTP\r\n")
        await reader.readline()
        if address == NO_STARTTLS:
            writer.write(b"250-mx.test\r\n250 SIZE 10000\r\n")
            await reader.readline()
            writer.write(b"221 bye\r\n")
            return
        await self._send(writer, address, b"250-mx.test\r\n250-SIZE 10000\r\n250 STARTTLS\r\n")
        await reader.readline()
        await self._send(writer, address, b"220 go ahead\r\n")
        await writer.start_tls(self._context)
        await reader.readline()
        writer.write(b"250 mx.test\r\n")
        await reader.readline()
        writer.write(b"221 bye\r\n")

    @staticmethod
    async def silent(reader, writer):
        await asyncio.sleep(HELD_SECONDS)

    @staticmethod
    async def _more(writer, octets):
        if writer.is_closing():
            raise ConnectionResetError("the agent hung up")
        writer.write(octets)
        await writer.drain()

    @staticmethod
    async def _send(writer, address, octets):
        if address != TRICKLING:
            writer.write(octets)
            return
        end = time.monotonic() + HELD_SECONDS
        for at in range(len(octets)):
            if time.monotonic() > end:
                break
            await Hosts._more(writer, octets[at:at + 1])
            await asyncio.sleep(0.3)


def bounded(serve):
    """A connection that ends with its time, and never with a traceback: the agent may hang up at any time."""
    async def serve_bounded(reader, writer):
        try:
            await asyncio.wait_for(serve(reader, writer), IDLE_SECONDS)
            await asyncio.wait_for(writer.drain(), IDLE_SECONDS)
        except (OSError, EOFError, asyncio.TimeoutError, asyncio.LimitOverrunError, ValueError, KeyError, AttributeError):
            pass
        finally:
            writer.close()
    return serve_bounded


async def listen(serve, tls):
    """One port on the address of every peer that listens."""
    port = 0
    for address in (*GOOD, SILENT, TRICKLING, NO_STARTTLS):
        quiet = address == SILENT
        server = await asyncio.start_server(bounded(Hosts.silent if quiet else serve), address, port, backlog=200,
                                            ssl=None if quiet else tls, ssl_handshake_timeout=IDLE_SECONDS if tls and not quiet else None)
        SERVERS.append(server)
        port = server.sockets[0].getsockname()[1]
    return port


SERVERS = []  # asyncio keeps weak references alone


async def main():
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda *_: None)  # handshakes that the agent ended
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)  # what was written after it hung up
    commands = asyncio.StreamReader(limit=2**24)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(commands), sys.stdin)
    wanted = json.loads((await commands.readline()).decode())
    certificates = Certificates(Path(wanted["directory"]), wanted["domains"])
    world = World(wanted["period_seconds"])
    context = certificates.server_context(world)
    hosts = Hosts(world, context)
    names = NameServer(world)
    transport, _ = await loop.create_datagram_endpoint(lambda: names, ("127.0.0.1", 0))
    dns = transport.get_extra_info("sockname")[1]
    SERVERS.append(await asyncio.start_server(bounded(names.serve), "127.0.0.1", dns))
    print(json.dumps({"dns": dns, "https": await listen(hosts.policy, context), "smtp": await listen(hosts.mail, None),
                      "ca": str(certificates.ca)}), flush=True)
    while line := await commands.readline():
        world.calm = world.calm or line.strip() == b"calm"


if __name__ == "__main__":
    asyncio.run(main())
