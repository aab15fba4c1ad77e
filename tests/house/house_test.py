# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
"""The rules of the house that a compiler does not check: which room may include which, the g++ 12
co_await trap, licence headers, and that what the README names exists."""

import pathlib
import re
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
AGENT = ROOT / "agent"

ROOMS = {
    "base": 0, "protocol": 1, "verdict": 2, "settings": 3, "net": 4,
    "check": 5, "store": 5, "schedule": 6, "present": 6, "cli": 7,
}
# Rooms that may include less than their number allows.
NARROW = {
    "present": {"base", "verdict", "settings", "store"},
    "net": {"base", "protocol", "settings"},
}
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"/]+)/[^"]*"', re.M)
# g++ 12 destroys temporaries built in place, and capturing lambdas, twice in such an expression.
TRAP = re.compile(r"co_await[^;]*?[{\[]")
# It also miscompiles an awaited bool that is a condition in place: name it first.
CONDITION = re.compile(r"\b(?:if|while)\s*\(\s*!?\s*co_await\b")
# An index after the awaited call, or a lambda body far behind, is none.
HARMLESS = re.compile(r"co_await\s+[^;{\[]*\[[^\]]*\]\s*(?:->|\.)")


def includes_of(text):
    return INCLUDE.findall(text)


def allowed(room, other):
    if room == other:
        return True
    if other not in ROOMS:
        return False
    if room in NARROW:
        return other in NARROW[room]
    return ROOMS[other] < ROOMS[room]


def forbidden_arrows(room, text):
    return [other for other in includes_of(text) if not allowed(room, other)]


def without_comments(text):
    return re.sub(r"//[^\n]*|\"(?:\\.|[^\"\\\n])*\"", "", text)


def trap_lines(text):
    found = [" ".join(match.group(0).split()) for match in CONDITION.finditer(without_comments(text))]
    for match in TRAP.finditer(without_comments(text)):
        statement = match.group(0)
        if HARMLESS.match(without_comments(text)[match.start():match.start() + 200]):
            continue
        # `if (co_await x()) {`: the brace opens a block, not a temporary.
        if statement.endswith("{") and statement.count(")") > statement.count("("):
            continue
        found.append(" ".join(statement.split()))
    return found


def sources():
    for path in sorted(AGENT.rglob("*")):
        if path.suffix in (".h", ".cpp"):
            yield path


class Layering(unittest.TestCase):
    def test_every_include_follows_the_room_table(self):
        bad = []
        for path in sources():
            room = path.relative_to(AGENT).parts[0]
            self.assertIn(room, ROOMS, f"{path} stands in no room")
            bad += [f"{path.relative_to(ROOT)} includes {other}/"
                    for other in forbidden_arrows(room, path.read_text())]
        self.assertEqual(bad, [])

    def test_the_test_itself_sees_a_wrong_arrow(self):
        self.assertEqual(forbidden_arrows("protocol", '#include "net/resolver.h"\n'), ["net"])
        self.assertEqual(forbidden_arrows("present", '#include "check/checker.h"\n'), ["check"])
        self.assertEqual(forbidden_arrows("net", '#include "verdict/judge.h"\n'), ["verdict"])
        self.assertEqual(forbidden_arrows("check", '#include "store/board.h"\n'), ["store"])
        self.assertEqual(forbidden_arrows("cli", '#include "net/resolver.h"\n'), [])


class CoroutineTrap(unittest.TestCase):
    def test_no_temporary_is_built_in_an_await_expression(self):
        bad = []
        for path in sources():
            bad += [f"{path.relative_to(ROOT)}: {line}" for line in trap_lines(path.read_text())]
        self.assertEqual(bad, [])

    def test_the_test_itself_sees_the_trap(self):
        for text in ("co_await probe(Target{host, 25});", "co_await f({1, 2});",
                     "co_await [x] { return g(); }();", "auto a = co_await\n  f(B{1});",
                     "if (!co_await f()) return;", "while (co_await f(x)) { g(); }"):
            self.assertTrue(trap_lines(text), text)
        for text in ("co_await f(std::move(local));", "bool good = co_await f(); if (good) { g(); }",
                     "// co_await f(B{1});", "co_await ports[i]->query(name);"):
            self.assertFalse(trap_lines(text), text)


class Tidiness(unittest.TestCase):
    def test_every_source_has_its_licence_header(self):
        missing = []
        for folder in ("agent", "tests", "cmake"):
            for path in sorted((ROOT / folder).rglob("*")):
                if path.suffix in (".h", ".cpp", ".py", ".sh", ".cmake"):
                    if "SPDX-License-Identifier: Apache-2.0" not in path.read_text()[:200]:
                        missing.append(str(path.relative_to(ROOT)))
        self.assertEqual(missing, [])

    def test_no_file_has_outgrown_a_reader(self):
        long = [f"{path.relative_to(ROOT)} has {n} lines" for path in sources()
                if (n := path.read_text().count("\n")) > 400]
        self.assertEqual(long, [])


class Promises(unittest.TestCase):
    def test_every_metric_the_readme_names_exists(self):
        known = {line.split()[0] for line in
                 (ROOT / "tests/golden/metrics.txt").read_text().splitlines()
                 if line and not line.startswith("#")}
        suffixes = ("_bucket", "_sum", "_count")
        named = set(re.findall(r"\b(?:mtasts|tlsrpt)_[a-z0-9_]+", (ROOT / "README.md").read_text()))
        unknown = [name for name in sorted(named) if name not in known
                   and not any(name.endswith(s) and name[:-len(s)] in known for s in suffixes)]
        self.assertEqual(unknown, [])


if __name__ == "__main__":
    unittest.main()
