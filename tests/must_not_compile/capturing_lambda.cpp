// SPDX-License-Identifier: BSD-3-Clause
// error: fn(callable) requires a callable without captures: make what it captures a parameter, and fix its value with bind(function, value)
#include <damo/scalar.hpp>

double use(double factor) {
#ifdef REPAIRED
    const auto f = damo::fn([](damo::scalar<double> x, damo::scalar<double> k) { return k * x; });
    return f(1.0, factor);
#else
    const auto f = damo::fn([factor](damo::scalar<double> x) { return factor * x; });
    return f(1.0);
#endif
}
