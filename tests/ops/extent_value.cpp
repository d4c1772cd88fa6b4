// SPDX-License-Identifier: BSD-3-Clause
#include <damo/ops/extent_value.hpp>

#include "catch.hpp"
#include "reference/derivatives.hpp"
#include "reference/graph.hpp"

using namespace damo;
using namespace reference;

static_assert(has_type([](ir::module& m) { return size(array(m, 0, {2, unknown})); }, dtype::int64, {}));
static_assert(has_type([](ir::module& m) { return size(array(m, 0, {2, unknown}), -1); }, dtype::int64, {}));
static_assert(refused([](ir::module& m) { return size(array(m, 0, {2}), 1); }, "size(float64[2], axis 1) requires an axis from -1 to 0"));
// Known extents are constants.
static_assert([] {
    ir::module m;
    const value n = size(array(m, 0, {2, 3}));
    return ops::is_constant(m, n.node()) && m.nodes[n.node()].bits == 6;
}());

TEST_CASE("size counts elements and gives extents") {
    const tensor x(dtype::float32, {3, 5});
    for (bool known : {true, false}) {
        CHECK(evaluate({x}, [](auto& v) { return size(v[0]); }, known) == std::vector<double>{15});
        CHECK(evaluate({x}, [](auto& v) { return size(v[0], -1); }, known) == std::vector<double>{5});
        CHECK(evaluate({x}, [](auto& v) { return size(v[0], 0) / 2; }, known) == std::vector<double>{1.5});
    }
}
