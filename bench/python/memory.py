#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The most memory that a perceptron's training holds, damo's against that of NumPy, JAX and PyTensor, each in a process of its own.

All train on the same data, split, first weights and batches on one thread (examples/perceptron_rivals.py). Two figures, of VmHWM: the
whole process, and what came on top of the process that holds the data and has imported the library, but has made nothing with it yet. And how much
of that is memory of the process's own (RssAnon, when the training ends): the rest are pages of programs and libraries that had not been needed before.
Compilers that run as processes of their own are not counted. Written: bench/results/python_memory.json.

    memory.py PROGRAM [--batches 64,1024] [--epochs N]
"""
import argparse
import importlib
import json
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve()
EXAMPLES = HERE.parents[2] / "examples"
DIGITS = EXAMPLES / "digits.csv"
RIVALS = {"NumPy": ["numpy"], "JAX": ["jax", "jax.numpy"], "PyTensor": ["pytensor", "pytensor.tensor"]}


def held(name):
    return int(re.search(rf"^{name}:\s+(\d+)", pathlib.Path("/proc/self/status").read_text(), re.M)[1])


def train(name, batch, epochs):
    """One rival, in this process: prints what perceptron_memory.cpp prints."""
    sys.path.insert(0, str(EXAMPLES))
    import perceptron_rivals as rivals
    import numpy as np

    for module in RIVALS[name]:
        importlib.import_module(module)
    (x, t), _ = rivals.problem(np, DIGITS)
    pathlib.Path("/proc/self/clear_refs").write_text("5")  # forgets the peak
    before, own = held("VmRSS"), held("RssAnon")
    kinds = {kind.name: kind for kind in (rivals.WithNumPy, rivals.WithJax, rivals.WithPyTensor)}
    rival = kinds[name](np, rivals.first_weights(np))
    loss = 0.0
    for epoch in range(epochs):
        order = np.array(rivals.shuffled(len(t), 100 + epoch))
        for at in range(0, len(t) - batch + 1, batch):
            loss = float(rival.step(x[order[at:at + batch]], t[order[at:at + batch]]))
    print(before, held("VmHWM"), held("RssAnon") - own, f"{loss:.5f}")


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("program", help="perceptron_memory, built; or the name of a rival to train in this process")
    arguments.add_argument("--batches", default="64,1024")
    arguments.add_argument("--epochs", type=int, default=5)
    chosen = arguments.parse_args()
    batches = [int(b) for b in chosen.batches.split(",")]
    if chosen.program in RIVALS:
        train(chosen.program, batches[0], chosen.epochs)
        return
    rows = []
    for batch in batches:
        commands = {
            f"damo, {how}": [chosen.program, str(DIGITS), str(batch), str(chosen.epochs), how] for how in ("interpreted", "compiled")
        } | {name: [sys.executable, str(HERE), name, f"--batches={batch}", f"--epochs={chosen.epochs}"] for name in RIVALS}
        losses = []
        for who, command in commands.items():
            before, most, own, loss = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.split()
            row = {"batch": batch, "candidate": who, "whole": int(most), "on_top": int(most) - int(before), "own": int(own), "loss": float(loss)}
            rows.append(row)
            losses.append(row["loss"])
            print(f"batches of {batch:5}  {who:18} {row['whole'] / 1024:8.1f} MB, on top {row['on_top'] / 1024:7.1f} MB, "
                  f"of it its own {row['own'] / 1024:7.1f} MB, last loss {loss}", flush=True)
        if max(losses) - min(losses) > 1e-3 * max(losses):
            sys.exit(f"the candidates did not compute the same: losses {losses}")
    results = HERE.parents[1] / "results"
    results.mkdir(exist_ok=True)
    (results / "python_memory.json").write_text(json.dumps({"kilobytes": rows}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
