// SPDX-License-Identifier: BSD-3-Clause
#include <damo/ops/extent_order.hpp>

#include "catch.hpp"

namespace {

namespace ir = damo::ir;
using damo::ops::lies_inside;
using ir::extent_kind;

struct lengths {
    ir::module m;
    ir::extent n = m.extent_of(extent_kind::input_axis, 0, 0);
    ir::extent k = m.extent_of(extent_kind::input_axis, 1, 0);
    constexpr ir::extent less(ir::extent a, ir::extent b) { return m.extent_of(extent_kind::difference, a, b); }
    constexpr ir::extent sum(ir::extent a, ir::extent b) { return m.extent_of(extent_kind::sum, a, b); }
};

constexpr bool differences_are_simplified() {
    lengths x;
    return x.less(7, 3) == 4 && x.less(3, 7) == 0 && x.less(x.n, 0) == x.n && x.less(x.n, x.n) == 0 && x.less(x.less(x.n, 2), 3) == x.less(x.n, 5) &&
           x.less(x.sum(x.n, 5), 2) == x.sum(x.n, 3) && x.less(x.sum(x.n, 2), 5) == x.less(x.n, 3) && x.less(x.sum(x.n, x.k), x.k) == x.n &&
           x.m.smaller(4, 9) == 4 && x.m.smaller(x.n, x.n) == x.n && x.m.smaller(0, x.n) == 0;
}
static_assert(differences_are_simplified());

constexpr bool parts_lie_inside() {
    lengths x;
    const ir::extent some = x.less(x.n, 3);
    const ir::extent both = x.m.smaller(x.n, x.k);
    return lies_inside(x.m, x.n, 0, 1, some) && lies_inside(x.m, x.n, 3, 1, some) && !lies_inside(x.m, x.n, 4, 1, some) && lies_inside(x.m, x.n, 0, 1, both) &&
           lies_inside(x.m, x.k, 0, 1, both) && !lies_inside(x.m, x.n, 1, 1, both) && !lies_inside(x.m, x.n, 0, 1, x.k) &&
           lies_inside(x.m, x.n, x.less(x.n, x.k), 1, x.less(x.n, x.less(x.n, x.k)));
}
static_assert(parts_lie_inside());

constexpr bool reversed_parts_lie_inside() {
    lengths x;
    const ir::extent some = x.less(x.n, 3);
    return lies_inside(x.m, x.n, x.less(x.n, 1), -1, x.n) && lies_inside(x.m, some, x.less(some, 1), -1, some) && !lies_inside(x.m, x.n, x.n, -1, x.n) &&
           lies_inside(x.m, x.sum(x.n, 2), x.sum(x.n, 1), -1, x.sum(x.n, 2)) && !lies_inside(x.m, some, x.less(x.n, 1), -1, some);
}
static_assert(reversed_parts_lie_inside());

} // namespace

TEST_CASE("what is not known of extents becomes a check") {
    lengths x;
    CHECK_FALSE(lies_inside(x.m, x.n, 0, 1, x.k));
    CHECK(damo::ops::require_elements(x.m, x.n, x.k));
    CHECK(lies_inside(x.m, x.n, 0, 1, x.k));
    CHECK_FALSE(lies_inside(x.m, x.n, 1, 1, x.k));
    CHECK(x.m.extent_checks.size == 2);
    CHECK(damo::ops::require_elements(x.m, x.n, x.k));
    CHECK(x.m.extent_checks.size == 2);
    CHECK(damo::ops::require_elements(x.m, 4, 3));
    CHECK_FALSE(damo::ops::require_elements(x.m, 3, 4));
}
