# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
"""Who else talks to the agent during the soak: clients of /probe, readers of pages, and hostile clients of every port."""

import contextlib
import random
import sys
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "torture"))
import points  # noqa: E402
from target import Failure, ask  # noqa: E402

PROBE_PAUSE_SECONDS = 3.0
HOSTILE_PAUSE_SECONDS = 20.0
HOLD_SECONDS = 8.0     # for which silent connections stay
LET_GO_SECONDS = 0.5   # in which the agent notices that they are gone


class Strangers:
    """Threads until the end; `failures` are sentences about what did not hold."""

    def __init__(self, subject):
        self._subject = subject
        self._ended = threading.Event()
        self.attacking = threading.Lock()  # held while hostile clients hold descriptors of the agent
        self._random = random.Random(7)
        self.failures = []
        self.probes = 0
        self.attacks = 0
        self._threads = [threading.Thread(target=work, daemon=True) for work in (self._probe, self._attack)]
        for thread in self._threads:
            thread.start()

    def end(self):
        self._ended.set()
        for thread in self._threads:
            thread.join(60)

    def _probe(self):
        while not self._ended.wait(PROBE_PAUSE_SECONDS):
            domain = self._random.choice(self._subject.domains)
            status, _ = ask(self._subject.web, f"/probe?target={domain}", seconds=60,
                            headers={"X-Prometheus-Scrape-Timeout-Seconds": "10"})
            if status not in (200, 403, 429, 503):  # 403: a visitor that the settings do not hold now
                self.failures.append(f"a probe of {domain} got {status}")
            ask(self._subject.web, self._random.choice(("/", f"/domains/{domain}", f"/api/v1/domains/{domain}/history")))
            self.probes += 1

    def _attack(self):
        attacks = (self._silent, self._half_asked, points.oversized_requests, points.malformed_requests)
        while not self._ended.wait(HOSTILE_PAUSE_SECONDS):
            attack = attacks[self.attacks % len(attacks)]
            with self.attacking:
                try:
                    attack(self._subject, 1)
                except (OSError, Failure) as failure:
                    self.failures.append(str(failure))
                self._ended.wait(LET_GO_SECONDS)
            self.attacks += 1

    def _silent(self, subject, _):
        with contextlib.ExitStack() as stack:
            for port in (subject.web, subject.telemetry, subject.reports):
                stack.enter_context(points.silent_connections(port, 60))
            self._ended.wait(HOLD_SECONDS)

    def _half_asked(self, subject, _):
        with points.silent_connections(subject.web, 60, b"GET /metrics HT") as web, \
             points.silent_connections(subject.telemetry, 60, b"GET /metrics HT") as telemetry:
            for octet in b"TP/1.1\r\nX: ":
                for connection in (*web, *telemetry):
                    with contextlib.suppress(OSError):
                        connection.send(bytes([octet]))
                if self._ended.wait(HOLD_SECONDS / 12):
                    return
