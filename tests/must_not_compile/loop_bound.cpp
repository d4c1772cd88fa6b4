// SPDX-License-Identifier: BSD-3-Clause
// error: if (symbol), symbol && symbol and symbol ? a : b decide before the value is known: write where(condition, a, b), cond(condition, f, g) or a & b
#include <damo/scalar.hpp>

constexpr auto f = damo::fn([](damo::scalar<double> x, damo::scalar<int> n) {
    damo::scalar<double> power = 1;
#ifdef REPAIRED
    for (int i = 0; i < 8; ++i) { power = where(i < n, power * x, power); }
#else
    for (int i = 0; i < n; ++i) { power *= x; }
#endif
    return power;
});
double use(double x) { return f(x, 3); }
