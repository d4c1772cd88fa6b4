// SPDX-License-Identifier: BSD-3-Clause
#include "rules/rows.hpp"

TEST_CASE("Bounds and roundings: each rule gives what its row says") {
    for (const auto& row : bound_rows) { reference::check_fires(row); }
}

TEST_CASE("Bounds and roundings: each rule keeps the value") {
    for (const auto& row : bound_rows) { reference::check_value(row); }
}
