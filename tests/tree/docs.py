#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Each generated page of docs/ is what its program in docs/generate/ prints now. With --update they are written."""
import pathlib
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import compilers


def generate(root, compiler, program):
    """(what the program prints, what went wrong)"""
    with tempfile.TemporaryDirectory() as folder:
        binary = pathlib.Path(folder) / program.stem
        built = compilers.run(compiler + [compilers.STANDARD, "-O0", "-I", root / "include", program, "-o", binary])
        if built.returncode:
            return None, f"docs/generate/{program.name} does not compile with {compiler[0]}:\n{built.stdout}"
        ran = compilers.run([binary])
        return (ran.stdout, None) if ran.returncode == 0 else (None, f"docs/generate/{program.name} fails:\n{ran.stdout}")


def check(root, compiler, update=False):
    root, findings = pathlib.Path(root), []
    for program in sorted((root / "docs/generate").glob("*.cpp")):
        page = root / "docs" / (program.stem + ".md")
        text, wrong = generate(root, compiler, program)
        if wrong:
            findings.append(wrong)
        elif update:
            page.write_text(text, encoding="utf-8")
        elif not page.is_file() or page.read_text(encoding="utf-8") != text:
            findings.append(f"docs/{page.name} is out of date: python3 tests/tree/docs.py . --update")
    return findings


if __name__ == "__main__":
    parser = compilers.parser(__doc__)
    parser.add_argument("root")
    parser.add_argument("--update", action="store_true")
    args = parser.parse_args()
    compilers.report(check(args.root, compilers.chosen(args)[0], args.update), "every generated page is up to date")
