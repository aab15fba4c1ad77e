# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
"""Pages in Markdown: generated tables, samples, links and paths in them."""

import difflib
import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
GENERATED = re.compile(r"(<!-- generated: ([\w. -]+) -->\n)(.*?)(<!-- /generated -->\n)", re.S)
SAMPLE = re.compile(r"<!-- sample: ([^\n]*) -->\n+```\w*\n(?:\$ [^\n]*\n)?(.*?)\n?```", re.S)
ELISION = re.compile(r"^\s*…$\n?", re.M)
FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.M | re.S)
LINK = re.compile(r"\]\(([^)\s]+)\)")
# A file or folder of the repository, in backticks: it has a slash, and begins with a folder of the root.
PATH = re.compile(r"`((?:agent|alerts|cmake|config|docs|helm|tests|\.github|\.ci)/[\w./*-]*)`")
VARIES = [
    (re.compile(r"\d{4}-\d\d-\d\d(?:T[\d:]+Z| \d\d:\d\d UTC)?"), "DATE"),
    (re.compile(r"\(\d+\.\d s\)"), "(TIME)"),
    (re.compile(r"\bdig @127\.0\.0\.1 -p \d+ "), "dig "),
    (re.compile(r"(?<= )1\d{9}(?:\.\d+)?$", re.M), "TIME"),
    (re.compile(r"(?<=_duration_seconds\{domain=\"example\.com\"\} )[\d.e-]+$", re.M), "DURATION"),
    (re.compile(r"id=\d{14}\b"), "id=NEW"),
]


def with_generated_tables():
    return [page for page in sorted((ROOT / "docs").glob("*.md")) if GENERATED.search(page.read_text())]


def generated_names(text):
    return [match[2] for match in GENERATED.finditer(text)]


def with_tables(text, tables):
    """The page with its generated parts made anew."""
    return GENERATED.sub(lambda match: match[1] + table_of(match[2], tables) + match[4], text)


def prose(text):
    """Plain text as Markdown that shows the same."""
    return re.sub(r"([\\`*<|_])", r"\\\1", text)


