# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
"""Measures the cost of a domain check, compared with a bare OpenSSL client and blackbox_exporter in
the same run, the memory for 10,000 domains, and the growth of a state file of 100,000 domains in a
week without changes.

The work is one healthy domain: a policy over HTTPS and two MX hosts with STARTTLS, three full TLS
handshakes with chains like Let's Encrypt's, verified against the system's roots. The programs
take turns; the median of the turns counts. Exit status 0 whatever the numbers; 1 when something
did not run."""

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path

import policy_host_bench
import reports_bench
from peers import (Agent, BenchError, Blackbox, Servers, bare_cpu_seconds, history_cost, report_store_cost,
                   peak_memory_bytes, scheduled_seconds)

BARE_TARGET = 0.9       # relative to the CPU time of the bare client
BLACKBOX_TARGET = 1.0   # relative to that of blackbox_exporter
MEMORY_TARGET_MB = 100  # resident, with 10,000 domains
FULL_DOMAINS = 10_000
INTERVAL_SECONDS = 3    # of the agent of a turn: short, so that later rounds start soon
HISTORY_DOMAINS = 100_000
REPORT_DOMAINS = 450
FULL_REPORT_ROWS = 1_000_000
SUMMARY_TARGET_MS = 2
HISTORY_ROUNDS = 15     # over a week
GROWTH_TARGET = 1.05    # of the file after the first round
MEGABYTE = 1_000_000
REPORTS = 1_000         # of 5 kB, posted
REQUESTS = 50_000       # of a policy, in each turn
IDLE_SECONDS = 10
MEMORY_INTERVAL_SECONDS = 90  # fast enough for a bench, slow enough that checks do not pile up


def say(text=""):
    print(text, flush=True)


def milliseconds_per_check(before, after):
    """The difference of two samples of the agent; it must have made two SMTP probes per check."""
    checks = after[1] - before[1]
    probes = (after[2] - before[2]) / checks
    if not 1.8 < probes < 2.2:
        raise BenchError(f"{probes:.2f} SMTP probes for each check instead of 2")
    return 1000 * (after[0] - before[0]) / checks


def agent_turn(binary, servers, domains):
    """CPU ms per check: in the first round, with an empty cache, and in the next two."""
    with Agent(binary, servers, f"{INTERVAL_SECONDS}s", "1s") as agent:
        patience = 20 * INTERVAL_SECONDS
        start = agent.sample()
        # The edges of a round are left out: the first and second rounds overlap there.
        first = agent.wait_for_checks(0.8 * domains, patience)
        if first[1] > 0.99 * domains:
            raise BenchError("the first round went by too fast to be measured; raise --domains")
        settled = agent.wait_for_checks(1.2 * domains, patience)
        later = agent.wait_for_checks(settled[1] + 2 * domains, patience)
        agent.scrape()
        return milliseconds_per_check(start, first), milliseconds_per_check(settled, later)


def blackbox_turn(blackbox, domains):
    before = blackbox.cpu_seconds()
    blackbox.probe_everything()
    return 1000 * (blackbox.cpu_seconds() - before) / domains


def must_have_served(servers, before, checks):
    """Checks that no handshake was skipped or resumed."""
    after = servers.counts()
    policies = after["policies"] - before["policies"]
    deliveries = after["deliveries"] - before["deliveries"]
    if policies < checks or deliveries < 2 * checks or after["resumed"] > 0:
        raise BenchError(f"{checks} checks, but {policies} GETs, {deliveries} STARTTLS dialogues, "
                         f"{after['resumed']} handshakes resumed")


def measure_cpu(options, directory):
    costs = {"bare": [], "blackbox": [], "first": [], "later": []}
    program = options.build / "tests" / "mtasts_bench"
    binary = options.build / "mtasts-exporter"
    domains = options.domains
    with Servers(program, directory, domains, 2 * domains) as servers, Blackbox(servers) as blackbox:
        bare_cpu_seconds(program, servers)  # issues the certificates
        blackbox.probe_everything()
        for turn in range(options.turns):
            before = servers.counts()
            costs["bare"].append(1000 * bare_cpu_seconds(program, servers) / domains)
            must_have_served(servers, before, domains)
            before = servers.counts()
            costs["blackbox"].append(blackbox_turn(blackbox, domains))
            must_have_served(servers, before, domains)
            before = servers.counts()
            first, later = agent_turn(binary, servers, domains)
            must_have_served(servers, before, 3 * domains)
            costs["first"].append(first)
            costs["later"].append(later)
            say(f"  turn {turn + 1} of {options.turns}: bare {costs['bare'][-1]:.2f}, blackbox "
                f"{costs['blackbox'][-1]:.2f}, agent {first:.2f} then {later:.2f} ms")
        blackbox_memory = blackbox.resident_bytes()
        idle = measure_idle(binary, servers, domains)
    return costs, blackbox_memory, idle


