#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The code on the first page of the README is the code of examples/readme.cpp, to the letter."""
import pathlib
import sys


def check(root):
    page = (root / "README.md").read_text()
    source = (root / "examples" / "readme.cpp").read_text()
    cut = source.split("// [readme]\n")[1].split("// [readme end]")[0]
    return [] if "```cpp\n" + cut + "```" in page else ["README.md: its code differs from examples/readme.cpp between the marks [readme]"]


if __name__ == "__main__":
    findings = check(pathlib.Path(sys.argv[1]))
    print("\n".join(findings) or "the README shows examples/readme.cpp")
    sys.exit(1 if findings else 0)
