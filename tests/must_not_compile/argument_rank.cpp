// SPDX-License-Identifier: BSD-3-Clause
// error: argument 1 of the call is float64[any]; its parameter declares float64[any, any]: take a slice, reshape it, or declare this rank
#include <array>
#include <vector>

#include <damo/damo.hpp>

constexpr auto total = damo::fn([](damo::matrix<double> x) { return sum(x); });
#ifdef REPAIRED
auto use(const std::vector<double>& x) { return total(damo::view(x.data(), {2, 3})); }
#else
auto use(const std::vector<double>& x) { return total(x); }
#endif
