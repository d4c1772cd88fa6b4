// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>

namespace damo {

// What a rewrite may change. `exact`: no bit of any result. `reassociating`: rounding only. `real`: right for real numbers, may differ
// where the original gives NaN or an infinity or where a domain ends. `stability`: more accurate than the original.
enum class rule_class : std::uint8_t { exact, reassociating, real, stability };

namespace rules {

// What a guard may ask about the constants a rule has matched: value of the variable of that name (NaN when it is no constant).
struct constants {
    double values[26] = {};
    constexpr double operator[](char variable) const { return values[variable - 'a']; }
};

} // namespace rules

namespace ir {
struct op_info;
}

namespace rules {

// The ops that the notation writes as symbols: x + y, x*y, x^y, comparisons; and the square root, which is read as x^0.5.
struct notation {
    const ir::op_info* sum;
    const ir::op_info* product;
    const ir::op_info* power;
    const ir::op_info* less;
    const ir::op_info* less_equal;
    const ir::op_info* equal;
    const ir::op_info* not_equal;
    const ir::op_info* root;
};

} // namespace rules

// One identity, in the notation of mathematics: + - * / ^, comparisons, calls of ops by name, numbers.
// A letter is a variable and stands for any expression of any shape; c, d, k stand for constants, n and m for integer constants,
// p and q for boolean expressions. The left side is matched up to the order of sums and products; at the root of a sum or
// product it may match a part of it; inside, the last letter of a sum or product takes all that is left, if it stands nowhere else.
struct rule {
    const char* name = "";
    const char* left = "";
    const char* right = "";
    rule_class kind = rule_class::real;
    bool (*guard)(const rules::constants&) = nullptr;
};

} // namespace damo
