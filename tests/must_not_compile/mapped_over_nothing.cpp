// SPDX-License-Identifier: BSD-3-Clause
// error: vmap(f) requires an argument to map over: give at least one axis that is not none
#include <damo/expr/vmap.hpp>

constexpr auto product = damo::fn([](damo::scalar<double> x, damo::scalar<double> y) { return x * y; });

double f(double x) {
#ifdef REPAIRED
    return product(x, 2.0);
#else
    return damo::vmap<damo::none, damo::none>(product)(x, 2.0);
#endif
}
