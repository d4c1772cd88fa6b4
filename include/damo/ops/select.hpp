// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/ops/compare.hpp>

namespace damo {
namespace ops {

// where(c, a, b): a where c holds, else b; all three broadcast together. Both sides are computed. The derivative flows to the side
// taken only: the other side's cotangent is exactly zero, so no NaN arrives from it.
struct where_op : op_defaults {
    static constexpr const char* name = "where";
    static constexpr ir::op_facts facts{.arity = 3, .types = ir::dtype_rule::select, .foldable = true};
    static constexpr value partial(int k, const value* x, value y) {
        const auto one = make_constant(y.owner(), y.element(), ir::bits_from(y.element(), 1));
        const auto zero = make_constant(y.owner(), y.element(), 0);
        return k == 0 ? zero : k == 1 ? apply<where_op>(x[0], one, zero) : apply<where_op>(x[0], zero, one);
    }
    static constexpr bool fold(dtype, const std::uint64_t* a, int, std::uint64_t& r) {
        r = a[0] ? a[1] : a[2];
        return true;
    }
    struct functor {
        static constexpr const char* c_spelling = "$0 ? $1 : $2";
        template <class C, class T>
        DAMO_HD constexpr T operator()(C c, T a, T b) const {
            return if_else(c, a, b);
        }
    };
};

// maximum(x, y), minimum(x, y). A NaN in either operand gives NaN, as in NumPy. At a tie the derivative goes half to each side.
struct maximum_op : op_defaults {
    static constexpr const char* name = "maximum";
    static constexpr ir::op_facts facts{.arity = 2, .types = ir::dtype_rule::same, .commutative = true, .foldable = true};
    static constexpr value share(value mine, value other, bool larger) {
        const value half = make_constant(mine.owner(), mine.element(), ir::bits_from(mine.element(), 0.5));
        return apply<where_op>(larger ? other < mine : mine < other, 1, apply<where_op>(mine == other, half, 0));
    }
    static constexpr value partial(int k, const value* x, value) { return share(x[k], x[1 - k], true); }
    static constexpr bool fold(dtype t, const std::uint64_t* a, int, std::uint64_t& r) {
        const double x = ir::as_double(t, a[0]);
        const double y = ir::as_double(t, a[1]);
        r = x != x ? a[0] : y != y ? a[1] : (y < x ? a[0] : a[1]);
        return true;
    }
    struct functor {
        static constexpr const char* c_spelling = "($0 > $1) | ($0 != $0) ? $0 : $1";
        template <class T>
        DAMO_HD constexpr T operator()(T a, T b) const {
            return if_else(a > b, a, if_else(a == a, b, a)); // a != a is false for NaN in some vector libraries
        }
    };
};
struct minimum_op : op_defaults {
    static constexpr const char* name = "minimum";
    static constexpr ir::op_facts facts{.arity = 2, .types = ir::dtype_rule::same, .commutative = true, .foldable = true};
    static constexpr value partial(int k, const value* x, value) { return maximum_op::share(x[k], x[1 - k], false); }
    static constexpr bool fold(dtype t, const std::uint64_t* a, int, std::uint64_t& r) {
        const double x = ir::as_double(t, a[0]);
        const double y = ir::as_double(t, a[1]);
        r = x != x ? a[0] : y != y ? a[1] : (x < y ? a[0] : a[1]);
        return true;
    }
    struct functor {
        static constexpr const char* c_spelling = "($0 < $1) | ($0 != $0) ? $0 : $1";
        template <class T>
        DAMO_HD constexpr T operator()(T a, T b) const {
            return if_else(a < b, a, if_else(a == a, b, a));
        }
    };
};

// sign(x): -1, 0 or 1; NaN for NaN. No derivative (zero almost everywhere).
struct sign_op : op_defaults {
    static constexpr const char* name = "sign";
    static constexpr ir::op_facts facts{.types = ir::dtype_rule::same, .inactive = true};
    static constexpr bool fold(dtype t, const std::uint64_t* a, int, std::uint64_t& r) {
        const double x = ir::as_double(t, a[0]);
        r = x != x ? a[0] : ir::bits_from(t, x > 0 ? 1 : x < 0 ? -1 : 0);
        return true;
    }
    struct functor {
        static constexpr const char* c_spelling = "$0 > 0 ? 1 : $0 < 0 ? -1 : $0";
        template <class T>
        DAMO_HD constexpr T operator()(T a) const {
            return if_else(a > T(0), T(1), if_else(a < T(0), T(-1), a));
        }
    };
};

// abs(x): |x|. Derivative sign(x), which is 0 at 0. Exact.
struct abs_op : op_defaults {
    static constexpr const char* name = "abs";
    static constexpr ir::op_facts facts{.types = ir::dtype_rule::same, .foldable = true};
    static constexpr value partial(int, const value* x, value) { return apply<sign_op>(x[0]); }
    static constexpr bool fold(dtype t, const std::uint64_t* a, int, std::uint64_t& r) {
        if (is_floating(t)) { r = a[0] & 0x7FFFFFFFFFFFFFFFu; }
        else { r = static_cast<std::int64_t>(a[0]) < 0 ? 0 - a[0] : a[0]; }
        return true;
    }
    struct functor {
        static constexpr const char* c_spelling = "fabs$f($0)";
        static constexpr const char* c_spelling_of_integers = "$0 < 0 ? -$0 : $0";
        template <class T>
        DAMO_HD T operator()(T a) const {
            if constexpr (std::is_arithmetic_v<T>) {
                if constexpr (std::is_floating_point_v<T>) { return platform::fabs(a); }
                else { return a < 0 ? -a : a; }
            } else { return abs(a); }
        }
    };
};

} // namespace ops

template <>
struct functor_for<ops::id_of<ops::where_op>> : ops::where_op::functor {};
template <>
struct functor_for<ops::id_of<ops::maximum_op>> : ops::maximum_op::functor {};
template <>
struct functor_for<ops::id_of<ops::minimum_op>> : ops::minimum_op::functor {};
template <>
struct functor_for<ops::id_of<ops::sign_op>> : ops::sign_op::functor {};
template <>
struct functor_for<ops::id_of<ops::abs_op>> : ops::abs_op::functor {};

constexpr value where(const operand& c, const operand& a, const operand& b) { return ops::apply<ops::where_op>(c, a, b); }
constexpr value maximum(const operand& x, const operand& y) { return ops::apply<ops::maximum_op>(x, y); }
constexpr value minimum(const operand& x, const operand& y) { return ops::apply<ops::minimum_op>(x, y); }
constexpr value sign(const operand& x) { return ops::apply<ops::sign_op>(x); }
constexpr value abs(const operand& x) { return ops::apply<ops::abs_op>(x); }

} // namespace damo
