// SPDX-License-Identifier: BSD-3-Clause
// Derivatives of derivatives of loops over arrays, forward and reverse.
#include "exec/against_reference.hpp"

#include <damo/damo.hpp>

using damo::fn;
using damo::fold;
using damo::matrix;
using damo::scan;
using damo::value;
using damo::vector;
using reference::agrees;

namespace {

constexpr auto recurrent = fn([](matrix<double> w, matrix<double> xs, vector<double> h) {
    auto [last, all] = scan(xs, h, [&](value x, value s) {
        const value next = tanh(dot(w, s) + x);
        return std::pair(next, next * x);
    });
    return sum(all * all) + sum(last);
});

constexpr auto norm = fn([](vector<double> x, matrix<double> a) { return sum(fold(3, x, [&](auto, value v) { return sin(dot(a, v)); })); });

} // namespace

TEST_CASE("second derivatives") {
    agrees(damo::hessian_vector_product<0>(recurrent), {{2, 2}, {4, 2}, {2}, {2, 2}});
    constexpr auto twice = damo::grad(fn([](vector<double> x, matrix<double> a) { return sum(square(damo::grad(norm)(x, a))); }));
    agrees(twice, {{3}, {3, 3}});
}
