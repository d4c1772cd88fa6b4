// SPDX-License-Identifier: BSD-3-Clause
#include "rules/rows.hpp"

TEST_CASE("Powers, exponentials and logarithms: each rule gives what its row says") {
    for (const auto& row : power_rows) { reference::check_fires(row); }
}

TEST_CASE("Powers, exponentials and logarithms: each rule keeps the value") {
    for (const auto& row : power_rows) { reference::check_value(row); }
}

TEST_CASE("the signs of two factors are not the sign of their product, which may underflow") {
    using namespace reference;
    ir::module raw;
    ir::module simple;
    ir::index n = formula_builder{raw, {1}}.build("sign(x)*sign(y)").node();
    optimise(raw, simple, &n, 1);
    tensor small = random_tensor({1}, 1);
    small.set(0, 1e-200);
    CHECK(interpret(simple, {n}, std::vector<tensor>(26, small))[0].get(0) == 1);
}
