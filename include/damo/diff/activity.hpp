// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/ops/scan.hpp>

namespace damo::diff {

// Marks the nodes through which the given nodes influence anything differentiably: floating, and reached through active ops only.
struct activity {
    core::pool<bool> marks;
    constexpr activity(const ir::module& m, const ir::index* from, int count) {
        marks.grow_to(m.nodes.size);
        for (int i = 0; i < count; ++i) { marks.data[from[i]] = is_floating(m.type_of(from[i]).element); }
        for (ir::index n = 1; n < m.nodes.size; ++n) {
            const ir::node& x = m.nodes.data[n];
            const bool loop = x.op->facts.kind == ir::op_kind::loop; // its projections have the types
            if (marks.data[n] || x.op->facts.inactive || (!loop && !is_floating(m.types.data[x.type].element))) { continue; }
            const ir::index* a = m.args.data + x.first_arg;
            for (int k = 0; k < x.arg_count; ++k) {
                if (marks.data[a[k]]) {
                    marks.data[n] = true;
                    break;
                }
            }
        }
    }
};

// Of the parameters of a loop's region, those that move when the marked operands do: a carry also moves when its next value does.
constexpr core::pool<bool> moving_parameters(const ir::module& m, const ops::loop_view& l, const core::pool<bool>& operands) {
    core::pool<bool> moves(l.captures + l.sequences + l.carries + 1);
    core::pool<ir::index> from;
    for (int k = 0; k <= l.carries + l.sequences + l.captures; ++k) { moves.push(operands.data[k] && is_floating(m.type_of(l.parameter(k)).element)); }
    for (bool again = true; again;) {
        again = false;
        from.size = 0;
        for (int k = 0; k < moves.size; ++k) {
            if (moves.data[k]) { from.push(l.parameter(k)); }
        }
        const activity inside(m, from.data, from.size);
        for (int j = 0; j < l.carries; ++j) {
            if (!moves.data[1 + j] && inside.marks.data[l.result(j)]) { moves.data[1 + j] = again = true; }
        }
    }
    return moves;
}

} // namespace damo::diff
