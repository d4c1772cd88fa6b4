#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""What each file must and must not say: licence line, #pragma once, size, macros, anonymous namespaces."""
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import compilers
import headers

SPDX = "// SPDX-License-Identifier: BSD-3-Clause"
LINES = 600


def exceptions(root, name, words):
    """Lines `path ... reason` of an exception list: {the first words: the rest}. A list that does not exist is empty."""
    path = pathlib.Path(root) / "tests/tree" / name
    found = {}
    for line in path.read_text(encoding="utf-8").splitlines() if path.is_file() else []:
        if line.strip() and not line.startswith("#"):
            parts = line.split(None, words)
            found[tuple(parts[:words])] = parts[words] if len(parts) > words else ""
    return found


def licences(root):
    findings = []
    for folder in ("include", "tests", "bench", "examples"):
        for path in sorted((pathlib.Path(root) / folder).glob("**/*")):
            if path.suffix not in (".hpp", ".cpp", ".cu", ".cuh"):
                continue
            lines = path.read_text(encoding="utf-8").split("\n")
            name = path.relative_to(root).as_posix()
            if lines[0] != SPDX:
                findings.append(f"{name}:1: the first line must be {SPDX}")
            # precompiled headers are main files, where #pragma once is a mistake
            if path.suffix in (".hpp", ".cuh") and path.parent.name != "pch" and "#pragma once" not in lines[:3]:
                findings.append(f"{name}:2: #pragma once must follow the licence line")
    return findings


def sizes(root):
    findings, excused = [], exceptions(root, "size_exceptions.txt", 1)
    for header in headers.headers(root):
        name, count = "include/" + header, headers.read(root, header).count("\n")
        reason = excused.pop((name,), None)
        if count > LINES and not reason:
            findings.append(f"{name}: {count} lines; above {LINES} it needs a reason in tests/tree/size_exceptions.txt, or a split")
        if count <= LINES and reason is not None:
            findings.append(f"{name}: {count} lines need no exception")
    return findings + [f"{path}: has an exception but does not exist" for path, in excused]


def macros(root):
    findings, excused = [], exceptions(root, "macro_exceptions.txt", 2)
    for header in headers.headers(root):
        code = headers.blank(headers.read(root, header))
        for match in re.finditer(r"^[ \t]*#[ \t]*define[ \t]+(\w+)", code, re.MULTILINE):
            where, macro = f"include/{header}:{code.count(chr(10), 0, match.start()) + 1}", match.group(1)
            reason = excused.pop(("include/" + header, macro), None)
            if not macro.startswith("DAMO_"):
                findings.append(f"{where}: macro {macro} lacks the prefix DAMO_")
            if header != "damo/config.hpp" and not reason:
                findings.append(f"{where}: macro {macro} outside config.hpp needs a reason in tests/tree/macro_exceptions.txt")
    return findings + [f"{path}: {macro} has an exception but is not defined" for path, macro in excused]


def anonymous_namespaces(root):
    findings = []
    for header in headers.headers(root):
        code = headers.blank(headers.read(root, header))
        for match in re.finditer(r"\bnamespace\s*(\[\[[^\]]*\]\]\s*)?\{", code):
            findings.append(f"include/{header}:{code.count(chr(10), 0, match.start()) + 1}: anonymous namespace in a header")
    return findings


def check(root):
    return licences(root) + sizes(root) + macros(root) + anonymous_namespaces(root)


if __name__ == "__main__":
    compilers.report(check(sys.argv[1]), "every file says what it must")
