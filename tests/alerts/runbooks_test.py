# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
"""The runbooks, docs/findings.md and the table of docs/alerts.md agree with the agent's table of findings and the rules.

    python3 tests/alerts/runbooks_test.py --agent BUILD/mtasts-exporter            compares
    python3 tests/alerts/runbooks_test.py --agent BUILD/mtasts-exporter --write    rewrites the generated parts

A page of alerts/runbooks names its findings in a comment, <!-- findings: CODE… -->; the text between that and
<!-- /findings --> is generated from `explain --json`, as is all of docs/findings.md. The table of docs/alerts.md is generated from
the rules and the first sentence of each page.
"""

import argparse
import json
import re
import subprocess
import sys
import textwrap
import unittest
from pathlib import Path

import yaml

import commands
import promql

ROOT = promql.ROOT
PAGES = ROOT / "alerts/runbooks"
RULES = ROOT / "alerts/mtasts.rules.yaml"
OPTIONAL = ROOT / "alerts/mtasts.optional.rules.yaml"
REFERENCE = ROOT / "docs/findings.md"
ALERTS = ROOT / "docs/alerts.md"
SECTIONS = ["Impact", "Diagnosis", "Common causes", "Fix", "Verify", "Urgency", "Findings"]
PROVIDERS = ("Microsoft 365", "Google Workspace", "Cloudflare", "OVHcloud", "Self-hosted|self-hosted|certbot")
FEWEST_LINES, MOST_LINES = 45, 75  # without the table of findings, which is generated
STAGES = {
    "record": "the TXT record at `_mta-sts`",
    "policy_fetch": "fetching the policy from the policy host",
    "policy_certificate": "the policy host's certificate",
    "policy_syntax": "the text of the policy",
    "change": "changes, compared with the recorded history",
    "mx": "MX records, and whether the policy covers them",
    "smtp": "STARTTLS on every address of every MX host",
    "mx_certificate": "the certificates of the MX hosts",
    "tlsrpt": "the TLSRPT record",
    "dane": "DANE of the MX hosts, which senders apply before MTA-STS",
    "reports": "TLS reports, in which senders say what they saw",
}
ALERTING = {"critical", "warning"}
ALERT_TABLE = re.compile(r"(<!-- alerts -->\n)(.*?)(<!-- /alerts -->\n)", re.S)
BLOCK = re.compile(r"(<!-- findings:([\w\s-]*?)-->\n)(.*?)(<!-- /findings -->\n)", re.S)
FENCE = re.compile(r"^( *)```(\w+)\n(.*?)^\1```$", re.M | re.S)
LINK = re.compile(r"\]\(([^)\s]+)\)")
NO_FINDINGS = "None: this alert is about the agent itself, or about Prometheus, not about a domain.\n"
REFERENCE_HEAD = """\
# Findings

All findings of the agent, by stage. Generated from `mtasts-exporter explain --json`;
`mtasts-exporter explain CODE` shows one of them.

- **critical**: senders stop delivering or ignore the policy. **warning**: some senders do, or will soon.
  **info**: worth knowing. **unknown**: the agent could not observe it; never the domain's fault.
- Some severities apply in mode enforce only, as noted. `sts-tls-expiring` and `cert-expiring` become critical
  below the second limit (`[check] expiry_critical`).
- While the channel on which a failure was observed is unavailable to the agent, the finding is unknown,
  whatever severity is listed here.
- Commands show `example.com` and `mx1.example.com`; reports and pages show your own hosts.

| stage | about | findings |
|---|---|---|
"""
agent_binary = None


def run_agent(*words):
    return subprocess.run([agent_binary, *words], capture_output=True, text=True, timeout=60)


def explained():
    """Every finding by its code, in the table's order."""
    done = run_agent("explain", "--json")
    if done.returncode != 0:
        raise RuntimeError(f"explain --json: {done.stderr}")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    return {row["code"]: row for row in rows}


def severities(row):
    return {row["severity"], row["severity_otherwise"]}


def severity_text(row):
    if row["severity"] == row["severity_otherwise"]:
        return row["severity"]
    return f"{row['severity']}; {row['severity_otherwise']} unless mode enforce"


def prose(text):
    """Escapes plain text for Markdown."""
    return re.sub(r"([\\`*<|])", r"\\\1", text)


def pages():
    return sorted(PAGES.glob("*.md"))


def codes_of(page_text):
    block = BLOCK.search(page_text)
    return block[2].split() if block else []


def block_of(codes, findings):
    """The generated part of a page."""
    if not codes:
        return NO_FINDINGS
    rows = [findings[code] for code in codes]
    lines = ["| finding | severity | meaning | fix |", "|---|---|---|---|"]
    for row in rows:
        cells = (f"[`{row['code']}`](../../docs/findings.md#{row['code']})", severity_text(row), prose(row["meaning"]),
                 prose(row["fix"]))
        lines.append(f"| {' | '.join(cells)} |")
    # The rows of a page share their commands.
    commands = list(dict.fromkeys(row["verify"] for row in rows))
    return "\n".join([*lines, "", "To see the finding:", "", "```sh", *commands, "```", ""])


