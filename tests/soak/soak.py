# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
"""An agent for an hour among domains that come and go, a hostile share, reloads, probes and hostile clients, on loopback.

    python3 tests/soak/soak.py --agent BUILD/mtasts-exporter [--seconds 3600] [--domains 2000]

Prints one table, a row for each part of the time, then what was demanded. Exit status 0: everything holds; 1: something
does not; 2: it could not be started.

The first quarter is the warm-up, in which caches fill and every fault is seen once. Over the rest a line is fitted
through the samples of memory, and of open descriptors. What the line gains must stay below 5 %, or below 2 MB and 10
descriptors if that is more: in an hour there are about 60,000 checks after the warm-up, so 2 MB are 35 octets a check
and 10 descriptors are one in 6,000 checks, while the allocator's pages and the checks in progress move less than that."""

import argparse
import re
import sys
import tempfile
import time
import traceback
from pathlib import Path

import population
from strangers import Strangers
from subject import OUTCOME_STAGES, Failure, Subject, cpu_seconds

SAMPLE_SECONDS = 15.0
ROWS = 20
WARM_UP_SHARE = 0.25
MEMORY_TOLERANCE, DESCRIPTOR_TOLERANCE, TOLERANCE_SHARE = 2 * 2**20, 10, 0.05
HEALTH_SECONDS = 2.0
START_SECONDS = 120
MOST_NAMED = 5
COLUMNS = ("minutes", "memory MB", "descriptors", "threads", "state MB", "series", "checks", "unclear", "slowest turn",
           "health s", "agent CPU", "peers CPU", "reloads", "probes", "blamed")


class Sample:
    def __init__(self, subject, began):
        subject.must_live()
        self.at = time.monotonic() - began
        self.memory, self.threads, self.descriptors = subject.process()
        self.state = subject.state_bytes()
        self.series, self.blamed = subject.scrape()
        own = subject.own_samples()
        self.checks, self.unclear = own["mtasts_checks_total"], own["mtasts_checks_inconclusive_total"]
        self.turns = {float(le): value for name, value in own.items()
                      if (le := (re.search(r'^mtasts_loop_lag_seconds_bucket\{.*?le="([0-9.]+)"', name) or [0, None])[1])}
        self.turn_count = own["mtasts_loop_lag_seconds_count"]
        self.health = subject.watch.take()
        self.agent_cpu, self.peers_cpu = cpu_seconds(subject.child.pid), cpu_seconds(subject.peers.child.pid)


def slowest_turn(before, after):
    """The bound of the histogram below which every turn between two samples was."""
    turns = after.turn_count - before.turn_count
    return next((le for le in sorted(after.turns) if after.turns[le] - before.turns.get(le, 0) >= turns), float("inf"))


def gain(samples, value):
    """What the line through the samples gains from the first to the last (least squares)."""
    count = len(samples)
    times, values = [sample.at for sample in samples], [value(sample) for sample in samples]
    middle, mean = sum(times) / count, sum(values) / count
    spread = sum((at - middle)**2 for at in times)
    slope = sum((at - middle) * (each - mean) for at, each in zip(times, values)) / spread if spread else 0.0
    return slope * (times[-1] - times[0])


class Table:
    """A row for each part of the time: the highest of its samples, and what was done in it."""

    def __init__(self, subject, strangers, seconds):
        self._subject, self._strangers = subject, strangers
        self._part_seconds = seconds / ROWS
        self._rows = 0
        self._part = []
        self._last = None
        print("  ".join(COLUMNS), flush=True)

    def add(self, sample):
        self._last = self._last or sample
        self._part.append(sample)
        if sample.at >= (self._rows + 1) * self._part_seconds:
            self._print()

    def _print(self):
        part, before = self._part, self._last
        end = part[-1]
        seconds = max(end.at - before.at, 1e-9)
        highest = {name: max(getattr(sample, name) for sample in part) for name in
                   ("memory", "descriptors", "threads", "state", "series", "health")}
        cells = (f"{end.at / 60:.1f}", f"{highest['memory'] / 2**20:.1f}", highest["descriptors"], highest["threads"],
                 f"{highest['state'] / 2**20:.1f}", highest["series"], f"{end.checks:.0f}", f"{end.unclear:.0f}",
                 f"<= {slowest_turn(before, end):g}", f"{highest['health']:.2f}",
                 f"{100 * (end.agent_cpu - before.agent_cpu) / seconds:.0f} %",
                 f"{100 * (end.peers_cpu - before.peers_cpu) / seconds:.0f} %", self._subject.reloads,
                 self._strangers.probes, len({name for sample in part for name in sample.blamed}))
        print("  ".join(f"{cell!s:>{len(title)}}" for cell, title in zip(cells, COLUMNS)), flush=True)
        self._last, self._part = end, []
        self._rows = int(end.at / self._part_seconds)


def watch(subject, strangers, seconds):
    """Samples, and the statuses of reloads, until the time is over."""
    began = time.monotonic()
    table = Table(subject, strangers, seconds)
    samples, statuses = [], []
    pause = min(SAMPLE_SECONDS, seconds / 24)
    reload_seconds = max(pause, seconds / 40)
    calm_seconds = min(2 * subject.smtp_seconds + 3 * subject.interval_seconds, seconds / 2)
    while (now := time.monotonic() - began) < seconds:
        if now > seconds - calm_seconds:
            subject.peers.calm_down()
        if now >= (len(statuses) + 1) * reload_seconds:
            statuses.append(subject.reload())
        with strangers.attacking:  # descriptors that others hold say nothing about the agent
            samples.append(Sample(subject, began))
        table.add(samples[-1])
        time.sleep(max(0.0, min(pause, seconds - (time.monotonic() - began))))
    return samples, statuses


