// SPDX-License-Identifier: BSD-3-Clause
// error: the derivative given by hand for argument 2 of scaled has type float64[]; that argument has type float64[3]: sum, broadcast or cast it to that
#include <array>
#include <tuple>

#include <damo/damo.hpp>

constexpr auto scaled = damo::fn([](damo::scalar<double> s, damo::vector<double, 3> x) {
    return damo::custom_vjp<"shop.scaled">(
        s * x,
#ifdef REPAIRED
        [](auto k, auto u, damo::value, damo::value g) { return std::tuple(sum(g * u), k * g); },
#else
        [](auto k, auto u, damo::value, damo::value g) { return std::tuple(sum(g * u), sum(k * g)); },
#endif
        s, x);
});
constexpr auto total = damo::fn([](damo::scalar<double> s, damo::vector<double, 3> x) { return sum(scaled(s, x)); });
auto use(const std::array<double, 3>& x) { return damo::grad<1>(total)(2.0, x); }
