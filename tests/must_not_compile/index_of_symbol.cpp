// SPDX-License-Identifier: BSD-3-Clause
// error: x[i] of a symbol is no element: write at(x, {i}) for the part at i, slice(x, {range(i, j)}) for several
#include <damo/damo.hpp>

#include <vector>

constexpr auto f = damo::fn([](damo::vector<double> x) {
#ifdef REPAIRED
    return at(x, {0}) * 2;
#else
    return sum(x[0] * 2);
#endif
});

double use(const std::vector<double>& x) { return f(x); }
