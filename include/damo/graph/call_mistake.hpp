// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <damo/exec/static/memory.hpp>
#include <damo/graph/graph.hpp>
#include <damo/graph/shared.hpp>
#include <damo/graph/walk.hpp>

// What a call of a compiled function says about a mistake beside the sentence: the node of the function's graph, its types, where it was made,
// and the way from it to a result.

namespace damo::detail::graph {

// About a symbol in front of any function: m has its op, type and place.
inline mistake mistake_of_leaf(mistake_kind kind, const leaf& l, std::string sentence) {
    mistake m = mistake_of(kind, std::move(sentence));
    m.op = ops::input.name;
    m.shapes = {printed(l.element, l.rank, l.extents)};
    put_place(m, l.place);
    return m;
}

// The input of this number of a function.
struct input_of_graph {
    const damo::graph& function;
    int number;
    // Says which input of the function a mistake is about. An input that the optimised graph does not need has no way to a result.
    void put(mistake& m, const leaf& l) const {
        const ir::module& g = function.nodes();
        for (ir::index n = 1; n < g.nodes.size; ++n) {
            if (g.nodes.data[n].op->id == ir::input_id && g.attribute(n, 0) == number) { put_node(m, g, function.outputs(), n); }
        }
        m.op = ops::input.name;
        put_place(m, l.place);
    }
};

// The first node where an axis of one operand has extent a and one of another has b, those that lie on each other before others; 0 when there is none.
inline ir::index meeting_of(const ir::module& g, ir::extent a, ir::extent b) {
    const auto meet = [&](const ir::tensor_type& s, const ir::tensor_type& t, bool aligned) {
        for (int i = 1; i <= s.rank; ++i) {
            for (int j = aligned ? i : 1; j <= (aligned && i < t.rank ? i : t.rank); ++j) {
                if (s.extents[s.rank - i] == a && t.extents[t.rank - j] == b) { return true; }
            }
        }
        return false;
    };
    for (const bool aligned : {true, false}) {
        for (ir::index n = 1; n < g.nodes.size; ++n) {
            const int count = g.nodes.data[n].arg_count;
            for (int i = 0; i < count; ++i) {
                for (int j = 0; j < count; ++j) {
                    if (i != j && meet(g.type_of(g.arg(n, i)), g.type_of(g.arg(n, j)), aligned)) { return n; }
                }
            }
        }
    }
    return 0;
}
// Says where extents a and b meet, with the extents that this call has.
inline void put_meeting(mistake& m, const damo::graph& function, ir::extent a, ir::extent b, const exec::raw_view* inputs) {
    const ir::module& g = function.nodes();
    const ir::index n = meeting_of(g, a, b);
    if (n == 0) { return; }
    put_node(m, g, function.outputs(), n);
    for (int k = 0; k < g.nodes.data[n].arg_count; ++k) {
        const ir::tensor_type& t = g.type_of(g.arg(n, k));
        std::int64_t extents[ir::max_rank] = {};
        for (int i = 0; i < t.rank; ++i) {
            const bool known = ir::is_known(t.extents[i]);
            const ir::extent_expression* x = known ? nullptr : &g.extents.data[-1 - t.extents[i]];
            extents[i] = known ? t.extents[i] : x->kind == ir::extent_kind::input_axis ? inputs[x->a].extents[x->b] : -1;
        }
        m.shapes.push_back(printed(t.element, t.rank, extents));
    }
}

} // namespace damo::detail::graph
