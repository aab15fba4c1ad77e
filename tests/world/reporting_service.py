# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
"""tlsrpt-reporter, the reporting service of Postfix, run as it is: its collector is fed the datagrams of a mail
server's sessions, its fetcher and reporter make the report of the day and deliver it by its own scripts."""

import json
import signal
import socket
import sqlite3
import time
from pathlib import Path

from processes import Server, wait_until
from python_tools import PythonTools

PACKAGE = "tlsrpt-reporter==0.6.0"
# What it puts a failure's number into; the numbers are those of its protocol.
RESULT_NUMBERS = {"starttls-not-supported": 201, "certificate-host-mismatch": 202, "certificate-not-trusted": 203,
                  "certificate-expired": 204, "validation-failure": 205, "sts-policy-fetch-error": 301}
POLICY_STS, POLICY_NONE = 2, 9
DELIVERY_SECONDS = 60.0


def install(cache):
    return PythonTools(cache, PACKAGE)


def datagram(observation, record, failure=None):
    """What a mail server tells the collector of one session, which failed if there is a failure."""
    policy = {"policy-type": POLICY_STS if observation.policy else POLICY_NONE, "f": int(failure is not None),
              "t": int(failure is not None)}
    if observation.policy:
        policy |= {"policy-string": list(observation.policy), "policy-domain": observation.domain,
                   "mx-host": observation.mx_hosts}
    if failure is not None:
        names = {"c": RESULT_NUMBERS[failure.result_type], "n": failure.mx, "r": failure.receiving_ip,
                 "s": failure.sending_ip, "f": failure.reason}
        policy["failure-details"] = [{key: value for key, value in names.items() if value}]
    return {"dpv": "1", "d": observation.domain, "pr": record, "policies": [policy]}


class ReportingService:
    """One mail server's reporting. Its sessions happen today and are reported as yesterday's: that is the
    roll-over its developers use."""

    def __init__(self, tools, directory, guard):
        self.directory = Path(directory)
        self.directory.mkdir()
        self._tools = tools
        self._guard = guard
        self._storage = f"sqlite://{self.directory}/collected.sqlite"

    def collect(self, observation, record):
        """Every session of the observation, one datagram each."""
        place = self.directory / "collect.socket"
        collector = self._server("collectd", "tlsrpt_reporter.tlsrpt_collectd", "--storage", self._storage,
                                 "--socketname", place, "--sockettimeout", 1, "--log_level", "info")
        collector.start()
        wait_until(place.exists, "the collector's socket", servers=[collector])
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.connect(str(place))
            for _ in range(observation.successful):
                sender.send(json.dumps(datagram(observation, record)).encode())
            for failure in observation.failures:
                for _ in range(failure.sessions):
                    sender.send(json.dumps(datagram(observation, record, failure)).encode())
        sessions = observation.successful + observation.failed_sessions
        wait_until(lambda: self._collected() == sessions, "the collector to keep every session", servers=[collector])
        collector.signal(signal.SIGUSR2)
        wait_until((self.directory / "collected.sqlite.yesterday").exists, "the day to end", servers=[collector])
        time.sleep(0.2)  # it renames the file before it makes the next one
        collector.stop()

    def deliver(self, organization, contact, http_script, sendmail_script):
        """Runs its reporter until the report is at every destination of the record."""
        fetcher = " ".join(self._tools.command("tlsrpt_reporter.tlsrpt_fetcher", "--storage", self._storage))
        reporter = self._server(
            "reportd", "tlsrpt_reporter.tlsrpt_reportd", "--dbname", self.directory / "reports.sqlite",
            "--fetchers", fetcher, "--organization_name", organization, "--contact_info", contact,
            "--sender_address", contact, "--http_script", http_script, "--sendmail_script", sendmail_script,
            "--spread_out_delivery", 1, "--interval_main_loop", 1, "--log_level", "info")
        reporter.start()
        wait_until(self._delivered, "tlsrpt-reporter to deliver", DELIVERY_SECONDS, [reporter])
        reporter.stop()

    def report(self):
        """The report that it made."""
        with sqlite3.connect(self.directory / "reports.sqlite") as database:
            return json.loads(database.execute("SELECT report FROM reports").fetchone()[0])

    def _server(self, name, module, *words):
        return Server(f"tlsrpt-{name}", self._tools.command(module, *words), self.directory / f"{name}.log",
                      self._guard, self._tools.environment)

    def _collected(self):
        return self._query("collected.sqlite", "SELECT sum(cntrtotal) FROM finalresults", 0)

    def _delivered(self):
        waiting = self._query("reports.sqlite", "SELECT count(*) FROM destinations WHERE status IS NULL", 1)
        return waiting == 0 and self._query("reports.sqlite", "SELECT count(*) FROM destinations", 0) > 0

    def _query(self, file_name, statement, otherwise):
        try:
            with sqlite3.connect(f"file:{self.directory}/{file_name}?mode=ro", uri=True) as database:
                return database.execute(statement).fetchone()[0]
        except sqlite3.Error:
            return otherwise