def page_with_block(text, findings):
    return BLOCK.sub(lambda match: match[1] + block_of(match[2].split(), findings) + match[4], text, count=1)


def alerts_by_code():
    """The pages that list each code."""
    found = {}
    for page in pages():
        for code in codes_of(page.read_text()):
            found.setdefault(code, []).append(page.stem)
    return found


def reference(findings):
    """docs/findings.md."""
    by_stage = {stage: [row for row in findings.values() if row["stage"] == stage] for stage in STAGES}
    alerts = alerts_by_code()
    lines = REFERENCE_HEAD.splitlines()
    lines += [f"| [`{stage}`](#{stage}) | {about} | {len(by_stage[stage])} |" for stage, about in STAGES.items()]
    for stage, about in STAGES.items():
        lines += ["", f"## {stage}", "", f"{about[0].upper()}{about[1:]}."]
        for row in by_stage[stage]:
            notes = [f"**{severity_text(row)}**", row["rfc"]]
            if row["tls_rpt_result_type"]:
                notes.append(f"TLS-RPT `{row['tls_rpt_result_type']}`")
            notes += [f"[{name}](../alerts/runbooks/{name}.md)" for name in alerts.get(row["code"], [])]
            lines += ["", f"### {row['code']}", "", " · ".join(notes), "", prose(row["meaning"]), "",
                      f"Fix: {prose(row['fix'])}", "", "```sh", row["verify"], "```"]
    return "\n".join(lines) + "\n"


def lead_of(page):
    """The first sentence below the title."""
    lead = page.read_text().split("\n\n")[1]
    return re.split(r"(?<=\.)\s", " ".join(lead.split()))[0]


def alert_table(rules):
    """The table of docs/alerts.md, in the order of the rules; `rules` is the text of files of rules, as documents of one
    stream."""
    groups = [group for file in yaml.safe_load_all(rules) for group in file["groups"]]
    rows = {}
    for rule in (rule for group in groups for rule in group["rules"] if "alert" in rule):
        severities, delays = rows.setdefault(rule["alert"], ([], []))
        severities.append(rule["labels"]["severity"])
        delays.append(rule["for"])
    lines = ["| alert | severity | for | meaning |", "|---|---|---|---|"]
    for name, (severities, delays) in rows.items():
        cells = (f"[{name}](../alerts/runbooks/{name}.md)", *(", ".join(dict.fromkeys(words)) for words in (severities, delays)),
                 lead_of(PAGES / f"{name}.md"))
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def with_alert_table(text, rules):
    return ALERT_TABLE.sub(lambda match: match[1] + alert_table(rules) + match[3], text, count=1)


