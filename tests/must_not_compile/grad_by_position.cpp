// SPDX-License-Identifier: BSD-3-Clause
// error: parameter 2 is none of this function: it has x0, x1
#include <damo/expr/transform.hpp>

constexpr auto area = damo::fn([](damo::scalar<double> a, damo::scalar<double> b) { return a * b; });

double f(double a, double b) {
#ifdef REPAIRED
    return damo::get<0>(damo::hessian_vector_product<"x0", 1>(area)(a, b, 1.0, 0.0));
#else
    return damo::get<0>(damo::hessian_vector_product<"x0", 2>(area)(a, b, 1.0, 0.0));
#endif
}
