// SPDX-License-Identifier: BSD-3-Clause
// error: a loop over arrays that keeps or stacks a value of every step, as a reverse derivative does, requires a number of steps that follows from numbers and extents of the arguments
#include <damo/damo.hpp>

#include <vector>

constexpr auto grown = damo::fn([](damo::vector<double> x) {
    return sum(damo::while_loop([](damo::value c) { return sum(c) < 100; }, [&](damo::value c) { return c * c + x; }, x));
});

#ifdef REPAIRED
double use(const std::vector<double>& x) { return damo::jvp(grown)(x, x).tangent; }
#else
double use(const std::vector<double>& x) { return damo::grad(grown)(x)[0]; }
#endif
