// SPDX-License-Identifier: BSD-3-Clause
// error: grad(f) requires a floating argument to differentiate by, not int64: cast it or choose another
#include <damo/scalar.hpp>

constexpr auto f = damo::fn([](damo::scalar<long> n, damo::scalar<double> x) { return n * x * x; });
#ifdef REPAIRED
double use(long n, double x) { return damo::grad<1>(f)(n, x); }
#else
double use(long n, double x) { return damo::grad<0>(f)(n, x); }
#endif
