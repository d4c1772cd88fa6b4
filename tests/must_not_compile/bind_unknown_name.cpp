// SPDX-License-Identifier: BSD-3-Clause
// error: "speed" is no argument of this function: it has x0, x1
#include <damo/damo.hpp>

constexpr auto product = damo::fn([](damo::scalar<double> x, damo::scalar<double> y) { return x * y; });

#ifdef REPAIRED
double f(double x) { return damo::bind<"x1">(product, x)(2.0); }
#else
double f(double x) { return damo::bind<"speed">(product, x)(2.0); }
#endif
