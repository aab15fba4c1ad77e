#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
#
# dkimpy 1.1.8 (DKIM for Python, with a mode for TLS reports; Debian 12 has 1.1.4): a DKIM key record whose
# service types are a list.
#
# Expected: s= holds a colon-separated list (RFC 6376 §3.6.1), and the key of a domain that signs both mail and
# TLS reports (RFC 8460 §3 wants the type tlsrpt named) is "s=email:tlsrpt", good for either. Seen: dkimpy knows
# one type alone. Every mail under that key fails, TLS report or not, and the error blames the key type
# ("UnknownKeyTypeError: None"), which is the rsa of a record that verifies without s=. mailauth 7.1.0 passes
# all lists. It matters to who follows RFC 8460's advice with the key already in use: ordinary mail of the
# domain loses its DKIM result wherever dkimpy checks it. Leave s= out, or sign reports by a key of their own.
#
# Needs python3 with pip and openssl.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m pip install -q --disable-pip-version-check --root-user-action=ignore --target py dkimpy==1.1.8 dnspython==2.7.0
openssl genrsa -out key.pem 2048 2>/dev/null
openssl rsa -in key.pem -pubout -outform DER -out key.der 2>/dev/null

cat > verify.py <<'PY'
import base64
import dkim

key = base64.b64encode(open("key.der", "rb").read())
mail = (b"From: reports@sender.example\r\nTo: tlsrpt@example.com\r\nDate: Fri, 27 Nov 2026 00:10:00 +0000\r\n"
        b"Subject: Report Domain: example.com Submitter: sender.example Report-ID: <1@sender.example>\r\n\r\nreport\r\n")
signed = dkim.sign(mail, b"s1", b"sender.example", open("key.pem", "rb").read(), include_headers=[b"from", b"to", b"subject"]) + mail

for types in (b"", b"s=*; ", b"s=email; ", b"s=tlsrpt; ", b"s=email:tlsrpt; ", b"s=tlsrpt:email; "):
    record = b"v=DKIM1; k=rsa; " + types + b"p=" + key
    results = []
    for is_report in (False, True):
        try:
            result = str(dkim.DKIM(signed, tlsrpt=is_report).verify(dnsfunc=lambda name, timeout=5: record))
        except dkim.DKIMException as error:
            result = type(error).__name__ + ": " + str(error)
        results.append(result)
    print("%-16s mail: %s | report: %s" % (types.decode().strip() or "none", *results))
PY
PYTHONPATH="$work/py" timeout 60 python3 verify.py > seen
echo "dkimpy 1.1.8"
cat seen
cat > expected <<'TEXT'
none             mail: True | report: True
s=*;             mail: True | report: True
s=email;         mail: True | report: True
s=tlsrpt;        mail: ValidationError: Message is not tlsrpt and Service Type is tlsrpt | report: True
s=email:tlsrpt;  mail: UnknownKeyTypeError: None | report: UnknownKeyTypeError: None
s=tlsrpt:email;  mail: UnknownKeyTypeError: None | report: UnknownKeyTypeError: None
TEXT
if cmp -s seen expected; then
  echo "as described: a list of service types fails for mail and report"
else
  echo "the behaviour has changed; it was:" >&2
  cat expected >&2
  exit 1
fi
