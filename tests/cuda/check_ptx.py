#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Compiles a .cu file, host and device, and checks each kernel's PTX: no local memory and no call.

A line `// ptx-allow: REGEX` in the file exempts the PTX lines that match, `// flags: ...` adds flags for nvcc. A file without a
kernel is a finding, because nothing would be checked.
"""
import argparse
import pathlib
import re
import shlex
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import compilers


def kernels(ptx):
    """{name: body} of each entry."""
    found = {}
    for match in re.finditer(r"\.entry\s+([\w$]+)[^{]*\{", ptx):
        depth, end = 1, match.end()
        while depth and end < len(ptx):
            depth += {"{": 1, "}": -1}.get(ptx[end], 0)
            end += 1
        found[match.group(1)] = ptx[match.end():end]
    return found


def check_ptx(ptx, allowed=()):
    findings = [] if kernels(ptx) else ["the PTX has no kernel"]
    for name, body in kernels(ptx).items():
        for line in body.splitlines():
            code = line.split("//")[0].strip()
            code_words = re.sub(r"^@!?%p\d+\s+", "", code)
            if any(re.search(pattern, code) for pattern in allowed):
                continue
            if re.match(r"\.local\b|(ld|st)\.local\b", code_words):
                findings.append(f"{name}: local memory: {code}")
            elif re.match(r"call\b", code_words):
                findings.append(f"{name}: call: {code}")
    return findings


def check(path, nvcc, host, architecture):
    text = path.read_text(encoding="utf-8")
    flags = [word for line in re.findall(r"^//\s*flags:\s*(.*)", text, re.MULTILINE) for word in shlex.split(line)]
    with tempfile.TemporaryDirectory() as folder:
        command = [nvcc, compilers.STANDARD, "-O2", f"-arch={architecture}", "-ccbin", host, "-I", compilers.ROOT / "include"] + flags
        result = compilers.run(command + ["-c", path, "-o", pathlib.Path(folder) / "case.o", "--keep", "--keep-dir", folder])
        if result.returncode:
            return [f"{path.name} does not compile:\n{result.stdout}"]
        ptx = "\n".join(each.read_text() for each in sorted(pathlib.Path(folder).glob("*.ptx")))
    return [f"{path.name}: {finding}" for finding in check_ptx(ptx, re.findall(r"^//\s*ptx-allow:\s*(.*\S)", text, re.MULTILINE))]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("case", type=pathlib.Path)
    parser.add_argument("--nvcc", default="nvcc")
    parser.add_argument("--host", default="g++", help="the host compiler")
    parser.add_argument("--architecture", default="sm_80")
    args = parser.parse_args()
    compilers.report(check(args.case, args.nvcc, args.host, args.architecture), "no local memory, no call")
