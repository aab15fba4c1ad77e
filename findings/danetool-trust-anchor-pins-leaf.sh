#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
#
# danetool of GnuTLS 3.7.9 (Debian 12, gnutls-bin): a TLSA record of usage 2 (trust anchor) from fullchain.pem,
# the file that certbot and lego write: first the host's certificate, then its CA.
#
# Expected: --ca takes the CA of the file, or complains that the first certificate is none. Seen: "02 01 01"
# with the digest of the host's own key, exit status 0, no word on standard error. The certificate says CA:FALSE,
# and usage 2 never matches the leaf: openssl s_client, like Postfix, refuses the very chain of that file. It
# matters to who publishes the record: mail of every DANE sender waits, and the record has the look of a good one.
# Split the chain first and give danetool the CA alone.
#
# Needs openssl.
set -eu
work=$(mktemp -d)
trap 'kill "${server:-}" 2>/dev/null || true; rm -rf "$work"' EXIT
cd "$work"
version=3.7.9-2+deb12u7
apt-get download -q "gnutls-bin=$version" "libgnutls30=$version" "libgnutls-dane0=$version" >/dev/null
for package in *.deb; do dpkg -x "$package" root; done
LIBRARIES=$(dirname "$(find "$work/root" -name 'libgnutls-dane.so.0')")

key='-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes'
# shellcheck disable=SC2086  # several words
openssl req -x509 $key -subj '/CN=Example CA' -addext keyUsage=critical,keyCertSign -days 30 -keyout ca.key -out ca.pem 2>/dev/null
# shellcheck disable=SC2086
openssl req $key -subj /CN=mx1.example.com -keyout leaf.key -out leaf.csr 2>/dev/null
printf 'basicConstraints=critical,CA:FALSE\nsubjectAltName=DNS:mx1.example.com\nextendedKeyUsage=serverAuth\n' > leaf.cnf
openssl x509 -req -in leaf.csr -CA ca.pem -CAkey ca.key -CAcreateserial -extfile leaf.cnf -days 30 -out leaf.pem 2>/dev/null
cat leaf.pem ca.pem > fullchain.pem

digest() {  # FILE
  openssl x509 -in "$1" -noout -pubkey | openssl pkey -pubin -outform DER | openssl sha256 -r | cut -d' ' -f1
}
make() {  # FILE OPTION…
  file=$1
  shift
  status=0
  LD_LIBRARY_PATH=$LIBRARIES root/usr/bin/danetool --tlsa-rr --host mx1.example.com --port 25 \
    --load-certificate "$file" "$@" > made 2> errors || status=$?
  sed "s/.*TLSA ( \(.*\) )/\1/; s/$(digest leaf.pem)/LEAF/; s/$(digest ca.pem)/CA/" made
  echo "  exit status $status, $(wc -c < errors) bytes of errors"
}
client() {  # RECORD
  timeout 20 openssl s_client -connect "127.0.0.1:$port" -dane_tlsa_domain mx1.example.com -dane_tlsa_rrdata "$1" \
    < /dev/null 2> /dev/null | grep -m 1 '^Verification'
}
openssl s_server -accept 127.0.0.1:0 -cert leaf.pem -key leaf.key -cert_chain ca.pem -www > port 2>&1 &
server=$!
for _ in $(seq 50); do grep -q '^ACCEPT 127' port && break; sleep 0.1; done
port=$(sed -n 's/^ACCEPT 127.0.0.1://p' port)
{
  echo "danetool, fullchain.pem: $(make fullchain.pem)"
  echo "danetool --ca, fullchain.pem: $(make fullchain.pem --ca)"
  echo "danetool --ca, ca.pem: $(make ca.pem --ca)"
  echo "openssl, 2 1 1 LEAF: $(client "2 1 1 $(digest leaf.pem)")"
  echo "openssl, 2 1 1 CA: $(client "2 1 1 $(digest ca.pem)")"
} > seen
echo "gnutls-bin $version, $(openssl version | cut -d' ' -f1-2)"
cat seen
cat > expected <<'TEXT'
danetool, fullchain.pem: 03 01 01 LEAF
  exit status 0, 0 bytes of errors
danetool --ca, fullchain.pem: 02 01 01 LEAF
  exit status 0, 0 bytes of errors
danetool --ca, ca.pem: 02 01 01 CA
  exit status 0, 0 bytes of errors
openssl, 2 1 1 LEAF: Verification error: self-signed certificate in certificate chain
openssl, 2 1 1 CA: Verification: OK
TEXT
if cmp -s seen expected; then
  echo "as described: a trust anchor record with the key of the leaf"
else
  echo "the behaviour has changed; it was:" >&2
  cat expected >&2
  exit 1
fi
