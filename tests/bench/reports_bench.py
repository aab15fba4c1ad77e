# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
"""Measures what TLS reports cost the agent: a report of 10 MB from the request to the store, beside
parsedmarc (PyPI) on the same file in the same run, and many reports of 5 kB.

Processes are measured from start to end, with the large report and with a tiny one; the difference is the cost of
the report. Peak memory is that of the whole process."""

import datetime
import gzip
import http.client
import json
import os
import random
import signal
import statistics
import subprocess
import sys
from pathlib import Path

from peers import BenchError, free_port, get, idle_settings, samples_of, wait_until, without_overrides

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "world"))
from processes import accepts as accepts_at
from python_tools import PythonTools

PARSEDMARC = "parsedmarc==11.1.0"
CPU_TARGET = 1 / 20
MEMORY_TARGET = 1 / 5
RATE_TARGET = 500  # reports in a CPU second
LARGE_BYTES = 10_000_000
TINY_BYTES = 1_000
SMALL_BYTES = 5_000
DOMAIN = "bench.test"
HOSTS = 40
STORE_SECONDS = 60
RESULT_TYPES = ("certificate-expired", "certificate-host-mismatch", "starttls-not-supported", "validation-failure")


def report_of(organization, number, size_bytes):
    """A report of about that size; failures differ in hosts, addresses and reasons as real ones do."""
    chance = random.Random(number)
    day = datetime.datetime.now(datetime.timezone.utc).date() - datetime.timedelta(days=1 + number % 6)
    policy = {"policy-type": "sts", "policy-domain": DOMAIN, "mx-host": [f"mx{host}.{DOMAIN}" for host in range(3)],
              "policy-string": ["version: STSv1", "mode: enforce", f"mx: *.{DOMAIN}", "max_age: 604800"]}
    details = []
    entry = {"policy": policy, "failure-details": details,
             "summary": {"total-successful-session-count": 1_000_000, "total-failure-session-count": 0}}
    report = {"organization-name": organization, "contact-info": f"tlsrpt@{organization}", "report-id": f"{number}",
              "date-range": {"start-datetime": f"{day}T00:00:00Z", "end-datetime": f"{day}T23:59:59Z"},
              "policies": [entry]}
    size = len(json.dumps(report))
    while size < size_bytes:
        details.append({"result-type": chance.choice(RESULT_TYPES), "failed-session-count": 1 + chance.randrange(9),
                        "sending-mta-ip": f"192.0.{chance.randrange(256)}.{chance.randrange(256)}",
                        "receiving-mx-hostname": f"mx{chance.randrange(HOSTS)}.{DOMAIN}",
                        "receiving-ip": f"198.51.100.{chance.randrange(256)}",
                        "failure-reason-code": f"reason {chance.randrange(20)}"})
        size += len(json.dumps(details[-1])) + 2
    entry["summary"]["total-failure-session-count"] = sum(one["failed-session-count"] for one in details)
    return gzip.compress(json.dumps(report).encode())


class Usage:
    """CPU seconds and peak memory of a child that ended. The kernel's peak of a child is at least that of the process
    that started it, this one with its reports; `peak_bytes` is the child's own, where it was asked while it ran."""

    def __init__(self, pid, peak_bytes=None):
        _, status, used = os.wait4(pid, 0)
        self.status = os.waitstatus_to_exitcode(status)
        self.cpu_seconds = used.ru_utime + used.ru_stime
        self.peak_bytes = used.ru_maxrss * 1024 if peak_bytes is None else peak_bytes


def peak_bytes(pid):
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise BenchError("the kernel tells no VmHWM")


class ReportAgent:
    """An agent that takes reports in and has nothing else to do."""

    def __init__(self, binary, directory):
        self.web, self.https = free_port(), free_port()
        self.log = directory / f"agent-{self.web}.log"
        config = directory / f"agent-{self.web}.toml"
        state, telemetry = directory / f"state-{self.web}/state.db", f"127.0.0.1:{free_port()}"
        config.write_text(idle_settings(DOMAIN, self.web, state, telemetry) + f"""[reports]
enabled = true
[reports.https]
listen = ["127.0.0.1:{self.https}"]
""")
        with open(self.log, "wb") as output:
            self.child = subprocess.Popen([binary, "serve", "--config", config], stdin=subprocess.DEVNULL,
                                          stdout=output, stderr=output, env=without_overrides())
        wait_until(lambda: self.must_live() or accepts_at("127.0.0.1", self.https), "the agent's start", pause=0.02)

    def must_live(self):
        if self.child.poll() is not None:
            raise BenchError(f"the agent ended:\n{self.log.read_text()[-2000:]}")

    def stored(self):
        self.must_live()
        return samples_of(get(self.web, "/metrics")[1].decode()).get(f'tlsrpt_reports_total{{domain="{DOMAIN}"}}', 0)

    def post(self, bodies):
        connection = http.client.HTTPConnection("127.0.0.1", self.https, timeout=STORE_SECONDS)
        for body in bodies:
            connection.request("POST", "/tlsrpt", body, {"Content-Type": "application/tlsrpt+gzip"})
            response = connection.getresponse()
            response.read()
            if response.status != 201:
                raise BenchError(f"a report was answered with {response.status}")
        connection.close()

    def wait_stored(self, count):
        wait_until(lambda: self.stored() == count, f"the storing of {count} reports", STORE_SECONDS, pause=0.2)

    def end(self):
        """Stops it; what it used in its whole life."""
        peak = peak_bytes(self.child.pid)
        self.child.send_signal(signal.SIGTERM)
        used = Usage(self.child.pid, peak)
        self.child.returncode = used.status
        return used

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.child.returncode is None:
            self.child.kill()
            self.child.wait()