def measure_idle(binary, servers, domains):
    """CPU ms per second of an agent with nothing to check and no scrapes."""
    with Agent(binary, servers, "1h", "1h") as agent:
        agent.wait_for_checks(domains, 60 + domains)
        before = scheduled_seconds(agent.pid)
        time.sleep(IDLE_SECONDS)
        return 1000 * (scheduled_seconds(agent.pid) - before) / IDLE_SECONDS


def measure_memory(options, directory):
    program = options.build / "tests" / "mtasts_bench"
    domains = options.memory_domains
    with Servers(program, directory, domains, domains // 5) as servers:
        interval = f"{MEMORY_INTERVAL_SECONDS}s"
        with Agent(options.build / "mtasts-exporter", servers, interval, "1h") as agent:
            start = agent.sample()
            end = agent.wait_for_checks(domains, 4 * MEMORY_INTERVAL_SECONDS)
            checked = agent.resident_bytes()
            series = agent.scrape()
            # A second round replaces every report: memory not returned by that counts too.
            agent.wait_for_checks(2 * domains, 4 * MEMORY_INTERVAL_SECONDS)
            agent.scrape()
            return {"checked": checked, "later": agent.resident_bytes(),
                    "peak": peak_memory_bytes(agent.pid), "series": series,
                    "cost": 1000 * (end[0] - start[0]) / (end[1] - start[1])}


def verdict(met):
    return "target met" if met else "TARGET MISSED"


def cost_line(name, values, bare):
    median = statistics.median(values)
    return (f"  {name:<34}{median:7.2f}  ({min(values):.2f} to {max(values):.2f})"
            f"{median / bare:11.2f}")


def print_cpu(costs, blackbox_memory, idle, options):
    middle = {name: statistics.median(values) for name, values in costs.items()}
    say()
    say(f"CPU milliseconds for one domain: policy and 2 MX hosts, 3 full TLS handshakes; median of "
        f"{options.turns} turns with {options.domains} domains each")
    say(f"  {'':<34}{'ms':>7}  {'(range)':<14}{'of bare':>11}")
    say(cost_line("bare OpenSSL client", costs["bare"], middle["bare"]))
    say(cost_line("blackbox_exporter, 3 probes", costs["blackbox"], middle["bare"]))
    say(cost_line("agent, first round", costs["first"], middle["bare"]))
    say(cost_line("agent, later rounds", costs["later"], middle["bare"]))
    say("  (In the first round no chain was seen before. Later rounds are a monitor's life: the chain\n"
        "  comes again, is known by its digest, and its verification is remembered while its dates hold.\n"
        "  The agent's figures hold everything: DNS, verdict, metrics, being asked twice a second.)")
    say()
    for name, words in (("later", "later rounds"), ("first", "first round")):
        of_bare = middle[name] / middle["bare"]
        of_blackbox = middle[name] / middle["blackbox"]
        say(f"  {words + ' / bare client':<36}{of_bare:6.2f}  (at most {BARE_TARGET})     "
            f"{verdict(of_bare <= BARE_TARGET)}")
        say(f"  {words + ' / blackbox_exporter':<36}{of_blackbox:6.2f}  (below {BLACKBOX_TARGET})       "
            f"{verdict(of_blackbox < BLACKBOX_TARGET)}")
    say()
    say(f"  Idle agent, {options.domains} domains: {idle:.2f} CPU ms a second. "
        f"blackbox_exporter's resident memory: {blackbox_memory / MEGABYTE:.0f} MB.")


def print_memory(memory, options):
    resident = max(memory["checked"], memory["later"]) / MEGABYTE
    say()
    say(f"Resident memory, {options.memory_domains} domains and policy hosts, "
        f"{options.memory_domains // 5} MX hosts, {memory['series']} series")
    say(f"  all checked once                  {memory['checked'] / MEGABYTE:8.1f} MB")
    say(f"  checked twice and scraped         {memory['later'] / MEGABYTE:8.1f} MB")
    say(f"  at its peak (VmHWM)               {memory['peak'] / MEGABYTE:8.1f} MB")
    judged = options.memory_domains >= FULL_DOMAINS
    word = verdict(resident <= MEMORY_TARGET_MB) if judged else "not judged: fewer domains"
    say(f"  {resident:.1f} MB  (at most {MEMORY_TARGET_MB} MB)     {word}")
    say(f"  (There MX hosts are shared, so a check of the first round cost {memory['cost']:.2f} CPU ms.)")


def print_history(cost, domains):
    growth = cost["last_bytes"] / cost["first_bytes"]
    say()
    say(f"State file, {domains} domains of which nothing changes for a week ({HISTORY_ROUNDS} rounds)")
    say(f"  after the first round             {cost['first_bytes'] / MEGABYTE:8.1f} MB  "
        f"{cost['first_cpu_us']:7.1f} CPU µs a check, making it included")
    say(f"  after the last                    {cost['last_bytes'] / MEGABYTE:8.1f} MB  "
        f"{cost['later_cpu_us']:7.1f} CPU µs a check")
    say(f"  growth                            {growth:8.3f}     (at most {GROWTH_TARGET})     "
        f"{verdict(growth <= GROWTH_TARGET)}")


def print_report_store(cost, domains):
    judged = cost["rows"] >= FULL_REPORT_ROWS
    word = verdict(cost["summary_ms"] < SUMMARY_TARGET_MS) if judged else "not judged: fewer rows"
    say()
    say(f"Stored TLS reports, {domains} domains for 90 days: {cost['rows']:.0f} rows, "
        f"{cost['bytes'] / MEGABYTE:.1f} MB")
    say(f"  storing a report of 10 failures   {cost['add_cpu_us']:8.1f} CPU µs")
    say(f"  summary of a domain               {cost['summary_ms']:8.3f} ms  (under {SUMMARY_TARGET_MS} ms)     {word}")
    say(f"  summary where every day is full   {cost['full_summary_ms']:8.3f} ms")
    say(f"  longest step of a purge           {cost['purge_step_ms']:8.1f} ms")


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=Path, required=True, help="build folder of the release")
    parser.add_argument("--quick", action="store_true", help="fewer turns and domains: a glance")
    parser.add_argument("--turns", type=int)
    parser.add_argument("--domains", type=int, help="of a turn")
    parser.add_argument("--memory-domains", type=int, help="0: leave memory out")
    parser.add_argument("--history-domains", type=int, help="0: leave the state file out")
    parser.add_argument("--report-domains", type=int, help="0: leave stored TLS reports out")
    parser.add_argument("--requests", type=int, help="of policies, in each turn; 0: leave serving policies out")
    parser.add_argument("--reports", type=int, help="that are posted to the agent; 0: leave TLS reports out")
    options = parser.parse_args()
    full = (5, 240, FULL_DOMAINS, HISTORY_DOMAINS, REPORT_DOMAINS, REPORTS, REQUESTS)
    defaults = (3, 120, 2_000, 5_000, 50, 200, 10_000) if options.quick else full
    names = ("turns", "domains", "memory_domains", "history_domains", "report_domains", "reports", "requests")
    for name, default in zip(names, defaults):
        if getattr(options, name) is None:
            setattr(options, name, default)
    return options


