# SPDX-License-Identifier: BSD-3-Clause
"""What the checks of the tree share: the list of headers, their includes, and their code without comments."""
import pathlib
import re

TOKEN = re.compile(r'//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|(?<![0-9a-fA-F])\'(?:\\.|[^\'\\\n])*\'', re.DOTALL)
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"\n]+)[>"]', re.MULTILINE)


def headers(root):
    """Paths below include/, such as damo/ops/exp.hpp."""
    include = pathlib.Path(root) / "include"
    return sorted(path.relative_to(include).as_posix() for path in include.glob("damo/**/*") if path.suffix in (".hpp", ".cuh"))


def read(root, header):
    return (pathlib.Path(root) / "include" / header).read_text(encoding="utf-8")


def blank(text, keep_strings=False):
    """The text with comments, and strings unless kept, blanked out; line numbers stay."""
    def replace(match):
        token = match.group()
        if keep_strings and not token.startswith("/"):
            return token
        return re.sub(r"[^\n]", " ", token)
    return TOKEN.sub(replace, text)


def includes(text):
    """(line, '<' or '\"', name) of each include."""
    code = blank(text, keep_strings=True)
    return [(code.count("\n", 0, match.start()) + 1, match.group(1), match.group(2)) for match in INCLUDE.finditer(code)]


def reached(root, header):
    """The headers and the outside names that a header includes, directly or through others."""
    seen, outside, work = {header}, set(), [header]
    while work:
        for _, _, name in includes(read(root, work.pop())):
            if not name.startswith("damo/"):
                outside.add(name)
            elif name not in seen and (pathlib.Path(root) / "include" / name).is_file():
                seen.add(name)
                work.append(name)
    return seen, outside


def first_includes(root, header):
    """The headers of damo that a header includes in every case and before anything of its own."""
    names, depth = [], 0
    for line in blank(read(root, header), keep_strings=True).splitlines():
        word = re.match(r"\s*#\s*(\w+)", line)
        if not word:
            if line.strip():
                break
        elif word.group(1) in ("if", "ifdef", "ifndef"):
            depth += 1
        elif word.group(1) == "endif":
            depth -= 1
        elif word.group(1) == "include":
            names += [name for _, _, name in includes(line) if depth == 0 and name.startswith("damo/")]
        elif depth == 0 and not re.match(r"\s*#\s*pragma\s+once", line):
            break
    return [name for name in names if (pathlib.Path(root) / "include" / name).is_file()]


def always_before(root, header):
    """The headers that are parsed, in every case, before anything of this header's own."""
    seen, work = set(), [header]
    while work:
        for name in first_includes(root, work.pop()):
            if name not in seen:
                seen.add(name)
                work.append(name)
    return seen
