#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Lists the C++ sources below a folder for Meson, one per line: `path|marks`.

`path` is relative to the base folder, `marks` is `long` if a test in it carries the tag [long]. A source that includes an outside library
which is not among those found is left out, with a line on the error stream.
"""
import argparse
import pathlib
import re
import sys

NEEDS = {
    "benchmark": r"<benchmark/",
    "blas": r"<(cblas|lapacke)\.h>|<damo/exec/blas/",
    "ceres": r"<ceres/",
    "eigen": r"<Eigen/|<unsupported/Eigen/|<damo/interop/eigen",
    "muparser": r"<muParser\.h>",
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
    parser.add_argument("--base", help="the folder that the paths are relative to; default: the one listed")
    parser.add_argument("--found", default=",".join(NEEDS), help="the outside libraries that are there, comma-separated")
    parser.add_argument("--suffix", default=".cpp")
    parser.add_argument("--flat", action="store_true", help="not the folders below")
    parser.add_argument("--that-need", metavar="NAME", help="only the paths that need this library")
    parser.add_argument("--still", metavar="PATH", nargs="*", help="fail unless the folder holds exactly these paths")
    args = parser.parse_args()
    listed = {}
    for folder in args.folders:
        for path in sources(folder, args.suffix, not args.flat):
            needed = needs(path)
            missing = set(needed) - set(args.found.split(","))
            if args.that_need not in [None, *needed]:
                continue
            if missing:
                print(f"{path} is left out: not found: {', '.join(sorted(missing))}", file=sys.stderr)
                continue
            name = path.relative_to(args.base or folder).as_posix()
            listed[name] = f"{name}|{','.join(marks(path))}"
    if args.still is not None:
        for name in sorted(set(listed) ^ set(args.still)):
            print(f"{name} {'is not part of this build' if name in listed else 'is built but gone'}: run meson setup --reconfigure")
        return set(listed) != set(args.still)
    print("\n".join(listed.values()), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
