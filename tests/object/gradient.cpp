// SPDX-License-Identifier: BSD-3-Clause
// no-symbol: damo::ir::
// no-symbol: damo::rules::
// no-symbol: damo::rewrite::
// no-symbol: damo::diff::
// max-symbol: 200
#include <damo/expr/transform.hpp>

inline constexpr auto energy = damo::fn<double(std::array<double, 3>)>([](auto x) {
    damo::scalar<double> s;
    for (int i = 0; i < 3; ++i) { s += log(1 + exp(x[i] * x[(i + 1) % 3])); }
    return s;
});

double value_and_slope(const std::array<double, 3>& x) {
    const auto [value, gradient] = damo::value_and_grad(energy)(x);
    return value + gradient[0];
}
