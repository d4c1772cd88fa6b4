// SPDX-License-Identifier: BSD-3-Clause
// Derivatives of loops over arrays, forward and reverse; those of second order are in loop_second_derivatives.cpp.
#include "exec/against_reference.hpp"

#include <damo/damo.hpp>

using damo::fn;
using damo::fold;
using damo::matrix;
using damo::scalar;
using damo::scan;
using damo::value;
using damo::vector;
using reference::agrees;
using reference::agrees_on;
using reference::some;

namespace {

constexpr auto f64 = damo::dtype::float64;
reference::tensor number(std::int64_t n) {
    reference::tensor t(damo::dtype::int64, {});
    t.set_integer(0, n);
    return t;
}

constexpr auto recurrent = fn([](matrix<double> w, matrix<double> xs, vector<double> h) {
    auto [last, all] = scan(xs, h, [&](value x, value s) {
        const value next = tanh(dot(w, s) + x);
        return std::pair(next, next * x);
    });
    return sum(all * all) + sum(last);
});

double dot_of(const std::vector<double>& a, const damo::ndarray<double, 1>& b) {
    double s = 0;
    for (std::size_t i = 0; i < a.size(); ++i) { s += a[i] * b[static_cast<std::int64_t>(i)]; }
    return s;
}

} // namespace

TEST_CASE("value and gradient of a recurrent network") {
    for (std::int64_t steps : {0, 1, 5}) { agrees(damo::value_and_grad<0, 1, 2>(recurrent), {{3, 3}, {steps, 3}, {3}}); }
}

TEST_CASE("derivatives of loops where the call decides how often") {
    constexpr auto f = fn([](matrix<double> w, vector<double> h, scalar<std::int64_t> n) {
        return sum(fold(n, h, [&](auto, value s) { return sin(dot(w, s)) + h; }));
    });
    for (std::int64_t n : {-1, 0, 1, 6}) { agrees_on(damo::value_and_grad<0, 1>(f), {some(f64, {3, 3}, 1), some(f64, {3}, 2), number(n)}); }
}

TEST_CASE("derivatives of loops in loops") {
    constexpr auto f = fn([](matrix<double> xs, vector<double> h) {
        return sum(fold(xs, h, [&](value x, value outer) { return fold(xs, outer, [&](value y, value s) { return sin(s * x + y); }); }));
    });
    agrees(damo::value_and_grad<0, 1>(f), {{3, 2}, {2}});
    agrees(damo::value_and_grad<0, 1>(f), {{1, 2}, {2}});
}

TEST_CASE("forward and reverse are transposes of each other, and right") {
    constexpr auto f = fn([](vector<double> x, vector<double> y) {
        return fold(4, x, [&](auto i, value s) { return sin(s * y) + cast(i, f64) * x; });
    });
    const std::vector<double> x{0.3, -0.7, 1.1}, y{0.5, 0.2, -0.4}, v{1, -2, 0.5}, u{-0.3, 0.1, 2}, w{0.7, 0.9, -1.5};
    const auto moved = damo::jvp(f)(x, y, v, u);
    const auto back = damo::vjp(f)(x, y, w);
    CHECK(dot_of(w, moved.tangent) == Approx(dot_of(v, back.gradient.get<0>()) + dot_of(u, back.gradient.get<1>())).epsilon(1e-12));
    const double h = 1e-5;
    std::vector<double> above = x, below = x, y_above = y, y_below = y;
    for (std::size_t i = 0; i < 3; ++i) {
        above[i] += h * v[i];
        below[i] -= h * v[i];
        y_above[i] += h * u[i];
        y_below[i] -= h * u[i];
    }
    const auto a = f(above, y_above), b = f(below, y_below);
    for (std::int64_t i = 0; i < 3; ++i) { CHECK(moved.tangent[i] == Approx((a[i] - b[i]) / (2 * h)).epsilon(1e-7)); }
}
