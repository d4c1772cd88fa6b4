#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Objects built for different instruction sets link without one overriding the other: what the linker merges between them, weak
functions that both define, holds no machine code of damo that depends on the instruction set. Such code is in an inline namespace
named after the instruction set, or always inlined.
"""
import pathlib
import platform
import re
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
import compilers

CASE = HERE / "isa" / "calls.hpp"
FLAGS = [["-march=x86-64"], ["-mavx2", "-mfma"]]
LEVELS = ["-O0", "-O1", "-O2"]
# Calls nothing but the standard library and works on no array: the same for every instruction set.
EXCEPTIONS = (r"damo::(error|shape_error)::|(typeinfo|vtable)|damo::detail::contract::"
              r"|damo::(grad|value_and_grad|parallel)<"  # makes an empty object
              r"|>::~?value_and_gradient\(")  # calls those of its members


def weak_functions(listing):
    """{demangled name} of the weak functions in the output of `nm -P -C`."""
    return {match.group(1) for match in re.finditer(r"^(.+?) W(?: [0-9a-f]+)*\s*$", listing, re.MULTILINE)}


def shared(first, second):
    """The functions of damo, not of a library that is called with its types, that both lists define."""
    def of_damo(name):
        head = re.sub(r"\[abi:\w+\]", "", name)
        head = re.sub(r"^(?:[\w:<>*&, ]*? )?(?=damo::)", "", head)
        return head.startswith("damo::") and not re.search(EXCEPTIONS, head)

    return sorted(name for name in first & second if of_damo(name))


def check_level(compiler, level):
    where = f"{compiler[0]} {level}: "
    with tempfile.TemporaryDirectory() as folder:
        listings = []
        for number, flags in enumerate(FLAGS):
            source = pathlib.Path(folder) / f"part{number}.cpp"
            result = source.with_suffix(".o")
            source.write_text(f'#define PART part{number}\n#include "{CASE}"\n', encoding="utf-8")
            compiled = compilers.run(compiler + [compilers.STANDARD, level, "-I", compilers.ROOT / "include", "-c", source, "-o", result] + flags)
            if compiled.returncode:
                return [where + "does not compile:\n" + compiled.stdout]
            listings.append(compilers.run(["nm", "-P", "-C", result]).stdout)
        found = shared(*map(weak_functions, listings))
        findings = [where + "the linker would merge " + name[:400] for name in found]
        # a case without a kernel would prove nothing
        for listing in listings:
            if not re.search(r"damo::exec::isa_\w+::|damo::detail::call::isa_\w+::", listing):
                findings.append(where + "no kernel in the object")
        return findings


if __name__ == "__main__":
    args = compilers.parser(__doc__).parse_args()
    if platform.machine() not in ["x86_64", "AMD64"]:
        print("not an x86-64: nothing to compare")
        sys.exit(77)
    chosen = compilers.chosen(args)
    found = sum(compilers.in_parallel(check_level, [(compiler, level) for compiler in chosen for level in LEVELS]), [])
    compilers.report(found, f"{len(chosen) * len(LEVELS)} pairs of objects")
