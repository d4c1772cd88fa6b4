// SPDX-License-Identifier: BSD-3-Clause
#include <damo/ops/error_function.hpp>

#include "catch.hpp"
#include "reference/graph.hpp"
#include "reference/special_values.hpp"

using namespace damo;
using namespace reference;

// Integers and booleans become float64, float32 stays.
static_assert(has_type([](ir::module& m) { return erf(array(m, 0, {2, unknown}, dtype::float32)); }, dtype::float32, {2, unknown}));
static_assert(has_type([](ir::module& m) { return erf(array(m, 0, {2}, dtype::int32)); }, dtype::float64, {2}));
static_assert(has_type([](ir::module& m) { return erfc(array(m, 0, {2, unknown}, dtype::float32)); }, dtype::float32, {2, unknown}));
static_assert(has_type([](ir::module& m) { return erfc(array(m, 0, {2}, dtype::int32)); }, dtype::float64, {2}));

TEST_CASE("erf and erfc are those of the platform") {
    check_special_values([](value x) { return erf(x); }, [](double x) { return std::erf(x); });
    check_special_values([](value x) { return erfc(x); }, [](double x) { return std::erfc(x); });
}

TEST_CASE("derivatives of erf and erfc") {
    check_derivatives_between(-2, 2, [](value x) { return erf(x); });
    check_derivatives_between(-2, 2, [](value x) { return erfc(x); });
}
