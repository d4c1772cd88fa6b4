// SPDX-License-Identifier: BSD-3-Clause
// error: argument 1 of the call has another number of elements than its parameter, a std::array
#include <array>

#include <damo/scalar.hpp>

constexpr auto volume = damo::fn([](std::array<damo::scalar<double>, 3> x) { return x[0] * x[1] * x[2]; });
#ifdef REPAIRED
auto use(const std::array<double, 3>& x) { return volume(x); }
#else
auto use(const std::array<double, 2>& x) { return volume(x); }
#endif
