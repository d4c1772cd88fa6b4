// SPDX-License-Identifier: BSD-3-Clause
// error: add(float64[3], float64[4]) requires shapes that broadcast together; argument 2 does not fit those before it
// error: (shapes_differ.cpp:
#include <array>

#include <damo/scalar.hpp>

using three = damo::vector<double, 3>;
using four = damo::vector<double, 4>;

#ifdef REPAIRED
constexpr auto f = damo::fn([](three x, three y) { return x + y; });
static_assert(damo::to_string(f) == "x0 + x1");
#else
constexpr auto f = damo::fn([](three x, four y) { return x + y; });
auto use(std::array<double, 3> x, std::array<double, 4> y) { return f(x, y); }
#endif
