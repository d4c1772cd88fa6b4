// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <damo/diff/forward.hpp>
#include <damo/graph/excerpt.hpp>
#include <damo/graph/grad_interface.hpp>

// What grad_interface.hpp declares: included by grad.hpp, or compiled once in the library.

namespace damo {

namespace detail::graph {

// Which of the nodes `by` the outputs depend on in a way that has a derivative, and not through `constants`.
inline std::vector<bool> connected(const arena& a, const std::vector<ir::index>& outputs, const std::vector<ir::index>& by, const std::vector<ir::index>& constants) {
    std::vector<bool> reached(static_cast<std::size_t>(a.nodes.size)); // backwards from the outputs
    std::vector<bool> ends(reached.size());
    for (ir::index n : constants) { ends[static_cast<std::size_t>(n)] = true; }
    for (ir::index n : outputs) { reached[static_cast<std::size_t>(n)] = true; }
    for (ir::index n = a.nodes.size - 1; n > 0; --n) {
        const ir::node& x = a.nodes.data[n];
        if (!reached[static_cast<std::size_t>(n)] || ends[static_cast<std::size_t>(n)] || x.op->facts.inactive) { continue; }
        for (int k = 0; k < x.arg_count; ++k) { reached[static_cast<std::size_t>(a.arg(n, k))] = true; }
    }
    std::vector<bool> result;
    for (ir::index n : by) { result.push_back(reached[static_cast<std::size_t>(n)] && !ends[static_cast<std::size_t>(n)]); }
    return result;
}

// What a derivative is asked of: nodes of one graph.
struct derivative_of {
    arena& a;
    std::vector<ir::index> outputs;
    std::vector<ir::index> by;
    std::vector<ir::index> constants = {};
};

// Cuts an excerpt at `by` and the constants. An inner node that is cut hides what lies below it; false when that is another of `by`.
inline bool by_are_apart(const derivative_of& d) {
    for (std::size_t i = 0; i < d.by.size() && d.by.size() > 1; ++i) {
        if (is_leaf(d.a, d.by[i])) { continue; }
        const std::vector<bool> below = needed_by(d.a, {d.by[i]});
        for (std::size_t k = 0; k < d.by.size(); ++k) {
            if (k != i && below[static_cast<std::size_t>(d.by[k])]) { return false; }
        }
    }
    return true;
}

// Cotangents of `by` from those of the outputs (seeds). known[i] is a node whose cotangent is known_is[i]: above it nothing is looked at.
inline std::vector<value> pulled_back(const derivative_of& d, const std::vector<ir::index>& seeds, const std::vector<ir::index>& known = {},
                                      const std::vector<ir::index>& known_is = {}) {
    const arena::deriving noted(d.a);
    if (!by_are_apart(d)) {
        std::vector<value> each;
        for (ir::index n : d.by) { each.push_back(pulled_back({d.a, d.outputs, {n}, d.constants}, seeds, known, known_is).front()); }
        return each;
    }
    excerpt e(d.a);
    std::vector<ir::index> cuts = d.by;
    cuts.insert(cuts.end(), d.constants.begin(), d.constants.end());
    std::vector<ir::index> cuts_above = cuts;
    cuts_above.insert(cuts_above.end(), known.begin(), known.end());
    std::vector<ir::index> roots = e.inside(d.outputs, cuts_above);
    const std::vector<ir::index> below = e.inside(known, cuts);
    roots.insert(roots.end(), below.begin(), below.end());
    std::vector<ir::index> given = seeds;
    given.insert(given.end(), known_is.begin(), known_is.end());
    for (ir::index n : given) { e.cut(n); }
    optimised_excerpt o(e, roots);
    std::vector<value> cotangents(given.size() + 1);
    std::vector<value> found(d.by.size() + 1);
    std::vector<ir::index> wrt;
    for (std::size_t i = 0; i < given.size(); ++i) { cotangents[i] = {o.m, ops::fit(o.m, o.given(given[i]).node(), o.m.nodes.data[o.outputs[i]].type)}; }
    for (ir::index n : d.by) { wrt.push_back(o.input(n)); }
    diff::reverse(o.m, o.outputs.data(), cotangents.data(), static_cast<int>(given.size()), wrt.data(), found.data(), static_cast<int>(d.by.size()));
    found.pop_back();
    return o.bring_back(d.a, found);
}

// Tangents of the outputs from those of `by`.
inline std::vector<value> pushed_forward(const derivative_of& d, const std::vector<ir::index>& tangents) {
    const arena::deriving noted(d.a);
    excerpt e(d.a);
    const std::vector<ir::index> roots = e.inside(d.outputs, d.by);
    for (ir::index n : tangents) { e.cut(n); }
    optimised_excerpt o(e, roots);
    std::vector<value> moved(d.by.size() + 1);
    std::vector<value> found(d.outputs.size() + 1);
    std::vector<ir::index> wrt;
    for (ir::index n : d.by) { wrt.push_back(o.input(n)); }
    for (std::size_t i = 0; i < d.by.size(); ++i) { moved[i] = {o.m, ops::fit(o.m, o.given(tangents[i]).node(), o.m.nodes.data[wrt[i]].type)}; }
    diff::forward(o.m, wrt.data(), moved.data(), static_cast<int>(wrt.size()), o.outputs.data(), found.data(), static_cast<int>(d.outputs.size()));
    found.pop_back();
    return o.bring_back(d.a, found);
}

inline value zero_like(arena& a, ir::index n) { return {a, diff::zeros(a, {a, n})}; }

inline void require_like(const value& v, const value& like, const char* call, const char* what) {
    const ir::tensor_type& t = v.type();
    const ir::tensor_type& u = like.type();
    bool fits = t.element == u.element && t.rank == u.rank;
    for (int k = 0; k < t.rank && fits; ++k) { fits = !ir::is_known(t.extents[k]) || !ir::is_known(u.extents[k]) || t.extents[k] == u.extents[k]; }
    if (fits) { return; }
    mistake m;
    m.kind = mistake_kind::derivative;
    m.shapes = {printed(v.owner(), v.node()), printed(like.owner(), like.node())};
    m.sentence = std::string(call) + " requires " + what + " of type " + m.shapes[1] + ", not " + m.shapes[0] + ": cast or reshape it";
    put_node(m, v.owner(), {}, v.node());
    raise(std::move(m));
}

} // namespace detail::graph

inline namespace DAMO_LIBRARY {

DAMO_LIBRARY_INLINE std::vector<value> grad(const operand& cost, const std::vector<value>& by, const grad_options& options) {
    using namespace detail::graph;
    const bool known_only = cost.v.is_empty() && !options.known_gradients.empty();
    const value y = known_only ? settled({options.known_gradients.front().of, cost.file, cost.line}, "grad") : settled(cost, "grad");
    arena& a = arena_of(y);
    if (!known_only && (y.rank() != 0 || !is_floating(y.element()))) {
        mistake m;
        m.kind = mistake_kind::derivative;
        m.shapes = {printed(a, y.node())};
        m.op = a.nodes.data[y.node()].op->name;
        m.sentence = "grad(cost, by) requires a cost that is one floating number, not " + m.shapes[0] + ": reduce it with sum or mean, or use jacobian or vjp";
        m.file = cost.file != nullptr ? cost.file : "";
        m.line = cost.line;
        raise(std::move(m));
    }
    const std::vector<value> wrt = settled(by, "grad");
    for (const value& x : wrt) { require_floating(x, "grad(cost, by)"); }
    derivative_of d{a, {}, gather(a, wrt), gather(a, settled(options.consider_constant, "consider_constant"))};
    std::vector<ir::index> seeds;
    if (!known_only) {
        d.outputs = {y.node()};
        seeds = {ops::make_constant(a, y.element(), ir::bits_from(y.element(), 1)).node()};
    }
    std::vector<ir::index> known;
    std::vector<ir::index> known_is;
    for (const known_gradient& k : options.known_gradients) {
        const value of = settled({k.of, k.is.file, k.is.line}, "known_gradients");
        const value is = settled(k.is, "known_gradients");
        require_like(is, of, "known_gradients", "a derivative");
        const ir::index n = a.take_over(arena_of(of), of.node());
        for (const ir::index other : known) {
            if (other == n) { raise(mistake_kind::derivative, "known_gradients names one symbol twice, of type " + printed(a, n) + ": give it one derivative", k.is.file, k.is.line); }
        }
        known.push_back(n);
        known_is.push_back(a.take_over(arena_of(is), is.node()));
    }
    std::vector<ir::index> roots = d.outputs;
    roots.insert(roots.end(), known.begin(), known.end());
    const std::vector<bool> depends = connected(a, roots, d.by, d.constants);
    for (std::size_t i = 0; i < wrt.size(); ++i) {
        if (depends[i]) { continue; }
        const std::string name = is_leaf(a, d.by[i]) ? "\"" + leaf_at(a, d.by[i])->name + "\"" : std::string("what ") + a.nodes.data[d.by[i]].op->name + " gives";
        mistake m = mistake_of(mistake_kind::disconnected, "grad(cost, by): the cost does not depend on " + name + " in a way that has a derivative: leave it out, or set disconnected in the options, which makes the derivative 0");
        m.shapes = {printed(a, d.by[i])};
        put_node(m, a, {}, d.by[i]);
        doubt(options.disconnected, std::move(m));
    }
    std::vector<value> found = pulled_back(d, seeds, known, known_is);
    for (std::size_t i = 0; i < found.size(); ++i) {
        if (found[i].is_empty()) { found[i] = zero_like(a, d.by[i]); }
    }
    return found;
}

DAMO_LIBRARY_INLINE std::vector<value> vjp(const std::vector<value>& ys, const std::vector<value>& by, const std::vector<value>& cotangents) {
    using namespace detail::graph;
    if (ys.size() != cotangents.size() || ys.empty()) { raise(mistake_kind::derivative, "vjp(ys, by, cotangents) requires one cotangent for each of ys"); }
    arena& a = arena_of(settled({ys.front(), nullptr, 0}, "vjp"));
    for (const value& x : settled(by, "vjp")) { require_floating(x, "vjp(y, by, cotangent)"); }
    const std::vector<value> seeds = settled(cotangents, "vjp");
    for (const value& y : settled(ys, "vjp")) { require_floating(y, "vjp(y, by, cotangent)", "results"); }
    for (std::size_t i = 0; i < ys.size(); ++i) { require_like(seeds[i], ys[i], "vjp(y, by, cotangent)", "a cotangent"); }
    const derivative_of d{a, gather(a, ys), gather(a, by)};
    std::vector<value> found = pulled_back(d, gather(a, seeds));
    for (std::size_t i = 0; i < found.size(); ++i) {
        if (found[i].is_empty()) { found[i] = zero_like(a, d.by[i]); }
    }
    return found;
}

DAMO_LIBRARY_INLINE std::vector<value> jvp(const std::vector<value>& ys, const std::vector<value>& by, const std::vector<value>& tangents) {
    using namespace detail::graph;
    if (by.size() != tangents.size() || ys.empty()) { raise(mistake_kind::derivative, "jvp(ys, by, tangents) requires one tangent for each of by"); }
    arena& a = arena_of(settled({ys.front(), nullptr, 0}, "jvp"));
    const std::vector<value> moves = settled(tangents, "jvp");
    for (const value& y : settled(ys, "jvp")) { require_floating(y, "jvp(y, by, tangent)", "results"); }
    (void)settled(by, "jvp");
    for (std::size_t i = 0; i < by.size(); ++i) {
        require_floating(by[i], "jvp(y, by, tangent)");
        require_like(moves[i], by[i], "jvp(y, by, tangent)", "a tangent");
    }
    const derivative_of d{a, gather(a, ys), gather(a, by)};
    std::vector<value> found = pushed_forward(d, gather(a, moves));
    for (std::size_t i = 0; i < found.size(); ++i) {
        if (found[i].is_empty()) { found[i] = zero_like(a, d.outputs[i]); }
    }
    return found;
}

} // namespace DAMO_LIBRARY

} // namespace damo
