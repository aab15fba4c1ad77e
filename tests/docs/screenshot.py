# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
"""Makes docs/images/*.png: the agent's own pages in the miniature internet of tests/world, as Chromium shows them.

    sudo python3 tests/docs/screenshot.py --agent BUILD/mtasts-exporter     # needs Debian's chromium, and what tests/world needs

Not a test: run it when the pages have changed, and look at the pictures.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/world"))
from agent import Agent  # noqa: E402
from world import World, stopped_by_signals  # noqa: E402

IMAGES = ROOT / "docs/images"
# File with the page's address and the size of the window.
SHOTS = {"domains.png": ("/", "1200,760"), "domain.png": ("/domains/wildcard-depth.test", "1200,840")}
OPTIONS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars",
           "--disable-background-networking", "--disable-component-update", "--disable-sync")


def shoot(url, size, file):
    with tempfile.TemporaryDirectory() as profile:
        subprocess.run(["chromium", *OPTIONS, f"--user-data-dir={profile}", f"--window-size={size}",
                        f"--screenshot={file}", url], check=True, capture_output=True, timeout=120)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--agent", required=True, help="the mtasts-exporter to show")
    arguments = parser.parse_args()
    IMAGES.mkdir(exist_ok=True)
    with stopped_by_signals(), World() as world:
        agent = Agent(world, arguments.agent)
        agent.serve()
        agent.wait_for_first_round()
        for name, (path, size) in SHOTS.items():
            shoot(f"http://127.0.0.1:{world.ports['web']}{path}", size, IMAGES / name)
            print(f"{IMAGES / name}: {(IMAGES / name).stat().st_size} octets")


if __name__ == "__main__":
    main()
