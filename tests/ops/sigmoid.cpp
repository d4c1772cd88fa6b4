// SPDX-License-Identifier: BSD-3-Clause
#include <damo/ops/sigmoid.hpp>

#include "catch.hpp"
#include "reference/graph.hpp"
#include "reference/special_values.hpp"

using namespace damo;
using namespace reference;

// Integers and booleans become float64, float32 stays.
static_assert(has_type([](ir::module& m) { return sigmoid(array(m, 0, {2, unknown}, dtype::float32)); }, dtype::float32, {2, unknown}));
static_assert(has_type([](ir::module& m) { return sigmoid(array(m, 0, {2}, dtype::int32)); }, dtype::float64, {2}));
static_assert(has_type([](ir::module& m) { return softplus(array(m, 0, {2, unknown}, dtype::float32)); }, dtype::float32, {2, unknown}));
static_assert(has_type([](ir::module& m) { return softplus(array(m, 0, {2}, dtype::int32)); }, dtype::float64, {2}));
static_assert(has_type([](ir::module& m) { return log1mexp(array(m, 0, {2, unknown}, dtype::float32)); }, dtype::float32, {2, unknown}));
static_assert(has_type([](ir::module& m) { return log1mexp(array(m, 0, {2}, dtype::int32)); }, dtype::float64, {2}));

static_assert(has_type([](ir::module& m) { return logaddexp(array(m, 0, {3, 1}), array(m, 1, {4})); }, dtype::float64, {3, 4}));

TEST_CASE("the expansions agree with the formulas in long double") {
    const auto x = random_tensor({50}, 3, -40, 40);
    const auto expected = [&](auto f) {
        std::vector<double> y;
        for (double v : x.reals) { y.push_back(static_cast<double>(f(static_cast<long double>(v)))); }
        return y;
    };
    const auto relative = [](const std::vector<double>& a, const std::vector<double>& b) {
        double worst = 0;
        for (std::size_t i = 0; i < a.size(); ++i) { worst = std::fmax(worst, std::fabs(a[i] / b[i] - 1)); }
        return worst;
    };
    CHECK(relative(evaluate({x}, [](auto& v) { return sigmoid(v[0]); }), expected([](long double v) { return 1 / (1 + std::exp(-v)); })) < 8e-16);
    CHECK(relative(evaluate({x}, [](auto& v) { return softplus(v[0]); }), expected([](long double v) { return std::log1p(std::exp(v)); })) < 8e-16);
    CHECK(relative(evaluate({x}, [](auto& v) { return log1mexp(-abs(v[0])); }),
                   expected([](long double v) { return std::log1p(-std::exp(-std::fabs(v))); })) < 8e-16);
    CHECK(relative(evaluate({x}, [](auto& v) { return logaddexp(v[0], 3.0); }),
                   expected([](long double v) { return std::log(std::exp(v) + std::exp(3.0L)); })) < 1e-15);
}

TEST_CASE("nothing overflows") {
    const auto x = tensor::of({4}, {-INFINITY, -1000, 1000, INFINITY});
    CHECK(near(evaluate({x}, [](auto& v) { return sigmoid(v[0]); }), {0, 0, 1, 1}));
    CHECK(near(evaluate({x}, [](auto& v) { return softplus(v[0]); }), {0, 0, 1000, INFINITY}));
    CHECK(near(evaluate({x}, [](auto& v) { return logaddexp(v[0], v[0]); }), {-INFINITY, -1000 + std::log(2), 1000 + std::log(2), INFINITY}));
    CHECK(near(evaluate({x}, [](auto& v) { return log1mexp(v[0]); }), {0, 0, NAN, NAN}));
}

TEST_CASE("derivatives of the sigmoid family") {
    check_derivatives_between(-3, 3, [](value x) { return sigmoid(x); });
    check_derivatives_between(-3, 3, [](value x) { return softplus(x); });
    check_derivatives_between(-3, -0.3, [](value x) { return log1mexp(x); });
    check_derivatives({random_tensor({4, 1}, 3), random_tensor({3}, 4)}, [](auto& v) { return logaddexp(v[0], v[1]); });
}
