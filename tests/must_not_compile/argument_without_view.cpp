// SPDX-License-Identifier: BSD-3-Clause
// error: argument 1 of the call is no array that damo can view; its parameter declares float64[any, any]: pass an array, damo::view(pointer, {extents...})
#include <array>
#include <vector>

#include <damo/damo.hpp>

constexpr auto total = damo::fn([](damo::matrix<double> x) { return sum(x); });
#ifdef REPAIRED
auto use(const std::vector<std::array<double, 2>>& x) { return total(x); }
#else
auto use(const std::vector<std::vector<double>>& x) { return total(x); }
#endif
