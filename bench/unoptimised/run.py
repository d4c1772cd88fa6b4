#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""What damo costs a program compiled with -O0: time of a function, and of its value and gradient, over the plain C++ loop with -O0.

Goals: the value within 5 times the loop, value and gradient within 10 times.
"""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "compile_time"))
import run as compile_time

PROGRAM = """
#include <chrono>
#include <cmath>
#include <cstdio>

static double plain(const std::array<double, 6>& x) {{
    double s = 0;
    for (unsigned i = 0; i < {loops}; ++i) {{
        const double t = std::sin(x[i % 6] * x[(i + 1) % 6] + 0.1 * i);
        s = s * 0.5 + t * std::exp(-x[(i + 2) % 6] * (i + 1));
    }}
    return s;
}}

// The least time of one call, in nanoseconds.
template <class Call>
double least(Call call) {{
    using clock = std::chrono::steady_clock;
    double best = 1e300;
    for (int round = 0; round < 15; ++round) {{
        const auto begin = clock::now();
        for (int i = 0; i < 2000; ++i) {{ call(1e-9 * i); }}
        const double each = std::chrono::duration<double, std::nano>(clock::now() - begin).count() / 2000;
        best = each < best ? each : best;
    }}
    return best;
}}

int main() {{
    std::array<double, 6> x{{.1, .2, .3, .4, .5, .6}};
    volatile double result = 0;
    const double base = least([&](double d) {{ x[0] = .1 + d; result = plain(x); }});
    const double value = least([&](double d) {{ x[0] = .1 + d; result = f(x); }});
    const double both = least([&](double d) {{ x[0] = .1 + d; auto [v, g] = damo::value_and_grad<0>(f)(x); result = v + g[0]; }});
    std::printf("%g %g %g", base, value, both);
}}
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--compiler", action="append", help="default: g++ and clang++-16")
    parser.add_argument("--nodes", type=int, default=400, help="of the function (default: 400)")
    parser.add_argument("--output", type=pathlib.Path, default=HERE.parent / "results", help="default: bench/results")
    args = parser.parse_args()
    results = []
    with tempfile.TemporaryDirectory() as folder:
        source, program = pathlib.Path(folder) / "case.cpp", pathlib.Path(folder) / "case"
        source.write_text(compile_time.GENERATED.format(loops=args.nodes // 10) + PROGRAM.format(loops=args.nodes // 10))
        for compiler in args.compiler or ["g++", "clang++-16"]:
            subprocess.run(compile_time.command(compiler, ["-O0", str(source), "-o", str(program)]), check=True)
            base, value, both = map(float, subprocess.run([program], capture_output=True, text=True, check=True).stdout.split())
            results.append({"compiler": compiler, "plain_ns": base, "value_ratio": value / base, "value_and_gradient_ratio": both / base})
            print(f"{compiler:12} plain {base:8.0f} ns   value {value / base:5.2f}   value and gradient {both / base:5.2f}", flush=True)
    args.output.mkdir(parents=True, exist_ok=True)
    (args.output / "unoptimised.json").write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
