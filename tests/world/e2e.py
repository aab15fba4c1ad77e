# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
"""End to end: real servers, the agent, a real Prometheus; the stored samples must match the table of domains.

    python3 tests/world/e2e.py --agent BUILD/mtasts-exporter [unittest's own arguments]
"""

import json
import signal
import subprocess
import sys
import unittest
import urllib.parse
from collections import defaultdict

import servers
from agent import EXIT_STATUS, Agent, command_line, fetch, is_healthy
from dashboard import DashboardTests
from domains import MONTH_SECONDS, SEVERITIES, policy, stages_failed_by
from processes import free_port, wait_until
from world import World

EXIT_SECONDS = 5.0
CHANGE_SECONDS = 45.0
# The stages that a healthy domain passes. The stage `change` is not among them: it needs a history.
PASSED_WHEN_HEALTHY = {"record", "policy_fetch", "policy_certificate", "policy_syntax", "mx", "smtp", "mx_certificate",
                       "tlsrpt"}
MODES = ("enforce", "testing", "none")
CHECKED_BY_COMMAND = ("healthy.test", "tlsrpt-missing.test", "policy-expired.test", "smtp-banner.test")
STORED = ("mtasts_finding", "mtasts_findings", "mtasts_stage_success", "mtasts_policy_mode", "mtasts_mx_covered",
          "mtasts_channel_alive", "up")
agent_binary = None


class Samples:
    """Instant vectors from Prometheus: for each metric, a list of (labels, value)."""

    def __init__(self, prometheus_port):
        self._port = prometheus_port

    def query(self, expression):
        status, body = fetch(self._port, "/api/v1/query?" + urllib.parse.urlencode({"query": expression}))
        if status != 200:
            return []
        return [(sample["metric"], float(sample["value"][1])) for sample in json.loads(body)["data"]["result"]]

    def are_complete(self, domain_count):
        """True when both ports have been scraped after the first check of every domain."""
        checked = self.query('mtasts_last_check_timestamp_seconds{job="web"} > 0')
        return len(checked) == domain_count and len(self.query("up")) == 2

    def open_codes(self, domain_name):
        return {labels["code"] for labels, value in self.query(f'mtasts_finding{{domain="{domain_name}"}}') if value}


