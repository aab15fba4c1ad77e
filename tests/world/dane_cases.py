# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
"""Domains with DANE, each healthy or broken in one way: zone, TLSA records and what the MX host presents.

A TLSA record is written as "usage selector matching of-what [damage]", for example "3 1 1 leaf" or "3 1 1 other"; of-what
is a key of Material.of in dane_zones.py. What a sender must do with each is not written down here: the judge is Postfix.
"""

from dataclasses import dataclass
from enum import Enum

from domains import Certificate


class Zone(Enum):
    """How the zone of a domain is signed, or not."""
    signed = "signed"
    unsigned = "not signed"
    no_ds = "signed, but the parent has no DS record"
    other_ds = "signed, but the parent's DS record is of another key"
    left_ds = "not signed any more, but the parent still has a DS record"
    expired = "all signatures have ended"
    early = "all signatures begin tomorrow"
    iterated = "NSEC3 with 200 iterations"
    opt_out = "NSEC3 with opt-out"


@dataclass(frozen=True)
class Case:
    name: str
    tlsa: tuple = ()
    zone: Zone = Zone.signed
    certificate: Certificate = Certificate.valid
    starttls: bool = True
    # Of signatures that are damaged after signing, by owner below the domain and type: "drop", "expire" or "corrupt".
    damage: tuple = ()
    host_zone: str = ""    # another domain of this table whose zone the MX host is in
    alias: str = ""        # the MX host is an alias of mx.<this domain>
    tlsa_alias: str = ""   # the TLSA name is an alias of tlsa.<this domain>, or of a full name
    wildcard: bool = False    # the TLSA records are at *._tcp.<host>
    servfail: bool = False    # the servers of the TLSA name fail
    ipv6: bool = False        # an AAAA record, too
    ipv4: bool = True
    implicit: bool = False    # no MX record: the domain is its own MX host

    @property
    def domain(self):
        return f"{self.name}.test"

    @property
    def host(self):
        return self.domain if self.implicit else f"mx.{self.host_zone or self.name}.test"

    @property
    def tlsa_owner(self):
        return f"_25._tcp.{self.host}"


TLSA = "_25._tcp.mx"
MATCH = ("3 1 1 leaf",)
WRONG = ("3 1 1 other",)
TWELVE_WRONG = tuple(f"3 1 1 number{number}" for number in range(12))

