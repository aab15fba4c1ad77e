# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
"""Ends the servers when their parent has exited, for whatever reason.

Reads "+<process group>" and "-<process group>" lines. End of input means that the parent has exited: all
registered groups are ended. A pipe is more reliable than PR_SET_PDEATHSIG, which the kernel clears when a server
changes its user, as Postfix does.
"""

import os
import signal
import sys
import time

GRACE_SECONDS = 3.0


def signal_group(group, number):
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        pass


def members(group):
    """The processes of a group, without zombies."""
    found = []
    for process in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{process}/stat", encoding="utf-8", errors="replace") as stat:
                state, _, its_group = stat.read().rpartition(")")[2].split()[:3]
        except OSError:
            continue
        if int(its_group) == group and state not in "ZX":
            found.append(int(process))
    return found


def end_groups(groups):
    for group in groups:
        signal_group(group, signal.SIGTERM)
    deadline = time.monotonic() + GRACE_SECONDS
    while groups and time.monotonic() < deadline:
        time.sleep(0.05)
        groups = [group for group in groups if members(group)]
    for group in groups:
        signal_group(group, signal.SIGKILL)


def main():
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    groups = set()
    for line in sys.stdin:
        (groups.add if line[0] == "+" else groups.discard)(int(line[1:]))
    end_groups(groups)


if __name__ == "__main__":
    main()
