#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
#
# curl 7.88.1 (Debian 12) as IMAP client: fetching a report from a mailbox and leaving it unread.
#
# Expected: "FETCH 1 BODY.PEEK[]" given with -X prints the response, and the message is part of it (RFC 3501 §7.4.2;
# §4.3: a literal is a size in braces, and then that many octets). Seen: the line with the size in braces is printed,
# the octets that it announces are not, and the exit status is 0; FLAGS, which needs no literal, is printed whole. The
# URL with ;MAILINDEX=1 prints the message, but asks for BODY[] without PEEK, and there is no way to tell it, so the
# message is read from then on. It matters to whoever collects TLS or DMARC reports by a script: one way saves an empty
# report and says success, the other hides mail from the next reader that looks for unread ones.
#
# Needs python3. The server below speaks just enough IMAP; Dovecot 2.3.19 shows the same.
set -eu
work=$(mktemp -d)
trap 'kill "${server:-}" 2>/dev/null || true; rm -rf "$work"' EXIT
cd "$work"
curl=7.88.1-10+deb12u15
apt-get download -q "curl=$curl" "libcurl4=$curl" >/dev/null
for package in *.deb; do dpkg -x "$package" root; done
# Dependencies of libcurl4 are taken from the system: apt-get install curl brings them.
LIBRARIES=$(dirname "$(find "$work/root" -name 'libcurl.so.4')")

cat > server.py <<'PY'
import socketserver

MESSAGE = b"Subject: Report Domain: example.com\r\n\r\nthe report\r\n"


class Session(socketserver.StreamRequestHandler):
    timeout = 20

    def say(self, *lines):
        for line in lines:
            self.wfile.write(line + b"\r\n")

    def fetch(self, tag, item):
        with open("commands", "a", encoding="ascii") as log:
            log.write("FETCH " + item.decode() + "\n")
        if item.startswith(b"BODY"):
            name = item.replace(b".PEEK", b"")
            self.wfile.write(b"* 1 FETCH (%s {%d}\r\n%s)\r\n" % (name, len(MESSAGE), MESSAGE))
        else:
            self.say(b"* 1 FETCH (FLAGS (\\Recent))")
        self.say(tag + b" OK done")

    def handle(self):
        self.say(b"* OK [CAPABILITY IMAP4rev1] ready")
        while line := self.rfile.readline():
            tag, command, *rest = line.strip().split(b" ", 2)
            command = command.upper()
            if command == b"CAPABILITY":
                self.say(b"* CAPABILITY IMAP4rev1", tag + b" OK done")
            elif command == b"SELECT":
                self.say(b"* 1 EXISTS", b"* OK [UIDVALIDITY 1] valid", tag + b" OK [READ-WRITE] done")
            elif command == b"FETCH":
                self.fetch(tag, rest[0].split(b" ", 1)[1].strip(b"()"))
            elif command == b"LOGOUT":
                self.say(b"* BYE", tag + b" OK done")
                return
            else:
                self.say(tag + b" OK done")


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


with Server(("127.0.0.1", 0), Session) as server:
    print(server.server_address[1], flush=True)
    server.serve_forever()
PY
timeout 60 python3 server.py > port &
server=$!
for _ in $(seq 50); do [ -s port ] && break; sleep 0.1; done
url="imap://127.0.0.1:$(cat port)/INBOX"

show() {  # NAME ARGUMENTS…
  echo "$1"
  shift
  : > commands
  status=0
  LD_LIBRARY_PATH=$LIBRARIES root/usr/bin/curl -sS --max-time 20 -u user:secret "$@" > output || status=$?
  sed 's/^/  sent: /' commands
  tr -d '\r' < output | sed 's/^/  printed: /'
  echo "  exit status $status"
}
{
  show "-X FLAGS" "$url" -X 'FETCH 1 FLAGS'
  show "-X BODY.PEEK[]" "$url" -X 'FETCH 1 BODY.PEEK[]'
  show "MAILINDEX" "$url;MAILINDEX=1"
} > seen
echo "curl $curl, $(python3 --version)"
cat seen
cat > expected <<'TEXT'
-X FLAGS
  sent: FETCH FLAGS
  printed: * 1 FETCH (FLAGS (\Recent))
  exit status 0
-X BODY.PEEK[]
  sent: FETCH BODY.PEEK[]
  printed: * 1 FETCH (BODY[] {51}
  exit status 0
MAILINDEX
  sent: FETCH BODY[]
  printed: Subject: Report Domain: example.com
  printed: 
  printed: the report
  exit status 0
TEXT
if cmp -s seen expected; then
  echo "as described: a literal is not printed, or the message is read"
else
  echo "the behaviour has changed; it was:" >&2
  cat expected >&2
  exit 1
fi
