// SPDX-License-Identifier: BSD-3-Clause
#include "rules/rows.hpp"

TEST_CASE("Choices, comparisons and logic: each rule gives what its row says") {
    for (const auto& row : choice_rows) { reference::check_fires(row); }
}

TEST_CASE("Choices, comparisons and logic: each rule keeps the value") {
    for (const auto& row : choice_rows) { reference::check_value(row); }
}

TEST_CASE("lazy choices: each rule gives what its row says") {
    for (const auto& row : lazy_choice_rows) { reference::check_fires(row); }
}

TEST_CASE("lazy choices: each rule keeps the value") {
    for (const auto& row : lazy_choice_rows) { reference::check_value(row, {}); }
}
