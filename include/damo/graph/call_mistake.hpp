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

// A function that was made for `from` knows its extents as numbers: those of what takes its place must be these for ever.
inline void require_as_fixed(const leaf& from, const leaf& to, const std::string& called) {
    for (int a = 0; a < from.rank; ++a) {
        if (from.extents[a] < 0 || to.extents[a] >= 0) { continue; }
        mistake m = mistake_of_leaf(mistake_kind::extents, to, called + " is made for the extents of the shared variable \"" + from.name + "\", and \"" + to.name + "\" is resizable: make \"" + to.name + "\" without that option, or compile with a resizable \"" + from.name + "\"");
        m.shapes.insert(m.shapes.begin(), printed(from.element, from.rank, from.extents));
        raise(std::move(m));
    }
}

// Calls f where a view of elements points to none.
template <class F>
void require_memory(const exec::raw_view& v, int rank, const F& f) {
    if (v.data != nullptr) { return; }
    bool empty = false;
    for (int k = 0; k < rank; ++k) { empty = empty || v.extents[k] == 0; }
    if (!empty) { f(" is a view of a null pointer: give it the elements"); }
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
// The type t with the extents that this call has; -1 where they are computed of others.
inline ir::tensor_type in_call(const ir::module& g, ir::tensor_type t, const exec::raw_view* inputs) {
    for (int k = 0; k < t.rank; ++k) {
        if (ir::is_known(t.extents[k])) { continue; }
        const ir::extent_expression& e = g.extents.data[-1 - t.extents[k]];
        t.extents[k] = e.kind == ir::extent_kind::input_axis ? inputs[e.a].extents[ir::axis_of(e)] : -1;
    }
    return t;
}
// Says where extents a and b meet, with the extents that this call has.
inline void put_meeting(mistake& m, const damo::graph& function, ir::extent a, ir::extent b, const exec::raw_view* inputs) {
    const ir::module& g = function.nodes();
    const ir::index n = meeting_of(g, a, b);
    if (n == 0) { return; }
    put_node(m, g, function.outputs(), n);
    for (int k = 0; k < g.nodes.data[n].arg_count; ++k) {
        const ir::tensor_type t = in_call(g, g.type_of(g.arg(n, k)), inputs);
        m.shapes.push_back(printed(t.element, t.rank, t.extents));
    }
}

// An axis of the arguments along which a reduction has no result where it is empty.
struct needs_elements {
    ir::index node;
    int input;
    int input_axis;
};

// What the type rule of reduction n says of an operand of type t; empty when it has a result.
inline std::string refusal_of(const ir::module& g, ir::index n, const ir::tensor_type& t) {
    ir::module m;
    const ir::index x = ops::make_input(m, 0, t).node();
    std::vector<std::int64_t> attributes;
    for (int k = 0; k < g.nodes.data[n].attribute_count; ++k) { attributes.push_back(g.attribute(n, k)); }
    const ir::op_info& op = *g.nodes.data[n].op;
    if (op.infer({m, op, &x, 1, attributes.data(), static_cast<int>(attributes.size())}) != ir::nil) { return {}; }
    return {m.error.data(), static_cast<std::size_t>(m.error.size())};
}

// Those of the reductions that every call computes: the side of a choice that is not taken, and what loops do, may have no elements.
inline std::vector<needs_elements> axes_that_need_elements(const damo::graph& function) {
    const ir::module& g = function.nodes();
    std::vector<bool> always(static_cast<std::size_t>(g.nodes.size), false);
    for (const ir::index n : function.outputs()) { always[static_cast<std::size_t>(n)] = true; }
    std::vector<needs_elements> found;
    for (ir::index n = g.nodes.size - 1; n > 0; --n) {
        if (!always[static_cast<std::size_t>(n)]) { continue; }
        const ir::node& x = g.nodes.data[n];
        const ir::op_facts& facts = x.op->facts;
        // What a loop captures may be what its body makes of nothing else.
        const int certain = facts.types == ir::dtype_rule::select || facts.kind == ir::op_kind::loop ? 1 : x.arg_count;
        for (int k = 0; k < certain; ++k) { always[static_cast<std::size_t>(g.arg(n, k))] = true; }
        if (facts.kind != ir::op_kind::reduction || x.arg_count != 1) { continue; }
        const ir::tensor_type& given = g.type_of(g.arg(n, 0));
        for (int k = 0; k < given.rank; ++k) {
            if (ir::is_known(given.extents[k]) || g.extents.data[-1 - given.extents[k]].kind != ir::extent_kind::input_axis) { continue; }
            ir::tensor_type t = given;
            for (int i = 0; i < t.rank; ++i) { t.extents[i] = i == k ? 0 : 1; }
            const ir::extent_expression& e = g.extents.data[-1 - given.extents[k]];
            if (!refusal_of(g, n, t).empty()) { found.push_back({n, static_cast<int>(e.a), ir::axis_of(e)}); }
        }
    }
    return found;
}
// Says which reduction a call gives no elements.
inline mistake mistake_of_empty(const needs_elements& x, const damo::graph& function, const exec::raw_view* inputs, const std::string& called) {
    const ir::module& g = function.nodes();
    const ir::tensor_type t = in_call(g, g.type_of(g.arg(x.node, 0)), inputs);
    mistake m = mistake_of(mistake_kind::empty_axis, called + " has an argument without elements: " + refusal_of(g, x.node, t));
    put_node(m, g, function.outputs(), x.node);
    m.shapes = {printed(t.element, t.rank, t.extents)};
    return m;
}

} // namespace damo::detail::graph
