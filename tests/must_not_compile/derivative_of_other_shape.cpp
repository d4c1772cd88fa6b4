// SPDX-License-Identifier: BSD-3-Clause
// error: attach_derivative(float64[3], float64[3], float64[4]) requires shapes that broadcast together; argument 3 does not fit those before it
// error: (derivative_of_other_shape.cpp:
#include <array>
#include <vector>

#include <damo/damo.hpp>

constexpr auto f = damo::fn([](damo::vector<double, 3> a, damo::vector<double, 4> b) {
#ifdef REPAIRED
    return sum(attach_derivative(a * a, a, 2 * a)) + sum(b);
#else
    return sum(attach_derivative(a * a, a, b));
#endif
});
auto use(const std::array<double, 3>& a, const std::array<double, 4>& b) { return f(a, b); }
