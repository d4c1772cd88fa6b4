// SPDX-License-Identifier: BSD-3-Clause
#include <array>

#include "catch.hpp"
#include "reference/same_graph.hpp"

// Expressions of numbers, made by the compiler and made at run time.

namespace {
using number = damo::scalar<double>;
}

#define SAME(...) reference::check_same_graph<number, number>(#__VA_ARGS__, []([[maybe_unused]] number x, [[maybe_unused]] number y) { return damo::value(__VA_ARGS__); })

TEST_CASE("elementary functions are the same graphs at run time") {
    SAME(x + y);
    SAME(3 * x - y / 7);
    SAME(x * x * y + y * x * x);
    SAME(exp(x) * exp(y));
    SAME(log(exp(x) + exp(y)));
    SAME(log(1 + exp(x * y)));
    SAME(sqrt(x * x + y * y));
    SAME(pow(x, y));
    SAME(pow(x, 3) / pow(x, 2));
    SAME(sin(x) * cos(y) + cos(x) * sin(y));
    SAME(tan(x / y));
    SAME(atan2(y, x));
    SAME(asin(x) + acos(y) + atan(x * y));
}

TEST_CASE("composite functions are the same graphs at run time") {
    SAME(sinh(x) + cosh(y) - tanh(x - y));
    SAME(asinh(x) * acosh(y) * atanh(x));
    SAME(erf(x) - erfc(y));
    SAME(sigmoid(x) * softplus(y));
    SAME(expm1(x) / log1p(y));
    SAME(where(x < y, x * x, sqrt(y)));
    SAME(maximum(x, y) - minimum(x, 2 * y));
    SAME(abs(x) * sign(y));
    SAME(exact((x + y) - x) + stop_gradient(x) * y);
    SAME(logaddexp(x, 2 * y) + reciprocal(x));
    SAME(floor(x) + ceil(y) + x);
    SAME(cast(x > y, damo::dtype::float64) * x);
    SAME(x * 0 + y * 1 + 0.1);
}

TEST_CASE("loops and structures are the same graphs at run time") {
    reference::check_same_graph<std::array<number, 5>, number>("polynomial", [](std::array<number, 5> c, number x) {
        number s = 0;
        for (const number& k : c) { s = s * x + k; }
        return s;
    });
    reference::check_same_graph<std::array<number, 4>>("softmax by hand", [](std::array<number, 4> x) {
        number s = 0;
        for (const number& k : x) { s += exp(k); }
        return log(s) - x[0];
    });
    reference::check_same_graph<damo::scalar<float>, number>("mixed", [](damo::scalar<float> x, number y) { return x * y + 0.1 * x; });
    reference::check_same_graph<damo::scalar<std::int64_t>, number>("integers", [](damo::scalar<std::int64_t> n, number y) {
        return std::array<damo::value, 2>{n * n + 3, y / n};
    });
}

TEST_CASE("the comparison of graphs can fail") {
    using sum = decltype([](number x, number y) { return x + y; });
    using F = damo::traced_function<sum, damo::signature<number, number>>;
    damo::graph_builder b;
    const damo::value x = b.input("x", damo::dtype::float64);
    const damo::value y = b.input("y", damo::dtype::float64);
    CHECK(reference::difference<F>(b.optimise({x + y})).empty());
    CHECK_FALSE(reference::difference<F>(b.optimise({x * y})).empty());
    CHECK_FALSE(reference::difference<F>(b.optimise({x + 2 * y})).empty());
    CHECK_FALSE(reference::difference<F>(b.optimise({x + 2})).empty());
}
