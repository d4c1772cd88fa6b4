// SPDX-License-Identifier: BSD-3-Clause
#include <damo/ops/axes.hpp>

#include "catch.hpp"
#include "reference/graph.hpp"

using namespace damo;
using reference::array;
using reference::unknown;

static_assert(axes().count == axes::all);
static_assert(axes(2).count == 1 && axes(2).list[0] == 2);
static_assert(axes({0, -1}).count == 2 && axes({0, -1}).list[1] == -1);
static_assert(shape(3).rank == 1 && shape({2, -1, 4}).left_over == 1 && !shape({2, -1}).refused);
static_assert(shape({-1, -1}).refused && shape({-2}).refused && shape({1, 1, 1, 1, 1, 1, 1, 1, 1}).refused);
static_assert(keepdims == keep_dims::yes);
// A truth value names no axis.
static_assert(!std::is_convertible_v<bool, axes> && std::is_convertible_v<int, axes>);

constexpr std::int64_t mask(const axes& over, int rank) {
    ir::module m;
    const std::int64_t bits = ops::axis_mask(m, "sum", {}, over, rank);
    return m.failed ? -1 : bits;
}
static_assert(mask({}, 3) == 7 && mask({}, 0) == 0);
static_assert(mask(0, 3) == 1 && mask(-1, 3) == 4 && mask({0, -1}, 3) == 5);
static_assert(mask(3, 3) == -1 && mask(-4, 3) == -1 && mask({0, 0}, 3) == -1 && mask({1, -2}, 3) == -1);
static_assert(mask({0, 1, 2, 3, 4, 5, 6, 7, 0}, 8) == -1);

TEST_CASE("shape_of and extent_of keep symbols") {
    ir::module m;
    const value x = array(m, 0, {2, unknown});
    CHECK(shape_of(x).rank == 2);
    CHECK(shape_of(x).extents[1] == x.type().extents[1]);
    CHECK(extent_of(x, -1).value == x.type().extents[1]);
    CHECK_FALSE(extent_of(x, -1).left_over);
    CHECK_FALSE(m.failed);
    extent_of(x, 2);
    CHECK(m.failed);
}
