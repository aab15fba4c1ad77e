# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
"""Signed zones for dane_cases.py: a root of its own, "test" below it, and a zone for each domain, signed by ldns-signzone
and damaged afterwards where the case says so."""

import hashlib
import re
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from certificates import run
from dane_cases import CASES, Zone, case_of

NAME_SERVER_ADDRESS = "127.0.0.2"
TTL_SECONDS = 300
DAY_SECONDS = 86400
ALGORITHM = "ECDSAP256SHA256"
SIGNED_WITH = {Zone.iterated: ("-n", "-t", "200"), Zone.opt_out: ("-n", "-p")}


def mail_address(case):
    return f"127.0.20.{CASES.index(case) + 1}"


@dataclass(frozen=True)
class Dates:
    """Of signatures, in seconds from now."""
    begin: int
    end: int


VALID = Dates(-DAY_SECONDS, 30 * DAY_SECONDS)
DATES = {Zone.expired: Dates(-20 * DAY_SECONDS, -1000), Zone.early: Dates(DAY_SECONDS, 30 * DAY_SECONDS)}


class Material:
    """What TLSA records are made of: certificates and keys as DER."""

    def __init__(self, authority):
        self._authority = authority
        self._known = {}

    def of(self, what, host, selector):
        """leaf, issuer or root as the host has them; next and other are keys that it does not present."""
        if what in ("leaf", "issuer", "root"):
            file = self._authority.files_of(host).chain_file if what == "leaf" else \
                self._authority.directory / {"issuer": "intermediate.pem", "root": "root.pem"}[what]
            return self._der(file, selector)
        return hashlib.sha256(f"{what} {host} {selector}".encode()).digest() * 3

    def _der(self, file, selector):
        if (file, selector) not in self._known:
            certificate = ["openssl", "x509", "-in", file, "-outform", "DER"]
            key = ["openssl", "x509", "-in", file, "-noout", "-pubkey"]
            octets = subprocess.run(key if selector == 1 else certificate, capture_output=True, check=True).stdout
            if selector == 1:
                octets = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "DER"], input=octets,
                                        capture_output=True, check=True).stdout
            self._known[file, selector] = octets
        return self._known[file, selector]

    def rdata(self, text, host):
        """The data of a TLSA record in presentation form."""
        usage, selector, matching, what, *damage = text.split()
        octets = self.of(what, host, 1 if selector == "1" else 0)
        if matching == "2":
            octets = hashlib.sha512(octets).digest()
        elif matching != "0":
            octets = hashlib.sha256(octets).digest()
        if damage:
            octets = octets[:len(octets) // 2]
        return f"{usage} {selector} {matching} {octets.hex()}"


def records_of(case, material):
    """(owner, type, data) of the domain's own zone; names without final dot."""
    records = [] if case.implicit else [(case.domain, "MX", f"10 {case.host}.")]
    if case.host_zone:
        return records
    if case.alias:
        records.append((case.host, "CNAME", f"mx.{case.alias}.test."))
    elif case.ipv4:
        records.append((case.host, "A", mail_address(case)))
    if case.ipv6:
        records.append((case.host, "AAAA", "::1"))
    owner = f"*._tcp.{case.host}" if case.wildcard else case.tlsa_owner
    # The certificate that an alias of another host presents is the other host's.
    presented = case_of(case.alias).host if case.alias else case.host
    if case.servfail:
        records.append((case.tlsa_owner, "NS", "ns.test."))
    elif case.tlsa_alias:
        records.append((case.tlsa_owner, "CNAME", f"{case.tlsa_alias}."))
    else:
        records += [(owner, "TLSA", material.rdata(text, presented)) for text in case.tlsa]
    if case.name == "ee-key":
        records += [(f"tlsa.{case.domain}", "TLSA", material.rdata("3 1 1 other", presented))]
    return records


class Zones:
    """Writes and signs all zones; `files` maps zone names to files for NSD, without a file where it is to fail."""

    def __init__(self, directory, material):
        self._directory = Path(directory)
        self._material = material
        self.files = {}
        self.anchor_file = self._directory / "anchor.key"

    def create(self):
        with ThreadPoolExecutor(max_workers=2) as workers:
            delegations = sum(workers.map(self._create, CASES), [])
        self._sign("test", [("ns.test", "A", NAME_SERVER_ADDRESS), *delegations], "test", VALID)
        delegation = [("test", "NS", "ns.test."), ("ns.test", "A", NAME_SERVER_ADDRESS), self._ds("test", "test")]
        self._sign("", delegation, "root", VALID)
        self.anchor_file.write_text(self._key_file("root").read_text())

    def _create(self, case):
        """Makes the zone of a domain; returns the records of its delegation."""
        name, key = case.domain, case.name
        records = records_of(case, self._material)
        delegation = [(name, "NS", "ns.test.")]
        if case.zone is Zone.unsigned or case.zone is Zone.left_ds:
            self._write(name, records, key)
            self._make_key(name, key)
        else:
            self._sign(name, records, key, DATES.get(case.zone, VALID), SIGNED_WITH.get(case.zone, ()))
        for owner, kind, what in case.damage:
            self._damage(name, records, key, owner, kind, what)
        if case.servfail:
            self.files[case.tlsa_owner] = self._directory / "missing"
        if case.zone is Zone.other_ds:
            self._make_key(name, key + "-other")
            delegation.append(self._ds(name, key + "-other"))
        elif case.zone not in (Zone.unsigned, Zone.no_ds):
            delegation.append(self._ds(name, key))
        return delegation

    def _write(self, name, records, key):
        lines = [f"{name}. {TTL_SECONDS} IN SOA ns.test. hostmaster.test. 1 3600 600 86400 {TTL_SECONDS}",
                 f"{name}. {TTL_SECONDS} IN NS ns.test."]
        lines += [f"{owner}. {TTL_SECONDS} IN {kind} {data}" for owner, kind, data in records]
        file = self._directory / f"{key}.zone"
        file.write_text("\n".join(lines) + "\n")
        self.files[name] = file
        return file

    def _make_key(self, name, key):
        """A key pair; with -k ldns-signzone takes the one key for everything."""
        folder = self._directory / f"key-{key}"
        folder.mkdir(exist_ok=True)
        subprocess.run(["ldns-keygen", "-a", ALGORITHM, "-k", f"{name}."], cwd=folder, check=True, capture_output=True)

    def _key_file(self, key):
        return next((self._directory / f"key-{key}").glob("K*.key"))

    def _ds(self, name, key):
        text = run("ldns-key2ds", "-n", "-2", self._key_file(key))
        return (name, "DS", text.split("DS", 1)[1].strip())

    def _sign(self, name, records, key, dates, options=()):
        plain = self._write(name, records, key)
        if not (self._directory / f"key-{key}").exists():
            self._make_key(name, key)
        self.files[name] = plain.with_suffix(".signed")
        self._run_signer(name, plain, self.files[name], key, dates, options)

    def _run_signer(self, name, plain, signed, key, dates, options):
        now = int(time.time())
        run("ldns-signzone", "-i", now + dates.begin, "-e", now + dates.end, "-o", f"{name}.", "-f", signed, *options,
            plain, self._key_file(key).with_suffix(""))

    def _damage(self, name, records, key, owner, kind, what):
        """Replaces or drops the signatures of one RRset."""
        file = self.files[name]
        owners = r"[^ \t]*" if owner == "*" else re.escape(f"{owner}.{name}." if owner else f"{name}.")
        wanted = re.compile(rf"^{owners}\t.*\tRRSIG\t{kind} ")
        others = {}
        if what == "expire":
            old = file.with_suffix(".old")
            self._run_signer(name, file.with_suffix(".zone"), old, key, DATES[Zone.expired], ())
            others = {line.split("\tRRSIG\t")[0]: line for line in old.read_text().splitlines() if wanted.match(line)}
        lines, hits = [], 0
        for line in file.read_text().splitlines():
            if not wanted.match(line):
                lines.append(line)
                continue
            hits += 1
            if what == "expire":
                lines.append(others[line.split("\tRRSIG\t")[0]])
            elif what == "corrupt":
                before, signature = line.rsplit(" ", 1)
                lines.append(f"{before} {'B' if signature[0] == 'A' else 'A'}{signature[1:]}")
        if not hits:
            raise ValueError(f"no signature of {owner} {kind} in {file}")
        file.write_text("\n".join(lines) + "\n")
