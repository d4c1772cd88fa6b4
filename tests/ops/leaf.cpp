// SPDX-License-Identifier: BSD-3-Clause
#include <damo/ops/leaf.hpp>

#include "catch.hpp"
#include "reference/graph.hpp"

using namespace damo;
using reference::array;

static_assert(reference::has_type([](ir::module& m) { return ops::make_constant(m, dtype::float32, ir::to_bits(2)); }, dtype::float32, {}));
static_assert(reference::has_type([](ir::module& m) { return array(m, 0, {2, reference::unknown}); }, dtype::float64, {2, reference::unknown}));

TEST_CASE("leaves merge when they are the same and only then") {
    ir::module m;
    CHECK(array(m, 0, {2}).node() == array(m, 0, {2}).node());
    CHECK(array(m, 0, {2}).node() != array(m, 1, {2}).node());
    CHECK(array(m, 0, {2}).node() != array(m, 0, {3}).node());
    const auto number = [&](double v) { return ops::make_constant(m, dtype::float64, ir::to_bits(v)).node(); };
    CHECK(number(1) == number(1));
    CHECK(number(0.0) != number(-0.0));
    CHECK(ops::make_constant(m, dtype::float32, ir::to_bits(1)).node() != number(1));
    CHECK(ops::is_constant(m, number(1)));
    CHECK_FALSE(ops::is_constant(m, array(m, 0, {2}).node()));
}
