#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
#
# tlsrpt-reporter 0.6.0, which sends the TLS reports of Postfix: TLSRPT records that fit the grammar of RFC 8460 §3.
#
# Expected: blanks around the "," between two URIs are part of the grammar, fields may come in any order, and a URI's
# scheme may have capitals (RFC 3986 §3.1); so each record below names a destination. Seen: only the first does. A
# blank beside the comma, a field before rua, or "HTTPS:" ends in an error in the sender's log, and one URI that it does
# not like takes the good one beside it along: the report is made and sent to nobody. It matters to the receiver, who
# cannot see that log: the domain gets reports from others and none from a Postfix. Write rua first, without blanks, in
# small letters.
#
# Needs python3 with pip.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m pip install -q --disable-pip-version-check --root-user-action=ignore --target py tlsrpt-reporter==0.6.0 2>pip.log || { cat pip.log >&2; exit 1; }

cat > destinations.py <<'PY'
import logging

from tlsrpt_reporter import mapping, utility

RECORDS = ("v=TLSRPTv1; rua=https://r.example/a,mailto:b@r.example",
           "v=TLSRPTv1; rua=https://r.example/a , mailto:b@r.example",
           "v=TLSRPTv1; rua=https://r.example/a, mailto:b@r.example",
           "v=TLSRPTv1; note=x; rua=https://r.example/a",
           "v=TLSRPTv1; rua=HTTPS://r.example/a,mailto:b@r.example")
for record in RECORDS:
    # The two calls that its report daemon makes for each report.
    try:
        found = mapping.DestinationMap().map_destination("example.com", utility.parse_tlsrpt_record(record),
                                                         logging.getLogger())
    except Exception as error:
        found = type(error).__name__
    print(record, "->", found)
PY
PYTHONPATH="$work/py" timeout 60 python3 destinations.py > seen
echo "tlsrpt-reporter 0.6.0, $(python3 --version)"
cat seen
cat > expected <<'TEXT'
v=TLSRPTv1; rua=https://r.example/a,mailto:b@r.example -> ['https://r.example/a', 'mailto:b@r.example']
v=TLSRPTv1; rua=https://r.example/a , mailto:b@r.example -> InvalidDestinationScheme
v=TLSRPTv1; rua=https://r.example/a, mailto:b@r.example -> InvalidDestinationScheme
v=TLSRPTv1; note=x; rua=https://r.example/a -> MalformedTlsrptRecordException
v=TLSRPTv1; rua=HTTPS://r.example/a,mailto:b@r.example -> InvalidDestinationScheme
TEXT
if cmp -s seen expected; then
  echo "as described: four of five valid records have no destination"
else
  echo "the behaviour has changed; it was:" >&2
  cat expected >&2
  exit 1
fi
