# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
"""Compares the agent's verdict on certificates of MX hosts with that of a real sender: Postfix's posttls-finger at the
security level that MTA-STS asks for. They agree, or DIFFERENCES says why they do not."""

import subprocess
import sys
import unittest

from agent import Agent, command_line
from domains import DOMAINS, MAIL_HOSTS, Certificate, Smtp
from world import World
from zones import mail_address

# The host whose certificate is replaced by every kind, and a domain that uses it alone.
HOST, DOMAIN = "mx1.mx-expiring.test", "mx-expiring.test"
WAIT_SECONDS = 20
# What Postfix does and the agent does not, by kind of certificate: (agent, Postfix, reason).
DIFFERENCES = {
    Certificate.cn_only: (False, True, "RFC 8461 §4.2 wants a subjectAltName; Postfix falls back to the CN where the "
                                       "certificate has no DNS name"),
    Certificate.any_purpose: (True, False, "OpenSSL wants serverAuth in an extended key usage, Go and GnuTLS are "
                                           "content with anyExtendedKeyUsage: the agent warns (cert-purpose)"),
}


def posttls_finger(world, host):
    """Whether Postfix would deliver at level secure, and what it said."""
    done = subprocess.run(["posttls-finger", "-c", "-l", "secure", "-F", str(world.authority.ca_file), "-s", host.name,
                           "-L", "routine,certmatch,verbose", f"[{mail_address(host)}]:{world.ports['smtp']}", host.name],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=WAIT_SECONDS)
    text = done.stdout + done.stderr
    return "Verified TLS connection established" in text, text


class AgainstPostfix(unittest.TestCase):
    binary = ""

    @classmethod
    def setUpClass(cls):
        cls.world = World()
        cls.addClassCleanup(cls.world.stop)
        cls.world.start()
        cls.agent = Agent(cls.world, cls.binary)

    def ours(self, domain_name, host):
        """What `check` says of the host's certificate: (verified, why not); None without a certificate."""
        _, report = self.agent.check(domain_name)
        for mx in report["mx"]:
            for address in mx["addresses"] if mx["host"] == host.name else ():
                if address["family"] == "ipv4":
                    certificate = address["certificate"]
                    return certificate and (certificate["verified"], certificate["verify_error"])
        self.fail(f"{host.name} is not in the report on {domain_name}")

    def compare(self, domain_name, host, kind):
        ours = self.ours(domain_name, host)
        theirs, text = posttls_finger(self.world, host)
        with self.subTest(host=host.name, certificate=kind.value):
            verified = bool(ours) and ours[0] and host.smtp is Smtp.starttls
            expected = DIFFERENCES.get(kind, (theirs, theirs, ""))[:2]
            self.assertEqual((verified, theirs), expected, f"{ours}\n{text}")

    def test_every_mail_host(self):
        for host in MAIL_HOSTS:
            domain = next((domain for domain in self.world.domains if host.name in domain.mx), None)
            if domain is not None:
                self.compare(domain.name, host, host.certificate)

    def test_every_kind_of_certificate(self):
        host = next(host for host in MAIL_HOSTS if host.name == HOST)
        self.assertEqual([domain.name for domain in DOMAINS if HOST in domain.mx], [DOMAIN])
        for kind in Certificate:
            self.world.set_mail_certificate(HOST, kind)
            self.compare(DOMAIN, host, kind)


if __name__ == "__main__":
    AgainstPostfix.binary, arguments = command_line(__doc__)
    unittest.main(argv=[sys.argv[0], *arguments])
