// SPDX-License-Identifier: BSD-3-Clause
// error: bind<k...>(f, values...) requires different numbers k from 0 to the number of parameters of f - 1
#include <damo/damo.hpp>

constexpr auto product = damo::fn([](damo::scalar<double> x, damo::scalar<double> y) { return x * y; });

#ifdef REPAIRED
double f(double x) { return damo::bind<1>(product, x)(2.0); }
#else
double f(double x) { return damo::bind<2>(product, x)(2.0); }
#endif
