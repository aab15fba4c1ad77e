#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
#
# ldns-dane 1.8.3 (Debian 12, ldnsutils): a TLSA record "3 1 1" that matches the server's key, and a certificate
# that names another host.
#
# Expected: with usage 3 the record alone binds key and host; names and dates are not looked at (RFC 7671 §5.1,
# for mail RFC 7672 §3.1.1), so an old self-signed certificate verifies. Seen: half of it. An expired
# certificate verifies, but one for another name does not: "hostname mismatch", exit status 1; only -n, which is
# documented without a word of usages, gives the RFC's answer. `openssl s_client -dane_tlsa_domain` does the
# same unless -dane_ee_no_namechecks is given. It matters to who checks a mail host with either: self-signed
# certificates under 3 1 1 are what many DANE hosts serve, Postfix says "Verified" to them, and the tool fails.
#
# Needs openssl.
set -eu
work=$(mktemp -d)
trap 'kill "${server:-}" 2>/dev/null || true; rm -rf "$work"' EXIT
cd "$work"
version=1.8.3-1+b1
apt-get download -q "ldnsutils=$version" "libldns3=$version" >/dev/null
for package in *.deb; do dpkg -x "$package" root; done
LIBRARIES=$(dirname "$(find "$work/root" -name 'libldns.so.3')")

cat > ca.cnf <<'CNF'
[ca]
default_ca = own
[own]
database = index
serial = serial
new_certs_dir = .
default_md = sha256
policy = any
unique_subject = no
copy_extensions = copy
[any]
commonName = supplied
CNF
: > index
echo 01 > serial
certificate() {  # NAME HOST END: a self-signed certificate, valid from 2025 on
  openssl req -newkey rsa:2048 -nodes -subj "/CN=$2" -addext "subjectAltName=DNS:$2" -keyout "$1.key" -out "$1.csr" 2>/dev/null
  openssl ca -batch -config ca.cnf -selfsign -keyfile "$1.key" -in "$1.csr" \
    -startdate 20250101000000Z -enddate "$3" -notext -out "$1.pem" 2>/dev/null
}
record() {  # NAME
  openssl x509 -in "$1.pem" -noout -pubkey | openssl pkey -pubin -outform DER | openssl sha256 -r | sed 's/^\([0-9a-f]*\).*/3 1 1 \1/'
}
check() {  # NAME OPTION…
  name=$1
  shift
  echo "_25._tcp.mx1.example.com. 300 IN TLSA $(record "$name")" > tlsa
  status=0
  LD_LIBRARY_PATH=$LIBRARIES timeout 20 root/usr/bin/ldns-dane -d "$@" -t tlsa -c "$name.pem" verify mx1.example.com 25 \
    > log 2>&1 || status=$?
  sed 's/^.*\(did not dane-validate\|dane-validated\)/\1/' log | tail -n 1
  echo "  exit status $status"
}
client() {  # NAME OPTION…
  name=$1
  shift
  timeout 20 openssl s_client -connect "127.0.0.1:$port" -dane_tlsa_domain mx1.example.com "$@" -dane_tlsa_rrdata "$(record "$name")" \
    < /dev/null 2> /dev/null | grep -m 1 '^Verification'
}

certificate own mx1.example.com 20490101000000Z
certificate expired mx1.example.com 20250401000000Z
certificate other old.example.net 20490101000000Z
openssl s_server -accept 127.0.0.1:0 -cert other.pem -key other.key -www > port 2>&1 &
server=$!
for _ in $(seq 50); do grep -q '^ACCEPT 127' port && break; sleep 0.1; done
port=$(sed -n 's/^ACCEPT 127.0.0.1://p' port)
{
  echo "ldns-dane, own name: $(check own)"
  echo "ldns-dane, expired: $(check expired)"
  echo "ldns-dane, another name: $(check other)"
  echo "ldns-dane -n, another name: $(check other -n)"
  echo "openssl, another name: $(client other)"
  echo "openssl -dane_ee_no_namechecks, another name: $(client other -dane_ee_no_namechecks)"
} > seen
echo "ldnsutils $version, $(openssl version | cut -d' ' -f1-2)"
cat seen
cat > expected <<'TEXT'
ldns-dane, own name: dane-validated successfully
  exit status 0
ldns-dane, expired: dane-validated successfully
  exit status 0
ldns-dane, another name: did not dane-validate, because: hostname mismatch
  exit status 1
ldns-dane -n, another name: dane-validated successfully
  exit status 0
openssl, another name: Verification error: hostname mismatch
openssl -dane_ee_no_namechecks, another name: Verification: OK
TEXT
if cmp -s seen expected; then
  echo "as described: the name is checked under usage 3, the date is not"
else
  echo "the behaviour has changed; it was:" >&2
  cat expected >&2
  exit 1
fi
