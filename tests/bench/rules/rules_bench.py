# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
"""Measures what the alert rules cost Prometheus: today's with the lean set of metrics, beside those of v0.1 with the full
set that they needed.

    python3 tests/bench/rules/rules_bench.py --program BUILD/tests/mtasts_exposition [--domains 10000]

mtasts_exposition writes what an agent with so many healthy domains and a tenth as many MX hosts exports. A Prometheus of
each side scrapes it every 15 seconds and evaluates all groups every 30, one side after the other; the least of several
evaluations and scrapes counts, because other programs can only make them longer. Prints one table; exit status 1 when
something did not run, whatever the numbers. The rules of v0.1 are read with git from a pinned commit."""

import argparse
import gzip
import http.server
import json
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
RULES = "alerts/mtasts.rules.yaml"
METRICS = "tests/golden/metrics.txt"
PREVIOUS = "0cc30b2"  # the last commit whose rules infer what is held from mtasts_finding
SCRAPE_SECONDS, EVALUATION_SECONDS = 15, 30
EVALUATIONS = 5
PATIENCE_SECONDS = 900
TARGETS = {"series": 1 / 3, "evaluation": 1 / 10, "memory": 1 / 3}


class BenchError(Exception):
    pass


def say(text=""):
    print(text, flush=True)


def committed(path):
    done = subprocess.run(["git", "-C", str(ROOT), "show", f"{PREVIOUS}:{path}"], capture_output=True, text=True, timeout=60)
    if done.returncode != 0:
        raise BenchError(f"{path} of {PREVIOUS} cannot be read; this needs the whole history: {done.stderr.strip()}")
    return done.stdout


def names_of(metrics):
    return {line.split()[0] for line in metrics.splitlines()}


def exposition(program, domains, broken, metric_set, exclude=()):
    command = [program, "--domains", domains, "--mx-hosts", max(2, domains // 10), "--broken", broken, "--set", metric_set,
               "--exclude", ",".join(exclude)]
    done = subprocess.run([str(word) for word in command], capture_output=True, timeout=600)
    if done.returncode != 0:
        raise BenchError(done.stderr.decode())
    return done.stdout


class Target(http.server.ThreadingHTTPServer):
    """Serves one exposition, compressed as the agent does."""

    def __init__(self, body):
        super().__init__(("127.0.0.1", 0), TargetHandler)
        self.body = gzip.compress(body, 1)
        threading.Thread(target=self.serve_forever, daemon=True).start()


class TargetHandler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(self.server.body)))
        self.end_headers()
        self.wfile.write(self.server.body)

    def log_message(self, *_):
        pass


class Prometheus:
    def __init__(self, directory, rules, target_port):
        self.port = free_port()
        (directory / "rules.yaml").write_text(rules)
        (directory / "prometheus.json").write_text(json.dumps({  # JSON is YAML
            "global": {"scrape_interval": f"{SCRAPE_SECONDS}s", "scrape_timeout": f"{SCRAPE_SECONDS}s",
                       "evaluation_interval": f"{EVALUATION_SECONDS}s"},
            "rule_files": ["rules.yaml"],
            "scrape_configs": [{"job_name": "mtasts", "static_configs": [{"targets": [f"127.0.0.1:{target_port}"]}]}]}))
        with (directory / "log").open("w") as log:
            self.process = subprocess.Popen(
                ["prometheus", f"--config.file={directory}/prometheus.json", f"--storage.tsdb.path={directory}/tsdb",
                 f"--web.listen-address=127.0.0.1:{self.port}"], stdout=log, stderr=log)
        self.log = directory / "log"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(timeout=60)

    def fetch(self, path):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=30) as response:
            return response.read().decode()

    def own(self, name):
        """The values of one of its own metrics."""
        return [float(line.rsplit(" ", 1)[1]) for line in self.fetch("/metrics").splitlines()
                if line.startswith((f"{name} ", f"{name}{{"))]

    def query(self, expression):
        answer = json.loads(self.fetch("/api/v1/query?" + urllib.parse.urlencode({"query": expression})))
        return [float(sample["value"][1]) for sample in answer["data"]["result"]]

    def firing(self):
        alerts = json.loads(self.fetch("/api/v1/alerts"))["data"]["alerts"]
        return sorted({alert["labels"]["alertname"] for alert in alerts})


