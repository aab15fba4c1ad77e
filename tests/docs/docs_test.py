# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
"""The pages of docs/ and the samples of README.md agree with the agent's tables and with its real output.

    python3 tests/docs/docs_test.py --agent BUILD/mtasts-exporter --tables BUILD/…/docs_tables --world BUILD/…/docs_world
    … --write           writes tables and samples anew instead of comparing them

The text between <!-- generated: NAME --> and <!-- /generated --> is made from the agent's tables. A block of code below
<!-- sample: COMMAND --> shows output of that command in the world of docs_world.cpp; a line "…" replaces lines that are
left out. Dates, durations and ports of samples are not compared.
"""

import argparse
import json
import re
import sys
import tempfile
import unittest
from pathlib import Path

import pages
from sample_world import SampleWorld

ROOT = pages.ROOT
DOCS = ROOT / "docs"
README = ROOT / "README.md"
MOST_README_LINES = 200
# Pages that people write, whose links, paths and make targets are checked.
WRITTEN = [README, *(ROOT / name for name in ("CONTRIBUTING.md", "SECURITY.md", "CODE_OF_CONDUCT.md", "CHANGELOG.md")),
           *sorted(DOCS.glob("*.md"))]
places = None
world = None


class Generated(unittest.TestCase):
    maxDiff = None

    def test_tables_are_what_the_agent_says(self):
        for page in pages.with_generated_tables():
            with self.subTest(page=page.name):
                text = page.read_text()
                self.assertEqual(text, pages.with_tables(text, world.tables), "run this test with --write")

    def test_every_metric_and_setting_is_in_a_table(self):
        shown = {name for page in pages.with_generated_tables() for name in pages.generated_names(page.read_text())}
        wanted = {f"metrics {row['scope']}" for row in world.tables["metrics"]}
        wanted |= {f"settings {row['section'] or 'top'}" for row in world.tables["settings"]}
        self.assertEqual(wanted - shown, set())

    def test_the_test_itself_sees_a_wrong_table(self):
        text = "<!-- generated: stages -->\nwrong\n<!-- /generated -->\n"
        self.assertNotEqual(text, pages.with_tables(text, world.tables))


class Samples(unittest.TestCase):
    maxDiff = None

    def test_samples_are_real_output(self):
        found = 0
        for page in WRITTEN:
            for command, sample in pages.samples_of(page.read_text()):
                found += 1
                with self.subTest(page=page.name, command=command):
                    output = world.output_of(command, pages.standard_input_of(page.read_text(), command))
                    self.assertEqual(pages.missing_parts(sample, output), [], f"the real output is\n{output}")
        self.assertGreaterEqual(found, 4)

    def test_the_readme_shows_a_check_and_metrics(self):
        commands = [command for command, _ in pages.samples_of(README.read_text())]
        self.assertIn("check example.com", commands)
        self.assertIn("metrics", commands)

    def test_the_test_itself_sees_a_wrong_sample(self):
        output = "one\ntwo 2026-01-01\nthree\nfour\n"
        self.assertEqual(pages.missing_parts("one\n…\nthree\nfour", output), [])
        self.assertEqual(pages.missing_parts("two 2027-02-02\nthree", output), [])
        for wrong in ("two 2026-01-01 later", "three\n…\none", "one\nthree", ""):
            self.assertTrue(pages.missing_parts(wrong, output), wrong)


class Series(unittest.TestCase):
    def test_series_of_a_domain_and_a_host_are_as_documented(self):
        lines = [line for line in world.get("/metrics")[2].splitlines() if not line.startswith("#")]
        of_domain = sum('{domain="example.net"' in line and ",mx=" not in line for line in lines)
        of_host = sum('{mx="mx1.example.net"' in line for line in lines)
        for page in (README, DOCS / "metrics.md"):
            with self.subTest(page=page.name):
                text = " ".join(page.read_text().split())
                self.assertIn(f"A healthy domain has {of_domain} series, and one more for each of its MX hosts", text)
                self.assertIn(f"An MX host has {of_host}", text)


