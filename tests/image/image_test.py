# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
"""Builds the Dockerfile and runs the image, without a container engine and without an image registry.

    python3 tests/image/image_test.py [--keep DIRECTORY [--skip-build]]

debootstrap creates the base image from Debian packages; buildah builds (chroot isolation, vfs storage, its own store).
Then the systemd unit is started with the image's agent under a real systemd (unit_boot.py).
Needs root and the Debian packages debootstrap and buildah. --keep keeps the store, the base and a compiler cache in a
directory for the next run; --skip-build tests the existing image again.
"""

import argparse
import contextlib
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

import unit_boot
from image_store import AGAIN, BASE, BASE_ARCHIVE, IMAGE, REVISION, ROOT, Store

USER = 65532
AGENT = "/usr/bin/mtasts-exporter"
STATE = "/var/lib/mtasts-exporter"
CONFIG = "/etc/mtasts-exporter/config.toml"
LARGEST_MB = 40
START_SECONDS = 30
STOP_SECONDS = 5

# Runs as process 1 of a new PID namespace, with the image's root read-only and, if given, a state directory.
READ_ONLY = """
set -e
root=$1 state=$2
shift 2
mount --make-rprivate /
mount --bind "$root" "$root"
mount -o remount,bind,ro "$root"
[ -z "$state" ] || mount --bind "$state" "$root/var/lib/mtasts-exporter"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
exec setpriv --no-new-privs chroot --userspec=65532:65532 --groups= "$root" "$@"
"""


def version_of_sources():
    return re.search(r"project\(mtasts-exporter VERSION (\S+)", (ROOT / "CMakeLists.txt").read_text()).group(1)


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def fetch(port, path):
    """(status, body); (None, "") when there is no response."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read().decode()
    except (OSError, http.client.HTTPException):
        return None, ""
    finally:
        connection.close()


def until(what, seconds, look):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = look()
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError(f"{what}: not within {seconds} s")


def status_of(pid):
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return {name: value.split() for name, _, value in (line.partition(":") for line in lines)}


def agent_below(pid):
    """The agent's process among a process and its descendants."""
    try:
        if os.readlink(f"/proc/{pid}/exe").endswith(AGENT):
            return pid
        children = [child for task in Path(f"/proc/{pid}/task").iterdir()
                    for child in (task / "children").read_text().split()]
    except OSError:
        return None
    return next((found for found in map(agent_below, children) if found), None)


def settings(**more):
    """Loopback ports and a resolver that does not respond: no traffic leaves the host."""
    ports = {"web": free_port(), "telemetry": free_port()}
    return ports, {"MTASTS_DOMAINS": "image.example", "MTASTS_DNS_SERVERS": f"127.0.0.1:{free_port()}",
                   "MTASTS_WEB_LISTEN": f"127.0.0.1:{ports['web']}",
                   "MTASTS_TELEMETRY_LISTEN": f"127.0.0.1:{ports['telemetry']}", **more}


class SystemdUnit(unit_boot.Unit):
    @classmethod
    def setUpClass(cls):
        cls.directory = STORE.directory
        cls.base = STORE.directory / BASE_ARCHIVE
        cls.image = STORE.container()[1]
        super().setUpClass()


