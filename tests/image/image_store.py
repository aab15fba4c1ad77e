# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
"""A store of images below a directory: the base, made by debootstrap, and the image, built by buildah from the Dockerfile."""

import shutil
import subprocess
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SUITE = "bookworm"
BASE = f"localhost/debian:{SUITE}-slim"
IMAGE = "localhost/mtasts-exporter:test"
AGAIN = "localhost/mtasts-exporter:again"
SOURCE_DATE_EPOCH = 1700000000
BASE_ARCHIVE = "base.tar"
REVISION = "0123456789abcdef"
BUILD_SECONDS = 1800


class Store:
    """An image store below a directory; the store of the host is not used."""

    def __init__(self, directory, kept):
        self.directory = directory
        self._kept = kept

    def command(self, *words):
        return ["buildah", "--root", str(self.directory / "storage"), "--runroot", str(self.directory / "run"),
                "--storage-driver", "vfs", *words]

    def buildah(self, *words):
        done = subprocess.run(self.command(*words), capture_output=True, text=True, timeout=300)
        if done.returncode != 0:
            raise RuntimeError(f"buildah {' '.join(words)}: {done.stderr.strip()}")
        return done.stdout.strip()

    def digest(self, image):
        """Of the configuration, which names the digest of each layer."""
        return self.buildah("images", "--no-trunc", "--format", "{{.ID}}", image)

    def container(self):
        """(name, root) of a container of the image, in which nothing has run yet."""
        name = self.buildah("from", "--pull-never", IMAGE)
        unittest.addModuleCleanup(self.buildah, "rm", name)
        return name, Path(self.buildah("mount", name))

    def make_base(self):
        archive = self.directory / BASE_ARCHIVE
        if not archive.exists():
            root = self.directory / "base"
            # The build uses a compiler cache if the base has one.
            more = ["--include=ccache"] if self._kept else []
            logged(self.directory / "debootstrap.log", ["debootstrap", "--variant=minbase", *more, SUITE, str(root)])
            shutil.rmtree(root / "var/cache/apt/archives")
            subprocess.run(["tar", "-C", str(root), "-cf", str(archive), "."], check=True)
            shutil.rmtree(root)
        container = self.buildah("from", "scratch")
        self.buildah("add", container, str(archive), "/")
        self.buildah("commit", "-q", container, BASE)
        self.buildah("rm", container)

    def build(self, version, image=IMAGE, cached=True):
        options = ["--isolation", "chroot", "--pull-never", "-t", image, "--timestamp", str(SOURCE_DATE_EPOCH)]
        for argument in (f"BASE={BASE}", f"VERSION={version}", f"REVISION={REVISION}",
                         f"SOURCE_DATE_EPOCH={SOURCE_DATE_EPOCH}"):
            options += ["--build-arg", argument]
        if self._kept and cached:
            cache = self.directory / "ccache"
            cache.mkdir(exist_ok=True)
            options += ["--volume", f"{cache}:/root/.cache/ccache"]
        logged(self.directory / "build.log", self.command("bud", *options, str(ROOT)))


def logged(log, command):
    """Runs a command with much output, and shows only the end of it on failure."""
    with log.open("w") as output:
        done = subprocess.run(["nice", "-n", "5", *command], stdout=output, stderr=subprocess.STDOUT,
                              timeout=BUILD_SECONDS)
    if done.returncode != 0:
        end = "\n".join(log.read_text(errors="replace").splitlines()[-25:])
        raise RuntimeError(f"{command[0]} ended with {done.returncode}:\n{end}")