def free_port():
    with http.server.HTTPServer(("127.0.0.1", 0), TargetHandler) as server:
        return server.server_address[1]


def measured(title, rules, body, expected):
    """The costs of one side; the alerts must be the expected ones, or the rules saw nothing."""
    target = Target(body)
    directory = Path(tempfile.mkdtemp(prefix="rules-bench-"))
    costs = {"evaluation": [], "scrape": []}
    try:
        with Prometheus(directory, rules, target.server_address[1]) as prometheus:
            end = time.monotonic() + PATIENCE_SECONDS
            rounds = 0
            while rounds < EVALUATIONS:
                if prometheus.process.poll() is not None or time.monotonic() > end:
                    raise BenchError(f"{title}: Prometheus does not evaluate: {prometheus.log.read_text()[-2000:]}")
                time.sleep(EVALUATION_SECONDS / 2)
                try:
                    counted = prometheus.own("prometheus_rule_group_iterations_total")
                    last = sum(prometheus.own("prometheus_rule_group_last_duration_seconds"))
                    scrapes = prometheus.query("scrape_duration_seconds")
                    seen = prometheus.query('scrape_samples_scraped{job="mtasts"}')
                except OSError:
                    continue
                if not counted or not seen or seen[0] == 0 or min(counted) < rounds + 3:
                    continue
                rounds += 1
                costs["evaluation"].append(last)
                costs["scrape"].append(scrapes[0])
            if prometheus.firing() != expected:
                raise BenchError(f"{title}: alerts {prometheus.firing()} instead of {expected}")
            return {"series": prometheus.own("prometheus_tsdb_head_series")[0],
                    "samples": seen[0],
                    "evaluation": min(costs["evaluation"]), "scrape": min(costs["scrape"]),
                    "memory": prometheus.own("process_resident_memory_bytes")[0] / 1e6}
    finally:
        target.shutdown()
        target.server_close()
        shutil.rmtree(directory, ignore_errors=True)


def table(before, after):
    rows = (("samples of a scrape", "samples", "{:,.0f}"), ("series in Prometheus", "series", "{:,.0f}"),
            ("evaluation of all rules, s", "evaluation", "{:.3f}"), ("scrape, s", "scrape", "{:.2f}"),
            ("resident memory, MB", "memory", "{:,.0f}"))
    say(f"{'':28} {'v0.1, full':>12} {'today, lean':>12} {'ratio':>7} {'target':>7}")
    for title, key, form in rows:
        target = f"{TARGETS[key]:.2f}" if key in TARGETS else ""
        say(f"{title:28} {form.format(before[key]):>12} {form.format(after[key]):>12} {after[key] / before[key]:>7.3f} "
            f"{target:>7}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", type=Path, required=True, help="mtasts_exposition")
    parser.add_argument("--domains", type=int, default=10_000)
    parser.add_argument("--broken", type=int, default=1, help="domains whose policy cannot be fetched; at least one")
    options = parser.parse_args()
    try:
        new = names_of((ROOT / METRICS).read_text()) - names_of(committed(METRICS))
        expected = ["MtastsPolicyUnavailable"]
        say(f"{options.domains:,} domains, {max(2, options.domains // 10):,} MX hosts")
        before = measured("v0.1", committed(RULES),
                          exposition(options.program, options.domains, options.broken, "full", sorted(new)), expected)
        after = measured("today", (ROOT / RULES).read_text(),
                         exposition(options.program, options.domains, options.broken, "lean"), expected)
        table(before, after)
    except (BenchError, OSError, subprocess.SubprocessError) as failure:
        sys.exit(f"rules_bench: {failure}")


if __name__ == "__main__":
    main()
