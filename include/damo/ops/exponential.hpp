// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/ops/fold.hpp>
#include <damo/ops/power.hpp>

namespace damo {
namespace ops {

// exp(x). Derivative exp(x). Accuracy: the platform's exp, below 1 ULP (glibc), 1 ULP (xsimd).
struct exp_op : op_defaults {
    static constexpr const char* name = "exp";
    static constexpr value partial(int, const value*, value y) { return y; }
    static constexpr bool fold(dtype t, const std::uint64_t* a, int, std::uint64_t& r) {
        return fold_real(t, a, r, [](auto x) { return core::exp(x); });
    }
    struct functor {
        static constexpr const char* c_spelling = "exp$f($0)";
        template <class T>
        DAMO_HD T operator()(T a) const {
            using platform::exp;
            return exp(a);
        }
    };
};

// expm1(x) = exp(x) - 1, accurate near 0. Derivative exp(x) = expm1(x) + 1.
struct expm1_op : op_defaults {
    static constexpr const char* name = "expm1";
    static constexpr value partial(int, const value* x, value) { return apply<exp_op>(x[0]); }
    static constexpr bool fold(dtype t, const std::uint64_t* a, int, std::uint64_t& r) {
        return fold_real(t, a, r, [](auto x) { return core::expm1(x); });
    }
    struct functor {
        static constexpr const char* c_spelling = "expm1$f($0)";
        template <class T>
        DAMO_HD T operator()(T a) const {
            using platform::expm1;
            return expm1(a);
        }
    };
};

// log1p(x) = log(1 + x), accurate near 0; -inf at -1, NaN below. Derivative 1/(1 + x).
struct log1p_op : op_defaults {
    static constexpr const char* name = "log1p";
    static constexpr value partial(int, const value* x, value) { return 1 / (1 + x[0]); }
    static constexpr bool fold(dtype t, const std::uint64_t* a, int, std::uint64_t& r) {
        return fold_real(t, a, r, [](auto x) { return core::log1p(x); });
    }
    struct functor {
        static constexpr const char* c_spelling = "log1p$f($0)";
        template <class T>
        DAMO_HD T operator()(T a) const {
            using platform::log1p;
            return log1p(a);
        }
    };
};

} // namespace ops

template <>
struct functor_for<ops::id_of<ops::exp_op>> : ops::exp_op::functor {};
template <>
struct functor_for<ops::id_of<ops::expm1_op>> : ops::expm1_op::functor {};
template <>
struct functor_for<ops::id_of<ops::log1p_op>> : ops::log1p_op::functor {};

constexpr value exp(const operand& x) { return ops::apply<ops::exp_op>(x); }
constexpr value expm1(const operand& x) { return ops::apply<ops::expm1_op>(x); }
constexpr value log1p(const operand& x) { return ops::apply<ops::log1p_op>(x); }

} // namespace damo
