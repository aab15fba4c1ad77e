# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
"""A small world whose agent takes TLS reports in: by HTTPS, from Dovecot's mailbox, and piped in by Postfix."""

import datetime
import http.client
import imaplib
import json
import shutil
import smtplib
import ssl
import subprocess

import dovecot
import report_mail
import small_world
from agent import Agent, fetch
from certificates import Certificate
from processes import accepts, free_port, wait_until
from report_senders import DAY_SECONDS
from world import World, greets

AUTHSERV_ID = "mail.reports.test"
RECIPIENT = f"tlsrpt@{report_mail.DOMAIN}"
KEYWORD = "TlsRptDone"
WAIT_SECONDS = 60.0

REPORTS = """
[reports]
enabled = true
authserv_id = "{authserv_id}"
[reports.https]
listen = ["127.0.0.1:{https}"]
cert_file = "{leaf.chain_file}"
key_file = "{leaf.key_file}"
submit_token_file = "{directory}/submit-token"
[reports.mailbox]
url = "imaps://localhost:{imaps}/INBOX"
user = "{user}"
password_file = "{directory}/mailbox-password"
ca_file = "{ca_file}"
interval = "1s"
"""


def days_ago(count):
    return datetime.datetime.now(datetime.timezone.utc).date() - datetime.timedelta(days=count)


