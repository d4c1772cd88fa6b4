// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include <damo/expr/leaves.hpp>
#include <damo/graph/graph.hpp>
#include <damo/graph/walk.hpp>

namespace damo {

/// {h, g}: the derivative of the cost with respect to h is known to be g.
struct known_gradient {
    value of;
    operand is;
};

/// What grad does beside the rule.
struct grad_options {
    std::vector<value> consider_constant = {};       // no derivative goes through these
    on_doubt disconnected = on_doubt::raise;         // when the cost does not depend on what is differentiated by; the derivative is 0
    std::vector<known_gradient> known_gradients = {}; // what is above these in the cost is not looked at
};

namespace detail::graph {

// A piece of a graph with chosen nodes as its inputs, to be differentiated apart and put back.
class excerpt {
  public:
    ir::module m;
    std::vector<ir::index> arguments; // of each input of m, the node of the outside

    explicit excerpt(arena& a) : home_(a) {}
    // The number of the input of m that stands for node n of the outside.
    int cut(ir::index n) {
        const auto known = cuts_.find(n);
        if (known != cuts_.end()) { return known->second; }
        const int number = static_cast<int>(arguments.size());
        ir::tensor_type t = home_.type_of(n);
        for (int k = 0; k < t.rank; ++k) {
            if (!ir::is_known(t.extents[k])) { t.extents[k] = m.extent_of(ir::extent_kind::input_axis, number, k); }
        }
        m.here = home_.locations.data[n];
        inputs_.push_back(ops::make_input(m, number, t).node());
        arguments.push_back(n);
        cuts_.emplace(n, number);
        return number;
    }
    // What nodes are inside, when these are inputs.
    std::vector<ir::index> inside(const std::vector<ir::index>& nodes, const std::vector<ir::index>& cuts) {
        const auto input = [&](ir::index n) { return inputs_[static_cast<std::size_t>(cut(n))]; };
        rebuild copy(home_, m, [&](int number) { return input(home_.node_of(leaf_pointer(home_.leaf_of(number)))); });
        for (ir::index n : cuts) { copy.put(n, input(n)); }
        std::vector<ir::index> images = nodes;
        copy.run(images.data(), static_cast<int>(images.size()));
        hand_on(m);
        return images;
    }
    // Nodes of another module with the same inputs, in the outside.
    std::vector<ir::index> outside(const ir::module& from, std::vector<ir::index> nodes) {
        rebuild copy(from, home_, [&](int number) { return arguments[static_cast<std::size_t>(number)]; });
        copy.run(nodes.data(), static_cast<int>(nodes.size()));
        if (home_.failed) { home_.raise_mistake(); }
        return nodes;
    }
    // Throws the mistake of a module that was made of this one.
    static void hand_on(ir::module& from) {
        if (!from.failed) { return; }
        raise(mistake_kind::derivative, std::string(from.error.data(), static_cast<std::size_t>(from.error.size())), from.error_place.file, from.error_place.line);
    }
    // As they are told to who listens to rewrites: those of inputs of the outside, and what else was cut by its op.
    std::vector<std::string> names() const {
        std::vector<std::string> list;
        for (ir::index n : arguments) { list.push_back(is_leaf(home_, n) ? leaf_at(home_, n)->name : std::string("(") + home_.nodes.data[n].op->name + ")"); }
        return list;
    }
    const arena& home() const { return home_; }

  private:
    arena& home_;
    std::vector<ir::index> inputs_;
    std::map<ir::index, int> cuts_;
};

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

// The optimised graph of an excerpt in a module to be added to. Optimised first, so that the derivative is that of the stable form.
struct optimised_excerpt {
    ir::module m;
    std::vector<ir::index> outputs;

