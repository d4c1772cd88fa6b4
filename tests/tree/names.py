#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""docs/names.md has every public function of ops/ and expr/, no name twice, and none that no header knows but the reserved ones."""
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import compilers
import headers

# In ops/ a public function takes or gives symbols; in expr/ it is any function of the namespace damo.
FUNCTION = {
    "damo/ops/": re.compile(r"^constexpr (?:value|shape|extent_argument) (\w+)\((?:std::initializer_list<)?(?:const )?(?:operand|value)\b", re.MULTILINE),
    "damo/expr/": re.compile(r"^(?:DAMO_\w+ )*constexpr auto (\w+)\(", re.MULTILINE),
}
NAMESPACE = re.compile(r"^(?:inline )?namespace ([\w:]+) \{|^\} // namespace ([\w:]+)", re.MULTILINE)
TABLE_ROW = re.compile(r"^\| (`[^|]*`) \|", re.MULTILINE)


def directly_in_damo(code):
    """The code with what stands in other namespaces blanked out. Namespaces open and close at the start of a line."""
    kept, open_names, at = [], [], 0
    for match in NAMESPACE.finditer(code):
        kept.append(code[at:match.start()] if open_names == ["damo"] else "")
        if match.group(1):
            open_names.append(match.group(1))
        elif open_names:
            open_names.pop()
        at = match.end()
    return "\n".join(kept)


def public_functions(root):
    """{name: header}"""
    found = {}
    for header in headers.headers(root):
        for folder, pattern in FUNCTION.items():
            if header.startswith(folder):
                # closing comments tell namespaces apart, so comments stay
                text = headers.read(root, header)
                for name in pattern.findall(directly_in_damo(text)):
                    found.setdefault(name, header)
    return found


def table(root):
    """{name: (line, whether reserved)}, and the findings of reading it."""
    text = (pathlib.Path(root) / "docs/names.md").read_text(encoding="utf-8")
    reserved_from = text.find("\n## Reserved")
    names, findings = {}, []
    for row in TABLE_ROW.finditer(text):
        line = text.count("\n", 0, row.start()) + 1
        for name in re.findall(r"`(\w+)[^`]*`", row.group(1)):
            if name in names:
                findings.append(f"docs/names.md:{line}: {name} has a meaning already, in line {names[name][0]}")
            names[name] = (line, 0 <= reserved_from < row.start())
    return names, findings


def check(root):
    names, findings = table(root)
    for name, header in sorted(public_functions(root).items()):
        if name not in names:
            findings.append(f"include/{header}: {name} is public but not in docs/names.md")
    words = set()
    for header in headers.headers(root):
        words.update(re.findall(r"\w+", headers.blank(headers.read(root, header))))
    findings += [f"docs/names.md:{line}: no header knows {name}; is it reserved?" for name, (line, reserved) in names.items()
                 if not reserved and name not in words]
    return findings


if __name__ == "__main__":
    compilers.report(check(sys.argv[1]), "every public name is in the table")
