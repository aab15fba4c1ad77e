#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
#
# github.com/miekg/dns 1.1.57 (Go), the DNS library of CoreDNS and of most Go tools that look at TLSA records:
# a TLSA record read from text keeps the case of its hex digits, and the library compares the text.
#
# Expected: hex digits have no case (RFC 4648 §8), and both spellings are the same bytes on the wire. Seen:
# the record in capitals, as `openssl x509 -fingerprint` and many DNS providers write it, is no duplicate of
# itself in small letters, and TLSA.Verify says "bad signature" for the very certificate it names. Looked up
# in DNS the same record verifies, since the library writes what it unpacks in small letters. It matters to
# who compares a zone file or a list of planned TLSA records with what is published or served: a sound
# record looks like a mismatch, and a rollover looks unfinished for ever. Version 1.1.73 does the same.
#
# Needs go (apt-get install golang-go) and openssl.
set -eu
work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
cd "$work"
version=v1.1.57
export GOPATH="$work/go" GOCACHE="$work/cache" GOFLAGS=-mod=mod

openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=mx1.example.com -addext subjectAltName=DNS:mx1.example.com \
  -keyout key.pem -out cert.pem -days 30 2>/dev/null
printf 'module seen\n\ngo 1.19\n\nrequire github.com/miekg/dns %s\n' "$version" > go.mod
cat > main.go <<'GO'
package main

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"strings"

	"github.com/miekg/dns"
)

func record(hex string) *dns.TLSA {
	rr, err := dns.NewRR("_25._tcp.mx1.example.com. 300 IN TLSA 3 1 1 " + hex)
	if err != nil {
		panic(err)
	}
	return rr.(*dns.TLSA)
}

func wire(rr dns.RR) []byte {
	buffer := make([]byte, 512)
	end, err := dns.PackRR(rr, buffer, 0, nil, false)
	if err != nil {
		panic(err)
	}
	return buffer[:end]
}

func main() {
	text, err := os.ReadFile("cert.pem")
	if err != nil {
		panic(err)
	}
	block, _ := pem.Decode(text)
	certificate, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		panic(err)
	}
	hex, err := dns.CertificateToDANE(1, 1, certificate)
	if err != nil {
		panic(err)
	}
	small, capital := record(hex), record(strings.ToUpper(hex))
	fmt.Println("same on the wire:", bytes.Equal(wire(small), wire(capital)))
	fmt.Println("duplicate:", dns.IsDuplicate(small, capital))
	fmt.Println("small letters verify:", small.Verify(certificate))
	fmt.Println("capitals verify:", capital.Verify(certificate))
	unpacked, _, err := dns.UnpackRR(wire(capital), 0)
	if err != nil {
		panic(err)
	}
	fmt.Println("capitals by way of the wire verify:", unpacked.(*dns.TLSA).Verify(certificate))
}
GO
timeout 100 go run . > seen 2> log || { cat log >&2; exit 1; }
echo "miekg/dns $version, $(go version | cut -d' ' -f3)"
cat seen
cat > expected <<'TEXT'
same on the wire: true
duplicate: false
small letters verify: <nil>
capitals verify: dns: bad signature
capitals by way of the wire verify: <nil>
TEXT
if cmp -s seen expected; then
  echo "as described: TLSA data in capitals neither equals itself nor verifies"
else
  echo "the behaviour has changed; it was:" >&2
  cat expected >&2
  exit 1
fi
