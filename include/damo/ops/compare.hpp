// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/ops/arithmetic.hpp>

namespace damo {
namespace ops {

// The six comparisons and the three logical operations, element by element, result bool. False with NaN, but for != which is true.
// No derivative: they are piecewise constant.
template <class Self>
struct comparison : op_defaults {
    static constexpr ir::op_facts facts{
        .arity = 2, .types = ir::dtype_rule::compare, .inactive = true, .foldable = true, .precedence = -1, .infix = Self::symbol};
    static constexpr bool fold(dtype t, const std::uint64_t* a, int, std::uint64_t& r) {
        const typename Self::functor f;
        r = is_floating(t) ? f(ir::as_double(t, a[0]), ir::as_double(t, a[1]))
                           : f(static_cast<std::int64_t>(a[0]), static_cast<std::int64_t>(a[1]));
        return true;
    }
};
struct less_traits {
    static constexpr const char* symbol = " < ";
    struct functor {
        static constexpr const char* c_spelling = "$0 < $1";
        template <class T>
        DAMO_HD constexpr auto operator()(T a, T b) const {
            return a < b;
        }
    };
};
struct less_equal_traits {
    static constexpr const char* symbol = " <= ";
    struct functor {
        static constexpr const char* c_spelling = "$0 <= $1";
        template <class T>
        DAMO_HD constexpr auto operator()(T a, T b) const {
            return a <= b;
        }
    };
};
struct equal_traits {
    static constexpr const char* symbol = " == ";
    struct functor {
        static constexpr const char* c_spelling = "$0 == $1";
        template <class T>
        DAMO_HD constexpr auto operator()(T a, T b) const {
            return a == b;
        }
    };
};
struct not_equal_traits {
    static constexpr const char* symbol = " != ";
    struct functor {
        static constexpr const char* c_spelling = "$0 != $1";
        template <class T>
        DAMO_HD constexpr auto operator()(T a, T b) const {
            return !(a == b); // in some vector libraries NaN != NaN is false
        }
    };
};
struct less_op : comparison<less_traits>, less_traits {
    static constexpr const char* name = "less";
};
struct less_equal_op : comparison<less_equal_traits>, less_equal_traits {
    static constexpr const char* name = "less_equal";
};
struct equal_op : comparison<equal_traits>, equal_traits {
    static constexpr const char* name = "equal";
};
struct not_equal_op : comparison<not_equal_traits>, not_equal_traits {
    static constexpr const char* name = "not_equal";
};

struct logical_and_op : op_defaults {
    static constexpr const char* name = "logical_and";
    static constexpr ir::op_facts facts{.arity = 2,
                                        .types = ir::dtype_rule::logical,
                                        .commutative = true,
                                        .associative = true,
                                        .inactive = true,
                                        .foldable = true,
                                        .precedence = -2,
                                        .infix = " & "};
    static constexpr bool fold(dtype, const std::uint64_t* a, int, std::uint64_t& r) {
        r = a[0] & a[1];
        return true;
    }
    struct functor {
        static constexpr const char* c_spelling = "$0 & $1";
        template <class T>
        DAMO_HD constexpr T operator()(T a, T b) const {
            return a && b;
        }
    };
};
struct logical_or_op : op_defaults {
    static constexpr const char* name = "logical_or";
    static constexpr ir::op_facts facts{.arity = 2,
                                        .types = ir::dtype_rule::logical,
                                        .commutative = true,
                                        .associative = true,
                                        .inactive = true,
                                        .foldable = true,
                                        .precedence = -3,
                                        .infix = " | "};
    static constexpr bool fold(dtype, const std::uint64_t* a, int, std::uint64_t& r) {
        r = a[0] | a[1];
        return true;
    }
    struct functor {
        static constexpr const char* c_spelling = "$0 | $1";
        template <class T>
        DAMO_HD constexpr T operator()(T a, T b) const {
            return a || b;
        }
    };
};
struct logical_not_op : op_defaults {
    static constexpr const char* name = "logical_not";
    static constexpr ir::op_facts facts{.types = ir::dtype_rule::logical, .inactive = true, .foldable = true};
    static constexpr bool fold(dtype, const std::uint64_t* a, int, std::uint64_t& r) {
        r = a[0] ^ 1;
        return true;
    }
    struct functor {
        static constexpr const char* c_spelling = "!$0";
        template <class T>
        DAMO_HD constexpr T operator()(T a) const {
            return !a;
        }
    };
};

// x < y, x <= y. A truth value has no order among numbers: it is there by mistake, most often as the first half of a < x < b.
template <class Op>
constexpr value in_order(const operand& x, const operand& y) {
    if ((x.v.element() == dtype::boolean) != (y.v.element() == dtype::boolean)) {
        const operand* const seen[] = {&x, &y};
        bool sound = true;
        for (const operand* o : seen) { sound = sound && (o->v.has_owner() ? !o->v.is_poison() : !o->v.is_empty()); }
        if (sound && (x.v.has_owner() || y.v.has_owner())) {
            ir::module& m = x.v.has_owner() ? x.v.owner() : y.v.owner();
            m.here = {x.file, x.line};
            m.fail() << Op::name << " cannot compare a bool with numbers: write a < x < b as (a < x) & (x < b)";
            return {m, ir::module::poison};
        }
    }
    return apply<Op>(x, y);
}

} // namespace ops

template <>
struct functor_for<ops::id_of<ops::less_op>> : ops::less_op::functor {};
template <>
struct functor_for<ops::id_of<ops::less_equal_op>> : ops::less_equal_op::functor {};
template <>
struct functor_for<ops::id_of<ops::equal_op>> : ops::equal_op::functor {};
template <>
struct functor_for<ops::id_of<ops::not_equal_op>> : ops::not_equal_op::functor {};
template <>
struct functor_for<ops::id_of<ops::logical_and_op>> : ops::logical_and_op::functor {};
template <>
struct functor_for<ops::id_of<ops::logical_or_op>> : ops::logical_or_op::functor {};
template <>
struct functor_for<ops::id_of<ops::logical_not_op>> : ops::logical_not_op::functor {};

constexpr value operator<(const operand& x, const operand& y) { return ops::in_order<ops::less_op>(x, y); }
constexpr value operator<=(const operand& x, const operand& y) { return ops::in_order<ops::less_equal_op>(x, y); }
constexpr value operator>(const operand& x, const operand& y) { return ops::in_order<ops::less_op>(y, x); }
constexpr value operator>=(const operand& x, const operand& y) { return ops::in_order<ops::less_equal_op>(y, x); }
constexpr value operator==(const operand& x, const operand& y) { return ops::apply<ops::equal_op>(x, y); }
constexpr value operator!=(const operand& x, const operand& y) { return ops::apply<ops::not_equal_op>(x, y); }
constexpr value operator&(const operand& x, const operand& y) { return ops::apply<ops::logical_and_op>(x, y); }
constexpr value operator|(const operand& x, const operand& y) { return ops::apply<ops::logical_or_op>(x, y); }
// Takes a value itself: with an operand the built-in ! would be as good a match. Its place is that of the call recorded before it.
constexpr value operator!(const value& x) {
    return ops::apply<ops::logical_not_op>(x.has_owner() ? operand(x, x.owner().here.file, x.owner().here.line) : operand(x, nullptr, 0));
}

} // namespace damo
