#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
#
# parsedmarc 11.1.0, which reads TLS and DMARC reports: a report in a gzip file of two members.
#
# Expected: a gzip file is a series of members, one after the other (RFC 1952 §2.2), and reads as the contents of all
# of them; gzip, zcat and Python's gzip agree. It is what "cat a.gz b.gz", a compressor that flushes by starting anew,
# and bgzip write. Seen: parsedmarc takes the first member for the whole file. A TLS report is then JSON that stops
# in the middle of a string; where the first member happens to be empty, it is no report at all. The same report in one
# member is read. It matters because the error speaks of JSON: the sender is blamed for a file that is valid.
#
# Needs python3 with pip.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m pip install -q --disable-pip-version-check --root-user-action=ignore --target py parsedmarc==11.1.0 2>pip.log || { cat pip.log >&2; exit 1; }

cat > read.py <<'PY'
import gzip
import json
import logging
import sys

import parsedmarc

logging.disable(logging.CRITICAL)
report = json.dumps({
    "organization-name": "Sender", "contact-info": "tlsrpt@sender.example", "report-id": "1@sender.example",
    "date-range": {"start-datetime": "2026-11-26T00:00:00Z", "end-datetime": "2026-11-26T23:59:59Z"},
    "policies": [{"policy": {"policy-type": "no-policy-found", "policy-domain": "example.com"},
                  "summary": {"total-successful-session-count": 10, "total-failure-session-count": 0}}]}).encode()
files = {"one member": gzip.compress(report), "two members": gzip.compress(report[:100]) + gzip.compress(report[100:]),
         "an empty member first": gzip.compress(b"") + gzip.compress(report)}
for name, octets in files.items():
    assert gzip.decompress(octets) == report
    try:
        read = parsedmarc.parse_report_file(octets, offline=True)
        result = read["report_type"] + ", " + read["report"]["policies"][0]["policy_domain"]
    except parsedmarc.ParserError as error:
        result = type(error).__name__ + ": " + str(error)
    print(name + ": " + result)
PY
PYTHONPATH="$work/py" timeout 120 python3 read.py > seen
echo "parsedmarc 11.1.0, $(python3 --version)"
cat seen
cat > expected <<'TEXT'
one member: smtp_tls, example.com
two members: ParserError: Invalid SMTP TLS report: Unterminated string starting at: line 1 column 87 (char 86)
an empty member first: ParserError: Not a recognized report format (not a DMARC aggregate XML report, an SMTP TLS JSON report, or a DMARC report email)
TEXT
if cmp -s seen expected; then
  echo "as described: only the first member of a gzip file is read"
else
  echo "the behaviour has changed; it was:" >&2
  cat expected >&2
  exit 1
fi
