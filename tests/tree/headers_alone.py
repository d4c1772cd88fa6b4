#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Each header compiles alone and included twice, without a warning and with no flag but the standard's.

Headers of interop/ and cuda/ are left out, with a note, where the outside library they include is not installed.

A header that includes another, in every case and before anything of its own, is compiled with that one parsed beforehand: the compiler
has then seen what the header alone makes it see, in an order that its includes allow. A few headers are parsed once for all others so.
"""
import pathlib
import sys
import tempfile

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


def shared_beginnings(root, known):
    """For each header the one, of a few that many begin with, that is parsed for it beforehand, or None."""
    before = {header: headers.always_before(root, header) & set(known) for header in known}
    work = {}  # about how long each takes to parse
    for header in known:
        seen, outside = headers.reached(root, header)
        work[header] = 800 * len(outside) + sum(headers.read(root, name).count("\n") for name in seen)
    chosen, beginning = [], dict.fromkeys(known)

    def better(header, base):
        old = beginning[header]
        return base in before[header] and (old is None or work[base] > work[old])

    def gain(base):
        saved = sum(work[base] - (work[beginning[header]] if beginning[header] else 0) for header in known if better(header, base))
        return 0.8 * saved - 2 * work[base]

    while len(chosen) < 12:
        base = max((header for header in known if header not in chosen), key=gain, default=None)
        if base is None or gain(base) <= 0:
            break
        chosen.append(base)
        beginning.update({header: base for header in known if better(header, base)})
    return beginning


def command(root, compiler):
    return compiler + flags(root) + ["-Wall", "-Wextra", "-Wpedantic", "-Werror"]


def compile_one(root, compiler, header, beginning=()):
    text = f"#include <{header}>\n#include <{header}>\n"
    result = compilers.run(command(root, compiler) + [*beginning, "-fsyntax-only", "-x", "c++", "-"], text)
    return [f"include/{header} does not compile alone with {compiler[0]}:\n{result.stdout}"] if result.returncode else []


def check(root, chosen):
    findings = []
    for compiler in chosen:
        known, notes = usable(root, compiler)
        beginning = shared_beginnings(root, known)
        bases = sorted(set(filter(None, beginning.values())))
        print("\n".join(notes + [f"{compiler[0]}: {len(known)} headers"]))
        with tempfile.TemporaryDirectory() as folder:
            parse = [(command(root, compiler), pathlib.Path(folder) / str(i), f"#include <{base}>\n") for i, base in enumerate(bases)]
            parsed = dict(zip(bases, compilers.in_parallel(compilers.precompile, parse)))
            cases = [(root, compiler, header, parsed.get(beginning[header], ())) for header in known]
            findings += sum(compilers.in_parallel(compile_one, cases), [])
    return findings


if __name__ == "__main__":
    parser = compilers.parser(__doc__)
    parser.add_argument("root")
    args = parser.parse_args()
    compilers.report(check(args.root, compilers.chosen(args)), "every header compiles alone and twice")
