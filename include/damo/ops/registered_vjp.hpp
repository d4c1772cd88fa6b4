// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <deque>
#include <functional>
#include <mutex>
#include <utility>
#include <vector>

#include <damo/ops/custom_vjp.hpp>

namespace damo {

/// The derivative of a function given by hand: from its arguments xs, its result y and the cotangent g of y, the cotangents of xs, one each; an
/// empty value stands for zero. Written with damo's functions, of what it is given and numbers alone: higher derivatives follow.
using custom_pull_back = std::function<std::vector<value>(const std::vector<value>& xs, const value& y, const value& g)>;

/// The same forwards: the tangent of y when the xs move along tangents, one each, zeros where an argument stands still. An empty value stands for
/// zero.
using custom_push_forward = std::function<value(const std::vector<value>& xs, const value& y, const std::vector<value>& tangents)>;

namespace ops {

struct custom_derivative {
    custom_pull_back pull_back;
    custom_push_forward push_forward; // empty: made of pull_back
};

// The derivatives given by hand in this program, by number. None is ever forgotten: graphs know them by the number.
inline int register_derivative(custom_derivative f, const custom_derivative** found = nullptr, int wanted = -1) {
    static std::mutex guard;
    static std::deque<custom_derivative> all; // a deque: they stay where they are
    const std::lock_guard<std::mutex> lock(guard);
    if (found != nullptr) {
        *found = &all[static_cast<std::size_t>(wanted)];
        return wanted;
    }
    all.push_back(std::move(f));
    return static_cast<int>(all.size()) - 1;
}
inline const custom_derivative& derivative_of(int number) {
    const custom_derivative* found = nullptr;
    register_derivative({}, &found, number);
    return *found;
}

template <class Op>
struct registered_vjp_defaults : custom_vjp_defaults<Op> {
    static constexpr bool valid(const ir::call& c) { return c.attribute_count == 1; } // files hold the derivative itself beside the node
    static bool pull_back(const value* x, int count, value y, value g, value* cotangents) {
        ir::module& m = y.owner();
        const std::vector<value> found = derivative_of(static_cast<int>(m.attribute(y.node(), 0))).pull_back({x, x + count}, y, g);
        if (static_cast<int>(found.size()) != count) { return refuse_cotangents(m, count, static_cast<int>(found.size())); }
        for (int k = 0; k < count; ++k) { cotangents[k] = found[static_cast<std::size_t>(k)]; }
        return true;
    }
};

// The op of derivatives that the program registered. Attribute: the number of the function.
struct custom_vjp_op : registered_vjp_defaults<custom_vjp_op> {
    static constexpr const char* name = "custom_vjp";
};

// The same with a forward derivative by hand.
struct custom_derivatives_op : registered_vjp_defaults<custom_derivatives_op> {
    static constexpr const char* name = "custom_derivatives";
    static value tangent(const value* x, const value* dx, value y) {
        ir::module& m = y.owner();
        const int count = m.nodes.data[y.node()].arg_count - 1;
        const std::vector<value> xs(x + 1, x + 1 + count);
        std::vector<value> tangents;
        bool moves = false;
        for (int k = 0; k < count; ++k) {
            const value& still = xs[static_cast<std::size_t>(k)];
            const bool stands = dx[k + 1].is_empty();
            moves = moves || !stands;
            tangents.push_back(stands ? value{m, fit(m, make_constant(m, still.element(), 0).node(), m.nodes.data[still.node()].type)} : dx[k + 1]);
        }
        if (!moves) { return {}; }
        const ir::tensor_type t = y.type();
        const ir::kept_place kept(m);
        m.meant = {};
        const value v = derivative_of(static_cast<int>(m.attribute(y.node(), 0))).push_forward(xs, y, tangents);
        if (m.failed) { return {m, ir::module::poison}; }
        if (v.has_owner() && &v.owner() != &m) {
            m.fail() << "a forward derivative given by hand is a symbol of the outside: make it of what the rule is given and of numbers";
            return {m, ir::module::poison};
        }
        if (!v.is_empty() && !v.is_literal() && v.rank() > t.rank) {
            m.fail() << "a forward derivative given by hand must give a tangent of the shape of the result, of rank " << static_cast<int>(t.rank) << "; it gave one of rank " << v.rank();
            return {m, ir::module::poison};
        }
        return v.is_empty() ? v : value{m, fit(m, as_element(m, v, t.element).node(), m.intern(t))};
    }
};

} // namespace ops

/// y, with a derivative with respect to xs that is given by hand. y is an expression of xs; what it is made of is not differentiated. Forward mode
/// goes through it by `forward`, or, where that is not given, by transposing `derivative`, which must be linear in g: derivative_error if it is not.
inline value custom_vjp(operand y, const std::vector<value>& xs, custom_pull_back derivative, custom_push_forward forward = {}) {
    if (y.v.is_literal()) { return y.v; }
    if (!derivative) { ops::refuse_without_graph(y, "custom_vjp(y, xs, derivative)", " requires a derivative: the function that it was given is empty"); }
    std::vector<operand> all{y};
    for (const value& x : xs) { all.emplace_back(x, y.file, y.line); }
    const ir::op_info& op = forward ? ops::info_of<ops::custom_derivatives_op> : ops::info_of<ops::custom_vjp_op>;
    const std::int64_t number = ops::register_derivative({std::move(derivative), std::move(forward)});
    return ops::apply(op, all.data(), static_cast<int>(all.size()), &number, 1);
}

} // namespace damo
