// SPDX-License-Identifier: BSD-3-Clause
#include <damo/ops/exponential.hpp>

#include "catch.hpp"
#include "reference/graph.hpp"
#include "reference/special_values.hpp"

using namespace damo;
using namespace reference;

// Integers and booleans become float64, float32 stays.
static_assert(has_type([](ir::module& m) { return exp(array(m, 0, {2, unknown}, dtype::float32)); }, dtype::float32, {2, unknown}));
static_assert(has_type([](ir::module& m) { return exp(array(m, 0, {2}, dtype::int32)); }, dtype::float64, {2}));
static_assert(has_type([](ir::module& m) { return expm1(array(m, 0, {2, unknown}, dtype::float32)); }, dtype::float32, {2, unknown}));
static_assert(has_type([](ir::module& m) { return expm1(array(m, 0, {2}, dtype::int32)); }, dtype::float64, {2}));
static_assert(has_type([](ir::module& m) { return log1p(array(m, 0, {2, unknown}, dtype::float32)); }, dtype::float32, {2, unknown}));
static_assert(has_type([](ir::module& m) { return log1p(array(m, 0, {2}, dtype::int32)); }, dtype::float64, {2}));

TEST_CASE("exp, expm1 and log1p are those of the platform") {
    check_special_values([](value x) { return exp(x); }, [](double x) { return std::exp(x); });
    check_special_values([](value x) { return expm1(x); }, [](double x) { return std::expm1(x); });
    check_special_values([](value x) { return log1p(x); }, [](double x) { return std::log1p(x); });
}

TEST_CASE("derivatives of exp, expm1 and log1p") {
    check_derivatives_between(-2, 2, [](value x) { return exp(x); });
    check_derivatives_between(-2, 2, [](value x) { return expm1(x); });
    check_derivatives_between(-0.5, 2, [](value x) { return log1p(x); });
}
