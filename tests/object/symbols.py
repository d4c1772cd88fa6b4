#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""What reaches an object file. A case is a .cpp file in this folder:

    // no-symbol: damo::(ir|rewrite)::    a regular expression no demangled symbol may match; several allowed
    // has-symbol: solve                  one that some symbol must match
    // max-symbol: 200                    the longest mangled name, in characters
    // max-size: 4000                     the object's text, data and bss, in bytes
    // flags: -mavx2                      added to -std=c++20 -O2 -c
"""
import pathlib
import re
import shlex
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
import compilers

KEYS = ("no-symbol", "has-symbol", "max-symbol", "max-size", "flags")


def header(path):
    wanted = {key: [] for key in KEYS}
    for line in path.read_text(encoding="utf-8").splitlines():
        match = re.match(rf"//\s*({'|'.join(KEYS)}):\s*(.*\S)", line)
        if match:
            wanted[match.group(1)].append(match.group(2))
    return wanted


def symbols(listing):
    """The names in the output of `nm -P`: up to the type, a single letter before the numbers."""
    return [match.group(1) for match in re.finditer(r"^(.+?) [A-Za-z](?: [0-9a-f]+)*\s*$", listing, re.MULTILINE)]


def check_object(wanted, mangled, plain, size):
    findings = []
    for pattern in wanted["no-symbol"]:
        hits = [name for name in plain if re.search(pattern, name)]
        findings += [f"{len(hits)} symbols match {pattern}, such as {hits[0][:300]}"] if hits else []
    findings += [f"no symbol matches {pattern}" for pattern in wanted["has-symbol"] if not any(re.search(pattern, name) for name in plain)]
    for limit in wanted["max-symbol"]:
        findings += [f"a symbol of {len(name)} characters: {name[:300]}" for name in mangled if len(name) >= int(limit)]
    findings += [f"{size} bytes, more than {limit}" for limit in wanted["max-size"] if size > int(limit)]
    return findings


def check_case(path, compiler):
    wanted = header(path)
    where = f"{path.name}, {compiler[0]}: "
    if not any(wanted[key] for key in KEYS if key != "flags"):
        return [where + "checks nothing"]
    with tempfile.TemporaryDirectory() as folder:
        result = pathlib.Path(folder) / "case.o"
        flags = [word for line in wanted["flags"] for word in shlex.split(line)]
        compiled = compilers.run(compiler + [compilers.STANDARD, "-O2", "-I", compilers.ROOT / "include", "-c", path, "-o", result] + flags)
        if compiled.returncode:
            return [where + "does not compile:\n" + compiled.stdout]
        mangled = symbols(compilers.run(["nm", "-P", result]).stdout)
        plain = symbols(compilers.run(["nm", "-P", "-C", result]).stdout)
        size = int(compilers.run(["size", result]).stdout.splitlines()[1].split()[3])
    return [where + finding for finding in check_object(wanted, mangled, plain, size)]


def check(paths, chosen):
    return sum(compilers.in_parallel(check_case, [(path, compiler) for path in paths for compiler in chosen]), [])


if __name__ == "__main__":
    parser = compilers.parser(__doc__)
    parser.add_argument("cases", nargs="*", type=pathlib.Path, help="default: all in this folder")
    args = parser.parse_args()
    cases = [path.resolve() for path in args.cases] or sorted(HERE.glob("**/*.cpp"))
    compilers.report(check(cases, compilers.chosen(args)), f"{len(cases)} cases")
