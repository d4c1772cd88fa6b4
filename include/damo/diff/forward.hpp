// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/diff/reverse.hpp>

namespace damo::diff {

// A zero of the type of x.
constexpr ir::index zeros(ir::module& m, const value& x) {
    return ops::fit(m, ops::make_constant(m, x.element(), 0).node(), m.nodes.data[x.node()].type);
}

// Directional derivative of one node, given the tangents of its operands (empty means zero); has the type of the node.
constexpr value push_forward(ir::module& m, ir::index n, const value* x, const value* dx, int count, value y) {
    const ir::op_info& op = *m.nodes.data[n].op;
    const ir::index type = m.nodes.data[n].type;
    if (op.facts.kind == ir::op_kind::elementwise) {
        value t;
        for (int k = 0; k < count; ++k) {
            if (dx[k].is_empty()) { continue; }
            const value d = op.partial(k, x, y);
            if (ops::is_constant(m, d.node())) {
                const double v = ir::as_double(d.element(), m.nodes.data[d.node()].bits);
                if (v == 0) { continue; }
                t = accumulate(t, v == 1 ? ops::as_element(m, dx[k], d.element()) : ops::as_element(m, dx[k], d.element()) * d);
            } else {
                t = accumulate(t, dx[k] * d);
            }
        }
        return t.is_empty() ? t : value{m, ops::fit(m, t.node(), type)};
    }
    if (op.facts.multilinear) {
        value t;
        core::pool<ir::index> args;
        core::pool<std::int64_t> attributes;
        const int attribute_count = m.nodes.data[n].attribute_count;
        for (int i = 0; i < attribute_count; ++i) { attributes.push(m.attribute(n, i)); }
        if (op.facts.arity == 1 || count == 1 || op.facts.additive) {
            // Linear in all operands together (concatenate): one call, zeros where nothing moves.
            for (int k = 0; k < count; ++k) {
                args.push(dx[k].is_empty() ? zeros(m, x[k]) : dx[k].node());
            }
            return {m, ops::emit(m, op, args.data, count, attributes.data, attribute_count)};
        }
        for (int k = 0; k < count; ++k) {
            if (dx[k].is_empty()) { continue; }
            args.size = 0;
            for (int j = 0; j < count; ++j) { args.push(j == k ? dx[k].node() : x[j].node()); }
            t = accumulate(t, {m, ops::emit(m, op, args.data, count, attributes.data, attribute_count)});
        }
        return t;
    }
    return op.tangent(x, dx, y);
}

// Forward mode: from tangents of the nodes `wrt` to tangents of the outputs, in module m. An empty result means zero.
constexpr void forward(ir::module& m, const ir::index* wrt, const value* tangents, int wrt_count, const ir::index* outputs, value* result,
                       int output_count) {
    const ir::index size = m.nodes.size;
    core::pool<value> tangent(size);
    tangent.grow_to(size);
    for (int i = 0; i < wrt_count; ++i) { tangent.data[wrt[i]] = tangents[i]; }
    core::pool<value> operands;
    core::pool<value> moved;
    for (ir::index n = 1; n < size; ++n) {
        const ir::op_info& op = *m.nodes.data[n].op;
        if (op.facts.kind == ir::op_kind::leaf || op.facts.inactive || !is_floating(m.type_of(n).element)) { continue; }
        const int count = m.nodes.data[n].arg_count;
        bool moves = false;
        operands.size = moved.size = 0;
        for (int k = 0; k < count; ++k) {
            const ir::index a = m.arg(n, k);
            operands.push({m, a});
            moved.push(tangent.data[a]);
            moves = moves || !tangent.data[a].is_empty();
        }
        if (!moves) { continue; }
        m.here = m.locations.data[n];
        tangent.data[n] = push_forward(m, n, operands.data, moved.data, count, {m, n});
    }
    for (int i = 0; i < output_count; ++i) { result[i] = tangent.data[outputs[i]]; }
}

} // namespace damo::diff
