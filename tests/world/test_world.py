# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
"""Checks with dig, curl and openssl that the servers of the world match the table of domains."""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from domains import DOMAINS, MAIL_HOSTS, SEVERITIES, STAGES, Certificate, policy
from processes import WorldError, has_ipv6_loopback, wait_until
from world import World
from zones import mail_address, policy_address

# curl's exit statuses, and OpenSSL's verification codes.
CURL_REFUSED, CURL_UNVERIFIED = 7, 60
SELF_SIGNED, SELF_SIGNED_IN_CHAIN, NO_ISSUER, EXPIRED, NOT_YET_VALID, WRONG_NAME = 18, 19, 20, 10, 9, 62
WRONG_PURPOSE, NAME_CONSTRAINT, WEAK_DIGEST = 26, 47, 68
CHAINS = {Certificate.valid: 0, Certificate.expiring: 0, Certificate.expiring_soon: 0, Certificate.expired: EXPIRED,
          Certificate.not_yet_valid: NOT_YET_VALID, Certificate.self_signed: SELF_SIGNED,
          Certificate.untrusted: SELF_SIGNED_IN_CHAIN, Certificate.wrong_name: WRONG_NAME,
          Certificate.missing_cross_sign: NO_ISSUER, Certificate.client_only: WRONG_PURPOSE,
          Certificate.name_constraint: NAME_CONSTRAINT, Certificate.weak_signature: WEAK_DIGEST}


def output_of(*command, given=""):
    done = subprocess.run([str(word) for word in command], input=given, capture_output=True, text=True, timeout=30)
    return done.returncode, done.stdout + done.stderr


def processes_in(directory):
    """Processes whose working directory or command line refers to the directory."""
    found = []
    for process in filter(lambda path: path.name.isdigit(), Path("/proc").iterdir()):
        try:
            words, place = (process / "cmdline").read_bytes().decode(), os.readlink(process / "cwd")
        except OSError:
            continue
        if f"{directory}/" in words + place + "/" and int(process.name) != os.getpid():
            found.append(words.replace("\0", " "))
    return found


class Table(unittest.TestCase):
    def test_names_are_unique(self):
        for names in ([domain.name for domain in DOMAINS], [host.name for host in MAIL_HOSTS]):
            self.assertEqual(sorted(names), sorted(set(names)))

    def test_every_mx_is_a_mail_host(self):
        hosts = {host.name for host in MAIL_HOSTS}
        for domain in DOMAINS:
            self.assertLessEqual(set(domain.mx), hosts, domain.name)
            self.assertLessEqual(set(domain.uncovered), set(domain.mx), domain.name)

    def test_findings_are_well_formed_and_every_stage_fails_somewhere(self):
        findings = [finding for domain in DOMAINS for finding in domain.findings]
        self.assertLessEqual({finding.severity for finding in findings}, set(SEVERITIES))
        self.assertEqual({finding.stage for finding in findings}, set(STAGES) - {"change"})
        for domain in DOMAINS:
            # One fault affects one stage, except a record without a policy host, which is reported for both.
            companions = {"record"} if "sts-record-without-policy" in {f.code for f in domain.findings} else set()
            self.assertLessEqual(len(domain.failing_stages - companions), 1, domain.name)


