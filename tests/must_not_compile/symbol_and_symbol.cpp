// SPDX-License-Identifier: BSD-3-Clause
// error: if (symbol), symbol && symbol and symbol ? a : b decide before the value is known: write where(condition, a, b), cond(condition, f, g) or a & b
#include <damo/scalar.hpp>

constexpr auto f = damo::fn([](damo::scalar<double> x) {
#ifdef REPAIRED
    return where(0 < x & x < 1, x, 0);
#else
    return where(0 < x && x < 1, x, 0);
#endif
});
double use(double x) { return f(x); }
