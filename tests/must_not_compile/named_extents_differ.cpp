// SPDX-License-Identifier: BSD-3-Clause
// error: axis 0 of argument 1 and axis 0 of argument 2 of a call have the name n and must be equally long; they are 3 and 4
#include <array>

#include <damo/damo.hpp>

constexpr auto product = damo::fn([](damo::vector<double, damo::dim<"n">> x, damo::vector<double, damo::dim<"n">> y) { return sum(x) * sum(y); });
#ifdef REPAIRED
constexpr auto f = damo::fn([](damo::vector<double, 3> x, damo::vector<double, 3> y) { return product(x, y); });
double use(const std::array<double, 3>& x) { return f(x, x); }
#else
constexpr auto f = damo::fn([](damo::vector<double, 3> x, damo::vector<double, 4> y) { return product(x, y); });
double use(const std::array<double, 3>& x, const std::array<double, 4>& y) { return f(x, y); }
#endif
