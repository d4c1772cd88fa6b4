// SPDX-License-Identifier: BSD-3-Clause
// Graphs made at run time, their executor included, need no exceptions.
// flags: -fno-exceptions -O0
// no-symbol: __cxa_throw
// has-symbol: slope_at
#include <damo/graph/compile.hpp>
#include <damo/graph/grad.hpp>

double slope_at(double at) {
    const auto x = damo::input<double>("x");
    const auto f = damo::compile({x}, {damo::grad(log(1 + exp(x)), x)});
    return f(at).number();
}