def main():
    options = parse_options()
    try:
        with tempfile.TemporaryDirectory(prefix="mtasts-bench-") as directory:
            say(f"CPU: {options.turns} turns …")
            print_cpu(*measure_cpu(options, directory), options)
        if options.memory_domains > 0:
            with tempfile.TemporaryDirectory(prefix="mtasts-bench-") as directory:
                say()
                say(f"Memory: {options.memory_domains} domains …")
                print_memory(measure_memory(options, directory), options)
        if options.history_domains > 0:
            with tempfile.TemporaryDirectory(prefix="mtasts-bench-") as directory:
                cost = history_cost(options.build / "tests" / "mtasts_bench", directory, options.history_domains,
                                    HISTORY_ROUNDS)
                print_history(cost, options.history_domains)
        if options.report_domains > 0:
            with tempfile.TemporaryDirectory(prefix="mtasts-bench-") as directory:
                cost = report_store_cost(options.build / "tests" / "mtasts_bench", directory, options.report_domains)
                print_report_store(cost, options.report_domains)
        if options.reports > 0:
            with tempfile.TemporaryDirectory(prefix="mtasts-bench-") as directory:
                say()
                say(f"TLS reports: {options.turns} turns …")
                reports_bench.measure(options, Path(directory), say, verdict)
        if options.requests > 0:
            with tempfile.TemporaryDirectory(prefix="mtasts-bench-") as directory:
                say()
                say(f"Policies: {options.turns} turns …")
                policy_host_bench.measure(options, Path(directory), say, verdict)
    except BenchError as failure:
        print(f"bench: {failure}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