def anchors_of(file):
    """Anchors as GitHub generates them from headings."""
    headings = re.findall(r"^#+ (.*)$", FENCE.sub("", file.read_text()), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def code_blocks(file, language):
    return [textwrap.dedent(match[3]) for match in FENCE.finditer(file.read_text()) if match[2] == language]


def rules_text():
    return "\n---\n".join(file.read_text() for file in (RULES, OPTIONAL) if file.exists())


def codes_of_alerts(findings):
    """Names of alerts with the codes that the agent maps to them."""
    selected = {}
    for code, row in findings.items():
        if row["alert"]:
            selected.setdefault(row["alert"], set()).add(code)
    return selected


class Pages(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.findings = explained()

    def test_every_alert_has_a_page_and_every_page_an_alert(self):
        alerts = set(re.findall(r"^ *- alert: *(\w+)", rules_text(), re.M))
        self.assertTrue(alerts)
        self.assertEqual({page.stem for page in pages()}, alerts)

    def test_titles_and_sections(self):
        for page in pages():
            text = page.read_text()
            with self.subTest(page=page.name):
                plain = FENCE.sub("", text)
                self.assertEqual(re.findall(r"^# (.*)$", plain, re.M), [page.stem])
                self.assertEqual(re.findall(r"^## (.*)$", plain, re.M), SECTIONS)
                lead = plain.split("\n## ")[0].splitlines()[1:]
                self.assertTrue("".join(lead).strip().endswith("."), "no sentence below the title")
                for section in re.split(r"^## .*$", text, flags=re.M)[1:]:
                    self.assertTrue(re.sub(r"<!--.*?-->", "", section, flags=re.S).strip(), "an empty section")

    def test_length(self):
        for page in pages():
            text = page.read_text()
            with self.subTest(page=page.name):
                lines = BLOCK.sub("", text).count("\n")
                self.assertTrue(FEWEST_LINES <= lines <= MOST_LINES, f"{lines} lines")

    def test_generated_blocks(self):
        for page in pages():
            text = page.read_text()
            with self.subTest(page=page.name):
                self.assertEqual(len(BLOCK.findall(text)), 1)
                self.assertEqual([code for code in codes_of(text) if code not in self.findings], [], "no such finding")
                self.assertEqual(text, page_with_block(text, self.findings), "run this test with --write")

    def test_every_finding_that_alerts_is_on_a_page(self):
        on_pages = alerts_by_code()
        missing = [code for code, row in self.findings.items() if severities(row) & ALERTING and code not in on_pages]
        self.assertEqual(missing, [])

    def test_the_pages_name_what_the_alerts_are_about(self):
        selected = codes_of_alerts(self.findings)
        self.assertTrue(any(selected.values()), "no alert is about a finding")
        for page in pages():
            text = page.read_text()
            with self.subTest(page=page.name):
                missing = selected.get(page.stem, set()) - set(codes_of(text))
                self.assertEqual(missing, set(), "the alert is about it, but it is not on its page")

    def test_pages_about_domains_name_the_providers(self):
        for page in pages():
            text = page.read_text()
            with self.subTest(page=page.name):
                if any(severities(self.findings[code]) & ALERTING for code in codes_of(text) if code in self.findings):
                    causes = text.split("## Common causes")[1].split("\n## ")[0]
                    self.assertIn("|---|", causes)
                    self.assertTrue(any(re.search(provider, causes) for provider in PROVIDERS))

    def test_links_lead_somewhere(self):
        for page in [*pages(), REFERENCE]:
            with self.subTest(page=page.name):
                for link in LINK.findall(FENCE.sub("", page.read_text())):
                    path, _, anchor = link.partition("#")
                    target = (page.parent / path).resolve() if path else page
                    self.assertTrue(target.is_file(), link)
                    self.assertIn(anchor or "", anchors_of(target) | {""}, link)


class Commands(unittest.TestCase):
    def test_shell(self):
        for file in [*pages(), REFERENCE]:
            with self.subTest(file=file.name):
                blocks = code_blocks(file, "sh")
                # All commands of the reference are checked as one shell script.
                done = subprocess.run(["sh", "-n"], input="\n".join(blocks), capture_output=True, text=True, timeout=60)
                self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_every_page_shows_commands(self):
        for page in pages():
            with self.subTest(page=page.name):
                self.assertTrue(code_blocks(page, "sh") + code_blocks(page, "promql"))

    def test_our_own_commands_exist(self):
        for page in pages():
            with self.subTest(page=page.name):
                shown = [line for block in code_blocks(page, "sh") for line in block.splitlines()]
                shown += re.findall(r"`(mtasts-exporter [^`]+)`", page.read_text())
                self.assertEqual(commands.own_command_faults(agent_binary, "\n".join(shown)), [])

    def test_the_lean_set_has_every_metric(self):
        for page in pages():
            with self.subTest(page=page.name):
                self.assertEqual(set(promql.METRIC.findall(page.read_text())) & promql.not_lean(), set())

    def test_queries(self):
        for page in pages():
            queries = [line for block in code_blocks(page, "promql") for line in block.splitlines() if line]
            if queries:
                with self.subTest(page=page.name):
                    self.assertEqual(promql.complaints(queries), "")
                    self.assertEqual(set().union(*map(promql.metrics_in, queries)) - promql.exported_metrics(), set())


class Reference(unittest.TestCase):
    maxDiff = None

    def test_is_what_explain_says(self):
        findings = explained()
        self.assertEqual({row["stage"] for row in findings.values()}, set(STAGES))
        written = REFERENCE.read_text() if REFERENCE.exists() else ""
        self.assertEqual(written, reference(findings), "run this test with --write")


class AlertTable(unittest.TestCase):
    maxDiff = None

    def test_is_what_the_rules_and_pages_say(self):
        text = ALERTS.read_text()
        self.assertEqual(len(ALERT_TABLE.findall(text)), 1)
        self.assertEqual(text, with_alert_table(text, rules_text()), "run this test with --write")

    def test_follows_a_change_of_the_rules(self):
        text = ALERTS.read_text()
        for old, new in (("for: 15m", "for: 16m"), ("severity: info", "severity: warning")):
            self.assertIn(old, rules_text())
            self.assertNotEqual(text, with_alert_table(text, rules_text().replace(old, new)))


def write():
    findings = explained()
    for page in pages():
        page.write_text(page_with_block(page.read_text(), findings))
    REFERENCE.parent.mkdir(exist_ok=True)
    REFERENCE.write_text(reference(findings))
    ALERTS.write_text(with_alert_table(ALERTS.read_text(), rules_text()))


def main():
    global agent_binary
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--agent", required=True, help="the mtasts-exporter whose table of findings counts")
    parser.add_argument("--write", action="store_true", help="write the generated parts instead of testing them")
    arguments, rest = parser.parse_known_args()
    agent_binary = str(Path(arguments.agent).resolve())
    if arguments.write:
        write()
    else:
        unittest.main(argv=[sys.argv[0], *rest])


if __name__ == "__main__":
    main()
