#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""What including and using damo costs the compiler: seconds and peak memory, over an empty file.

Each case is compiled K times, each time right after an empty file, so that a slow phase of the machine hits both; the figures are
the medians of the differences. Writes NAME.json and plots into bench/results/: bars for the cases that are one file, a line over
n for those that grow.

To enter a case, add a function `n -> source` to CASES, with the n it is measured at ([None] for a single file).
"""
import argparse
import json
import os
import pathlib
import platform
import shlex
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(HERE.parent))
import plot


def including(*names):
    return lambda n: "".join(f"#include <{name}>\n" for name in names)


# name: (function, list of n)
CASES = {}

# the library, and what it might be compared with
HEADERS = ["damo/config.hpp", "damo/scalar.hpp", "damo/damo.hpp", "type_traits", "utility", "cmath", "cstdint", "string_view",
           "array", "tuple", "span", "vector", "memory", "string", "functional", "algorithm", "complex", "mutex", "ranges", "iostream",
           "boost/mp11.hpp", "boost/hana.hpp", "xsimd/xsimd.hpp", "xtensor/xarray.hpp", "Eigen/Core", "Eigen/Dense"]
for header in HEADERS:
    CASES[header] = (including(header), [None])

# traced functions of n nodes: what the compiler pays for tracing, optimising, differentiating and emitting
GENERATED = """#include <damo/expr/transform.hpp>
inline constexpr auto f = damo::fn<double(std::array<double, 6>)>([](auto x) {{
    damo::scalar<double> s;
    for (int i = 0; i < {loops}; ++i) {{
        auto t = sin(x[i % 6] * x[(i + 1) % 6] + 0.1 * i);
        s = s * 0.5 + t * exp(-x[(i + 2) % 6] * (i + 1));
    }}
    return s;
}});
"""
SIZES = [50, 100, 200, 500, 1000, 2000]


def value_of(n):
    return GENERATED.format(loops=n // 10) + "double call(const std::array<double, 6>& x) { return f(x); }\n"


def gradient_of(n):
    return GENERATED.format(loops=n // 10) + """inline constexpr auto g = damo::value_and_grad<0>(f);
double call(const std::array<double, 6>& x) {
    auto [value, gradient] = g(x);
    return value + gradient[0];
}
"""


def repeated_squares(n):
    """A traced function whose formula, written out, has 2^n factors: types must not spell it."""
    return f"""#include <damo/expr/transform.hpp>
