// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// The first three stops of the tour: a function of two numbers, a formula with its derivative, and three formulas that a computer
// gets wrong until they are rewritten.

#include <cmath>
#include <cstdio>
#include <string_view>

#include <boost/multiprecision/cpp_bin_float.hpp>

#include <damo/scalar.hpp>

namespace tour {

// [front page]
inline constexpr auto add = damo::fn<double(double, double)>([](auto x, auto y) { return x + y; });
// [front page end]

inline void front_page() {
    std::printf("(a) a function of two numbers\n");
    std::printf("    add(2, 3) = %g\n", add(2.0, 3.0));
    std::printf("    add(16.3, 12.1) = %g\n\n", add(16.3, 12.1));
}

// [formula]
inline constexpr auto x = damo::var<"x", double>;
inline constexpr auto y = damo::var<"y", double>;
inline constexpr auto f = log(exp(x) + exp(y));
inline constexpr auto fx = damo::grad(f, x);
static_assert(damo::to_string(fx) == "sigmoid(x - y)"); // the compiler knows
// [formula end]

inline void formula() {
    std::printf("(b) a formula and its derivative\n");
    std::printf("    f     = log(exp(x) + exp(y))\n");
    std::printf("    is      %s\n", damo::to_string(f).c_str());
    std::printf("    by      ");
    for (const std::string_view name : damo::rewrites(f)) { std::printf("%.*s ", static_cast<int>(name.size()), name.data()); }
    std::printf("\n    df/dx = %s\n", damo::to_string(fx).c_str());
    std::printf("    at x = 1, y = 2: %.16g\n\n", damo::evaluate(fx, x = 1.0, y = 2.0));
}

using fifty_digits = boost::multiprecision::cpp_bin_float_50;

// Decimal digits of `got` that agree with the reference.
inline double correct_digits(double got, const fifty_digits& exact) {
    if (!std::isfinite(got)) { return 0; }
    const fifty_digits error = abs((fifty_digits(got) - exact) / exact);
    return error == 0 ? 17 : std::fmin(17, std::fmax(0, -static_cast<double>(log10(error))));
}

inline constexpr auto entropy = damo::fn<double(double)>([](auto t) { return log(1 + exp(t)); });
inline constexpr auto survival = damo::fn<double(double)>([](auto t) { return 1 - 1 / (1 + exp(-t)); });
inline constexpr auto growth = damo::fn<double(double)>([](auto t) { return (exp(t) - 1) / t; });

template <class Function, class Formula>
void compare(const char* text, const Function& function, const Formula& formula, double at) {
    const fifty_digits exact = formula(fifty_digits(at));
    std::printf("    %-24s %8g   as written %4.1f digits   damo %4.1f digits   %s\n", text, at, correct_digits(formula(at), exact),
                correct_digits(function(at), exact), damo::to_string(function).c_str());
}

inline void stability() {
    using std::exp, std::log;
    std::printf("(c) formulas that overflow or cancel, against 50 digits\n");
    compare("log(1 + exp(t))", entropy, [](auto t) { return decltype(t)(log(1 + exp(t))); }, 800);
    compare("log(1 + exp(t))", entropy, [](auto t) { return decltype(t)(log(1 + exp(t))); }, -30);
    compare("1 - 1/(1 + exp(-t))", survival, [](auto t) { return decltype(t)(1 - 1 / (1 + exp(-t))); }, 35);
    compare("(exp(t) - 1)/t", growth, [](auto t) { return decltype(t)((exp(t) - 1) / t); }, 1e-9);
    std::printf("\n");
}

} // namespace tour
