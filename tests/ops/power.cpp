// SPDX-License-Identifier: BSD-3-Clause
#include <damo/ops/power.hpp>

#include "catch.hpp"
#include "reference/graph.hpp"
#include "reference/special_values.hpp"

using namespace damo;
using namespace reference;

// Integers and booleans become float64, float32 stays.
static_assert(has_type([](ir::module& m) { return log(array(m, 0, {2, unknown}, dtype::float32)); }, dtype::float32, {2, unknown}));
static_assert(has_type([](ir::module& m) { return log(array(m, 0, {2}, dtype::int32)); }, dtype::float64, {2}));
static_assert(has_type([](ir::module& m) { return sqrt(array(m, 0, {2, unknown}, dtype::float32)); }, dtype::float32, {2, unknown}));
static_assert(has_type([](ir::module& m) { return sqrt(array(m, 0, {2}, dtype::int32)); }, dtype::float64, {2}));
static_assert(has_type([](ir::module& m) { return reciprocal(array(m, 0, {2, unknown}, dtype::float32)); }, dtype::float32, {2, unknown}));
static_assert(has_type([](ir::module& m) { return reciprocal(array(m, 0, {2}, dtype::int32)); }, dtype::float64, {2}));

static_assert(has_type([](ir::module& m) { return array(m, 0, {2}, dtype::int32) / 2; }, dtype::float64, {2}));
static_assert(has_type([](ir::module& m) { return square(array(m, 0, {2}, dtype::int32)); }, dtype::int32, {2}));
static_assert(has_type([](ir::module& m) { return pow(array(m, 0, {2}, dtype::float32), 0.5); }, dtype::float32, {2}));

TEST_CASE("powers, logarithm and division are those of the platform") {
    check_special_values([](value x) { return log(x); }, [](double x) { return std::log(x); });
    check_special_values([](value x) { return sqrt(x); }, [](double x) { return std::sqrt(x); });
    check_special_values([](value x) { return square(x); }, [](double x) { return x * x; });
    check_special_values([](value x) { return reciprocal(x); }, [](double x) { return 1 / x; });
    check_special_pairs([](value x, value y) { return x / y; }, [](double x, double y) { return x / y; });
    check_special_pairs([](value x, value y) { return pow(x, y); }, [](double x, double y) { return std::pow(x, y); });
}

TEST_CASE("derivatives of powers, logarithm and division") {
    check_derivatives_between(0.5, 3, [](value x) { return log(x); });
    check_derivatives_between(0.5, 3, [](value x) { return sqrt(x); });
    check_derivatives_between(-2, 2, [](value x) { return square(x); });
    check_derivatives_between(0.5, 2, [](value x) { return reciprocal(x); });
    const auto x = random_tensor({4, 1}, 3, 0.5, 2);
    const auto y = random_tensor({3}, 4, 0.5, 2);
    check_derivatives({x, y}, [](auto& v) { return v[0] / v[1]; });
    check_derivatives({x, y}, [](auto& v) { return pow(v[0], v[1]); });
    check_derivatives_between(-2, -1, [](value v) { return pow(v, 3); });
}

TEST_CASE("derivatives of pow at zero") {
    const auto slopes = [](std::size_t which) {
        return [which](auto& v) {
            const value y = pow(v[0], v[1]);
            return pull_back(y, constant_like(y, 1), {v[0], v[1]})[which];
        };
    };
    const auto zero = tensor::of({6}, {0, 0, 0, 0, 0, 0});
    const auto exponent = tensor::of({6}, {0, 1, 2, 3, 0.5, -1});
    CHECK(near(evaluate({zero, exponent}, slopes(0)), {0, 1, 0, 0, INFINITY, -INFINITY}));
    CHECK(near(evaluate({zero, exponent}, slopes(1)), {0, 0, 0, 0, 0, 0}));
}