CASES = (
    # Whether DANE applies at all.
    Case("plain"),
    Case("unsigned", zone=Zone.unsigned),
    Case("unsigned-tlsa", WRONG, zone=Zone.unsigned),
    Case("no-ds", WRONG, zone=Zone.no_ds),
    Case("iterated-none", zone=Zone.iterated),
    Case("opt-out-none", zone=Zone.opt_out),
    Case("iterated-tlsa", MATCH, zone=Zone.iterated),
    Case("wildcard", MATCH, wildcard=True),
    Case("wildcard-opt-out", WRONG, wildcard=True, zone=Zone.opt_out),
    Case("wildcard-iterated", WRONG, wildcard=True, zone=Zone.iterated),
    # Usage 3: neither name nor date counts.
    Case("ee-key", MATCH),
    Case("ee-key-512", ("3 1 2 leaf",)),
    Case("ee-key-full", ("3 1 0 leaf",)),
    Case("ee-certificate", ("3 0 1 leaf",)),
    Case("ee-certificate-512", ("3 0 2 leaf",)),
    Case("ee-certificate-full", ("3 0 0 leaf",)),
    Case("ee-wrong", WRONG),
    Case("ee-next-only", ("3 1 1 next",)),
    Case("ee-current-and-next", ("3 1 1 leaf", "3 1 1 next")),
    Case("ee-expired", MATCH, certificate=Certificate.expired),
    Case("ee-other-name", MATCH, certificate=Certificate.wrong_name),
    Case("ee-self-signed", MATCH, certificate=Certificate.self_signed),
    Case("ee-issuer-pinned", ("3 1 1 issuer",)),
    Case("ee-stale-certificate", ("3 0 1 other", "3 1 1 leaf")),
    # Usage 2: name and dates count, and the authority has to be in what is sent.
    Case("ta-certificate", ("2 0 1 issuer",)),
    Case("ta-certificate-512", ("2 0 2 issuer",)),
    Case("ta-certificate-full", ("2 0 0 issuer",)),
    Case("ta-key", ("2 1 1 issuer",)),
    Case("ta-key-512", ("2 1 2 issuer",)),
    Case("ta-key-full", ("2 1 0 issuer",)),
    Case("ta-wrong", ("2 1 1 other",)),
    Case("ta-root-not-sent", ("2 0 1 root",)),
    Case("ta-root-sent", ("2 0 1 root",), certificate=Certificate.reversed),
    Case("ta-key-full-not-sent", ("2 1 0 issuer",), certificate=Certificate.incomplete_chain),
    Case("ta-full-not-sent", ("2 0 0 issuer",), certificate=Certificate.incomplete_chain),
    Case("ta-not-sent", ("2 0 1 issuer",), certificate=Certificate.incomplete_chain),
    Case("ta-other-name", ("2 0 1 issuer",), certificate=Certificate.wrong_name),
    Case("ta-name-in-cn", ("2 1 1 issuer",), certificate=Certificate.cn_only),
    Case("ta-expired", ("2 0 1 issuer",), certificate=Certificate.expired),
    Case("ta-early", ("2 0 1 issuer",), certificate=Certificate.not_yet_valid),
    Case("ta-pins-leaf", ("2 0 1 leaf",)),
    Case("ta-pins-self-signed", ("2 0 1 leaf",), certificate=Certificate.self_signed),
    Case("ta-wrong-ee-match", ("2 0 1 other", "3 1 1 leaf")),
    # What does not count.
    Case("pkix-ta", ("0 0 1 issuer",)),
    Case("pkix-ee", ("1 1 1 leaf",)),
    Case("pkix-wrong", ("1 1 1 other",)),
    Case("pkix-and-ee", ("1 1 1 other", "3 1 1 leaf")),
    Case("short-and-good", ("3 1 1 leaf short", "3 1 1 leaf")),
    Case("short-alone", ("3 1 1 leaf short",)),
    Case("unknown-usage", ("10 1 1 leaf", "3 1 1 leaf")),
    Case("unknown-selector", ("3 9 1 leaf", "3 1 1 leaf")),
    Case("unknown-matching", ("3 1 9 leaf", "3 1 1 leaf")),
    Case("unknown-alone", ("3 1 9 leaf",)),
    # Digest agility (RFC 7671 §9).
    Case("agility-strong-wrong", ("3 1 2 other", "3 1 1 leaf")),
    Case("agility-weak-wrong", ("3 1 2 leaf", "3 1 1 other")),
    Case("agility-strong-short", ("3 1 2 leaf short", "3 1 1 leaf")),
    Case("agility-other-selector", ("3 0 2 other", "3 1 1 leaf")),
    Case("agility-full", ("3 1 2 other", "3 1 0 leaf")),
    Case("thirteen", TWELVE_WRONG + MATCH),
    Case("thirteen-wrong", TWELVE_WRONG + WRONG),
    # What does not validate.
    Case("expired", MATCH, zone=Zone.expired),
    Case("early", MATCH, zone=Zone.early),
    Case("other-ds", MATCH, zone=Zone.other_ds),
    Case("left-ds", MATCH, zone=Zone.left_ds),
    Case("tlsa-expired", MATCH, damage=((TLSA, "TLSA", "expire"),)),
    Case("tlsa-not-signed", MATCH, damage=((TLSA, "TLSA", "drop"),)),
    Case("tlsa-corrupt", MATCH, damage=((TLSA, "TLSA", "corrupt"),)),
    Case("denial-not-signed", damage=(("*", "NSEC", "drop"),)),
    Case("tlsa-servfail", MATCH, servfail=True),
    Case("address-corrupt", MATCH, damage=(("mx", "A", "corrupt"),)),
    Case("ipv6-corrupt", MATCH, ipv6=True, damage=(("mx", "AAAA", "corrupt"),)),
    Case("ipv4-corrupt", MATCH, ipv6=True, damage=(("mx", "A", "corrupt"),)),
    Case("mx-corrupt", MATCH, damage=(("", "MX", "corrupt"),)),
    # Aliases (RFC 7672 §2.2.2) and MX records that are not signed (§2.2.1).
    Case("alias-target", alias="ee-key"),
    Case("alias-own", MATCH, alias="plain"),
    Case("alias-both", WRONG, alias="ee-key"),
    Case("alias-unsigned", MATCH, alias="unsigned"),
    Case("alias-unsigned-wrong", WRONG, alias="unsigned"),
    Case("alias-unsigned-none", alias="unsigned"),
    Case("alias-bogus", MATCH, alias="expired"),
    Case("tlsa-alias", tlsa_alias="tlsa.ee-key.test"),
    Case("tlsa-alias-missing", tlsa_alias="nowhere.plain.test"),
    Case("tlsa-alias-unsigned", tlsa_alias="_25._tcp.mx.unsigned-tlsa.test"),
    Case("hosted-match", zone=Zone.unsigned, host_zone="ee-key"),
    Case("hosted-wrong", zone=Zone.unsigned, host_zone="ee-wrong"),
    Case("hosted-unsigned", host_zone="unsigned"),
    Case("implicit", MATCH, implicit=True),
    Case("implicit-wrong", WRONG, implicit=True),
    # No TLS.
    Case("no-starttls", MATCH, starttls=False),
    Case("no-starttls-plain", starttls=False),
    Case("no-starttls-pkix", ("1 1 1 leaf",), starttls=False),
)


def case_of(name):
    return next(case for case in CASES if case.name == name)
