// SPDX-License-Identifier: BSD-3-Clause
// error: less cannot compare a bool with numbers: write a < x < b as (a < x) & (x < b)
// error: (chained_comparison.cpp:
#include <damo/scalar.hpp>

constexpr auto f = damo::fn([](damo::scalar<double> x) {
#ifdef REPAIRED
    return where((0.0 < x) & (x < 1.0), x, 0);
#else
    return where(0.0 < x < 1.0, x, 0);
#endif
});
double use(double x) { return f(x); }