class Image(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.version = version_of_sources()
        inspected = json.loads(STORE.buildah("inspect", "--type", "image", IMAGE))
        cls.config = inspected["OCIv1"]["config"]
        cls.docker = inspected["Docker"]["config"]
        cls.container, cls.root = STORE.container()
        # Before anything runs, which would create /etc/hosts and similar files.
        cls.entries = sorted(cls.root.rglob("*"))
        cls.modes = {path: path.lstat() for path in cls.entries}

    def in_container(self, words, environment=(), volumes=()):
        options = [word for name, value in dict(environment).items() for word in ("-e", f"{name}={value}")]
        options += [word for volume in volumes for word in ("-v", volume)]
        return STORE.command("run", "--isolation", "chroot", *options, self.container, "--", *words)

    def read_only(self, words, environment, state=""):
        return ["env", "-i", *(f"{name}={value}" for name, value in environment.items()), f"PATH={os.environ['PATH']}",
                "unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", READ_ONLY, "sh", str(self.root),
                str(state), *words]

    def default_words(self):
        return [*self.config["Entrypoint"], *self.config["Cmd"]]

    def ended(self, command):
        """(exit status, output) of a command. buildah sometimes loses the output of a process that ends immediately,
        so a command without output is run again."""
        for _ in range(3):
            done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
            lines = [line for line in (done.stdout + done.stderr).splitlines()
                     if not re.match(r"subprocess exited with status|Error: exit status", line)]
            if any(lines):
                break
        return done.returncode, "\n".join(lines).strip()

    @contextlib.contextmanager
    def running(self, command, ports):
        """The agent's process and its log, once it is ready."""
        with tempfile.TemporaryFile("w+") as log, subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT) as started:
            def said():
                log.seek(0)
                return log.read()
            try:
                until("ready", START_SECONDS,
                      lambda: fetch(ports["telemetry"], "/-/ready")[0] == 200 or started.poll() is not None)
                self.assertIsNone(started.poll(), said())
                yield int(agent_below(started.pid)), said
            finally:
                pid = agent_below(started.pid)
                if pid:
                    os.kill(int(pid), signal.SIGTERM)
                try:
                    started.wait(STOP_SECONDS)
                except subprocess.TimeoutExpired:
                    started.kill()
                    self.fail(f"SIGTERM did not end the agent:\n{said()}")
            self.assertEqual(started.returncode, 0, said())

    def assert_scraped(self, ports):
        status, metrics = fetch(ports["web"], "/metrics")
        self.assertEqual(status, 200)
        self.assertIn('mtasts_findings{domain="image.example",severity="unknown"}', metrics)
        self.assertIn(f'version="{self.version}"', metrics)
        self.assertIn("process_start_time_seconds", fetch(ports["telemetry"], "/metrics")[1])
        self.assertEqual(fetch(ports["telemetry"], "/-/healthy")[0], 200)

    def test_settings_of_the_image(self):
        self.assertEqual(self.config["User"], f"{USER}:{USER}")
        self.assertEqual(set(self.config["ExposedPorts"]), {"10058/tcp", "10059/tcp"})
        self.assertEqual(self.config["Entrypoint"], [AGENT])
        self.assertEqual(self.config["Cmd"], ["serve", "--config", CONFIG])
        self.assertFalse(self.docker.get("Healthcheck"))
        self.assertFalse(self.docker.get("Volumes"))
        labels = {name.removeprefix("org.opencontainers.image."): value
                  for name, value in self.config["Labels"].items()}
        self.assertEqual(labels["version"], self.version)
        self.assertEqual(labels["revision"], REVISION)
        self.assertEqual(labels["licenses"], "Apache-2.0")
        self.assertEqual(labels["base.name"], BASE)
        for name in ("title", "description", "url", "source", "documentation", "vendor"):
            self.assertTrue(labels.get(name), name)

    def test_size(self):
        unpacked = sum(self.modes[path].st_size for path in self.entries if path.is_file() and not path.is_symlink())
        with tempfile.TemporaryDirectory() as directory:
            STORE.buildah("push", "-q", IMAGE, f"oci:{directory}/image:test")
            packed = sum(path.stat().st_size for path in Path(directory).rglob("*") if path.is_file())
        print(f"image: {unpacked / 1e6:.1f} MB unpacked, {packed / 1e6:.1f} MB to download", flush=True)
        self.assertLess(unpacked / 1e6, LARGEST_MB)

    def test_builds_are_reproducible(self):
        """Compiled again, without the compiler cache."""
        STORE.build(self.version, AGAIN, cached=False)
        self.addCleanup(STORE.buildah, "rmi", AGAIN)
        self.assertEqual(STORE.digest(AGAIN), STORE.digest(IMAGE))

    def test_the_agent_is_the_only_program(self):
        """No shell, no interpreter, no package manager, whatever its name: nothing else can be executed."""
        files = [path for path in self.entries if path.is_file() and not path.is_symlink()]
        programs = {str(path.relative_to(self.root)) for path in files if self.modes[path].st_mode & 0o111}
        loaders = {name for name in programs if re.search(r"/(ld-[^/]*|lib[^/]*)\.so[.0-9]*$", name)}
        self.assertEqual(programs - loaders, {AGENT[1:]})
        status, said = self.ended(self.in_container(["/bin/sh", "-c", "true"]))
        self.assertNotEqual(status, 0)
        self.assertIn("no such file", said)

    def test_only_the_state_belongs_to_the_user(self):
        self.assertEqual([str(path) for path in self.entries if self.modes[path].st_uid != 0
                          or self.modes[path].st_gid != 0], [str(self.root) + STATE])
        self.assertEqual(self.modes[self.root / STATE[1:]].st_uid, USER)
        self.assertEqual([str(path) for path in self.entries
                          if self.modes[path].st_mode & 0o6002 and not path.is_symlink()], [])
        # The user can read every file that the agent reads.
        self.assertEqual([str(path) for path in self.entries if str(path) != str(self.root) + STATE
                          and not path.is_symlink() and not self.modes[path].st_mode & 0o004], [])

    def test_version(self):
        self.assertEqual(self.ended(self.in_container([AGENT, "--version"])), (0, f"mtasts-exporter {self.version}"))

    def test_mails_with_reports_are_read(self):
        """The parser of mails may load files at run time, and none of them is in the image."""
        for name in ("rfc", "encoded_subject", "utf8_from", "quoted_printable"):
            with self.subTest(mail=name):
                mail = (ROOT / "tests/corpus/report_mail" / name).resolve()
                status, said = self.ended(self.in_container([AGENT, "report", "--json", "/mail"], volumes=[f"{mail}:/mail:ro"]))
                self.assertEqual(status, 2, said)  # it reports a failure
                read = json.loads(said)
                self.assertEqual((len(read["reports"]), list(read["domains"]), read["errors"]), (1, ["example.org"], []))

    def test_bill_of_materials(self):
        bill = json.loads((self.root / "usr/share/doc/mtasts-exporter/sbom.spdx.json").read_text())
        self.assertEqual(bill["spdxVersion"], "SPDX-2.3")
        packages = {package["SPDXID"]: package for package in bill["packages"]}
        self.assertEqual(len(packages), len(bill["packages"]))
        kinds = {entry["relatedSpdxElement"]: entry["relationshipType"] for entry in bill["relationships"]}
        self.assertEqual(set(kinds), set(packages))
        named = {kind: {packages[one]["name"] for one in kinds if kinds[one] == kind} for kind in set(kinds.values())}
        self.assertEqual(named["DESCRIBES"], {"mtasts-exporter"})
        # Header-only libraries, compiled in.
        self.assertEqual(named["STATIC_LINK"], {"libboost1.81-dev", "libcli11-dev", "nlohmann-json3-dev"})
        status = {path.name: path.read_text() for path in (self.root / "var/lib/dpkg/status.d").iterdir()}
        self.assertEqual(named["CONTAINS"], set(status))
        self.assertLessEqual({"ca-certificates", "libc6", "libssl3", "libcurl4", "libsqlite3-0", "libgmime-3.0-0"}, set(status))
        for package in bill["packages"]:
            name, version = package["name"], package["versionInfo"]
            if name in named["CONTAINS"]:
                self.assertIn(f"\nVersion: {version}\n", status[name])
            if name == "mtasts-exporter":
                self.assertEqual(version, self.version)
                continue
            self.assertEqual((self.root / "usr/share/doc" / name / "copyright").is_file(),
                             not name.startswith("libboost"), name)
            place = re.escape(f"pkg:deb/debian/{name.replace('+', '%2B')}@")
            self.assertRegex(package["externalRefs"][0]["referenceLocator"],
                             rf"^{place}[^+:/?]+\?arch=\w+&distro=debian-12$")

    def test_certificates_of_authorities(self):
        bundle = (self.root / "etc/ssl/certs/ca-certificates.crt").read_text()
        self.assertGreater(bundle.count("BEGIN CERTIFICATE"), 100)

    def test_scrape_of_the_running_container(self):
        ports, environment = settings()
        with self.running(self.in_container(self.default_words(), environment), ports) as (pid, said):
            self.assert_scraped(ports)
            status = status_of(pid)
            self.assertEqual(status["Uid"], [str(USER)] * 4)
            self.assertEqual(status["Gid"], [str(USER)] * 4)
            self.assertEqual(int(status["CapEff"][0], 16), 0)
            self.assertIn("first round complete", said())

    def test_read_only_with_a_state_directory(self):
        with tempfile.TemporaryDirectory() as state:
            os.chown(state, USER, USER)
            for turn in ("first", "restored"):
                ports, environment = settings()
                with self.running(self.read_only(self.default_words(), environment, state), ports) as (pid, said):
                    self.assert_scraped(ports)
                    mounts = [line.split() for line in Path(f"/proc/{pid}/mounts").read_text().splitlines()]
                    root = next(fields for fields in mounts if fields[1] == "/")
                    self.assertIn("ro", root[3].split(","))
                    self.assertEqual(status_of(pid)["NoNewPrivs"], ["1"])
                    self.assertEqual(status_of(pid)["NSpid"][-1], "1", "process 1, as in a container")
                    self.assertIn("mtasts_state_writable 1", fetch(ports["web"], "/metrics")[1])
                    if turn == "restored":
                        self.assertNotIn("outcome changed", said())
            self.assertEqual(os.stat(f"{state}/state.db").st_uid, USER)

    def test_read_only_in_memory(self):
        ports, environment = settings(MTASTS_STATE_PATH=":memory:")
        with self.running(self.read_only(self.default_words(), environment), ports):
            self.assert_scraped(ports)

    def test_read_only_without_a_place_for_the_state(self):
        status, said = self.ended(self.read_only(self.default_words(), settings()[1]))
        self.assertEqual(status, 78, said)
        self.assertIn(STATE, said)

    def test_bad_settings(self):
        with tempfile.NamedTemporaryFile("w", suffix=".toml") as file:
            os.chmod(file.name, 0o644)
            file.write('domains = ["image.example"]\n\n[check]\nintervall = "1m"\n')
            file.flush()
            status, said = self.ended(self.in_container(self.default_words(), settings()[1],
                                                        [f"{file.name}:{CONFIG}:ro"]))
        self.assertEqual(status, 78, said)
        self.assertIn(f"{CONFIG}:4:1: ", said)

    def test_no_domains(self):
        environment = settings()[1]
        del environment["MTASTS_DOMAINS"]
        status, said = self.ended(self.in_container(self.default_words(), environment))
        self.assertEqual(status, 78, said)
        self.assertIn("there is no domain to check", said)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--keep", type=Path, metavar="DIRECTORY")
    parser.add_argument("--skip-build", action="store_true")
    options, rest = parser.parse_known_args()
    if os.geteuid() != 0:
        sys.exit("image_test.py: debootstrap and buildah need root")
    if options.skip_build and not options.keep:
        parser.error("--skip-build needs --keep")
    global STORE
    with contextlib.ExitStack() as stack:
        # Not /tmp, which may be small, in memory, or mounted nodev.
        directory = options.keep or Path(stack.enter_context(tempfile.TemporaryDirectory(dir="/var/tmp")))
        directory.mkdir(parents=True, exist_ok=True)
        STORE = Store(directory.resolve(), bool(options.keep))
        if not options.skip_build:
            start = time.monotonic()
            STORE.make_base()
            between = time.monotonic()
            STORE.build(version_of_sources())
            print(f"base: {between - start:.0f} s, build: {time.monotonic() - between:.0f} s", flush=True)
        ended = unittest.main(argv=[sys.argv[0], *rest], exit=False)
    sys.exit(not ended.result.wasSuccessful())


if __name__ == "__main__":
    main()
