// SPDX-License-Identifier: BSD-3-Clause
// error: argument 1 of the call is float64[4]; its parameter declares float64[3]: pass an array of that shape, or declare the extent as damo::dyn
#include <array>
#include <vector>

#include <damo/damo.hpp>

constexpr auto twice = damo::fn([](damo::vector<double, 3> x) { return 2 * x; });
#ifdef REPAIRED
auto use(const std::array<double, 3>& x) { return twice(x); }
#else
auto use(const std::array<double, 4>& x) { return twice(x); }
#endif
