# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
"""The peers of the agent under torture, on loopback: name server, policy hosts and mail servers, healthy and hostile ones.

A peer's address says how it behaves, a domain's name says where its hosts are. Every hostile answer is bounded: a few
kilobytes, a few connections, some seconds. Threads that end with the process."""

import random
import socket
import socketserver
import ssl
import struct
import subprocess
import threading
import time

GOOD, SILENT, TRICKLING, ENDLESS_HEAD, BIG_BODY, LONG_CHAIN = (f"127.0.1.{number}" for number in range(1, 7))
ADDRESSES = (GOOD, SILENT, TRICKLING, ENDLESS_HEAD, BIG_BODY, LONG_CHAIN)
# Domains whose policy host or MX host misbehaves, with the address of that host.
HOSTILE = {"silent.test": SILENT, "trickling.test": TRICKLING, "endless-head.test": ENDLESS_HEAD,
           "big-body.test": BIG_BODY, "long-chain.test": LONG_CHAIN}
HOSTED = "hosted.test"  # whose policy the agent serves
HEALTHY = tuple(f"healthy-{number}.test" for number in range(1, 5))
DEAD = tuple(f"dead-{number}.test" for number in range(1, 7))  # MX hosts whose names nobody answers for
FLOOD = "flood.test"                                           # other MX hosts in every answer
TEXTS = "texts.test"                                           # records for a terminal, a page, and a shell
DEAD_NAMES = 60
FLOOD_NAMES = 60
HOSTILE_TEXT = b"v=STSv1; id=\x1b[31m\x07\xc2\x9b31m\xe2\x80\xae\"'><script>alert(1)</script>$(id)`id`;"
PEER_SECONDS = 8.0  # for which a hostile peer holds a connection
A, MX, TXT = 1, 15, 16


def name_octets(name):
    labels = [label.encode() for label in name.split(".") if label]
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def mx_octets(host):
    return struct.pack(">H", 10) + name_octets(host)


def txt_octets(text):
    pieces = [text[at:at + 255] for at in range(0, len(text), 255)]
    return b"".join(bytes([len(piece)]) + piece for piece in pieces)


class Names:
    """What the zones hold. `answer` gives a list of records, empty for no data; None: no answer at all."""

    def __init__(self):
        self.asked_dead = 0
        self.asked_records = {}  # how often the record of each domain was asked for
        self._random = random.Random(13)

    def answer(self, name, kind):
        if name.endswith(".nobody.test"):
            self.asked_dead += 1
            return None
        domain = ".".join(name.split(".")[-2:])
        if kind == A:
            return self._addresses(name, domain)
        if kind == MX and name == domain:
            return self._mx(domain)
        if kind == TXT:
            return self._texts(name, domain)
        return []

    @staticmethod
    def _addresses(name, domain):
        if not name.startswith(("mta-sts.", "mx.", "mx-")):
            return []
        return [socket.inet_aton(HOSTILE.get(domain, GOOD))]

    def _mx(self, domain):
        if domain in DEAD:
            return [mx_octets(f"mx{number}.{domain.removesuffix('.test')}.nobody.test") for number in range(DEAD_NAMES)]
        if domain == FLOOD:
            return [mx_octets(f"mx-{self._random.randrange(10**9)}.{domain}") for _ in range(FLOOD_NAMES)]
        return [mx_octets(f"mx.{domain}")]

    def _texts(self, name, domain):
        if name == f"_mta-sts.{domain}":
            self.asked_records[domain] = self.asked_records.get(domain, 0) + 1
            return [txt_octets(HOSTILE_TEXT if domain == TEXTS else b"v=STSv1; id=20261121;")]
        if name == f"_smtp._tls.{domain}":
            return [txt_octets(b"v=TLSRPTv1; rua=mailto:reports@" + domain.encode())]
        return []


class NameServer:
    """DNS over UDP and TCP; too long answers are cut over UDP."""

    def __init__(self, names):
        self._names = names
        self._udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._udp.bind(("127.0.0.1", 0))
        self.port = self._udp.getsockname()[1]
        self._tcp = socket.create_server(("127.0.0.1", self.port), backlog=200)
        threading.Thread(target=self._serve_udp, daemon=True).start()
        threading.Thread(target=self._serve_tcp, daemon=True).start()

    def _serve_udp(self):
        while True:
            query, peer = self._udp.recvfrom(4096)
            response = self._respond(query)
            if response is not None and len(response) > 1232:
                end = 12 + len(self._question(query))
                response = response[:2] + b"\x87\x80" + b"\0\1\0\0\0\0\0\0" + response[12:end]
            if response is not None:
                self._udp.sendto(response, peer)

    def _serve_tcp(self):
        while True:
            connection, _ = self._tcp.accept()
            threading.Thread(target=self._serve_connection, args=(connection,), daemon=True).start()

    def _serve_connection(self, connection):
        with connection:
            connection.settimeout(10)
            try:
                while size := connection.recv(2, socket.MSG_WAITALL):
                    query = connection.recv(struct.unpack(">H", size)[0], socket.MSG_WAITALL)
                    response = self._respond(query)
                    if response is not None:
                        connection.sendall(struct.pack(">H", len(response)) + response)
            except (OSError, struct.error):
                pass

    @staticmethod
    def _question(query):
        at = 12
        while query[at]:
            at += query[at] + 1
        return query[12:at + 5]

    def _respond(self, query):
        try:
            question = self._question(query)
            labels, at = [], 0
            while question[at]:
                labels.append(question[at + 1:at + 1 + question[at]].decode("latin-1").lower())
                at += question[at] + 1
            kind = struct.unpack(">H", question[-4:-2])[0]
        except (IndexError, struct.error):
            return None
        records = self._names.answer(".".join(labels), kind)
        if records is None:
            return None
        head = query[:2] + b"\x85\x80" + struct.pack(">HHHH", 1, len(records), 0, 0)
        answers = b"".join(b"\xc0\x0c" + struct.pack(">HHIH", kind, 1, 0, len(data)) + data for data in records)
        return head + question + answers


