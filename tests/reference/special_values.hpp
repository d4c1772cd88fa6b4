// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cmath>
#include <limits>
#include <vector>

#include "reference/derivatives.hpp"

namespace reference {

// Zeros, infinities, NaN, denormals, extremes and ordinary numbers.
inline std::vector<double> special_values() {
    using limits = std::numeric_limits<double>;
    return {0.0,  -0.0, 1.0,  -1.0,  0.5,   -0.5,  1.5,   -1.5,   2.5,     -2.5,    3.75, -3.75, 1e-9, -1e-9, 40, -40, 710, -710, 1e300, -1e300,
            limits::denorm_min(), -limits::denorm_min(), limits::min(), limits::max(), limits::lowest(), limits::infinity(), -limits::infinity(), limits::quiet_NaN()};
}

inline bool same_bits_or_nan(double a, double b) { return (a != a && b != b) || (a == b && std::signbit(a) == std::signbit(b)); }

// f, recorded and interpreted at the special values, gives what the plain function gives, bit for bit; in float32 too.
template <class Recorded, class Plain>
void check_special_values(Recorded f, Plain plain) {
    const std::vector<double> x = special_values();
    const auto n = static_cast<std::int64_t>(x.size());
    const auto y = evaluate({tensor::of({n}, x)}, [&](auto& v) { return f(v[0]); }, false);
    for (std::size_t i = 0; i < x.size(); ++i) {
        INFO("at " << x[i]);
        CHECK(same_bits_or_nan(y[i], plain(x[i])));
    }
}
template <class Recorded, class Plain>
void check_special_pairs(Recorded f, Plain plain) {
    const std::vector<double> x = special_values();
    const auto n = static_cast<std::int64_t>(x.size());
    const auto y = evaluate({tensor::of({n, 1}, x), tensor::of({1, n}, x)}, [&](auto& v) { return f(v[0], v[1]); });
    for (std::size_t i = 0; i < x.size(); ++i) {
        for (std::size_t j = 0; j < x.size(); ++j) {
            if (!same_bits_or_nan(y[i * x.size() + j], static_cast<double>(plain(x[i], x[j])))) { FAIL_CHECK("at " << x[i] << ", " << x[j]); }
        }
    }
}

// First and second derivative of an elementwise function of one argument against differences at points of [low, high].
template <class Recorded>
void check_derivatives_between(double low, double high, Recorded f) {
    const auto x = random_tensor({7}, 11, low, high);
    check_derivatives({x}, [&](auto& v) { return f(v[0]); });
    check_derivatives({x}, [&](auto& v) {
        const value y = f(v[0]);
        return pull_back(y, constant_like(y, 1), {v[0]})[0];
    });
}

} // namespace reference
