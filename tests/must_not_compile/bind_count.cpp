// SPDX-License-Identifier: BSD-3-Clause
// error: bind<k...>(f, values...) requires one value for each k
#include <damo/damo.hpp>

constexpr auto product = damo::fn([](damo::scalar<double> x, damo::scalar<double> y) { return x * y; });

double f(double x) {
#ifdef REPAIRED
    return damo::bind<0>(product, x)(2.0);
#else
    return damo::bind<0, 1>(product, x)();
#endif
}
