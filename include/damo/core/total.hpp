// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <type_traits>

namespace damo::core {

// IEEE 754 arithmetic without holes: a constant evaluation refuses overflow and NaN, which the program would compute. These give
// the program's bits in both.

constexpr double total_add(double a, double b) {
    if (!std::is_constant_evaluated()) { return a + b; }
    constexpr double inf = __builtin_inf();
    constexpr double most = 1.7976931348623157e308;
    if (a != a || b != b) { return __builtin_nan(""); }
    if (a == inf || a == -inf) { return b == -a ? __builtin_nan("") : a; }
    if (b == inf || b == -inf) { return b; }
    // Halves cannot overflow; a sum beyond most + half an ULP rounds to infinity.
    const double half = a / 2 + b / 2;
    if (half > most / 2) { return inf; }
    if (half < -most / 2) { return -inf; }
    return a + b;
}

constexpr double total_multiply(double a, double b) {
    if (!std::is_constant_evaluated()) { return a * b; }
    constexpr double inf = __builtin_inf();
    constexpr double most = 1.7976931348623157e308;
    if (a != a || b != b) { return __builtin_nan(""); }
    const double x = a < 0 ? -a : a;
    const double y = b < 0 ? -b : b;
    const bool negative = (a < 0) != (b < 0);
    if (x == inf || y == inf) {
        if (x == 0 || y == 0) { return __builtin_nan(""); }
        return negative ? -inf : inf;
    }
    if (x > 1 && y > most / x) { return negative ? -inf : inf; }
    return a * b;
}

} // namespace damo::core