def agent_reads(binary, directory, body):
    with ReportAgent(binary, directory) as agent:
        agent.post([body])
        agent.wait_stored(1)
        return agent.end()


def parsedmarc_reads(tools, directory, file):
    output = directory / "parsedmarc"
    environment = {**tools.environment, "HOME": str(directory)}
    with open(directory / "parsedmarc.log", "wb") as log:
        child = subprocess.Popen(tools.command("parsedmarc.cli", "--offline", "--silent", "-o", output, file),
                                 stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment)
        used = Usage(child.pid)
        child.returncode = used.status
    written = output / "smtp_tls.json"
    if used.status != 0 or not written.exists() or "bench" not in written.read_text():
        raise BenchError(f"parsedmarc read nothing:\n{(directory / 'parsedmarc.log').read_text()[-2000:]}")
    written.unlink()
    return used


def measure_large(binary, directory, cache, turns):
    """{(program, size): usages, one for each turn}."""
    tools = PythonTools(cache, PARSEDMARC)
    used = {(name, size): [] for name in ("agent", PARSEDMARC) for size in (TINY_BYTES, LARGE_BYTES)}
    file = directory / f"sender.test!{DOMAIN}!1!2!1.json.gz"
    bodies = {size: report_of("sender.test", 1, size) for size in (TINY_BYTES, LARGE_BYTES)}
    file.write_bytes(bodies[TINY_BYTES])
    parsedmarc_reads(tools, directory, file)  # its modules get compiled
    for _ in range(turns):
        for size, body in bodies.items():
            file.write_bytes(body)
            used["agent", size].append(agent_reads(binary, directory, body))
            used[PARSEDMARC, size].append(parsedmarc_reads(tools, directory, file))
    return used


def measure_rate(binary, directory, count):
    """CPU seconds of the agent from the first of `count` reports to the last one's row."""
    bodies = [report_of(f"sender{number % 20}.test", number, SMALL_BYTES) for number in range(count)]
    with ReportAgent(binary, directory) as agent:
        before = cpu_seconds(agent.child.pid)
        agent.post(bodies)
        agent.wait_stored(count)
        return cpu_seconds(agent.child.pid) - before


def cpu_seconds(pid):
    """Of all threads, also of those that ended."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(options, directory, say, verdict):
    """`options`: of bench.py. parsedmarc is kept in the build folder."""
    binary = options.build / "mtasts-exporter"
    used = measure_large(binary, directory, options.build / "bench-tools", options.turns)
    seconds = measure_rate(binary, directory, options.reports)
    print_large(say, verdict, used, options.turns)
    rate = options.reports / seconds
    say(f"  {options.reports} reports of {SMALL_BYTES / 1000:.0f} kB posted: {rate:.0f} in a CPU second  "
        f"(at least {RATE_TARGET})     {verdict(rate >= RATE_TARGET)}")


def print_large(say, verdict, used, turns):
    cpu = {key: statistics.median(one.cpu_seconds for one in usages) for key, usages in used.items()}
    peak = {key: statistics.median(one.peak_bytes for one in usages) for key, usages in used.items()}
    cost = {}
    say()
    say(f"TLS reports: one of {LARGE_BYTES / 1e6:.0f} MB (gzip), read, admitted and stored; median of {turns} turns")
    for name in ("agent", PARSEDMARC):
        cost[name] = cpu[name, LARGE_BYTES] - cpu[name, TINY_BYTES]
        say(f"  {name:<34}{cpu[name, LARGE_BYTES]:7.2f} CPU s, {cost[name]:.2f} without its start, "
            f"{peak[name, LARGE_BYTES] / 1e6:.1f} MB at its peak")
    ratio = cost["agent"] / cost[PARSEDMARC]
    say(f"  {'CPU / parsedmarc':<36}{ratio:6.3f}  (at most {CPU_TARGET})    {verdict(ratio <= CPU_TARGET)}")
    ratio = peak["agent", LARGE_BYTES] / peak[PARSEDMARC, LARGE_BYTES]
    say(f"  {'memory / parsedmarc':<36}{ratio:6.3f}  (at most {MEMORY_TARGET})     {verdict(ratio <= MEMORY_TARGET)}")
