// SPDX-License-Identifier: BSD-3-Clause
// error: matmul(float64[2, 2], float64[]) requires arrays of rank 1 or more: scalars multiply with *
// error: (matmul_of_number.cpp:
#include <array>

#include <damo/damo.hpp>

constexpr auto f = damo::fn([](damo::matrix<double, 2, 2> a, damo::scalar<double> b) {
#ifdef REPAIRED
    return a * b;
#else
    return matmul(a, b);
#endif
});
auto use(std::array<std::array<double, 2>, 2> x) { return f(x, 1.0); }
