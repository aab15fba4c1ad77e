# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
"""A private CA modelled on Let's Encrypt, made with the openssl command line: RSA-4096 root, P-384 intermediate,
P-256 leaves of 90 days. Keys and certificates are kept in the run directory and removed with it."""

import datetime
import subprocess
from dataclasses import dataclass
from pathlib import Path

from domains import Certificate

LIFETIME_DAYS = 90
# Days from now to the first day of validity; kinds not listed here use that of Certificate.valid.
FIRST_DAY = {
    Certificate.expired: -LIFETIME_DAYS - 5,
    Certificate.expiring: 15 - LIFETIME_DAYS,
    Certificate.expiring_soon: 5 - LIFETIME_DAYS,
    Certificate.not_yet_valid: 5,
}
FIRST_DAY_OF_VALID = -10

CONFIGURATION = """\
[req]
distinguished_name = name
prompt = no
[name]
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[intermediate]
basicConstraints = critical, CA:TRUE, pathlen:0
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[cross]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[constrained]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
nameConstraints = critical, permitted;DNS:elsewhere.test
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[ca]
default_ca = issuing
[issuing]
new_certs_dir = {directory}/issued
database = {directory}/index.txt
rand_serial = yes
unique_subject = no
default_md = sha256
policy = any_name
[any_name]
commonName = optional
organizationName = optional
"""

LEAF_EXTENSIONS = """\
[leaf]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = {purpose}
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
"""


@dataclass(frozen=True)
class Leaf:
    """Files of one server: the key, the certificates, and both together (key first) as Postfix requires."""
    key_file: Path
    chain_file: Path
    key_and_chain_file: Path


@dataclass(frozen=True)
class Issuer:
    key_file: Path
    certificate_file: Path


class CertificateAuthority:
    def __init__(self, directory):
        self.directory = Path(directory)
        self.ca_file = self.directory / "root.pem"
        self.ahead = datetime.timedelta()  # of certificates to come, for peers whose calendar has moved on
        self._configuration = self.directory / "openssl.cnf"
        self._intermediate = self._issuer("intermediate")
        self._stranger = self._issuer("stranger")
        self._root = self._issuer("root")
        # A new root that the world knows only as cross-signed, its intermediate, and a constrained one.
        self._cross = self._issuer("cross")
        self._below_cross = self._issuer("below-cross")
        self._constrained = self._issuer("constrained")

    def create(self):
        (self.directory / "issued").mkdir(parents=True)
        (self.directory / "index.txt").touch()
        self._configuration.write_text(CONFIGURATION.format(directory=self.directory))
        self._create_root(self._root, "World Root", "rsa:4096")
        self._create_root(self._stranger, "Stranger Root", "ec", "-pkeyopt", "ec_paramgen_curve:P-256")
        self._create_intermediate(self._intermediate, "World E1", self._root, "intermediate")
        self._create_intermediate(self._cross, "World Root Y", self._root, "cross")
        self._create_intermediate(self._below_cross, "World YE1", self._cross, "intermediate")
        self._create_intermediate(self._constrained, "World Constrained", self._root, "constrained")

    def files_of(self, host):
        return Leaf(*(self.directory / f"{host}.{end}" for end in ("key", "chain", "both")))

    def issue(self, host, kind):
        """Writes or replaces the host's key and certificates."""
        leaf = self.files_of(host)
        if kind is Certificate.self_signed:
            chain = self._self_sign(host, leaf.key_file)
        else:
            issuer = {Certificate.untrusted: self._stranger, Certificate.missing_cross_sign: self._below_cross,
                      Certificate.name_constraint: self._constrained}.get(kind, self._intermediate)
            chain = self._sign(host, kind, leaf.key_file, issuer)
            others = {Certificate.incomplete_chain: (), Certificate.root_instead: (self._root,),
                      Certificate.reversed: (self._root, issuer)}.get(kind, (issuer,))
            chain += "".join(other.certificate_file.read_text() for other in others)
        leaf.chain_file.write_text(chain)
        leaf.key_and_chain_file.write_text(leaf.key_file.read_text() + chain)
        leaf.key_and_chain_file.chmod(0o600)

    def _issuer(self, name):
        return Issuer(self.directory / f"{name}.key", self.directory / f"{name}.pem")

    def _create_root(self, issuer, name, *key):
        self._openssl("req", "-x509", "-nodes", "-newkey", *key, "-days", "3650", "-sha256",
                      "-subj", f"/O=Miniature internet/CN={name}", "-extensions", "authority",
                      "-keyout", issuer.key_file, "-out", issuer.certificate_file)

    def _create_intermediate(self, issuer, name, signer, extensions):
        request = issuer.certificate_file.with_suffix(".csr")
        self._request(f"/O=Miniature internet/CN={name}", "P-384", issuer.key_file, request)
        run("openssl", "x509", "-req", "-in", request, "-CA", signer.certificate_file, "-CAkey", signer.key_file,
            "-days", "1825", "-sha256", "-extfile", self._configuration, "-extensions", extensions,
            "-out", issuer.certificate_file)

    def _self_sign(self, host, key_file):
        out = self.directory / f"{host}.leaf"
        self._openssl("req", "-x509", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                      "-days", LIFETIME_DAYS, "-subj", f"/CN={host}", "-addext", f"subjectAltName=DNS:{host}",
                      "-keyout", key_file, "-out", out)
        return out.read_text()

    def _sign(self, host, kind, key_file, issuer):
        request, extensions, out = (self.directory / f"{host}.{end}" for end in ("csr", "ext", "leaf"))
        name = f"other.{host}" if kind is Certificate.wrong_name else host
        self._request(f"/CN={name}", "P-256", key_file, request)
        alternative = "" if kind is Certificate.cn_only else f"subjectAltName = DNS:{name}\n"
        purpose = {Certificate.client_only: "clientAuth",
                   Certificate.any_purpose: "anyExtendedKeyUsage"}.get(kind, "serverAuth")
        extensions.write_text(LEAF_EXTENSIONS.format(purpose=purpose) + alternative)
        first = datetime.datetime.now(datetime.timezone.utc) + self.ahead + datetime.timedelta(
            days=FIRST_DAY.get(kind, FIRST_DAY_OF_VALID))
        last = first + datetime.timedelta(days=LIFETIME_DAYS)
        self._openssl("ca", "-batch", "-notext", "-in", request, "-out", out,
                      "-cert", issuer.certificate_file, "-keyfile", issuer.key_file,
                      "-md", "sha1" if kind is Certificate.weak_signature else "sha256",
                      "-startdate", f"{first:%Y%m%d%H%M%SZ}", "-enddate", f"{last:%Y%m%d%H%M%SZ}",
                      "-extfile", extensions, "-extensions", "leaf")
        return out.read_text()

    def _request(self, subject, curve, key_file, out):
        self._openssl("req", "-new", "-nodes", "-newkey", "ec", "-pkeyopt", f"ec_paramgen_curve:{curve}",
                      "-subj", subject, "-keyout", key_file, "-out", out)

    def _openssl(self, command, *arguments):
        run("openssl", command, "-config", self._configuration, *arguments)


def run(*command):
    """Runs a command to completion; its output is part of the exception when it fails."""
    done = subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=60)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(str(word) for word in command)}: {done.stdout}{done.stderr}")
    return done.stdout
