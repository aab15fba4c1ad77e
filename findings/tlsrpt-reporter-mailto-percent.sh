#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
#
# tlsrpt-reporter 0.6.0, which sends the TLS reports of Postfix: a mailto URI with percent-encoding.
#
# Expected: RFC 8460 §3 wants "!", "," and ";" of a rua URI percent-encoded, and a mailto URI is decoded before it is
# an address (RFC 6068 §5: mailto:gorby%25kremvax@example.com is gorby%kremvax@example.com). Seen: the text after
# "mailto:" goes into To: as it is: the mail is for "tls%21reports", or for a domain that ends in "?subject=tls". It
# matters because the report bounces at the sender, where the receiver does not see it. Publish an address that needs
# no encoding, and no "?".
#
# Needs python3 with pip.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m pip install -q --disable-pip-version-check --root-user-action=ignore --target py tlsrpt-reporter==0.6.0 2>pip.log || { cat pip.log >&2; exit 1; }

cat > send.py <<'PY'
import email
import gzip
import types
from email import policy

from tlsrpt_reporter import tlsrpt, utility

daemon = tlsrpt.TLSRPTReportd.__new__(tlsrpt.TLSRPTReportd)  # without its database: only the delivery is of interest
daemon.cfg = types.SimpleNamespace(debug_send_mail_dest="", debug_send_file_dest="", sender_address="tlsrpt@sender.example",
                                   contact_info="tlsrpt@sender.example", organization_name="Sender",
                                   sendmail_script="cat > mail", sendmail_timeout=10)
record = ("v=TLSRPTv1;rua=mailto:reports@r.example,mailto:tls%21reports@r.example,mailto:tls%2Breports@r.example,"
          "mailto:reports@r.example?subject=tls")
for uri in utility.parse_tlsrpt_record(record):
    result = daemon.send_out_report_to_mail("2026-11-26", "example.com", 1, 1, uri, gzip.compress(b"{}"))
    with open("mail", "rb") as file:
        mail = email.message_from_binary_file(file, policy=policy.default)
    print(uri, "->", result.name, "To:", mail["To"])
PY
PYTHONPATH="$work/py" timeout 60 python3 send.py > seen
echo "tlsrpt-reporter 0.6.0, $(python3 --version)"
cat seen
cat > expected <<'TEXT'
mailto:reports@r.example -> SUCCEEDED To: reports@r.example
mailto:tls%21reports@r.example -> SUCCEEDED To: tls%21reports@r.example
mailto:tls%2Breports@r.example -> SUCCEEDED To: tls%2Breports@r.example
mailto:reports@r.example?subject=tls -> SUCCEEDED To: reports@r.example?subject=tls
TEXT
if cmp -s seen expected; then
  echo "as described: the URI is taken for the address"
else
  echo "the behaviour has changed; it was:" >&2
  cat expected >&2
  exit 1
fi
