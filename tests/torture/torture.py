# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
"""Bounded, harmless forms of attacks on a running agent, on loopback: pass or fail for each point.

    python3 tests/torture/torture.py --agent BUILD/mtasts-exporter [--scale 4] [--only NAME…]

Starts the agent among healthy and hostile peers (peers.py), does what strangers could do (points.py), and asks for its
health all the while. Exit status 0: every point holds; 1: one does not; 2: it could not be started."""

import argparse
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path

from points import POINTS
from target import Failure, Target

NAME_WIDTH = max(len(point.__name__) for point in POINTS)


def run(point, target, scale):
    """(holds, what was seen)"""
    target.watch.take()
    try:
        seen = point(target, scale) or ""
        target.must_live()
        return True, seen
    except Failure as failure:
        return False, str(failure)
    except Exception:  # a fault of the torture is no pass
        return False, traceback.format_exc(limit=3)


def chosen_points(names):
    unknown = set(names) - {point.__name__ for point in POINTS}
    if unknown:
        raise SystemExit(f"There is no point {', '.join(sorted(unknown))}. There are: "
                         + ", ".join(point.__name__ for point in POINTS))
    return [point for point in POINTS if not names or point.__name__ in names]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--agent", required=True, help="the mtasts-exporter to torture")
    parser.add_argument("--scale", type=int, default=1, help="times as many clients and requests (1: under a minute)")
    parser.add_argument("--only", nargs="*", default=[], metavar="NAME", help="only these points")
    arguments = parser.parse_args()
    points = chosen_points(arguments.only)
    failed = 0
    with tempfile.TemporaryDirectory() as directory:
        target = Target(arguments.agent, Path(directory))
        try:
            target.start()
        except (OSError, Failure, subprocess.SubprocessError) as error:
            print(f"The agent could not be started: {error}", file=sys.stderr)
            return 2
        began = time.monotonic()
        try:
            for point in points:
                started = time.monotonic()
                holds, seen = run(point, target, arguments.scale)
                failed += not holds
                print(f"{'pass' if holds else 'FAIL'}  {point.__name__:{NAME_WIDTH}}  {time.monotonic() - started:5.1f} s  "
                      f"{point.__doc__}{': ' if seen else ''}{seen}", flush=True)
                if target.has_died():
                    left = len(points) - points.index(point) - 1
                    print(f"The agent has ended by itself; {left} points were not tried.")
                    failed += left
                    break
        finally:
            target.stop_quietly()
        print(f"\ntorture: {len(points) - failed} of {len(points)} points hold, {failed} do not, "
              f"after {time.monotonic() - began:.0f} s")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
