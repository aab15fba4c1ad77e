# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
"""History, end to end: body, id, mode, MX and certificates change while the agent runs, and while it is down.

    python3 tests/world/memory.py --agent BUILD/mtasts-exporter [unittest's own arguments]

One agent with a state file checks a few healthy domains every two seconds. The tests run in the order of their
names, each on the state that the previous ones left.
"""

import calendar
import collections
import json
import signal
import sys
import time
import unittest

import small_world
from agent import Agent, command_line, fetch
from domains import HEALTHY_HOSTS, MONTH_SECONDS, WEEK_SECONDS, policy
from processes import wait_until
from world import World

CHANGE_SECONDS = 40.0
BODY, MODE, MX, HOSTS, REMOVED = ("shares-one.test", "shares-two.test", "healthy-wildcard.test", "healthy.test",
                                  "dual-stack.test")
WATCHED = (BODY, MODE, MX, HOSTS, REMOVED, "testing.test")
OTHER_HOST = "a.healthy-wildcard.test"
agent_binary = None


def unix_seconds(rfc3339):
    return calendar.timegm(time.strptime(rfc3339, "%Y-%m-%dT%H:%M:%SZ"))


class Memory(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.world = World()
        cls.addClassCleanup(cls.world.stop)
        cls.world.start()
        cls.world.settings_file.write_text(small_world.settings_of(cls.world, WATCHED))
        cls.agent = Agent(cls.world, agent_binary)
        cls.agent.serve()
        cls.checks_seen = collections.defaultdict(set)
        cls.wait(lambda: cls.is_ready() and all(cls.checks_seen_of(name) >= 2 for name in WATCHED), "the first checks")
        cls.before = {}

    @classmethod
    def wait(cls, condition, what):
        return wait_until(condition, what, CHANGE_SECONDS, [cls.agent.server])

    @classmethod
    def is_ready(cls):
        return fetch(cls.world.ports["telemetry"], "/-/ready")[0] == 200

    @classmethod
    def samples(cls):
        return small_world.samples(cls.world.ports["web"])

    @classmethod
    def value(cls, name, **labels):
        return cls.samples().get((name, tuple(sorted(labels.items()))))

    @classmethod
    def checks_seen_of(cls, domain):
        """How many checks of the domain, distinguished by their times, were seen since the set was last cleared."""
        cls.checks_seen[domain].add(cls.value("mtasts_last_check_timestamp_seconds", domain=domain))
        return len(cls.checks_seen[domain] - {None})

    @classmethod
    def open_changes(cls, domain):
        report = cls.agent.report(domain)
        return {finding["code"]: finding for finding in report["findings"] if finding["stage"] == "change"}

    def wait_for(self, domain, *codes):
        """Waits until these are the findings of the stage `change` and returns them by code."""
        def there():
            found = self.open_changes(domain)
            return (found,) if set(found) == set(codes) else None
        return self.wait(there, f"{domain} to have {codes or 'no change'}")[0]

    def wait_for_count(self, count, thing, domain):
        self.wait(lambda: self.value(f"mtasts_{thing}_changes_total", domain=domain) == count, f"{count} {thing} changes")

    def set_id(self, domain, record_id):
        texts = [f"v=STSv1; id={record_id};"] if record_id else []
        self.world.set_records(f"_mta-sts.{domain}", "TXT", texts)

    def set_mx(self, domain, *hosts):
        self.world.set_records(domain, "MX", [f"{10 * (place + 1)} {host}." for place, host in enumerate(hosts)])

    def history(self, domain):
        status, body = fetch(self.world.ports["web"], f"/api/v1/domains/{domain}/history")
        self.assertEqual(status, 200, body)
        return json.loads(body)

    def changes(self, domain):
        return [(change["what"], change["from"], change["to"]) for change in self.history(domain)["changes"]]

    def wait_for_change(self, domain, what):
        return self.wait(lambda: [change for change in self.changes(domain) if change[0] == what], f"{what} of {domain}")

    def command(self, *words):
        done = self.agent.run(*words, "--config", str(self.world.settings_file))
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def plan(self, kind, domain, *more):
        return json.loads(self.command("plan", kind, domain, "--json", *more))

    # The tests, in order.

    def test_01_nothing_has_changed(self):
        for domain in WATCHED:
            with self.subTest(domain=domain):
                self.assertEqual(self.open_changes(domain), {})
                self.assertEqual(self.value("mtasts_stage_success", domain=domain, stage="change"), 1)
                for thing in ("record", "policy", "mx"):
                    self.assertEqual(self.value(f"mtasts_{thing}_changes_total", domain=domain), 0)
                    self.assertEqual(self.value(f"mtasts_{thing}_last_change_timestamp_seconds", domain=domain), 0)
                self.assertEqual(self.value("mtasts_policy_cache_expiry_timestamp_seconds", domain=domain), 0)
        self.assertIn("mtasts_state_writable 1\n", fetch(self.world.ports["telemetry"], "/metrics")[1])

    def test_02_a_body_without_a_new_id(self):
        began = time.time()
        self.world.set_policy(BODY, policy((*HEALTHY_HOSTS, OTHER_HOST)))
        finding = self.wait_for(BODY, "sts-body-changed-id-same")["sts-body-changed-id-same"]
        self.assertEqual(finding["severity"], "warning")
        self.assertEqual(self.value("mtasts_policy_changes_total", domain=BODY), 1)
        changed = self.value("mtasts_policy_last_change_timestamp_seconds", domain=BODY)
        self.assertTrue(began <= changed <= time.time(), changed)
        expiry = self.value("mtasts_policy_cache_expiry_timestamp_seconds", domain=BODY)
        self.assertAlmostEqual(expiry, changed + MONTH_SECONDS, delta=1)
        self.assertIn(time.strftime("until %Y-%m-%d", time.gmtime(expiry)), finding["message"])
        older = self.agent.report(BODY)["sender_cache"]["older"]
        self.assertEqual([(held["mode"], held["max_age"]) for held in older], [("enforce", MONTH_SECONDS)])
        self.assertEqual(unix_seconds(older[0]["until"]), int(expiry))
        self.assertIn(("policy_mx", ", ".join(sorted(HEALTHY_HOSTS)), ", ".join(sorted((*HEALTHY_HOSTS, OTHER_HOST)))),
                      self.changes(BODY))

    def test_03_the_new_id_closes_it(self):
        self.set_id(BODY, "20261121000001")
        self.wait_for_count(1, "record", BODY)
        self.wait_for(BODY, "sts-cache-window-open")

    def test_04_a_lower_mode(self):
        self.world.set_policy(MODE, policy(mode="testing", max_age=WEEK_SECONDS))
        self.set_id(MODE, "20261121000002")
        self.wait_for(MODE, "sts-mode-downgrade-enforce-testing", "sts-cache-window-open")
        self.assertEqual(self.value("mtasts_policy_mode", domain=MODE, mode="testing"), 1)

    def test_05_an_mx_host_outside_the_policy(self):
        hosts = self.world.domain(MX).mx
        self.set_mx(MX, *hosts, HEALTHY_HOSTS[0])
        finding = self.wait_for(MX, "mx-added-not-covered")["mx-added-not-covered"]
        self.assertEqual((finding["severity"], finding["subject"]), ("critical", HEALTHY_HOSTS[0]))
        self.assertEqual(self.value("mtasts_mx_changes_total", domain=MX), 1)
        self.assertEqual(self.value("mtasts_mx_covered", domain=MX, mx=HEALTHY_HOSTS[0]), 0)
        self.assertIn("mx_coverage", [change[0] for change in self.changes(MX)])

    def test_06_new_certificates(self):
        before = self.agent.report(HOSTS)
        self.world.set_policy_certificate(HOSTS, self.world.domain(HOSTS).certificate)
        self.world.set_mail_certificate(HEALTHY_HOSTS[0], self.world.domain(HOSTS).certificate)
        what, was, now = self.wait_for_change(HOSTS, "policy_certificate")[0]
        self.assertEqual(was, before["policy"]["certificate"]["fingerprint_sha256"])
        self.wait(lambda: self.agent.report(HOSTS)["policy"]["certificate"]["fingerprint_sha256"] == now, "the new one")
        self.wait_for_change(HOSTS, "mx_certificate")
        self.assertEqual(self.open_changes(HOSTS), {})

    def test_07_an_mx_move_inside_the_cache_window(self):
        plan = self.plan("mx-move", HOSTS, "--to", OTHER_HOST)
        waits = [step["wait_until"] for step in plan["steps"] if step["wait_until"]]
        self.assertAlmostEqual(unix_seconds(waits[0]), time.time() + MONTH_SECONDS, delta=120)
        self.set_mx(HOSTS, OTHER_HOST)
        self.world.set_policy(HOSTS, policy((OTHER_HOST,)))
        self.set_id(HOSTS, "20261121000003")
        finding = self.wait_for(HOSTS, "mx-changed-inside-cache-window")["mx-changed-inside-cache-window"]
        self.assertEqual((finding["severity"], finding["subject"]), ("critical", OTHER_HOST))
        self.wait_for_count(1, "policy", HOSTS)
        self.wait_for_count(1, "record", HOSTS)

    def test_08_killed(self):
        self.remember_what_is_shown()
        self.agent.server.signal(signal.SIGKILL)
        self.agent.server.wait(10)
        # Changes while the agent is down.
        self.set_id(REMOVED, None)
        self.world.set_policy(REMOVED, None)
        self.world.set_policy(BODY, policy((*HEALTHY_HOSTS, OTHER_HOST), max_age=WEEK_SECONDS))
        self.world.halt("unbound")  # the first round after the start observes nothing
        Memory.restarted = time.time()
        self.agent.serve()

    def remember_what_is_shown(self):
        """Keeps the current samples and waits for two more checks, so that a kill loses none of them."""
        Memory.before = self.samples()
        self.checks_seen.clear()
        self.wait(lambda: all([self.checks_seen_of(name) > 2 for name in WATCHED]), "two more checks")

    def test_09_what_was_known_is_shown_at_once(self):
        self.wait(self.is_ready, "the restored agent")
        samples = self.samples()
        kept = ("mtasts_policy_changes_total", "mtasts_record_changes_total", "mtasts_mx_changes_total",
                "mtasts_policy_last_change_timestamp_seconds", "mtasts_policy_cache_expiry_timestamp_seconds")
        for key, value in self.before.items():
            if key[0] in kept:
                self.assertEqual(samples.get(key), value, key)
            # An open change stays open without a new check.
            if key[0] == "mtasts_stage_last_conclusive_timestamp_seconds" and ("stage", "change") not in key[1]:
                # At most the check in flight was lost; no check has been conclusive since.
                self.assertLess(samples[key], self.restarted, key)
                self.assertGreater(samples[key], self.restarted - 60, key)

    def test_10_what_changed_meanwhile_is_found(self):
        self.world.resume("unbound")
        finding = self.wait_for(REMOVED, "sts-removed-while-cached")["sts-removed-while-cached"]
        self.assertEqual(finding["severity"], "critical")
        self.assertIn("mode enforce, max_age 2592000", finding["message"])
        self.wait_for(BODY, "sts-body-changed-id-same", "sts-max-age-reduced")
        self.wait_for_count(2, "policy", BODY)
        self.wait_for(MODE, "sts-mode-downgrade-enforce-testing", "sts-cache-window-open")
        self.wait_for(MX, "mx-added-not-covered")
        self.wait_for(HOSTS, "mx-changed-inside-cache-window")
        self.wait_for("testing.test")

    def test_11_plans_know_the_past(self):
        expiry = self.value("mtasts_policy_cache_expiry_timestamp_seconds", domain=MODE)
        plan = self.plan("rollback", MODE)
        self.assertIn(int(expiry), [unix_seconds(held["until"]) for held in plan["held"]])
        removal = self.plan("remove", MODE)
        waits = [unix_seconds(step["wait_until"]) for step in removal["steps"] if step["wait_until"]]
        # The month of the old policy, not the week of the current one; a plan rounds up to the minute.
        self.assertTrue(expiry <= max(waits) < expiry + 60, (waits, expiry))
        published = next(step for step in removal["steps"] if step["policy"])
        self.assertEqual(published["policy"], policy(mode="none", max_age=86400))
        self.assertEqual(self.agent.run("lint", "policy", str(self.written(published["policy"]))).returncode, 0)
        text = self.command("plan", "remove", MODE)
        self.assertIn(time.strftime("%Y-%m-%d", time.gmtime(expiry)), text)

    def written(self, text):
        file = self.world.directory / "planned.txt"
        file.write_bytes(text.encode())
        return file

    def test_12_the_timeline_goes_on(self):
        printed = self.command("history", BODY, "--json")
        self.assertEqual(json.loads(printed)["changes"], self.history(BODY)["changes"])
        whats = [change["what"] for change in json.loads(printed)["changes"] if change["what"] != "mx_certificate"]
        self.assertEqual(whats, ["policy_max_age", "record_id", "policy_mx"])  # newest first
        self.assertIn(f"{MONTH_SECONDS} → {WEEK_SECONDS}", self.command("history", BODY))

    def test_13_a_restored_removal_closes(self):
        self.set_id(REMOVED, "20261121000004")
        self.world.set_policy(REMOVED, policy())
        self.wait_for(REMOVED)

    def test_14_ends_in_order_and_starts_again(self):
        self.agent.server.signal(signal.SIGTERM)
        self.assertEqual(self.agent.server.wait(5), 0, self.agent.server.log_tail())
        self.agent.serve()
        self.wait(self.is_ready, "the agent")
        self.assertEqual(self.value("mtasts_policy_changes_total", domain=BODY), 2)
        self.agent.server.signal(signal.SIGTERM)
        self.assertEqual(self.agent.server.wait(5), 0, self.agent.server.log_tail())


def main():
    global agent_binary
    agent_binary, rest = command_line(__doc__)
    unittest.main(argv=[sys.argv[0], "--failfast", *rest])


if __name__ == "__main__":
    main()
