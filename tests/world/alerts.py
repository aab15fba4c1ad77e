# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
"""The shipped alerts, live: agent, Prometheus, Alertmanager and a webhook, while faults appear and are fixed.

    python3 tests/world/alerts.py --agent BUILD/mtasts-exporter [unittest's own arguments]

The agent exports the lean set of metrics. The rules of alerts/mtasts.rules.yaml and the routes and inhibitions of alerts/alertmanager.example.yml, with every wait
shortened to seconds. One scenario of several steps, each starting from the state that the previous one left; every
alert that reaches the webhook must be expected.
Needs python3-yaml, and Debian's prometheus and prometheus-alertmanager.
"""

import http.server
import json
import sys
import threading
import unittest
from pathlib import Path

import yaml

import small_world
from agent import Agent, command_line, fetch
from certificates import Certificate
from processes import free_port, wait_until
from world import World

ALERTS = Path(__file__).resolve().parents[2] / "alerts"
GONE, EXPIRED, ENDING, MX = "shares-one.test", "shares-two.test", "delegated.test", "healthy-wildcard.test"
WATCHED = (GONE, EXPIRED, ENDING, MX, "healthy.test", "testing.test")
SHARED_HOST, NEW_HOST = "mx2.healthy.test", "mx1.healthy.test"
CHANGE_SECONDS = 45.0
# With a check every two seconds and a scrape a second: one failed check, or a mail server's restart, is ridden out, and
# some seconds are left for a busy machine.
WINDOW_SECONDS = 8
WAITS = {"10m": "9s", "15m": "9s", "20m": "25s", "30m": "10s", "40m": "13s", "1h": "18s"}
WINDOWS = {"[6m]": f"[{WINDOW_SECONDS}s]", "[1h]": "[40s]", "[6h]": "[60s]",
           "[7d]": "[60s]", "6 * 3600": "60"}
agent_binary = None


def shortened_rules():
    groups = yaml.safe_load((ALERTS / "mtasts.rules.yaml").read_text())["groups"]
    for group in groups:
        group["interval"] = "1s"
        for rule in group["rules"]:
            for long, short in WINDOWS.items():
                rule["expr"] = rule["expr"].replace(long, short)
            if "for" in rule:
                rule["for"] = WAITS[rule["for"]]
    return groups


def shortened_routes(webhook_port):
    """The example, with every receiver replaced by the webhook."""
    document = yaml.safe_load((ALERTS / "alertmanager.example.yml").read_text())
    routes = [document["route"]]
    for route in routes:
        wait = "4s" if route["receiver"] == "news" else "2s"
        route.update({key: wait for key in ("group_wait", "group_interval") if key in route})
        routes += route.get("routes", [])
    for receiver in document["receivers"]:
        (kind,) = set(receiver) - {"name"}
        wants_resolved = receiver[kind][0]["send_resolved"]
        del receiver[kind]
        receiver["webhook_configs"] = [{"url": f"http://127.0.0.1:{webhook_port}/{receiver['name']}",
                                        "send_resolved": wants_resolved}]
    return document


