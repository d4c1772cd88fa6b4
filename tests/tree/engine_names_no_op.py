#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The rewriting engine names no op: neither by include, nor as ops::name, nor as a string."""
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import compilers
import headers

# Headers in ops/ whose ops the engine may know: what every graph ends in.
LEAVES = {"damo/ops/leaf.hpp"}


def op_names(root):
    """{header in ops/: the names of the ops it defines}, read from its lines `name = "sin"`."""
    found = {}
    for header in headers.headers(root):
        if header.startswith("damo/ops/") and header not in LEAVES:
            code = headers.blank(headers.read(root, header), keep_strings=True)
            found[header] = set(re.findall(r'\bname\s*[=({]+\s*"(\w+)"', code))
    return found


def check(root):
    findings, defined = [], op_names(root)
    names = set().union(*defined.values())
    for header in headers.headers(root):
        if not header.startswith("damo/rewrite/"):
            continue
        code = headers.blank(headers.read(root, header), keep_strings=True)
        for number, line in enumerate(code.split("\n"), 1):
            where = f"include/{header}:{number}"
            findings += [f"{where}: includes the ops of {included}" for _, _, included in headers.includes(line) if defined.get(included)]
            findings += [f"{where}: names ops::{name}" for name in re.findall(r"\bops::(?:\w+::)*(\w+)", headers.blank(line))
                         if re.sub(r"_(op|info)$", "", name) in names]
            findings += [f"{where}: names the op \"{name}\"" for name in re.findall(r'"(?:damo\.)?(\w+)"', line) if name in names]
    return findings


if __name__ == "__main__":
    compilers.report(check(sys.argv[1]), "the engine names no op")
