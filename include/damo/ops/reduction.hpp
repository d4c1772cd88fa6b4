// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/ops/broadcast.hpp>
#include <damo/ops/power.hpp>

namespace damo {
namespace ops {

// The other reductions, with sum's attributes: mask of the folded axes, keepdims. `functor` combines two elements; facts.identity is
// the result over an empty axis, as a double: an infinity stands for the lowest or highest number of an integer type.

// prod(x, axes, keepdims): the product; 1 over an empty axis. int32 and bool are multiplied in int64. Derivative to an element: the
// product of the others, without division by zero: first and second derivatives are right with any number of zeros, third ones where
// no factor is zero.
struct prod_op : op_defaults {
    static constexpr const char* name = "prod";
    static constexpr ir::op_facts facts{.kind = ir::op_kind::reduction, .types = ir::dtype_rule::custom, .identity = 1};
    static constexpr ir::index infer(const ir::call& c) { return infer_reduction(c); }
    // The product of the others, at every element of x: p is the product of the elements that are not zero, and of the other zeros none,
    // one or more remain. One zero is written as the sum of the zeros without the element's own, so that it has its derivative.
    static constexpr value others(value x, std::int64_t mask) {
        const value zero = x == 0;
        const value safe = where(zero, 1, x);
        const value p = reduce_mask(info_of<prod_op>, safe, mask, true);
        const value own = convert(zero, x.element());
        const value zeros = where(zero, x, 0);
        const value more = reduce_mask(info_of<sum_op>, own, mask, true) - own;
        const value base = p / safe;
        return where(more == 0, base, where(more == 1, base * (reduce_mask(info_of<sum_op>, zeros, mask, true) - zeros), 0));
    }
    static constexpr value tangent(const value* x, const value* dx, value y) {
        if (dx[0].is_empty()) { return {}; }
        const ir::module& m = y.owner();
        const std::int64_t mask = m.attribute(y.node(), 0);
        return reduce_mask(info_of<sum_op>, others(x[0], mask) * dx[0], mask, m.attribute(y.node(), 1) != 0);
    }
    static constexpr value transpose(int, const value* x, value y, value g) {
        const std::int64_t mask = y.owner().attribute(y.node(), 0);
        return fit_to(with_axes(g, x[0], mask) * others(x[0], mask), x[0]);
    }
    struct functor {
        static constexpr const char* c_spelling = "$0 * $1";
        template <class T>
        DAMO_HD constexpr T operator()(T a, T b) const {
            return a * b;
        }
    };
};

// max(x, axes, keepdims), min(x, axes, keepdims): the largest and the smallest element; NaN if there is one. An axis known to be empty
// is refused; one found empty by a call gives the identity: -inf and inf, or the lowest and highest integer. Ties share the
// derivative equally.
template <class Self>
struct extremum : op_defaults {
    static constexpr ir::index infer(const ir::call& c) {
        return has_elements(c, "return") ? infer_reduction(c) : ir::nil;
    }
    static constexpr value combined(const value* x, int, const ir::module& m, ir::index node) { return once(info_of<Self>, x[0], m, node); }
    static constexpr value tangent(const value* x, const value* dx, value y) {
        if (dx[0].is_empty()) { return {}; }
        const ir::module& m = y.owner();
        const std::int64_t mask = m.attribute(y.node(), 0);
        const value chosen = x[0] == with_axes(y, x[0], mask);
        const value ties = reduce_mask(info_of<sum_op>, convert(chosen, y.element()), mask, true);
        return reduce_mask(info_of<sum_op>, where(chosen, dx[0] / ties, 0), mask, m.attribute(y.node(), 1) != 0);
    }
    static constexpr value transpose(int, const value* x, value y, value g) {
        const std::int64_t mask = y.owner().attribute(y.node(), 0);
        const value chosen = x[0] == with_axes(y, x[0], mask);
        const value ties = reduce_mask(info_of<sum_op>, convert(chosen, y.element()), mask, true);
        return fit_to(where(chosen, with_axes(g, x[0], mask) / ties, 0), x[0]);
    }
};
struct max_op : extremum<max_op> {
    static constexpr const char* name = "max";
    static constexpr ir::op_facts facts{
        .kind = ir::op_kind::reduction, .types = ir::dtype_rule::custom, .identity = -__builtin_inf()};
    using functor = maximum_op::functor;
};
struct min_op : extremum<min_op> {
    static constexpr const char* name = "min";
    static constexpr ir::op_facts facts{
        .kind = ir::op_kind::reduction, .types = ir::dtype_rule::custom, .identity = __builtin_inf()};
    using functor = minimum_op::functor;
};

// any(x, axes, keepdims), all(x, axes, keepdims) of booleans; false and true over an empty axis.
struct any_op : op_defaults {
    static constexpr const char* name = "any";
    static constexpr ir::op_facts facts{
        .kind = ir::op_kind::reduction, .types = ir::dtype_rule::logical, .inactive = true, .identity = 0};
    static constexpr ir::index infer(const ir::call& c) { return infer_reduction(c); }
    using functor = logical_or_op::functor;
};
struct all_op : op_defaults {
    static constexpr const char* name = "all";
    static constexpr ir::op_facts facts{
        .kind = ir::op_kind::reduction, .types = ir::dtype_rule::logical, .inactive = true, .identity = 1};
    static constexpr ir::index infer(const ir::call& c) { return infer_reduction(c); }
    using functor = logical_and_op::functor;
};

} // namespace ops

template <>
struct functor_for<ops::id_of<ops::prod_op>> : ops::prod_op::functor {};
template <>
struct functor_for<ops::id_of<ops::max_op>> : ops::max_op::functor {};
template <>
struct functor_for<ops::id_of<ops::min_op>> : ops::min_op::functor {};
template <>
struct functor_for<ops::id_of<ops::any_op>> : ops::any_op::functor {};
template <>
struct functor_for<ops::id_of<ops::all_op>> : ops::all_op::functor {};

constexpr value prod(operand x, const axes& over = {}, keep_dims keep = keep_dims::no) {
    if (x.v.has_owner() && !x.v.is_poison() && (x.v.element() == dtype::boolean || x.v.element() == dtype::int32)) {
        x.v = ops::convert(x.v, dtype::int64);
    }
    return ops::reduce(ops::info_of<ops::prod_op>, x, over, keep);
}
constexpr value max(operand x, const axes& over = {}, keep_dims keep = keep_dims::no) {
    return ops::reduce(ops::info_of<ops::max_op>, x, over, keep);
}
constexpr value min(operand x, const axes& over = {}, keep_dims keep = keep_dims::no) {
    return ops::reduce(ops::info_of<ops::min_op>, x, over, keep);
}
constexpr value any(operand x, const axes& over = {}, keep_dims keep = keep_dims::no) {
    return ops::reduce(ops::info_of<ops::any_op>, x, over, keep);
}
constexpr value all(operand x, const axes& over = {}, keep_dims keep = keep_dims::no) {
    return ops::reduce(ops::info_of<ops::all_op>, x, over, keep);
}

namespace detail::reduction {
template <class T>
concept Second = std::derived_from<T, value> || std::floating_point<T>;
}
template <detail::reduction::Second Y>
constexpr value max(const operand& x, const Y&) {
    static_assert(!detail::reduction::Second<Y>, "max(x, axes) folds the axes of one array: the larger of two values is maximum(x, y)");
    return x.v;
}
template <detail::reduction::Second Y>
constexpr value min(const operand& x, const Y&) {
    static_assert(!detail::reduction::Second<Y>, "min(x, axes) folds the axes of one array: the smaller of two values is minimum(x, y)");
    return x.v;
}

} // namespace damo
