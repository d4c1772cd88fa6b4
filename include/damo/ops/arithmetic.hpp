// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/core/total.hpp>
#include <damo/ops/apply.hpp>

namespace damo {
namespace ops {

// Exactly rounded arithmetic of two constants in element type t: float32 in double and rounded once (exact for + - * /, Figueroa 1995),
// integers wrapping.
template <class Double, class Integer>
constexpr bool fold_binary(dtype t, const std::uint64_t* a, int count, std::uint64_t& r, Double on_double, Integer on_integer) {
    r = a[0];
    for (int i = 1; i < count; ++i) {
        if (is_floating(t)) { r = ir::bits_from(t, on_double(ir::as_double(t, r), ir::as_double(t, a[i]))); }
        else {
            r = on_integer(r, a[i]);
            if (t == dtype::int32) { r = static_cast<std::uint64_t>(static_cast<std::int64_t>(static_cast<std::int32_t>(r))); }
        }
    }
    return true;
}

// x1 + x2 + ...: any number of operands, broadcast together. Derivative 1 for each. Correctly rounded per addition; the order of
// the additions is free unless protected by `exact`.
struct add_op : op_defaults {
    static constexpr const char* name = "add";
    static constexpr ir::op_facts facts{.arity = -1,
                                        .types = ir::dtype_rule::same,
                                        .commutative = true,
                                        .associative = true,
                                        .foldable = true,
                                        .collects = ir::collect_role::sum,
                                        .identity = 0,
                                        .precedence = 1,
                                        .infix = " + "};
    static constexpr value partial(int, const value*, value y) { return make_constant(y.owner(), y.element(), ir::bits_from(y.element(), 1)); }
    static constexpr bool fold(dtype t, const std::uint64_t* a, int n, std::uint64_t& r) {
        return fold_binary(t, a, n, r, [](double x, double y) { return core::total_add(x, y); }, [](std::uint64_t x, std::uint64_t y) { return x + y; });
    }
    struct functor {
        static constexpr const char* c_spelling = "$0 + $1";
        template <class T>
        DAMO_HD constexpr T operator()(T a, T b) const {
            return a + b;
        }
    };
};

// x1 * x2 * ...: any number of operands, broadcast together. Derivative: the product of the others.
struct mul_op : op_defaults {
    static constexpr const char* name = "mul";
    static constexpr ir::op_facts facts{.arity = -1,
                                        .types = ir::dtype_rule::same,
                                        .commutative = true,
                                        .associative = true,
                                        .foldable = true,
                                        .collects = ir::collect_role::product,
                                        .identity = 1,
                                        .precedence = 2,
                                        .infix = "*"};
    static constexpr value partial(int k, const value* x, value y) {
        // The graph is asked for the count: a product may have any number of factors.
        ir::module& m = y.owner();
        const int n = m.nodes.data[y.node()].arg_count;
        if (n == 2) { return x[1 - k]; }
        value p;
        for (int i = 0; i < n; ++i) {
            if (i != k) { p = p.is_empty() ? x[i] : apply<mul_op>(p, x[i]); }
        }
        return p.is_empty() ? make_constant(m, y.element(), ir::bits_from(y.element(), 1)) : p;
    }
    static constexpr bool fold(dtype t, const std::uint64_t* a, int n, std::uint64_t& r) {
        return fold_binary(t, a, n, r, [](double x, double y) { return core::total_multiply(x, y); }, [](std::uint64_t x, std::uint64_t y) { return x * y; });
    }
    struct functor {
        static constexpr const char* c_spelling = "$0 * $1";
        template <class T>
        DAMO_HD constexpr T operator()(T a, T b) const {
            return a * b;
        }
    };
};

// -x. Derivative -1. Exact. Booleans are refused, as in NumPy.
struct neg_op : op_defaults {
    static constexpr const char* name = "neg";
    static constexpr ir::op_facts facts{.types = ir::dtype_rule::numeric, .foldable = true, .precedence = 2};
    static constexpr value canonical(const value* x, int, const ir::module&, ir::index) { return apply<mul_op>(-1, x[0]); }
    static constexpr value partial(int, const value*, value y) { return make_constant(y.owner(), y.element(), ir::bits_from(y.element(), -1)); }
    static constexpr bool fold(dtype t, const std::uint64_t* a, int, std::uint64_t& r) {
        r = is_floating(t) ? ir::bits_from(t, -ir::as_double(t, a[0])) : 0 - a[0];
        return true;
    }
    struct functor {
        static constexpr const char* c_spelling = "-$0";
        template <class T>
        DAMO_HD constexpr T operator()(T a) const {
            return -a;
        }
    };
};

// x - y. Derivatives 1 and -1. Booleans are refused, as in NumPy.
struct sub_op : op_defaults {
    static constexpr const char* name = "sub";
    static constexpr ir::op_facts facts{.arity = 2, .types = ir::dtype_rule::numeric, .foldable = true, .precedence = 1, .infix = " - "};
    static constexpr value canonical(const value* x, int, const ir::module&, ir::index) { return apply<add_op>(x[0], apply<mul_op>(-1, x[1])); }
    static constexpr value partial(int k, const value*, value y) {
        return make_constant(y.owner(), y.element(), ir::bits_from(y.element(), k == 0 ? 1 : -1));
    }
    static constexpr bool fold(dtype t, const std::uint64_t* a, int n, std::uint64_t& r) {
        return fold_binary(t, a, n, r, [](double x, double y) { return core::total_add(x, -y); }, [](std::uint64_t x, std::uint64_t y) { return x - y; });
    }
    struct functor {
        static constexpr const char* c_spelling = "$0 - $1";
        template <class T>
        DAMO_HD constexpr T operator()(T a, T b) const {
            return a - b;
        }
    };
};

// The sum of nodes of one graph and one element type, in one node: a chain of sums costs whoever flattens it the square of its length.
constexpr value add_all(ir::module& m, const ir::index* terms, int count) {
    return {m, count == 1 ? terms[0] : emit(m, info_of<add_op>, terms, count)};
}

} // namespace ops

template <>
struct functor_for<ops::id_of<ops::add_op>> : ops::add_op::functor {};
template <>
struct functor_for<ops::id_of<ops::mul_op>> : ops::mul_op::functor {};
template <>
struct functor_for<ops::id_of<ops::neg_op>> : ops::neg_op::functor {};
template <>
struct functor_for<ops::id_of<ops::sub_op>> : ops::sub_op::functor {};

constexpr value operator+(const operand& x, const operand& y) { return ops::apply<ops::add_op>(x, y); }
constexpr value operator-(const operand& x, const operand& y) { return ops::apply<ops::sub_op>(x, y); }
constexpr value operator*(const operand& x, const operand& y) { return ops::apply<ops::mul_op>(x, y); }
constexpr value operator-(const operand& x) { return ops::apply<ops::neg_op>(x); }
constexpr value operator+(const operand& x) { return x.v; }

} // namespace damo
