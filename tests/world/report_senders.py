# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
"""TLS reports (RFC 8460) as known senders write them: JSON, gzip and mail, in the shapes that were observed, with
invented values. Yahoo's and Comcast's reports are not public: theirs have the shape of the RFC's own sample.

    report = SENDERS["google"].report(Observation("healthy.test", day, successful=937, failures=[Failure(...)]))
    report.json_bytes(); report.gzip_bytes(); report.mail("reports@reports.test", authenticated_by="mail.reports.test")
"""

import base64
import datetime
import gzip
import hashlib
import json
from dataclasses import dataclass, field

DAY_SECONDS = 86_400
MAIL_LINE = 76  # of base64, RFC 2045 §6.8


@dataclass(frozen=True)
class Failure:
    """One entry of failure-details; what is empty is not written."""

    result_type: str
    sessions: int
    mx: str = ""
    receiving_ip: str = ""
    sending_ip: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Observation:
    """What a sender saw of one domain on one UTC day."""

    domain: str
    day: datetime.date
    successful: int = 0
    failures: tuple = ()
    failed: int = -1  # sessions; -1: the sum of the details
    policy: tuple = ()  # lines of the policy; none: no-policy-found
    number: int = 1  # of the reports about this domain and day

    @property
    def failed_sessions(self):
        return sum(failure.sessions for failure in self.failures) if self.failed < 0 else self.failed

    @property
    def begin_seconds(self):
        midnight = datetime.datetime.combine(self.day, datetime.time(), datetime.timezone.utc)
        return int(midnight.timestamp())

    @property
    def mx_hosts(self):
        return [line.partition(":")[2].strip() for line in self.policy if line.startswith("mx:")]


@dataclass
class Report:
    """A report that can still be changed (`value`) before it is written."""

    sender: "Sender"
    observation: Observation
    value: dict
    file_name: str = field(init=False)

    def __post_init__(self):
        self.file_name = self.sender.file_name(self.observation) + ".json.gz"

    def json_bytes(self):
        return json.dumps(self.value, separators=self.sender.separators).encode()

    def gzip_bytes(self):
        return gzip.compress(self.json_bytes(), mtime=0)

    def mail(self, recipient, authenticated_by="", result="pass"):
        """A whole message. `authenticated_by` is the server that judged the DKIM signature; none: unsigned mail."""
        header = b""
        if authenticated_by:
            signature = hashlib.sha256(self.json_bytes()).hexdigest()[:8]
            header = (f"Authentication-Results: {authenticated_by};\r\n"
                      f"\tdkim={result} (2048-bit key; unprotected) header.d={self.sender.domain} "
                      f"header.i=@{self.sender.domain} header.a=rsa-sha256 header.s=tlsrpt header.b={signature};\r\n"
                      "\tdkim-atps=neutral\r\n").encode()
            header += (f"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d={self.sender.domain};\r\n"
                       f"\ts=tlsrpt; h=from:to:subject:tls-report-domain; bh=AAAA; b={signature}\r\n").encode()
        return header + self.sender.mail(self, recipient)