def make_certificates(directory):
    """An authority and one certificate for all hosts; returns (context, context with a long chain, CA file)."""
    ca, key, chain = directory / "ca.pem", directory / "key.pem", directory / "chain.pem"
    names = [f"{host}.{domain}" for domain in (*HEALTHY, *HOSTILE, *DEAD, HOSTED, TEXTS, FLOOD) for host in ("mta-sts", "mx")]
    names.append(f"*.{FLOOD}")
    (directory / "san.txt").write_text("subjectAltName=" + ",".join(f"DNS:{name}" for name in names))

    def openssl(*words):
        subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True, cwd=directory, timeout=60)

    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    openssl("req", "-x509", *curve, "-keyout", "ca.key", "-out", ca, "-days", 3000, "-subj", "/CN=Torture CA")
    openssl("req", *curve, "-keyout", key, "-out", "leaf.csr", "-subj", "/CN=torture")
    openssl("x509", "-req", "-in", "leaf.csr", "-CA", ca, "-CAkey", "ca.key", "-CAcreateserial", "-days", 300,
            "-extfile", "san.txt", "-out", chain)
    long_chain = directory / "long.pem"
    long_chain.write_text(chain.read_text() + 30 * ca.read_text())  # about 15 KB
    return _context(chain, key), _context(long_chain, key), ca


def _context(chain, key):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, key)
    return context


class Peer(socketserver.BaseRequestHandler):
    """One connection; subclasses speak HTTPS or SMTP."""

    def handle(self):
        self.request.settimeout(PEER_SECONDS)
        self.address = self.request.getsockname()[0]
        try:
            if self.address == SILENT:
                time.sleep(PEER_SECONDS)
            else:
                self.serve()
        except (OSError, ValueError):
            pass

    def wrap(self):
        long_chain = self.address == LONG_CHAIN
        self.request = (self.server.long_chain if long_chain else self.server.context).wrap_socket(
            self.request, server_side=True)

    def send(self, octets):
        if self.address != TRICKLING:
            self.request.sendall(octets)
            return
        end = time.monotonic() + PEER_SECONDS
        for at in range(len(octets)):
            if time.monotonic() > end:
                break
            self.request.sendall(octets[at:at + 1])
            time.sleep(0.05)

    def read_until(self, mark):
        received = b""
        while mark not in received and len(received) < 8192:
            piece = self.request.recv(4096)
            if not piece:
                raise OSError("closed")
            received += piece
        return received


class PolicyHost(Peer):
    def serve(self):
        self.wrap()
        request = self.read_until(b"\r\n\r\n").decode("latin-1")
        host = next((line[6:].strip() for line in request.split("\r\n") if line.lower().startswith("host: ")), "")
        domain = host.split(":")[0].removeprefix("mta-sts.")
        body = f"version: STSv1\r\nmode: enforce\r\nmx: *.{domain}\r\nmax_age: 86400\r\n".encode()
        head = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
        if self.address == ENDLESS_HEAD:
            self.request.sendall(head)
            for number in range(2000):
                self.request.sendall(b"X-%d: %s\r\n" % (number, b"a" * 60))
        elif self.address == BIG_BODY:
            self.request.sendall(head + b"\r\n")
            for _ in range(32):
                self.request.sendall(b"# more\r\n" * 1024)
        else:
            self.send(head + b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self.request.unwrap()


class MailHost(Peer):
    def serve(self):
        self.send(b"220 mx.test ESMTP\r\n")
        self.read_until(b"\r\n")
        self.send(b"250-mx.test\r\n250-SIZE 10000\r\n250 STARTTLS\r\n")
        self.read_until(b"\r\n")
        self.send(b"220 go ahead\r\n")
        self.wrap()
        self.read_until(b"\r\n")
        self.send(b"250 mx.test\r\n")
        self.request.recv(100)
        self.send(b"221 bye\r\n")


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 200

    def handle_error(self, request, client_address):
        pass  # the agent may hang up at any time


def start_peers(handler, context, long_chain):
    """Servers on one free port of every peer's address; returns the port."""
    port = 0
    for address in ADDRESSES:
        server = _Server((address, port), handler)
        server.context, server.long_chain = context, long_chain
        port = server.server_address[1]
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 1}, daemon=True).start()
    return port
