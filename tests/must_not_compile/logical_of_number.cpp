// SPDX-License-Identifier: BSD-3-Clause
// error: logical_and requires a bool as argument 1, not float64: compare it, as in x != 0
// error: (logical_of_number.cpp:
#include <damo/scalar.hpp>

constexpr auto f = damo::fn([](damo::scalar<double> x) {
#ifdef REPAIRED
    return where((x != 0) & (x < 1), x, 0);
#else
    return where(x & (x < 1), x, 0);
#endif
});
double use(double x) { return f(x); }