class Sender:
    """The RFC's own sample; the others differ from it."""

    domain = "company-x.test"
    organization = "Company-X"
    contact = "sts-reporting@company-x.test"
    address = "tlsrpt@mail.sender.company-x.test"
    separators = (",", ":")

    def report(self, observation):
        return Report(self, observation, self.value(observation))

    def value(self, observation):
        begin, end = self.dates(observation)
        return {"organization-name": self.organization,
                "date-range": {"start-datetime": begin, "end-datetime": end},
                "contact-info": self.contact, "report-id": self.report_id(observation),
                "policies": self.policies(observation)}

    def dates(self, observation):
        return f"{observation.day}T00:00:00Z", f"{observation.day}T23:59:59Z"

    def report_id(self, observation):
        return f"{observation.begin_seconds}-{observation.number}@{self.domain}"

    def policies(self, observation):
        return [{"policy": self.policy(observation), "summary": self.summary(observation),
                 "failure-details": [self.details(failure) for failure in observation.failures]}]

    def policy(self, observation):
        if not observation.policy:
            return {"policy-type": "no-policy-found", "policy-domain": observation.domain}
        return {"policy-type": "sts", "policy-string": list(observation.policy), "policy-domain": observation.domain,
                "mx-host": observation.mx_hosts}

    @staticmethod
    def summary(observation):
        return {"total-successful-session-count": observation.successful,
                "total-failure-session-count": observation.failed_sessions}

    @staticmethod
    def details(failure):
        members = {"result-type": failure.result_type, "sending-mta-ip": failure.sending_ip,
                   "receiving-mx-hostname": failure.mx, "receiving-ip": failure.receiving_ip,
                   "failed-session-count": failure.sessions, "failure-reason-code": failure.reason}
        return {key: value for key, value in members.items() if value != ""}

    def file_name(self, observation):
        """Without the extension (RFC 8460 §5.1)."""
        begin = observation.begin_seconds
        return f"{self.domain}!{observation.domain}!{begin}!{begin + DAY_SECONDS - 1}!{observation.number:03}"

    # The mail.

    def subject(self, report):
        domain = report.observation.domain
        return f"Report Domain: {domain} Submitter: {self.domain} Report-ID: <{report.value['report-id']}>"

    def mail(self, report, recipient):
        boundary = f"{report.observation.begin_seconds:028x}"
        return message(self.headers(report, recipient, boundary), boundary, self.text_part(), self.report_part(report))

    def headers(self, report, recipient, boundary):
        date = datetime.datetime.combine(report.observation.day, datetime.time(), datetime.timezone.utc)
        date += datetime.timedelta(days=1, hours=3)
        return [("Date", date.strftime("%a, %d %b %Y %H:%M:%S +0000")),
                ("From", self.address), ("To", recipient), ("Subject", self.subject(report)),
                ("Message-ID", f"<{report.observation.begin_seconds}.{report.observation.number}@{self.domain}>"),
                ("TLS-Report-Domain", report.observation.domain), ("TLS-Report-Submitter", self.domain),
                ("MIME-Version", "1.0"), ("Content-Type", self.top_type(boundary))]

    @staticmethod
    def top_type(boundary):
        return f'multipart/report; report-type="tlsrpt";\r\n\tboundary="{boundary}"'

    def text_part(self):
        return ["Content-Type: text/plain; charset=us-ascii", "", f"Aggregate TLS report from {self.domain}."]

    def report_part(self, report):
        return ["Content-Type: application/tlsrpt+gzip", "Content-Transfer-Encoding: base64",
                f'Content-Disposition: attachment;\r\n\tfilename="{report.file_name}"', "",
                *base64_lines(report.gzip_bytes())]


class Google(Sender):
    """report-id and Subject differ; a blank before each folded parameter; nothing beside no-policy-found."""

    domain = "google.com"
    organization = "Google Inc."
    contact = "smtp-tls-reporting@google.com"
    address = "noreply-smtp-tls-reporting@google.com"

    def report_id(self, observation):
        return f"{observation.day}T00:00:00Z_{observation.domain}"

    def policies(self, observation):
        entries = super().policies(observation)
        for entry in entries:
            if not entry["failure-details"]:
                del entry["failure-details"]
        return entries

    def subject(self, report):
        domain = report.observation.domain
        day = report.observation.day.strftime("%Y.%m.%d")
        return f"Report Domain: {domain} Submitter: google.com Report-ID: <{day}T00.00.00Z+{domain}@google.com>"

    @staticmethod
    def top_type(boundary):
        return f'multipart/report; boundary="{boundary}"; report-type=tlsrpt'

    def text_part(self):
        return ['Content-Type: text/plain; charset="UTF-8"; format=flowed; delsp=yes', "",
                "This is an aggregate TLS report from google.com"]

    def report_part(self, report):
        return [f'Content-Type: application/tlsrpt+gzip; \r\n\tname="{report.file_name}"',
                f'Content-Disposition: attachment; \r\n\tfilename="{report.file_name}"',
                "Content-Transfer-Encoding: base64", "", *base64_lines(report.gzip_bytes())]


