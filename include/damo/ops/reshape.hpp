// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/ops/axes.hpp>

namespace damo {
namespace ops {

// An element count as a number times extent symbols, with products opened: two counts are compared after what they share is removed.
struct extent_factors {
    std::int64_t number = 1;
    ir::extent symbols[4 * ir::max_rank] = {};
    int count = 0;

    constexpr extent_factors(const ir::module& m, const ir::extent* extents, int rank, int skipped = -1) {
        constexpr int room = 4 * ir::max_rank;
        ir::extent open[room] = {};
        int n = 0;
        for (int k = 0; k < rank; ++k) {
            if (k != skipped) { open[n++] = extents[k]; }
        }
        while (n) {
            const ir::extent e = open[--n];
            if (ir::is_known(e)) {
                number = ir::multiplied(number, e);
                continue;
            }
            const ir::extent_expression& x = m.extents.data[-1 - e];
            // Never more symbols than fit: what has no room stays a product.
            if (x.kind == ir::extent_kind::product && n + count + 2 <= room) {
                open[n++] = x.a;
                open[n++] = x.b;
            } else {
                symbols[count++] = e;
            }
        }
    }
    constexpr void cancel(extent_factors& other) {
        for (int i = 0; i < count; ++i) {
            for (int j = 0; j < other.count; ++j) {
                if (symbols[i] == other.symbols[j]) {
                    symbols[i--] = symbols[--count];
                    other.symbols[j] = other.symbols[--other.count];
                    break;
                }
            }
        }
    }
    constexpr ir::extent product(ir::module& m) const {
        ir::extent e = number;
        for (int i = 0; i < count; ++i) { e = m.extent_of(ir::extent_kind::product, e, symbols[i]); }
        return e;
    }
};

// reshape(x, shape): the elements of x in row-major order under another shape. Attributes: the extents of the result. The number of
// elements stays; where extents are unknown, that is checked once per call. expand_dims, squeeze and ravel are reshapes too, so that
// there is one op to compose and to cancel; they keep extent symbols. Linear; the cotangent takes the shape of x again.
struct reshape_op : op_defaults {
    static constexpr const char* name = "reshape";
    static constexpr ir::op_facts facts{.kind = ir::op_kind::movement, .types = ir::dtype_rule::custom, .multilinear = true, .extent_period = 1, .extent_mask = 1};
    static constexpr ir::index infer(const ir::call& c) {
        const ir::tensor_type x = c.m.type_of(c.args[0]);
        ir::tensor_type t;
        t.element = x.element;
        t.rank = static_cast<std::int8_t>(c.attribute_count);
        for (int k = 0; k < c.attribute_count; ++k) { t.extents[k] = c.attributes[k]; }
        extent_factors from(c.m, x.extents, x.rank);
        extent_factors to(c.m, t.extents, t.rank);
        from.cancel(to);
        bool fits = from.number == to.number;
        if (from.count + to.count > 0 && !(fits && from.count + to.count == 0)) {
            ir::extent unused = 0;
            const ir::extent given = from.product(c.m); // in this order, that every compiler numbers extents alike
            fits = c.m.unify(given, to.product(c.m), unused);
        }
        if (!fits) {
            auto& s = c.m.fail();
            write_call(s, c);
            s << " to ";
            c.m.print_type(s, t);
            s << " requires as many elements as it is given: ";
            c.m.print_extent(s, from.product(c.m));
            s << " are there, ";
            c.m.print_extent(s, to.product(c.m));
            s << " are asked for; write -1 for one extent to have it computed";
            return ir::nil;
        }
        return c.m.intern(t);
    }
    static constexpr value transpose(int, const value* x, value, value g);
    static constexpr value combined(const value* x, int, const ir::module& m, ir::index node);
};

// x under another shape of as many elements; x itself when it has that shape.
constexpr value reshaped(value x, const ir::tensor_type& t) {
    if (x.is_poison() || same_shape(x.type(), t)) { return x; }
    std::int64_t extents[ir::max_rank] = {};
    for (int k = 0; k < t.rank; ++k) { extents[k] = t.extents[k]; }
    const ir::index node = x.node();
    return {x.owner(), emit(x.owner(), info_of<reshape_op>, &node, 1, extents, t.rank)};
}
constexpr value reshape_op::combined(const value* x, int, const ir::module& m, ir::index node) {
    const ir::node& inner = m.nodes.data[x[0].node()];
    if (same_type(x[0].type(), m.type_of(node))) { return x[0]; }
    return inner.op->id == id_of<reshape_op> ? reshaped({x[0].owner(), m.args.data[inner.first_arg]}, m.type_of(node)) : value();
}
constexpr value reshape_op::transpose(int, const value* x, value, value g) { return reshaped(g, x[0].type()); }

constexpr void write_shape(core::sentence& s, const ir::module& m, const shape& to) {
    s << '{';
    for (int k = 0; k < to.rank; ++k) {
        if (k) { s << ", "; }
        if (k == to.left_over) { s << "-1"; }
        else { m.print_extent(s, to.extents[k]); }
    }
    s << '}';
}

} // namespace ops

constexpr value reshape(operand x, const shape& to) {
    if (ops::settled(x)) { return ops::settle(ops::info_of<ops::reshape_op>, x); }
    ir::module& m = x.v.owner();
    m.here = {x.file, x.line};
    const ir::tensor_type from = x.v.type();
    std::int64_t extents[ir::max_rank] = {};
    for (int k = 0; k < to.rank; ++k) { extents[k] = to.extents[k]; }
    bool refused = to.refused;
    if (!refused && to.left_over >= 0) {
        ops::extent_factors have(m, from.extents, from.rank);
        ops::extent_factors given(m, to.extents, to.rank, to.left_over);
        have.cancel(given);
        refused = given.count > 0 || given.number == 0 || have.number % given.number != 0;
        if (!refused) {
            have.number /= given.number;
            extents[to.left_over] = have.product(m);
        }
    }
    if (refused) {
        auto& s = m.fail();
        s << "reshape(";
        m.print_type(s, from);
        s << ", ";
        ops::write_shape(s, m, to);
        s << ") requires extents of 0 or more, at most " << ir::max_rank
          << " of them, and at most one -1, which must follow from the others: give the missing extent";
        return {m, ir::module::poison};
    }
    return ops::apply(ops::info_of<ops::reshape_op>, &x, 1, extents, to.rank);
}

// All elements in row-major order, rank 1.
constexpr value ravel(operand x) { return reshape(x, -1); }

// Axes of extent 1 put in so that they are the named axes of the result: expand_dims(float64[3], 0) is float64[1, 3].
constexpr value expand_dims(operand x, const axes& at) {
    if (ops::settled(x)) { return ops::settle(ops::info_of<ops::reshape_op>, x, "expand_dims"); }
    ir::module& m = x.v.owner();
    m.here = {x.file, x.line};
    const ir::tensor_type from = x.v.type();
    const int more = at.count == axes::all ? 0 : at.count;
    ir::tensor_type t = from;
    if (from.rank + more > ir::max_rank) {
        auto& s = m.fail();
        s << "expand_dims(";
        m.print_type(s, from);
        s << ") gives rank " << (from.rank + more) << "; the highest rank is " << ir::max_rank << ": join axes with reshape first";
        return {m, ir::module::poison};
    }
    t.rank = static_cast<std::int8_t>(from.rank + more);
    const std::int64_t mask = more == 0 ? 0 : ops::axis_mask(m, "expand_dims", from, at, t.rank);
    if (mask < 0) { return {m, ir::module::poison}; }
    int taken = 0;
    for (int k = 0; k < t.rank; ++k) { t.extents[k] = mask >> k & 1 ? 1 : from.extents[taken++]; }
    return ops::reshaped(x.v, t);
}

// Axes of extent 1 taken out: the named ones, which must be known to be 1, or all that are.
constexpr value squeeze(operand x, const axes& out = {}) {
    if (ops::settled(x)) { return ops::settle(ops::info_of<ops::reshape_op>, x, "squeeze"); }
    ir::module& m = x.v.owner();
    m.here = {x.file, x.line};
    const ir::tensor_type from = x.v.type();
    const std::int64_t mask = ops::axis_mask(m, "squeeze", from, out, from.rank);
    if (mask < 0) { return {m, ir::module::poison}; }
    ir::tensor_type t = from;
    int kept = 0;
    for (int k = 0; k < from.rank; ++k) {
        const bool named = mask >> k & 1;
        if (named && from.extents[k] == 1) { continue; }
        if (named && out.count != axes::all) {
            auto& s = m.fail();
            s << "squeeze(";
            m.print_type(s, from);
            s << ", axis " << k << ") requires an axis whose extent is known to be 1: use reshape or leave the axis out";
            return {m, ir::module::poison};
        }
        t.extents[kept++] = from.extents[k];
    }
    t.rank = static_cast<std::int8_t>(kept);
    return ops::reshaped(x.v, t);
}

} // namespace damo
