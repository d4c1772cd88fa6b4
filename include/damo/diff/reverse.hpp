// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/diff/activity.hpp>
#include <damo/ops/broadcast.hpp>
#include <damo/ops/power.hpp>

namespace damo::diff {

// a + b where either may be empty (zero).
constexpr value accumulate(value a, value b) {
    if (a.is_empty()) { return b; }
    return b.is_empty() ? a : a + b;
}

// Contribution of the cotangent g of node n to its operand k.
constexpr value pull_back(ir::module& m, ir::index n, int k, const value* x, value y, value g) {
    const ir::op_info& op = *m.nodes.data[n].op;
    if (op.facts.kind != ir::op_kind::elementwise) { return op.transpose(k, x, y, g); }
    const value d = op.partial(k, x, y);
    value c = g;
    if (ops::is_constant(m, d.node())) {
        const double v = ir::as_double(d.element(), m.nodes.data[d.node()].bits);
        if (v == 0) { return {}; }
        if (v == -1) { c = -g; }
        else if (v != 1) { c = g * d; }
    } else {
        c = g * d;
    }
    const ir::tensor_type to = x[k].type();
    return ops::sum_to(ops::as_element(m, c, to.element), to);
}

// Reverse mode: from cotangents of outputs to cotangents of the nodes `wrt`, all in module m, whose nodes below `m.nodes.size` at the
// time of the call are the function. An empty result means zero. Each node is visited once, users before operands.
constexpr void reverse(ir::module& m, const ir::index* outputs, const value* seeds, int output_count, const ir::index* wrt, value* result,
                       int wrt_count) {
    const ir::index size = m.nodes.size;
    const activity active(m, wrt, wrt_count);
    core::pool<value> adjoint(size);
    adjoint.grow_to(size);
    for (int i = 0; i < output_count; ++i) { adjoint.data[outputs[i]] = accumulate(adjoint.data[outputs[i]], seeds[i]); }
    core::pool<value> operands;
    for (ir::index n = size - 1; n > 0; --n) {
        if (adjoint.data[n].is_empty() || !active.marks.data[n]) { continue; }
        const ir::op_info& op = *m.nodes.data[n].op;
        if (op.facts.kind == ir::op_kind::leaf) { continue; }
        m.here = m.locations.data[n];
        const int count = m.nodes.data[n].arg_count;
        operands.size = 0;
        for (int k = 0; k < count; ++k) { operands.push({m, m.arg(n, k)}); }
        const value y{m, n};
        for (int k = 0; k < count; ++k) {
            const ir::index a = operands.data[k].node();
            if (active.marks.data[a]) { adjoint.data[a] = accumulate(adjoint.data[a], pull_back(m, n, k, operands.data, y, adjoint.data[n])); }
        }
    }
    for (int i = 0; i < wrt_count; ++i) { result[i] = adjoint.data[wrt[i]]; }
}

} // namespace damo::diff
