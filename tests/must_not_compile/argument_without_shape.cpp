// SPDX-License-Identifier: BSD-3-Clause
// error: argument 1 of the call is no array that damo can view; its parameter declares float64[any, any]: pass an array, damo::view(pointer, {extents...})
#include <array>
#include <vector>

#include <damo/damo.hpp>

constexpr auto total = damo::fn([](damo::matrix<double> x) { return sum(x); });
#ifdef REPAIRED
auto use(const double* x) { return total(damo::view(x, {2, 3})); }
#else
auto use(const double* x) { return total(x); }
#endif
