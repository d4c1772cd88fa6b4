// SPDX-License-Identifier: BSD-3-Clause
// Loops that go on while a condition holds, over numbers and over arrays.
#include <damo/damo.hpp>

#include "catch.hpp"
#include "exec/against_reference.hpp"

#include <cmath>

using damo::fn;
using damo::scalar;
using damo::value;
using damo::vector;
using damo::while_loop;
using S = scalar<double>;
using reference::agrees;

namespace {

// Newton's method until the step is small: the derivative of the root is that of sqrt.
constexpr auto root = fn([](S x) {
    return while_loop([&](S c) { return abs(c * c - x) > 1e-14 * x; }, [&](S c) { return 0.5 * (c + x / c); }, x);
});
// x doubled while below a limit.
constexpr auto doubled = fn([](S x, S limit) { return while_loop([&](value c) { return c < limit; }, [](value c) { return c * 2; }, x); });
constexpr auto grown = fn([](vector<double> x, vector<double> y) {
    return while_loop([](value c) { return dot(c, c) < 100; }, [&](value c) { return c * 1.5 + sin(y); }, x);
});

} // namespace

static_assert(doubled(3.0, 20.0) == 24);
static_assert(doubled(30.0, 20.0) == 30);
static_assert(damo::grad(doubled)(3.0, 20.0) == 8);

TEST_CASE("loops over numbers, and their derivatives by both modes and of second order") {
    CHECK(root(2.0) == Approx(std::sqrt(2)).epsilon(1e-14));
    CHECK(damo::grad(root)(2.0) == Approx(0.5 / std::sqrt(2)).epsilon(1e-6));
    const auto moved = damo::jvp(doubled)(3.0, 100.0, 1.0, 0.0);
    CHECK(moved.value == 192);
    CHECK(moved.tangent == 64);
    constexpr auto squares = fn([](S x) { return while_loop([](value c) { return c < 50; }, [&](value c) { return c * c * x; }, x); });
    // x = 2: 2, 8, 128 = x^7
    CHECK(squares(2.0) == 128);
    CHECK(damo::grad(squares)(2.0) == 7 * 64);
    CHECK(damo::grad(damo::grad(squares))(2.0) == 42 * 32);
    CHECK(damo::grad(squares)(60.0) == 1);
}

TEST_CASE("several carries, a count among them") {
    constexpr auto collatz = fn([](scalar<std::int64_t> n) {
        return std::get<1>(while_loop([](auto c) { return std::get<0>(c) > 1; },
                                      [](auto c) {
                                          auto [k, steps] = c;
                                          const value half = cast(floor(cast(k, damo::dtype::float64) / 2), damo::dtype::int64);
                                          return std::tuple{where(half * 2 < k, 3 * k + 1, half), steps + 1};
                                      },
                                      std::tuple{n, 0}));
    });
    CHECK(collatz(27) == 111);
    CHECK(collatz(1) == 0);
}

TEST_CASE("loops over arrays agree with the reference, forward derivatives too") {
    agrees(grown, {{3}, {3}});
    agrees(grown, {{400}, {400}}); // the condition does not hold
    agrees(damo::jvp(grown), {{3}, {3}, {3}, {3}});
    const std::vector<double> x{1, 2, 0.5}, y{0.1, 0.2, 0.3}, v{1, -1, 2}, none{0, 0, 0};
    const auto t = damo::jvp(grown)(x, y, v, none).tangent;
    const auto all = grown(x, y);
    CHECK(t[0] / v[0] == Approx(t[2] / v[2]).epsilon(1e-12)); // a power of 1.5
    CHECK(all[0] * all[0] + all[1] * all[1] + all[2] * all[2] >= 100);
}

TEST_CASE("loops in loops that end each in their own time") {
    constexpr auto f = fn([](damo::matrix<double> xs, vector<double> h) {
        return damo::scan(xs, h, [](value x, value s) {
            const value c = while_loop([](value v) { return sum(v * v) < 4; }, [&](value v) { return v * 2 + x * x; }, s * 0.1);
            return std::pair(c, sum(c));
        });
    });
    agrees(f, {{5, 3}, {3}});
}