inline constexpr auto f = damo::fn([](damo::scalar<double> x) {{
    for (int i = 0; i < {n}; ++i) {{ x = x * x + x; }}
    return x;
}});
double call(double x) {{ return damo::value_and_grad(f)(x).gradient; }}
"""


FLAGS = {}  # of a case that does not use those of the command line
for flags in ("-O0", "-O2"):
    for name, make in (("value", value_of), ("value and gradient", gradient_of)):
        CASES[f"{name} {flags}"] = (make, SIZES)
        FLAGS[f"{name} {flags}"] = flags
for flags in ("-O0", "-O0 -g"):
    CASES[f"repeated squares {flags}"] = (repeated_squares, [10, 40])
    FLAGS[f"repeated squares {flags}"] = flags


def budget(compiler):
    """The flags that the packages of damo export for this compiler."""
    wanted = "Clang" if "clang" in os.path.basename(compiler) else "GNU"
    for line in (ROOT / "include/constexpr_budget.txt").read_text().splitlines():
        name, *flags = line.split()
        if name == wanted:
            return flags
    return []


def command(compiler, flags):
    return [compiler, "-std=c++20", *budget(compiler), f"-I{ROOT / 'include'}", "-isystem", "/usr/include/eigen3", *flags]


def exists(compiler, source):
    """Whether the headers of a case are there at all."""
    names = [line.split("<")[1].split(">")[0] for line in source.splitlines() if line.startswith("#include <")]
    text = "".join(f"#if !__has_include(<{name}>)\n#error {name}\n#endif\n" for name in names)
    result = subprocess.run(command(compiler, ["-fsyntax-only", "-x", "c++", "-"]), input=text, text=True, capture_output=True)
    return result.returncode == 0


def compile_once(compiler, flags, path):
    """Wall seconds, user seconds and peak MiB of one compilation, the compiler's own children included."""
    start = time.perf_counter()
    child = subprocess.Popen(command(compiler, flags) + ["-c", path, "-o", os.devnull], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    with child.stdout as pipe:
        output = pipe.read().decode(errors="replace")
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        sys.exit(f"{path} does not compile with {compiler}:\n{output}")
    return {"wall_s": time.perf_counter() - start, "user_s": usage.ru_utime + usage.ru_stime, "peak_mib": usage.ru_maxrss / 1024}


def measure(compiler, flags, source, repetitions, folder):
    empty, case = pathlib.Path(folder) / "empty.cpp", pathlib.Path(folder) / "case.cpp"
    empty.write_text("")
    case.write_text(source)
    compile_once(compiler, flags, case)  # reads the headers into the page cache
    pairs = [(compile_once(compiler, flags, empty), compile_once(compiler, flags, case)) for _ in range(repetitions)]
    over = {key: statistics.median(second[key] - first[key] for first, second in pairs) for key in pairs[0][0]}
    alone = {key: statistics.median(second[key] for _, second in pairs) for key in pairs[0][0]}
    return {"over_empty": over, "alone": alone, "repetitions": repetitions}


def version(compiler):
    return subprocess.run([compiler, "--version"], capture_output=True, text=True).stdout.splitlines()[0]


def draw(results, folder, name):
    for key, label in (("wall_s", "seconds over an empty file"), ("peak_mib", "peak memory over an empty file, MiB")):
        single, growing = {}, {}
        for result in results:
            value = result["over_empty"][key]
            if result["n"] is None:
                # what is lost in the noise is drawn as nothing
                single.setdefault(result["case"], {})[result["compiler"]] = max(value, 0)
            else:
                growing.setdefault(f"{result['case']}, {result['compiler']}", []).append((result["n"], value))
        if single:
            plot.bars(folder / f"{name}_{key}.svg", "The price of an include", label, single)
        if growing:
            plot.lines(folder / f"{name}_growing_{key}.svg", "The price of a growing program", "n", label, growing)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="*", help="names of cases; default: all")
    parser.add_argument("--compiler", action="append", help="default: g++ and clang++-16")
    parser.add_argument("--flags", default="-O2", help="default: -O2")
    parser.add_argument("--repetitions", type=int, default=5, metavar="K", help="default: 5")
    parser.add_argument("--output", type=pathlib.Path, default=HERE.parent / "results", help="default: bench/results")
    parser.add_argument("--name", default="compile_time", help="of the files written")
    args = parser.parse_args()
    unknown = set(args.cases) - set(CASES)
    if unknown:
        parser.error(f"no such case: {', '.join(sorted(unknown))}; there are: {', '.join(CASES)}")
    compilers = args.compiler or [each for each in ("g++", "clang++-16") if shutil.which(each)]
    results = []
    with tempfile.TemporaryDirectory() as folder:
        for name in args.cases or CASES:
            make, sizes = CASES[name]
            for n in sizes:
                for compiler in compilers:
                    source = make(n)
                    if not exists(compiler, source):
                        print(f"{name}: left out, its headers are not installed")
                        continue
                    result = measure(compiler, shlex.split(FLAGS.get(name, args.flags)), source, args.repetitions, folder)
                    results.append({"case": name, "n": n, "compiler": os.path.basename(compiler), **result})
                    over = result["over_empty"]
                    print(f"{name:24} {'' if n is None else n:>6} {os.path.basename(compiler):12} {over['wall_s']:8.3f} s wall"
                          f" {over['user_s']:8.3f} s cpu {over['peak_mib']:8.1f} MiB over an empty file", flush=True)
    about = {"flags": args.flags, "machine": platform.machine(), "processors": os.cpu_count(),
             "compilers": {os.path.basename(each): version(each) for each in compilers}}
    args.output.mkdir(parents=True, exist_ok=True)
    (args.output / f"{args.name}.json").write_text(json.dumps({"about": about, "results": results}, indent=1) + "\n", encoding="utf-8")
    draw(results, args.output, args.name)


if __name__ == "__main__":
    main()
