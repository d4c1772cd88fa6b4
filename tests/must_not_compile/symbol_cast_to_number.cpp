// SPDX-License-Identifier: BSD-3-Clause
// error: a symbol has no number yet: keep it a symbol (auto), and call the function to get numbers
#include <damo/scalar.hpp>

constexpr auto f = damo::fn([](damo::scalar<double> x) {
#ifdef REPAIRED
    auto y = floor(x);
#else
    auto y = static_cast<int>(x);
#endif
    return y + x;
});
double use(double x) { return f(x); }
