// SPDX-License-Identifier: BSD-3-Clause
// error: fn(callable) requires parameters that are symbols: declare damo::scalar<double> instead of double, or make the callable generic and state the types: fn<double(double)>(callable)
#include <damo/scalar.hpp>

#ifdef REPAIRED
constexpr auto f = damo::fn([](damo::scalar<double> x) { return x * x; });
#else
constexpr auto f = damo::fn([](double x) { return x * x; });
#endif
double use(double x) { return f(x); }
