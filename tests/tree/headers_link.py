#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Two translation units that include every header link into one program."""
import pathlib
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import compilers
import headers_alone


def check(root, chosen):
    findings = []
    for compiler in chosen:
        known, notes = headers_alone.usable(root, compiler)
        print("\n".join(notes + [f"{compiler[0]}: {len(known)} headers"]))
        everything = "".join(f"#include <{header}>\n" for header in known)
        with tempfile.TemporaryDirectory() as folder:
            first, second, program = (pathlib.Path(folder) / name for name in ("first.cpp", "second.cpp", "program"))
            first.write_text(everything + "int second();\nint main() { return second(); }\n")
            second.write_text(everything + "int second();\nint second() { return 0; }\n")
            result = compilers.run(compiler + headers_alone.flags(root) + ["-O0", first, second, "-o", program])
            if result.returncode:
                findings.append(f"two files with every header do not link with {compiler[0]}:\n{result.stdout}")
            elif compilers.run([program]).returncode:
                findings.append(f"the program of two files with every header fails with {compiler[0]}")
    return findings


if __name__ == "__main__":
    parser = compilers.parser(__doc__)
    parser.add_argument("root")
    args = parser.parse_args()
    compilers.report(check(args.root, compilers.chosen(args)), "two files with every header link")
