// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/ops/fold.hpp>
#include <damo/ops/select.hpp>

namespace damo {
namespace ops {

// log(x), natural logarithm; -inf at 0, NaN below. Derivative 1/x. Accuracy: the platform's log, below 1 ULP.
struct log_op : op_defaults {
    static constexpr const char* name = "log";
    static constexpr value partial(int, const value* x, value);
    static constexpr bool fold(dtype t, const std::uint64_t* a, int, std::uint64_t& r) {
        return fold_real(t, a, r, [](auto x) { return core::log(x); });
    }
    struct functor {
        static constexpr const char* c_spelling = "log$f($0)";
        template <class T>
        DAMO_HD T operator()(T a) const {
            using platform::log;
            return log(a);
        }
    };
};

// x^y for real numbers: powers with a negative base are real only for an integer exponent, else NaN, as std::pow. 0^0 = 1.
// Derivatives y*x^(y-1) (0 where y = 0) and log(x)*x^y (0 where x = 0). Accuracy: that of the platform's pow (below 1 ULP in glibc, 3 ULP in xsimd);
// small constant exponents become products and square roots, within 1 ULP per multiplication.
struct pow_op : op_defaults {
    static constexpr const char* name = "pow";
    static constexpr ir::op_facts facts{.arity = 2, .collects = ir::collect_role::power, .precedence = 3, .infix = "^"};
    static constexpr value partial(int k, const value* x, value y) {
        if (k == 1) { return where(x[0] == 0, 0, apply<mul_op>(y, apply<log_op>(x[0]))); }
        return where(x[1] == 0, 0, apply<mul_op>(x[1], apply<pow_op>(x[0], apply<sub_op>(x[1], 1))));
    }
    static constexpr bool fold(dtype t, const std::uint64_t* a, int, std::uint64_t& r) {
        // Small integer exponents of exactly representable results only: products, so the same bits everywhere.
        const double x = ir::as_double(t, a[0]);
        const double e = ir::as_double(t, a[1]);
        if (e == 1) {
            r = a[0];
            return true;
        }
        if (e == 0) {
            r = ir::bits_from(t, 1);
            return true;
        }
        if (e == -1 && x != 0) {
            r = ir::bits_from(t, 1 / x);
            return true;
        }
        if (e == 2) {
            r = ir::bits_from(t, x * x);
            return true;
        }
        return false;
    }
    struct functor {
        static constexpr const char* c_spelling = "pow$f($0, $1)";
        template <class T>
        DAMO_HD T operator()(T a, T b) const {
            using platform::pow;
            return pow(a, b);
        }
    };
};

// x / y, true division: integers become float64 first, as in NumPy. Derivatives 1/y and -x/y^2. Division by zero as in IEEE 754.
struct div_op : op_defaults {
    static constexpr const char* name = "div";
    static constexpr ir::op_facts facts{.arity = 2, .foldable = true, .precedence = 2, .infix = "/"};
    static constexpr value canonical(const value* x, int, const ir::module&, ir::index) {
        return apply<mul_op>(x[0], apply<pow_op>(x[1], -1));
    }
    static constexpr value partial(int k, const value* x, value y) {
        return k == 0 ? apply<div_op>(1, x[1]) : apply<mul_op>(-1, apply<div_op>(y, x[1]));
    }
    static constexpr bool fold(dtype t, const std::uint64_t* a, int n, std::uint64_t& r) {
        // Constant evaluation refuses division by zero; the program would give an infinity or NaN, so nothing is folded then.
        if (ir::as_double(t, a[1]) == 0) { return false; }
        return fold_binary(t, a, n, r, [](double x, double y) { return x / y; }, [](std::uint64_t x, std::uint64_t) { return x; });
    }
    struct functor {
        static constexpr const char* c_spelling = "$0 / $1";
        template <class T>
        DAMO_HD constexpr T operator()(T a, T b) const {
            return a / b;
        }
    };
};

// sqrt(x); NaN below 0. Correctly rounded. Derivative 1/(2 sqrt(x)): +inf at 0.
struct sqrt_op : op_defaults {
    static constexpr const char* name = "sqrt";
    static constexpr ir::op_facts facts{.foldable = true};
    static constexpr value canonical(const value* x, int, const ir::module&, ir::index) { return apply<pow_op>(x[0], 0.5); }
    static constexpr value partial(int, const value*, value y) { return apply<div_op>(0.5, y); }
    static constexpr bool fold(dtype t, const std::uint64_t* a, int, std::uint64_t& r) {
        return fold_real(t, a, r, [](auto x) { return core::sqrt(x); });
    }
    struct functor {
        static constexpr const char* c_spelling = "sqrt$f($0)";
        template <class T>
        DAMO_HD T operator()(T a) const {
            using platform::sqrt;
            return sqrt(a);
        }
    };
};

// square(x): x*x. Derivative 2x.
struct square_op : op_defaults {
    static constexpr const char* name = "square";
    static constexpr ir::op_facts facts{.types = ir::dtype_rule::same};
    static constexpr value canonical(const value* x, int, const ir::module&, ir::index) { return apply<mul_op>(x[0], x[0]); }
    static constexpr value partial(int, const value* x, value) { return apply<mul_op>(2, x[0]); }
    struct functor {
        static constexpr const char* c_spelling = "$0 * $0";
        template <class T>
        DAMO_HD constexpr T operator()(T a) const {
            return a * a;
        }
    };
};

// reciprocal(x): 1/x. Derivative -1/x^2.
struct reciprocal_op : op_defaults {
    static constexpr const char* name = "reciprocal";
    static constexpr value canonical(const value* x, int, const ir::module&, ir::index) { return apply<pow_op>(x[0], -1); }
    static constexpr value partial(int, const value*, value y) { return apply<mul_op>(-1, apply<mul_op>(y, y)); }
    struct functor {
        static constexpr const char* c_spelling = "1 / $0";
        template <class T>
        DAMO_HD constexpr T operator()(T a) const {
            return T(1) / a;
        }
    };
};

constexpr value log_op::partial(int, const value* x, value) { return apply<div_op>(1, x[0]); }

} // namespace ops

template <>
struct functor_for<ops::id_of<ops::div_op>> : ops::div_op::functor {};
template <>
struct functor_for<ops::id_of<ops::pow_op>> : ops::pow_op::functor {};
template <>
struct functor_for<ops::id_of<ops::log_op>> : ops::log_op::functor {};
template <>
struct functor_for<ops::id_of<ops::sqrt_op>> : ops::sqrt_op::functor {};
template <>
struct functor_for<ops::id_of<ops::square_op>> : ops::square_op::functor {};
template <>
struct functor_for<ops::id_of<ops::reciprocal_op>> : ops::reciprocal_op::functor {};

constexpr value operator/(const operand& x, const operand& y) { return ops::apply<ops::div_op>(x, y); }
constexpr value pow(operand x, operand y) {
    if (x.v.is_literal() && y.v.is_literal()) {
        // Not pow_op::fold: inside a graph only exact results are folded.
        return value::number(core::pow(ir::as_double(x.v.literal_kind(), x.v.literal_bits()), ir::as_double(y.v.literal_kind(), y.v.literal_bits())));
    }
    return ops::apply<ops::pow_op>(x, y);
}
constexpr value log(const operand& x) { return ops::apply<ops::log_op>(x); }
constexpr value sqrt(const operand& x) { return ops::apply<ops::sqrt_op>(x); }
constexpr value square(const operand& x) { return ops::apply<ops::square_op>(x); }
constexpr value reciprocal(const operand& x) { return ops::apply<ops::reciprocal_op>(x); }

} // namespace damo
