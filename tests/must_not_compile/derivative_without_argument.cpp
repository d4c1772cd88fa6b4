// SPDX-License-Identifier: BSD-3-Clause
// error: attach_derivative(y, x1, d1, x2, d2, ...) requires a derivative behind each argument that it is for
// error: (derivative_without_argument.cpp:
#include <damo/scalar.hpp>

constexpr auto f = damo::fn([](damo::scalar<double> x) {
#ifdef REPAIRED
    return attach_derivative(x * x, x, 2 * x);
#else
    return attach_derivative(x * x, x);
#endif
});
double use(double x) { return f(x); }
