// SPDX-License-Identifier: BSD-3-Clause
// error: cond requires a bool as argument 1, not float64: compare it, as in x != 0
// error: (cond_of_number.cpp:
#include <damo/scalar.hpp>

constexpr auto f = damo::fn([](damo::scalar<double> x) {
#ifdef REPAIRED
    return damo::cond(x != 0, 1 / x, x);
#else
    return damo::cond(x, 1 / x, x);
#endif
});
double use(double x) { return f(x); }
