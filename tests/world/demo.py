# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
"""Starts the miniature internet and the agent, prints what the agent found, and runs until Ctrl-C.

    python3 tests/world/demo.py --agent BUILD/mtasts-exporter
"""

import argparse
import os
import sys

from agent import Agent
from processes import WorldError, wait_until
from world import World, stopped_by_signals

COLOURS = {"ok": 32, "warning": 33, "critical": 31, "unknown": 35}


def coloured(outcome, text):
    if not sys.stdout.isatty() or os.environ.get("NO_COLOR"):
        return text
    return f"\033[{COLOURS.get(outcome, 0)}m{text}\033[0m"


def show(world, agent, overview):
    width = max(len(domain.name) for domain in world.domains)
    for domain in world.domains:
        outcome = overview[domain.name]["outcome"]
        print(f"{coloured(outcome, f'{outcome:8}')}  {domain.name:{width}}  {domain.fault}")
        for finding in agent.report(domain.name)["findings"]:
            if finding["severity"] != "info":
                print(f"          {finding['code']}: {finding['message']}\n"
                      f"            fix:    {finding['fix']}\n"
                      f"            verify: {finding['verify']}")
    page = f"http://127.0.0.1:{world.ports['web']}"
    print(f"\npage         {page}/\n"
          f"metrics      {page}/metrics\n"
          f"own metrics  http://127.0.0.1:{world.ports['telemetry']}/metrics\n"
          f"one domain   {' '.join(agent.command('check', 'policy-expired.test'))}\n\n"
          "Ctrl-C ends it all.", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--agent", required=True, help="the mtasts-exporter to show")
    arguments = parser.parse_args()
    try:
        with stopped_by_signals(), World() as world:
            agent = Agent(world, arguments.agent)
            agent.serve()
            print(f"The world is up, {len(world.domains)} domains; waiting for the first round of checks.", flush=True)
            show(world, agent, agent.wait_for_first_round())
            wait_until(lambda: not agent.server.is_running(), "the agent to end", float("inf"))
            raise WorldError(f"The agent ended:\n{agent.server.log_tail()}")
    except WorldError as error:
        print(error, file=sys.stderr)
        sys.exit(os.EX_UNAVAILABLE)


if __name__ == "__main__":
    main()