class Json(unittest.TestCase):
    maxDiff = None

    def paths_of(self, heading):
        section = (DOCS / "json.md").read_text().split(f"\n## {heading}\n")[1].split("\n## ")[0]
        return set(re.findall(r"^\| `([\w\[\].]+)` \|", section, re.M))

    def test_report(self):
        # Together the domains have findings, and MX hosts with certificates and with TLSA records.
        reports = [json.loads(world.output_of(f"check {domain} --json"))
                   for domain in ("example.com", "example.net", "dane.example")]
        seen = set().union(*map(pages.paths, reports))
        seen = {re.sub(r"certificate\..*", "certificate", path) for path in seen}
        self.assertEqual({path for path in self.paths_of("Report") if path not in self.certificate()},
                         seen | {"sender_cache.older[]"})
        self.assertEqual(self.certificate(), pages.paths(reports[1]["policy"]["certificate"]))

    def certificate(self):
        part = (DOCS / "json.md").read_text().split("\nA certificate:\n")[1].split("\n## ")[0]
        return set(re.findall(r"^\| `([\w\[\]]+)` \|", part, re.M))

    def test_overview_and_history(self):
        self.assertEqual(self.paths_of("Overview"), pages.paths(json.loads(world.get("/api/v1/domains")[2])))
        documented = self.paths_of("History")
        seen = pages.paths(json.loads(world.get("/api/v1/domains/example.net/history")[2]))
        self.assertEqual({path for path in documented if not path.startswith(("held[]", "changes[]"))},
                         {path for path in seen})

    def test_command_line_objects(self):
        for heading, *commands in (("Plan", "plan mx-move example.net --to mx3.example.net --json",
                                    "plan remove example.net --json", "plan rollback example.com --json",
                                    "plan enforce example.net --json"),
                                   ("Explain", "explain sts-txt-duplicate-field --json")):
            with self.subTest(heading=heading):
                seen = set().union(*(pages.paths(json.loads(world.output_of(command))) for command in commands))
                # Empty or filled in these answers, or of a policy that the agent serves.
                others = {"held[]", "rollout", "rollout.next", "steps[].settings[]"}
                self.assertEqual(self.paths_of(heading) - others, seen)

    def test_generate(self):
        with tempfile.TemporaryDirectory() as folder:
            every = f"generate all slip.example --for nginx --out {folder}/out --json"
            seen = set().union(*(pages.paths(json.loads(world.run(command).stdout)) for command in (
                every, every, "generate policy example.net --mx aspmx.l.google.com --json",
                "generate policy null.example --json")))
        self.assertEqual(self.paths_of("Generate"), seen)

    def test_lint(self):
        seen = set()
        for kind, text in (("record", "v=STSv1; id=1"), ("tlsrpt", "v=TLSRPTv1; rua=mailto:a@example.com"),
                           ("policy", "version: STSv1\nmode: enforce\nmx: mx.example.com\nmax_age: 60\n"),
                           ("report", "{}")):
            seen |= pages.paths(json.loads(world.run(f"lint {kind} - --json", text).stdout))
        self.assertEqual(self.paths_of("Lint"), seen)

    def test_words(self):
        text = (DOCS / "json.md").read_text()
        self.assertEqual([word for word in [*world.tables["stages"], *world.tables["severities"]]
                          if f"`{word}`" not in text and f"stages.{word}`" not in text], [])


