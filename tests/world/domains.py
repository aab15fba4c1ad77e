# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
"""The domains of the miniature internet, and the findings expected for each.

The zones, certificates, servers, settings and expectations are all derived from DOMAINS and MAIL_HOSTS. Each domain
has at most one fault, so that the expected findings are exact.
"""

import enum
from dataclasses import dataclass

STAGES = ("record", "policy_fetch", "policy_certificate", "policy_syntax", "change", "mx", "smtp",
          "mx_certificate", "tlsrpt")
SEVERITIES = ("critical", "warning", "info", "unknown")
MONTH_SECONDS = 2592000
WEEK_SECONDS = 604800
RECORD = ("v=STSv1; id=20260101T000000;",)
TLSRPT = ("v=TLSRPTv1; rua=mailto:tls-reports@healthy.test",)
HEALTHY_HOSTS = ("mx1.healthy.test", "mx2.healthy.test")


class Certificate(enum.Enum):
    """The certificate that a server presents; all but self_signed and untrusted are signed by the world's CA."""
    valid = "valid"
    expired = "expired"
    expiring = "15 days left"
    expiring_soon = "5 days left"
    not_yet_valid = "starts in 5 days"
    wrong_name = "for another name"
    cn_only = "name in the CN alone"
    incomplete_chain = "intermediate not served"
    self_signed = "self-signed"
    untrusted = "signed by a stranger's root"
    missing_cross_sign = "one of two intermediates not served"
    root_instead = "root served instead of the intermediate"
    reversed = "root before intermediate"
    weak_signature = "signed with SHA-1"
    client_only = "for TLS clients alone"
    any_purpose = "for any purpose, serverAuth not named"
    name_constraint = "the intermediate may not sign for this name"


class Web(enum.Enum):
    """How a policy host responds to a request for the policy."""
    policy = "200 text/plain"
    html_type = "200 text/html"
    not_found = "404"
    server_error = "500"
    redirect = "301"
    closed = "nothing listens"
    nxdomain = "no such name"


class Smtp(enum.Enum):
    """How a mail host behaves on its SMTP port."""
    starttls = "STARTTLS"
    plain = "STARTTLS not offered"
    no_certificate = "STARTTLS offered, then 454"
    old_tls = "TLS 1.0 and 1.1 alone"
    refusing = "554 as the banner"
    closed = "nothing listens"


@dataclass(frozen=True)
class Finding:
    code: str
    severity: str
    stage: str
    subject: str = ""  # prefix of the finding's subject


@dataclass(frozen=True)
class MailHost:
    name: str
    smtp: Smtp = Smtp.starttls
    certificate: Certificate = Certificate.valid
    canonical_name: str = ""    # the address is at this name, and `name` is a CNAME to it
    ipv6_refused: bool = False  # an AAAA record with ::1, where no mail server listens


@dataclass(frozen=True)
class Domain:
    name: str
    fault: str
    findings: tuple = ()         # must be reported; no others above info
    tolerated: tuple = ()        # may also be reported
    mode: str | None = None      # the mode exported if the policy is usable
    policy: str | None = None    # body; None: no such file
    mx: tuple = HEALTHY_HOSTS    # in order of preference
    uncovered: tuple = ()        # MX hosts that no pattern matches
    record: tuple = RECORD       # TXT texts at _mta-sts
    record_alias: str = ""       # _mta-sts is a CNAME to this name, which has the record
    record_servfail: bool = False
    tlsrpt: tuple = TLSRPT       # TXT texts at _smtp._tls
    web: Web = Web.policy
    web_alias: str = ""          # mta-sts is a CNAME to this name, which has the address
    web_ipv6: bool = False
    web_stale: bool = False      # a second address of mta-sts, whose server has no policy
    certificate: Certificate = Certificate.valid

    @property
    def policy_host(self):
        return f"mta-sts.{self.name}"

    @property
    def outcome(self):
        severities = {finding.severity for finding in self.findings}
        return next((level for level in ("critical", "warning", "unknown") if level in severities), "ok")

    @property
    def failing_stages(self):
        return stages_failed_by(self.findings)

    @property
    def needs_ipv6(self):
        return self.web_ipv6 or any(host.ipv6_refused for host in MAIL_HOSTS if host.name in self.mx)


