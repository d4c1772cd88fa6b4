// SPDX-License-Identifier: BSD-3-Clause
// error: sum(float64[n0, n1], axis 2) requires an axis from -2 to 1
// error: (axis_out_of_range.cpp:
#include <array>
#include <vector>

#include <damo/damo.hpp>

constexpr auto f = damo::fn([](damo::matrix<double> a) {
#ifdef REPAIRED
    return sum(a, 1);
#else
    return sum(a, 2);
#endif
});
auto use(const double* p) { return f(damo::view(p, {2, 2})); }
