// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/ops/arithmetic.hpp>
#include <damo/ops/extent_value.hpp>
#include <damo/ops/reshape.hpp>
#include <damo/ops/transpose.hpp>

namespace damo {
namespace ops {

// --- what all reductions share -----------------------------------------------------------------------------------------------

// The shape of t after folding the axes in mask.
constexpr ir::tensor_type folded(const ir::tensor_type& t, std::int64_t mask, bool keep) {
    ir::tensor_type r = t;
    int n = 0;
    for (int k = 0; k < t.rank; ++k) {
        if (!(mask >> k & 1)) { r.extents[n++] = t.extents[k]; }
        else if (keep) { r.extents[n++] = 1; }
    }
    r.rank = static_cast<std::int8_t>(n);
    for (int k = n; k < ir::max_rank; ++k) { r.extents[k] = 0; }
    return r;
}

// Attributes of every reduction: the mask of the axes it folds (bit k is axis k), and 1 if they stay with extent 1.
constexpr ir::index infer_reduction(const ir::call& c) {
    return c.m.intern(folded(c.m.type_of(c.args[0]), c.attributes[0], c.attributes[1] != 0));
}

// False, with a sentence, when an axis that is folded is known to be empty: there is no element to do that with.
constexpr bool has_elements(const ir::call& c, const char* what) {
    const ir::tensor_type x = c.m.type_of(c.args[0]);
    for (int k = 0; k < x.rank; ++k) {
        if ((c.attributes[0] >> k & 1) && x.extents[k] == 0) {
            auto& s = c.m.fail();
            write_call(s, c);
            s << " has no element to " << what << ": axis " << k << " is empty";
            return false;
        }
    }
    return true;
}

constexpr value reduce_mask(const ir::op_info& op, value x, std::int64_t mask, bool keep) {
    if (mask == 0) { return x; }
    const std::int64_t attributes[2] = {mask, keep};
    const ir::index node = x.node();
    return {x.owner(), emit(x.owner(), op, &node, 1, attributes, 2)};
}

// The call of a reduction: axes normalised, element types converted as the op says. Folding no axis leaves x.
constexpr value reduce(const ir::op_info& op, const operand& x, const axes& over, keep_dims keep) {
    if (settled(x)) { return settle(op, x); }
    ir::module& m = x.v.owner();
    m.here = {x.file, x.line};
    const std::int64_t attributes[2] = {axis_mask(m, op.name, x.v.type(), over, x.v.rank()), keep == keep_dims::yes};
    if (attributes[0] < 0) { return {m, ir::module::poison}; }
    if (attributes[0] == 0) { return op.facts.types == ir::dtype_rule::floating && !is_floating(x.v.element()) ? convert(x.v, dtype::float64) : x.v; }
    return apply(op, &x, 1, attributes, 2);
}

// A reduction's result or cotangent with the folded axes of x put back with extent 1.
constexpr value with_axes(value y, const value& x, std::int64_t mask) { return reshaped(y, folded(x.type(), mask, true)); }

// --- broadcast_to and sum, each the transpose of the other ---------------------------------------------------------------------

// broadcast_to(x, shape): x repeated along new leading axes and along axes whose extent is known to be 1, as in NumPy. Attributes: the
// extents of the result. Linear; the cotangent is summed over what was repeated.
struct broadcast_to_op : op_defaults {
    static constexpr const char* name = "broadcast_to";
    static constexpr ir::op_facts facts{.kind = ir::op_kind::movement, .types = ir::dtype_rule::custom, .multilinear = true, .extent_period = 1, .extent_mask = 1};
    static constexpr ir::index infer(const ir::call& c) {
        const ir::tensor_type x = c.m.type_of(c.args[0]);
        ir::tensor_type t;
        t.element = x.element;
        t.rank = static_cast<std::int8_t>(c.attribute_count);
        for (int k = 0; k < c.attribute_count; ++k) { t.extents[k] = c.attributes[k]; }
        bool fits = x.rank <= t.rank;
        for (int k = 1; k <= x.rank && fits; ++k) {
            ir::extent unused = 0;
            const ir::extent e = x.extents[x.rank - k];
            fits = e == 1 || c.m.unify(e, t.extents[t.rank - k], unused);
        }
        if (!fits) {
            auto& s = c.m.fail();
            write_call(s, c);
            s << " to ";
            c.m.print_type(s, t);
            s << " requires that every axis of x, counted from the last, has the extent asked for or 1: reshape or expand_dims x first";
            return ir::nil;
        }
        return c.m.intern(t);
    }
    static constexpr value transpose(int, const value* x, value, value g);
    static constexpr value combined(const value* x, int, const ir::module& m, ir::index node);
};

// sum(x, axes, keepdims): the sum over the named axes, over all when none is named; 0 over an empty axis. Attributes: mask, keepdims.
// int32 and bool are summed in int64, as in NumPy. The order of the additions is free unless protected by `exact`: the error is at
// most that of one pass from first to last. Linear; the cotangent is broadcast to the shape of x.
struct sum_op : op_defaults {
    static constexpr const char* name = "sum";
    static constexpr ir::op_facts facts{
        .kind = ir::op_kind::reduction, .types = ir::dtype_rule::custom, .multilinear = true, .identity = 0};
    static constexpr ir::index infer(const ir::call& c) { return infer_reduction(c); }
    static constexpr value transpose(int, const value* x, value y, value g);
    static constexpr value combined(const value* x, int, const ir::module& m, ir::index node);
    struct functor {
        static constexpr const char* c_spelling = "$0 + $1";
        template <class T>
        DAMO_HD constexpr T operator()(T a, T b) const {
            return a + b;
        }
    };
};

// Node n with the given type: converted, and broadcast or, where only the names of the extents differ, reshaped. n itself when it has
// that type.
constexpr ir::index fit(ir::module& m, ir::index n, ir::index type) {
    if (n == ir::module::poison || m.nodes.data[n].type == type) { return n; }
    const ir::tensor_type t = m.types.data[type];
    value v{m, n};
    if (v.element() != t.element) { v = convert(v, t.element); }
    if (v.is_poison()) { return v.node(); }
    bool repeats = v.rank() != t.rank;
    for (int k = 0; k < t.rank && !repeats; ++k) { repeats = v.type().extents[k] == 1 && t.extents[k] != 1; }
    if (!repeats) { return reshaped(v, t).node(); }
    std::int64_t extents[ir::max_rank] = {};
    for (int k = 0; k < t.rank; ++k) { extents[k] = t.extents[k]; }
    const ir::index node = v.node();
    return emit(m, info_of<broadcast_to_op>, &node, 1, extents, t.rank);
}

// v with the shape and element type of x.
constexpr value fit_to(value v, const value& x) { return {x.owner(), fit(x.owner(), v.node(), x.owner().nodes.data[x.node()].type)}; }

// The transpose of broadcasting from shape t: g summed over the axes that were repeated.
constexpr value sum_to(value g, const ir::tensor_type& t) {
    const ir::tensor_type from = g.type();
    const int more = from.rank - t.rank;
    const std::int64_t leading = (std::int64_t{1} << more) - 1;
    std::int64_t mask = leading;
    for (int k = 0; k < t.rank; ++k) {
        if (t.extents[k] == 1 && from.extents[k + more] != 1) { mask |= std::int64_t{1} << (k + more); }
    }
    if (mask) { g = reduce_mask(info_of<sum_op>, g, mask, leading == 0); }
    return reshaped(g, t);
}

constexpr value broadcast_to_op::combined(const value* x, int, const ir::module& m, ir::index node) {
    const ir::node& inner = m.nodes.data[x[0].node()];
    if (same_type(x[0].type(), m.type_of(node))) { return x[0]; }
    if (inner.op->id != id_of<broadcast_to_op>) { return {}; }
    ir::module& into = x[0].owner();
    return {into, fit(into, m.args.data[inner.first_arg], m.nodes.data[node].type)};
}
constexpr value broadcast_to_op::transpose(int, const value* x, value, value g) { return sum_to(g, x[0].type()); }
// How often a reduction folds the same elements along axes that broadcast_to repeated: `times`, 0 where it does not. Then the `rest` of the
// axes of x remains to be folded; `aligned` is the shape of x, that of the operand with the repeated axes at 1.
struct repetition {
    value x;
    std::int64_t rest = 0;
    ir::tensor_type aligned;
    ir::extent times = 0;
};
constexpr repetition repeated_along(value operand, std::int64_t mask) {
    ir::module& m = operand.owner();
    const ir::node& spread = m.nodes.data[operand.node()];
    if (spread.op->id != id_of<broadcast_to_op>) { return {}; }
    repetition r;
    r.x = {m, m.args.data[spread.first_arg]};
    r.aligned = operand.type();
    const ir::tensor_type from = r.x.type();
    const int more = r.aligned.rank - from.rank;
    for (int k = 0; k < r.aligned.rank; ++k) {
        const ir::extent repeated = r.aligned.extents[k];
        r.aligned.extents[k] = k < more ? 1 : from.extents[k - more];
        if (!(mask >> k & 1) || repeated == 1) { continue; }
        if (r.aligned.extents[k] != 1) { r.rest |= std::int64_t{1} << (k - more); }
        else { r.times = r.times == 0 ? repeated : m.extent_of(ir::extent_kind::product, r.times, repeated); }
        r.aligned.extents[k] = 1;
    }
    return r;
}
// What is left of such a reduction, in the type of the node that it stands for.
constexpr value folded_rest(const ir::op_info& op, const repetition& r, const ir::module& of, ir::index node) {
    ir::module& m = r.x.owner();
    const ir::index type = of.nodes.data[node].type;
    const value y = reduce_mask(op, r.x, r.rest, false);
    return {m, fit(m, reshaped(y, folded(r.aligned, of.attribute(node, 0), of.attribute(node, 1) != 0)).node(), type)};
}
// A reduction of a transposed array, or of all of a reshaped one, as that of the array itself; empty if it is neither. For reductions to
// which the order of the elements means nothing.
constexpr value folded_unmoved(const ir::op_info& op, value operand, const ir::module& m, ir::index node) {
    const ir::node& moved = m.nodes.data[operand.node()];
    const std::int64_t mask = m.attribute(node, 0);
    const bool keep = m.attribute(node, 1) != 0;
    const int rank = operand.rank();
    const auto inner = [&] { return value{operand.owner(), m.args.data[moved.first_arg]}; };
    if (moved.op->id == id_of<reshape_op> && mask == (std::int64_t{1} << rank) - 1) {
        const value y = reduce_mask(op, inner(), (std::int64_t{1} << inner().rank()) - 1, false);
        return reshaped(y, m.type_of(node));
    }
    if (moved.op->id != id_of<transpose_op>) { return {}; }
    std::int64_t axes = 0; // of what is not transposed
    for (int k = 0; k < rank; ++k) { axes |= (mask >> k & 1) << m.attribute(operand.node(), k); }
    std::int64_t order[ir::max_rank] = {};
    int left = 0;
    for (int k = 0; k < rank; ++k) {
        if (!keep && (mask >> k & 1)) { continue; }
        const std::int64_t axis = m.attribute(operand.node(), k);
        int place = 0;
        for (int j = 0; j < axis; ++j) { place += keep || !(axes >> j & 1); }
        order[left++] = place;
    }
    return permuted(reduce_mask(op, inner(), axes, keep), order);
}

// A reduction to which repetitions of an element make no difference, of an operand that was repeated a known number of times.
constexpr value once(const ir::op_info& op, value operand, const ir::module& m, ir::index node) {
    if (const value y = folded_unmoved(op, operand, m, node); !y.is_empty()) { return y; }
    const repetition r = repeated_along(operand, m.attribute(node, 0));
    return r.times > 0 ? folded_rest(op, r, m, node) : value();
}

constexpr value sum_op::combined(const value* x, int, const ir::module& m, ir::index node) {
    if (const value y = folded_unmoved(info_of<sum_op>, x[0], m, node); !y.is_empty()) { return y; }
    const repetition r = repeated_along(x[0], m.attribute(node, 0));
    if (r.times == 0) { return {}; }
    const value once = folded_rest(info_of<sum_op>, r, m, node); // before the number: the order in which nodes are made is part of the graph
    return once * extent_value(x[0].owner(), r.times, x[0].element());
}
constexpr value sum_op::transpose(int, const value* x, value y, value g) {
    return fit_to(with_axes(g, x[0], y.owner().attribute(y.node(), 0)), x[0]);
}

} // namespace ops

template <>
struct functor_for<ops::id_of<ops::sum_op>> : ops::sum_op::functor {};

constexpr value broadcast_to(operand x, const shape& to) {
    if (ops::settled(x)) { return ops::settle(ops::info_of<ops::broadcast_to_op>, x); }
    ir::module& m = x.v.owner();
    constexpr std::int64_t most = std::int64_t{1} << 47;
    std::int64_t left = most; // elements that there may still be along further axes
    for (int k = 0; k < to.rank; ++k) { left = to.extents[k] > 1 ? left / to.extents[k] : left; }
    const bool fits = left > 0;
    if (to.refused || to.left_over >= 0 || !fits) {
        m.here = {x.file, x.line};
        auto& s = m.fail();
        s << "broadcast_to(";
        m.print_type(s, x.v.type());
        s << ", ";
        ops::write_shape(s, m, to);
        if (fits) { s << ") requires extents of 0 or more, at most " << ir::max_rank << " of them: for the extent of an axis of y write extent_of(y, axis)"; }
        else { s << ") requires extents whose product is at most 2^47, those of 0 left out"; }
        return {m, ir::module::poison};
    }
    return ops::apply(ops::info_of<ops::broadcast_to_op>, &x, 1, to.extents, to.rank);
}

constexpr value sum(operand x, const axes& over = {}, keep_dims keep = keep_dims::no) {
    if (x.v.has_owner() && !x.v.is_poison() && (x.v.element() == dtype::boolean || x.v.element() == dtype::int32)) {
        x.v = ops::convert(x.v, dtype::int64);
    }
    return ops::reduce(ops::info_of<ops::sum_op>, x, over, keep);
}

} // namespace damo
