// SPDX-License-Identifier: BSD-3-Clause
#include <damo/ops/transpose.hpp>

#include "catch.hpp"
#include "reference/derivatives.hpp"
#include "reference/graph.hpp"

using namespace damo;
using namespace reference;

static_assert(has_type([](ir::module& m) { return transpose(array(m, 0, {2, unknown, 4})); }, dtype::float64, {4, unknown, 2}));
static_assert(has_type([](ir::module& m) { return transpose(array(m, 0, {2, 3, 4}), {1, -1, 0}); }, dtype::float64, {3, 4, 2}));
static_assert(has_type([](ir::module& m) { return swapaxes(array(m, 0, {2, 3, 4}, dtype::int32), 0, -1); }, dtype::int32, {4, 3, 2}));
static_assert(refused([](ir::module& m) { return transpose(array(m, 0, {2, 3}), {0, 0}); }, "transpose(float64[2, 3]) names axis 0 twice"));
static_assert(refused([](ir::module& m) { return transpose(array(m, 0, {2, 3}), 1); }, "requires all 2 axes in their new order, not 1"));
static_assert(refused([](ir::module& m) { return swapaxes(array(m, 0, {2, 3}), 0, 2); }, "swapaxes(float64[2, 3], axis 2)"));
// The order that is there makes no node.
static_assert([] {
    ir::module m;
    const value x = array(m, 0, {2, 3});
    return transpose(x, {0, 1}).node() == x.node() && swapaxes(x, 1, -1).node() == x.node() && transpose(array(m, 1, {5})).node() == 2;
}());

TEST_CASE("transpose moves the elements") {
    const auto x = tensor::of({2, 3}, {1, 2, 3, 4, 5, 6});
    CHECK(evaluate({x}, [](auto& v) { return transpose(v[0]); }, false) == std::vector<double>{1, 4, 2, 5, 3, 6});
    const auto y = tensor::of({1, 2, 3}, {1, 2, 3, 4, 5, 6});
    CHECK(evaluate({y}, [](auto& v) { return transpose(v[0], {2, 0, 1}); }) == std::vector<double>{1, 4, 2, 5, 3, 6});
}

TEST_CASE("the cotangent takes the inverse permutation") {
    const auto x = random_tensor({2, 3, 4}, 1);
    check_derivatives({x}, [](auto& v) { return transpose(v[0], {2, 0, 1}); });
    check_derivatives({x}, [](auto& v) { return swapaxes(v[0], 0, 1); });
}
