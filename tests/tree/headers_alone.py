#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Each header compiles alone and included twice, without a warning and with no flag but the standard's.

Headers of interop/ and cuda/ are left out, with a note, where the outside library they include is not installed.
"""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import compilers
import headers

OPTIONAL = ("damo/interop/", "damo/cuda/")
SYSTEM = ["/usr/include/eigen3", "/usr/local/cuda/include"]


def flags(root):
    return [compilers.STANDARD, "-I", pathlib.Path(root) / "include"] + [word for path in SYSTEM for word in ("-isystem", path)]


def usable(root, compiler):
    """The headers that can be compiled here, and a note for each that cannot."""
    known, notes, wanted = headers.headers(root), [], {}
    for header in known:
        seen, outside = headers.reached(root, header)
        if any(name.startswith(OPTIONAL) for name in seen):
            wanted[header] = outside
    names = sorted(set().union(*wanted.values()))
    probe = "".join(f"#if !__has_include(<{name}>)\nmissing {name}\n#endif\n" for name in names)
    output = compilers.run(compiler + flags(root) + ["-x", "c++", "-E", "-P", "-"], probe).stdout if names else ""
    missing = {line.split(" ", 1)[1].replace(" ", "") for line in output.splitlines() if line.startswith("missing ")}
    for header, outside in wanted.items():
        if outside & missing:
            known.remove(header)
            notes.append(f"note: left out {header}: not installed: {', '.join(sorted(outside & missing))}")
    return known, notes


def compile_one(root, compiler, header):
    text = f"#include <{header}>\n#include <{header}>\n"
    warnings = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"]
    result = compilers.run(compiler + flags(root) + warnings + ["-fsyntax-only", "-x", "c++", "-"], text)
    return [f"include/{header} does not compile alone with {compiler[0]}:\n{result.stdout}"] if result.returncode else []


def check(root, chosen):
    findings = []
    for compiler in chosen:
        known, notes = usable(root, compiler)
        print("\n".join(notes + [f"{compiler[0]}: {len(known)} headers"]))
        findings += sum(compilers.in_parallel(compile_one, [(root, compiler, header) for header in known]), [])
    return findings


if __name__ == "__main__":
    parser = compilers.parser(__doc__)
    parser.add_argument("root")
    args = parser.parse_args()
    compilers.report(check(args.root, compilers.chosen(args)), "every header compiles alone and twice")