class Endpoints(unittest.TestCase):
    ROW = re.compile(r"^\| `(GET|POST)` \| `([^`]+)` \| (\d+) \| `([^`]+)` \|", re.M)

    def test_each_answers_as_documented(self):
        web, telemetry = (DOCS / "endpoints.md").read_text().split("\n## Telemetry port\n")
        self.assertGreaterEqual(len(self.ROW.findall(web)), 9)
        self.assertEqual(len(self.ROW.findall(telemetry)), 3)
        for part, port in ((web, "web"), (telemetry, "telemetry")):
            for method, path, status, content_type in self.ROW.findall(part):
                with self.subTest(method=method, path=path, port=port):
                    target = path.replace("<domain>", "example.com")
                    answer = world.get(target, port, method)
                    self.assertEqual((answer[0], answer[1]), (int(status), content_type))

    def test_refusals(self):
        for method, path, status in (("GET", "/-/reload", 405), ("POST", "/metrics", 405), ("GET", "/nothing", 404),
                                     ("GET", "/probe", 400), ("GET", "/probe?target=other.example", 403),
                                     ("GET", "/api/v1/domains/other.example", 404),
                                     ("GET", "/api/v1/domains/other.example/reports", 404),
                                     ("GET", "/api/v1/domains/example.com/reports", 501)):
            with self.subTest(method=method, path=path):
                self.assertEqual(world.get(path, "web", method)[0], status)
        self.assertEqual(world.get("/-/reload", "web", "POST", {"Origin": "https://other.example"})[0], 403)


def tls_report(successful, failed):
    return json.dumps({
        "organization-name": "Company-X", "contact-info": "tls@company-x.example", "report-id": "1",
        "date-range": {"start-datetime": "2026-11-19T00:00:00Z", "end-datetime": "2026-11-19T23:59:59Z"},
        "policies": [{"policy": {"policy-type": "sts", "policy-domain": "example.com", "policy-string": [], "mx-host": []},
                      "summary": {"total-successful-session-count": successful, "total-failure-session-count": failed}}]})


class ExitStatus(unittest.TestCase):
    def rows(self):
        """(command, status) of the tables."""
        found = set()
        for section in (DOCS / "exit-status.md").read_text().split("\n## ")[1:]:
            commands = re.findall(r"`([\w-]+)`", section.splitlines()[0])
            for status in re.findall(r"^\| (\d+) \|", section, re.M):
                found |= {(command, int(status)) for command in commands}
        return found

    def test_commands_end_as_documented(self):
        documented = self.rows()
        with tempfile.TemporaryDirectory() as folder:
            bad = Path(folder) / "bad.toml"
            bad.write_text("unknown = 1\n")
            silent = Path(folder) / "silent.toml"
            silent.write_text(world.settings_text(dns=1, canary=False))
            cases = [
                (0, "check example.net", ""), (2, "check example.com", ""), (0, "check example.net --no-smtp", ""),
                (3, f"check example.net --config {silent}", ""), (64, "check", ""), (64, "check not_a_name", ""),
                (78, f"check example.net --config {bad}", ""),
                (0, "lint record -", "v=STSv1; id=1;"), (2, "lint record -", "v=STSv1; id=;"),
                (1, "lint policy -", "version: STSv1\nmode: enforce\nmx: mx.example.com\nmax_age: 60\n"),
                (64, "lint record /nothing/there", ""), (0, "explain", ""), (64, "explain no-such-code", ""),
                (0, f"check-config {world.settings_file}", ""), (78, f"check-config {bad}", ""), (64, "check-config", ""),
                (0, "plan remove example.net", ""), (64, "plan mx-move not_a_name", ""),
                (78, f"plan remove example.net --config {bad}", ""), (3, f"plan remove example.net --config {silent}", ""),
                (0, "generate policy example.net", ""), (1, "generate policy slip.example", ""),
                (2, "generate records null.example", ""), (3, "generate policy gone.example", ""),
                (64, "generate policy example.net --mx mx_1.example.net", ""), (64, "generate policy not_a_name", ""),
                (73, f"generate hosting example.net --for nginx --out {bad}", ""),
                (78, f"generate policy example.net --config {bad}", ""),
                (69, "history example.net", ""), (64, "history not_a_name", ""),
                (78, f"history example.net --config {bad}", ""),
                (64, "submit --url ftp://example.net/", "report"), (65, "submit --url http://127.0.0.1:1/", ""),
                (75, "submit --url http://127.0.0.1:1/", "report"), (78, f"submit --config {bad}", "report"),
                (65, "report -", "no report"), (0, "report -", tls_report(1000, 1)), (1, "report -", tls_report(97, 3)),
                (2, "report -", tls_report(0, 156)), (64, "report /nothing/there", ""),
                (69, "reports example.net", ""), (64, "reports not_a_name", ""),
                (78, f"reports example.net --config {bad}", ""),
                (64, "serve", ""), (78, f"serve --config {bad}", ""),
            ]
            for status, command, standard_input in cases:
                with self.subTest(command=command):
                    self.assertEqual(world.run(command, standard_input).returncode, status)
                    self.assertIn((command.split()[0], status), documented)
        # 70 is for a bug, and a history is only left by an agent that served with a file. systemd_test.py has 75.
        tried = {(command.split()[0], status) for status, command, _ in cases}
        self.assertEqual(documented - tried, {("check", 1), ("check", 70), ("history", 0), ("plan", 70), ("serve", 0), ("serve", 75),
                                             ("submit", 0),
                                             ("reports", 0)})


