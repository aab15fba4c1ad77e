# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
"""Rules that a compiler does not check: which room may include and link which, the g++ 12
co_await trap, licence headers, and that what comments, documents and the README name exists."""

import fnmatch
import pathlib
import re
import subprocess
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
# It also miscompiles an awaited bool used directly as a condition: name it first.
CONDITION = re.compile(r"\b(?:if|while)\s*\(\s*!?\s*co_await\b")
# An index after the awaited call, or a lambda body much later, is harmless.
HARMLESS = re.compile(r"co_await\s+[^;{\[]*\[[^\]]*\]\s*(?:->|\.)")

# A file of the tree named in a comment or document: below a top-level directory, or with the suffix of a source file.
NAMED_FILE = re.compile(r"(?<![\w/.*-])(?:(?:agent|alerts|cmake|config|docs|helm|tests)/[\w./*-]*\w\.\w+"
                        r"|(?:[\w*-]+/)*[\w*-]+\.(?:h|cpp|py|sh|md|tsv|cmake))(?![\w*/-])")
ADDRESS = re.compile(r"https?://\S+")
# Comments and prose, by file suffix; in other files, # begins a comment.
FOR_PEOPLE = {".h": re.compile(r"//[^\n]*"), ".cpp": re.compile(r"//[^\n]*"), ".md": re.compile(r".+", re.S),
              ".py": re.compile(r'#[^\n]*|""".*?"""', re.S)}
HASH_COMMENT = re.compile(r"(?:^|(?<=\s))#[^\n]*", re.M)
HASH_KINDS = (".sh", ".cmake", ".yaml", ".yml", ".toml", ".service")
HASH_NAMES = ("CMakeLists.txt", "Makefile", "Dockerfile")
# Files outside the tree: from the C library; written by a benchmark.
FOREIGN_FILES = {"sysexits.h", "peers.tsv"}


def includes_of(text):
    return INCLUDE.findall(text)


def room_table():
    """{room: (number, rooms it includes)} from ARCHITECTURE.md."""
    text = (ROOT / "ARCHITECTURE.md").read_text()
    return {room: (int(number), frozenset(re.findall(r"\w+", includes.replace("–", ""))))
            for number, room, includes in ROW.findall(text)}


def link_lines():
    text = (AGENT / "CMakeLists.txt").read_text()
    return {room: frozenset((linked or "").split()) for room, linked in LINK.findall(text)
            if room != "name"}


def forbidden_arrows(table, room, text):
    """Includes of `text`, a file of `room`, that the table does not allow."""
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


def sources(folder=AGENT):
    for path in sorted(folder.rglob("*")):
        if path.suffix in (".h", ".cpp"):
            yield path


def tree():
    """Every file of the project, committed or not."""
    listed = subprocess.run(["git", "-c", "safe.directory=*", "ls-files", "-co", "--exclude-standard"], cwd=ROOT,
                            capture_output=True, text=True, check=True)
    return [name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]


def files_named(name, text):
    """The files named in the comments of `text`, or in all of it if `name` is a document."""
    path = pathlib.PurePath(name)
    pattern = FOR_PEOPLE.get(path.suffix)
    if pattern is None and (path.suffix in HASH_KINDS or path.name in HASH_NAMES):
        pattern = HASH_COMMENT
    if pattern is None:
        return set()
    words = " ".join(pattern.findall(ADDRESS.sub("", text)))
    return set(NAMED_FILE.findall(words)) - FOREIGN_FILES


def is_in(names, named):
    return any(fnmatch.fnmatch("/" + name, "*/" + named) for name in names)


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


class WaysOut(unittest.TestCase):
    """Text of strangers leaves through the functions that make it safe."""

    # A command is a CommandTemplate (base/shell_command.h): never put together by hand.
    COMMAND = re.compile(r'"(?:dig|curl|openssl s_client|mtasts-exporter [a-z]+)(?: [^"]*)?"\s*\+'
                         r'|format\(\s*"(?:dig|curl|openssl s_client) ')

    def faults(self, name, text):
        found = []
        if ".dump(" in text and name != "present/json_text.h":
            found.append(f"{name}: JSON leaves through json_text()")
        if self.COMMAND.search(text):
            found.append(f"{name}: a command comes from shell_command()")
        return found

    def test_json_and_commands_have_one_way_out(self):
        bad = []
        for path in sources():
            bad += self.faults(str(path.relative_to(AGENT)), path.read_text())
        self.assertEqual(bad, [])

    def test_the_test_itself_sees_another_way(self):
        for text in ("out << json.dump();", 'text = "dig MX " + host;', 'fmt::format("curl -i https://{}", host)',
                     'fmt::format(\n    "openssl s_client -connect {}", host)', '"mtasts-exporter check " + domain'):
            self.assertTrue(self.faults("cli/x.cpp", text), text)
        for text in ('shell_command("dig MX {domain}", parts);', 'return json_text(json);'):
            self.assertFalse(self.faults("cli/x.cpp", text), text)


class CoroutineTrap(unittest.TestCase):
    def test_no_temporary_is_built_in_an_await_expression(self):
        bad = []
        for path in (*sources(AGENT), *sources(ROOT / "tests")):
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
    def test_every_file_that_is_named_exists(self):
        names = tree()
        bad = []
        for name in names:
            # Past versions, test inputs, and the invented names in this file.
            if name.startswith(("CHANGELOG.md", "tests/corpus/", "tests/golden/", "tests/lint/lint_test.py")):
                continue
            named = files_named(name, (ROOT / name).read_text("utf-8", "replace"))
            bad += [f"{name} names {file}" for file in sorted(named) if not is_in(names, file)]
        self.assertEqual(bad, [])

    def test_the_test_itself_sees_a_file_that_is_gone(self):
        names = ["agent/net/dns/name.h", "tests/lint/lint_test.py", "docs/findings.md"]
        for name, text, gone in (("a.h", "// See dns/name.h.", []),
                                 ("a.h", "// See store/name.h and net/*/name.h.", ["store/name.h"]),
                                 ("a.cpp", 'f("x.cpp");  // as in y.cpp', ["y.cpp"]),
                                 ("a.py", 'x = "x.py"  # see y.py and lint_test.py', ["y.py"]),
                                 ("a.py", '"""See docs/metrics.md."""', ["docs/metrics.md"]),
                                 ("a.md", "`config/x.toml`, https://example.com/y.md", ["config/x.toml"]),
                                 ("Makefile", "\tpython3 x.py # y.sh", ["y.sh"]),
                                 ("a.json", "x.cpp", [])):
            with self.subTest(text=text):
                self.assertEqual([named for named in sorted(files_named(name, text)) if not is_in(names, named)], gone)

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