class Webhook(http.server.ThreadingHTTPServer):
    """Keeps every alert of every notification: (receiver, status, labels, annotations)."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), WebhookHandler)
        self.notified = []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def port(self):
        return self.server_address[1]

    def notified_with(self, status):
        """The alerts notified at least once with this status, without their texts."""
        return {(receiver, *key_of(labels)) for receiver, its_status, labels, _ in list(self.notified)
                if its_status == status}

    def text_of(self, name):
        return next(notes["description"] for _, _, labels, notes in self.notified if labels["alertname"] == name)


class WebhookHandler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.notified += [(self.path.strip("/"), alert["status"], alert["labels"], alert["annotations"])
                                 for alert in body["alerts"]]
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        pass


def key_of(labels):
    """(name, severity, label, value) of an alert that has one more label."""
    rest = [pair for pair in sorted(labels.items()) if pair[0] not in ("alertname", "severity")]
    return (labels["alertname"], labels["severity"], *(word for pair in rest for word in pair))


def of_domain(receiver, name, severity, domain):
    return (receiver, f"Mtasts{name}", severity, "domain", domain)


BROKEN = {
    of_domain("pager", "PolicyUnavailable", "critical", GONE),
    of_domain("pager", "PolicyCertificateInvalid", "critical", EXPIRED),
    of_domain("mail-operators", "PolicyCertificateExpiring", "warning", ENDING),
    of_domain("pager", "MxNotCovered", "critical", MX),
    ("pager", "MtastsMxCertificateInvalid", "critical", "mx", SHARED_HOST),
}
# Inhibited by MtastsMxNotCovered, and notified once that is resolved.
SILENCED = {("MtastsMxSetChanged", "info", "domain", MX)}
NEWS = {of_domain("news", "MxSetChanged", "info", MX)}


class LiveAlerts(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.world = World()
        cls.addClassCleanup(cls.world.stop)
        cls.world.start()
        cls.webhook = Webhook()
        cls.addClassCleanup(cls.webhook.server_close)
        cls.addClassCleanup(cls.webhook.shutdown)
        cls.world.settings_file.write_text(small_world.settings_of(cls.world, WATCHED) + '\n[metrics]\nset = "lean"\n')
        cls.agent = Agent(cls.world, agent_binary)
        cls.agent.serve()
        cls.servers = [cls.agent.server, *cls.start_watchers()]
        cls.wait(lambda: fetch(cls.world.ports["telemetry"], "/-/ready")[0] == 200, "the first round")

    @classmethod
    def start_watchers(cls):
        folder, ports = cls.world.directory, cls.world.ports
        cls.alertmanager_port = free_port()
        (folder / "alertmanager.json").write_text(json.dumps(shortened_routes(cls.webhook.port)))  # JSON is YAML
        alertmanager = cls.world.add_server("alertmanager", [
            "prometheus-alertmanager", f"--config.file={folder}/alertmanager.json", f"--storage.path={folder}/alerts",
            f"--web.listen-address=127.0.0.1:{cls.alertmanager_port}", "--cluster.listen-address="])
        (folder / "rules.json").write_text(json.dumps({"groups": shortened_rules()}))
        (folder / "prometheus.json").write_text(json.dumps({
            "global": {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"},
            "rule_files": ["rules.json"],
            "alerting": {"alertmanagers": [{"static_configs": [{"targets": [f"127.0.0.1:{cls.alertmanager_port}"]}]}]},
            "scrape_configs": [{"job_name": "mtasts", "static_configs": [
                {"targets": [f"127.0.0.1:{ports[name]}" for name in ("web", "telemetry")]}]}]}))
        prometheus = cls.world.add_server("prometheus", [
            "prometheus", f"--config.file={folder}/prometheus.json", f"--storage.tsdb.path={folder}/tsdb",
            f"--web.listen-address=127.0.0.1:{ports['prometheus']}", "--rules.alert.resend-delay=2s"])
        for port, server in ((cls.alertmanager_port, alertmanager), (ports["prometheus"], prometheus)):
            wait_until(lambda: fetch(port, "/-/ready")[0] == 200, server.name, 30, [server])
        return [alertmanager, prometheus]

    @classmethod
    def wait(cls, condition, what):
        return wait_until(condition, what, CHANGE_SECONDS, cls.servers)

    @classmethod
    def alerts(cls):
        """The current alerts of Prometheus: (key, state)."""
        body = json.loads(fetch(cls.world.ports["prometheus"], "/api/v1/alerts")[1])
        return {(key_of(alert["labels"]), alert["state"]) for alert in body["data"]["alerts"]}

    @classmethod
    def firing(cls):
        return {key for key, state in cls.alerts() if state == "firing"}

    @classmethod
    def evaluations(cls):
        """How often each group of rules has been evaluated."""
        counted = small_world.samples(cls.world.ports["prometheus"])
        return {labels: value - counted.get(("prometheus_rule_group_iterations_missed_total", labels), 0)
                for (name, labels), value in counted.items() if name == "prometheus_rule_group_iterations_total"}

    def pass_evaluations(self, count, meanwhile=lambda: None):
        """Waits for `count` more evaluations of every rule group; there is one per second. Calls `meanwhile` repeatedly
        until then."""
        begun = self.evaluations()
        self.assertEqual(len(begun), len(shortened_rules()))

        def passed():
            meanwhile()
            now = self.evaluations()
            return all(now.get(group, 0) >= before + count for group, before in begun.items())
        self.wait(passed, f"{count} evaluations of all rules")

    def is_dns_alive(self):
        return small_world.samples(self.world.ports["telemetry"]).get(("mtasts_channel_alive", (("channel", "dns"),))) != 0

    def wait_for(self, status, wanted):
        """Waits until exactly the alerts `wanted` have been notified with this status."""
        try:
            self.wait(lambda: self.webhook.notified_with(status) >= wanted, f"{len(wanted)} alerts {status}")
        finally:
            self.assertEqual(self.webhook.notified_with(status), wanted, self.alerts())

    def test_faults_appear_and_are_fixed(self):
        for step in (self.healthy_world_is_silent, self.faults_are_notified, self.texts_say_what_to_do,
                     self.inhibited_alerts_are_not_notified, self.dns_outage_changes_nothing,
                     self.fixed_faults_resolve, self.nothing_more_comes):
            print(f"  {step.__name__}", file=sys.stderr, flush=True)
            step()

    def healthy_world_is_silent(self):
        self.wait(lambda: not self.alerts(), "nothing to be pending after the start")
        # Longer than the window of the rules.
        self.pass_evaluations(WINDOW_SECONDS + 2)
        self.assertEqual(self.alerts(), set())
        self.assertEqual(self.webhook.notified, [])

    def faults_are_notified(self):
        self.world.set_policy(GONE, None)
        self.world.set_policy_certificate(EXPIRED, Certificate.expired)
        self.world.set_policy_certificate(ENDING, Certificate.expiring)
        self.world.set_records(MX, "MX", [f"{rank} {host}." for rank, host in
                                          enumerate((*self.world.domain(MX).mx, NEW_HOST))])
        self.world.set_mail_certificate(SHARED_HOST, Certificate.expired)
        self.wait_for("firing", BROKEN)
        self.wait(lambda: self.firing() >= SILENCED, "what is silenced")
        self.assertEqual(self.firing(), SILENCED | {tuple(key) for _, *key in BROKEN})
        self.assertEqual(self.webhook.notified_with("resolved"), set())

    def texts_say_what_to_do(self):
        for name, *parts in (
                ("MtastsPolicyUnavailable", GONE, "sts-http-status", "HTTP status 404",
                 f"curl -sS -i --max-time 30 https://mta-sts.{GONE}/.well-known/mta-sts.txt"),
                ("MtastsPolicyCertificateInvalid", f"sts-tls-expired (mta-sts.{EXPIRED}", "openssl s_client"),
                ("MtastsPolicyCertificateExpiring", f"mta-sts.{ENDING} expires in 14d 23h"),
                ("MtastsMxNotCovered", "mx-partial-coverage", f"Not covered: {NEW_HOST}.", f"MX {MX}"),
                ("MtastsMxCertificateInvalid", f"cert-expired ({SHARED_HOST}", " and others (4 domains in total)",
                 f"-connect {SHARED_HOST}:25")):
            for part in parts:
                with self.subTest(alert=name):
                    self.assertIn(part, self.webhook.text_of(name))
        for _, _, labels, notes in self.webhook.notified:
            self.assertEqual(Path(notes["runbook_url"]).stem, labels["alertname"])
            self.assertTrue((ALERTS / "runbooks" / Path(notes["runbook_url"]).name).is_file())

    def inhibited_alerts_are_not_notified(self):
        body = json.loads(fetch(self.alertmanager_port, "/api/v2/alerts")[1])
        states = {key_of(alert["labels"]): alert["status"]["state"] for alert in body}
        self.assertEqual({key for key, state in states.items() if state == "suppressed"}, SILENCED)

    def dns_outage_changes_nothing(self):
        """Nothing resolves because the agent cannot observe it, and nothing new fires."""
        before = self.firing()

        def nothing_changes():
            self.assertEqual(self.firing(), before)

        def agent_has_noticed():
            nothing_changes()
            return not self.is_dns_alive()
        self.world.halt("unbound")
        self.wait(agent_has_noticed, "the DNS channel to be down")
        # Longer than the window of the rules.
        self.pass_evaluations(WINDOW_SECONDS + 2, meanwhile=nothing_changes)
        self.assertFalse(self.is_dns_alive())
        self.world.resume("unbound")
        self.assertEqual(self.webhook.notified_with("resolved"), set())
        self.assertEqual(self.webhook.notified_with("firing"), BROKEN)

    def fixed_faults_resolve(self):
        self.world.set_policy(GONE, self.world.domain(GONE).policy)
        self.world.set_policy_certificate(EXPIRED, Certificate.valid)
        self.world.set_policy_certificate(ENDING, Certificate.valid)
        self.world.set_records(MX, "MX", [f"{rank} {host}." for rank, host in enumerate(self.world.domain(MX).mx)])
        self.world.set_mail_certificate(SHARED_HOST, Certificate.valid)
        self.wait_for("resolved", BROKEN)
        self.wait_for("firing", BROKEN | NEWS)
        self.wait(lambda: self.firing() == SILENCED, "everything else to end")

    def nothing_more_comes(self):
        self.pass_evaluations(2 * WINDOW_SECONDS)
        self.assertEqual(self.webhook.notified_with("firing"), BROKEN | NEWS)
        self.assertEqual(self.webhook.notified_with("resolved"), BROKEN)


def main():
    global agent_binary
    agent_binary, rest = command_line(__doc__)
    unittest.main(argv=[sys.argv[0], *rest])


if __name__ == "__main__":
    main()