def stages_failed_by(findings):
    return {finding.stage for finding in findings if finding.severity in ("critical", "warning")}


def policy(mx=HEALTHY_HOSTS, mode="enforce", max_age=MONTH_SECONDS):
    """A policy in the form that all senders accept: version first, CRLF, last line terminated."""
    lines = ["version: STSv1", f"mode: {mode}", *(f"mx: {pattern}" for pattern in mx), f"max_age: {max_age}"]
    return "".join(line + "\r\n" for line in lines)


def critical(stage, code, subject=""):
    return Finding(code, "critical", stage, subject)


def warning(stage, code, subject=""):
    return Finding(code, "warning", stage, subject)


def info(stage, code):
    return Finding(code, "info", stage)


def unknown(stage, code, subject=""):
    return Finding(code, "unknown", stage, subject)


def with_policy(name, fault, *findings, **more):
    """A domain with a usable policy; mode enforce unless `more` sets another."""
    more.setdefault("mode", "enforce")
    more.setdefault("policy", policy(more.get("mx", HEALTHY_HOSTS)))
    return Domain(name, fault, findings, **more)


def without_policy(name, fault, *findings, **more):
    """A domain whose policy cannot be fetched or used, whatever the policy file contains."""
    more.setdefault("policy", policy())
    return Domain(name, fault, findings, **more)


def with_mail_host(name, fault, *findings, **more):
    """A domain with its own mail host mx1.<name>, which has the fault."""
    return with_policy(name, fault, *findings, mx=(f"mx1.{name}",), **more)


def first_host(name):
    return f"mx1.{name}"


MAIL_HOSTS = (
    MailHost("mx1.healthy.test"),
    MailHost("mx2.healthy.test"),
    MailHost("a.healthy-wildcard.test"),
    MailHost("b.healthy-wildcard.test"),
    MailHost("mx1.not-covered.test"),
    MailHost("mx2.partly-covered.test"),
    MailHost("mx1.eu.wildcard-depth.test"),
    MailHost("mx1.mx-alias.test", canonical_name="real.mx-alias.test"),
    MailHost("mx1.no-starttls.test", smtp=Smtp.plain),
    MailHost("mx1.smtp-no-certificate.test", smtp=Smtp.no_certificate),
    MailHost("mx1.smtp-refused.test", smtp=Smtp.closed),
    MailHost("mx1.smtp-banner.test", smtp=Smtp.refusing),
    MailHost("mx1.smtp-old-tls.test", smtp=Smtp.old_tls),
    MailHost("mx1.smtp-ipv6.test", ipv6_refused=True),
    MailHost("mx1.mx-expired.test", certificate=Certificate.expired),
    MailHost("mx1.mx-wrong-name.test", certificate=Certificate.wrong_name),
    MailHost("mx1.mx-self-signed.test", certificate=Certificate.self_signed),
    MailHost("mx1.mx-cn-only.test", certificate=Certificate.cn_only),
    MailHost("mx1.mx-incomplete.test", certificate=Certificate.incomplete_chain),
    MailHost("mx1.mx-expiring.test", certificate=Certificate.expiring),
    MailHost("mx1.mx-cross-sign.test", certificate=Certificate.missing_cross_sign),
    MailHost("mx1.mx-private-root.test", certificate=Certificate.untrusted),
    MailHost("mx1.mx-weak-signature.test", certificate=Certificate.weak_signature),
    MailHost("mx1.mx-purpose.test", certificate=Certificate.client_only),
    MailHost("mx1.mx-constraint.test", certificate=Certificate.name_constraint),
)

