# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
"""config/mtasts-exporter.service under a real systemd: process 1 of its own namespaces, in the base image's root
with the packages that the image ships. It has no network but its own loopback. Part of image_test.py."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

UNIT = Path(__file__).resolve().parents[2] / "config/mtasts-exporter.service"
NAME = "mtasts-exporter"
SETTINGS = 'domains = ["{domain}"]\n[dns]\nservers = ["127.0.0.1:9"]\n{more}'

# A root that systemd treats as a container: its own /proc, /sys, /dev, /run and control group subtree.
BOOT = """
set -e
root=$1
mount --make-rprivate /
mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
mount -t sysfs -o ro sysfs "$root/sys"
mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
mount -t tmpfs tmpfs "$root/run"
mount -t tmpfs -o mode=755 tmpfs "$root/dev"
for device in null zero full random urandom tty; do
  : >"$root/dev/$device"
  mount --bind "/dev/$device" "$root/dev/$device"
done
mkdir "$root/dev/pts" "$root/dev/shm"
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
mkdir -p "$root/before"
cd "$root"
pivot_root . before
umount -l /before
exec env -i container=other PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd --system
"""


def control_groups():
    """The mount point of cgroup v2, or None."""
    mounts = [line.split() for line in Path("/proc/mounts").read_text().splitlines()]
    return next((Path(fields[1]) for fields in mounts if fields[2] == "cgroup2"), None)


class Unit(unittest.TestCase):
    # Set by a class below: the base's archive, the image's root, a working directory.
    base = image = directory = None

    @classmethod
    def setUpClass(cls):
        groups = control_groups()
        if groups is None or not os.access(groups, os.W_OK):
            raise unittest.SkipTest("systemd needs control groups, version 2, that can be written")
        cls.root = Path(tempfile.mkdtemp(prefix="systemd-", dir=cls.directory))
        cls.addClassCleanup(shutil.rmtree, cls.root)
        cls.make_root()
        cls.group = groups / f"mtasts-unit-test-{os.getpid()}"
        cls.group.mkdir()
        cls.addClassCleanup(cls.remove_group)
        cls.boot()

    @classmethod
    def make_root(cls):
        subprocess.run(["tar", "-C", str(cls.root), "-xf", str(cls.base)], check=True)
        os.chmod(cls.root, 0o755)
        packages = sorted(path.name for path in (cls.image / "var/lib/dpkg/status.d").iterdir())
        script = "apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \"$@\""
        done = subprocess.run(["chroot", str(cls.root), "sh", "-c", script, "sh", "systemd", "procps", *packages],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300)
        if done.returncode != 0:
            raise RuntimeError(done.stdout[-2000:] + done.stderr[-2000:])
        shutil.copy2(cls.image / "usr/bin" / NAME, cls.root / "usr/local/bin")
        units = cls.root / "etc/systemd/system"
        shutil.copy(UNIT, units)
        (units / "default.target").symlink_to("/lib/systemd/system/multi-user.target")
        (cls.root / "etc/machine-id").write_text("")

    @classmethod
    def boot(cls):
        command = ["unshare", "--mount", "--pid", "--fork", "--uts", "--ipc", "--net", "--cgroup", "--kill-child",
                   "sh", "-c", BOOT, "sh", str(cls.root)]
        entering = f"echo $$ >{cls.group}/cgroup.procs && exec \"$@\""
        cls.started = subprocess.Popen(["sh", "-c", entering, "sh", *command], stdin=subprocess.DEVNULL,
                                       stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        cls.addClassCleanup(cls.stop)
        cls.until("systemd is up", lambda: cls.inside("systemctl", "is-system-running") in ("running", "degraded"), 60)

    @classmethod
    def stop(cls):
        cls.started.kill()
        cls.started.communicate()

    @classmethod
    def remove_group(cls):
        for path, _, _ in os.walk(cls.group, topdown=False):
            for _ in range(50):
                try:
                    os.rmdir(path)
                    break
                except OSError:
                    time.sleep(0.1)

    @classmethod
    def init(cls):
        pid = cls.started.pid
        return (Path(f"/proc/{pid}/task/{pid}/children").read_text().split() or [None])[0]

    @classmethod
    def inside(cls, *words):
        """The output of a command in the container; empty before the container exists."""
        if cls.started.poll() is not None:
            raise RuntimeError(f"systemd is gone: {cls.started.stderr.read()}")
        pid = cls.init()
        if pid is None:
            return ""
        return subprocess.run(["nsenter", "-t", pid, "-a", "-r", "-w", *words], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=60).stdout.strip()

    @classmethod
    def until(cls, what, look, seconds=20):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            found = look()
            if found:
                return found
            time.sleep(0.2)
        raise AssertionError(f"{what}: not within {seconds} s\n{cls.inside('journalctl', '-n', '30', '--no-pager')}")

    def systemctl(self, *words):
        return self.inside("systemctl", *words, NAME)

    def shown(self, name):
        return self.systemctl("show", "--value", "-p", name)

    def write_settings(self, domain, more=""):
        file = self.root / "etc" / NAME / "config.toml"
        file.parent.mkdir(exist_ok=True)
        file.write_text(SETTINGS.format(domain=domain, more=more))
        file.chmod(0o644)

    def metrics(self):
        """Sends the request with this Python, in that network namespace."""
        code = "import urllib.request as r\n" \
               "print(r.urlopen('http://127.0.0.1:10058/metrics', timeout=5).read().decode())"
        return subprocess.run(["nsenter", "-t", self.init(), "-n", sys.executable, "-c", code], capture_output=True,
                              text=True, timeout=30).stdout

    def start(self):
        self.systemctl("reset-failed")
        self.systemctl("start")
        self.until("a scrape", lambda: "mtasts_findings{" in self.metrics())

    def setUp(self):
        self.write_settings("unit.example")
        self.start()
        self.addCleanup(self.systemctl, "stop")

    def test_restrictions_are_in_force(self):
        lines = self.inside("cat", f"/proc/{self.shown('MainPID')}/status").splitlines()
        status = {name: value.split() for name, _, value in (line.partition(":") for line in lines)}
        self.assertNotEqual(status["Uid"][0], "0")
        self.assertEqual({int(status[name][0], 16) for name in ("CapPrm", "CapEff", "CapBnd", "CapAmb")}, {0})
        self.assertEqual(status["NoNewPrivs"], ["1"])
        self.assertEqual(status["Seccomp"], ["2"])
        metrics = self.metrics()
        # Values that a restriction could hide: the state, the start time, the number of descriptors.
        self.assertIn("\nmtasts_state_writable 1\n", metrics)
        self.assertIn("\nprocess_start_time_seconds ", metrics)
        self.assertRegex(metrics, r"\nprocess_max_fds \d{5}")
        self.assertTrue((self.root / "var/lib/private" / NAME / "state.db").is_file())

    def test_reload(self):
        """The file is unchanged, so that the agent's own file watch does not trigger."""
        def times_read():
            return self.inside("journalctl", "-u", NAME, "--no-pager", f"_PID={pid}").count("nothing changed")
        pid = self.shown("MainPID")
        before = times_read()
        self.systemctl("reload")
        self.until("the settings read once more", lambda: times_read() == before + 1)
        self.assertEqual(self.shown("MainPID"), pid)

    def test_started_again_when_killed(self):
        pid = self.shown("MainPID")
        self.systemctl("kill", "-s", "KILL")
        self.until("another process", lambda: self.shown("ActiveState") == "active" and self.shown("MainPID") != pid)
        self.assertEqual(self.shown("NRestarts"), "1")

    def test_stop_is_no_failure(self):
        begin = time.monotonic()
        self.systemctl("stop")
        self.assertLess(time.monotonic() - begin, 6)
        self.assertEqual((self.shown("ActiveState"), self.shown("Result")), ("inactive", "success"))

    def test_not_started_again_with_bad_settings(self):
        self.systemctl("stop")
        self.write_settings("unit.example", more="server = []\n")
        self.systemctl("start")
        self.until("failed", lambda: self.shown("ActiveState") == "failed")
        time.sleep(6)  # More than RestartSec.
        self.assertEqual((self.shown("ActiveState"), self.shown("ExecMainStatus"), self.shown("NRestarts")),
                         ("failed", "78", "0"))
