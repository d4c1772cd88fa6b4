// SPDX-License-Identifier: BSD-3-Clause
// error: a call of bind(f, ...) requires one argument for each parameter of f that is not bound
#include <damo/damo.hpp>

constexpr auto product = damo::fn([](damo::scalar<double> x, damo::scalar<double> y) { return x * y; });

#ifdef REPAIRED
double f(double x) { return damo::bind<1>(product, x)(2.0); }
#else
double f(double x) { return damo::bind<1>(product, x)(2.0, 3.0); }
#endif
