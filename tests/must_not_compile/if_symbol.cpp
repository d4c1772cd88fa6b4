// SPDX-License-Identifier: BSD-3-Clause
// error: if (symbol), symbol && symbol and symbol ? a : b decide before the value is known: write where(condition, a, b), cond(condition, f, g) or a & b
#include <damo/scalar.hpp>

constexpr auto f = damo::fn([](damo::scalar<double> x) -> damo::scalar<double> {
#ifdef REPAIRED
    return where(x < 0, -x, x);
#else
    if (x < 0) { return -x; }
    return x;
#endif
});
double use(double x) { return f(x); }
