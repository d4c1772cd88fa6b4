// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/ir/notation.hpp>

namespace damo::ir {

namespace detail::print_dot {

// Appends what is in `from`, with what a quoted string of DOT must escape.
constexpr void append_quoted(core::sentence& out, const core::sentence& from) {
    for (int i = 0; i < from.size(); ++i) {
        const char c = from.data()[i];
        if (c == '"' || c == '\\') { out << '\\'; }
        out << c;
    }
}

} // namespace detail::print_dot

// The graph below the outputs in the DOT language of Graphviz: an edge from each operand to its user, numbered where the order counts;
// dashed from the results of a loop's body.
template <class Graph>
constexpr void print_dot(core::sentence& out, const Graph& m, const index* outputs, int count, const input_names& names = {}) {
    namespace write = detail::notation;
    const write::use_counts used(m, outputs, count);
    core::pool<int> number; // of the nodes drawn, from 1
    number.grow_to(m.nodes.size);
    int drawn = 0;
    out << "digraph {\n  node [shape=ellipse];\n";
    for (index n = 1; n < m.nodes.size; ++n) {
        if (used.uses.data[n] == 0) { continue; }
        number.data[n] = ++drawn;
        const auto& x = m.nodes.data[n];
        const bool leaf = x.op->facts.kind == op_kind::leaf;
        core::sentence label;
        if (leaf) { write::write_leaf(label, m, n, names); }
        else {
            label << x.op->name;
            write::write_attributes(label, m, n, " ");
        }
        core::sentence type;
        write::write_type(type, m, m.type_of(n));
        out << "  n" << drawn << " [label=\"";
        detail::print_dot::append_quoted(out, label);
        out << "\\n";
        detail::print_dot::append_quoted(out, type);
        out << '"' << (leaf ? ", shape=box" : "") << "];\n";
        for (int k = 0; k < x.arg_count; ++k) {
            out << "  n" << number.data[m.args.data[x.first_arg + k]] << " -> n" << drawn;
            if (x.arg_count > 1 && !x.op->facts.commutative) { out << " [label=\"" << k << "\"]"; }
            out << ";\n";
        }
    }
    for (index n = 1; n < m.nodes.size; ++n) {
        const region* body = used.uses.data[n] > 0 ? write::body_of(m, n) : nullptr;
        for (int k = 0; body && k < body->result_count; ++k) {
            out << "  n" << number.data[m.region_nodes.data[body->first_result + k]] << " -> n" << number.data[n] << " [style=dashed];\n";
        }
    }
    for (int i = 0; i < count; ++i) {
        out << "  out" << i << " [label=\"output " << i << "\", shape=plaintext];\n  n" << number.data[outputs[i]] << " -> out" << i << ";\n";
    }
    out << "}\n";
}

} // namespace damo::ir
