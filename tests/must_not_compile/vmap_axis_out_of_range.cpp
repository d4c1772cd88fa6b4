// SPDX-License-Identifier: BSD-3-Clause
// error: vmap(float64[n0, 0], axis 2) requires an axis from -2 to 1
#include <damo/damo.hpp>

constexpr auto total = damo::fn([](damo::vector<double> x) { return sum(x); });
#ifdef REPAIRED
auto f(const double* p) { return damo::vmap<1>(total)(damo::view(p, {2, 2})); }
#else
auto f(const double* p) { return damo::vmap<2>(total)(damo::view(p, {2, 2})); }
#endif
