// SPDX-License-Identifier: BSD-3-Clause
#include <damo/ops/argmax.hpp>

#include "catch.hpp"
#include "reference/derivatives.hpp"
#include "reference/graph.hpp"

using namespace damo;
using namespace reference;

static_assert(has_type([](ir::module& m) { return argmax(array(m, 0, {2, 3})); }, dtype::int64, {}));
static_assert(has_type([](ir::module& m) { return argmax(array(m, 0, {2, unknown}), -1); }, dtype::int64, {2}));
static_assert(has_type([](ir::module& m) { return argmin(array(m, 0, {2, 3}, dtype::int32), 0, keepdims); }, dtype::int64, {1, 3}));
static_assert(has_type([](ir::module& m) { return argmin(array(m, 0, {2, 3}), axes(), keepdims); }, dtype::int64, {1, 1}));
static_assert(refused([](ir::module& m) { return argmax(array(m, 0, {2, 3}), {0, 1}); }, "argmax(float64[2, 3]) works on one axis"));
static_assert(refused([](ir::module& m) { return argmax(array(m, 0, {2, 0}), 1); }, "has no element to point at: axis 1 is empty"));
static_assert(refused([](ir::module& m) { return argmin(array(m, 0, {0})); }, "axis 0 is empty"));
static_assert(refused([](ir::module& m) { return argmin(array(m, 0, {2}), 2); }, "argmin(float64[2], axis 2)"));

TEST_CASE("argmax and argmin point at the first extremum") {
    const auto x = tensor::of({2, 3}, {1, 7, 7, 9, 0, 0});
    CHECK(evaluate({x}, [](auto& v) { return argmax(v[0], 1); }) == std::vector<double>{1, 0});
    CHECK(evaluate({x}, [](auto& v) { return argmin(v[0], 1); }, false) == std::vector<double>{0, 1});
    CHECK(evaluate({x}, [](auto& v) { return argmax(v[0], 0); }) == std::vector<double>{1, 0, 0});
    CHECK(evaluate({x}, [](auto& v) { return argmax(v[0]); }) == std::vector<double>{3});
    CHECK(evaluate({x}, [](auto& v) { return argmin(v[0]); }, false) == std::vector<double>{4});
}

TEST_CASE("the first NaN is both") {
    const auto x = tensor::of({4}, {1, NAN, 5, NAN});
    CHECK(evaluate({x}, [](auto& v) { return argmax(v[0]); }) == std::vector<double>{1});
    CHECK(evaluate({x}, [](auto& v) { return argmin(v[0]); }) == std::vector<double>{1});
}
