#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
#
# A mail server that answers EHLO with "250-starttls", and what clients and checks make of it: curl 7.88.1,
# check_smtp 2.3.3, swaks 20201014.0 (all Debian 12) and Go's net/smtp (1.19.8 and 1.26.8).
#
# Expected: EHLO keywords may come in upper, lower or mixed case and must be recognized in each (RFC 5321 §4.1.1.1),
# so every client starts TLS. Seen: these four say that the server has no STARTTLS; openssl s_client does not
# find it either and goes on all the same. With "250-STARTTLS" all five are content. Python's smtplib takes both
# (as do Postfix, gnutls-cli, sslscan and Perl's Net::SMTP). It matters twice: a proxy or a server of one's own
# that writes the word small is encrypted for some senders and not for others; and an alert "no STARTTLS" from
# one of these tools is no proof that a sender sees none.
#
# Needs go (apt-get install golang-go), openssl, perl, python3.
set -eu
work=$(mktemp -d)
trap 'kill "${server:-}" 2>/dev/null || true; rm -rf "$work"' EXIT
cd "$work"
curl=7.88.1-10+deb12u15 plugins=2.3.3-5+deb12u2 swaks=20201014.0-2 ssleay=1.92-2+b1
apt-get download -q "curl=$curl" "libcurl4=$curl" "monitoring-plugins-basic=$plugins" "swaks=$swaks" "libnet-ssleay-perl=$ssleay" >/dev/null
for package in *.deb; do dpkg -x "$package" root; done
# Dependencies of libcurl4 are taken from the system: apt-get install curl brings them.
export GOPATH="$work/go" GOCACHE="$work/cache"
LIBRARIES=$(dirname "$(find "$work/root" -name 'libcurl.so.4')")
PERL5LIB=$(dirname "$(dirname "$(find "$work/root" -name SSLeay.pm)")")
export PERL5LIB

openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=mx1.example.com -addext subjectAltName=DNS:mx1.example.com \
  -keyout key.pem -out cert.pem -days 90 2>/dev/null
cat > server.py <<'PY'
import socket
import ssl
import threading

context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain("cert.pem", "key.pem")


def line(peer):
    text = b""
    while not text.endswith(b"\n"):
        byte = peer.recv(1)
        if not byte:
            return b""
        text += byte
    return text.strip().upper()


def serve(peer, keyword):
    offer = b"250-" + keyword + b"\r\n"
    try:
        peer.settimeout(20)
        peer.sendall(b"220 mx1.example.com ESMTP\r\n")
        while command := line(peer):
            if command.startswith(b"EHLO"):
                peer.sendall(b"250-mx1.example.com\r\n" + offer + b"250 8BITMIME\r\n")
            elif command == b"STARTTLS":
                peer.sendall(b"220 2.0.0 ready\r\n")
                peer, offer = context.wrap_socket(peer, server_side=True), b""
            elif command == b"QUIT":
                peer.sendall(b"221 2.0.0 bye\r\n")
                break
            else:
                peer.sendall(b"250 2.0.0 ok\r\n")
    except OSError:
        pass
    peer.close()


def accept(listener, keyword):
    while True:
        threading.Thread(target=serve, args=(listener.accept()[0], keyword), daemon=True).start()


listeners = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
for listener, keyword in zip(listeners, (b"STARTTLS", b"starttls")):
    threading.Thread(target=accept, args=(listener, keyword), daemon=True).start()
print(*(listener.getsockname()[1] for listener in listeners), flush=True)
threading.Event().wait(120)
PY
cat > client.py <<'PY'
import smtplib
import ssl
import sys

with smtplib.SMTP("127.0.0.1", int(sys.argv[1]), timeout=20) as client:
    client.starttls(context=ssl._create_unverified_context())
PY
cat > client.go <<'GO'
package main

import (
	"net/smtp"
	"os"
)

func main() {
	client, err := smtp.Dial("127.0.0.1:" + os.Args[1])
	if err != nil {
		panic(err)
	}
	if offered, _ := client.Extension("STARTTLS"); !offered {
		println("Extension says no")
		os.Exit(1)
	}
}
GO
go build -o client client.go
python3 server.py > ports &
server=$!
for _ in $(seq 50); do [ -s ports ] && break; sleep 0.1; done
read -r capital small < ports

said() {  # NAME COMMAND…
  name=$1
  shift
  if timeout 30 "$@" > "log-$name" 2>&1 < /dev/null; then echo "  $name: offered"; else echo "  $name: not offered"; fi
}
# s_client goes on without the word, so what counts is what it says of it.
cat > client.sh <<'SH'
openssl s_client -starttls smtp -connect "127.0.0.1:$1" < /dev/null > said 2>&1
grep -q 'Verify return code' said && ! grep 'find STARTTLS in server response' said
SH
for port in "$capital" "$small"; do
  if [ "$port" = "$capital" ]; then echo "250-STARTTLS"; else echo "250-starttls"; fi
  said curl env LD_LIBRARY_PATH="$LIBRARIES" root/usr/bin/curl -sS -k --ssl-reqd --max-time 20 -X NOOP "smtp://127.0.0.1:$port"
  said check_smtp root/usr/lib/nagios/plugins/check_smtp -H 127.0.0.1 -p "$port" -S -D 10
  said swaks perl root/usr/bin/swaks --server 127.0.0.1 --port "$port" --helo client.example -tls --quit-after TLS
  said net-smtp ./client "$port"
  said s_client sh client.sh "$port"
  said smtplib python3 client.py "$port"
done > seen
echo "curl $curl, check_smtp $plugins, swaks $swaks"
echo "$(go version | cut -d' ' -f3), $(openssl version | cut -d' ' -f1-2), $(python3 --version)"
cat seen
tail -q -n 1 log-curl log-check_smtp
grep -h '^\*\*\*' log-swaks
cat log-s_client
cat > expected <<'TEXT'
250-STARTTLS
  curl: offered
  check_smtp: offered
  swaks: offered
  net-smtp: offered
  s_client: offered
  smtplib: offered
250-starttls
  curl: not offered
  check_smtp: not offered
  swaks: not offered
  net-smtp: not offered
  s_client: not offered
  smtplib: offered
TEXT
if cmp -s seen expected; then
  echo "as described: STARTTLS in small letters is not seen by four clients and s_client"
else
  echo "the behaviour has changed; it was:" >&2
  cat expected >&2
  exit 1
fi