class Microsoft(Sender):
    """No mx-host; no addresses; the first part is HTML; the Report-ID has no angle brackets."""

    domain = "microsoft.com"
    organization = "Microsoft Corporation"
    contact = "tlsrpt-noreply@microsoft.com"
    address = "tlsrpt-noreply@microsoft.com"

    def report_id(self, observation):
        return f"{133_000_000_000_000_000 + observation.begin_seconds * 10 + observation.number}+{observation.domain}"

    def policies(self, observation):
        entries = super().policies(observation)
        for entry in entries:
            entry["policy"].pop("mx-host", None)
            if not entry["failure-details"]:
                del entry["failure-details"]
            for details in entry.get("failure-details", ()):
                for key in ("sending-mta-ip", "receiving-ip"):
                    details.pop(key, None)
        return entries

    def file_name(self, observation):
        name = super().file_name(observation).rpartition("!")[0]
        return f"{name}!{self.report_id(observation).partition('+')[0]}"

    def subject(self, report):
        return super().subject(report).replace("<", "").replace(">", "")

    @staticmethod
    def top_type(boundary):
        return f'multipart/report;\r\n\tboundary="_{boundary}_"; report-type=tlsrpt'

    def mail(self, report, recipient):
        boundary = f"{report.observation.begin_seconds:028x}"
        return message(self.headers(report, recipient, boundary), f"_{boundary}_", self.text_part(),
                       self.report_part(report))

    def text_part(self):
        return ['Content-Type: text/html; charset="us-ascii"', "Content-Transfer-Encoding: quoted-printable", "",
                '<div style=3D"font-family:system-ui">This is an aggregate TLS report from Mic=',
                "rosoft Corporation.</div>"]

    def report_part(self, report):
        return ["Content-Type: application/tlsrpt+gzip", "Content-Transfer-Encoding: base64",
                f'Content-Description: {report.file_name}',
                f'Content-Disposition: attachment; filename="{report.file_name}"', "",
                *base64_lines(report.gzip_bytes())]


class MicrosoftWithoutZone(Microsoft):
    """The months in which the dates had no zone."""

    def dates(self, observation):
        return tuple(date.rstrip("Z") for date in super().dates(observation))


class Yahoo(Sender):
    domain = "yahoo.test"
    organization = "Yahoo Inc."
    contact = "smtp-tls-report@yahoo.test"
    address = "noreply@yahoo.test"
    separators = None

    @staticmethod
    def top_type(boundary):
        return f'multipart/report; report-type=tlsrpt; \r\n\tboundary="{boundary}"'


class Comcast(Sender):
    """mx-host is a string, and the attachment is JSON."""

    domain = "comcast.test"
    organization = "Comcast"
    contact = "smtp-tls@comcast.test"
    address = "smtp-tls@comcast.test"

    def policy(self, observation):
        policy = super().policy(observation)
        if "mx-host" in policy:
            policy["mx-host"] = policy["mx-host"][0]
        return policy

    def report_part(self, report):
        name = report.file_name.removesuffix(".gz")
        return ["Content-Type: application/tlsrpt+json", f'Content-Disposition: attachment; filename="{name}"',
                "Content-Transfer-Encoding: base64", "", *base64_lines(report.json_bytes())]


class MailRu(Sender):
    """The range ends with the next midnight; a fetch error has the HTTP status as its reason."""

    domain = "mail.ru"
    organization = "Mail.Ru"
    contact = "dmarc_support@corp.mail.ru"
    address = "tlsrpt@corp.mail.ru"

    def dates(self, observation):
        return f"{observation.day}T00:00:00Z", f"{observation.day + datetime.timedelta(days=1)}T00:00:00Z"

    def report_id(self, observation):
        return f"{observation.begin_seconds}_{observation.number}"

    def details(self, failure):
        details = super().details(failure)
        if failure.result_type == "sts-policy-fetch-error":
            details["failure-reason-code"] = failure.reason or "bad https response code: 404"
        return details


