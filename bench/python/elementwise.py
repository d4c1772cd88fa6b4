#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Elementwise formulas: damo's run-time graphs against NumPy, numexpr, JAX and PyTensor, in one process and on one core.

damo comes in as a shared library made of expressions.cpp. Candidates of a case run in turn, in random order, each for about a
millisecond; what is reported is the median over the rounds of time(candidate) / time(damo) in one round. Every result is checked
against NumPy in float64 first. Written: bench/results/python_elementwise.json.

    elementwise.py LIBRARY [--rounds N] [--sizes 1000,100000] [--only NAME]
"""
import argparse
import ctypes
import json
import os
import pathlib
import random
import statistics
import sys
import time

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS", "NUMEXPR_MAX_THREADS"):
    os.environ[variable] = "1"
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
os.environ["JAX_PLATFORMS"] = "cpu"
os.environ["JAX_ENABLE_X64"] = "1"
os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})

import jax
import jax.numpy as jnp
import numexpr
import numpy as np
import pytensor
import pytensor.tensor as pt

# Formulas that Python, numexpr and damo read alike.
FORMULAS = {
    "multiply_add": "2.5*x + y",
    "rational": "(x - y)/(x*x + y*y + 1)",
    "hypotenuse": "sqrt(x*x + y*y)",
    "bell": "exp(-x*x)*sin(y)",
    "mix": "log(1 + exp(x)) + tanh(y)/(1 + z*z)",
}


def namespace(module, arrays):
    return {name: getattr(module, name) for name in ("exp", "log", "sin", "sqrt", "tanh")} | dict(zip("xyz", arrays))


def with_numpy(formula, arrays):
    code, names = compile(formula, formula, "eval"), namespace(np, arrays)
    return lambda: eval(code, names)


def with_numexpr(formula, arrays):
    numexpr.set_num_threads(1)
    names, out = dict(zip("xyz", arrays)), np.empty_like(arrays[0])
    numexpr.evaluate(formula, local_dict=names, out=out)

    def run():
        numexpr.re_evaluate(local_dict=names)
        return out

    numexpr.evaluate(formula, local_dict=names, out=out)
    return run


def with_jax(formula, arrays):
    code = compile(formula, formula, "eval")
    f = jax.jit(lambda *a: eval(code, namespace(jnp, a)))
    there = [jnp.asarray(a) for a in arrays]
    return lambda: f(*there).block_until_ready()


def with_pytensor(formula, arrays):
    inputs = [pt.vector(name, dtype=str(a.dtype)) for name, a in zip("xyz", arrays)]
    result = eval(formula, namespace(pt, inputs)).astype(str(arrays[0].dtype))
    f = pytensor.function(inputs, result, on_unused_input="ignore", trust_input=True)
    return lambda: f(*arrays)


class Damo:
    """The library's functions: see expressions.cpp."""

    def __init__(self, path):
        self.library = ctypes.CDLL(str(pathlib.Path(path).resolve()))
        self.library.damo_make.restype = ctypes.c_void_p
        self.library.damo_make.argtypes = [ctypes.c_char_p, ctypes.c_int, ctypes.c_int]
        self.library.damo_call.argtypes = [ctypes.c_void_p, ctypes.POINTER(ctypes.c_void_p), ctypes.c_int64, ctypes.c_void_p]
        self.library.damo_error.restype = ctypes.c_char_p

    def candidate(self, compiled):
        def prepare(formula, arrays):
            f = self.library.damo_make(formula.encode(), arrays[0].dtype == np.float32, compiled)
            if not f:
                sys.exit(self.library.damo_error().decode())
            out = np.empty_like(arrays[0])
            pointers = (ctypes.c_void_p * 3)(*(a.ctypes.data for a in arrays))
            call, n, to = self.library.damo_call, len(out), out.ctypes.data

            def run():
                if call(f, pointers, n, to):
                    sys.exit(self.library.damo_error().decode())
                return out

            return run

        return prepare


def times_of(run, seconds):
    """How often run fits into so many seconds."""
    count, begin = 0, time.perf_counter()
    while True:
        run()
        count += 1
        spent = time.perf_counter() - begin
        if spent > seconds:
            return spent / count


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("library")
    arguments.add_argument("--rounds", type=int, default=31)
    arguments.add_argument("--sizes", default="1000,10000,100000,1000000,10000000")
    arguments.add_argument("--only", default="")
    chosen = arguments.parse_args()
    damo = Damo(chosen.library)
    candidates = {
        "damo": damo.candidate(1),
        "damo, interpreted": damo.candidate(0),
        "NumPy": with_numpy,
        "numexpr": with_numexpr,
        "JAX": with_jax,
        "PyTensor": with_pytensor,
    }
    rows = []
    draw = np.random.default_rng(1)
    for name, formula in FORMULAS.items():
        if chosen.only not in name:
            continue
        for dtype in (np.float64, np.float32):
            for n in map(int, chosen.sizes.split(",")):
                arrays = [draw.uniform(-2, 2, n).astype(dtype) for _ in range(3)]
                exact = eval(formula, namespace(np, [a.astype(np.float64) for a in arrays]))
                runs = {}
                for who, prepare in candidates.items():
                    run = prepare(formula, arrays)
                    error = np.max(np.abs(np.asarray(run(), np.float64) - exact) / (1 + np.abs(exact)))
                    if not error < (1e-12 if dtype == np.float64 else 1e-5):
                        sys.exit(f"{who} is wrong by {error} on {formula} in {dtype.__name__}")
                    runs[who] = run
                rounds = {who: [] for who in runs}
                for _ in range(chosen.rounds if n < 10**6 else max(5, chosen.rounds // 4)):
                    order = list(runs)
                    random.shuffle(order)
                    for who in order:
                        rounds[who].append(times_of(runs[who], 1e-3))
                line = [f"{formula:36} {dtype.__name__:8} {n:9}  {1e6 * min(rounds['damo']):11.2f} us "]
                for who, times in rounds.items():
                    ratio = statistics.median(t / d for t, d in zip(times, rounds["damo"]))
                    rows.append({"case": name, "dtype": dtype.__name__, "n": n, "candidate": who, "seconds": min(times), "ratio": ratio})
                    line.append(f"{who} {ratio:.2f}")
                print("  ".join(line), flush=True)
    results = pathlib.Path(__file__).resolve().parents[1] / "results"
    results.mkdir(exist_ok=True)
    versions = {m.__name__: m.__version__ for m in (np, numexpr, jax, pytensor)}
    (results / "python_elementwise.json").write_text(json.dumps({"versions": versions, "rows": rows}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
