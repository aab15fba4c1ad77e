# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
"""DNS content: the records of the table of domains, grouped into zones, as zone files."""

import socket
from dataclasses import dataclass, field

from domains import DOMAINS, MAIL_HOSTS, Web

TTL_SECONDS = 1
NAME_SERVER = "ns.test"
# The provider's names are the targets of CNAMEs; the two others make `. NS` and `. SOA` answerable.
OTHER_ZONES = ("", "test", "provider.test")


@dataclass
class Zone:
    """One zone; `sets` maps (owner without final dot, type) to the values of that RRset."""
    name: str
    serial: int = 1
    sets: dict = field(default_factory=dict)

    def text(self):
        lines = [f"$TTL {TTL_SECONDS}",
                 f"{self.name}. SOA {NAME_SERVER}. hostmaster.test. {self.serial} 3600 600 86400 {TTL_SECONDS}",
                 f"{self.name}. NS {NAME_SERVER}."]
        for (owner, kind), values in self.sets.items():
            lines += [f"{owner}. {kind} {rdata(kind, value)}" for value in values]
        return "\n".join(lines) + "\n"


def rdata(kind, value):
    """Presentation form; a TXT value is its plain text."""
    if kind != "TXT":
        return value
    pieces = [value[start:start + 255] for start in range(0, len(value), 255)] or [""]
    return " ".join('"' + piece.replace("\\", "\\\\").replace('"', '\\"') + '"' for piece in pieces)


def servfail_zones(domains):
    """Zones configured in the name server without content, so that it responds with SERVFAIL."""
    return [f"_mta-sts.{domain.name}" for domain in domains if domain.record_servfail]


def policy_address(domain):
    return f"127.0.10.{DOMAINS.index(domain) + 1}"


def stale_address(domain):
    return f"127.0.11.{DOMAINS.index(domain) + 1}"


def mail_address(host):
    return f"127.0.20.{MAIL_HOSTS.index(host) + 1}"


def zone_of(name, zones):
    """The zone with the longest name that contains `name`; `zones` maps names to zones and includes the root, ""."""
    while name not in zones:
        name = name.partition(".")[2]
    return zones[name]


def zones_of(domains):
    zones = {name: Zone(name) for name in (*OTHER_ZONES, *(domain.name for domain in domains))}
    records = [(NAME_SERVER, "A", "127.0.0.1")]
    for domain in domains:
        records += domain_records(domain)
    wanted = {name for domain in domains for name in domain.mx}
    for host in MAIL_HOSTS:
        if host.name in wanted:
            records += mail_host_records(host)
    for owner, kind, value in records:
        zone_of(owner, zones).sets.setdefault((owner, kind), []).append(value)
    return zones


def domain_records(domain):
    record_name, host_name = f"_mta-sts.{domain.name}", domain.policy_host
    records = [(domain.name, "MX", f"{10 * rank} {host}.") for rank, host in enumerate(domain.mx, 1)]
    records += [(f"_smtp._tls.{domain.name}", "TXT", text) for text in domain.tlsrpt]
    if domain.record_alias:
        records.append((record_name, "CNAME", domain.record_alias + "."))
        record_name = domain.record_alias
    if not domain.record_servfail:
        records += [(record_name, "TXT", text) for text in domain.record]
    if domain.web_alias:
        records.append((host_name, "CNAME", domain.web_alias + "."))
        host_name = domain.web_alias
    if domain.web is not Web.nxdomain:
        records.append((host_name, "A", policy_address(domain)))
    if domain.web_stale:
        records.append((host_name, "A", stale_address(domain)))
    if domain.web_ipv6:
        records.append((host_name, "AAAA", "::1"))
    return records


def mail_host_records(host):
    name = host.canonical_name or host.name
    records = [(name, "A", mail_address(host))]
    if host.canonical_name:
        records.append((host.name, "CNAME", name + "."))
    if host.ipv6_refused:
        records.append((name, "AAAA", "::1"))
    return records


def serial_query(zone_name):
    """A DNS query for the zone's SOA."""
    labels = [label.encode() for label in zone_name.split(".") if label]
    name = b"".join(bytes([len(label)]) + label for label in labels) + b"\0"
    return b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00" + name + b"\x00\x06\x00\x01"


def served_serial(zone_name, port, address="127.0.0.1"):
    """The zone's serial as the address serves it now, or None."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as connection:
        connection.settimeout(1)
        try:
            connection.connect((address, port))
            connection.send(serial_query(zone_name))
            answer = connection.recv(4096)
        except OSError:
            return None
    has_one_answer = len(answer) > 12 and answer[3] & 0x0F == 0 and answer[6:8] == b"\0\1"
    return answered_serial(answer, len(serial_query(zone_name))) if has_one_answer else None


def answered_serial(answer, position):
    """The serial in the SOA record that begins at `position`: the first of the five numbers at its end."""
    while answer[position] not in (0, 0xC0):
        position += 1 + answer[position]
    position += 2 if answer[position] else 1
    end = position + 10 + int.from_bytes(answer[position + 8:position + 10], "big")
    return int.from_bytes(answer[end - 20:end - 16], "big")
