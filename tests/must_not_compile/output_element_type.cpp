// SPDX-License-Identifier: BSD-3-Clause
// error: into(outputs...) requires for each number or array in the result an output with that element type and rank that can be written: not const, and no type without a view
#include <array>
#include <vector>

#include <damo/damo.hpp>

constexpr auto squares = damo::fn([](damo::vector<double> x) { return x * x; });
#ifdef REPAIRED
void use(const std::vector<double>& x, std::vector<double>& y) { squares.into(y)(x); }
#else
void use(const std::vector<double>& x, std::vector<float>& y) { squares.into(y)(x); }
#endif
