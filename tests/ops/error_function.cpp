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

static_assert(has_type([](ir::module& m) { return erfcx(array(m, 0, {2, unknown}, dtype::float32)); }, dtype::float32, {2, unknown}));
static_assert(has_type([](ir::module& m) { return log_erfc(array(m, 0, {2}, dtype::int32)); }, dtype::float64, {2}));

TEST_CASE("erf and erfc are those of the platform") {
    check_special_values([](value x) { return erf(x); }, [](double x) { return std::erf(x); });
    check_special_values([](value x) { return erfc(x); }, [](double x) { return std::erfc(x); });
}

TEST_CASE("derivatives of erf and erfc") {
    check_derivatives_between(-2, 2, [](value x) { return erf(x); });
    check_derivatives_between(-2, 2, [](value x) { return erfc(x); });
}

TEST_CASE("erfcx and log_erfc at the ends of the numbers") {
    const auto x = tensor::of({8}, {-INFINITY, -1e300, -27, 0, 1e300, 1.7e308, INFINITY, NAN});
    const std::vector<double> scaled = evaluate({x}, [](auto& v) { return erfcx(v[0]); });
    CHECK(near(scaled, {INFINITY, INFINITY, INFINITY, 1, 0, 0, 0, NAN}));
    CHECK(scaled[4] == Approx(0.5641895835477563e-300).epsilon(1e-14).scale(1e-310));
    CHECK(near(evaluate({x}, [](auto& v) { return log_erfc(v[0]); }), {std::log(2), std::log(2), std::log(2), 0, -INFINITY, -INFINITY, -INFINITY, NAN}));
}

TEST_CASE("derivatives of erfcx and log_erfc") {
    check_derivatives_between(-2, 2, [](value x) { return erfcx(x); });
    check_derivatives_between(-2, 2, [](value x) { return log_erfc(x); });
    check_derivatives_between(20, 40, [](value x) { return log_erfc(x); });
}