    optimised_excerpt(excerpt& e, const std::vector<ir::index>& roots) : excerpt_(e), inputs_(e.arguments.size()) {
        const damo::graph g = damo::graph::optimised(e.m, roots, e.names());
        outputs = g.outputs();
        ir::copy_in_order(g.nodes(), outputs.data(), static_cast<int>(outputs.size()), m);
        m.simplest = m.nodes.size;
        for (ir::index n = 1; n < m.nodes.size; ++n) {
            if (m.nodes.data[n].op->id == ir::input_id) { inputs_[static_cast<std::size_t>(m.attribute(n, 0))] = n; }
        }
    }
    // What node n of the outside, which was cut, is here.
    ir::index input(ir::index n) const { return inputs_[static_cast<std::size_t>(excerpt_.cut(n))]; }
    // The same for a cotangent or tangent; constants stay constants, for the rules to see them.
    value given(ir::index n) {
        const ir::module& home = excerpt_.home();
        if (ops::is_constant(home, n)) { return ops::make_constant(m, home.type_of(n).element, home.nodes.data[n].bits); }
        return {m, input(n)};
    }
    // Results of a derivative, optimised and brought back to the outside. An empty value stands for zero.
    std::vector<value> bring_back(arena& a, const std::vector<value>& results) {
        excerpt::hand_on(m);
        std::vector<ir::index> nodes;
        for (const value& v : results) {
            if (!v.is_empty()) { nodes.push_back(v.node()); }
        }
        std::vector<value> out(results.size());
        if (nodes.empty()) { return out; }
        const damo::graph g = damo::graph::optimised(m, std::move(nodes), excerpt_.names());
        const std::vector<ir::index> found = excerpt_.outside(g.nodes(), g.outputs());
        for (std::size_t i = 0, k = 0; i < results.size(); ++i) {
            if (!results[i].is_empty()) { out[i] = value(a, found[k++]); }
        }
        return out;
    }

  private:
    excerpt& excerpt_;
    std::vector<ir::index> inputs_;
};

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

inline std::vector<value> settled(const std::vector<value>& values, const char* call) {
    std::vector<value> s;
    for (const value& v : values) { s.push_back(settled(operand(v), call)); }
    return s;
}
inline void require_floating(const value& v, const char* call) {
    if (is_floating(v.element())) { return; }
    raise(mistake_kind::derivative, std::string(call) + " requires symbols of floating numbers to differentiate by, not " + printed(v.owner(), v.node()) + ": cast it or choose another",
          v.owner().locations.data[v.node()].file, v.owner().locations.data[v.node()].line);
}
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
    raise(std::move(m));
}

} // namespace detail::graph

/// The derivatives of a cost, one floating number, with respect to symbols: inputs, shared variables or anything the cost is computed of. They
/// are symbols of the shapes of `by`, to go on with, to any order. Linear in the size of the cost.
/// Errors: derivative_error for a cost that is no floating number, and for integers in `by`; disconnected_error where the cost does not
/// depend on one of them, unless the options say otherwise.
inline std::vector<value> grad(const operand& cost, const std::vector<value>& by, const grad_options& options = {}) {
    using namespace detail::graph;
    const bool known_only = cost.v.is_empty() && !options.known_gradients.empty();
    const value y = known_only ? settled(options.known_gradients.front().of, "grad") : settled(cost, "grad");
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
        const value of = settled(k.of, "known_gradients");
        const value is = settled(k.is, "known_gradients");
        require_like(is, of, "known_gradients", "a derivative");
        known.push_back(a.take_over(arena_of(of), of.node()));
        known_is.push_back(a.take_over(arena_of(is), is.node()));
    }
    std::vector<ir::index> roots = d.outputs;
    roots.insert(roots.end(), known.begin(), known.end());
    const std::vector<bool> depends = connected(a, roots, d.by, d.constants);
    for (std::size_t i = 0; i < wrt.size(); ++i) {
        if (depends[i]) { continue; }
        const ir::location& at = a.locations.data[d.by[i]];
        const std::string name = is_leaf(a, d.by[i]) ? "\"" + leaf_at(a, d.by[i])->name + "\"" : std::string("what ") + a.nodes.data[d.by[i]].op->name + " gives";
        doubt(options.disconnected, mistake_kind::disconnected, "grad(cost, by): the cost does not depend on " + name + " in a way that has a derivative: leave it out, or set disconnected in the options, which makes the derivative 0", at.file, at.line);
    }
    std::vector<value> found = pulled_back(d, seeds, known, known_is);
    for (std::size_t i = 0; i < found.size(); ++i) {
        if (found[i].is_empty()) { found[i] = zero_like(a, d.by[i]); }
    }
    return found;
}
inline value grad(const operand& cost, const value& by, const grad_options& options = {}) { return grad(cost, std::vector<value>{by}, options).front(); }
/// The same for a vector of symbols of one type, as of shared variables.
template <class Symbol>
    requires(std::is_base_of_v<value, Symbol> && !std::is_same_v<value, Symbol>)
