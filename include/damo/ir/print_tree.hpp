// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/ir/notation.hpp>

namespace damo::ir {

// The outputs as indented trees, one node per line with its type. A node that occurs more than once is written once, marked #1, #2, ...,
// and by its mark alone afterwards.
template <class Graph>
constexpr void print_tree(core::sentence& out, const Graph& m, const index* outputs, int count, const input_names& names = {}) {
    namespace write = detail::notation;
    struct entry {
        index node = 0;
        int depth = 0;
    };
    const write::use_counts used(m, outputs, count);
    core::pool<int> mark;
    mark.grow_to(m.nodes.size);
    int marks = 0;
    core::pool<entry> stack;
    for (int i = count - 1; i >= 0; --i) { stack.push({outputs[i], 0}); }
    while (stack.size > 0) {
        const entry e = stack.data[--stack.size];
        const auto& x = m.nodes.data[e.node];
        for (int k = 0; k < e.depth; ++k) { out << "  "; }
        if (mark.data[e.node] != 0) {
            out << '#' << mark.data[e.node] << '\n';
            continue;
        }
        if (e.node == module::poison) {
            out << "poison\n";
            continue;
        }
        const bool leaf = x.op->facts.kind == op_kind::leaf;
        if (leaf) { write::write_leaf(out, m, e.node, names); }
        else {
            out << x.op->name;
            write::write_attributes(out, m, e.node, " ");
        }
        out << ": ";
        write::write_type(out, m, m.type_of(e.node));
        if (!leaf && used.uses.data[e.node] > 1) {
            mark.data[e.node] = ++marks;
            out << "  #" << marks;
        }
        out << '\n';
        if (const region* body = write::body_of(m, e.node)) { // after the operands
            for (int k = body->result_count - 1; k >= 0; --k) { stack.push({m.region_nodes.data[body->first_result + k], e.depth + 1}); }
        }
        for (int k = x.arg_count - 1; k >= 0; --k) { stack.push({m.args.data[x.first_arg + k], e.depth + 1}); }
    }
}

} // namespace damo::ir
