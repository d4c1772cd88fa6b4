#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Mistakes must be refused with the right sentence, and their repairs accepted.

A case is a .cpp file in this folder:

    // error: the two extents differ          a part of the expected sentence; several lines, all must appear
    // error with clang: ...                  the same for one compiler, where the sentence is a note that others do not give
    // max_lines: 15                          optional
    #ifdef REPAIRED
    ... the repaired call
    #else
    ... the mistake
    #endif

Compiled with -std=c++20 and the include folder, nothing else, it must give one error, within max_lines lines of output that hold
the sentence and a line number of the case itself; with -DREPAIRED it must compile. The library prints a sentence as pieces, several
template arguments in a row, so the quoted pieces of each line are joined and compared without white space.

A header that several cases begin with is parsed once. What is then found is found again without that, as a user would see it.
"""
import collections
import pathlib
import re
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
import compilers


def squeeze(text):
    return re.sub(r"\s+", "", text)


def said(output):
    """Everything the output says, without white space: the lines as they stand, and the quoted pieces of each line joined."""
    pieces = ["".join(re.findall(r'"((?:\\.|[^"\\])*)"', line)) for line in output.splitlines()]
    return squeeze(output) + "\n" + "\n".join(squeeze(re.sub(r"\\(.)", r"\1", line)) for line in pieces)


def header(path, compiler=""):
    """The expected fragments and the limit of lines."""
    fragments, limit = [], 15
    for line in path.read_text(encoding="utf-8").splitlines():
        match = re.match(r"//\s*(error(?: with (\w+))?|max_lines):\s*(.*\S)", line)
        if match and match.group(1) == "max_lines":
            limit = int(match.group(3))
        elif match and (not match.group(2) or match.group(2) in compiler):
            fragments.append(match.group(3))
    return fragments, limit


def check_output(path, status, output, compiler=""):
    """What is wrong with the compiler's answer to the mistake."""
    fragments, limit = header(path, compiler)
    findings = []
    if not fragments:
        findings.append("has no line `// error: ...`")
    if status == 0:
        return findings + ["compiles, but must not"]
    errors = [line for line in output.splitlines() if "error:" in line]
    if len(errors) != 1:
        findings.append(f"gives {len(errors)} errors instead of one")
    if output.count("\n") > limit:
        findings.append(f"gives {output.count(chr(10))} lines, more than {limit}")
    if not re.search(re.escape(path.name) + r":\d+", output):
        findings.append("the output has no line number of this file")
    text = said(output)
    findings += [f"the output does not say: {fragment}" for fragment in fragments if squeeze(fragment) not in text]
    return findings


def flags():
    return [compilers.STANDARD, "-I", compilers.ROOT / "include"]


def beginning(path):
    """The first header of damo that a case includes, where nothing but includes stands before it."""
    match = re.match(r"(?:\s*(?://[^\n]*|#include <[\w./]+>)\n)*?\s*(#include <damo/[^>]+>)", path.read_text(encoding="utf-8"))
    return match.group(1) if match else None


def check_case(path, compiler, parsed=()):
    command = compiler + flags() + [*parsed, "-fsyntax-only", path]
    mistake = compilers.run(command)
    findings = check_output(path, mistake.returncode, mistake.stdout, str(compiler[0]))
    if findings:
        findings[-1] += "\n" + mistake.stdout
    repaired = compilers.run(command + ["-DREPAIRED"])
    if repaired.returncode:
        findings.append("does not compile when repaired:\n" + repaired.stdout)
    if findings and parsed:
        return check_case(path, compiler)
    return [f"{path.name}, {compiler[0]}: {finding}" for finding in findings]


def check_with(compiler, paths, folder):
    count = collections.Counter(beginning(path) for path in paths)
    once = [line for line in count if line and count[line] > 3]
    texts = [(compiler + flags(), folder / str(number), line + "\n") for number, line in enumerate(once)]
    parsed = dict(zip(once, compilers.in_parallel(compilers.precompile, texts)))
    return sum(compilers.in_parallel(check_case, [(path, compiler, parsed.get(beginning(path), ())) for path in paths]), [])


def check(paths, chosen):
    findings = []
    for compiler in chosen:
        with tempfile.TemporaryDirectory() as folder:
            findings += check_with(compiler, paths, pathlib.Path(folder))
    return findings


if __name__ == "__main__":
    parser = compilers.parser(__doc__)
    parser.add_argument("cases", nargs="*", type=pathlib.Path, help="default: all in this folder")
    args = parser.parse_args()
    cases = [path.resolve() for path in args.cases] or sorted(HERE.glob("**/*.cpp"))
    compilers.report(check(cases, compilers.chosen(args)), f"{len(cases)} cases")
