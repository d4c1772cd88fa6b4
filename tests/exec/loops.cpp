// SPDX-License-Identifier: BSD-3-Clause
// Loops over arrays: carries, sequences, captured arrays and stacks of any rank.
#include "exec/against_reference.hpp"

#include <damo/expr/control.hpp>

using damo::fold;
using damo::matrix;
using damo::scalar;
using damo::scan;
using damo::tensor;
using damo::value;
using damo::vector;
using reference::agrees;
using reference::agrees_on;
using reference::some;

namespace {

reference::tensor number(std::int64_t n) {
    reference::tensor t(damo::dtype::int64, {});
    t.set_integer(0, n);
    return t;
}
constexpr auto f64 = damo::dtype::float64;

} // namespace

TEST_CASE("a carry that is an array, with a product in every step") {
    constexpr auto power = damo::fn([](matrix<double> a, vector<double> x) {
        return fold(5, x, [&](auto, vector<double> v) {
            const auto w = dot(a, v);
            return w / sqrt(sum(w * w));
        });
    });
    agrees(power, {{4, 4}, {4}});
    agrees(power, {{1, 1}, {1}});
    agrees(power, {{33, 33}, {33}});
}

TEST_CASE("a sequence is walked along its first axis; outputs are stacked") {
    constexpr auto recurrent = damo::fn([](matrix<double> w, matrix<double> u, matrix<double> xs, vector<double> h) {
        return scan(xs, h, [&](vector<double> x, vector<double> s) {
            const auto next = tanh(dot(w, s) + dot(u, x));
            return std::pair(next, next * 2);
        });
    });
    for (std::int64_t steps : {0, 1, 2, 7}) { agrees(recurrent, {{3, 3}, {3, 2}, {steps, 2}, {3}}); }
    agrees(recurrent, {{0, 0}, {0, 2}, {4, 2}, {0}});
}

TEST_CASE("the call decides how often") {
    constexpr auto f = damo::fn([](matrix<double> w, vector<double> h, scalar<std::int64_t> n) {
        auto [last, all] = scan(n, h, [&](auto i, value s) { return std::pair(sin(dot(w, s)) + cast(i, f64), sum(s)); });
        return std::tuple{last, all, fold(2 * n - 3, h, [&](auto, value s) { return s * 0.5 + h; })};
    });
    for (std::int64_t n : {-2, 0, 1, 2, 5}) { agrees_on(f, {some(f64, {3, 3}, 1), some(f64, {3}, 2), number(n)}); }
}

TEST_CASE("carries change places, and are handed on unread") {
    constexpr auto f = damo::fn([](vector<double> x, matrix<double> y) {
        return fold(7, std::tuple{x, x * 2, y}, [&](auto, auto c) {
            auto [a, b, m] = c;
            return std::tuple{b, a + b * 0.5, transpose(m) + 1.0};
        });
    });
    agrees(f, {{5}, {3, 3}});
    agrees(f, {{0}, {1, 1}});
}

TEST_CASE("loops in loops") {
    constexpr auto f = damo::fn([](tensor<double, damo::dyn, damo::dyn, damo::dyn> xs, vector<double> h) {
        return scan(xs, h, [&](value rows, value outer) {
            auto [last, all] = scan(rows, outer, [&](value row, value s) { return std::pair(cos(s + row), s * row); });
            return std::pair(last + outer, all);
        });
    });
    agrees(f, {{2, 3, 4}, {4}});
    agrees(f, {{3, 0, 4}, {4}});
    agrees(f, {{0, 3, 4}, {4}});
}

TEST_CASE("several sequences, the number of the step, constants to begin with") {
    constexpr auto f = damo::fn([](matrix<double> a, matrix<double> b) {
        return scan(std::tuple{a, b}, 0.0, [&](auto rows, value s) {
            auto [x, y] = rows;
            return std::pair(s + dot(x, y), exp(x - y));
        });
    });
    agrees(f, {{4, 9}, {4, 9}});
    constexpr auto g = damo::fn([](vector<double> x) {
        return fold(4, x * 0, [&](auto i, value s) { return s + x * cast(i, f64); });
    });
    agrees(g, {{17}});
}

TEST_CASE("what a step does with shapes: reshapes, reductions, concatenation, softmax") {
    constexpr auto f = damo::fn([](matrix<double> x) {
        return fold(3, x, [&](auto, matrix<double> m) {
            using damo::range;
            auto turned = reshape(transpose(m), {3, 4});
            return softmax(turned, 1) + damo::concatenate({slice(m, {range(1, 3)}), slice(m, {range(0, 1)})}, 0);
        });
    });
    agrees(f, {{3, 4}});
}
