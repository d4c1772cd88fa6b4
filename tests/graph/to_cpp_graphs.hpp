// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// The graphs whose source tests/graph/written_by_to_cpp.hpp holds.

#include <damo/expr/control.hpp>
#include <damo/graph/builder.hpp>
#include <damo/graph/parse.hpp>
#include <damo/graph/to_cpp.hpp>

namespace to_cpp_graphs {

using damo::dtype;
using damo::value;

// All have the same inputs.
struct work {
    damo::graph_builder b;
    value x = b.input("x", dtype::float64);
    value y = b.input("class", dtype::float64); // no name for C++
    value n = b.input("n", dtype::int64);
    value a = b.input("A", dtype::float64, {3, "k"});
    value v = b.input("v", dtype::float64, {"k"});
    value u = b.input("u", dtype::float64, {-1});
    value w = b.input("w", dtype::float32, {2, -1});

    value parse(const char* text) { return damo::parse(text, {{"x", x}, {"y", y}, {"n", n}, {"A", a}, {"v", v}, {"u", u}, {"w", w}}); }

    damo::graph elementwise() {
        return b.optimise({parse("log(1 + exp(-x^2))*y/3 + x^y - sqrt(y)"), parse("x < 1 ? v*2.5 : -v"), parse("where(u < 0, 0.1, u)*2"), parse("w*0.1 + 1"),
                           parse("x < y & !(y == 2) | x != 3"), parse("n*3 + n"), parse("cast(n, float32) + w"), parse("exact((x + y) - x) + cond(x < y, tanh(x), erf(y))"),
                           parse("maximum(x, 0) + atan2(y, x) + inf*y")});
    }
    damo::graph arrays() {
        const value cost = parse("mean(A @ v) + sum(concatenate([u, v, u])^2) + logsumexp(w)");
        return b.optimise({cost, b.grad(cost, v), b.grad(cost, u), parse("max(A, axis=0, keepdims=true)"), parse("A[1:, 0:2].T"), parse("pad(u, [[1, 2]])"), parse("reshape(A, [-1])"),
                           parse("softmax(w, axis=0)"), parse("broadcast_to(x, [2, size(u)])"), parse("one_hot(argmax(A, 1), 4)"), parse("size(u)*n"), parse("stack([x, y, 1])")});
    }
    damo::graph loops() {
        const value folded = damo::fold(v, x, [&](auto element, auto carry) { return carry * x + element; });
        const auto steps = damo::scan(n, x, [&](auto k, auto carry) {
            // One operation a statement: in which order C++ makes the operands of one is for the compiler to choose.
            const value scaled = carry * y / 2;
            const value output = sin(carry) * v;
            return std::pair(scaled + k, output);
        });
        const value nested = damo::fold(3, x, [&](auto, auto outer) {
            return damo::fold(u, outer, [&](auto element, auto inner) {
                const value scaled = inner * y / 4;
                const value product = element * outer;
                return scaled + product;
            });
        });
        const value doubled = damo::while_loop([&](auto carry) { return carry < 20 * y; }, [&](auto carry) { return carry * 2 + y; }, x);
        const auto both = damo::while_loop([](auto carry) { return sum(carry.first * carry.first) < 50; },
                                           [](auto carry) {
                                               const value longer = carry.first * 1.5;
                                               return std::pair(longer, carry.second + 1);
                                           },
                                           std::pair(v, n));
        return b.optimise({folded, b.grad(folded, x), steps.first, steps.second, b.grad(sum(steps.second), y), nested, b.grad(nested, y), doubled, b.grad(doubled, y), both.first, both.second});
    }
    std::string source() {
        std::string all = "// SPDX-License-Identifier: BSD-3-Clause\n" + damo::to_cpp(elementwise(), "written_elementwise");
        for (const std::string& more : {damo::to_cpp(arrays(), "written_arrays"), damo::to_cpp(loops(), "written_loops")}) { all += more.substr(more.find("\ninline")); }
        return all;
    }
};

} // namespace to_cpp_graphs