class Mox(Sender):
    """An entry "no-policy-found" about the MX host beside the sts entry, with the same sessions: "no DANE"."""

    domain = "mox.test"
    organization = "mox.test"
    contact = "postmaster@mox.test"
    address = "postmaster@mox.test"
    separators = None

    def report_id(self, observation):
        return f"{observation.day:%Y%m%d}.{observation.domain}@{self.domain}"

    def policies(self, observation):
        entries = super().policies(observation)
        about_host = {"policy": {"policy-type": "no-policy-found", "policy-string": None,
                                 "policy-domain": observation.mx_hosts[0] if observation.policy else "",
                                 "mx-host": None},
                      "summary": self.summary(observation), "failure-details": []}
        return [about_host, *entries] if observation.policy else entries

    def subject(self, report):
        folded = super().subject(report).replace(" Submitter:", "\r\n Submitter:")
        return folded.replace(" Report-ID:", "\r\n Report-ID:")

    def report_part(self, report):
        return [f"Content-Type: application/tlsrpt+gzip; name={report.file_name}",
                f"Content-Disposition: attachment; filename={report.file_name}",
                "Content-Transfer-Encoding: base64", "", *base64_lines(report.gzip_bytes())]


class Stalwart(Sender):
    """The policy is rebuilt in an order of its own; the Subject is in encoded words cut anywhere; absent is empty."""

    domain = "stalwart.test"
    organization = "Stalwart"
    contact = "postmaster@stalwart.test"
    address = "noreply-tls@stalwart.test"

    def report_id(self, observation):
        return f"{observation.begin_seconds}_{observation.number:x}"

    def policy(self, observation):
        policy = super().policy(observation)
        if "policy-string" in policy:
            policy["policy-string"] = sorted(policy["policy-string"], key=lambda line: not line.startswith("version"))
        policy["mx-host"] = policy.get("mx-host", [])
        return policy

    def details(self, failure):
        return {"sending-mta-ip": "", "receiving-ip": "", **super().details(failure)}

    def subject(self, report):
        text = super().subject(report).encode()
        words = [base64.b64encode(text[start:start + 33]).decode() for start in range(0, len(text), 33)]
        return "\r\n ".join(f"=?utf-8?B?{word}?=" for word in words)


class TlsrptReporter(Sender):
    """No Date; report-id equal at every sender; organization empty by default."""

    domain = "reporter.test"
    organization = ""
    contact = "tlsrpt@reporter.test"
    address = "tlsrpt@reporter.test"
    separators = None

    def report_id(self, observation):
        return f"{observation.day}T00:00:00Z_idx{observation.number}_{observation.domain}"

    def file_name(self, observation):
        return f"{super().file_name(observation).rpartition('!')[0]}!{observation.number}"

    def subject(self, report):
        return super().subject(report).replace(">", f"@{self.domain}>")

    def headers(self, report, recipient, boundary):
        headers = [header for header in super().headers(report, recipient, boundary) if header[0] != "Date"]
        return [*headers, ("TLS-Required", "No")]


def base64_lines(content):
    text = base64.b64encode(content).decode()
    return [text[start:start + MAIL_LINE] for start in range(0, len(text), MAIL_LINE)]


def message(headers, boundary, *parts):
    lines = [f"{name}: {value}" for name, value in headers] + [""]
    for part in parts:
        lines += [f"--{boundary}", *part, ""]
    return ("\r\n".join([*lines, f"--{boundary}--", ""])).encode()


SENDERS = {"sample": Sender(), "google": Google(), "microsoft": Microsoft(),
           "microsoft-without-zone": MicrosoftWithoutZone(), "yahoo": Yahoo(), "comcast": Comcast(),
           "mail.ru": MailRu(), "mox": Mox(), "stalwart": Stalwart(), "tlsrpt-reporter": TlsrptReporter()}
