// SPDX-License-Identifier: BSD-3-Clause
// error: (two_ops_of_one_name.cpp:
// error: two different ops have the name half: an op's name must be its own, qualified as in shop.half
#include <damo/scalar.hpp>

struct half_op : damo::ops::op_defaults {
    static constexpr const char* name = "shop.half";
    static constexpr damo::value expansion(const damo::value* x, int, const damo::ir::module&, damo::ir::index) { return x[0] / 2; }
};
struct halved_op : damo::ops::op_defaults {
#ifdef REPAIRED
    static constexpr const char* name = "shop.halved";
#else
    static constexpr const char* name = "shop.half";
#endif
    static constexpr damo::value expansion(const damo::value* x, int, const damo::ir::module&, damo::ir::index) { return 0.5 * x[0]; }
};
constexpr auto f = damo::fn([](damo::scalar<double> x) { return damo::ops::apply<half_op>(x) + damo::ops::apply<halved_op>(x + 1); });
double use(double x) { return f(x); }
