// SPDX-License-Identifier: BSD-3-Clause
#include "rules/rows.hpp"

TEST_CASE("Overflow, cancellation and lost tails: each rule gives what its row says") {
    for (const auto& row : stability_rows) { reference::check_fires(row); }
}

TEST_CASE("Overflow, cancellation and lost tails: each rule keeps the value") {
    for (const auto& row : stability_rows) { reference::check_value(row); }
}

TEST_CASE("Overflow, cancellation and lost tails: no rule makes NaN of a value at infinities and zeros") {
    for (const auto& row : stability_rows) { reference::check_no_new_nan(row); }
}
