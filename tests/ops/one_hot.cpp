// SPDX-License-Identifier: BSD-3-Clause
#include <damo/ops/one_hot.hpp>

#include "catch.hpp"
#include "reference/derivatives.hpp"
#include "reference/graph.hpp"

using namespace damo;
using namespace reference;

static_assert(has_type([](ir::module& m) { return one_hot(array(m, 0, {unknown}, dtype::int32), 10); }, dtype::float64, {unknown, 10}));
static_assert(has_type([](ir::module& m) { return one_hot(array(m, 0, {}, dtype::int64), 3, dtype::float32); }, dtype::float32, {3}));
static_assert(has_type(
    [](ir::module& m) {
        const value y = array(m, 1, {2, unknown});
        return one_hot(array(m, 0, {2}, dtype::int64), extent_of(y, 1), dtype::boolean) | (y > 0);
    },
    dtype::boolean, {2, unknown}));
static_assert(refused([](ir::module& m) { return one_hot(array(m, 0, {2}), 3); }, "one_hot(float64[2]) requires integers"));
static_assert(refused([](ir::module& m) { return one_hot(array(m, 0, {2}, dtype::int32), -1); }, "requires a depth of 0 or more, not -1"));

TEST_CASE("one_hot marks the index, and nothing for an index outside") {
    CHECK(evaluate({tensor::of({4}, {2, 0, -1, 3}, dtype::int32)}, [](auto& v) { return one_hot(v[0], 3); }, false) ==
          std::vector<double>{0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0});
}
