// SPDX-License-Identifier: BSD-3-Clause
// error: a call requires one argument for each parameter of the function
#include <damo/scalar.hpp>

constexpr auto f = damo::fn([](damo::scalar<double> x, damo::scalar<double> y) { return x * y; });
#ifdef REPAIRED
double use(double x) { return f(x, 2.0); }
#else
double use(double x) { return f(x); }
#endif