def not_healthy(subject):
    """Sentences about the domains whose peers are healthy by now, and that the agent does not find so."""
    bad = []
    for domain in subject.domains:
        kind = population.kind_of(domain)
        if kind == population.VISITOR or not (population.is_good(domain) or kind in population.FLAPPING):
            continue
        report = subject.report(domain)
        if report is None:
            bad.append(f"{domain} has no report")
        elif population.is_good(domain) and report["outcome"] != "ok":
            bad.append(f"{domain} is {report['outcome']}: " + ", ".join(finding["code"] for finding in report["findings"]))
        else:
            stages = [stage for stage in OUTCOME_STAGES if report["stages"][stage] not in ("pass", "not_applicable")]
            if stages:
                bad.append(f"{domain} does not pass {', '.join(stages)}: "
                           + ", ".join(finding["code"] for finding in report["findings"]))
    return bad


def named(texts):
    return "; ".join(texts[:MOST_NAMED]) + (f"; and {len(texts) - MOST_NAMED} more" if len(texts) > MOST_NAMED else "")


def demands(subject, samples, statuses, strangers):
    """(what is demanded, whether it holds, what was seen)"""
    settled = [sample for sample in samples if sample.at >= WARM_UP_SHARE * samples[-1].at]
    for name, value, tolerance, unit, shown in (
            ("resident memory is flat", lambda sample: sample.memory, MEMORY_TOLERANCE, 2**20, "MB"),
            ("open descriptors are flat", lambda sample: sample.descriptors, DESCRIPTOR_TOLERANCE, 1, "")):
        mean = sum(map(value, settled)) / len(settled)
        gained, limit = gain(settled, value), max(tolerance, TOLERANCE_SHARE * mean)
        yield name, gained < limit, (f"{gained / unit:+.1f} {shown} over {(settled[-1].at - settled[0].at) / 60:.0f} minutes, "
                                     f"mean {mean / unit:.1f}, limit {limit / unit:.1f}")
    threads = {sample.threads for sample in settled}
    yield "the number of threads stays", max(threads) - min(threads) <= 1, ", ".join(map(str, sorted(threads)))
    limit = HEALTH_SECONDS + 3 * subject.watch.machine_lag
    yield "health is always answered", subject.watch.worst < limit, f"slowest {subject.watch.worst:.2f} s, limit {limit:.2f} s"
    blamed = sorted({name for sample in samples for name in sample.blamed})
    yield "no healthy domain is blamed", not blamed, named(blamed)
    wrong = [str(status) for status in statuses if status not in (None, 200)]
    yield "every reload succeeds", not wrong, f"{len(statuses)} reloads" + (f", statuses {', '.join(wrong)}" if wrong else "")
    yield "clients are answered", not strangers.failures, (named(strangers.failures)
                                                           or f"{strangers.probes} probes, {strangers.attacks} attacks")
    bad = not_healthy(subject)
    yield "healthy domains are judged healthy at the end", not bad, named(bad)
    status = subject.stop()
    yield "the agent ends in order", status == 0, f"status {status}"


def soak(subject, seconds):
    samples, statuses, strangers = [], [], Strangers(subject)
    try:
        samples, statuses = watch(subject, strangers, seconds)
    finally:
        strangers.end()
    failed = 0
    print()
    for name, holds, seen in demands(subject, samples, statuses, strangers):
        failed += not holds
        print(f"{'pass' if holds else 'FAIL'}  {name}{': ' if seen else ''}{seen}", flush=True)
    checks = samples[-1].checks
    print(f"\nsoak: {len(subject.domains)} domains, {samples[-1].at:.0f} s, {checks:.0f} checks, {len(samples)} samples: "
          f"{'everything holds' if not failed else f'{failed} do not hold'}")
    return 1 if failed else 0


def start(subject):
    subject.start()
    deadline = time.monotonic() + START_SECONDS
    while not subject.answers():
        subject.must_live()
        if time.monotonic() > deadline:
            raise Failure(f"the agent was not healthy after {START_SECONDS} s")
        time.sleep(0.2)
    subject.watch_health()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--agent", required=True, help="the mtasts-exporter to soak")
    parser.add_argument("--seconds", type=int, default=3600)
    parser.add_argument("--domains", type=int, default=2000)
    arguments = parser.parse_args()
    if arguments.seconds < 60 or arguments.domains < 50:
        parser.error("at least 60 seconds and 50 domains are needed")
    with tempfile.TemporaryDirectory() as directory:
        subject = None
        try:
            subject = Subject(arguments.agent, Path(directory), arguments.domains)
            start(subject)
        except (OSError, Failure) as error:
            print(f"The soak could not be started: {error}", file=sys.stderr)
            if subject is not None and hasattr(subject, "child"):
                subject.stop_quietly()
            return 2
        try:
            return soak(subject, arguments.seconds)
        except Failure as failure:
            print(f"FAIL  {failure}")
        except Exception:  # a fault of the soak is no pass
            traceback.print_exc()
        finally:
            subject.stop_quietly()
    return 1


if __name__ == "__main__":
    sys.exit(main())
