// SPDX-License-Identifier: BSD-3-Clause
// error: vmap with out_axis(float64[n0], axis 1) requires an axis from -1 to 0
#include <damo/damo.hpp>

constexpr auto total = damo::fn([](damo::vector<double> x) { return sum(x); });
#ifdef REPAIRED
auto f(const double* p) { return damo::vmap<0, damo::out_axis{0}>(total)(damo::view(p, {2, 2})); }
#else
auto f(const double* p) { return damo::vmap<0, damo::out_axis{1}>(total)(damo::view(p, {2, 2})); }
#endif
