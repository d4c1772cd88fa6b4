// SPDX-License-Identifier: BSD-3-Clause
#include <damo/ops/hyperbolic.hpp>

#include "catch.hpp"
#include "reference/graph.hpp"
#include "reference/special_values.hpp"

using namespace damo;
using namespace reference;

// Integers and booleans become float64, float32 stays.
static_assert(has_type([](ir::module& m) { return sinh(array(m, 0, {2, unknown}, dtype::float32)); }, dtype::float32, {2, unknown}));
static_assert(has_type([](ir::module& m) { return sinh(array(m, 0, {2}, dtype::int32)); }, dtype::float64, {2}));
static_assert(has_type([](ir::module& m) { return cosh(array(m, 0, {2, unknown}, dtype::float32)); }, dtype::float32, {2, unknown}));
static_assert(has_type([](ir::module& m) { return cosh(array(m, 0, {2}, dtype::int32)); }, dtype::float64, {2}));
static_assert(has_type([](ir::module& m) { return tanh(array(m, 0, {2, unknown}, dtype::float32)); }, dtype::float32, {2, unknown}));
static_assert(has_type([](ir::module& m) { return tanh(array(m, 0, {2}, dtype::int32)); }, dtype::float64, {2}));
static_assert(has_type([](ir::module& m) { return asinh(array(m, 0, {2, unknown}, dtype::float32)); }, dtype::float32, {2, unknown}));
static_assert(has_type([](ir::module& m) { return asinh(array(m, 0, {2}, dtype::int32)); }, dtype::float64, {2}));
static_assert(has_type([](ir::module& m) { return acosh(array(m, 0, {2, unknown}, dtype::float32)); }, dtype::float32, {2, unknown}));
static_assert(has_type([](ir::module& m) { return acosh(array(m, 0, {2}, dtype::int32)); }, dtype::float64, {2}));
static_assert(has_type([](ir::module& m) { return atanh(array(m, 0, {2, unknown}, dtype::float32)); }, dtype::float32, {2, unknown}));
static_assert(has_type([](ir::module& m) { return atanh(array(m, 0, {2}, dtype::int32)); }, dtype::float64, {2}));

TEST_CASE("hyperbolic functions are those of the platform") {
    check_special_values([](value x) { return sinh(x); }, [](double x) { return std::sinh(x); });
    check_special_values([](value x) { return cosh(x); }, [](double x) { return std::cosh(x); });
    check_special_values([](value x) { return tanh(x); }, [](double x) { return std::tanh(x); });
    check_special_values([](value x) { return asinh(x); }, [](double x) { return std::asinh(x); });
    check_special_values([](value x) { return acosh(x); }, [](double x) { return std::acosh(x); });
    check_special_values([](value x) { return atanh(x); }, [](double x) { return std::atanh(x); });
}

TEST_CASE("derivatives of the hyperbolic functions") {
    check_derivatives_between(-2, 2, [](value x) { return sinh(x); });
    check_derivatives_between(-2, 2, [](value x) { return cosh(x); });
    check_derivatives_between(-2, 2, [](value x) { return tanh(x); });
    check_derivatives_between(-2, 2, [](value x) { return asinh(x); });
    check_derivatives_between(1.2, 3, [](value x) { return acosh(x); });
    check_derivatives_between(-0.8, 0.8, [](value x) { return atanh(x); });
}

TEST_CASE("derivatives at the ends of the domain: hyperbolic") {
    const auto slope = [](auto f) {
        return [f](auto& v) {
            const value y = f(v[0]);
            return pull_back(y, constant_like(y, 1), {v[0]})[0];
        };
    };
    CHECK(near(evaluate({tensor::of({2}, {-INFINITY, INFINITY})}, slope([](value x) { return tanh(x); })), {0, 0}));
    CHECK(near(evaluate({tensor::scalar(1)}, slope([](value x) { return acosh(x); })), {INFINITY}));
    CHECK(near(evaluate({tensor::of({2}, {-1, 1})}, slope([](value x) { return atanh(x); })), {INFINITY, INFINITY}));
}
