#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
#
# A chain whose intermediate CA is constrained to a domain and to a directory name, as CAs of universities and
# companies are: OpenSSL (strict) and GnuTLS 3.7.9 find it valid; Go (crypto/x509, 1.19.8 and 1.26.8), rustls
# (in uv 0.13.9) and Python's cryptography 50.0.2 refuse it. With the domain as the only constraint all five accept.
#
# Expected: nameConstraints must be critical and directoryName is the form that every implementation has to
# process (RFC 5280 §4.2.1.10), so all accept: the leaf lies inside both constraints. Seen: Go "unhandled critical
# extension", rustls "NameConstraintViolation", cryptography "unsupported directoryName constraint". It
# matters to an MX host or policy host with such a certificate: what is built on OpenSSL or GnuTLS (Postfix, Exim,
# curl) says it is fine, while senders and probes written in Go or Rust refuse it (certificate-not-trusted,
# sts-webpki-invalid), and no check by openssl s_client at the receiving side shows why.
#
# Needs go (apt-get install golang-go), openssl, python3 with pip.
set -eu
work=$(mktemp -d)
trap 'kill "${server:-}" 2>/dev/null || true; rm -rf "$work"' EXIT
cd "$work"
gnutls=3.7.9-2+deb12u7
apt-get download -q "gnutls-bin=$gnutls" "libgnutls30=$gnutls" >/dev/null
for package in *.deb; do dpkg -x "$package" root; done
python3 -m pip install -q --disable-pip-version-check --root-user-action=ignore --target py cryptography==50.0.2 uv==0.13.9
export GOPATH="$work/go" GOCACHE="$work/cache"

cat > ca.cnf <<'CNF'
[req]
distinguished_name = none
[none]
[root]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
[intermediate]
basicConstraints = critical,CA:TRUE,pathlen:0
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
nameConstraints = critical,@${ENV::CONSTRAINTS}
[domain]
permitted;DNS.0 = example.com
[domain-and-directory]
permitted;DNS.0 = example.com
permitted;dirName.0 = directory
[directory]
C = DE
O = Example University
[leaf]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = DNS:mx1.example.com,IP:127.0.0.1
CNF

cat > verify.py <<'PY'
import sys
from cryptography import x509
from cryptography.x509.verification import PolicyBuilder, Store

root, intermediate, leaf = (x509.load_pem_x509_certificate(open(sys.argv[1] + "/" + name, "rb").read())
                            for name in ("root.pem", "intermediate.pem", "leaf.pem"))
PolicyBuilder().store(Store([root])).build_server_verifier(x509.DNSName("mx1.example.com")).verify(leaf, [intermediate])
PY
cat > verify.go <<'GO'
package main

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
)

func load(path string) *x509.Certificate {
	text, err := os.ReadFile(path)
	if err != nil {
		panic(err)
	}
	block, _ := pem.Decode(text)
	certificate, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		panic(err)
	}
	return certificate
}

func main() {
	roots, intermediates := x509.NewCertPool(), x509.NewCertPool()
	roots.AddCert(load(os.Args[1] + "/root.pem"))
	intermediates.AddCert(load(os.Args[1] + "/intermediate.pem"))
	_, err := load(os.Args[1] + "/leaf.pem").Verify(x509.VerifyOptions{
		Roots: roots, Intermediates: intermediates, DNSName: "mx1.example.com"})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
GO
go build -o verify verify.go

sign() {  # NAME SUBJECT SECTION ISSUER
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -config ca.cnf -subj "$2" -keyout "$1.key" -out "$1.csr" 2>/dev/null
  openssl x509 -req -in "$1.csr" -CA "$4.pem" -CAkey "$4.key" -CAcreateserial \
    -extfile ca.cnf -extensions "$3" -days 30 -out "$1.pem" 2>/dev/null
}
rustls() {  # DIRECTORY: a fetch over TLS; a page without packages says that the certificate was accepted
  openssl s_server -accept 127.0.0.1:0 -cert "$1/leaf.pem" -key "$1/leaf.key" -cert_chain "$1/intermediate.pem" -www > "$1/port" 2>&1 &
  server=$!
  for _ in $(seq 50); do grep -q '^ACCEPT 127' "$1/port" && break; sleep 0.1; done
  port=$(sed -n 's/^ACCEPT 127.0.0.1://p' "$1/port")
  SSL_CERT_FILE="$1/root.pem" timeout 30 py/bin/uv pip install --no-cache --no-config --target "$1/none" --python python3 \
    --default-index "https://127.0.0.1:$port/" example > "$1/uv" 2>&1 || true
  kill "$server"
  server=
  cat "$1/uv"
  grep -q 'no versions of example' "$1/uv"
}
said() {  # NAME COMMAND…
  name=$1
  shift
  if "$@" > "log-$name" 2>&1; then echo "  $name: accepts"; else echo "  $name: refuses"; fi
}

for constraints in domain domain-and-directory; do
  export CONSTRAINTS=$constraints
  mkdir "$constraints"
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -config ca.cnf -extensions root -subj "/O=Root" -days 30 \
    -keyout "$constraints/root.key" -out "$constraints/root.pem" 2>/dev/null
  sign "$constraints/intermediate" "/C=DE/O=Example University/CN=Intermediate" intermediate "$constraints/root"
  sign "$constraints/leaf" "/C=DE/O=Example University/CN=mx1.example.com" leaf "$constraints/intermediate"
  cat "$constraints/leaf.pem" "$constraints/intermediate.pem" "$constraints/root.pem" > "$constraints/chain.pem"
  echo "$constraints"
  said openssl openssl verify -x509_strict -purpose sslserver -verify_hostname mx1.example.com -CAfile "$constraints/root.pem" \
    -untrusted "$constraints/intermediate.pem" "$constraints/leaf.pem"
  said gnutls env LD_LIBRARY_PATH="$work/root/usr/lib/x86_64-linux-gnu" root/usr/bin/certtool --verify --verify-hostname mx1.example.com \
    --load-ca-certificate "$constraints/root.pem" --infile "$constraints/chain.pem"
  said go ./verify "$constraints"
  said rustls rustls "$constraints"
  said cryptography env PYTHONPATH="$work/py" python3 verify.py "$constraints"
done > seen
echo "gnutls-bin $gnutls, cryptography 50.0.2, uv 0.13.9, $(go version | cut -d' ' -f3), $(openssl version | cut -d' ' -f1-2)"
cat seen
cat log-go
grep -o 'invalid peer certificate.*' log-rustls || true
tail -n 1 log-cryptography
cat > expected <<'TEXT'
domain
  openssl: accepts
  gnutls: accepts
  go: accepts
  rustls: accepts
  cryptography: accepts
domain-and-directory
  openssl: accepts
  gnutls: accepts
  go: refuses
  rustls: refuses
  cryptography: refuses
TEXT
if cmp -s seen expected; then
  echo "as described: three of five refuse a chain with a directory name constraint"
else
  echo "the behaviour has changed; it was:" >&2
  cat expected >&2
  exit 1
fi
