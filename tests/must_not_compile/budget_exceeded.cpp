// SPDX-License-Identifier: BSD-3-Clause
// error: this function has 3201 nodes; the compiler's default budget of constant evaluation is good for
// error: compile with the flags of damo's packages (-fconstexpr-ops-limit and -fconstexpr-loop-limit, or -fconstexpr-steps, with -DDAMO_RAISED_BUDGET), or build it when the program runs, with graph_builder
#include <damo/scalar.hpp>

#ifdef REPAIRED
inline constexpr int steps = 80;
#else
inline constexpr int steps = 800;
#endif
constexpr auto f = damo::fn([](damo::scalar<double> x) {
    damo::scalar<double> s = x;
    for (int i = 0; i < steps; ++i) { s = sin(s) + i * x; }
    return s;
});
double use(double x) { return f(x); }
