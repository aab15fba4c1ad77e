# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
"""Reads a mailbox of Dovecot as the agent does: every message once, none lost however often the reader is killed."""

import argparse
import hashlib
import imaplib
import os
import random
import shutil
import signal
import ssl
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

from certificates import CertificateAuthority
from domains import Certificate
from dovecot import PASSWORD, USER, dovecot
from processes import Guard, Server, accepts, free_port, require_root, wait_until

KILLS = 100
MESSAGES = 300
KEYWORD = "TlsRptDone"
WAIT_SECONDS = 60


def message(number):
    """Every one is different, some are large, and lines begin with what IMAP uses itself."""
    body = f")\r\nr1 OK {{3}}\r\n{number}\r\n" + "x" * random.Random(number).choice((10, 2000, 200_000))
    return f"From: reports@sender.test\r\nSubject: Report {number}\r\n\r\n{body}\r\n".encode()


class Mailbox(unittest.TestCase):
    poll = ""

    @classmethod
    def setUpClass(cls):
        require_root()
        cls.directory = Path(tempfile.mkdtemp(prefix="mtasts-mailbox-"))
        cls.addClassCleanup(shutil.rmtree, cls.directory, ignore_errors=True)
        cls.directory.chmod(0o755)
        cls.guard = Guard()
        cls.addClassCleanup(cls.guard.close)
        cls.authority = CertificateAuthority(cls.directory / "ca")
        cls.authority.create()

    def setUp(self):
        self.place = Path(tempfile.mkdtemp(dir=self.directory))
        self.place.chmod(0o755)
        self.port, self.starttls_port = free_port(), free_port()
        self.authority.issue("localhost", Certificate.valid)
        leaf = self.authority.files_of("localhost")
        self.server = Server("dovecot", dovecot(self.place, self.port, self.starttls_port, leaf),
                             self.place / "dovecot.log", self.guard)
        self.start_server()
        self.addCleanup(self.server.stop)
        self.password_file = self.place / "password"
        self.password_file.write_text(PASSWORD + "\n")
        self.url = f"imaps://localhost:{self.port}/INBOX"
        self.journal = self.place / "journal"
        self.processed = "keep"
        self.reader = None
        self.addCleanup(self.kill)

    def start_server(self):
        self.server.start()
        wait_until(lambda: accepts("127.0.0.1", self.port), "Dovecot", servers=[self.server])

    def imap(self):
        context = ssl.create_default_context(cafile=self.authority.ca_file)
        client = imaplib.IMAP4_SSL("localhost", self.port, ssl_context=context)
        client.login(USER, PASSWORD)
        client.select("INBOX")
        return client

    def append(self, *numbers):
        with self.imap() as client:
            for number in numbers:
                client.append("INBOX", None, None, message(number))

    def read(self):
        """Starts the reader."""
        self.output = self.place / "reader.log"
        with open(self.output, "wb") as output:
            self.reader = subprocess.Popen(
                [self.poll, self.url, USER, self.password_file, self.authority.ca_file, self.journal, self.processed,
                 self.place / "mark"], stdin=subprocess.DEVNULL, stdout=output, stderr=output)

    def kill(self):
        if self.reader:
            self.reader.kill()
            self.reader.wait()
            self.reader = None

    def seen(self):
        """Digests in the order in which they were kept; the last line may be incomplete."""
        if not self.journal.exists():
            return []
        return self.journal.read_text().rpartition("\n")[0].split("\n")

    def expected(self, numbers):
        return sorted(hashlib.sha256(message(number)).hexdigest() for number in numbers)

    def wait(self, condition, what):
        def running():
            if self.reader.poll() is not None:
                self.fail(f"the reader ended with {self.reader.returncode}: {self.output.read_text()}")
            return condition()
        return wait_until(running, what, WAIT_SECONDS, servers=[self.server] if self.server.is_running() else [])

    def search(self, *criteria):
        with self.imap() as client:
            return client.uid("SEARCH", *criteria)[1][0].split()

    def told(self, words):
        self.wait(lambda: words in self.output.read_text(), f"the reader to say {words!r}")

    def test_reads_once_and_leaves_messages_unread(self):
        self.append(1, 2, 3)
        self.read()
        self.wait(lambda: len(self.search("KEYWORD", KEYWORD)) == 3, "three marks")
        self.append(4)
        self.wait(lambda: len(self.search("KEYWORD", KEYWORD)) == 4, "the fourth")
        self.assertEqual(sorted(self.seen()), self.expected(range(1, 5)))
        self.assertEqual(self.search("SEEN"), [])

    def test_starttls(self):
        self.url = f"imap://localhost:{self.starttls_port}/INBOX"
        self.append(1)
        self.read()
        self.wait(lambda: self.seen() == self.expected([1]), "the message")

    def test_removes_only_what_was_read(self):
        self.processed = "remove"
        self.append(1, 2)
        with self.imap() as client:
            client.uid("STORE", "1", "+FLAGS", f"(\\Deleted {KEYWORD})")
        self.read()
        self.wait(lambda: self.search("ALL") == [b"1"], "the second to go")
        self.assertEqual(self.seen(), self.expected([2]))

    def test_moves_to_a_new_folder(self):
        self.processed = "move:Archive.Berichte \u00fc"
        self.append(1, 2)
        self.read()
        self.wait(lambda: self.search("ALL") == [], "the move")
        with self.imap() as client:
            self.assertEqual(client.select('"Archive.Berichte &APw-"')[1], [b"2"])

    def test_names_a_wrong_password(self):
        self.password_file.write_text("wrong\n")
        self.read()
        self.told(f'refuses the password of user "{USER}": NO [AUTHENTICATIONFAILED] Authentication failed.')
        self.append(1)
        self.password_file.write_text(PASSWORD)
        self.wait(lambda: self.seen() == self.expected([1]), "the message")

    def test_names_an_expired_certificate(self):
        self.server.stop()
        self.authority.issue("localhost", Certificate.expired)
        self.start_server()
        self.read()
        self.told("certificate has expired")

    def test_names_a_missing_folder(self):
        self.url = f"imaps://localhost:{self.port}/INBOX/Reports"
        self.read()
        self.told('the folder "INBOX/Reports"')
        self.told('separates folders by "."')

    def test_follows_a_server_that_restarts(self):
        self.append(1)
        self.read()
        self.wait(lambda: len(self.seen()) == 1, "the first")
        self.server.stop()
        self.told("cannot connect to")
        self.start_server()
        self.append(2)
        self.wait(lambda: sorted(self.seen()) == self.expected([1, 2]), "the second")

    def kill_often(self):
        """Messages arrive while the reader is killed again and again. Nothing that is marked, or gone, was lost."""
        chance = random.Random(4711)
        waiting = list(range(MESSAGES))
        for _ in range(KILLS):
            self.append(*[waiting.pop() for _ in range(min(len(waiting), MESSAGES // KILLS))])
            self.read()
            time.sleep(chance.uniform(0.0, 0.25))
            os.kill(self.reader.pid, signal.SIGKILL)
            self.kill()
            kept = set(self.seen())
            with self.imap() as client:
                for uid in self.done(client):
                    parts = client.uid("FETCH", uid, "(BODY.PEEK[])")[1]
                    digest = hashlib.sha256(parts[0][1]).hexdigest()
                    self.assertIn(digest, kept, f"message {uid} is marked but was not kept")
        self.read()
        self.wait(lambda: len(self.seen()) >= MESSAGES, "the rest")
        self.wait(self.is_finished, "the last mark")
        self.kill()
        self.assertEqual(sorted(self.seen()), self.expected(range(MESSAGES)))

    def test_loses_nothing_when_it_is_killed(self):
        self.done = lambda client: client.uid("SEARCH", "KEYWORD", KEYWORD)[1][0].split()
        self.is_finished = lambda: len(self.search("KEYWORD", KEYWORD)) == MESSAGES
        self.kill_often()

    def test_loses_nothing_when_it_is_killed_while_moving(self):
        self.processed = "move:Archive"

        def moved(client):
            if client.select("Archive")[0] != "OK":
                return []
            return client.uid("SEARCH", "ALL")[1][0].split()
        self.done = moved
        self.is_finished = lambda: self.search("ALL") == []
        self.kill_often()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--poll", required=True, help="the program mailbox_poll")
    arguments, rest = parser.parse_known_args()
    Mailbox.poll = arguments.poll
    unittest.main(argv=[sys.argv[0], *rest], verbosity=2)


if __name__ == "__main__":
    main()
