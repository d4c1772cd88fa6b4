// SPDX-License-Identifier: BSD-3-Clause
#include "rules/rows.hpp"

TEST_CASE("Powers, exponentials and logarithms: each rule gives what its row says") {
    for (const auto& row : power_rows) { reference::check_fires(row); }
}

TEST_CASE("Powers, exponentials and logarithms: each rule keeps the value") {
    for (const auto& row : power_rows) { reference::check_value(row); }
}
