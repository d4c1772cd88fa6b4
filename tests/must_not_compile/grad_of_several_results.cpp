// SPDX-License-Identifier: BSD-3-Clause
// error: grad(f) requires a function with one floating scalar result; this one gives 2 results: reduce it with sum or mean, or use jacobian or vjp
#include <damo/scalar.hpp>

constexpr auto f = damo::fn([](damo::scalar<double> x) { return std::array<damo::scalar<double>, 2>{x * x, sin(x)}; });
#ifdef REPAIRED
double use(double x) { return damo::jacobian(f)(x)[0]; }
#else
double use(double x) { return damo::grad(f)(x); }
#endif
