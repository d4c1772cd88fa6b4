// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/ops/scan.hpp>

namespace damo::plan {

// An extent that stands for the number of steps of a loop, and the number.
struct late_count {
    ir::extent name = 0;
    ir::index steps = 0;
};

// The numbers of steps that a graph computes of its inputs, one way or another, oldest first: what one needs of others stands before it.
// A number that changes from step to step of a loop around is not among them.
constexpr core::pool<late_count> late_counts(const ir::module& m, const ir::index* outputs, int output_count) {
    core::pool<bool> needed;
    core::pool<ir::index> outside; // of a captured value: what it is outside
    needed.grow_to(m.nodes.size);
    outside.grow_to(m.nodes.size);
    for (int o = 0; o < output_count; ++o) { needed.data[outputs[o]] = true; }
    for (ir::index n = m.nodes.size - 1; n > 0; --n) {
        if (!needed.data[n]) { continue; }
        const ir::node& x = m.nodes.data[n];
        for (int k = 0; k < x.arg_count; ++k) { needed.data[m.arg(n, k)] = true; }
        ir::each_in_region(m, x, [&](ir::index p) { needed.data[p] = true; });
        if (!ir::has_region(x)) { continue; }
        const ops::loop_view l(m, n);
        for (int k = 1 + l.carries + l.sequences; k < x.arg_count; ++k) { outside.data[l.parameter(k)] = l.operand_of(k); }
    }
    core::pool<late_count> found;
    core::pool<bool> above;
    for (ir::index n = 1; n < m.nodes.size; ++n) {
        if (!needed.data[n] || !ir::has_region(m.nodes.data[n])) { continue; }
        const ir::extent e = m.attribute(n, 3);
        if (ir::is_known(e) || m.extents.data[-1 - e].kind != ir::extent_kind::named) { continue; }
        ir::index steps = m.arg(n, 0);
        while (outside.data[steps] != 0) { steps = outside.data[steps]; }
        bool open = true;
        for (int i = 0; i < found.size; ++i) { open = open && found.data[i].name != e; }
        above.size = 0;
        above.grow_to(steps + 1);
        above.data[steps] = true;
        for (ir::index a = steps; a > 0 && open; --a) {
            if (!above.data[a]) { continue; }
            open = m.nodes.data[a].op->id != ir::parameter_id;
            for (int k = 0; k < m.nodes.data[a].arg_count; ++k) { above.data[m.arg(a, k)] = true; }
        }
        if (open) { found.push({e, steps}); }
    }
    // By age, each behind those that it may need.
    for (int i = 1; i < found.size; ++i) {
        const late_count x = found.data[i];
        int j = i;
        for (; j > 0 && found.data[j - 1].steps > x.steps; --j) { found.data[j] = found.data[j - 1]; }
        found.data[j] = x;
    }
    return found;
}

// A loop whose number of steps is none of those that are known before it, one that keeps, stacks or walks before others; 0 when there is none.
constexpr ir::index undecided_loop(const ir::module& m, const core::pool<ir::extent>& known) {
    ir::index found = 0;
    for (ir::index n = 1; n < m.nodes.size; ++n) {
        if (!ir::has_region(m.nodes.data[n])) { continue; }
        const ir::extent e = m.attribute(n, 3);
        bool open = !ir::is_known(e) && m.extents.data[-1 - e].kind == ir::extent_kind::named;
        for (int i = 0; i < known.size && open; ++i) { open = known.data[i] != e; }
        if (!open) { continue; }
        const ops::loop_view l(m, n);
        if (l.results > l.carries || l.sequences > 0) { return n; }
        found = found == 0 ? n : found;
    }
    return found;
}

} // namespace damo::plan
