// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/ops/exponential.hpp>
#include <damo/ops/fold.hpp>

namespace damo {
namespace ops {

// xlogy(x, y) = x log(y), and 0 where x is 0 and y a number, also for y = 0 and below: the limit that entropies and likelihoods mean
// (SciPy's function). Derivatives log(y) and x/y, the latter 0 where x is 0. Accuracy: 2 ULP.
// x log(x) as written stays NaN at 0: it is not defined there.
struct xlogy_op : op_defaults {
    static constexpr const char* name = "xlogy";
    static constexpr ir::op_facts facts{.arity = 2};
    static constexpr value partial(int k, const value* x, value) { return k == 0 ? log(x[1]) : where(x[0] == 0, 0, x[0] / x[1]); }
    static constexpr value expansion(const value* x, int, const ir::module&, ir::index) {
        return where((x[0] == 0) & (x[1] == x[1]), 0, x[0] * log(x[1]));
    }
    static constexpr bool fold(dtype t, const std::uint64_t* a, int, std::uint64_t& r) {
        return fold_two_reals(t, a, r, [](auto x, auto y) { return x == 0 && y == y ? decltype(x)(0) : x * core::log(y); });
    }
};

// xlog1py(x, y) = x log(1 + y), accurate for small y, and 0 where x is 0 and y a number. Derivatives log1p(y) and x/(1 + y), the latter 0
// where x is 0. Accuracy: 2 ULP.
struct xlog1py_op : op_defaults {
    static constexpr const char* name = "xlog1py";
    static constexpr ir::op_facts facts{.arity = 2};
    static constexpr value partial(int k, const value* x, value) { return k == 0 ? log1p(x[1]) : where(x[0] == 0, 0, x[0] / (1 + x[1])); }
    static constexpr value expansion(const value* x, int, const ir::module&, ir::index) {
        return where((x[0] == 0) & (x[1] == x[1]), 0, x[0] * log1p(x[1]));
    }
    static constexpr bool fold(dtype t, const std::uint64_t* a, int, std::uint64_t& r) {
        return fold_two_reals(t, a, r, [](auto x, auto y) { return x == 0 && y == y ? decltype(x)(0) : x * core::log1p(y); });
    }
};

} // namespace ops

constexpr value xlogy(operand x, operand y) { return ops::apply<ops::xlogy_op>(x, y); }
constexpr value xlog1py(operand x, operand y) { return ops::apply<ops::xlog1py_op>(x, y); }

} // namespace damo
