// SPDX-License-Identifier: BSD-3-Clause
#include <damo/ops/broadcast.hpp>

#include "catch.hpp"
#include "reference/derivatives.hpp"
#include "reference/graph.hpp"

using namespace damo;
using namespace reference;

static_assert(has_type([](ir::module& m) { return sum(array(m, 0, {2, 3})); }, dtype::float64, {}));
static_assert(has_type([](ir::module& m) { return sum(array(m, 0, {2, 3}), 0); }, dtype::float64, {3}));
static_assert(has_type([](ir::module& m) { return sum(array(m, 0, {2, unknown, 4}), {0, -1}, keepdims); }, dtype::float64, {1, unknown, 1}));
static_assert(has_type([](ir::module& m) { return sum(array(m, 0, {2, 3}, dtype::float32), 1); }, dtype::float32, {2}));
static_assert(has_type([](ir::module& m) { return sum(array(m, 0, {2}, dtype::int32)); }, dtype::int64, {}));
static_assert(has_type([](ir::module& m) { return sum(array(m, 0, {2}, dtype::boolean)); }, dtype::int64, {}));
static_assert(has_type([](ir::module& m) { return broadcast_to(array(m, 0, {3, 1}), {2, 3, 4}); }, dtype::float64, {2, 3, 4}));
static_assert(has_type(
    [](ir::module& m) {
        const auto y = array(m, 1, {unknown, 3});
        return broadcast_to(array(m, 0, {3}), shape_of(y)) * y;
    },
    dtype::float64, {unknown, 3}));
static_assert(checks_made([](ir::module& m) { return broadcast_to(array(m, 0, {unknown}), {2, 3}); }) == 1);
static_assert(refused([](ir::module& m) { return sum(array(m, 0, {2, 3}), 2); }, "sum(float64[2, 3], axis 2) requires an axis from -2 to 1"));
static_assert(refused([](ir::module& m) { return sum(array(m, 0, {2, 3}), {0, -2}); }, "names axis 0 twice"));
static_assert(refused([](ir::module& m) { return sum(array(m, 0, {}), 0); }, "has no axis to work on"));
static_assert(refused([](ir::module& m) { return broadcast_to(array(m, 0, {3}), {3, 2}); }, "broadcast_to(float64[3]) to float64[3, 2] requires"));
static_assert(refused([](ir::module& m) { return broadcast_to(array(m, 0, {3}), {-1, 3}); }, "broadcast_to(float64[3], {-1, 3}) requires extents"));
static_assert(refused([](ir::module& m) { return sum(sum(array(m, 0, {2, 3}), 2), 5); }, "axis 2"));

TEST_CASE("sum folds the named axes") {
    const auto x = tensor::of({2, 3}, {1, 2, 3, 4, 5, 6});
    CHECK(evaluate({x}, [](auto& v) { return sum(v[0]); }) == std::vector<double>{21});
    CHECK(evaluate({x}, [](auto& v) { return sum(v[0], 0); }, false) == std::vector<double>{5, 7, 9});
    CHECK(evaluate({x}, [](auto& v) { return sum(v[0], -1, keepdims); }) == std::vector<double>{6, 15});
}

TEST_CASE("sum over an empty axis is zero") {

    CHECK(evaluate({tensor(dtype::float64, {0, 2})}, [](auto& v) { return sum(v[0], 0); }, false) == std::vector<double>{0, 0});
}

TEST_CASE("sum counts booleans and small integers in int64") {
    CHECK(evaluate({tensor::of({3}, {1, 0, 1}, dtype::boolean)}, [](auto& v) { return sum(v[0]); }) == std::vector<double>{2});
    CHECK(evaluate({tensor::of({2}, {2147483647, 1}, dtype::int32)}, [](auto& v) { return sum(v[0]); }) == std::vector<double>{2147483648.});
}

TEST_CASE("broadcast_to repeats along new axes and axes of extent 1") {
    CHECK(evaluate({tensor::of({2, 1}, {1, 2})}, [](auto& v) { return broadcast_to(v[0], {2, 2, 3}); }) ==
          std::vector<double>{1, 1, 1, 2, 2, 2, 1, 1, 1, 2, 2, 2});
}

TEST_CASE("sum and broadcast_to are each other's transposes") {
    const auto x = random_tensor({2, 3, 4}, 1);
    check_derivatives({x}, [](auto& v) { return sum(v[0]); });
    check_derivatives({x}, [](auto& v) { return sum(v[0], {0, 2}); });
    check_derivatives({x}, [](auto& v) { return sum(v[0], 1, keepdims); });
    check_derivatives({random_tensor({3, 1}, 2)}, [](auto& v) { return broadcast_to(v[0], {2, 3, 4}); }, extents_are::known);
    check_derivatives({random_tensor({3, 1}, 2)}, [](auto& v) { return broadcast_to(v[0], {3, 4}); });
    check_derivatives({random_tensor({3}, 2), x}, [](auto& v) { return broadcast_to(v[0], {4, 3}); });
    check_derivatives({random_tensor({4}, 2), x}, [](auto& v) { return broadcast_to(v[0], shape_of(v[1])) * v[1]; });
    check_derivatives({random_tensor({}, 2), x}, [](auto& v) { return v[0] * v[1]; });
}
