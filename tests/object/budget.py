#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""What every file that optimises something pays for stays small: the operations that a compiler counts while it evaluates a constant
expression, which no load of the machine changes. Each case compiles within its limits and does not within half of them.
"""
import pathlib
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
import compilers

# name: (source, {compiler: limit})
CASES = {
    "the rules of the library are read": (
        "#include <damo/rewrite/standard.hpp>\n"
        "static_assert(damo::rewrite::parsed_standard_rules<damo::rules::all>::table.rule_count == damo::rules::count);\n",
        {"g++": 2_800_000, "clang": 280_000}),
}


def mistakes(compiler, source, kind, limit):
    """What the compiler says when the source does not compile within the limit; nothing when it does."""
    option = "-fconstexpr-steps=" if kind == "clang" else "-fconstexpr-ops-limit="
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "case.cpp"
        path.write_text(source, encoding="utf-8")
        command = compiler + [compilers.STANDARD, "-fsyntax-only", "-I", compilers.ROOT / "include", f"{option}{limit}", path]
        result = compilers.run(command)
        return result.stdout if result.returncode else ""


def check(compiler, name):
    source, limits = CASES[name]
    kind = "clang" if any("clang" in word for word in compiler) else "g++"
    limit = limits[kind]
    where = f"{compiler[0]}: {name}: "
    said = mistakes(compiler, source, kind, limit)
    if said:
        return [where + f"not within {limit} operations:\n{said[:1000]}"]
    if not mistakes(compiler, source, kind, limit // 2):
        return [where + f"within half of {limit} operations: lower the limit"]
    return []


if __name__ == "__main__":
    chosen = compilers.chosen(compilers.parser(__doc__).parse_args())
    found = sum(compilers.in_parallel(check, [(compiler, name) for compiler in chosen for name in CASES]), [])
    compilers.report(found, f"{len(chosen) * len(CASES)} constant evaluations within their limits")
