// SPDX-License-Identifier: BSD-3-Clause
#include <damo/ops/arithmetic.hpp>

#include "catch.hpp"
#include "reference/graph.hpp"
#include "reference/special_values.hpp"

using namespace damo;
using namespace reference;

static_assert(has_type([](ir::module& m) { return array(m, 0, {2}, dtype::int32) + 1; }, dtype::int32, {2}));
static_assert(has_type([](ir::module& m) { return array(m, 0, {2}, dtype::int32) + 1.5; }, dtype::float64, {2}));
static_assert(has_type([](ir::module& m) { return 2 * array(m, 0, {2}, dtype::float32); }, dtype::float32, {2}));
static_assert(has_type([](ir::module& m) { return array(m, 0, {2, 1}) - array(m, 1, {3}, dtype::int32); }, dtype::float64, {2, 3}));
static_assert(has_type([](ir::module& m) { return -array(m, 0, {unknown}, dtype::int64); }, dtype::int64, {unknown}));
static_assert(checks_made([](ir::module& m) { return array(m, 0, {unknown}) + array(m, 1, {unknown}); }) == 1);
static_assert(refused([](ir::module& m) { return array(m, 0, {2}) + array(m, 1, {3}); }, "add(float64[2], float64[3]) requires shapes that broadcast together; argument 2"));

TEST_CASE("arithmetic is that of the platform") {
    check_special_pairs([](value x, value y) { return x + y; }, [](double x, double y) { return x + y; });
    check_special_pairs([](value x, value y) { return x - y; }, [](double x, double y) { return x - y; });
    check_special_pairs([](value x, value y) { return x * y; }, [](double x, double y) { return x * y; });
    check_special_values([](value x) { return -x; }, [](double x) { return -x; });
}

TEST_CASE("derivatives of arithmetic") {
    const auto x = random_tensor({4, 1}, 3);
    const auto y = random_tensor({3}, 4);
    check_derivatives({x, y}, [](auto& v) { return v[0] + v[1]; });
    check_derivatives({x, y}, [](auto& v) { return v[0] - v[1]; });
    check_derivatives({x, y}, [](auto& v) { return v[0] * v[1] * 3; });
    check_derivatives({x, y}, [](auto& v) { return -v[0] * v[0]; });
}

TEST_CASE("numbers alone are computed at once") {
    const value a = operand(value::number(3)).v;
    CHECK(ir::as_double(dtype::int64, (a + 4).literal_bits()) == 7);
    CHECK(ir::as_double(dtype::float64, (a * 0.5).literal_bits()) == 1.5);
    CHECK(ir::as_double(dtype::int64, (-a - 1).literal_bits()) == -4);
}
