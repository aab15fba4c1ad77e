#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
#
# libcurl 7.88.1 (Debian 12): the header API (curl_easy_header, and --write-out '%header{}' on top of it)
# gives "\r" as the value of a response field that is empty on the wire.
#
# Expected: RFC 9112 §5 takes the line end and the blanks around a value off, so "X-Empty:\r\n" has the
# value "". Seen: the value of a field that is not empty is trimmed, that of an empty field is one CR.
# It matters to who tells "the field is there and empty" from "the field has a value", for example a
# Content-Type without a type.
set -eu
work=$(mktemp -d)
trap 'kill "${server:-}" 2>/dev/null || true; rm -rf "$work"' EXIT
cd "$work"
version=7.88.1-10+deb12u15
apt-get download -q "curl=$version" "libcurl4=$version" >/dev/null
for package in *.deb; do dpkg -x "$package" root; done
# Dependencies of libcurl4 are taken from the system: apt-get install curl brings them.

cat > server.py <<'PY'
import socket
listener = socket.socket()
listener.bind(("127.0.0.1", 0))
listener.listen(1)
print(listener.getsockname()[1], flush=True)
peer, _ = listener.accept()
peer.recv(4096)
peer.sendall(b"HTTP/1.1 200 OK\r\nX-Empty:\r\nX-Blank: \r\nX-Full: a\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
peer.close()
PY
python3 server.py > port &
server=$!
for _ in $(seq 50); do [ -s port ] && break; sleep 0.1; done

library=$(dirname "$(find root -name 'libcurl.so.4')")
seen=$(LD_LIBRARY_PATH=$library root/usr/bin/curl -s -o /dev/null --max-time 10 \
  -w '[%header{x-empty}][%header{x-blank}][%header{x-full}]' "http://127.0.0.1:$(cat port)/" | od -An -c | tr -s ' ')
LD_LIBRARY_PATH=$library root/usr/bin/curl --version | head -1 | cut -d' ' -f1-2
echo "X-Empty, X-Blank and X-Full: $seen"
expected=' [ \r ] [ \r ] [ a ]'
if [ "$seen" = "$expected" ]; then
  echo "as described: an empty field has the value CR"
else
  echo "the behaviour has changed; it was: $expected" >&2
  exit 1
fi
