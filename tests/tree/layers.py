#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Includes go only downward through the layers, never in a cycle, and outside headers enter only where they may."""
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import compilers
import headers

# Lowest first. A folder, or a single header where it stands apart from its folder: ops/fwd.hpp declares the public functions of all
# ops, because derivatives refer to each other. Any other header directly in damo/ is an umbrella.
LAYERS = ["config.hpp", "core", "ir", "ops/fwd.hpp", "ops", "rules", "rewrite", "diff", "plan", "exec", "expr", "graph", "cuda",
          "interop", "umbrella"]

# An umbrella costs what it includes, so these are included by the user alone.
NOT_IN_UMBRELLAS = ["cuda", "interop"]

# The scalar header exists for what it does not cost, and much of that is what it reaches. <cmath> is for CUDA's compiler alone, <cstdio> and
# <cstdlib> for builds without exceptions.
REACHED_BY_SCALAR = ["array", "bit", "boost/mp11/list.hpp", "boost/mp11/set.hpp", "cmath", "concepts", "cstddef",
                     "cstdint", "cstdio", "cstdlib", "initializer_list", "new", "tuple", "type_traits", "utility"]

# Outside headers, and the only layers that may include them.
OUTSIDE = [
    (r"cuda|cub/|thrust/|cooperative_groups|nvrtc|cublas|cusolver|cusparse|cudnn", ["cuda"]),
    (r"xtensor/|xtl/|Eigen/|unsupported/Eigen/|ceres/|coin|IpTNLP|sundials/|cvodes?/|boost/numeric/odeint", ["interop"]),
    (r"xsimd/", ["exec", "cuda", "interop"]),
    (r"(cblas|lapacke)\.h|oneapi/", ["exec"]),
    (r"zlib\.h", ["interop"]),
]


def layer(header):
    parts = header.split("/")[1:]
    if "/".join(parts) in LAYERS:
        return "/".join(parts)
    if len(parts) == 1:
        return "umbrella"
    return parts[0]


def check(root):
    findings, graph = [], {}
    known = headers.headers(root)
    for header in known:
        if layer(header) not in LAYERS:
            findings.append(f"include/{header}:1: {layer(header)} is no layer; LAYERS in this test has the list")
            continue
        graph[header] = []
        for line, quote, name in headers.includes(headers.read(root, header)):
            where = f"include/{header}:{line}: <{name}>"
            if quote == '"':
                findings.append(f"{where} is included with quotes; write <damo/...>")
            elif not name.startswith("damo/"):
                findings += [f"{where} may be included only in {', '.join(allowed)}"
                             for pattern, allowed in OUTSIDE if re.match(pattern, name) and layer(header) not in allowed]
            elif name not in known:
                findings.append(f"{where} does not exist")
            elif layer(name) in LAYERS:
                graph[header].append(name)
                if LAYERS.index(layer(name)) > LAYERS.index(layer(header)):
                    findings.append(f"{where} goes up from {layer(header)} to {layer(name)}")
                if layer(header) == "umbrella" and layer(name) in NOT_IN_UMBRELLAS:
                    findings.append(f"{where} is for the user alone to include")
    if "damo/scalar.hpp" in known:
        outside = headers.reached(root, "damo/scalar.hpp")[1] - set(REACHED_BY_SCALAR)
        findings += [f"include/damo/scalar.hpp: it reaches <{name}>, which costs whoever needs it not" for name in sorted(outside)]
    return findings + cycles(graph)


def cycles(graph):
    """Removes headers that include nothing more until none is left, or only cycles are."""
    left = {header: set(names) & set(graph) for header, names in graph.items()}
    while True:
        done = [header for header, names in left.items() if not names & set(left)]
        if not done:
            break
        for header in done:
            del left[header]
    # what is left includes a cycle, or leads to one: walk until a header comes again
    if not left:
        return []
    path = [min(left)]
    while path.count(path[-1]) == 1:
        path.append(min(left[path[-1]] & set(left)))
    return ["include cycle: " + " -> ".join(path[path.index(path[-1]):])]


if __name__ == "__main__":
    compilers.report(check(sys.argv[1]), "every include goes down")