HEALTHY = (
    with_policy("healthy.test", "nothing; two MX hosts, enforce"),
    with_policy("shares-one.test", "nothing; MX hosts of healthy.test"),
    with_policy("shares-two.test", "nothing; MX hosts of healthy.test"),
    with_policy("healthy-wildcard.test", "nothing; the policy has a wildcard",
                mx=("a.healthy-wildcard.test", "b.healthy-wildcard.test"),
                policy=policy(("*.healthy-wildcard.test",))),
    with_policy("delegated.test", "nothing; _mta-sts and mta-sts are CNAMEs to a provider",
                record_alias="delegated-record.provider.test", web_alias="delegated-web.provider.test"),
    with_policy("dual-stack.test", "nothing; policy host with IPv4 and IPv6", web_ipv6=True),
    with_policy("testing.test", "nothing; mode testing", info("policy_syntax", "sts-mode-testing"),
                mode="testing", policy=policy(mode="testing", max_age=WEEK_SECONDS)),
    with_policy("none.test", "nothing; mode none", info("policy_syntax", "sts-mode-none"),
                mode="none", policy=policy((), mode="none")),
)

BROKEN_RECORDS = (
    without_policy("no-record.test", "policy served, but no _mta-sts record",
                   warning("record", "sts-txt-missing"), info("record", "sts-txt-nxdomain"),
                   warning("record", "sts-policy-without-record"), record=()),
    without_policy("never-joined.test", "neither record nor policy host",
                   warning("record", "sts-txt-missing"), info("record", "sts-txt-nxdomain"),
                   record=(), web=Web.nxdomain),
    without_policy("two-records.test", "two STSv1 records", critical("record", "sts-txt-multiple"),
                   record=RECORD + ("v=STSv1; id=20260202T000000;",)),
    without_policy("record-typo.test", "v=STS1 instead of v=STSv1", critical("record", "sts-txt-version-invalid"),
                   record=("v=STS1; id=20260101T000000;",)),
    without_policy("record-id.test", "the record's id has a hyphen", critical("record", "sts-txt-id-invalid"),
                   record=("v=STSv1; id=2026-01-01;",)),
    without_policy("record-dangling.test", "_mta-sts is a CNAME to a name that does not exist",
                   critical("record", "sts-txt-cname-dangling"),
                   record=(), record_alias="nothing-here.provider.test"),
    without_policy("servfail.test", "lookup of the record ends in SERVFAIL",
                   warning("record", "sts-txt-servfail"), record_servfail=True),
)

BROKEN_FETCHES = (
    without_policy("no-host.test", "record present, mta-sts host does not exist",
                   critical("policy_fetch", "sts-host-nxdomain"),
                   critical("record", "sts-record-without-policy"), web=Web.nxdomain),
    without_policy("http-404.test", "policy file missing", critical("policy_fetch", "sts-http-status"),
                   web=Web.not_found),
    without_policy("http-500.test", "policy host answers 500", critical("policy_fetch", "sts-http-status"),
                   web=Web.server_error),
    without_policy("http-redirect.test", "policy host answers 301", critical("policy_fetch", "sts-http-redirect"),
                   web=Web.redirect),
    without_policy("http-refused.test", "policy host refuses connections",
                   critical("policy_fetch", "sts-host-connect-refused"), web=Web.closed),
    with_policy("stale-server.test", "one of two addresses of the policy host answers 404",
                warning("policy_fetch", "sts-host-address-fails", "mta-sts.stale-server.test [127.0.11."),
                web_stale=True),
    with_policy("http-type.test", "policy served as text/html",
                warning("policy_fetch", "sts-http-content-type-wrong"), web=Web.html_type),
)

