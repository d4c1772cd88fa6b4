// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// One record per op of one number: the op on symbols, and value, first and second derivative in long double. Checked through functions
// made at build time: in double and float, derivatives forward and reverse, at points of the domain and at special values.

#include <damo/scalar.hpp>

#include <cmath>
#include <limits>

#include "catch.hpp"

namespace reference {

template <class Op, class T>
inline constexpr auto function_of = damo::fn([](damo::scalar<T> x) { return Op::symbolic(x); });

inline bool within(long double found, long double expected, long double relative, long double absolute) {
    if (std::isnan(expected) || std::isinf(expected)) { return (std::isnan(expected) && std::isnan(found)) || found == expected; }
    return std::fabs(found - expected) <= relative * std::fabs(expected) + absolute;
}

// Op gives symbolic(x), value(x), first(x), second(x), and an interval low..high. Tolerances are counted in roundings of T: `ulp` for
// the value; derivatives, which combine several ops, get twenty times as many, and are compared with the size they have on the interval.
template <class Op, class T>
void check_record() {
    using limits = std::numeric_limits<T>;
    INFO(Op::name << " in " << (sizeof(T) == 8 ? "double" : "float"));
    constexpr auto f = function_of<Op, T>;
    constexpr auto df = damo::grad(f);
    constexpr auto ddf = damo::grad(df);
    constexpr auto forward = damo::jvp(f);
    constexpr auto forward_of_reverse = damo::jvp(df);
    const long double eps = limits::epsilon();
    for (int i = 0; i <= 16; ++i) {
        // The ends lie inside, so that no point is at a singularity.
        const T x = static_cast<T>(Op::low + (Op::high - Op::low) * (i + 0.37L) / 17.0L);
        const auto wide = static_cast<long double>(x);
        const T tangent = static_cast<T>(0.75);
        INFO("at " << wide);
        CHECK(within(f(x), Op::value(wide), Op::ulp * eps, limits::denorm_min()));
        const long double first = Op::first(wide);
        const long double second = Op::second(wide);
        const long double d = 20 * Op::ulp * eps;
        CHECK(within(df(x), first, d, d));
        CHECK(within(ddf(x), second, d, d * (1 + std::fabs(first))));
        const auto [value, pushed] = forward(x, tangent);
        CHECK(value == f(x));
        CHECK(within(pushed, 0.75L * first, d, d));
        const auto twice = forward_of_reverse(x, tangent);
        CHECK(within(twice.tangent, 0.75L * second, d, d * (1 + std::fabs(first))));
        // <Jv, w> = <v, J'w>
        const T w = static_cast<T>(-1.25);
        const auto pulled = damo::vjp(f)(x, w);
        CHECK(within(static_cast<long double>(pushed) * w, static_cast<long double>(damo::get<0>(pulled.gradient)) * tangent, 8 * eps, limits::denorm_min()));
    }
    // Special values: what long double says, rounded.
    const T special[] = {T(0), -T(0), limits::infinity(), -limits::infinity(), limits::quiet_NaN(), limits::denorm_min(), -limits::denorm_min(), limits::min()};
    for (T x : special) {
        INFO("at the special value " << x);
        const T expected = static_cast<T>(Op::value(static_cast<long double>(x)));
        const T found = f(x);
        CHECK(within(found, expected, Op::ulp * eps, 2 * limits::denorm_min()));
        if (expected == 0) { CHECK(std::signbit(found) == std::signbit(expected)); }
    }
}

template <class... Op>
void check_records() {
    (check_record<Op, double>(), ...);
    (check_record<Op, float>(), ...);
}

} // namespace reference
