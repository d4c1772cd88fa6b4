// SPDX-License-Identifier: BSD-3-Clause
// error: an array argument requires the element type that its parameter declares: convert the array, or declare the parameter with this element type and cast inside the function
#include <vector>

#include <damo/damo.hpp>

constexpr auto f = damo::fn([](damo::vector<double> x) { return x * x; });
#ifdef REPAIRED
auto use(const std::vector<double>& x) { return f(x); }
#else
auto use(const std::vector<float>& x) { return f(x); }
#endif
