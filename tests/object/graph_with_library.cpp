// SPDX-License-Identifier: BSD-3-Clause
// Where the compiled library is used, what rewrites, differentiates and plans a graph made at run time, and what
// converts arguments, is its code, not this file's.
// flags: -DDAMO_USE_LIBRARY
// no-symbol: damo::(rewrite|rules|diff|plan)::
// no-symbol: converted_elements
// has-symbol: damo::in_library::grad
// has-symbol: damo::in_library::compile
#include <damo/graph/compile.hpp>
#include <damo/graph/grad.hpp>

double slope_at(double at) {
    const auto x = damo::input<double>("x");
    const auto f = damo::compile({x}, {damo::grad(log(1 + exp(x)), x)});
    return f(at).number();
}
