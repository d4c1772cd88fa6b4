// SPDX-License-Identifier: BSD-3-Clause
// error: if (symbol), symbol && symbol and symbol ? a : b decide before the value is known: write where(condition, a, b), cond(condition, f, g) or a & b
#include <algorithm>
#include <damo/scalar.hpp>

constexpr auto f = damo::fn([](damo::scalar<double> x, damo::scalar<double> y) {
#ifdef REPAIRED
    return maximum(x, y);
#else
    return std::max(x, y);
#endif
});
double use(double x) { return f(x, x); }
