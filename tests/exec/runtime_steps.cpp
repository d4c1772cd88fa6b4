// SPDX-License-Identifier: BSD-3-Clause
#include "exec/program_against_reference.hpp"

using damo::dtype;
using damo::range;
using damo::value;
using reference::argument;
using reference::program_agrees;

namespace {
using values = std::vector<value>;
constexpr auto f64 = dtype::float64;
constexpr auto f32 = dtype::float32;
constexpr auto i64 = dtype::int64;
constexpr auto i32 = dtype::int32;
constexpr auto truth = dtype::boolean;
} // namespace

TEST_CASE("numbers alone") {
    program_agrees({{f64, {}}, {f64, {}}}, [](const values& x) { return values{x[0] * x[1] + sin(x[0]), where(x[0] < x[1], x[0], exp(x[1])), x[0]}; });
    program_agrees({{i64, {}}, {f32, {}}}, [](const values& x) { return values{x[0] * 3 - 1, x[1] / x[0], x[0] < 2}; });
}

TEST_CASE("element types meet and are converted") {
    program_agrees({{i32, {70}}, {i64, {70}}, {f32, {70}}, {truth, {70}}}, [](const values& x) {
        return values{x[0] + x[1], x[0] * x[2], where(x[3], x[0], 2 * x[0]), cast(x[2], i64), cast(x[3], f64) + x[2], abs(x[1]) - 1, maximum(x[0], 0)};
    });
    program_agrees({{truth, {70}}, {truth, {70}}, {f64, {70}}}, [](const values& x) {
        return values{x[0] & x[1], x[0] | !x[1], x[0] == x[1], (x[2] < 0.5) & x[0], where(x[0], x[1], x[2] > 0), any(x[0]), all(x[1] | x[0])};
    });
    program_agrees({{i32, {5, 33}}, {truth, {5, 33}}}, [](const values& x) { return values{sum(x[0], 0), sum(x[0], 1), max(x[0]), any(x[1], 0), all(x[1], 1), sum(x[1])}; });
}

TEST_CASE("products of vectors, matrices and stacks at run time") {
    program_agrees({{f64, {4, 7}}, {f64, {7, 3}}, {f64, {7}}, {f64, {4}}}, [](const values& x) {
        return values{dot(x[0], x[1]), dot(x[0], x[2]), dot(x[3], x[0]), dot(x[2], x[2]), dot(transpose(x[1]), transpose(x[0]) * 2), exp(dot(x[0], x[2])) + x[3]};
    });
    program_agrees({{f32, {2, 4, 5}}, {f32, {2, 5, 6}}}, [](const values& x) { return values{matmul(x[0], x[1])}; });
    program_agrees({{i64, {4, 5}}, {i64, {5, 6}}}, [](const values& x) { return values{matmul(x[0], x[1]), matmul(x[0] + 1, x[1])}; });
    program_agrees({{f64, {4, 0}}, {f64, {0, 3}}}, [](const values& x) { return values{dot(x[0], x[1])}; });
}

TEST_CASE("positions, padding, concatenation, slices and reshapes at run time") {
    program_agrees({{f64, {5, 30}}}, [](const values& x) { return values{argmax(x[0], 1), argmin(x[0], 0), argmax(x[0] * x[0], 1) + 1}; });
    program_agrees({{f64, {3, 5}}, {f64, {2, 5}}}, [](const values& x) {
        auto all = damo::concatenate({x[0], exp(x[1]), x[0] * 2}, 0);
        return values{all, sum(all * all, 0), pad(x[0] + 1, {{1, 2}, {0, 3}}), slice(exp(x[0]), {range(1, 3)}) * 2};
    });
    program_agrees({{f64, {4, 6}}}, [](const values& x) {
        return values{reshape(x[0], {8, 3}) * 2, reshape(exp(x[0]), {3, 8}) + 1, ravel(transpose(x[0])) - 1, sum(reshape(transpose(x[0]), {4, 6}), 0)};
    });
    program_agrees({{i64, {9}}, {f64, {9, 4}}}, [](const values& x) { return values{one_hot(x[0], 4), sum(one_hot(x[0], 4) * x[1], 1), one_hot(x[0], 4, i32)}; });
    program_agrees({{i32, {9}}, {f32, {9, 4}}}, [](const values& x) { return values{sum(one_hot(x[0], 4, f32) * x[1], 1), one_hot(x[0], 300, f32)}; });
}

TEST_CASE("gradients of layered functions at run time") {
    damo::graph_builder b;
    const value x = b.input("x", f64, {-1, -1});
    const value k = b.input("k", i64, {-1});
    const value w1 = b.input("w1", f64, {-1, -1});
    const value bias = b.input("b", f64, {-1});
    const value w2 = b.input("w2", f64, {-1, -1});
    const value scores = dot(tanh(dot(x, w1) + bias), w2);
    const value loss = -mean(sum(one_hot(k, damo::extent_of(w2, 1)) * log_softmax(scores), 1));
    const damo::graph g = b.optimise({loss, b.grad(loss, w1), b.grad(loss, bias), b.grad(loss, w2)});
    const damo::exec::program p(g.nodes(), g.outputs().data(), g.output_count());
    for (std::int64_t n : {9, 30, 300}) {
        std::vector<reference::tensor> in{reference::some(f64, {n, 20}, 1), reference::some(i64, {n}, 2), reference::some(f64, {20, 18}, 3),
                                          reference::some(f64, {18}, 4), reference::some(f64, {18, 33}, 5)};
        const auto wanted = reference::interpret(g.nodes(), g.outputs(), in);
        for (int l = 0; l < 5; ++l) { reference::compare(reference::run_program(p, in, l, reference::layout::row_major), wanted); }
    }
}
