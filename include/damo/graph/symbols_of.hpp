// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <damo/core/named_arrays.hpp>
#include <damo/graph/graph.hpp>
#include <damo/graph/shared.hpp>
#include <damo/graph/walk.hpp>

namespace damo {

/// What symbols_of gives.
struct graph_symbols {
    std::vector<value> inputs;              // that have no array
    std::vector<shared_variable> variables; // those that have one, in the order of the graph's inputs
    std::vector<value> outputs;
};

namespace detail::graph {

// A name for an extent that two inputs share, which no other extent has.
inline std::uint32_t fresh_extent_name() {
    static std::atomic<std::uint32_t> count{0};
    const std::string name = "damo.symbols_of." + std::to_string(count.fetch_add(1));
    return core::hash_name(name.c_str());
}

// What is known of input n of the graph, without its name and place.
inline leaf leaf_of_input(const ir::module& m, ir::index n, std::map<ir::extent, std::uint32_t>& shared_axes) {
    const ir::tensor_type& t = m.type_of(n);
    leaf l;
    l.element = t.element;
    l.rank = t.rank;
    for (int k = 0; k < t.rank; ++k) {
        l.extents[k] = ir::is_known(t.extents[k]) ? t.extents[k] : -1;
        if (ir::is_known(t.extents[k])) { continue; }
        const ir::extent_expression& e = m.extents.data[-1 - t.extents[k]];
        if (e.kind == ir::extent_kind::named) { l.names[k] = static_cast<std::uint32_t>(e.a); }
        else if (const auto x = shared_axes.find(t.extents[k]); x != shared_axes.end()) { l.names[k] = x->second; }
    }
    return l;
}

// The extents that more than one axis of the inputs has, each with a name.
inline std::map<ir::extent, std::uint32_t> shared_axes_of(const ir::module& m) {
    std::map<ir::extent, int> seen;
    std::map<ir::extent, std::uint32_t> names;
    for (ir::index n = 1; n < m.nodes.size; ++n) {
        if (!is_leaf(m, n)) { continue; }
        for (int k = 0; k < m.type_of(n).rank; ++k) {
            const ir::extent e = m.type_of(n).extents[k];
            if (!ir::is_known(e) && ++seen[e] == 2) { names[e] = fresh_extent_name(); }
        }
    }
    return names;
}

} // namespace detail::graph

/// A graph, as one that was loaded from a file, as symbols: inputs of its names and types, and its outputs made of them, to compile, differentiate and
/// go on with. Inputs that have an array of their name become shared variables that begin with it; further arrays are left alone. Inputs whose
/// type the graph does not know, for it needs them nowhere, are left out.
///     const auto [g, values] = damo::load_with_values("model.damo");
///     const auto model = damo::symbols_of(g, values);
///     const auto f = damo::compile(model.inputs, model.outputs);
/// Errors: element_type_error, rank_error, extents_error for an array that does not fit its input.
inline graph_symbols symbols_of(const graph& g, const named_arrays& values = {}, const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
    using namespace detail::graph;
    const ir::module& m = g.nodes();
    std::map<ir::extent, std::uint32_t> shared_axes = shared_axes_of(m);
    std::vector<ir::index> node_of(static_cast<std::size_t>(g.input_count()));
    for (ir::index n = 1; n < m.nodes.size; ++n) {
        if (is_leaf(m, n)) { node_of[static_cast<std::size_t>(m.attribute(n, 0))] = n; }
    }
    graph_symbols made;
    arena& a = arena::mine();
    const value kept{a, 1}; // the arena goes on while symbols are made
    std::vector<value> symbols;
    for (int i = 0; i < g.input_count(); ++i) {
        symbols.emplace_back();
        const ir::index n = node_of[static_cast<std::size_t>(i)];
        if (n == 0) { continue; }
        leaf l = leaf_of_input(m, n, shared_axes);
        l.name = g.input_name(i);
        l.place = m.locations.data[n].file != nullptr ? m.locations.data[n] : ir::location{file, line};
        const auto x = values.find(l.name);
        if (x == values.end()) {
            symbols.back() = value{a, a.node_of(std::make_shared<const leaf>(std::move(l)))};
            made.inputs.push_back(symbols.back());
            continue;
        }
        require_value_of(l, x->second.element(), x->second.rank(), x->second.extents(), "symbols_of");
        auto state = std::make_shared<shared_state>();
        l.shared = true;
        l.state = state;
        state->about = std::make_shared<const leaf>(std::move(l));
        state->now = x->second;
        made.variables.push_back(variable_of(state));
        symbols.back() = made.variables.back();
    }
    rebuild copy(m, a, [&](int number) { return symbols[static_cast<std::size_t>(number)].node(); });
    std::vector<ir::index> outputs = g.outputs();
    copy.run(outputs.data(), static_cast<int>(outputs.size()));
    if (a.failed) { a.raise_mistake(); }
    for (const ir::index n : outputs) { made.outputs.emplace_back(a, n); }
    return made;
}

} // namespace damo
