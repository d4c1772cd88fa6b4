#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The perceptron of perceptron.cpp in NumPy, JAX and PyTensor, as far as they are installed: the same data, split, first weights, batches
and update, in float32 on one thread. Prints a line each, "name microseconds-per-epoch test-accuracy last-loss".

    perceptron_rivals.py digits.csv BATCH EPOCHS
"""
import os
import sys

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ.setdefault(variable, "1")
os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1")
os.environ.setdefault("JAX_PLATFORMS", "cpu")
os.environ.setdefault("PYTENSOR_FLAGS", "floatX=float32")

import statistics
import time

PIXELS, HIDDEN, CLASSES, TRAIN = 64, 64, 10, 1437
RATE, MOMENTUM = 0.1, 0.9
MASK = 2**64 - 1


class RandomNumbers:
    """splitmix64, as digits::random_numbers."""

    def __init__(self, seed):
        self.state = seed

    def bits(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        return z ^ (z >> 31)

    def below(self, n):
        uneven = (2**64 - n) % n
        while True:
            b = self.bits()
            if b >= uneven:
                return b % n

    def uniform(self):
        return (self.bits() >> 40) * 2.0**-24


def shuffled(n, seed):
    order = list(range(n))
    random = RandomNumbers(seed)
    for i in range(n, 1, -1):
        k = random.below(i)
        order[i - 1], order[k] = order[k], order[i - 1]
    return order


def problem(np, path):
    rows = np.loadtxt(path, delimiter=",", dtype=np.float32)[shuffled(1797, 1)]
    x, t = np.ascontiguousarray(rows[:, :PIXELS] / 16), rows[:, PIXELS].astype(np.int32)
    return (x[:TRAIN], t[:TRAIN]), (x[TRAIN:], t[TRAIN:])


def first_weights(np):
    random = RandomNumbers(2)

    def layer(rows, columns):
        reach = (6.0 / (rows + columns)) ** 0.5
        numbers = [(2 * random.uniform() - 1) * reach for _ in range(rows * columns)]
        return np.array(numbers, np.float32).reshape(rows, columns)

    return [layer(PIXELS, HIDDEN), np.zeros(HIDDEN, np.float32), layer(HIDDEN, CLASSES), np.zeros(CLASSES, np.float32)]


class WithNumPy:
    name = "NumPy"

    def __init__(self, np, weights):
        self.np, self.w = np, [w.copy() for w in weights]
        self.v = [np.zeros_like(w) for w in weights]

    def step(self, x, t):
        np, (w1, b1, w2, b2) = self.np, self.w
        n = len(t)
        h = np.tanh(x @ w1 + b1)
        z = h @ w2 + b2
        z -= z.max(1, keepdims=True)
        e = np.exp(z)
        s = e.sum(1, keepdims=True)
        rows = np.arange(n)
        loss = -(z[rows, t] - np.log(s[:, 0])).mean()
        d = e / s
        d[rows, t] -= 1
        d /= np.float32(n)
        dh = (d @ w2.T) * (1 - h * h)
        for w, v, g in zip(self.w, self.v, (x.T @ dh, dh.sum(0), h.T @ d, d.sum(0))):
            v *= np.float32(MOMENTUM)
            v -= np.float32(RATE) * g
            w += v
        return loss

    def weights(self):
        return self.w


class WithJax:
    name = "JAX"

    def __init__(self, np, weights):
        import jax
        import jax.numpy as jnp

        self.jnp, self.np = jnp, np
        self.w = [jnp.asarray(w) for w in weights]
        self.v = [jnp.zeros_like(w) for w in weights]

        def loss(w, x, t):
            z = jnp.tanh(x @ w[0] + w[1]) @ w[2] + w[3]
            return -jnp.mean(jnp.sum(jax.nn.one_hot(t, CLASSES) * jax.nn.log_softmax(z), 1))

        def step(w, v, x, t):
            value, g = jax.value_and_grad(loss)(w, x, t)
            v = [MOMENTUM * a - RATE * b for a, b in zip(v, g)]
            return [a + b for a, b in zip(w, v)], v, value

        self.run = jax.jit(step, donate_argnums=(0, 1))

    def step(self, x, t):
        self.w, self.v, value = self.run(self.w, self.v, x, t)
        return value

    def weights(self):
        return [self.np.asarray(w) for w in self.w]


class WithPyTensor:
    name = "PyTensor"

    def __init__(self, np, weights):
        import pytensor
        import pytensor.tensor as pt

        x, t = pt.matrix("x", dtype="float32"), pt.vector("t", dtype="int32")
        self.w = [pytensor.shared(w.copy()) for w in weights]
        v = [pytensor.shared(np.zeros_like(w)) for w in weights]
        z = pt.tanh(x @ self.w[0] + self.w[1]) @ self.w[2] + self.w[3]
        one_hot = pt.eq(t[:, None], np.arange(CLASSES, dtype=np.int32)[None, :])
        loss = -pt.mean(pt.sum(one_hot * pt.special.log_softmax(z, axis=1), axis=1))
        updates = []
        for w, m, g in zip(self.w, v, pytensor.grad(loss, self.w)):
            fresh = np.float32(MOMENTUM) * m - np.float32(RATE) * g
            updates += [(m, fresh.astype("float32")), (w, (w + fresh).astype("float32"))]
        self.run = pytensor.function([x, t], loss, updates=updates, trust_input=True)

    def step(self, x, t):
        return self.run(x, t)

    def weights(self):
        return [w.get_value() for w in self.w]


def measure(np, rival, train, test, batch, epochs):
    x, t = train
    times, loss = [], 0.0
    for epoch in range(epochs):
        order = np.array(shuffled(len(t), 100 + epoch))
        begin = time.perf_counter()
        losses = []
        for at in range(0, len(t) - batch + 1, batch):
            rows = order[at:at + batch]
            losses.append(rival.step(x[rows], t[rows]))
        loss = float(np.mean([float(each) for each in losses]))  # JAX computes in the background until it is asked
        times.append(time.perf_counter() - begin)
    w1, b1, w2, b2 = rival.weights()
    guessed = (np.tanh(test[0] @ w1 + b1) @ w2 + b2).argmax(1)
    print(rival.name, f"{1e6 * statistics.median(times[1:] or times):.1f} {np.mean(guessed == test[1]):.4f} {loss:.5f}", flush=True)


def main():
    import numpy as np

    path, batch, epochs = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    train, test = problem(np, path)
    for rival in (WithNumPy, WithJax, WithPyTensor):
        try:
            made = rival(np, first_weights(np))
        except ImportError:
            continue
        measure(np, made, train, test, batch, epochs)


if __name__ == "__main__":
    try:
        main()
    except ImportError as error:
        sys.exit(f"no rival to compare with: {error}")