class Servers(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.world = World()
        cls.addClassCleanup(cls.world.stop)
        cls.world.start()

    def dig(self, *question):
        status, text = output_of("dig", "@127.0.0.1", "-p", self.world.ports["dns"], "+noall", "+comments", "+answer",
                                 *question)
        self.assertEqual(status, 0, text)
        return text

    def curl(self, domain_name, *options):
        domain = self.world.domain(domain_name)
        route = f"{domain.policy_host}:443:{policy_address(domain)}:{self.world.ports['https']}"
        return output_of("curl", "-sS", "-i", "--noproxy", "*", "--cacert", self.world.authority.ca_file,
                         "--connect-to", route, *options, f"https://{domain.policy_host}/.well-known/mta-sts.txt")

    def verify_code(self, name, address, port_name, *options):
        """OpenSSL's verification result for the chain and the name."""
        _, text = output_of("openssl", "s_client", "-connect", f"{address}:{self.world.ports[port_name]}",
                            "-servername", name, "-verify_hostname", name, "-CAfile", self.world.authority.ca_file,
                            *options, given="QUIT\n")
        codes = [line for line in text.splitlines() if "Verify return code:" in line]
        self.assertTrue(codes, text)
        return int(codes[-1].split()[3])

    def greeting(self, host_name):
        """The mail host's banner and its response to EHLO."""
        host = next(host for host in MAIL_HOSTS if host.name == host_name)
        with socket.create_connection((mail_address(host), self.world.ports["smtp"]), timeout=10) as connection:
            connection.sendall(b"EHLO agent.provider.test\r\nQUIT\r\n")
            return connection.makefile().read()

    def test_root_answers(self):
        self.assertIn("ns.test.", self.dig(".", "NS"))

    def test_records(self):
        self.assertIn('"v=STSv1; id=20260101T000000;"', self.dig("_mta-sts.healthy.test", "TXT"))
        self.assertIn('"v=TLSRPTv1; rua=', self.dig("_smtp._tls.healthy.test", "TXT"))
        self.assertIn("10 mx1.healthy.test.", self.dig("healthy.test", "MX"))
        delegated = self.dig("_mta-sts.delegated.test", "TXT")
        self.assertIn("CNAME", delegated)
        self.assertIn("v=STSv1", delegated)
        self.assertEqual(self.dig("_mta-sts.two-records.test", "TXT").count("v=STSv1"), 2)

    def test_lookups_that_fail(self):
        self.assertIn("status: SERVFAIL", self.dig("_mta-sts.servfail.test", "TXT"))
        self.assertIn("status: NOERROR", self.dig("_smtp._tls.servfail.test", "TXT"))
        for name in ("_mta-sts.no-record.test", "mta-sts.no-host.test", "_mta-sts.record-dangling.test",
                     "unheard-of.test", "example.invalid"):
            self.assertIn("status: NXDOMAIN", self.dig(name, "TXT"), name)

    def test_policy_hosts(self):
        status, text = self.curl("healthy.test")
        self.assertEqual(status, 0, text)
        self.assertIn("200 OK", text)
        self.assertIn("Content-Type: text/plain", text)
        self.assertIn("mx: mx2.healthy.test", text)
        for name, answer in (("http-404.test", " 404 "), ("http-500.test", " 500 "), ("http-redirect.test", " 301 "),
                             ("http-type.test", "Content-Type: text/html")):
            status, text = self.curl(name)
            self.assertEqual(status, 0, text)
            self.assertIn(answer, text, name)
        self.assertEqual(self.curl("http-refused.test")[0], CURL_REFUSED)
        for name in ("policy-expired.test", "policy-wrong-name.test", "policy-incomplete.test"):
            self.assertEqual(self.curl(name)[0], CURL_UNVERIFIED, name)

    def test_policy_certificates(self):
        for name in ("healthy.test", "policy-expired.test", "policy-future.test", "policy-self-signed.test",
                     "policy-untrusted.test", "policy-wrong-name.test", "policy-expiring-soon.test",
                     "policy-purpose.test", "policy-constraint.test"):
            domain = self.world.domain(name)
            code = self.verify_code(domain.policy_host, policy_address(domain), "https")
            self.assertEqual(code, CHAINS[domain.certificate], name)

    @unittest.skipUnless(has_ipv6_loopback(), "this machine has no ::1")
    def test_policy_host_on_ipv6(self):
        domain = self.world.domain("dual-stack.test")
        self.assertEqual(self.verify_code(domain.policy_host, "[::1]", "https"), 0)

    def test_mail_certificates(self):
        for host in MAIL_HOSTS:
            if host.certificate in CHAINS and host.smtp.value == "STARTTLS":
                code = self.verify_code(host.name, mail_address(host), "smtp", "-starttls", "smtp")
                self.assertEqual(code, CHAINS[host.certificate], host.name)

    def test_names_in_the_cn_alone(self):
        leaf = self.world.directory / "ca" / "mx1.mx-cn-only.test.leaf"
        _, text = output_of("openssl", "x509", "-in", leaf, "-noout", "-subject", "-ext", "subjectAltName")
        self.assertIn("CN = mx1.mx-cn-only.test", text)
        self.assertNotIn("DNS:", text)

    def test_incomplete_chain(self):
        host = next(host for host in MAIL_HOSTS if host.certificate is Certificate.incomplete_chain)
        code = self.verify_code(host.name, mail_address(host), "smtp", "-starttls", "smtp")
        self.assertIn(code, (NO_ISSUER, 21))  # 21: the first certificate cannot be verified

    def test_mail_hosts(self):
        self.assertIn("250-STARTTLS", self.greeting("mx1.healthy.test"))
        self.assertTrue(self.greeting("mx1.healthy.test").startswith("220 mx1.healthy.test"))
        plain = self.greeting("mx1.no-starttls.test")
        self.assertTrue(plain.startswith("220 "), plain)
        self.assertNotIn("STARTTLS", plain)
        self.assertIn("250-STARTTLS", self.greeting("mx1.smtp-no-certificate.test"))
        self.assertTrue(self.greeting("mx1.smtp-banner.test").startswith("554 "))
        with self.assertRaises(ConnectionRefusedError):
            self.greeting("mx1.smtp-refused.test")

    def test_old_tls_alone(self):
        host = next(host for host in MAIL_HOSTS if host.name == "mx1.smtp-old-tls.test")
        address = f"{mail_address(host)}:{self.world.ports['smtp']}"
        for version, works in (("-tls1_1", True), ("-tls1_2", False), ("-tls1_3", False)):
            _, text = output_of("openssl", "s_client", "-starttls", "smtp", "-connect", address, version, "-cipher",
                                "ALL:@SECLEVEL=0", given="QUIT\n")
            self.assertEqual("Cipher is ECDHE" in text, works, text)

    def test_certificate_authority_has_the_usual_shape(self):
        folder = self.world.directory / "ca"
        for name, algorithm in (("root", "(4096 bit)"), ("intermediate", "P-384"),
                                ("mx1.healthy.test", "P-256")):
            file = folder / (f"{name}.pem" if (folder / f"{name}.pem").exists() else f"{name}.leaf")
            self.assertIn(algorithm, output_of("openssl", "x509", "-in", file, "-noout", "-text")[1])

    def test_changes_at_run_time(self):
        name = "shares-two.test"
        domain = self.world.domain(name)
        self.world.set_policy(name, policy(mode="testing"))
        self.assertIn("mode: testing", self.curl(name)[1])
        self.world.set_policy(name, None)
        self.assertIn(" 404 ", self.curl(name)[1])
        self.world.set_records(f"_mta-sts.{name}", "TXT", ["v=STSv1; id=2;"])
        self.assertIn('"v=STSv1; id=2;"', self.dig(f"_mta-sts.{name}", "TXT"))
        self.world.set_records(f"_mta-sts.{name}", "TXT", [])
        self.assertIn("status: NXDOMAIN", self.dig(f"_mta-sts.{name}", "TXT"))
        self.world.set_policy_certificate(name, Certificate.expired)
        self.assertEqual(self.verify_code(domain.policy_host, policy_address(domain), "https"), EXPIRED)

    def test_mail_certificate_changes_and_servers_halt_and_resume(self):
        host = next(host for host in MAIL_HOSTS if host.name == "b.healthy-wildcard.test")
        self.world.set_mail_certificate(host.name, Certificate.expired)
        self.assertEqual(self.verify_code(host.name, mail_address(host), "smtp", "-starttls", "smtp"), EXPIRED)
        self.world.set_mail_certificate(host.name, Certificate.valid)
        self.world.halt("nginx")
        self.assertEqual(self.curl("healthy.test")[0], CURL_REFUSED)
        self.world.resume("nginx")
        self.assertEqual(self.curl("healthy.test")[0], 0)


class Endings(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="world-")
        self.addCleanup(temporary.cleanup)
        os.chmod(temporary.name, 0o755)  # Postfix's own user must have access
        self.directory = Path(temporary.name) / "run"

    def up(self):
        program = Path(__file__).with_name("world.py")
        process = subprocess.Popen([sys.executable, program, "up", "--dir", self.directory], stdout=subprocess.PIPE,
                                   text=True)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        text = ""
        for line in process.stdout:
            text += line
            if line == "}\n":  # the end of the object, not indented
                break
        described = json.loads(text)
        self.assertEqual(described["directory"], str(self.directory))
        self.assertGreaterEqual(len(processes_in(self.directory)), 4)
        return process

    def test_sigterm_ends_everything(self):
        process = self.up()
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(20), 0)
        self.assertEqual(processes_in(self.directory), [])

    def test_everything_ends_when_the_parent_is_killed(self):
        process = self.up()
        process.kill()
        process.wait(20)
        wait_until(lambda: not processes_in(self.directory), "the servers to end", 20)

    def test_a_start_that_fails_leaves_nothing(self):
        class Failing(World):
            def _wait_until_served(self, names=()):
                raise WorldError("as planned")
        with self.assertRaisesRegex(WorldError, "as planned"):
            Failing(self.directory).start()
        self.assertEqual(processes_in(self.directory), [])


if __name__ == "__main__":
    unittest.main()
