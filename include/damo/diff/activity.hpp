// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/ir/module.hpp>

namespace damo::diff {

// Marks the nodes through which the given nodes influence anything differentiably: floating, and reached through active ops only.
struct activity {
    core::pool<bool> marks;
    constexpr activity(const ir::module& m, const ir::index* from, int count) {
        marks.grow_to(m.nodes.size);
        for (int i = 0; i < count; ++i) { marks.data[from[i]] = is_floating(m.type_of(from[i]).element); }
        for (ir::index n = 1; n < m.nodes.size; ++n) {
            const ir::node& x = m.nodes.data[n];
            if (marks.data[n] || x.op->facts.inactive || !is_floating(m.types.data[x.type].element)) { continue; }
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

} // namespace damo::diff
