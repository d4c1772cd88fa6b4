// SPDX-License-Identifier: BSD-3-Clause
// error: grad(f) requires a function with one floating scalar result; this one gives float64[n0]: reduce it with sum or mean, or use jacobian or vjp
#include <array>
#include <vector>

#include <damo/damo.hpp>

constexpr auto f = damo::fn([](damo::vector<double> x) { return x * x; });
#ifdef REPAIRED
auto use(const std::vector<double>& x) { return damo::grad(damo::fn([](damo::vector<double> y) { return sum(f(y)); }))(x); }
#else
auto use(const std::vector<double>& x) { return damo::grad(f)(x); }
#endif