class EndToEnd(DashboardTests, unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.world = World()
        cls.addClassCleanup(cls.world.stop)
        cls.world.start()
        cls.agent = Agent(cls.world, agent_binary)
        cls.agent.serve()
        cls.addClassCleanup(cls.end_agent)
        prometheus = cls.start_prometheus()
        cls.overview = cls.agent.wait_for_first_round()
        cls.samples = Samples(cls.world.ports["prometheus"])
        wait_until(lambda: cls.samples.are_complete(len(cls.world.domains)), "Prometheus to store every domain", 30,
                   [cls.agent.server, prometheus])
        # The tables are compared with the first round; tests may change the world later.
        cls.stored = {name: cls.samples.query(name) for name in STORED}

    @classmethod
    def start_prometheus(cls):
        ports = cls.world.ports
        command = servers.prometheus(cls.world.directory, ports["prometheus"],
                                     {"web": ports["web"], "telemetry": ports["telemetry"]})
        server = cls.world.add_server("prometheus", command)
        wait_until(lambda: fetch(ports["prometheus"], "/-/ready")[0] == 200, "Prometheus", 30, [server])
        return server

    @classmethod
    def end_agent(cls):
        status = terminated(cls.agent.server)
        if status != 0:
            raise AssertionError(f"exit status {status} after SIGTERM:\n{cls.agent.server.log_tail()}")

    def by_domain(self, metric):
        """Domain names with the (labels, value) samples of the metric."""
        sorted_samples = defaultdict(list)
        for labels, value in self.stored[metric]:
            sorted_samples[labels["domain"]].append((labels, value))
        return sorted_samples

    def about(self, domain):
        return self.subTest(domain=domain.name, fault=domain.fault)

    def test_scrapes_succeed(self):
        self.assertEqual({labels["job"]: value for labels, value in self.stored["up"]}, {"web": 1, "telemetry": 1})

    def test_channels_are_alive(self):
        alive = {labels["channel"]: value for labels, value in self.stored["mtasts_channel_alive"]}
        self.assertEqual(alive, {"dns": 1, "https": 1, "smtp": 1})

    def test_findings(self):
        stored = self.by_domain("mtasts_finding")
        for domain in self.world.domains:
            with self.about(domain):
                found = {(labels["code"], labels["severity"]) for labels, value in stored[domain.name] if value == 1}
                wanted = {(finding.code, finding.severity) for finding in domain.findings}
                tolerated = {(finding.code, finding.severity) for finding in domain.tolerated}
                serious = {(code, severity) for code, severity in found if severity != "info"}
                self.assertEqual(wanted - found, set(), "missing; found instead: " + str(sorted(found)))
                self.assertEqual(serious - wanted - tolerated, set(), "too much")

    def test_subjects(self):
        stored = self.by_domain("mtasts_finding")
        for domain in self.world.domains:
            with self.about(domain):
                for finding in domain.findings:
                    subjects = [labels.get("subject", "") for labels, _ in stored[domain.name]
                                if labels["code"] == finding.code]
                    self.assertTrue(all(subject.startswith(finding.subject) for subject in subjects),
                                    f"{finding.code}: {subjects}")

    def test_counts_are_those_of_the_findings(self):
        findings, counts = self.by_domain("mtasts_finding"), self.by_domain("mtasts_findings")
        for domain in self.world.domains:
            with self.about(domain):
                stored = {labels["severity"]: value for labels, value in counts[domain.name]}
                severities = [labels["severity"] for labels, value in findings[domain.name] if value == 1]
                self.assertEqual(stored, {severity: severities.count(severity) for severity in SEVERITIES})

    def test_stages(self):
        stored = self.by_domain("mtasts_stage_success")
        for domain in self.world.domains:
            with self.about(domain):
                results = {labels["stage"]: value for labels, value in stored[domain.name]}
                failed = {stage for stage, value in results.items() if value == 0}
                tolerated = stages_failed_by(domain.tolerated)
                self.assertEqual(failed - tolerated, domain.failing_stages)
                if domain.outcome == "ok" and domain.mode == "enforce":
                    passed = {stage for stage, value in results.items() if value == 1}
                    self.assertEqual(PASSED_WHEN_HEALTHY - passed, set())

    def test_policy_modes(self):
        stored = self.by_domain("mtasts_policy_mode")
        for domain in self.world.domains:
            with self.about(domain):
                if domain.mode:
                    modes = {labels["mode"]: value for labels, value in stored[domain.name]}
                    self.assertEqual(modes, {mode: float(mode == domain.mode) for mode in MODES})

    def test_coverage(self):
        stored = self.by_domain("mtasts_mx_covered")
        for domain in self.world.domains:
            with self.about(domain):
                if domain.mode in ("enforce", "testing"):
                    covered = {labels["mx"]: value for labels, value in stored[domain.name]}
                    self.assertEqual(covered, {host: float(host not in domain.uncovered) for host in domain.mx})

    def test_overview(self):
        for domain in self.world.domains:
            with self.about(domain):
                self.assertEqual(self.overview[domain.name]["outcome"], domain.outcome)

    def test_metrics_satisfy_promtool(self):
        for name in ("web", "telemetry"):
            with self.subTest(port=name):
                status, text = fetch(self.world.ports[name], "/metrics")
                self.assertEqual(status, 200)
                checked = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True,
                                         timeout=60)
                self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)

    def test_settings_are_accepted(self):
        done = self.agent.run("check-config", str(self.world.settings_file))
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_check_command(self):
        for name in CHECKED_BY_COMMAND:
            domain = self.world.domain(name)
            with self.about(domain):
                status, report = self.agent.check(name)
                self.assertIsNotNone(report, f"no output, exit status {status}")
                self.assertEqual((report["domain"], report["outcome"]), (name, domain.outcome))
                self.assertEqual(status, EXIT_STATUS[domain.outcome])
                serious = {finding["code"] for finding in report["findings"] if finding["severity"] != "info"}
                self.assertEqual(serious, {finding.code for finding in domain.findings if finding.severity != "info"})
                failed = {stage for stage, result in report["stages"].items() if result == "fail"}
                self.assertEqual(failed, domain.failing_stages)

    def test_a_fault_that_appears_is_noticed_and_goes_when_mended(self):
        changed = self.world.domain("shares-one.test")
        self.addCleanup(self.world.set_policy, changed.name, changed.policy)
        self.world.set_policy(changed.name, changed.policy.replace("mode: enforce", "mode: enforced"))
        wait_until(lambda: "sts-policy-mode-invalid" in self.samples.open_codes(changed.name),
                   "sts-policy-mode-invalid", CHANGE_SECONDS, [self.agent.server])
        self.world.set_policy(changed.name, changed.policy)
        wait_until(lambda: "sts-policy-mode-invalid" not in self.samples.open_codes(changed.name),
                   "the finding to go", CHANGE_SECONDS, [self.agent.server])

    def test_sigterm_during_the_first_round(self):
        ports = self.world.ports
        telemetry = free_port()
        settings = self.world.settings_file.read_text()
        settings = settings.replace(f"127.0.0.1:{ports['web']}", f"127.0.0.1:{free_port()}")
        settings = settings.replace(f"127.0.0.1:{ports['telemetry']}", f"127.0.0.1:{telemetry}")
        settings_file = self.world.directory / "second.toml"
        settings_file.write_text(settings)
        second = self.world.add_server("second-agent", self.agent.command("serve", settings_file=settings_file))
        wait_until(lambda: is_healthy(telemetry), "the second agent", 15, [second])
        self.assertEqual(terminated(second), 0, second.log_tail())


def terminated(server):
    """The exit status after SIGTERM, or None when the program does not end in time."""
    server.signal(signal.SIGTERM)
    try:
        return server.wait(EXIT_SECONDS)
    except subprocess.TimeoutExpired:
        return None


def main():
    global agent_binary
    agent_binary, rest = command_line(__doc__)
    unittest.main(argv=[sys.argv[0], *rest])


if __name__ == "__main__":
    main()