std::vector<value> grad(const operand& cost, const std::vector<Symbol>& by, const grad_options& options = {}) {
    return grad(cost, std::vector<value>(by.begin(), by.end()), options);
}
/// The same for a map of symbols, as a map with the same keys.
template <class Key, class Symbol>
    requires std::is_base_of_v<value, Symbol>
std::map<Key, value> grad(const operand& cost, const std::map<Key, Symbol>& by, const grad_options& options = {}) {
    std::vector<value> list;
    for (const auto& [key, x] : by) { list.push_back(x); }
    std::vector<value> found = grad(cost, list, options);
    std::map<Key, value> result;
    std::size_t i = 0;
    for (const auto& [key, x] : by) { result.emplace(key, found[i++]); }
    return result;
}
/// The same for std::array, std::tuple and adapted structs of symbols (include damo/expr/struct.hpp), of the same form.
template <class Symbols>
    requires(!std::is_base_of_v<value, Symbols> && holds_symbols<Symbols>)
auto grad(const operand& cost, const Symbols& by, const grad_options& options = {}) {
    std::vector<value> list(static_cast<std::size_t>(leaves_of<Symbols>::count));
    leaves_of<Symbols>::split(by, list.data());
    return leaves_of<Symbols>::build(grad(cost, list, options).data());
}

/// The cotangents of `by` from the cotangents of ys: the transposed jacobian times them. The product is made without the jacobian.
inline std::vector<value> vjp(const std::vector<value>& ys, const std::vector<value>& by, const std::vector<value>& cotangents) {
    using namespace detail::graph;
    if (ys.size() != cotangents.size() || ys.empty()) { raise(mistake_kind::derivative, "vjp(ys, by, cotangents) requires one cotangent for each of ys"); }
    arena& a = arena_of(settled(operand(ys.front()), "vjp"));
    for (const value& x : by) { require_floating(x, "vjp(y, by, cotangent)"); }
    const std::vector<value> seeds = settled(cotangents, "vjp");
    for (std::size_t i = 0; i < ys.size(); ++i) { require_like(seeds[i], ys[i], "vjp(y, by, cotangent)", "a cotangent"); }
    const derivative_of d{a, gather(a, ys), gather(a, by)};
    std::vector<value> found = pulled_back(d, gather(a, seeds));
    for (std::size_t i = 0; i < found.size(); ++i) {
        if (found[i].is_empty()) { found[i] = zero_like(a, d.by[i]); }
    }
    return found;
}
inline value vjp(const value& y, const value& by, const operand& cotangent) { return vjp(std::vector<value>{y}, std::vector<value>{by}, std::vector<value>{detail::graph::settled(cotangent, "vjp")}).front(); }

/// The tangents of ys when `by` move along the tangents: the jacobian times them, without the jacobian.
inline std::vector<value> jvp(const std::vector<value>& ys, const std::vector<value>& by, const std::vector<value>& tangents) {
    using namespace detail::graph;
    if (by.size() != tangents.size() || ys.empty()) { raise(mistake_kind::derivative, "jvp(ys, by, tangents) requires one tangent for each of by"); }
    arena& a = arena_of(settled(operand(ys.front()), "jvp"));
    const std::vector<value> moves = settled(tangents, "jvp");
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
inline value jvp(const value& y, const value& by, const operand& tangent) { return jvp(std::vector<value>{y}, std::vector<value>{by}, std::vector<value>{detail::graph::settled(tangent, "jvp")}).front(); }

/// The second derivative of a cost with respect to x along v, which has the shape of x: one forward sweep over the gradient.
inline value hessian_vector_product(const operand& cost, const value& x, const operand& v) { return jvp(grad(cost, x), x, v); }

} // namespace damo
