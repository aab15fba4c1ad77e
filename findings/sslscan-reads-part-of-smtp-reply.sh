#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
#
# sslscan 2.0.7 (Debian 12) with --starttls-smtp, against a server whose replies come in more than one piece.
#
# Expected: a reply ends with the line that has a blank after its code (RFC 5321 §4.2.1), however many TCP
# segments it takes. Seen: sslscan takes what the first read gives for the whole reply. A greeting "220-…" with
# its last line a second later, which is how Postfix's postscreen greets new clients, ends in "did not respond
# with status 250 to our HELO"; an EHLO reply in two pieces ends in "did not appear to support STARTTLS". The
# same lines in one piece are fine, and openssl s_client takes all of it. It matters to who scans mail hosts: the
# error names the server, and the hosts with postscreen, among the better kept, are those that seem to have no TLS.
#
# Needs openssl, python3.
set -eu
work=$(mktemp -d)
trap 'kill "${server:-}" 2>/dev/null || true; rm -rf "$work"' EXIT
cd "$work"
version=2.0.7-1+b1
apt-get download -q "sslscan=$version" >/dev/null
dpkg -x ./*.deb root

openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=mx1.example.com -addext subjectAltName=DNS:mx1.example.com \
  -keyout key.pem -out cert.pem -days 90 2>/dev/null
cat > server.py <<'PY'
import socket
import ssl
import threading
import time

context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain("cert.pem", "key.pem")
GREETING = (b"220-mx1.example.com ESMTP\r\n", b"220 mx1.example.com ESMTP\r\n")
FEATURES = (b"250-mx1.example.com\r\n250-PIPELINING\r\n", b"250-STARTTLS\r\n250 8BITMIME\r\n")


def send(peer, pieces, apart):
    for number, piece in enumerate(pieces if apart else (b"".join(pieces),)):
        time.sleep(number)
        peer.sendall(piece)


def serve(peer, greeting_apart, features_apart):
    try:
        peer.settimeout(20)
        send(peer, GREETING, greeting_apart)
        peer.recv(512)
        send(peer, FEATURES, features_apart)
        peer.recv(512)
        peer.sendall(b"220 2.0.0 ready\r\n")
        peer = context.wrap_socket(peer, server_side=True)
        while peer.recv(512):
            pass
    except OSError:
        pass
    peer.close()


def accept(listener, *how):
    while True:
        threading.Thread(target=serve, args=(listener.accept()[0], *how), daemon=True).start()


listeners = [socket.create_server(("127.0.0.1", 0)) for _ in range(3)]
for listener, how in zip(listeners, ((False, False), (True, False), (False, True))):
    threading.Thread(target=accept, args=(listener, *how), daemon=True).start()
print(*(listener.getsockname()[1] for listener in listeners), flush=True)
threading.Event().wait(110)
PY
python3 server.py > ports &
server=$!
for _ in $(seq 50); do [ -s ports ] && break; sleep 0.1; done
read -r whole greeting features < ports

check() {  # PORT
  timeout 30 root/usr/bin/sslscan --no-colour --starttls-smtp --no-ciphersuites --no-renegotiation --no-heartbleed --no-groups \
    --no-compression --no-fallback "127.0.0.1:$1" 2>&1 | sed -n 's/^ERROR: .*port [0-9]* //p; s/^Altnames: */certificate /p' | head -n 1
  timeout 30 openssl s_client -starttls smtp -connect "127.0.0.1:$1" < /dev/null 2>/dev/null |
    sed -n 's/^subject=CN = /  openssl: certificate /p' | head -n 1
}
{
  echo "in one piece: $(check "$whole")"
  echo "greeting in two: $(check "$greeting")"
  echo "EHLO reply in two: $(check "$features")"
} > seen
echo "sslscan $version, $(openssl version | cut -d' ' -f1-2)"
cat seen
cat > expected <<'TEXT'
in one piece: certificate DNS:mx1.example.com
  openssl: certificate mx1.example.com
greeting in two: did not respond with status 250 to our HELO.
  openssl: certificate mx1.example.com
EHLO reply in two: did not appear to support STARTTLS.
  openssl: certificate mx1.example.com
TEXT
if cmp -s seen expected; then
  echo "as described: sslscan fails where a reply comes in two pieces"
else
  echo "the behaviour has changed; it was:" >&2
  cat expected >&2
  exit 1
fi
