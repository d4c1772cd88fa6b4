// SPDX-License-Identifier: BSD-3-Clause
// error: a derivative of bind(f, ...) by parameter K requires K from 0 to the number of parameters that are not bound - 1
#include <damo/damo.hpp>

constexpr auto area = damo::fn([](damo::scalar<double> a, damo::scalar<double> b) { return a * b; });

double use(double a, double b) {
#ifdef REPAIRED
    return damo::grad<0>(damo::bind<0>(area, a))(b);
#else
    return damo::grad<1>(damo::bind<0>(area, a))(b);
#endif
}
