#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
#
# munpack (mpack 1.6, Debian 12), which takes attachments out of mail in shell pipelines: the file name of a TLS
# report, which RFC 8460 §5.1 puts together with "!" between sender, domain, begin and end.
#
# Expected: the name as it is in the mail, for a "!" is harmless in a file name. Seen: every "!" becomes a
# capital X, so the four fields cannot be told apart; and a name in RFC 2231 form is lost, the file is "part1".
# Python's email package (3.11) writes that form by itself once a name has over 65 characters, as a report's has for
# most organizations with a unique id, and escapes the "!" in it though it is plain ASCII. ripmime keeps both names. It
# matters to a script that sorts reports by their names: it sees one nameless file a mail, or none of its pattern.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
mpack=1.6-18+b1 ripmime=1.4.0.10.debian.1-3+b1
apt-get download -q "mpack=$mpack" "ripmime=$ripmime" >/dev/null
for package in *.deb; do dpkg -x "$package" root; done

cat > write.py <<'PY'
import gzip
import sys
from email import policy
from email.message import EmailMessage

for number, name in enumerate(sys.argv[1:]):
    mail = EmailMessage(policy=policy.SMTP)
    mail["From"] = "tlsrpt@sender.example"
    mail["To"] = "reports@example.com"
    mail["TLS-Report-Domain"] = "example.com"
    mail["TLS-Report-Submitter"] = "sender.example"
    mail.set_content("TLS report")
    mail.add_attachment(gzip.compress(b'{"organization-name":"Sender"}'), maintype="application", subtype="tlsrpt+gzip", filename=name)
    with open("mail%d.eml" % number, "wb") as file:
        file.write(mail.as_bytes())
PY
short='sender.example!example.com!1764201600!1764287999.json.gz'
long='reports.sender.example!mail.example.com!1764201600!1764287999!20251128-000001.json.gz'
python3 write.py "$short" "$long"
for number in 0 1; do
  echo "written: $(grep -ao 'filename[*0]*=' "mail$number.eml" | head -n 1)"
  for tool in munpack ripmime; do
    mkdir "$tool$number"
    if [ "$tool" = munpack ]; then root/usr/bin/munpack -q -C "$tool$number" "../mail$number.eml" > /dev/null
    else root/usr/bin/ripmime -i "mail$number.eml" -d "$tool$number" > /dev/null; fi
    for file in "$tool$number"/*; do
      if gzip -t < "$file" 2>/dev/null; then echo "  $tool: ${file#*/}"; fi
    done
  done
done > seen
echo "mpack $mpack, ripmime $ripmime, $(python3 --version)"
cat seen
cat > expected <<'TEXT'
written: filename=
  munpack: sender.exampleXexample.comX1764201600X1764287999.json.gz
  ripmime: sender.example!example.com!1764201600!1764287999.json.gz
written: filename*0*=
  munpack: part1
  ripmime: reports.sender.example!mail.example.com!1764201600!1764287999!20251128-000001.json.gz
TEXT
if cmp -s seen expected; then
  echo "as described: munpack loses the separators, or the whole name"
else
  echo "the behaviour has changed; it was:" >&2
  cat expected >&2
  exit 1
fi
