// SPDX-License-Identifier: BSD-3-Clause
#include <damo/ops/trigonometric.hpp>

#include "catch.hpp"
#include "reference/graph.hpp"
#include "reference/special_values.hpp"

using namespace damo;
using namespace reference;

// Integers and booleans become float64, float32 stays.
static_assert(has_type([](ir::module& m) { return sin(array(m, 0, {2, unknown}, dtype::float32)); }, dtype::float32, {2, unknown}));
static_assert(has_type([](ir::module& m) { return sin(array(m, 0, {2}, dtype::int32)); }, dtype::float64, {2}));
static_assert(has_type([](ir::module& m) { return cos(array(m, 0, {2, unknown}, dtype::float32)); }, dtype::float32, {2, unknown}));
static_assert(has_type([](ir::module& m) { return cos(array(m, 0, {2}, dtype::int32)); }, dtype::float64, {2}));
static_assert(has_type([](ir::module& m) { return tan(array(m, 0, {2, unknown}, dtype::float32)); }, dtype::float32, {2, unknown}));
static_assert(has_type([](ir::module& m) { return tan(array(m, 0, {2}, dtype::int32)); }, dtype::float64, {2}));
static_assert(has_type([](ir::module& m) { return asin(array(m, 0, {2, unknown}, dtype::float32)); }, dtype::float32, {2, unknown}));
static_assert(has_type([](ir::module& m) { return asin(array(m, 0, {2}, dtype::int32)); }, dtype::float64, {2}));
static_assert(has_type([](ir::module& m) { return acos(array(m, 0, {2, unknown}, dtype::float32)); }, dtype::float32, {2, unknown}));
static_assert(has_type([](ir::module& m) { return acos(array(m, 0, {2}, dtype::int32)); }, dtype::float64, {2}));
static_assert(has_type([](ir::module& m) { return atan(array(m, 0, {2, unknown}, dtype::float32)); }, dtype::float32, {2, unknown}));
static_assert(has_type([](ir::module& m) { return atan(array(m, 0, {2}, dtype::int32)); }, dtype::float64, {2}));

static_assert(has_type([](ir::module& m) { return atan2(array(m, 0, {3, 1}, dtype::float32), array(m, 1, {4})); }, dtype::float64, {3, 4}));
static_assert(refused([](ir::module& m) { return atan2(array(m, 0, {3}), array(m, 1, {4})); }, "atan2(float64[3], float64[4]) requires shapes that broadcast"));

TEST_CASE("trigonometric functions are those of the platform") {
    check_special_values([](value x) { return sin(x); }, [](double x) { return std::sin(x); });
    check_special_values([](value x) { return cos(x); }, [](double x) { return std::cos(x); });
    check_special_values([](value x) { return tan(x); }, [](double x) { return std::tan(x); });
    check_special_values([](value x) { return asin(x); }, [](double x) { return std::asin(x); });
    check_special_values([](value x) { return acos(x); }, [](double x) { return std::acos(x); });
    check_special_values([](value x) { return atan(x); }, [](double x) { return std::atan(x); });
    check_special_pairs([](value y, value x) { return atan2(y, x); }, [](double y, double x) { return std::atan2(y, x); });
}

TEST_CASE("derivatives of the trigonometric functions") {
    check_derivatives_between(-3, 3, [](value x) { return sin(x); });
    check_derivatives_between(-3, 3, [](value x) { return cos(x); });
    check_derivatives_between(-1, 1, [](value x) { return tan(x); });
    check_derivatives_between(-0.8, 0.8, [](value x) { return asin(x); });
    check_derivatives_between(-0.8, 0.8, [](value x) { return acos(x); });
    check_derivatives_between(-3, 3, [](value x) { return atan(x); });
    const auto x = random_tensor({4, 1}, 3, 0.5, 2);
    const auto y = random_tensor({3}, 4, -2, -0.5);
    check_derivatives({x, y}, [](auto& v) { return atan2(v[0], v[1]); });
    check_derivatives({x, y}, [](auto& v) { return atan2(v[1], v[0]); });
}

TEST_CASE("derivatives at the ends of the domain: trigonometric") {
    const auto slope = [](auto f) {
        return [f](auto& v) {
            const value y = f(v[0]);
            return pull_back(y, constant_like(y, 1), {v[0]})[0];
        };
    };
    const auto ends = tensor::of({3}, {-1, 1, 2});
    CHECK(near(evaluate({ends}, slope([](value x) { return asin(x); })), {INFINITY, INFINITY, NAN}));
    CHECK(near(evaluate({ends}, slope([](value x) { return acos(x); })), {-INFINITY, -INFINITY, NAN}));
    CHECK(near(evaluate({tensor::of({2}, {-INFINITY, INFINITY})}, slope([](value x) { return atan(x); })), {0, 0}));
    // Near 1 the factors of (1 - x)(1 + x) lose nothing.
    const double x = 1 - 0x1p-50;
    CHECK(near(evaluate({tensor::scalar(x)}, slope([](value v) { return asin(v); })), {1 / std::sqrt(0x1p-50 * (2 - 0x1p-50))}));
}