BROKEN_CERTIFICATES = (
    without_policy("policy-expired.test", "policy host's certificate expired",
                   critical("policy_certificate", "sts-tls-expired"), certificate=Certificate.expired),
    without_policy("policy-future.test", "policy host's certificate not valid yet",
                   critical("policy_certificate", "sts-tls-not-yet-valid"), certificate=Certificate.not_yet_valid),
    without_policy("policy-self-signed.test", "policy host's certificate self-signed",
                   critical("policy_certificate", "sts-tls-self-signed"), certificate=Certificate.self_signed),
    without_policy("policy-untrusted.test", "policy host's certificate from an unknown root",
                   critical("policy_certificate", "sts-tls-untrusted"), certificate=Certificate.untrusted),
    without_policy("policy-wrong-name.test", "policy host's certificate for another name",
                   critical("policy_certificate", "sts-tls-host-mismatch"), certificate=Certificate.wrong_name),
    without_policy("policy-cn-only.test", "policy host's certificate names it in the CN alone",
                   critical("policy_certificate", "sts-tls-cn-only"), certificate=Certificate.cn_only),
    without_policy("policy-incomplete.test", "policy host does not serve the intermediate",
                   critical("policy_certificate", "sts-tls-incomplete-chain"),
                   certificate=Certificate.incomplete_chain),
    without_policy("policy-cross-sign.test", "policy host serves one of two intermediates",
                   critical("policy_certificate", "sts-tls-incomplete-chain"),
                   certificate=Certificate.missing_cross_sign),
    without_policy("policy-purpose.test", "policy host's certificate is for TLS clients alone",
                   critical("policy_certificate", "sts-tls-purpose"), certificate=Certificate.client_only),
    without_policy("policy-constraint.test", "the CA may not sign for the policy host's name",
                   critical("policy_certificate", "sts-tls-name-constraint"), certificate=Certificate.name_constraint),
    with_policy("policy-expiring.test", "policy host's certificate has 15 of 90 days left",
                warning("policy_certificate", "sts-tls-expiring"), certificate=Certificate.expiring),
    with_policy("policy-expiring-soon.test", "policy host's certificate has 5 of 90 days left",
                critical("policy_certificate", "sts-tls-expiring"), certificate=Certificate.expiring_soon),
)

BROKEN_POLICIES = (
    without_policy("mode-missing.test", "policy without mode", critical("policy_syntax", "sts-policy-mode-missing"),
                   policy=policy().replace("mode: enforce\r\n", "")),
    without_policy("policy-html.test", "an HTML page instead of a policy", critical("policy_syntax", "sts-policy-html"),
                   policy="<!DOCTYPE html>\n<html><head><title>Welcome</title></head><body>Hello</body></html>\n"),
    without_policy("max-age.test", "max_age over the limit",
                   critical("policy_syntax", "sts-policy-max-age-over-limit"), policy=policy(max_age=31557601)),
)

BROKEN_MX = (
    with_mail_host("not-covered.test", "the policy names another host than the MX",
                   critical("mx", "mx-not-covered"),
                   policy=policy(("mail.not-covered.test",)), uncovered=("mx1.not-covered.test",)),
    with_policy("partly-covered.test", "the policy names one of two MX hosts",
                critical("mx", "mx-partial-coverage"),
                mx=("mx1.healthy.test", "mx2.partly-covered.test"),
                policy=policy(("mx1.healthy.test",)), uncovered=("mx2.partly-covered.test",)),
    with_policy("wildcard-depth.test", "the wildcard would have to stand for two labels",
                critical("policy_syntax", "sts-policy-wildcard-depth"),
                tolerated=(critical("mx", "mx-not-covered"),),
                mx=("mx1.eu.wildcard-depth.test",), policy=policy(("*.wildcard-depth.test",)),
                uncovered=("mx1.eu.wildcard-depth.test",)),
    with_mail_host("mx-alias.test", "the MX host is a CNAME", warning("mx", "mx-cname")),
    with_policy("no-mail.test", "neither MX nor address", critical("mx", "mx-none"),
                mx=(), policy=policy()),
)

