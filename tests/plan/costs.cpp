// SPDX-License-Identifier: BSD-3-Clause
// The table that bench/costs writes.
#include <damo/ops/all.hpp>
#include <damo/plan/cost.hpp>

#include "catch.hpp"

TEST_CASE("every time belongs to an op, and the ids rise") {
    std::uint32_t before = 0;
    for (const damo::plan::op_time& t : damo::plan::op_times) {
        INFO(t.op);
        CHECK(damo::ops::find_op(t.op) != nullptr);
        CHECK(t.op > before);
        CHECK(damo::plan::time_of(t.op) == t.time);
        before = t.op;
    }
}

TEST_CASE("times are in the order one expects, and what is not listed is dear") {
    using damo::plan::time_of;
    using namespace damo::ops;
    CHECK(time_of(id_of<add_op>) == 1);
    CHECK(time_of(id_of<add_op>) < time_of(id_of<div_op>));
    CHECK(time_of(id_of<div_op>) < time_of(id_of<exp_op>));
    CHECK(time_of(id_of<exp_op>) < time_of(id_of<pow_op>));
    CHECK(time_of(id_of<sqrt_op>) < damo::plan::costs.store_rather_than_repeat);
    CHECK(time_of(id_of<exp_op>) >= damo::plan::costs.store_rather_than_repeat);
    CHECK(time_of(damo::core::hash_name("an op of the user's")) >= damo::plan::costs.store_rather_than_repeat);
}
