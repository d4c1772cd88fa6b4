// SPDX-License-Identifier: BSD-3-Clause
// error: argument 1 of the call is float32[any]; its parameter declares float64[any]: convert the array, or declare this element type and cast inside the function
#include <vector>

#include <damo/damo.hpp>

constexpr auto f = damo::fn([](damo::vector<double> x) { return x * x; });
#ifdef REPAIRED
auto use(const std::vector<double>& x) { return f(x); }
#else
auto use(const std::vector<float>& x) { return f(x); }
#endif