BROKEN_MAIL_HOSTS = (
    with_mail_host("no-starttls.test", "the MX host does not offer STARTTLS",
                   critical("smtp", "smtp-starttls-missing", first_host("no-starttls.test"))),
    with_mail_host("smtp-no-certificate.test", "the MX host offers STARTTLS, but has no certificate",
                   critical("smtp", "smtp-starttls-refused", first_host("smtp-no-certificate.test"))),
    with_mail_host("smtp-refused.test", "the MX host refuses connections",
                   warning("smtp", "smtp-connect-refused", first_host("smtp-refused.test"))),
    with_mail_host("smtp-banner.test", "the MX host turns us away with 554",
                   unknown("smtp", "smtp-banner-5xx", first_host("smtp-banner.test")),
                   unknown("mx_certificate", "cert-unchecked")),
    with_mail_host("smtp-old-tls.test", "the MX host has no TLS 1.2",
                   critical("smtp", "smtp-tls-old-only", first_host("smtp-old-tls.test"))),
    with_mail_host("smtp-ipv6.test", "the MX host answers on IPv4 alone",
                   warning("smtp", "smtp-ipv6-fail", first_host("smtp-ipv6.test"))),
    with_mail_host("mx-expired.test", "the MX host's certificate expired",
                   critical("mx_certificate", "cert-expired", first_host("mx-expired.test"))),
    with_policy("testing-mx-expired.test", "MX host of mx-expired.test, in mode testing",
                warning("mx_certificate", "cert-expired", first_host("mx-expired.test")),
                info("policy_syntax", "sts-mode-testing"), mode="testing", mx=(first_host("mx-expired.test"),),
                policy=policy((first_host("mx-expired.test"),), "testing", WEEK_SECONDS)),
    with_mail_host("mx-wrong-name.test", "the MX host's certificate is for another name",
                   critical("mx_certificate", "cert-host-mismatch", first_host("mx-wrong-name.test"))),
    with_mail_host("mx-self-signed.test", "the MX host's certificate is self-signed",
                   critical("mx_certificate", "cert-self-signed", first_host("mx-self-signed.test"))),
    with_mail_host("mx-cn-only.test", "the MX host's certificate names it in the CN alone",
                   critical("mx_certificate", "cert-cn-only", first_host("mx-cn-only.test"))),
    with_mail_host("mx-incomplete.test", "the MX host does not serve the intermediate",
                   critical("mx_certificate", "cert-incomplete-chain", first_host("mx-incomplete.test"))),
    with_mail_host("mx-expiring.test", "the MX host's certificate has 15 of 90 days left",
                   warning("mx_certificate", "cert-expiring", first_host("mx-expiring.test"))),
    with_mail_host("mx-cross-sign.test", "the MX host serves one of two intermediates",
                   critical("mx_certificate", "cert-incomplete-chain", first_host("mx-cross-sign.test"))),
    with_mail_host("mx-private-root.test", "the MX host's certificate is from an unknown root, which is served",
                   critical("mx_certificate", "cert-untrusted", first_host("mx-private-root.test"))),
    with_mail_host("mx-weak-signature.test", "the MX host's certificate is signed with SHA-1",
                   critical("mx_certificate", "cert-weak-signature", first_host("mx-weak-signature.test"))),
    with_mail_host("mx-purpose.test", "the MX host's certificate is for TLS clients alone",
                   critical("mx_certificate", "cert-purpose", first_host("mx-purpose.test"))),
    with_mail_host("mx-constraint.test", "the CA may not sign for the MX host's name",
                   critical("mx_certificate", "cert-name-constraint", first_host("mx-constraint.test"))),
)

BROKEN_REPORTING = (
    with_policy("tlsrpt-missing.test", "no TLSRPT record", warning("tlsrpt", "tlsrpt-missing"), tlsrpt=()),
    with_policy("tlsrpt-two.test", "two TLSRPT records", warning("tlsrpt", "tlsrpt-multiple"),
                tlsrpt=TLSRPT + ("v=TLSRPTv1; rua=mailto:others@healthy.test",)),
)

DOMAINS = (HEALTHY + BROKEN_RECORDS + BROKEN_FETCHES + BROKEN_CERTIFICATES + BROKEN_POLICIES + BROKEN_MX
           + BROKEN_MAIL_HOSTS + BROKEN_REPORTING)


def domains(ipv6):
    """The domains that this machine can serve."""
    return tuple(domain for domain in DOMAINS if ipv6 or not domain.needs_ipv6)