def markdown_table(heads, rows):
    lines = [heads, ["---"] * len(heads), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def table_of(name, tables):
    kind, _, which = name.partition(" ")
    if kind == "metrics":
        return metrics_table([row for row in tables["metrics"] if row["scope"] == which])
    if kind == "settings":
        return settings_table([row for row in tables["settings"] if (row["section"] or "top") == which])
    if kind == "senders":
        return f"As tested on {tables['senders tested']}:\n\n" + markdown_table(
            ["version", "what it is"], [[prose(row["name"]), prose(row["about"])] for row in tables["senders"]])
    if kind == "differences":
        return differences_table([row for row in tables["differences"] if row["code"].startswith(which)])
    return "".join(f"- `{word}`\n" for word in tables[name])


def differences_table(rows):
    return markdown_table(["input", "senders", "finding"],
                          [[prose(row["input"]), prose(row["effect"]), f"[`{row['code']}`](findings.md#{row['code']})"]
                           for row in rows])


def metrics_table(rows):
    def labels(row):
        words = ["the settings' labels" if word == "*" else f"`{word}`" for word in row["labels"].split(",") if word]
        return ", ".join(words)
    def meaning(row):
        return prose(row["help"]) + ("" if row["lean"] else " Not in the lean set.")
    return markdown_table(["metric", "type", "labels", "meaning"],
                          [[f"`{row['name']}`", row["type"], labels(row), meaning(row)] for row in rows])


def settings_table(rows):
    example = example_settings()
    cells = []
    for row in rows:
        default, meaning = example[row["section"], row["key"]]
        if row["section"] in ("", "domain", "policy"):
            default = ""  # what the example names there is only an example
        elif "default" in row and milliseconds_of(default) != milliseconds_of(toml_text(row["default"])):
            raise ValueError(f"[{row['section']}] {row['key']}: example {default}, agent {toml_text(row['default'])}")
        cells.append([f"`{row['key']}`", f"`{default}`" if default else "", prose(accepted(row)),
                      f"`{row['variable']}`" if row["variable"] else "", prose(meaning)])
    return markdown_table(["key", "default", "value", "environment", "meaning"], cells)


def milliseconds_of(text):
    """A duration in quotes as milliseconds, so that "120s" and "2m" are equal; else the text itself."""
    units = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
    if not re.fullmatch(r'"(\d+(ms|[smhd]))+"', text):
        return text
    return sum(int(number) * units[unit] for number, unit in re.findall(r"(\d+)(ms|[smhd])", text))


def accepted(row):
    if row["kind"] in ("duration", "integer"):
        word = "duration" if row["kind"] == "duration" else "integer"
        return f"{word}, {row['least']} to {row['most']}"
    return row["form"]


def toml_text(value):
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return f"[{', '.join(map(toml_text, value))}]"
    return f'"{value}"' if isinstance(value, str) else str(value)


def example_settings():
    """(section, key) with the value's text and the comment of config/example.toml."""
    text = (ROOT / "config/example.toml").read_text()
    values, section, found = tomllib.loads(text), "", {}
    for line in text.splitlines():
        head = re.match(r"(?:# )?\[+([\w.]+)\]+", line)
        if head:
            section = head[1]
            continue
        key = re.match(r'(# )?(\w+) = ((?:"[^"]*"|[^"#])*)(?:# (.*))?$', line)
        if not key:
            continue
        table = values
        for part in section.split(".") if section else ():
            table = table[0] if isinstance(table, list) else table
            table = table.get(part, {})
        table = table[0] if isinstance(table, list) else table
        value = toml_text(table[key[2]]) if not key[1] and not isinstance(table[key[2]], dict) else ""
        found[section, key[2]] = (value, key[4] or "")
    return found


def with_samples(text, output_of):
    """The page with its samples made anew; `output_of(command, standard_input)`.

    A sample without "…" gets the whole output. Elsewhere each part that is no longer real gets the lines of the output
    that are most like it, and as many: look at the result.
    """
    def rewritten(match):
        output = output_of(match[1], standard_input_of(text, match[1])).strip("\n")
        output = re.sub(r"\bdig @127\.0\.0\.1 -p \d+ ", "dig ", output)
        sample = output if not ELISION.search(match[2]) else with_real_parts(match[2], output)
        shown = match.start(2) - match.start()
        return match[0][:shown] + sample.rstrip("\n") + "\n```"
    return SAMPLE.sub(rewritten, text)


def with_real_parts(sample, output):
    lines = output.splitlines()
    for part in missing_parts(sample, output):
        count = len(part.strip("\n").splitlines())
        windows = ["\n".join(lines[i:i + count]) for i in range(len(lines) - count + 1)]
        nearest = max(windows, key=lambda window: difflib.SequenceMatcher(None, part, window).ratio())
        sample = sample.replace(part.strip("\n"), nearest)
    return sample


def samples_of(text):
    """(command, shown output) of each sample."""
    return [(match[1], match[2]) for match in SAMPLE.finditer(text)]


def standard_input_of(text, command):
    """What the shell line of a sample pipes into the command: printf '…' | mtasts-exporter …"""
    piped = re.search(r"\$ printf '([^'\n]*)' \| mtasts-exporter " + re.escape(command) + "$", text, re.M)
    return piped[1].encode().decode("unicode_escape") if piped else ""


def normalized(text):
    for pattern, word in VARIES:
        text = pattern.sub(word, text)
    return [line.rstrip() for line in text.strip("\n").splitlines()]


def missing_parts(sample, output):
    """The parts between "…" lines that are not in the output, in this order."""
    lines, missing, start = normalized(output), [], 0
    parts = [part for part in ELISION.split(sample) if part.strip()]
    for part in parts:
        wanted = normalized(part)
        place = next((i for i in range(start, len(lines)) if lines[i:i + len(wanted)] == wanted), None)
        if place is None:
            missing.append(part)
        else:
            start = place + len(wanted)
    return missing if parts else ["nothing is shown"]


def paths(value, prefix=""):
    """The paths of an object's members, "mx[].host"; what has members of its own is named by them alone."""
    if isinstance(value, dict) and value:
        return set().union(*(paths(one, f"{prefix}.{name}" if prefix else name) for name, one in value.items()))
    if isinstance(value, list):
        inside = [paths(one, prefix + "[]") for one in value if isinstance(one, (dict, list))]
        return set().union(*inside) if inside else {prefix + "[]"} if value else set()
    return {prefix}


def anchors_of(file):
    """As GitHub makes them from headings."""
    headings = re.findall(r"^#+ (.*)$", FENCE.sub("", file.read_text()), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def broken_links(page):
    broken = []
    for link in LINK.findall(FENCE.sub("", page.read_text())):
        path, _, anchor = link.partition("#")
        if re.match(r"\w+:", link):
            continue
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in anchors_of(target)):
            broken.append(link)
    return broken


def missing_files(page):
    return [path for path in PATH.findall(page.read_text()) if "…" not in path and not list(ROOT.glob(path.rstrip("/")))]


def code_of(text):
    """What is in blocks of code and in backticks."""
    blocks = "\n".join(match[3] for match in FENCE.finditer(text))
    indented = "\n".join(re.findall(r"^ {4}(.*)$", text, re.M))
    return "\n".join([blocks, indented, *re.findall(r"`([^`\n]+)`", text)])
