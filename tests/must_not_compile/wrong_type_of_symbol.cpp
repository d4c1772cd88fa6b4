// SPDX-License-Identifier: BSD-3-Clause
// error: an expression of type float64[] was assigned to a symbol declared as float32 of rank 0: cast, reshape or declare it as value
#include <damo/scalar.hpp>

constexpr auto f = damo::fn([](damo::scalar<double> x) {
#ifdef REPAIRED
    damo::scalar<float> y = cast(x, damo::dtype::float32);
#else
    damo::scalar<float> y = sin(x);
#endif
    return y * y;
});
double use(double x) { return f(x); }
