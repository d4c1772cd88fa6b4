// SPDX-License-Identifier: BSD-3-Clause
// error: argument 1 of the call is no number; its parameter declares float64[]: pass one, or declare an array
#include <array>

#include <damo/scalar.hpp>

constexpr auto square_of = damo::fn([](damo::scalar<double> x) { return x * x; });
#ifdef REPAIRED
auto use(const std::array<double, 2>& x) { return square_of(x[0]); }
#else
auto use(const std::array<double, 2>& x) { return square_of(x); }
#endif
