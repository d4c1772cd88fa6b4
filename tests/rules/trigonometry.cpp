// SPDX-License-Identifier: BSD-3-Clause
#include "rules/rows.hpp"

TEST_CASE("Trigonometric and hyperbolic functions: each rule gives what its row says") {
    for (const auto& row : trigonometry_rows) { reference::check_fires(row); }
}

TEST_CASE("Trigonometric and hyperbolic functions: each rule keeps the value") {
    for (const auto& row : trigonometry_rows) { reference::check_value(row); }
}