class ReportWorld(World):
    """After start(): serve() the agent. Reports are handed over by post(), mail() and append()."""

    def __init__(self, binary):
        super().__init__()
        self._binary = binary
        self.agent = None
        self.report_ports = {name: free_port() for name in ("https", "imaps", "starttls", "mail")}

    def start_reports(self, domain_names):
        """Writes the settings, and starts the servers that reports come by."""
        # Postfix runs `submit` as nobody, who may not be able to reach the build folder.
        program = self.directory / "mtasts-exporter"
        shutil.copy(self._binary, program)
        program.chmod(0o755)
        self.agent = Agent(self, program)
        self.authority.issue("localhost", Certificate.valid)
        leaf = self.authority.files_of("localhost")
        self.directory.joinpath("submit-token").write_text("a-secret-of-the-test\n")
        self.directory.joinpath("mailbox-password").write_text(dovecot.PASSWORD)
        self.settings_file.write_text(small_world.settings_of(self, domain_names) + REPORTS.format(
            authserv_id=AUTHSERV_ID, leaf=leaf, directory=self.directory, user=dovecot.USER,
            ca_file=self.authority.ca_file, **self.report_ports))
        for folder in (self.authority.ca_file.parent, leaf.chain_file.parent):
            folder.chmod(0o755)
        for file in (leaf.chain_file, leaf.key_file):
            file.chmod(0o644)
        self._folder("dovecot").mkdir()
        self.add_server("dovecot", dovecot.dovecot(self._folder("dovecot"), self.report_ports["imaps"],
                                                   self.report_ports["starttls"], leaf))
        submit = [program, "submit", "--config", self.settings_file]
        self.add_server("report-mail",
                        report_mail.postfix(self._folder("report-mail"), self.report_ports["mail"], submit))
        wait_until(lambda: accepts("127.0.0.1", self.report_ports["imaps"]), "Dovecot",
                   servers=[self.servers["dovecot"]])
        wait_until(lambda: greets("127.0.0.1", self.report_ports["mail"]), "Postfix",
                   servers=[self.servers["report-mail"]])

    @property
    def url(self):
        return f"https://localhost:{self.report_ports['https']}/tlsrpt"

    def serve(self):
        self.agent.serve()
        self.wait(self.takes_reports, "the agent's endpoint")

    def takes_reports(self):
        return accepts("127.0.0.1", self.report_ports["https"])

    def wait(self, condition, what):
        return wait_until(condition, what, WAIT_SECONDS, [self.agent.server])

    # Ways in.

    def curl(self, octets, *options):
        """(exit status, HTTP status) of curl; the octets are on its standard input."""
        done = subprocess.run(["curl", "--silent", "--max-time", "20", "--cacert", str(self.authority.ca_file),
                               "--output", "/dev/null", "--write-out", "%{http_code}", "--data-binary", "@-", *options,
                               self.url], input=octets, capture_output=True, timeout=WAIT_SECONDS, check=False)
        return done.returncode, int(done.stdout)

    def post(self, octets, content_type="application/tlsrpt+gzip", *options):
        """The HTTP status."""
        code, status = self.curl(octets, "--header", f"Content-Type: {content_type}", *options)
        if code != 0:
            raise AssertionError(f"curl ended with {code}, HTTP status {status}")
        return status

    def post_many(self, bodies, accepted=(201,), clients=1):
        """Posts gzip over one connection, as a proxy does for that many clients, because the share of one is limited;
        each must be answered with one of these statuses."""
        context = ssl.create_default_context(cafile=self.authority.ca_file)
        connection = http.client.HTTPSConnection("localhost", self.report_ports["https"], timeout=20, context=context)
        for number, body in enumerate(bodies):
            connection.request("POST", "/tlsrpt", body, {"Content-Type": "application/tlsrpt+gzip",
                                                         "X-Forwarded-For": f"198.51.100.{number % clients}"})
            response = connection.getresponse()
            response.read()
            if response.status not in accepted:
                raise AssertionError(f"HTTP status {response.status}")
        connection.close()

    def mailbox(self):
        context = ssl.create_default_context(cafile=self.authority.ca_file)
        client = imaplib.IMAP4_SSL("localhost", self.report_ports["imaps"], ssl_context=context)
        client.login(dovecot.USER, dovecot.PASSWORD)
        client.select("INBOX")
        return client

    def append(self, *mails):
        """Puts mails into the mailbox."""
        with self.mailbox() as client:
            for mail in mails:
                client.append("INBOX", None, None, mail)

    def unmarked(self):
        """How many mails the agent has not marked yet."""
        with self.mailbox() as client:
            return len(client.uid("SEARCH", "UNKEYWORD", KEYWORD)[1][0].split())

    def mail(self, *mails):
        """Sends mails to Postfix, which pipes them into `submit`."""
        with smtplib.SMTP("127.0.0.1", self.report_ports["mail"], timeout=20) as client:
            for mail in mails:
                client.sendmail("bounce@sender.test", RECIPIENT, mail)

    @property
    def sendmail_command(self):
        """Sends the mail on its standard input to Postfix."""
        return (f"curl --silent --max-time 20 --mail-from bounce@sender.test --mail-rcpt {RECIPIENT} --upload-file - "
                f"smtp://127.0.0.1:{self.report_ports['mail']}/sender.test")

    # What the agent says.

    def page(self, domain):
        status, body = fetch(self.ports["web"], f"/domains/{domain}")
        if status != 200:
            raise AssertionError(f"HTTP {status}: {body}")
        return body

    def samples(self, name, *labels):
        """{values of the labels: value} of one metric."""
        found = {}
        for (metric, pairs), value in small_world.samples(self.ports["web"]).items():
            if metric == name:
                values = dict(pairs)
                found[tuple(values[label] for label in labels)] = value
        return found

    def value(self, name, **labels):
        return small_world.samples(self.ports["web"]).get((name, tuple(sorted(labels.items()))))

    def reports(self, domain, days=7):
        status, body = fetch(self.ports["web"], f"/api/v1/domains/{domain}/reports?days={days}")
        if status != 200:
            raise AssertionError(f"HTTP {status}: {body}")
        return json.loads(body)

    def findings(self, domain):
        return {finding["code"]: finding for finding in self.agent.report(domain)["findings"]}

    def wait_for_reports(self, domain, count):
        self.wait(lambda: self.value("tlsrpt_reports_total", domain=domain) == count, f"{count} reports on {domain}")

    def wait_for_next_check(self, domain):
        """What was known before this call is judged when it returns."""
        for _ in range(2):  # one may be in progress
            before = self.value("mtasts_last_check_timestamp_seconds", domain=domain)
            self.wait(lambda: self.value("mtasts_last_check_timestamp_seconds", domain=domain) != before,
                      f"the next check of {domain}")


def end_of_day(day):
    midnight = datetime.datetime.combine(day, datetime.time(), datetime.timezone.utc)
    return midnight.timestamp() + DAY_SECONDS - 1
