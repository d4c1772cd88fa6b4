#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""tests/graph/misuse.txt has a row for every public name of graphs made at run time, every member of their *_options and every kind of
mistake; the tests it names exist, and those of an option use it."""
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import compilers
import headers

TABLE = "tests/graph/misuse.txt"
CASE = re.compile(r'^(?:TEMPLATE_)?TEST_CASE\("([^"]+)"', re.MULTILINE)
OPTIONS = re.compile(r"^struct (\w+_options) \{\n(.*?)^\};", re.MULTILINE | re.DOTALL)
MEMBER = re.compile(r"^    [\w:<>, *]+ (\w+)(?:\[\d+\])?(?: = [^;]*|\{\});", re.MULTILINE)
KINDS = re.compile(r"^enum class mistake_kind[^{]*\{(.*?)\};", re.MULTILINE | re.DOTALL)


def public_names(root):
    """Those of the section of docs/names.md: in its text, and in the first column of its table."""
    text = (pathlib.Path(root) / "docs/names.md").read_text(encoding="utf-8")
    section = re.search(r"^## Graphs made at run time\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    lines = section.group(1).splitlines() if section else []
    return {name for line in lines for name in re.findall(r"`(\w+)[^`]*`", line.split("|")[1] if line.startswith("|") else line)}


def members(root):
    """What the headers of graph/ add to that: members of options, and kinds of mistakes."""
    found = set()
    for header in headers.headers(root):
        if not header.startswith("damo/graph/"):
            continue
        code = headers.blank(headers.read(root, header))
        for name, body in OPTIONS.findall(code):
            found.update(f"{name}.{member}" for member in MEMBER.findall(body))
        for body in KINDS.findall(code):
            found.update(f"mistake_kind.{kind}" for kind in re.findall(r"\w+", body))
    return found


def cases(root):
    """{name of a TEST_CASE: its text, to the next one of the file}"""
    found = {}
    for path in sorted((pathlib.Path(root) / "tests").glob("**/*.cpp")):
        text = path.read_text(encoding="utf-8")
        starts = list(CASE.finditer(text))
        for case, after in zip(starts, starts[1:] + [None]):
            found[case.group(1)] = text[case.start():after.start() if after else len(text)]
    return found


def check(root):
    findings, told, tests = [], set(), cases(root)
    for number, line in enumerate((pathlib.Path(root) / TABLE).read_text(encoding="utf-8").splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        where, columns = f"{TABLE}:{number}", line.split(" | ")
        told.add(columns[0])
        if len(columns) == 2 and columns[1].startswith("none: "):
            continue
        if len(columns) != 3:
            findings.append(f"{where}: a row is a feature, a mistake and a TEST_CASE, or a feature and \"none: why\"")
        elif columns[2] not in tests:
            findings.append(f"{where}: there is no TEST_CASE \"{columns[2]}\"")
        elif "_options." in columns[0] and not re.search(rf"\b{columns[0].split('.')[1]}\b", tests[columns[2]]):
            findings.append(f"{where}: \"{columns[2]}\" does not use {columns[0]}")
    wanted = public_names(root) | members(root)
    findings += [f"{TABLE}: no row for {name}" for name in sorted(wanted - told)]
    findings += [f"{TABLE}: {name} is no name of docs/names.md, option or kind" for name in sorted(told - wanted - {"cycle"})]
    return findings


if __name__ == "__main__":
    compilers.report(check(sys.argv[1]), "every feature of graphs made at run time has its misuse")
