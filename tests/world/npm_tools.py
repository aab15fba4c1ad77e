# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
"""Programs from npm that tests run beside the agent: pinned, in a directory that later runs reuse."""

import fcntl
import subprocess
from pathlib import Path

INSTALL_SECONDS = 300


def npm_package(cache, pinned):
    """The folder of the package `pinned` ("name@1.2.3"). Needs npm, and its registry the first time alone."""
    directory = Path(cache).resolve()
    directory.mkdir(parents=True, exist_ok=True)
    folder = directory / "node_modules" / pinned.rpartition("@")[0]
    done = directory / ".installed"
    with (directory / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if done.exists() and done.read_text() == pinned:
            return folder
        ran = subprocess.run(["npm", "install", "--prefix", directory, "--no-save", "--no-package-lock", "--no-audit",
                              "--no-fund", "--ignore-scripts", "--loglevel=error", pinned], cwd=directory,
                             stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                             timeout=INSTALL_SECONDS, check=False)
        if ran.returncode:
            raise SystemExit(f"npm could not install {pinned}:\n{ran.stdout[-2000:]}")
        done.write_text(pinned)
    return folder