class Written(unittest.TestCase):
    def test_the_readme_is_short(self):
        self.assertLessEqual(README.read_text().count("\n"), MOST_README_LINES)

    def test_links_lead_somewhere(self):
        for page in WRITTEN:
            with self.subTest(page=page.name):
                self.assertEqual(pages.broken_links(page), [])

    def test_files_and_make_targets_exist(self):
        targets = set(re.findall(r"^([a-z][\w-]*):", (ROOT / "Makefile").read_text(), re.M))
        for page in WRITTEN:
            with self.subTest(page=page.name):
                self.assertEqual(pages.missing_files(page), [])
                named = set(re.findall(r"\bmake ([a-z][\w-]*)\b", pages.code_of(page.read_text())))
                self.assertEqual(named - targets, set())

    def test_every_page_of_docs_is_linked(self):
        linked = set(re.findall(r"\(docs/([\w-]+\.md)", README.read_text()))
        self.assertEqual({page.name for page in DOCS.glob("*.md")} - linked, set())

    def test_metrics_exist(self):
        known = {row["name"] for row in world.tables["metrics"]}
        for page in WRITTEN:
            if page.name == "CHANGELOG.md":
                continue  # it may name what is gone
            named = set(re.findall(r"\b(?:mtasts|tlsrpt)_[a-z0-9_]+", page.read_text()))
            with self.subTest(page=page.name):
                self.assertEqual({name for name in named
                                  if re.sub(r"_(bucket|sum|count)$", "", name) not in known and name not in known}, set())

    def test_settings_exist(self):
        known = {(row["section"], row["key"]) for row in world.tables["settings"]}
        for page in WRITTEN:
            named = set(re.findall(r"`\[(\w+)\] (\w+)", page.read_text()))
            with self.subTest(page=page.name):
                self.assertEqual(named - known, set())


def main():
    global world
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--agent", required=True, help="the mtasts-exporter to run")
    parser.add_argument("--tables", required=True, help="the program docs_tables")
    parser.add_argument("--world", required=True, help="the program docs_world")
    parser.add_argument("--write", action="store_true", help="write tables and samples instead of testing")
    arguments, rest = parser.parse_known_args()
    with SampleWorld(arguments) as world:
        if arguments.write:
            for page in pages.with_generated_tables():
                page.write_text(pages.with_tables(page.read_text(), world.tables))
            for page in WRITTEN:
                page.write_text(pages.with_samples(page.read_text(), world.output_of))
        else:
            unittest.main(argv=[sys.argv[0], *rest])


if __name__ == "__main__":
    main()
