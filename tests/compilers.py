# SPDX-License-Identifier: BSD-3-Clause
"""How the Python tests call the C++ compilers: which ones, with which environment, and how many at a time: JOBS, or two."""
import argparse
import concurrent.futures
import os
import pathlib
import shlex
import shutil
import subprocess
import sys

DEFAULT = ["g++", "clang++-16"]
ROOT = pathlib.Path(__file__).resolve().parent.parent
STANDARD = "-std=c++20"


def parser(description):
    result = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    result.add_argument("--compiler", action="append", metavar="COMMAND", help=f"default: {' and '.join(DEFAULT)}")
    return result


def chosen(args):
    """The compilers as lists of words; those of DEFAULT that are not installed are left out with a note."""
    if args.compiler:
        return [shlex.split(command) for command in args.compiler]
    for command in DEFAULT:
        if not shutil.which(command):
            print(f"note: {command} is not installed")
    return [[command] for command in DEFAULT if shutil.which(command)]


def run(command, text=None, **options):
    """Runs to the end; output and errors together, in English."""
    environment = dict(os.environ, LC_ALL="C")
    return subprocess.run([str(word) for word in command], input=text, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, errors="replace", env=environment, **options)


def precompile(command, folder, text):
    """Parses the text once: the words that put what was parsed before a source compiled by the same command, or none if it has mistakes."""
    source = folder / "parsed.hpp"
    is_clang = "clang" in pathlib.Path(str(command[0])).name
    parsed = source.with_suffix(".hpp.pch" if is_clang else ".hpp.gch")
    folder.mkdir()
    source.write_text(text, encoding="utf-8")
    once = ["-fpch-instantiate-templates"] if is_clang else []
    if run(command + once + ["-x", "c++-header", source, "-o", parsed]).returncode:
        return []
    return ["-include-pch", parsed] if is_clang else ["-Winvalid-pch", "-Werror=invalid-pch", "-include", source]


def in_parallel(function, arguments):
    """The results in the order of the arguments, a list of tuples."""
    with concurrent.futures.ThreadPoolExecutor(max_workers=int(os.environ.get("JOBS") or min(2, os.cpu_count() or 1))) as pool:
        return list(pool.map(lambda each: function(*each), arguments))


def report(findings, done):
    """Prints what was found, or what was done; the exit status."""
    for finding in findings:
        print(finding)
    print(f"{len(findings)} findings" if findings else done)
    sys.exit(1 if findings else 0)
