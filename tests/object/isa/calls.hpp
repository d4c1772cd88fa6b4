// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Calls as a program makes them; each translation unit names its own with PART.
#include <array>
#include <tuple>
#include <vector>

#include <damo/damo.hpp>
#include <damo/expr/parallel.hpp>

inline constexpr auto wave = damo::fn([](damo::vector<double> x, damo::vector<double> y) { return exp(-x * x) * sin(y); });
inline constexpr auto loss = damo::fn([](damo::matrix<float> m, damo::vector<float> w) { return mean(softplus(dot(m, w))); });
inline constexpr auto both = damo::fn([](damo::vector<double, 4> x) { return std::tuple(sum(x), x / sum(x)); });
inline constexpr auto number = damo::fn([](damo::scalar<double> x, damo::scalar<double> y) { return log(exp(x) + exp(y)) * erf(x); });
inline constexpr auto series = damo::fn([](damo::scalar<double> x) {
    return damo::fold(10, x, [](auto, damo::scalar<double> s) { return s + sin(s) / 3; });
});

namespace PART {

damo::ndarray<double, 1> fresh(const std::vector<double>& x) { return wave(x, x); }
void written(std::vector<double>& out, const std::vector<double>& x) { wave.into(out)(x, x); }
float slope(const damo::ndarray<float, 2>& m, const std::vector<float>& w) {
    const auto [value, gradient] = damo::value_and_grad<1>(loss)(m, w);
    damo::ndarray<float, 1> copy = gradient;
    copy = gradient;
    return value + copy[0];
}
double of_fixed(const std::array<double, 4>& x) {
    const auto [total, share] = both(x);
    return total + share[3];
}
double of_numbers(double x) { return number(x, 2 * x) + damo::grad(number)(x, x); }
double of_loop(double x) { return series(x); }
damo::ndarray<double, 1> of_threads(const std::vector<double>& x) { return damo::parallel(wave)(x, x); }

} // namespace PART
