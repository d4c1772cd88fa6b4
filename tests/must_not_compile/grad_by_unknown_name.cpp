// SPDX-License-Identifier: BSD-3-Clause
// error: "speed" is no argument of this function: it has x0[0], x0[1], x1
#include <damo/expr/transform.hpp>

#include <array>

constexpr auto energy =
    damo::fn([](std::array<damo::scalar<double>, 2> v, damo::scalar<double> mass) { return mass * (v[0] * v[0] + v[1] * v[1]); });

double f(double m) {
#ifdef REPAIRED
    return damo::grad<"x1">(energy)(std::array<double, 2>{1, 2}, m);
#else
    return damo::grad<"speed">(energy)(std::array<double, 2>{1, 2}, m);
#endif
}
