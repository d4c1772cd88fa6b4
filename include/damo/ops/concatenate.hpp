// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/ops/broadcast.hpp>
#include <damo/ops/slice.hpp>

namespace damo {
namespace ops {

// concatenate({x1, x2, ...}, axis): arrays of equal rank one after the other along an axis; their other extents are equal. Attribute:
// the axis. Element types are promoted. The result's extent is the sum. Jointly linear; each operand gets its part of the cotangent.
struct concatenate_op : op_defaults {
    static constexpr const char* name = "concatenate";
    static constexpr ir::op_facts facts{.kind = ir::op_kind::structured, .arity = -1, .types = ir::dtype_rule::same, .axis_number = true};
    static constexpr ir::index infer(const ir::call& c) {
        ir::tensor_type t = c.m.type_of(c.args[0]);
        const int axis = static_cast<int>(c.attributes[0]);
        for (int i = 1; i < c.count; ++i) {
            const ir::tensor_type u = c.m.type_of(c.args[i]);
            bool fits = u.rank == t.rank;
            for (int k = 0; k < t.rank && fits; ++k) {
                if (k != axis) { fits = c.m.unify(t.extents[k], u.extents[k], t.extents[k]); }
            }
            if (!fits) {
                auto& s = c.m.fail();
                write_call(s, c);
                s << " along axis " << axis << " requires arrays of equal rank whose other extents are equal; argument " << (i + 1)
                  << " does not fit those before it: expand_dims, transpose or pad it";
                return ir::nil;
            }
            t.extents[axis] = c.m.extent_of(ir::extent_kind::sum, t.extents[axis], u.extents[axis]);
        }
        return c.m.intern(t);
    }
    static constexpr value tangent(const value* x, const value* dx, value y) {
        ir::module& m = y.owner();
        const int count = m.nodes[y.node()].arg_count;
        const std::int64_t axis = m.attribute(y.node(), 0);
        core::pool<ir::index> parts(count);
        bool any = false;
        for (int i = 0; i < count; ++i) {
            any = any || !dx[i].is_empty();
            parts.push(dx[i].is_empty() ? fit_to(make_constant(m, y.element(), 0), x[i]).node() : dx[i].node());
        }
        return any ? value{m, emit(m, info_of<concatenate_op>, parts.data, count, &axis, 1)} : value();
    }
    static constexpr value transpose(int k, const value* x, value y, value g) {
        ir::module& m = y.owner();
        const int axis = static_cast<int>(m.attribute(y.node(), 0));
        std::int64_t places[3 * ir::max_rank] = {};
        const int rank = y.rank();
        for (int a = 0; a < rank; ++a) {
            places[3 * a + 1] = 1;
            places[3 * a + 2] = g.type().extents[a];
        }
        for (int i = 0; i < k; ++i) { places[3 * axis] = m.extent_of(ir::extent_kind::sum, places[3 * axis], x[i].type().extents[axis]); }
        places[3 * axis + 2] = x[k].type().extents[axis];
        const ir::index node = g.node();
        return fit_to({m, emit(m, info_of<slice_op>, &node, 1, places, 3 * rank)}, x[k]);
    }
};

// The first symbol among the operands, poison if one is; an empty value when all are numbers.
constexpr value first_symbol(const operand* xs, int count) {
    value first;
    for (int i = 0; i < count; ++i) {
        if (!xs[i].v.has_owner()) { continue; }
        if (xs[i].v.is_poison()) { return xs[i].v; }
        if (first.is_empty()) { first = xs[i].v; }
    }
    return first;
}

constexpr value concatenated(const char* name, const operand* xs, int count, int axis, bool stacked) {
    const value first = first_symbol(xs, count);
    if (first.is_poison()) { return first; }
    for (int i = 0; i < count; ++i) {
        if (xs[i].v.is_empty()) { return refuse_vacant(first.is_empty() ? nullptr : &first.owner(), name, xs, i + 1); }
    }
    if (first.is_empty()) {
        constexpr char text[] = "concatenate and stack require at least one symbol among their arrays: an array of numbers alone is an input";
        core::raise(text, sizeof text - 1);
    }
    ir::module& m = first.owner();
    m.here = {xs[0].file, xs[0].line};
    const std::int64_t at = normal_axis(m, name, first.type(), axis, first.rank() + stacked);
    if (at < 0) { return {m, ir::module::poison}; }
    if (!stacked) { return apply(info_of<concatenate_op>, xs, count, &at, 1); }
    // Scalars of different element types may be stacked as well, numbers among them.
    dtype t = dtype::none;
    for (int i = 0; i < count; ++i) { t = promote(t, xs[i].v.has_owner() ? xs[i].v.element() : dtype::none); }
    core::pool<ir::index> parts(count);
    for (int i = 0; i < count; ++i) {
        const value v = expand_dims(operand(as_element(m, brought(m, xs[i].v), t), xs[i].file, xs[i].line), static_cast<int>(at));
        parts.push(v.node());
    }
    return {m, emit(m, info_of<concatenate_op>, parts.data, count, &at, 1)};
}

} // namespace ops

constexpr value concatenate(std::initializer_list<operand> xs, int axis = 0) {
    return ops::concatenated("concatenate", xs.begin(), static_cast<int>(xs.size()), axis, false);
}
constexpr value concatenate(const operand* xs, int count, int axis = 0) { return ops::concatenated("concatenate", xs, count, axis, false); }

// Arrays of equal shape along a new axis.
constexpr value stack(std::initializer_list<operand> xs, int axis = 0) {
    return ops::concatenated("stack", xs.begin(), static_cast<int>(xs.size()), axis, true);
}
constexpr value stack(const operand* xs, int count, int axis = 0) { return ops::concatenated("stack", xs, count, axis, true); }

} // namespace damo
