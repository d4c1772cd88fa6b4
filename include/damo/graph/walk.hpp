// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include <damo/graph/arena.hpp>

namespace damo {

/// {x, y}: y in the place of x.
struct substitution {
    value from;
    operand to;
    static constexpr mistake_kind kind = mistake_kind::substitution;
    static substitution of_symbols(const value& from, const operand& to) { return {from, to}; }
};

namespace detail::graph {

inline std::string printed(const ir::module& m, ir::index n) {
    core::sentence s;
    m.print_type(s, m.type_of(n));
    return {s.data(), static_cast<std::size_t>(s.size())};
}
inline bool is_leaf(const ir::module& m, ir::index n) { return m.nodes.data[n].op->id == ir::input_id; }
inline const leaf_pointer& leaf_at(const ir::module& m, ir::index n) { return arena::of(m).leaf_of(static_cast<int>(m.attribute(n, 0))); }

// The nodes that the roots need, themselves included.
inline std::vector<bool> needed_by(const ir::module& m, const std::vector<ir::index>& roots) {
    std::vector<bool> needed(static_cast<std::size_t>(m.nodes.size));
    for (ir::index r : roots) { needed[static_cast<std::size_t>(r)] = true; }
    for (ir::index n = m.nodes.size - 1; n > 0; --n) {
        if (!needed[static_cast<std::size_t>(n)]) { continue; }
        const ir::node& x = m.nodes.data[n];
        for (int k = 0; k < x.arg_count; ++k) { needed[static_cast<std::size_t>(m.arg(n, k))] = true; }
        ir::each_in_region(m, x, [&](ir::index p) { needed[static_cast<std::size_t>(p)] = true; });
    }
    return needed;
}

// "op (file:line)" for the nodes on one way from `from`, which is left out, to `output`; empty when there is none.
inline std::vector<std::string> path(const ir::module& m, ir::index from, ir::index output) {
    std::vector<ir::index> before(static_cast<std::size_t>(output) + 1);
    const auto reached = [&](ir::index n) { return n == from || (n > from && before[static_cast<std::size_t>(n)] != 0); };
    for (ir::index n = from + 1; n <= output; ++n) {
        const ir::node& x = m.nodes.data[n];
        ir::index& found = before[static_cast<std::size_t>(n)];
        for (int k = 0; k < x.arg_count && found == 0; ++k) {
            if (reached(m.arg(n, k))) { found = m.arg(n, k); }
        }
        if (found == 0) {
            ir::each_in_region(m, x, [&](ir::index p) { found = found == 0 && reached(p) ? p : found; });
        }
    }
    std::vector<std::string> steps;
    if (!reached(output)) { return steps; }
    for (ir::index n = output; n != from; n = before[static_cast<std::size_t>(n)]) {
        std::string step = m.nodes.data[n].op->name;
        const ir::location& at = m.locations.data[n];
        if (at.file != nullptr) { step += std::string(" (") + at.file + ":" + std::to_string(at.line) + ")"; }
        steps.insert(steps.begin(), std::move(step));
        if (steps.size() == 20) {
            steps.insert(steps.begin(), "...");
            break;
        }
    }
    return steps;
}

inline void put_place(mistake& m, const ir::location& place) {
    m.file = place.file != nullptr ? place.file : "";
    m.line = place.file != nullptr ? place.line : 0;
}
// Op, place and the way to the first of these results that needs the node.
inline void put_node(mistake& m, const ir::module& g, const std::vector<ir::index>& results, ir::index n) {
    m.op = g.nodes.data[n].op->name;
    put_place(m, g.locations.data[n]);
    for (ir::index r : results) {
        if (m.path.empty() && r > n) { m.path = path(g, n, r); }
    }
}
inline mistake mistake_of(mistake_kind kind, std::string sentence) {
    mistake m;
    m.kind = kind;
    m.sentence = std::move(sentence);
    return m;
}

// Refuses a substitution of another element type or rank.
inline void require_alike(const value& from, const value& to, const operand& place) {
    if (from.element() == to.element() && from.rank() == to.rank()) { return; }
    mistake m;
    m.kind = mistake_kind::substitution;
    m.shapes = {printed(from.owner(), from.node()), printed(to.owner(), to.node())};
    m.sentence = "a substitution requires a symbol of the same element type and rank: " + m.shapes[1] + " was given for " + m.shapes[0] + ": cast or reshape it";
    m.file = place.file != nullptr ? place.file : "";
    m.line = place.line;
    raise(std::move(m));
}

// What a substitution puts in the place of a symbol. A plain number is weak, as it is beside an operator.
inline value put_in_place(const value& from, const operand& to, const char* call) {
    value v = settled(to, call);
    if (to.v.is_literal() && from.rank() == 0 && (is_floating(from.element()) || !is_floating(v.element()))) { v = cast(v, from.element()); }
    require_alike(from, v, to);
    return v;
}

// All in one graph: that of the first symbol, or of this thread.
inline std::vector<ir::index> gather(arena& a, const std::vector<value>& values) {
    std::vector<ir::index> nodes;
    for (const value& v : values) { nodes.push_back(a.take_over(arena_of(v), v.node())); }
    return nodes;
}

// The outputs again with others in the place of some nodes, in parallel: what is put in is not replaced itself.
inline std::vector<value> replaced(const std::vector<value>& outputs, const std::vector<substitution>& by) {
    if (outputs.empty()) { return {}; }
    arena& a = arena_of(settled({outputs.front(), nullptr, 0}, "replace"));
    for (const value& y : outputs) { (void)settled({y, nullptr, 0}, "replace"); }
    std::vector<ir::index> nodes = gather(a, outputs);
    rebuild copy(a, a, [&](int number) { return a.node_of(leaf_pointer(a.leaf_of(number))); });
    std::vector<ir::index> named;
    for (const substitution& s : by) {
        const value from = settled({s.from, s.to.file, s.to.line}, "replace");
        const value to = put_in_place(from, s.to, "replace");
        const ir::index n = a.take_over(arena_of(from), from.node());
        for (const ir::index known : named) {
            if (known == n) { raise(mistake_kind::substitution, "replace puts two symbols in the place of one, of type " + printed(a, n) + ": leave one out", s.to.file, s.to.line); }
        }
        named.push_back(n);
        copy.put(n, a.take_over(arena_of(to), to.node()));
    }
    copy.run(nodes.data(), static_cast<int>(nodes.size()));
    if (a.failed) { a.raise_mistake(); }
    std::vector<value> results;
    for (ir::index n : nodes) { results.emplace_back(a, n); }
    return results;
}

} // namespace detail::graph

/// y with other symbols in the place of some of its nodes, all at once: what is put in is not replaced itself. Extents may be others.
/// Errors: substitution_error for another element type or rank; expression_error when an op refuses what it is given.
inline value replace(const operand& y, const std::vector<substitution>& by) {
    return detail::graph::replaced({detail::graph::settled(y, "replace")}, by).front();
}
inline std::vector<value> replace(const std::vector<value>& ys, const std::vector<substitution>& by) { return detail::graph::replaced(ys, by); }

/// Every node that y needs, operands before their users, y last.
inline std::vector<value> ancestors(const value& symbol) {
    const value y = detail::graph::settled({symbol, nullptr, 0}, "ancestors");
    std::vector<value> found;
    ir::module& m = y.owner();
    const std::vector<bool> needed = detail::graph::needed_by(m, {y.node()});
    for (ir::index n = 1; n <= y.node(); ++n) {
        if (needed[static_cast<std::size_t>(n)]) { found.emplace_back(m, n); }
    }
    return found;
}

/// The inputs and shared variables that y needs, in the order in which they were made.
inline std::vector<value> inputs_of(const value& y) {
    std::vector<value> found;
    for (const value& v : ancestors(y)) {
        if (detail::graph::is_leaf(v.owner(), v.node())) { found.push_back(v); }
    }
    return found;
}

/// Whether a, with the substitutions made, and b are the same expression of the same inputs.
inline bool is_same_graph(const value& a, const value& b, const std::vector<substitution>& by = {}) {
    using namespace detail::graph;
    const value x = settled({by.empty() ? a : replace(a, by), nullptr, 0}, "is_same_graph");
    arena& m = arena_of(x);
    const value y = settled({b, nullptr, 0}, "is_same_graph");
    return m.take_over(arena_of(y), y.node()) == x.node();
}

/// What clone gives: the copies, and each input with the one that stands for it.
struct cloned {
    std::vector<value> outputs;
    std::vector<substitution> inputs;
};

/// The same expressions of inputs of their own, with the names and types of the old ones. Shared variables stay the same.
inline cloned clone(const std::vector<value>& outputs) {
    using namespace detail::graph;
    cloned result;
    std::map<const leaf*, bool> seen;
    for (const value& y : outputs) {
        for (const value& x : inputs_of(y)) {
            const leaf_pointer l = leaf_at(x.owner(), x.node());
            if (l->shared || seen[l.get()]) { continue; }
            seen[l.get()] = true;
            arena& a = arena_of(x);
            result.inputs.push_back({x, value{a, a.node_of(std::make_shared<const leaf>(*l))}});
        }
    }
    result.outputs = replaced(outputs, result.inputs);
    return result;
}

} // namespace damo
