#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Lists the C++ sources below a folder for Meson, one per line: `path|needs|marks`.

`path` is relative to the folder; `needs` are the outside libraries it includes (the keys of NEEDS, comma-separated); `marks` is
`long` if a test in it carries the tag [long].
"""
import argparse
import pathlib
import re
import sys

NEEDS = {
    "blas": r"<(cblas|lapacke)\.h>|<damo/exec/blas/",
    "ceres": r"<ceres/",
    "eigen": r"<Eigen/|<unsupported/Eigen/|<damo/interop/eigen",
    "xtensor": r"<xtensor/|<damo/interop/xtensor",
}


def sources(folder, suffix=".cpp", recursive=True):
    pattern = ("**/*" if recursive else "*") + suffix
    return sorted(path for path in pathlib.Path(folder).glob(pattern) if path.is_file())


def needs(path):
    text = path.read_text(encoding="utf-8")
    includes = "\n".join(line for line in text.splitlines() if line.lstrip().startswith("#include"))
    return [name for name, pattern in NEEDS.items() if re.search(pattern, includes)]


def marks(path):
    return ["long"] if "[long]" in path.read_text(encoding="utf-8") else []


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+")
    parser.add_argument("--suffix", default=".cpp")
    parser.add_argument("--flat", action="store_true", help="not the folders below")
    parser.add_argument("--that-need", metavar="NAME", help="only the paths that need this library")
    parser.add_argument("--still", metavar="PATH", nargs="*", help="fail unless the folder holds exactly these paths")
    args = parser.parse_args()
    lines = []
    for folder in args.folders:
        for path in sources(folder, args.suffix, not args.flat):
            needed = needs(path)
            relative = path.relative_to(folder).as_posix()
            if args.that_need:
                lines += [relative] if args.that_need in needed else []
            else:
                lines.append(f"{relative}|{','.join(needed)}|{','.join(marks(path))}")
    if args.still is not None:
        built, present = set(args.still), {line.split("|")[0] for line in lines}
        for name in sorted(present - built):
            print(f"{name} is not part of this build: run meson setup --reconfigure")
        for name in sorted(built - present):
            print(f"{name} is built but gone: run meson setup --reconfigure")
        return built != present
    print("\n".join(lines), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
