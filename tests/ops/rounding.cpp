// SPDX-License-Identifier: BSD-3-Clause
#include <damo/ops/rounding.hpp>

#include "catch.hpp"
#include "reference/graph.hpp"
#include "reference/special_values.hpp"

using namespace damo;
using namespace reference;

static_assert(has_type([](ir::module& m) { return floor(array(m, 0, {2, unknown}, dtype::float32)); }, dtype::float32, {2, unknown}));
static_assert(has_type([](ir::module& m) { return floor(array(m, 0, {2}, dtype::int32)); }, dtype::int32, {2}));
static_assert(has_type([](ir::module& m) { return ceil(array(m, 0, {2, unknown}, dtype::float32)); }, dtype::float32, {2, unknown}));
static_assert(has_type([](ir::module& m) { return ceil(array(m, 0, {2}, dtype::int32)); }, dtype::int32, {2}));
static_assert(has_type([](ir::module& m) { return trunc(array(m, 0, {2, unknown}, dtype::float32)); }, dtype::float32, {2, unknown}));
static_assert(has_type([](ir::module& m) { return trunc(array(m, 0, {2}, dtype::int32)); }, dtype::int32, {2}));
static_assert(has_type([](ir::module& m) { return round(array(m, 0, {2, unknown}, dtype::float32)); }, dtype::float32, {2, unknown}));
static_assert(has_type([](ir::module& m) { return round(array(m, 0, {2}, dtype::int32)); }, dtype::int32, {2}));

TEST_CASE("roundings are those of IEEE 754") {
    check_special_values([](value x) { return floor(x); }, [](double x) { return std::floor(x); });
    check_special_values([](value x) { return ceil(x); }, [](double x) { return std::ceil(x); });
    check_special_values([](value x) { return trunc(x); }, [](double x) { return std::trunc(x); });
    check_special_values([](value x) { return round(x); }, [](double x) { return std::nearbyint(x); });
    CHECK(evaluate({tensor::of({6}, {0.5, 1.5, 2.5, -0.5, -1.5, 2.500001})}, [](auto& v) { return round(v[0]); }) ==
          std::vector<double>{0, 2, 2, -0.0, -2, 3});
}

TEST_CASE("integers stay") {
    const auto x = tensor::of({2}, {3, -4}, dtype::int64);
    CHECK(evaluate({x}, [](auto& v) { return floor(v[0]) + ceil(v[0]) + trunc(v[0]) + round(v[0]); }) == std::vector<double>{12, -16});
}

TEST_CASE("roundings have no derivative") {
    for (const auto* op : {&ops::info_of<ops::floor_op>, &ops::info_of<ops::ceil_op>, &ops::info_of<ops::trunc_op>, &ops::info_of<ops::round_op>}) {
        CHECK(op->facts.inactive);
    }
    const auto x = tensor::of({2}, {0.3, 0.7});
    check_derivatives({x}, [](auto& v) { return v[0] * round(v[0]) + floor(v[0]); });
}
