#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
#
# parsedmarc 11.1.0, its CSV of TLS reports: which domain a failure is about.
#
# Expected: the columns policy_domain and policy_type are filled in every row, for a row is what a spreadsheet or a
# database filters. Seen: they are filled in the row of the policy's totals alone. In rows of failures both are
# empty, and so is successful_session_count, so "failures of example.com" finds none; a table sorted by any column loses
# which policy they belong to. mx-host is in no row: mx_host_patterns stays empty for the key that RFC 8460 §4.4
# defines. It matters where the CSV is imported to count failures by domain: the sum is 0, which looks like
# health. Its JSON output has the failures below their policy.
#
# Needs python3 with pip.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m pip install -q --disable-pip-version-check --root-user-action=ignore --target py parsedmarc==11.1.0 2>pip.log || { cat pip.log >&2; exit 1; }

cat > read.py <<'PY'
import collections
import csv
import io
import json
import logging

import parsedmarc

logging.disable(logging.CRITICAL)


def policy(domain, successful, failed, failures):
    return {"policy": {"policy-type": "sts", "policy-domain": domain, "mx-host": ["mx1." + domain],
                       "policy-string": ["version: STSv1", "mode: enforce", "mx: mx1." + domain, "max_age: 604800"]},
            "summary": {"total-successful-session-count": successful, "total-failure-session-count": failed},
            "failure-details": failures}


def failure(kind, sessions, host):
    return {"result-type": kind, "failed-session-count": sessions, "sending-mta-ip": "192.0.2.1",
            "receiving-mx-hostname": host, "receiving-ip": "198.51.100.1"}


report = json.dumps({
    "organization-name": "Sender", "contact-info": "tlsrpt@sender.example", "report-id": "1@sender.example",
    "date-range": {"start-datetime": "2026-11-26T00:00:00Z", "end-datetime": "2026-11-26T23:59:59Z"},
    "policies": [policy("example.com", 890, 47, [failure("certificate-expired", 40, "mx1.example.com"),
                                                 failure("starttls-not-supported", 7, "mx1.example.com")])]})
parsed = parsedmarc.parse_report_file(report.encode(), offline=True)["report"]
rows = list(csv.DictReader(io.StringIO(parsedmarc.parsed_smtp_tls_reports_to_csv(parsed))))
failed = collections.Counter()
for row in rows:
    print(" | ".join(row[name] or "-" for name in ("policy_domain", "policy_type", "mx_host_patterns", "result_type",
                                                   "successful_session_count", "failed_session_count")))
    if row["result_type"]:
        failed[row["policy_domain"] or "no domain"] += int(row["failed_session_count"])
print("failures by domain:", dict(failed))
print("in the JSON:", parsed["policies"][0]["policy_domain"],
      sum(details["failed_session_count"] for details in parsed["policies"][0]["failure_details"]))
PY
PYTHONPATH="$work/py" timeout 120 python3 read.py > seen
echo "parsedmarc 11.1.0, $(python3 --version)"
cat seen
cat > expected <<'TEXT'
example.com | sts | - | - | 890 | 47
- | - | - | certificate-expired | - | 40
- | - | - | starttls-not-supported | - | 7
failures by domain: {'no domain': 47}
in the JSON: example.com 47
TEXT
if cmp -s seen expected; then
  echo "as described: rows of failures name no domain"
else
  echo "the behaviour has changed; it was:" >&2
  cat expected >&2
  exit 1
fi
