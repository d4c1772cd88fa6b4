// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <concepts>

#include <damo/ops/broadcast.hpp>

namespace damo {
namespace ops {

// exact(x): x, computed as written. No rewriting reaches what it encloses, so that compensated sums (Kahan, two-sum) survive.
// Derivative 1; the derivative of what it encloses is rewritten as any other expression.
struct exact_op : op_defaults {
    static constexpr const char* name = "exact";
    static constexpr ir::op_facts facts{.types = ir::dtype_rule::same, .barrier = true};
    static constexpr value partial(int, const value*, value y) {
        return make_constant(y.owner(), y.element(), ir::bits_from(y.element(), 1));
    }
    static constexpr bool fold(dtype, const std::uint64_t* a, int, std::uint64_t& r) {
        r = a[0];
        return true;
    }
    struct functor {
        static constexpr const char* c_spelling = "$0";
        template <class T>
        DAMO_HD constexpr T operator()(T a) const {
            return a;
        }
    };
};

// stop_gradient(x): x, taken for a constant by every derivative.
struct stop_gradient_op : op_defaults {
    static constexpr const char* name = "stop_gradient";
    static constexpr ir::op_facts facts{.types = ir::dtype_rule::same, .inactive = true};
    static constexpr bool fold(dtype, const std::uint64_t* a, int, std::uint64_t& r) {
        r = a[0];
        return true;
    }
    struct functor {
        static constexpr const char* c_spelling = "$0";
        template <class T>
        DAMO_HD constexpr T operator()(T a) const {
            return a;
        }
    };
};

// attach_derivative(y, x1, d1, x2, d2, ...): y, whose derivative to each xk is said to be dk and nothing else, element by element: what
// y is made of is not looked at. The xk and dk broadcast to the shape of y, which must not grow by that: a number has no derivative element
// by element with respect to an array. The dk are ordinary expressions, so higher derivatives follow from
// them. Before evaluation it is y alone.
struct attach_derivative_op : op_defaults {
    static constexpr const char* name = "attach_derivative";
    static constexpr ir::op_facts facts{.arity = -1, .by_hand = true};
    static constexpr bool valid(const ir::call& c) { return c.attribute_count == 0 && c.count % 2 == 1; }
    static constexpr value expansion(const value* x, int count, const ir::module&, ir::index) {
        ir::module& m = x[0].owner();
        ir::tensor_type t = x[0].type();
        for (int i = 1; i < count; ++i) { broadcast_shapes(m, t, m.type_of(x[i].node())); }
        return {m, fit(m, x[0].node(), m.intern(t))};
    }
    static constexpr value partial(int k, const value* x, value y) {
        return k % 2 == 1 ? x[k + 1] : make_constant(y.owner(), y.element(), 0);
    }
};

// attach_derivative(y, ...), unless it has more axes or elements than y has.
constexpr value of_own_shape(const value& made, const operand& y) {
    ir::module& m = made.owner();
    const ir::tensor_type t = made.type();
    ir::tensor_type own;
    own.element = y.v.element();
    if (y.v.has_owner()) { own = y.v.type(); }
    bool same = own.rank == t.rank;
    for (int k = 0; k < t.rank && same; ++k) { same = own.extents[k] != 1 || t.extents[k] == 1; }
    if (same) { return made; }
    m.here = {y.file, y.line};
    core::sentence& s = m.fail();
    s << "attach_derivative(y, x1, d1, x2, d2, ...) works element by element: arguments or derivatives have the shape of ";
    m.print_type(s, t);
    s << ", and y is ";
    m.print_type(s, own);
    s << ": sum them, or write custom_vjp";
    return {m, ir::module::poison};
}

} // namespace ops

template <>
struct functor_for<ops::id_of<ops::exact_op>> : ops::exact_op::functor {};
template <>
struct functor_for<ops::id_of<ops::stop_gradient_op>> : ops::stop_gradient_op::functor {};

constexpr value exact(const operand& x) { return ops::apply<ops::exact_op>(x); }
constexpr value stop_gradient(const operand& x) { return ops::apply<ops::stop_gradient_op>(x); }

template <class... Pairs>
    requires(std::convertible_to<Pairs, operand> && ...)
constexpr value attach_derivative(operand y, const Pairs&... pairs) {
    if constexpr (sizeof...(Pairs) == 0 || sizeof...(Pairs) % 2 != 0) {
        if (!y.v.has_owner()) { return y.v; }
        ir::module& m = y.v.owner();
        m.here = {y.file, y.line};
        m.fail() << "attach_derivative(y, x1, d1, x2, d2, ...) requires a derivative behind each argument that it is for";
        return {m, ir::module::poison};
    } else {
        const operand args[] = {y, pairs...};
        const value made = ops::apply(ops::info_of<ops::attach_derivative_op>, args, static_cast<int>(1 + sizeof...(Pairs)));
        return made.has_owner() && !made.is_poison() && !y.v.is_empty() ? ops::of_own_shape(made, y) : made;
    }
}

} // namespace damo
