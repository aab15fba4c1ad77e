# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
"""Rules that a compiler does not check: which room may include and link which, the g++ 12
co_await trap, licence headers, and that what the README names exists."""

import pathlib
import re
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
AGENT = ROOT / "agent"

# A row of the table in ARCHITECTURE.md: number, room, the rooms it includes.
ROW = re.compile(r"^\| (\d+) \| `(\w+)/` \| ([^|]*) \|", re.M)
# A room in agent/CMakeLists.txt: its name and the rooms it links.
LINK = re.compile(r"mtasts_room\((\w+)(?:\s+ROOMS((?:\s+[a-z]\w*)*))?")
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"/]+)/[^"]*"', re.M)
# g++ 12 destroys temporaries built in place, and capturing lambdas, twice in such an expression.
TRAP = re.compile(r"co_await[^;]*?[{\[]")
# It also miscompiles an awaited bool that is a condition in place: name it first.
CONDITION = re.compile(r"\b(?:if|while)\s*\(\s*!?\s*co_await\b")
# An index after the awaited call, or a lambda body far behind, is none.
HARMLESS = re.compile(r"co_await\s+[^;{\[]*\[[^\]]*\]\s*(?:->|\.)")


def includes_of(text):
    return INCLUDE.findall(text)


def room_table():
    """{room: (number, rooms it includes)} as ARCHITECTURE.md says."""
    text = (ROOT / "ARCHITECTURE.md").read_text()
    return {room: (int(number), frozenset(re.findall(r"\w+", includes.replace("–", ""))))
            for number, room, includes in ROW.findall(text)}


def link_lines():
    text = (AGENT / "CMakeLists.txt").read_text()
    return {room: frozenset((linked or "").split()) for room, linked in LINK.findall(text)
            if room != "name"}


def forbidden_arrows(table, room, text):
    """What `text`, a file of `room`, includes against the table."""
    number, includes = table[room]
    return [other for other in includes_of(text) if other != room
            and (other not in includes or table[other][0] >= number)]


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
        table, bad = room_table(), []
        for path in sources():
            room = path.relative_to(AGENT).parts[0]
            self.assertIn(room, table, f"{path} is in no room")
            bad += [f"{path.relative_to(ROOT)} includes {other}/"
                    for other in forbidden_arrows(table, room, path.read_text())]
        self.assertEqual(bad, [])

    def test_every_arrow_of_the_table_is_used(self):
        used = {}
        for path in sources():
            room = path.relative_to(AGENT).parts[0]
            used.setdefault(room, set()).update(set(includes_of(path.read_text())) - {room})
        self.assertEqual({room: sorted(includes) for room, includes in used.items()},
                         {room: sorted(includes) for room, (_, includes) in room_table().items()})

    def test_the_table_only_points_down(self):
        table = room_table()
        for room, (number, includes) in table.items():
            for other in includes:
                self.assertLess(table[other][0], number, f"{room} includes {other}")

    def test_cmake_links_what_the_table_says(self):
        self.assertEqual(link_lines(), {room: includes for room, (_, includes) in room_table().items()})

    def test_the_test_itself_sees_a_wrong_arrow(self):
        table = room_table()
        for room, include, expected in (("protocol", "net/dns/resolver.h", ["net"]),
                                        ("present", "check/checker.h", ["check"]),
                                        ("net", "verdict/judge.h", ["verdict"]),
                                        ("check", "board/latest_reports.h", ["board"]),
                                        ("service", "check/checker.h", [])):
            self.assertEqual(forbidden_arrows(table, room, f'#include "{include}"\n'), expected)


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
